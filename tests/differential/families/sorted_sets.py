"""Sorted sets. Ranges of members are asked of sets whose scores are all the same: of others no server promises anything."""

from ..grammar import FLOATS, INT64_MAX, INT64_MIN, NOT_INTEGERS, command


def _member(r):
    form = r.between(0, 9)
    if form < 3:
        return r.between(-6, 12)
    if form < 6:
        return r.pick("abcdefgh")
    return r.element()


def _score(r):
    form = r.rng.random()
    if form < 0.5:
        return r.between(-5, 5)
    if form < 0.75:
        return r.pick(["0.5", "-1.5", "3.1", "0.1", "1e-7", "100000.5", "1e15", "123456789012345678", "9007199254740993", "-9007199254740992", "1e300", "-0", "16777217.5", "0x1p3"])
    if form < 0.85:
        return r.pick(["inf", "-inf", "+inf", "infinity"])
    return r.pick(FLOATS) if form < 0.95 else r.integer()


def _pairs(r, most=4):
    return [word for _ in range(r.between(1, most)) for word in (_score(r), _member(r))]


def _bound(r):
    """Of a range of scores."""
    form = r.rng.random()
    if form < 0.25:
        return r.pick(["-inf", "+inf", "inf"])
    text = str(_score(r)) if form < 0.9 else str(r.pick(["", " 1", "1 ", "abc", "nan", "1e5000", b"1\x00x", "((1", "[1"]))
    return "(" + text if r.chance(0.3) else text


def _low_and_high(r):
    """Mostly in this order."""
    if r.chance(0.5):
        return [r.pick(["-inf", "(-inf", -5, "(-2", -1.5, 0]), r.pick(["+inf", "(inf", 5, "(4", 2.5, 100])]
    return [_bound(r), _bound(r)]


def _limit(r):
    return [r.case("LIMIT"), r.pick([0, 0, 1, 2, 5, 100, -1]), r.pick([-1, 0, 1, 2, 3, 10, -5])] if r.chance(0.4) else []


@command("sorted_sets", weight=10)
def zadd(r):
    options = [r.case(r.pick(["NX", "XX", "GT", "LT", "CH", "CH", "INCR"])) for _ in range(r.pick([0, 0, 0, 1, 1, 2, 3]))]
    increments = any(option.upper() == "INCR" for option in options)
    return ["ZADD", r.key("zset"), *options, *_pairs(r, 1 if increments and r.chance(0.9) else 4)]


@command("sorted_sets", weight=1.5)
def zadd_many(r):
    size = r.pick([1, 5, 63, 64, 65])
    scale = r.pick([0, 1, -3, 0.25])
    count = r.pick([3, 20, 127, 128, 129, 300])
    return ["ZADD", r.key("zset"), *(word for n in range(count) for word in (n * 7 % count * scale, b"%d" % n + b"x" * size))]


@command("sorted_sets", weight=4)
def zincrby(r):
    return ["ZINCRBY", r.key("zset"), _score(r), _member(r)]


@command("sorted_sets", weight=4)
def zrem(r):
    return ["ZREM", r.key("zset"), *(_member(r) for _ in range(r.between(1, 5)))]


@command("sorted_sets", weight=5)
def look_up(r):
    name = r.pick(["ZSCORE", "ZMSCORE", "ZCARD", "ZRANK", "ZREVRANK"])
    members = {"ZCARD": 0, "ZMSCORE": r.between(1, 4)}.get(name, 1)
    return [name, r.key("zset"), *(_member(r) for _ in range(members))]


@command("sorted_sets", weight=3)
def zcount(r):
    return ["ZCOUNT", r.key("zset"), *_low_and_high(r)]


