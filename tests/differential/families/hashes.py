"""Hashes. What has no order is compared without one; what is chosen at random, by its shape."""

from ..grammar import FLOATS, INT64_MAX, INT64_MIN, NOT_INTEGERS, command


def _field(r):
    """Few different ones, so that most are there; integers and texts, empty and long."""
    form = r.between(0, 19)
    if form < 12:
        return r.pick(["f", "g", "h", "1", "2", "-7", "70000"])
    if form < 14:
        return r.pick(["", "x" * 63, "x" * 64, "x" * 65, "01", str(INT64_MIN), b"\x00", b"\xff\xf8", "f" * 200])
    return r.element()


def _pairs(r, most=4):
    return [word for _ in range(r.between(1, most)) for word in (_field(r), r.value())]


@command("hashes", weight=9)
def hset(r):
    return ["HSET", r.key("hash"), *_pairs(r)]


@command("hashes", weight=1.5)
def hset_many(r):
    """Around the limits of the packed form."""
    size = r.pick([1, 5, 60, 63, 64, 65])
    return [r.pick(["HSET", "HMSET"]), r.key("hash"), *(word for n in range(r.pick([3, 20, 127, 128, 129, 300, 511, 512])) for word in (b"%d" % n, b"v" * size))]


@command("hashes", weight=1, mangle=False)
def one_by_one_beyond_the_limit(r):
    key = r.key("hash")
    size = r.pick([500, 511, 512])
    steps = [["DEL", key], ["HSET", key, *(word for n in range(size) for word in (f"field:{n}", n))]]
    for n in range(size - 1, size + r.between(1, 3)):
        steps += [["HSET", key, f"field:{n}", "new"], ["OBJECT", "ENCODING", key]]
    return steps + [["HGET", key, "field:3"], ["HLEN", key], ["HGETALL", key]]


@command("hashes", weight=2)
def hmset(r):
    return ["HMSET", r.key("hash"), *_pairs(r)]


@command("hashes", weight=3)
def hsetnx(r):
    return ["HSETNX", r.key("hash"), _field(r), r.value()]


@command("hashes", weight=6)
def hdel(r):
    return ["HDEL", r.key("hash"), *(_field(r) for _ in range(r.between(1, 4)))]


@command("hashes", weight=6)
def hget(r):
    return ["HGET", r.key("hash"), _field(r)]


@command("hashes", weight=4)
def hmget(r):
    return ["HMGET", r.key("hash"), *(_field(r) for _ in range(r.between(1, 5)))]


@command("hashes", weight=4)
def of_one_field(r):
    return [r.pick(["HEXISTS", "HSTRLEN"]), r.key("hash"), _field(r)]


@command("hashes", weight=5)
def of_all(r):
    return [r.pick(["HGETALL", "HGETALL", "HKEYS", "HVALS", "HLEN"]), r.key("hash")]


@command("hashes", weight=6)
def hincrby(r):
    return ["HINCRBY", r.key("hash"), _field(r), r.integer()]


@command("hashes", weight=6)
def hincrbyfloat(r):
    return ["HINCRBYFLOAT", r.key("hash"), _field(r), r.pick(FLOATS) if r.chance(0.5) else r.pick(["1", "-1.5", "0.1", "3.0e3", "1e-5", "10"])]


@command("hashes", weight=2, mangle=False)
def counting(r):
    """A field that is a number throughout."""
    key = r.key("hash")
    start = r.pick(["0", "10", "-7", str(INT64_MAX), str(INT64_MIN), "1.5", "3.0e3", " 1", "", "abc", "1e400", "007", "0x10"])
    steps = [["HSET", key, "n", start]]
    for _ in range(r.between(1, 4)):
        steps.append(r.pick([["HINCRBY", key, "n", r.pick([1, -1, 5, INT64_MAX, INT64_MIN])], ["HINCRBYFLOAT", key, "n", r.pick(["0.5", "-1", "1e10", "1e300"])],
                             ["HGET", key, "n"], ["HSTRLEN", key, "n"]]))
    return steps


