"""ACL: rules of users, what they allow, and how they are told. Users are u:1 to u:3; every sequence begins without them."""

from ..grammar import command
from .server import _any_command

_CATEGORIES = ["keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream", "pubsub", "admin", "fast",
               "slow", "blocking", "dangerous", "connection", "transaction", "scripting", "all", "nosuch", "String", ""]
_NAMES = ["get", "set", "mget", "mset", "GET", "hset", "lpush", "zadd", "sadd", "xadd", "del", "exists", "copy", "sort", "client", "client|id", "client|list",
          "config", "config|get", "Config|Set", "object|encoding", "acl|whoami", "acl", "ping", "select", "nosuch", "config|nosuch", "nosuch|x", ""]
_PATTERNS = ["string:*", "list:*", "hash:*", "*:1", "zset:?", "s*", "string:[12]", "stream:*", "x", "", "*", "a b", "a\tb"]
_OTHERS = ["", "foo", "allkeys", "ALLKEYS", "resetkeys", "allchannels", "resetchannels", "allcommands", "nocommands", "on", "off", "On", "nopass", "resetpass", "reset",
           "sanitize-payload", "skip-sanitize-payload", "clearselectors", ">pw", ">other", "<pw", "<nosuch", ">", "#abc", "!abc", "#" + "ab" * 32, "!" + "ab" * 32,
           "#" + "AB" * 32, "%", "%~a", "%X~a", "%RR~a", "%R", "%rw~low", "&news.*", "&*", "&a b", "&", "+select|0", "+select|1", "-select|0", "+client|id|x",
           "+config|", "+select|", "+debug|object", "+|", "+||"]


def _user(r):
    return f"u:{r.between(1, 3)}"


def _permission(r):
    form = r.between(0, 9)
    if form < 3:
        return r.pick("+-") + "@" + r.pick(_CATEGORIES[:-3] if r.chance(0.9) else _CATEGORIES)
    if form < 7:
        return r.pick("+-") + r.pick(_NAMES[:21] if r.chance(0.9) else _NAMES)
    return r.pick(["~", "%R~", "%W~", "%RW~"]) + r.pick(_PATTERNS[:8] if r.chance(0.9) else _PATTERNS)


def _rule(r):
    form = r.between(0, 19)
    if form < 12:
        return _permission(r)
    if form < 16:
        return r.pick(_OTHERS)
    if form == 16:
        return "(" + " ".join(_permission(r) for _ in range(r.between(0, 3))) + ")"
    return r.pick(["on", "nopass", "~*", "+@all", "-@all", "resetkeys", ">pw"])


@command("acl", weight=6, mangle=False)
def setuser(r):
    """A mistake anywhere would undo all of it, so most have few rules."""
    user = _user(r)
    rules = [_rule(r) for _ in range(r.pick([0, 1, 1, 1, 2, 2, 3]))]
    return [["ACL", r.case("SETUSER"), user, *rules], ["ACL", "GETUSER", user]]


@command("acl", weight=2, mangle=False)
def setuser_that_works(r):
    """One who may do some things and not others."""
    rules = [_permission(r) for _ in range(r.between(1, 4))]
    return [["ACL", "SETUSER", user := _user(r), "reset"], *(["ACL", "SETUSER", user, rule] for rule in ["on", r.pick(["nopass", ">pw"]), "+@all", *rules])]


@command("acl", weight=1, mangle=False)
def setuser_in_pieces(r):
    return ["ACL", "SETUSER", r.pick([_user(r), _user(r), "a b", b"a\x00b"]),
            *r.pick([["(~a", "+get)"], ["(", ")"], ["(~a", "+get"], ["()"], [")"], ["(on)"], ["(~a", ">p", ")"], ["(~a (+get))"], ["(~a", "(+get)", ")"], ["((+get))"],
                     ["(~*", "~a)"], ["on", "(%R~a", "&x", "+@read)", "off"], ["("], ["(~a", "x)y", "+get)"]])]


@command("acl", weight=3)
def look(r):
    return ["ACL", *r.pick([["LIST"], ["USERS"], ["WHOAMI"], ["GETUSER", _user(r)], ["GETUSER", "default"], ["GETUSER", "nosuch"], ["CAT"],
                            ["CAT", r.pick(_CATEGORIES)], ["LOG"], ["LOG", r.pick([0, 1, 5, -1, 100, "abc", ""])], ["LOG", "RESET"]])]


@command("acl", weight=1, mangle=False)
def rest(r):
    return ["ACL", *r.pick([[], ["foo"], ["DELUSER", "default"], ["DELUSER"], ["DELUSER", "nosuch"], ["DELUSER", _user(r), _user(r), "nosuch"], ["GENPASS"], ["LOAD"], ["SAVE"],
                            ["GENPASS", r.pick([1, 4, 5, 128, 4096, 0, -1, 4097, "abc", ""])], ["GENPASS", 1, 2], ["LOG", 1, 2], ["CAT", "a", "b"], ["HELP"], ["HELP", "x"],
                            ["LOAD", "x"], ["WHOAMI", "x"], ["LIST", "x"], ["SETUSER"], ["GETUSER"], ["DRYRUN"], ["DRYRUN", "default"]])]


def _request(r):
    words = _any_command(r)
    return words if words[0] else ["GET", "x"]


@command("acl", weight=5, mangle=False)
def dryrun(r):
    user = r.pick([_user(r), _user(r), _user(r), "default", "nosuch"])
    return ["ACL", r.case("DRYRUN"), user, *r.pick([_request(r), _request(r), _request(r), ["nosuch", "a"], ["config", "nosuch"], ["config"], ["get"], ["AUTH", "x"]])]


@command("acl", weight=5, mangle=False)
def as_a_user(r):
    """Logs in, does something and goes back: what follows runs as the default user."""
    user, password = _user(r), r.pick(["pw", "pw", "other", "", "wrong"])
    log_in = ["AUTH", user, password] if r.chance(0.8) else ["HELLO", r.pick([2, 3]), "AUTH", user, password]
    requests = [r.pick([["GET", r.key()], ["SET", r.key(), r.value()], ["SET", r.key(), r.value(), "GET"], ["MGET", *r.keys()], ["COPY", r.any_key(), r.any_key()],
                        ["MSET", r.key(), 1, r.key(), 2], ["EXISTS", *r.keys()], ["DEL", r.any_key()], ["LPUSH", r.key("list"), "a"], ["LRANGE", r.key("list"), 0, -1],
                        ["ZUNIONSTORE", r.key("zset"), 2, r.key("zset"), r.key("zset")], ["HGET", r.key("hash"), "f"], ["BITFIELD", r.key(), "GET", "u8", 0],
                        ["BITFIELD", r.key(), "SET", "u8", 0, 1], ["SORT", r.key("list"), "BY", "w_*"], ["SORT", r.key("list"), "GET", "#"], ["SORT", r.key("list"), "ALPHA"],
                        ["CONFIG", "GET", "maxmemory-samples"], ["CLIENT", "GETNAME"], ["ACL", "WHOAMI"], ["SELECT", r.pick([0, 0, 1])], ["nosuch"], ["GET"], ["PING"],
                        ["DBSIZE"], ["OBJECT", "ENCODING", r.any_key()], ["XADD", r.key("stream"), "*"], ["AUTH", "nosuch", "x"]]) for _ in range(r.between(1, 5))]
    return [log_in, *requests, ["AUTH", "default", ""], ["SELECT", 0]]
