"""Sets. Commands that choose at random end by making both servers' sets the same again."""

from ..grammar import INT64_MAX, INT64_MIN, NOT_INTEGERS, command


def _member(r):
    """Of three kinds of sets: small integers, large ones, texts."""
    form = r.between(0, 9)
    if form < 4:
        return r.between(-6, 12)
    if form < 5:
        return r.pick([127, 128, 32767, 32768, -32768, -32769, 2**31 - 1, 2**31, -(2**31) - 1, INT64_MAX, INT64_MIN, 2**63])
    return r.element()


def _members(r, most=5):
    return [_member(r) for _ in range(r.between(1, most))]


@command("sets", weight=9)
def sadd(r):
    return ["SADD", r.key("set"), *_members(r)]


@command("sets", weight=1.5)
def sadd_integers(r):
    start, step = r.pick([(0, 1), (-100, 1), (32000, 10), (2**31 - 5, 1), (1, 2**40)])
    return ["SADD", r.key("set"), *(start + step * n for n in range(r.pick([3, 20, 127, 128, 129, 511, 512, 513, 600])))]


@command("sets", weight=1.5)
def sadd_texts(r):
    size = r.pick([1, 5, 63, 64, 65])
    return ["SADD", r.key("set"), *(b"%d" % n + b"x" * size for n in range(r.pick([3, 20, 127, 128, 129, 300])))]


@command("sets", weight=5)
def srem(r):
    return ["SREM", r.key("set"), *_members(r)]


@command("sets", weight=4)
def smove(r):
    return ["SMOVE", r.key("set"), r.key("set"), _member(r)]


@command("sets", weight=3)
def sismember(r):
    return ["SISMEMBER", r.key("set"), _member(r)]


@command("sets", weight=3)
def smismember(r):
    return ["SMISMEMBER", r.key("set"), *_members(r)]


@command("sets", weight=2)
def scard(r):
    return ["SCARD", r.key("set")]


@command("sets", weight=3)
def smembers(r):
    return ["SMEMBERS", r.key("set")]


@command("sets", weight=7)
def algebra(r):
    return [r.pick(["SINTER", "SUNION", "SDIFF"]), *r.keys("set", r.pick([2, 3, 3, 6]))]


@command("sets", weight=7)
def algebra_stored(r):
    return [r.pick(["SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"]), r.key("set"), *r.keys("set", r.pick([2, 3, 3, 6]))]


@command("sets", weight=4)
def sintercard(r):
    keys = r.keys("set", 3)
    numkeys = len(keys) if r.chance(0.9) else r.small()
    options = [r.case("LIMIT"), r.small()] if r.chance(0.6) else []
    if r.chance(0.06):
        options += r.pick([["LIMIT"], ["LIMIT", 2], ["foo"], ["LIMIT", "x"], ["COUNT", 1]])
    return ["SINTERCARD", numkeys, *keys, *options]


@command("sets", weight=4, mangle=False)
def sscan(r):
    """In one call: where a walk is cut depends on the table."""
    options = [[r.case("COUNT"), r.pick([20000, 100000, INT64_MAX // 10])]]
    if r.chance(0.5):
        options.append([r.case("MATCH"), r.pick(["*", "1*", "*x*", "[a-c]", "", "-*", "?", "\\1", "nosuch"])])
    if r.chance(0.08):
        options.append(r.pick([["COUNT", 0], ["COUNT", -1], ["COUNT", "abc"], ["MATCH"], ["foo"], ["TYPE", "set"], ["COUNT"]]))
    r.rng.shuffle(options)
    cursor = 0 if r.chance(0.9) else r.pick(["abc", "", " 0", "0x", "18446744073709551616", b"\x00", "1a", "-0", "+0"])
    return ["SSCAN", r.key("set"), cursor, *(word for option in options for word in option)]


@command("sets", weight=2, mangle=False)
def sscan_without_arguments(r):
    return r.pick([["SSCAN", r.key("set")], ["SSCAN"], ["SSCAN", "nosuchset", 5], ["SSCAN", "nosuchset", 0, "foo"], ["SSCAN", "string:1", 0, "foo"]])


def _count(r):
    if r.chance(0.8):
        return r.pick([0, 1, 2, 3, 5, 10, 100, 600])
    return r.pick([-1, -3, INT64_MIN, INT64_MAX] + NOT_INTEGERS)


@command("sets", weight=4, mangle=False)
def spop(r):
    key = r.key("set")
    count = [] if r.chance(0.4) else [_count(r)]
    if r.chance(0.05):
        count.append(1)
    return [["SPOP", key, *count], ["SCARD", key], ["DEL", key], ["SADD", key, *_members(r)]]


@command("sets", weight=2, mangle=False)
def spop_leaves_the_kind_of_set_that_it_was(r):
    """What is left of integers, or of one text many times over, does not depend on the choice."""
    key = r.key("set")
    size = r.pick([10, 100, 200, 600])
    return [["DEL", key], ["SADD", key, *range(size)], ["SPOP", key, size - r.pick([1, 2, 3, size // 2, size])], ["SCARD", key],
            ["OBJECT", "ENCODING", key], ["DEL", key]]


@command("sets", weight=4, mangle=False)
def srandmember(r):
    count = [] if r.chance(0.3) else [r.pick([0, 1, 2, 5, 100, 1000, -1, -2, -7, -300, INT64_MIN, *NOT_INTEGERS])]
    if r.chance(0.05):
        count.append(1)
    return ["SRANDMEMBER", r.key("set"), *count]


@command("sets", weight=1, mangle=False)
def all_at_random(r):
    """As many as there are, or more: then there is no choice."""
    key = r.key("set")
    members = sorted({str(_member(r)) for _ in range(r.between(1, 30))})
    return [["DEL", key], ["SADD", key, *members], ["SINTER", key], ["SRANDMEMBER", key, len(members) + r.between(0, 2)],
            ["SPOP", key, len(members) + r.between(0, 2)], ["EXISTS", key]]


@command("sets", weight=1, mangle=False)
def last_member_goes(r):
    """An empty set is no key."""
    key = r.key("set")
    empty = r.pick([["SPOP", key], ["SPOP", key, 3], ["SREM", key, "only", "other"], ["SMOVE", key, "set:3", "only"], ["SDIFFSTORE", key, key, key],
                    ["SINTERSTORE", key, key, "missing:1"], ["SPOP", key, 0], ["SMOVE", key, key, "only"]])
    return [["DEL", key], ["SADD", key, "only"], ["EXPIRE", key, 100000], empty, ["EXISTS", key], ["TYPE", key], ["SCARD", key]]


@command("sets", weight=1, mangle=False)
def limits(r):
    """Where forms change must not show in what the commands do."""
    return [["CONFIG", "SET", "set-max-intset-entries", r.pick([512, 512, 0, 4, 100])]]


@command("sets", weight=2)
def look(r):
    key = r.key("set")
    return r.pick([["TYPE", key], ["EXISTS", key], ["DEL", key], ["RENAME", key, r.key("set")], ["COPY", key, r.key("set"), "REPLACE"],
                   ["OBJECT", "ENCODING", key], ["EXPIRE", key, 100000], ["PERSIST", key], ["TTL", key], ["UNLINK", key, r.key("set")],
                   ["DEBUG", "DIGEST-VALUE", key]])
