"""Commands that wait, on three connections, and a fourth that never does and changes what they wait for.

Nobody waits for a time: a wait ends by what another connection does, or with the sequence.
"""

from ..grammar import Step, command

_ACTOR = 3
_LISTS = ["list:1", "list:2", "list:3"]
_KEYS = {"list": _LISTS, "zset": ["zset:1", "zset:2"], "stream": ["stream:1", "stream:2"]}
_ALL = [*_LISTS, *_KEYS["zset"], *_KEYS["stream"]]
_NO_TIMEOUTS = ["abc", "", "-1", "-0.5", " 1", "1.5x", "nan"]


def _key(r, kind):
    return r.pick(_KEYS[kind]) if r.chance(0.9) else r.pick(_ALL)


def _keys(r, kind):
    return [_key(r, kind) for _ in range(r.between(1, 3))]


def _timeout(r):
    return r.pick([0, 0, "0.0", "-0"]) if r.chance(0.97) else r.pick(_NO_TIMEOUTS)


def _side(r):
    return r.case(r.pick(["LEFT", "RIGHT"])) if r.chance(0.97) else "UP"


def _count(r):
    return [r.case("COUNT"), r.between(1, 3)] if r.chance(0.5) else []


def _list_wait(r):
    keys = _keys(r, "list")
    return r.pick([[r.case(r.pick(["BLPOP", "BRPOP"])), *keys, _timeout(r)],
                   ["BLMOVE", _key(r, "list"), _key(r, "list"), _side(r), _side(r), _timeout(r)],
                   ["BRPOPLPUSH", _key(r, "list"), _key(r, "list"), _timeout(r)],
                   ["BLMPOP", _timeout(r), len(keys), *keys, _side(r), *_count(r)]])


def _zset_wait(r):
    keys = _keys(r, "zset")
    return r.pick([[r.pick(["BZPOPMIN", "BZPOPMAX"]), *keys, _timeout(r)],
                   ["BZMPOP", _timeout(r), len(keys), *keys, r.case(r.pick(["MIN", "MAX"])), *_count(r)]])


def _stream_wait(r):
    """Streams are named once: which of two ids of one name counts differs between versions."""
    keys = r.rng.sample(_KEYS["stream"], r.between(1, 2))
    if r.chance(0.5):
        return ["XREAD", *_count(r), "BLOCK", 0, "STREAMS", *keys, *(r.pick(["$", "$", 0, _new_id(r)]) for _ in keys)]
    noack = ["NOACK"] if r.chance(0.3) else []
    ids = [">" if r.chance(0.95) else 0 for _ in keys]
    return ["XREADGROUP", "GROUP", r.pick(["g", "h"]), r.pick(["alice", "bob"]), *_count(r), *noack, "BLOCK", 0, "STREAMS", *keys, *ids]


def _new_id(r):
    r.waiting_ms = getattr(r, "waiting_ms", 0) + r.between(0, 2)
    return f"{r.waiting_ms}-{r.between(1, 3)}"


def _change(r):
    key, other = r.rng.sample(_ALL, 2)
    form = r.rng.random()
    if form < 0.35:
        return r.pick([["RPUSH", _key(r, "list")], ["LPUSH", _key(r, "list")]]) + [r.pick("abc") for _ in range(r.pick([1, 1, 1, 2, 3]))]
    if form < 0.50:
        return ["ZADD", _key(r, "zset"), *(word for _ in range(r.pick([1, 1, 2, 3])) for word in (r.between(-5, 5), r.pick("abcd")))]
    if form < 0.70:
        return ["XADD", _key(r, "stream"), _new_id(r), "f", r.pick("abc")]
    if form < 0.85:
        return r.pick([["XGROUP", "CREATE", _key(r, "stream"), r.pick(["g", "h"]), r.pick(["$", 0]), "MKSTREAM"],
                       ["XGROUP", "CREATE", _key(r, "stream"), r.pick(["g", "h"]), r.pick(["$", 0]), "MKSTREAM"],
                       ["XGROUP", "DESTROY", _key(r, "stream"), r.pick(["g", "h"])], ["XGROUP", "SETID", _key(r, "stream"), "g", 0],
                       ["XDEL", _key(r, "stream"), _new_id(r)], ["XTRIM", _key(r, "stream"), "MAXLEN", 1]])
    return r.pick([["DEL", key, other], ["DEL", key], ["UNLINK", key], ["SET", key, "x"], ["RENAME", key, other], ["RENAMENX", key, other],
                   ["COPY", key, other, "REPLACE"], ["LMOVE", key, other, "LEFT", "RIGHT"], ["RPOPLPUSH", key, other], ["SORT", key, "BY", "nosort", "STORE", "list:1"],
                   ["ZUNIONSTORE", "zset:1", 2, key, other], ["ZRANGESTORE", other, key, 0, -1], ["MOVE", key, 1], ["SWAPDB", 0, 1], ["SWAPDB", 1, 2], ["FLUSHDB"],
                   ["FLUSHALL"], ["EXPIREAT", key, 1], ["SADD", key, "m"], ["LPUSHX", key, "a"], ["LINSERT", key, "BEFORE", "a", "b"], ["LSET", key, 0, "b"]])


