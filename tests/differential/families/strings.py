"""Strings: SET and its relatives, counters, ranges, LCS."""

from ..grammar import FLOATS, INT64_MAX, INT64_MIN, INTEGERS, NOT_INTEGERS, Step, command


@command("strings", weight=8)
def set_(r):
    options = []
    if r.chance(0.3):
        options.append([r.case(r.pick(["NX", "XX"]))])
    if r.chance(0.3):
        options.append([r.case("GET")])
    if r.chance(0.3):
        options.append(r.expiry_option())
    elif r.chance(0.15):
        options.append([r.case("KEEPTTL")])
    if r.chance(0.06):
        options.append(r.pick([["NX"], ["XX"], ["GET"], ["KEEPTTL"], r.expiry_option(), ["EX"], ["foo"], [""]]))
    r.rng.shuffle(options)
    return ["SET", r.key(), r.value(), *(word for option in options for word in option)]


@command("strings", weight=4)
def get(r):
    return ["GET", r.key()]


@command("strings", weight=2)
def getex(r):
    form = r.between(0, 9)
    if form < 2:
        return ["GETEX", r.key()]
    if form < 4:
        return ["GETEX", r.key(), r.case("PERSIST")]
    if form == 4:
        return ["GETEX", r.key(), *r.expiry_option(), *r.pick([["PERSIST"], ["KEEPTTL"], ["EX", 100000], ["foo"], ["NX"]])]
    return ["GETEX", r.key(), *r.expiry_option()]


@command("strings")
def getdel(r):
    return ["GETDEL", r.key()]


@command("strings")
def getset(r):
    return ["GETSET", r.key(), r.value()]


@command("strings")
def setnx(r):
    return ["SETNX", r.key(), r.value()]


@command("strings")
def setex(r):
    return ["SETEX", r.key(), r.relative_s(), r.value()]


@command("strings")
def psetex(r):
    return ["PSETEX", r.key(), r.relative_ms(), r.value()]


@command("strings", weight=2)
def mget(r):
    return ["MGET", *r.keys()]


@command("strings", weight=2)
def mset(r):
    return ["MSET", *(word for key in r.keys() for word in (key, r.value()))]


@command("strings")
def msetnx(r):
    keys = r.keys() if r.chance(0.5) else [f"fresh:{r.between(1, 5)}" for _ in range(r.between(1, 3))]
    return ["MSETNX", *(word for key in keys for word in (key, r.value()))]


@command("strings", weight=3)
def append(r):
    return ["APPEND", r.key(), r.value()]


@command("strings", weight=2)
def strlen(r):
    return ["STRLEN", r.key()]


@command("strings", weight=4)
def getrange(r):
    return [r.pick(["GETRANGE", "SUBSTR"]), r.key(), r.index(), r.index()]


@command("strings", weight=3)
def setrange(r):
    offset = r.pick([0, 0, 1, 2, 5, 20, 43, 44, 45, 64, 255, 1000, 5000, -1, 536870911, 536870912, 2**31, INT64_MAX, INT64_MIN, "abc", ""])
    value = r.value() if r.chance(0.8) else ""
    if offset == 536870911 and len(str(value)) < 2:
        offset = 536870912
    return ["SETRANGE", r.key(), offset, value]


@command("strings", weight=3)
def incr(r):
    return [r.pick(["INCR", "DECR"]), r.key()]


@command("strings", weight=3)
def incrby(r):
    return [r.pick(["INCRBY", "DECRBY"]), r.key(), r.pick(INTEGERS) if r.chance(0.7) else r.integer()]


@command("strings", weight=3)
def incrbyfloat(r):
    return ["INCRBYFLOAT", r.key(), r.pick(FLOATS) if r.chance(0.8) else r.value()]


@command("strings", weight=3, mangle=False)
def counter_at_its_limit(r):
    key = r.key()
    start = r.pick([INT64_MAX, INT64_MAX - 1, INT64_MIN, INT64_MIN + 1, 0, -1, 9223372036854775806, "007", " 5", "-0", "1e2", ""])
    change = r.pick([["INCR", key], ["DECR", key], ["INCRBY", key, r.pick([1, -1, INT64_MAX, INT64_MIN])],
                     ["DECRBY", key, r.pick([1, -1, INT64_MAX, INT64_MIN])], ["INCRBYFLOAT", key, r.pick(FLOATS)]])
    return [["SET", key, start], change, ["GET", key], ["OBJECT", "ENCODING", key]]


