"""CONFIG, COMMAND, INFO, DEBUG, TIME and the rest of the server's own commands."""

from .. import grammar
from ..grammar import Step, command, mangled

# Directives that both servers know and that change nothing which other commands of a run would show.
_NUMBERS = {
    "maxmemory-samples": [1, 5, 64, 0, -1, 65, 10000],
    "hash-max-listpack-entries": [512, 1, 0, -1, "abc"],
    "hash-max-ziplist-entries": [512, 128],
    "zset-max-listpack-value": [64, 0, -1, "1k", "64b"],
    "set-max-intset-entries": [512, 0, -1, "", "1.5"],
    "lfu-log-factor": [10, 0, -1, 2**31, 2**32],
    "lfu-decay-time": [1, 0, -1],
    "slowlog-max-len": [128, 0, -1, 2**63],
    "slowlog-log-slower-than": [10000, -1, 0, -2],
    "tcp-keepalive": [300, 0, -1],
    "timeout": [0, 3600, -1, 2**31],
    "hz": [10, 1, 500, 0, 501],
    "proto-max-bulk-len": [536870912, 1048576, 1048575, "512mb", "1g", "2gb", -1],
    "maxmemory": [0, "1gb", "900M", "1.5gb", "-1", "0b", "5000000k"],
    "list-max-listpack-size": [-2, -5, 128, 0, "abc"],
    "list-compress-depth": [0, 1, -1],
    "active-expire-effort": [1, 10, 0, 11],
    "latency-monitor-threshold": [0, 100, -1],
}
_CHOICES = {
    "maxmemory-policy": ["noeviction", "allkeys-lru", "volatile-ttl", "foo", "", "ALLKEYS-LRU"],
    "lazyfree-lazy-user-del": ["yes", "no", "maybe", "YES", ""],
    "lazyfree-lazy-expire": ["yes", "no", "1"],
    "activerehashing": ["yes", "no", "true"],
    "loglevel": ["notice", "debug", "verbose", "warning", "loud"],
    "notify-keyspace-events": ["", "KEA", "Kx", "AKE", "KEgg", "q", "Q", "Elhg$"],
    "dynamic-hz": ["yes", "no", "on"],
    "client-output-buffer-limit": ["normal 0 0 0", "pubsub 32mb 8mb 60", "normal 1", "foo 0 0 0", "normal -1 0 0"],
}
_DEFAULTS = {
    "maxmemory-samples": 5, "hash-max-listpack-entries": 512, "zset-max-listpack-value": 64, "set-max-intset-entries": 512,
    "lfu-log-factor": 10, "lfu-decay-time": 1, "slowlog-max-len": 128, "slowlog-log-slower-than": 10000, "tcp-keepalive": 300,
    "timeout": 0, "hz": 10, "proto-max-bulk-len": 536870912, "maxmemory": 0, "list-max-listpack-size": -2, "list-compress-depth": 0,
    "active-expire-effort": 1, "latency-monitor-threshold": 0, "maxmemory-policy": "noeviction", "lazyfree-lazy-user-del": "no",
    "lazyfree-lazy-expire": "no", "activerehashing": "yes", "loglevel": "notice", "notify-keyspace-events": "", "dynamic-hz": "yes",
    "hll-sparse-max-bytes": 3000, "stream-node-max-bytes": 0, "stream-node-max-entries": 100,
    "client-output-buffer-limit": "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60", "requirepass": "",
}

_OTHER_FAMILIES = ["strings", "bits", "geo", "hyperloglog", "keys", "dump", "lists", "sets", "streams", "sort", "connection"]


def defaults():
    """Brings every directive that a generator changes back to its default, or to what runner.DIRECTIVES says."""
    return ["CONFIG", "SET", *(word for pair in _DEFAULTS.items() for word in pair)]


def _setting(r):
    name, values = r.pick(list(_NUMBERS.items()) + list(_CHOICES.items()))
    value = r.pick(values[:2] if r.chance(0.4) else values)
    return [r.case(name) if r.chance(0.2) else name, value]


@command("server", weight=5, mangle=False)
def config_set(r):
    form = r.between(0, 19)
    if form == 0:
        return ["CONFIG", "SET", *r.pick([["nosuch", 1], ["port"], [], ["databases", 5], ["hz", 10, "hz"], ["hz", 10, "nosuch", 1], ["hz", 10, "hz", 20],
                                          ["hz", 10, "HZ", 20], ["daemonize", "yes"], ["", ""], ["hz", "abc", "nosuch", 1]])]
    words = _setting(r)
    if r.chance(0.25):
        words += _setting(r)
    names = [name for name in words[::2]]
    return [["CONFIG", r.case("SET"), *words], ["CONFIG", "GET", names[0]], *([["CONFIG", "GET", *names]] if len(names) > 1 else [])]