@command("hashes", weight=4, mangle=False)
def hscan(r):
    """In one call: where a walk is cut depends on the table."""
    options = [[r.case("COUNT"), r.pick([100000, INT64_MAX // 10])]]
    if r.chance(0.5):
        options.append([r.case("MATCH"), r.pick(["*", "1*", "*x*", "[a-c]", "", "-*", "?", "\\1", "nosuch"])])
    if r.chance(0.08):
        options.append(r.pick([["COUNT", 0], ["COUNT", -1], ["COUNT", "abc"], ["MATCH"], ["foo"], ["TYPE", "hash"], ["COUNT"]]))
    r.rng.shuffle(options)
    cursor = 0 if r.chance(0.9) else r.pick(["abc", "", " 0", "0x", "18446744073709551616", b"\x00", "1a", "-0", "+0"])
    return ["HSCAN", r.key("hash"), cursor, *(word for option in options for word in option)]


@command("hashes", weight=2, mangle=False)
def hscan_without_arguments(r):
    return r.pick([["HSCAN", r.key("hash")], ["HSCAN"], ["HSCAN", "nosuchhash", 5], ["HSCAN", "nosuchhash", 0, "foo"], ["HSCAN", "string:1", 0, "foo"]])


@command("hashes", weight=5, mangle=False)
def hrandfield(r):
    count = [] if r.chance(0.3) else [r.pick([0, 1, 2, 5, 100, 1000, -1, -2, -7, -300, INT64_MIN, *NOT_INTEGERS])]
    if count and r.chance(0.5):
        count.append(r.case("WITHVALUES") if r.chance(0.9) else r.pick(["foo", "", 1]))
    if r.chance(0.05):
        count.append(1)
    return ["HRANDFIELD", r.key("hash"), *count]


@command("hashes", weight=1, mangle=False)
def hrandfield_of_one_and_of_all(r):
    """As many as there are, or one that is there: then there is no choice."""
    key = r.key("hash")
    values = [r.case("WITHVALUES")] if r.chance(0.5) else []
    return [["DEL", key], ["HSET", key, "only", r.value()], ["HRANDFIELD", key], ["HRANDFIELD", key, r.between(1, 3), *values],
            ["HRANDFIELD", key, -r.between(1, 4), *values], ["HRANDFIELD", key, INT64_MAX, "WITHVALUES"], ["HRANDFIELD", key, -INT64_MAX, "WITHVALUES"],
            ["HRANDFIELD", key, INT64_MAX // 2, "WITHVALUES"]]


@command("hashes", weight=1, mangle=False)
def last_field_goes(r):
    """An empty hash is no key."""
    key = r.key("hash")
    return [["DEL", key], ["HSET", key, "only", 1], ["EXPIRE", key, 100000], ["HDEL", key, "only", "other", "only"], ["EXISTS", key], ["TYPE", key],
            ["HLEN", key], ["HGETALL", key], ["HDEL", key, "only"]]


@command("hashes", weight=1, mangle=False)
def limits(r):
    """What is written meets the limits of the moment."""
    name, values = r.pick([("hash-max-listpack-entries", [512, 512, 0, 4, 100]), ("hash-max-ziplist-entries", [512, 2]),
                           ("hash-max-listpack-value", [64, 64, 0, 4, 1000]), ("hash-max-ziplist-value", [64, 10])])
    return [["CONFIG", "SET", name, r.pick(values)], ["HSET", r.key("hash"), *_pairs(r)], ["OBJECT", "ENCODING", r.key("hash")]]


@command("hashes", weight=3)
def look(r):
    key = r.key("hash")
    return r.pick([["TYPE", key], ["EXISTS", key], ["DEL", key], ["RENAME", key, r.key("hash")], ["COPY", key, r.key("hash"), "REPLACE"],
                   ["OBJECT", "ENCODING", key], ["EXPIRE", key, 100000], ["PERSIST", key], ["TTL", key], ["UNLINK", key, r.key("hash")],
                   ["DEBUG", "DIGEST-VALUE", key]])