@command("sorted_sets", weight=8)
def zrange(r):
    """Never a valid BYLEX."""
    key, reverse = r.key("zset"), r.chance(0.4)
    options = [[r.case("WITHSCORES")]] if r.chance(0.5) else []
    if reverse:
        options.append([r.case("REV")])
    if r.chance(0.5):
        ends = _low_and_high(r)
        options += [[r.case("BYSCORE")]] + ([limit] if (limit := _limit(r)) else [])
    else:
        ends = [r.index(), r.index()]
    if reverse and r.chance(0.7):
        ends.reverse()
    if r.chance(0.06):
        options.append(r.pick([["LIMIT", 0, 1], ["LIMIT", 1], ["foo"], ["REV"], ["BYSCORE"], ["LIMIT", "x", 1], ["LIMIT", 0, "1.5"], ["WITHSCORE"]]))
    r.rng.shuffle(options)
    return ["ZRANGE", key, *ends, *(word for option in options for word in option)]


@command("sorted_sets", weight=5)
def zrevrange_and_by_score(r):
    name = r.pick(["ZREVRANGE", "ZRANGEBYSCORE", "ZREVRANGEBYSCORE"])
    ends = [r.index(), r.index()] if name == "ZREVRANGE" else _low_and_high(r)
    if name == "ZREVRANGEBYSCORE":
        ends.reverse()
    options = [r.case("WITHSCORES")] if r.chance(0.5) else []
    if name != "ZREVRANGE" or r.chance(0.05):
        options += _limit(r)
    if r.chance(0.04):
        options += r.pick([["REV"], ["BYSCORE"], ["foo"], ["LIMIT"], ["LIMIT", 1]])
    return [name, r.key("zset"), *ends, *options]


@command("sorted_sets", weight=4)
def zrangestore(r):
    by_score = r.chance(0.5)
    ends = _low_and_high(r) if by_score else [r.index(), r.index()]
    options = ([r.case("BYSCORE")] + _limit(r) if by_score else []) + ([r.case("REV")] if r.chance(0.3) else [])
    if r.chance(0.05):
        options += r.pick([["WITHSCORES"], ["foo"], ["LIMIT", 0, 2]])
    return ["ZRANGESTORE", r.key("zset"), r.key("zset"), *ends, *options]


def _lex(r):
    form = r.rng.random()
    if form < 0.3:
        return r.pick(["-", "+"])
    if form < 0.93:
        return r.pick("[(") + r.pick(["", "a", "b", "c", "d", "e", "aa", "1", "-5", "10", "zz", "\x00"])
    return r.pick(["", "a", "++", "-x", "+ ", b"+\x00", b"-\x00x", "*", "1", "{a"])


@command("sorted_sets", weight=3, mangle=False)
def by_lex(r):
    key = r.key("zset")
    count = r.pick([5, 12, 140])
    members = ["", "a", "b", "c", "cc", "d", "1", "10", "-5", "é", b"\x00", b"\xff", *(f"m{n}" for n in range(140))][:count]
    r.rng.shuffle(members)
    score = r.pick([0, 1.5])
    asked = []
    for _ in range(5):
        ends = [_lex(r), _lex(r)]
        asked.append(r.pick([["ZRANGEBYLEX", key, *ends, *_limit(r)], ["ZREVRANGEBYLEX", key, *ends, *_limit(r)], ["ZLEXCOUNT", key, *ends],
                             ["ZRANGE", key, *ends, r.case("BYLEX"), *_limit(r)], ["ZRANGE", key, *ends, "REV", "BYLEX", *_limit(r)],
                             ["ZRANGE", key, *ends, "BYLEX", "WITHSCORES"], ["ZRANGEBYLEX", key, *ends, "WITHSCORES"], ["ZRANGE", key, *ends, "BYLEX", "BYSCORE"],
                             ["ZRANGESTORE", key, key, *ends, "BYLEX", *_limit(r)], ["ZREMRANGEBYLEX", key, *ends], ["ZRANGEBYLEX", key, *ends, "LIMIT", 1]]))
    return [["DEL", key], ["ZADD", key, *(word for member in members for word in (score, member))], *asked, ["DEL", key]]