@command("server", weight=3, mangle=False)
def config_get(r):
    names = list(_DEFAULTS)
    form = r.between(0, 9)
    if form == 0:
        return ["CONFIG", "GET", *r.pick([[], ["nosuch"], [""], ["nosuch", "hz"], ["hz", "hz"], ["HZ"], ["h?"], ["[h]z"], ["*"], ["hz", "h*"]])]
    if form < 3:
        return ["CONFIG", "GET", r.pick(["maxmemory*", "*lazyfree*", "lfu-*", "slowlog*", "hash-max-*", "*-listpack-*", "active-expire-effort*"])]
    return ["CONFIG", r.case("GET"), *(r.pick(names) for _ in range(r.between(1, 3)))]


@command("server", weight=1, mangle=False)
def config_rest(r):
    return ["CONFIG", *r.pick([[], ["foo"], ["RESETSTAT"], ["resetstat"], ["RESETSTAT", "x"], ["REWRITE"], ["REWRITE", "x"], ["", ""], ["HELP", "x"]])]


def _any_command(r):
    choices = [g for g in grammar.GENERATORS if g.family in _OTHER_FAMILIES and set(g.needs) <= set(r.types)]
    for _ in range(20):
        made = r.pick(choices).make(r)
        if isinstance(made, list) and made and not isinstance(made[0], (list, Step)):
            return mangled(r, made) if r.chance(0.15) else made
    return ["GET", "key"]


@command("server", weight=5, mangle=False)
def command_getkeys(r):
    words = _any_command(r)
    if len(words) < 2:  # Since 7.2 a command without arguments gets another answer.
        words = words + ["x"]
    return ["COMMAND", r.case(r.pick(["GETKEYS", "GETKEYSANDFLAGS"])), *words]


@command("server", weight=3, mangle=False)
def command_info(r):
    names = [str(_any_command(r)[0]) for _ in range(r.between(1, 3))]
    if r.chance(0.3):
        names.append(r.pick(["command", "config", "client", "object", "info", "debug", "shutdown", "nosuch", "", "client|id", "config|get", "object|encoding", "client|nosuch", "get|get", "COMMAND|INFO"]))
    return ["COMMAND", r.case("INFO"), *(r.case(name.upper()) for name in names)]


@command("server", weight=2, mangle=False)
def command_rest(r):
    name = str(_any_command(r)[0])
    return ["COMMAND", *r.pick([["COUNT"], ["COUNT", "x"], ["LIST"], ["LIST", "FILTERBY", "ACLCAT", r.pick(["string", "list", "bitmap", "keyspace", "nosuch", "@string", "STRING"])],
                                ["LIST", "FILTERBY", "PATTERN", r.pick(["get*", "*", "l*", "nosuch", "client|*", "*|*", "[gs]et"])],
                                ["LIST", "FILTERBY", "MODULE", "nosuch"], ["LIST", "FILTERBY"], ["LIST", "foo"], ["LIST", "FILTERBY", "foo", "x"], ["LIST", "FILTERBY", "PATTERN"],
                                ["foo"], ["", "x"], ["GETKEYS"], ["GETKEYSANDFLAGS"], ["GETKEYS", "nosuch", "x"], ["GETKEYS", "GET", "a", "b"], ["GETKEYS", "PING", "x"], ["GETKEYS", "SET", "k"],
                                ["DOCS", r.pick(["client", "config", "command", "object", "client|list", "info", "debug", "hello", "shutdown"])],
                                ["DOCS", name], ["DOCS", "nosuch"], ["DOCS", name, "get"], ["HELP", "x"]])]


@command("server", weight=2, mangle=False)
def debug(r):
    key = r.any_key()
    return ["DEBUG", *r.pick([["OBJECT", key], ["OBJECT", "missing:1"], ["OBJECT"], ["SLEEP", "0"], ["SLEEP", "0.001"], ["SLEEP"],
                              ["SET-ACTIVE-EXPIRE", "1"], ["SET-ACTIVE-EXPIRE"], 
                              ["DIGEST"], ["DIGEST-VALUE", key], ["DIGEST-VALUE", "missing:1", key], ["DIGEST-VALUE"],
                              ["nosuch"], ["", "x"], ["set-active-expire", "1"], []])]