@command("strings", weight=2, mangle=False)
def sizes_around_limits(r):
    """Values of every interesting size, written in one of several ways, read back."""
    key = r.key()
    value = r.text(r.between(0, 70) if r.chance(0.6) else r.pick([254, 255, 256, 511, 512, 513, 1024, 4096, 16384, 20000]))
    write = r.pick([[["SET", key, value]], [["DEL", key], ["APPEND", key, value]], [["DEL", key], ["SETRANGE", key, 0, value]],
                    [["MSET", key, value]], [["SET", key, ""], ["APPEND", key, value], ["APPEND", key, "x"]],
                    [["SET", key, value], ["SETRANGE", key, r.between(0, 60), "yz"]], [["GETSET", key, value]]])
    return write + [["GET", key], ["STRLEN", key], ["OBJECT", "ENCODING", key], ["TYPE", key]]


@command("strings", weight=2, mangle=False)
def integer_forms(r):
    """Only canonical integers may be kept as integers: all others come back as they went in."""
    key = r.key()
    value = r.pick(NOT_INTEGERS + INTEGERS + FLOATS + ["00", "-", "+", "1" * 19, "1" * 20, "-" + "9" * 18])
    return [["SET", key, value], ["GET", key], ["OBJECT", "ENCODING", key], ["STRLEN", key], ["GETRANGE", key, 0, -1]]


@command("strings", weight=2)
def lcs(r):
    """On keys of their own, whose values stay short: the cost is the product of both lengths."""
    alphabet = r.pick(["ab", "abc", "abcdefgh"])
    steps = [["SET", f"lcs:{n}", "".join(r.pick(alphabet) for _ in range(r.between(0, 60)))] for n in (1, 2) if r.chance(0.6)]
    options = []
    if r.chance(0.4):
        options.append([r.case("LEN")])
    if r.chance(0.6):
        options.append([r.case("IDX")])
    if r.chance(0.4):
        options.append([r.case("MINMATCHLEN"), r.small()])
    if r.chance(0.4):
        options.append([r.case("WITHMATCHLEN")])
    if r.chance(0.05):
        options.append([r.pick(["foo", "", "MINMATCHLEN"])])
    r.rng.shuffle(options)
    keys = r.pick([["lcs:1", "lcs:2"], ["lcs:1", "lcs:2"], ["lcs:1", "lcs:1"], ["lcs:1", "missing:1"], ["list:1", "lcs:1"], ["lcs:2", "list:2"]])
    return steps + [["LCS", *keys, *(word for option in options for word in option)]]


@command("strings", weight=0.4, mangle=False)
def expired_meanwhile(r):
    """The short life of a key: when it is over, every command must see the key as missing."""
    key = r.key()
    birth = r.pick([["SET", key, "v", "PX", 1], ["PSETEX", key, 1, "v"]])
    after = r.pick([["GET", key], ["APPEND", key, "x"], ["SET", key, "w", "XX"], ["SET", key, "w", "NX"], ["INCR", key], ["STRLEN", key],
                    ["TTL", key], ["PERSIST", key], ["EXPIRE", key, 100000], ["TYPE", key], ["RENAME", key, key], ["OBJECT", "ENCODING", key],
                    ["SETRANGE", key, 2, "x"], ["GETDEL", key], ["GETEX", key, "PERSIST"], ["SET", key, "w", "GET"], ["MSETNX", key, "z"],
                    ["LPUSH", key, "a"], ["SETBIT", key, 3, 1], ["COPY", key, "string:3"], ["MOVE", key, 1], ["DEL", key], ["UNLINK", key]])
    return [Step("plain", [["DEL", key], birth, ["DEBUG", "SLEEP", "0.004"], after, ["EXISTS", key], ["GET", key], ["PTTL", key]])]