@command("sorted_sets", weight=1, mangle=False)
def by_lex_of_others(r):
    return r.pick([[["ZLEXCOUNT", "nosuchzset", _lex(r), _lex(r)]], [["SET", "string:1", "x"], ["ZRANGEBYLEX", "string:1", _lex(r), _lex(r)]], [["SET", "list:1", "x"], ["ZREMRANGEBYLEX", "list:1", "a", "b"]],
                   [["ZRANGEBYLEX", "nosuchzset", "-"]], [["ZLEXCOUNT", "nosuchzset", "-", "+", "x"]]])


@command("sorted_sets", weight=3)
def zremrange(r):
    if r.chance(0.5):
        return ["ZREMRANGEBYRANK", r.key("zset"), r.index(), r.index()]
    return ["ZREMRANGEBYSCORE", r.key("zset"), *([_bound(r), _bound(r)] if r.chance(0.7) else _low_and_high(r))]


@command("sorted_sets", weight=4)
def zpop(r):
    count = [] if r.chance(0.5) else [r.small()]
    return [r.pick(["ZPOPMIN", "ZPOPMAX"]), r.key("zset"), *count]


@command("sorted_sets", weight=4)
def zmpop(r):
    keys = r.keys("zset", 3)
    numkeys = len(keys) if r.chance(0.9) else r.small()
    options = [r.case("COUNT"), r.small(1, 5)] if r.chance(0.5) else []
    if r.chance(0.06):
        options += r.pick([["COUNT"], ["COUNT", 1], ["foo"], ["COUNT", 0], ["MIN"]])
    return ["ZMPOP", numkeys, *keys, r.case(r.pick(["MIN", "MAX"])), *options]


def _inputs(r):
    """Plain sets, too."""
    keys = [r.key(r.pick(["zset", "zset", "zset", "set"])) for _ in range(r.pick([1, 2, 2, 3, 5]))]
    return [len(keys) if r.chance(0.93) else r.small(), *keys], len(keys)


def _weighing(r, count):
    options = []
    if r.chance(0.4):
        options.append([r.case("WEIGHTS"), *(r.pick([1, 2, -1, 0, 0.5, "3.3", "inf", "-inf", *(["x", "nan", ""] if r.chance(0.1) else [])]) for _ in range(count))])
    if r.chance(0.4):
        options.append([r.case("AGGREGATE"), r.case(r.pick(["SUM", "MIN", "MAX"]))])
    if r.chance(0.04):
        options.append(r.pick([["WEIGHTS"], ["WEIGHTS", 1], ["AGGREGATE"], ["AGGREGATE", "AVG"], ["foo"], ["LIMIT", 1], ["WITHSCORES"]]))
    r.rng.shuffle(options)
    return [word for option in options for word in option]


@command("sorted_sets", weight=7)
def algebra(r):
    name = r.pick(["ZUNION", "ZINTER", "ZDIFF"])
    inputs, count = _inputs(r)
    options = [] if name == "ZDIFF" and r.chance(0.95) else _weighing(r, count)
    return [name, *inputs, *options, *([r.case("WITHSCORES")] if r.chance(0.7) else [])]


@command("sorted_sets", weight=7)
def algebra_stored(r):
    name = r.pick(["ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE"])
    inputs, count = _inputs(r)
    options = [] if name == "ZDIFFSTORE" and r.chance(0.95) else _weighing(r, count)
    return [name, r.key("zset"), *inputs, *options]


@command("sorted_sets", weight=4)
def zintercard(r):
    inputs, _ = _inputs(r)
    options = [r.case("LIMIT"), r.small()] if r.chance(0.6) else []
    if r.chance(0.06):
        options += r.pick([["LIMIT"], ["LIMIT", 2], ["foo"], ["LIMIT", "x"], ["WEIGHTS", 1]])
    return ["ZINTERCARD", *inputs, *options]


