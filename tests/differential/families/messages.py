"""Messages on four connections: pub/sub, keyspace notifications and client-side caching.

Connection 3 publishes and changes keys, 0 and 1 subscribe, 2 reads and caches. No two patterns match the same channel, and
nobody unsubscribes from several at once without naming them, for there the order is a server's own affair; what a client
sends itself comes after the reply since 7.2, so nobody who listens publishes or changes a key.
"""

from ..grammar import Step, command
from .transactions import _any_command

_CHANNELS = ["a1", "a2", "b1", "", "odd \r\n\x00", "__keyevent@0__:set", "__keyspace@0__:string:1"]
_PATTERNS = ["a?", "b*", "__keyev*@0__:*", "[_]_keyspace@0__:*", "\\*", "none"]
_CLASSES = ["KEA", "K$lg", "Ehszt", "KEg", "", "KEAn"]
_SOURCE = 3


def _say(connection, *words):
    return Step("talk", [list(words)], connection=connection)


_CACHE = 2


def _listener(r):
    return r.between(0, 1)


@command("messages", weight=4, mangle=False)
def subscribe(r):
    form = r.pick(["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"])
    names = _PATTERNS if form == "PSUBSCRIBE" else _CHANNELS
    return _say(_listener(r), r.case(form), *(r.pick(names) for _ in range(r.between(0 if r.chance(0.1) else 1, 3))))


@command("messages", weight=2, mangle=False)
def unsubscribe(r):
    form = r.pick(["UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"])
    names = _PATTERNS if form == "PUNSUBSCRIBE" else _CHANNELS
    return _say(_listener(r), r.case(form), *(r.pick(names) for _ in range(r.between(1, 3))))


@command("messages", weight=1, mangle=False)
def alone(r):
    """One channel, and then none; in between not much is allowed in RESP2."""
    who, form = _listener(r), r.pick(["", "P", "S"])
    steps = [_say(who, "RESET")] + ([_say(who, "HELLO", 3)] if r.chance(0.5) else [])
    steps.append(_say(who, f"{form}SUBSCRIBE", "a1"))
    for _ in range(r.between(0, 3)):
        steps.append(_say(who, *r.pick([["PING"], ["PING", "x"], ["PING", "x", "y"], ["GET", "string:1"], ["GET"], ["nosuch"], ["MULTI"], ["EXEC"], ["CLIENT", "GETNAME"], ["HELLO", 3]])))
        steps.append(_say(_SOURCE, f"{'S' if form == 'S' else ''}PUBLISH", "a1", r.element()))
    return [*steps, _say(who, f"{form}UNSUBSCRIBE"), _say(who, f"{form}UNSUBSCRIBE"), _say(who, "RESET")]


@command("messages", weight=5, mangle=False)
def publish(r):
    return _say(_SOURCE, r.case(r.pick(["PUBLISH", "PUBLISH", "SPUBLISH"])), r.pick(_CHANNELS), r.element())


@command("messages", weight=1, mangle=False)
def look(r):
    channels = [r.pick(_CHANNELS) for _ in range(r.between(0, 3))]
    return _say(_SOURCE, "PUBSUB", *r.pick([["NUMSUB", *channels], ["SHARDNUMSUB", *channels], ["NUMPAT"], ["CHANNELS", "a1"], ["SHARDCHANNELS", "b1"],
                                            ["NUMPAT", "x"], ["CHANNELS", "a", "b"], ["nosuch"], []]))


@command("messages", weight=2, mangle=False)
def transaction(r):
    who = r.pick([0, 1, 3])
    inner = [["SUBSCRIBE", "a2"], ["UNSUBSCRIBE", "a2"], ["PING"], ["GET", "string:1"]] if who != _SOURCE else [["PUBLISH", "a2", "x"], ["SET", "string:1", "x"], ["DEL", "list:1"]]
    return [_say(who, "MULTI"), *(_say(who, *r.pick(inner)) for _ in range(r.between(0, 4))), _say(who, "EXEC")]


@command("messages", weight=1, mangle=False)
def tell_of_keys(r):
    return _say(_SOURCE, "CONFIG", "SET", "notify-keyspace-events", r.pick(_CLASSES))


@command("messages", weight=6, mangle=False)
def change(r):
    """Redis does not tell who caches of a string that BITFIELD only makes longer, nor of databases that are swapped; here
    they are told."""
    words = _any_command(r)
    return _say(_SOURCE, *(words if words[0].upper() not in ("BITFIELD", "SWAPDB") else ["DEL", "string:1"]))


@command("messages", weight=4, mangle=False)
def read(r):
    kind, number = r.pick(r.types), r.between(1, 3)
    own = {"string": "GET", "list": "LLEN", "hash": "HGETALL", "set": "SCARD", "zset": "ZCARD", "stream": "XLEN"}
    return _say(_CACHE, *r.pick([[own[kind], f"{kind}:{number}"], ["EXISTS", *(f"{kind}:{n}" for n in (1, 2, 3))], ["MGET", *(f"string:{n}" for n in (1, 2))],
                                       ["TYPE", f"{kind}:{number}"], ["STRLEN", f"{kind}:{number}"], ["SELECT", r.pick([0, 0, 0, 1])], ["nosuch"], ["GET"]]))


_TRACKING = [["ON"], ["ON"], ["OFF"], ["ON", "NOLOOP"], ["ON", "OPTIN"], ["ON", "OPTOUT"], ["ON", "BCAST"], ["ON", "BCAST", "PREFIX", "string:"], ["ON", "BCAST", "PREFIX", "list", "PREFIX", "set:1"],
             ["ON", "OPTIN", "OPTOUT"], ["ON", "PREFIX", "x"], ["ON", "REDIRECT", "0"], ["maybe"], []]


@command("messages", weight=3, mangle=False)
def track(r):
    who = _CACHE
    steps = [_say(who, "RESET"), _say(who, "HELLO", 3)] if r.chance(0.5) else []
    return [*steps, _say(who, "CLIENT", r.case("TRACKING"), *r.pick(_TRACKING)), _say(who, "CLIENT", "TRACKINGINFO")]


@command("messages", weight=2, mangle=False)
def caching(r):
    who = _CACHE
    return [_say(who, "CLIENT", "CACHING", r.pick(["YES", "YES", "NO", "maybe"])), *([_say(who, "GET", "string:1")] if r.chance(0.5) else []), _say(who, "CLIENT", "TRACKINGINFO")]


@command("messages", weight=0.5, mangle=False)
def over(r):
    return _say(r.between(0, 2), r.pick(["RESET", "QUIT"]))