def _look(r):
    key = r.pick(_ALL)
    return r.pick([["TYPE", key], ["EXISTS", *_ALL], ["LRANGE", key, 0, -1], ["ZRANGE", key, 0, -1, "WITHSCORES"], ["XRANGE", key, "-", "+"], ["XPENDING", key, "g"],
                   ["LPOP", key], ["ZPOPMIN", key], ["DBSIZE"], ["PING"]])


def _wait(r):
    return r.pick([_list_wait, _list_wait, _zset_wait, _stream_wait])(r)


@command("blocking", weight=6, mangle=False)
def wait(r):
    """Now and then with something behind it, which rests meanwhile."""
    behind = [r.pick([_wait, _change, _look])(r) for _ in range(r.pick([0, 0, 0, 1, 2]))]
    return Step("talk", [_wait(r), *behind], connection=r.between(0, _ACTOR - 1))


@command("blocking", weight=10, mangle=False)
def act(r):
    return Step("talk", [_change(r) for _ in range(r.pick([1, 1, 1, 2, 5]))], connection=_ACTOR)


@command("blocking", weight=2, mangle=False)
def look(r):
    return Step("talk", [_look(r)], connection=_ACTOR)


@command("blocking", weight=2, mangle=False)
def serve_all(r):
    """So that nobody waits until the end of the sequence, with all that he has to say."""
    pushes = [["RPUSH", key, "x", "y", "z"] for key in _LISTS]
    return [Step("talk", [["DEL", *_ALL], *pushes], connection=_ACTOR),
            Step("talk", [["ZADD", key, 1, "x", 2, "y"] for key in _KEYS["zset"]], connection=_ACTOR),
            Step("talk", [["XADD", key, _new_id(r), "f", "v"] for key in _KEYS["stream"]], connection=_ACTOR),
            Step("talk", [["DEL", *_ALL]], connection=_ACTOR)]


@command("blocking", weight=0.5, mangle=False)
def mistakes(r):
    keys = _keys(r, "list")
    return Step("talk", [r.pick([["BLPOP", *keys], ["BLPOP"], ["BLMPOP", 0, len(keys) + 1, *keys, "LEFT"], ["BLMPOP", 0, 0, *keys, "LEFT"], ["BLMPOP", "x", "y", *keys, "LEFT"],
                                 ["BLMPOP", 0, len(keys), *keys, "LEFT", "COUNT", 0], ["BLMPOP", 0, len(keys), *keys, "LEFT", "COUNT", 1, "COUNT", 1], ["BLMOVE", *keys, "LEFT"],
                                 ["BZMPOP", 0, len(keys), *keys, "LEFT"], ["BZMPOP", -1, len(keys), *keys, "MIN", "COUNT", "x"], ["BZMPOP", "x", len(keys), *keys, "MIN"],
                                 ["WAIT", 0, 0], ["WAIT", "x", 0], ["WAIT", 0, "x"], ["WAIT", 0, -1], ["WAIT", -1, 10], ["WAIT", 0], ["CLIENT", "UNBLOCK", "x"],
                                 ["CLIENT", "UNBLOCK", 0, "WHY"], ["CLIENT", "UNBLOCK", 0], ["CLIENT", "UNBLOCK"], ["CLIENT", "UNBLOCK", 0, "ERROR", "x"],
                                 ["COMMAND", "INFO", "blpop", "brpop", "blmove", "brpoplpush", "blmpop", "bzpopmin", "bzpopmax", "bzmpop", "wait", "client|unblock"],
                                 ["COMMAND", "GETKEYS", "BLMPOP", 0, 2, "a", "b", "LEFT"], ["COMMAND", "GETKEYS", "BLPOP", "a", "b", 0],
                                 ["COMMAND", "GETKEYSANDFLAGS", "BLMOVE", "a", "b", "LEFT", "LEFT", 0]])], connection=_ACTOR)