@command("sorted_sets", weight=3, mangle=False)
def zscan(r):
    """In one call: where a walk is cut depends on the table."""
    options = [[r.case("COUNT"), r.pick([1000, 5000, INT64_MAX // 10])]]
    if r.chance(0.5):
        options.append([r.case("MATCH"), r.pick(["*", "1*", "*x*", "[a-c]", "", "-*", "?", "\\1", "nosuch"])])
    if r.chance(0.08):
        options.append(r.pick([["COUNT", 0], ["COUNT", -1], ["COUNT", "abc"], ["MATCH"], ["foo"], ["TYPE", "zset"], ["COUNT"]]))
    r.rng.shuffle(options)
    cursor = 0 if r.chance(0.9) else r.pick(["abc", "", " 0", "0x", "18446744073709551616", b"\x00", "1a", "-0", "+0"])
    return ["ZSCAN", r.key("zset"), cursor, *(word for option in options for word in option)]


@command("sorted_sets", weight=3, mangle=False)
def zrandmember(r):
    """No large negative counts: redis-server would build such a reply."""
    count = [] if r.chance(0.3) else [r.pick([0, 1, 2, 5, 100, 1000, -1, -2, -7, -300, INT64_MIN, INT64_MAX, *NOT_INTEGERS])]
    if count and r.chance(0.4):
        count.append(r.case("WITHSCORES") if r.chance(0.9) else "foo")
    if r.chance(0.03):
        count += ["WITHSCORES", "x"]
    return ["ZRANDMEMBER", r.key("zset"), *count]


@command("sorted_sets", weight=1, mangle=False)
def all_at_random(r):
    """As many as there are, or more: then there is no choice."""
    key = r.key("zset")
    members = sorted({str(_member(r)) for _ in range(r.between(1, 30))})
    pairs = [word for at, member in enumerate(members) for word in (at % 5, member)]
    return [["DEL", key], ["ZADD", key, *pairs], ["ZRANDMEMBER", key, len(members), "WITHSCORES"], ["ZPOPMIN", key, len(members) + r.between(0, 2)], ["EXISTS", key]]


@command("sorted_sets", weight=1, mangle=False)
def last_member_goes(r):
    """An empty sorted set is no key."""
    key = r.key("zset")
    empty = r.pick([["ZPOPMIN", key], ["ZPOPMAX", key, 3], ["ZREM", key, "only", "other"], ["ZREMRANGEBYRANK", key, 0, -1], ["ZREMRANGEBYSCORE", key, 1, 1],
                    ["ZREMRANGEBYLEX", key, "-", "+"], ["ZDIFFSTORE", key, 2, key, key], ["ZINTERSTORE", key, 2, key, "missing:1"], ["ZPOPMIN", key, 0],
                    ["ZRANGESTORE", key, key, 5, 9], ["ZRANGESTORE", key, "missing:1", 0, -1], ["ZMPOP", 1, key, "MIN"], ["ZUNIONSTORE", key, 1, "missing:1"]])
    return [["DEL", key], ["ZADD", key, 1, "only"], ["EXPIRE", key, 100000], empty, ["EXISTS", key], ["TYPE", key], ["TTL", key], ["ZCARD", key]]


@command("sorted_sets", weight=1, mangle=False)
def limits(r):
    """Where forms change must not show in what the commands do. Fewer entries than one ZADD may name, since 7.2, make a difference in the form."""
    return [["CONFIG", "SET", "zset-max-listpack-entries", r.pick([128, 128, 20, 100]), "zset-max-listpack-value", r.pick([64, 64, 0, 4])]]


@command("sorted_sets", weight=2)
def look(r):
    key = r.key("zset")
    return r.pick([["TYPE", key], ["EXISTS", key], ["DEL", key], ["RENAME", key, r.key("zset")], ["COPY", key, r.key("zset"), "REPLACE"],
                   ["OBJECT", "ENCODING", key], ["EXPIRE", key, 100000], ["PERSIST", key], ["TTL", key], ["UNLINK", key, r.key("zset")],
                   ["DEBUG", "DIGEST-VALUE", key]])


@command("sorted_sets", weight=0.3, needs=("set",), mangle=False)
def sadd(r):
    return ["SADD", r.key("set"), *(_member(r) for _ in range(r.between(1, 6)))]