@command("server", weight=1, mangle=False)
def info(r):
    sections = ["server", "clients", "memory", "persistence", "stats", "replication", "cpu", "cluster", "keyspace", "errorstats", "commandstats", "latencystats",
                "default", "all", "everything", "nosuch", "modules", ""]
    return ["INFO", *(r.case(r.pick(sections).upper()) for _ in range(r.between(0, 2)))]


@command("server", weight=1, mangle=False)
def harmless(r):
    return r.pick([["TIME"], ["TIME", "x"], ["LOLWUT"], ["LOLWUT", "VERSION", "5"], ["LOLWUT", "VERSION", "6"], ["SHUTDOWN", "foo"], ["SHUTDOWN", "ABORT"],
                   ["SHUTDOWN", "SAVE", "NOSAVE"], ["SHUTDOWN", "NOSAVE", "ABORT"], ["SHUTDOWN", "ABORT", "x"], ["DBSIZE"], ["OBJECT", "HELP"],
                   ["CLIENT", "HELP"], ["CONFIG", "HELP"], ["COMMAND", "HELP"], ["DEBUG", "HELP"], ["MEMORY", "HELP"]])


@command("server", weight=2, mangle=False)
def administration(r):
    """Replies that depend on nothing but the arguments."""
    return r.pick([
        ["SLOWLOG", *r.pick([["GET", -2], ["GET", "x"], ["GET", 0], ["GET", 1, 2], ["LEN", "x"], ["RESET"], ["RESET", "x"], ["foo"], [], ["HELP"]])],
        ["LATENCY", *r.pick([["GRAPH", "x"], ["HISTORY", "x"], ["HISTORY"], ["RESET", "x", "y"], ["DOCTOR", "x"], ["LATEST", "x"], ["foo"], [],
                             ["HISTOGRAM", "nosuch"], ["HISTOGRAM", "get|x"], ["HELP"]])],
        ["CLIENT", "KILL", *r.pick([[], ["x"], ["1.2.3.4:5"], ["ID", 0], ["ID", "x"], ["ID", 999999], ["TYPE", "foo"], ["TYPE", "pubsub"],
                                    ["ADDR", "x"], ["LADDR", "x"], ["SKIPME", "maybe"], ["foo", "x"], ["ID", 999999, "TYPE", "normal"], ["ID", 1, "TYPE"]])],
        ["CLIENT", "PAUSE", *r.pick([[], ["x"], [-1], [0, "foo"], [0, "ALL", "x"], [0, "write"], [1]])],
        ["CLIENT", "UNPAUSE", *r.pick([[], ["x"]])],
        ["CLUSTER", *r.pick([["INFO"], ["KEYSLOT", "x"], ["KEYSLOT"], ["foo"], [], ["SLOTS"], ["RESET", "x"], ["HELP"], ["MEET", "a"]])],
        [r.pick(["READONLY", "READWRITE", "ASKING", "ROLE"]), *r.pick([[], ["x"]])],
        [r.pick(["REPLICAOF", "SLAVEOF"]), *r.pick([["no", "one"], ["NO", "ONE"], ["h", "x"], ["h", -1], ["h", 65536], ["h"]])],
        ["FAILOVER", *r.pick([[], ["ABORT"], ["FORCE"], ["TO", "h", 1], ["TO", "h", "x"], ["TO", "h"], ["TIMEOUT", 0], ["TIMEOUT", "x"], ["TIMEOUT", 5],
                              ["TO", "h", 1, "FORCE"], ["ABORT", "FORCE"], ["foo"]])],
        ["MONITOR", "x"], ["MEMORY", r.pick(["STATS", "DOCTOR", "PURGE", "MALLOC-STATS"]), "x"], ["MEMORY", "PURGE"],
        ["COMMAND", "DOCS", r.pick(["slowlog", "latency", "memory", "cluster", "role", "replicaof", "slaveof", "failover", "monitor", "asking", "client|kill",
                                    "client|pause"])],
        ["COMMAND", "INFO", r.pick(["slowlog", "latency", "memory", "role", "replicaof", "failover", "monitor", "readonly", "cluster|slots", "client|kill"])],
    ])


@command("server", weight=2)
def something_stored(r):
    return r.pick([["SET", r.key(), r.value()], ["RPUSH", r.key("list"), r.element()], ["DEL", r.any_key()], ["EXPIRE", r.any_key(), 100000]])
