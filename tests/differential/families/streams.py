"""Streams. All ids are given, never made from the clock; times are far apart, so that a comparison cannot depend on how long a run takes.

Both servers have stream-node-max-bytes 0, so that approximate trimming, which removes whole nodes, sees the same nodes: they are
cut by the number of entries only, and values are small enough that the bound of our own blocks never shows.
"""

from ..grammar import INT64_MAX, INT64_MIN, NOT_INTEGERS, command

_UINT64_MAX = 2**64 - 1
_GROUPS = ["g", "h", "streams"]
_CONSUMERS = ["alice", "bob", "streams", ""]
_ODD_IDS = ["", "-", "+", "*", "$", ">", "(", "abc", "1-", "-1", "1-x", "1-1-1", "(1-1", "1-*", "*-1", "01-001", " 1-1", "+1", "1-+1", "-0", "1 ", b"1-1\x00x", "0", "0-0", "0-1",
            _UINT64_MAX, f"{_UINT64_MAX}-{_UINT64_MAX}", 2**64, f"1-{2**64}", f"{INT64_MAX}", INT64_MIN, "1" * 130]
_LONG_AGO_MS = 5_000_000


def _clock(r):
    """Milliseconds of the newest id of this sequence."""
    return getattr(r, "stream_ms", 0)


def _new_id(r):
    r.stream_ms = _clock(r) + r.between(0, 2)
    form = r.rng.random()
    if form < 0.5:
        return f"{r.stream_ms}-*"
    if form < 0.75:
        return f"{r.stream_ms}-{r.between(0, 5)}"
    if form < 0.93:
        return r.stream_ms
    # A huge id would end a stream's life, so that is made elsewhere.
    return r.pick([word for word in _ODD_IDS if word != "*" and len(str(word)) < 15] + [0, 1, "1-*"])


def _id(r):
    """Most often one that is there, or was."""
    form = r.rng.random()
    if form < 0.04:
        return r.pick(_ODD_IDS)
    ms = max(0, _clock(r) - (r.between(0, 6) if r.chance(0.5) else r.between(0, 60)))
    return ms if form < 0.3 else f"{ms}-{r.between(0, 3)}"


def _end(r, extreme):
    form = r.rng.random()
    if form < 0.4:
        return extreme
    return ("(" if form < 0.6 else "") + str(_id(r))


def _group(r):
    return r.pick(_GROUPS) if r.chance(0.96) else r.pick(["nosuch", "", b"odd\x00"])


def _consumer(r):
    return r.pick(_CONSUMERS)


def _text(r):
    form = r.rng.random()
    if form < 0.4:
        return r.pick(["a", "b", "temperature", "", "7", "-5", "007", str(INT64_MIN), "70000", b"\x00\xff\r\n"])
    if form < 0.5:
        return r.pick(NOT_INTEGERS)
    return r.text(r.pick([1, 2, 10, 63, 64, 65, 127, 128, 200]))


def _pairs(r):
    if r.chance(0.75):
        return ["temperature", _text(r), "humidity", _text(r)]
    return [_text(r) for _ in range(2 * r.between(1, 4))]


def _trim(r):
    by = r.case(r.pick(["MAXLEN", "MINID"]))
    how = r.pick([[], ["="], ["~"], ["~"]])
    value = r.small(0, 30) if by.upper() == "MAXLEN" else _id(r)
    limit = [r.case("LIMIT"), r.small(0, 20)] if r.chance(0.5 if how == ["~"] else 0.05) else []
    return [by, *how, value, *limit]


@command("streams", weight=12)
def xadd(r):
    options = []
    if r.chance(0.1):
        options.append([r.case("NOMKSTREAM")])
    if r.chance(0.2):
        options.append(_trim(r))
    if r.chance(0.03):
        options.append(r.pick([["MAXLEN"], ["LIMIT", 5], ["MINID", "~"], ["foo"], ["MAXLEN", 5], ["MAXLEN", "~", "~", 5]]))
    r.rng.shuffle(options)
    return ["XADD", r.key("stream"), *(word for option in options for word in option), _new_id(r), *_pairs(r)]


@command("streams", weight=2, mangle=False)
def xadd_many(r):
    """Several nodes, cut anywhere."""
    key = r.key("stream")
    entries = [["XADD", key, f"{_clock(r) + n // 3}-*", "temperature", n, "humidity", _text(r)] for n in range(r.pick([5, 30, 110]))]
    r.stream_ms = _clock(r) + len(entries) // 3
    return entries


@command("streams", weight=2)
def xtrim(r):
    return ["XTRIM", r.key("stream"), *_trim(r)] + ([r.pick(["foo", "LIMIT", "MAXLEN", 1])] if r.chance(0.04) else [])


@command("streams", weight=4)
def xdel(r):
    return ["XDEL", r.key("stream"), *(_id(r) for _ in range(r.between(1, 4)))]


@command("streams", weight=1)
def xlen(r):
    return ["XLEN", r.key("stream")]


@command("streams", weight=6)
def xrange(r):
    count = [r.case("COUNT"), r.small()] if r.chance(0.5) else []
    if r.chance(0.04):
        count += r.pick([["COUNT"], ["foo"], ["COUNT", 1], ["COUNT", "abc"]])
    ends = [_end(r, "-"), _end(r, "+")]
    if r.chance(0.5):
        return ["XRANGE", r.key("stream"), *ends, *count]
    return ["XREVRANGE", r.key("stream"), *reversed(ends), *count]


def _sources(r, ids):
    keys = r.keys("stream", 3)
    return [r.case("STREAMS"), *keys, *(ids() for _ in keys)]


@command("streams", weight=4)
def xread(r):
    """Never with `+`, which 7.0 has not. `$` comes alone: a client cannot wait here."""
    count = [r.case("COUNT"), r.small()] if r.chance(0.5) else []
    if r.chance(0.04):
        count += r.pick([["COUNT"], ["NOACK"], ["GROUP", "g", "alice"], ["foo"]])

    def one():
        identifier = _id(r)
        return "$" if identifier in ("+", ">") and r.chance(0.5) or r.chance(0.05) else 0 if identifier == "+" or r.chance(0.2) else identifier

    return ["XREAD", *count, *_sources(r, one)]


@command("streams", weight=0.3, mangle=False)
def xread_block(r):
    """A timeout that is over at once, or wrong; the oracle really waits for the one millisecond."""
    timeout = r.pick([1, 1, -1, INT64_MIN, 2**63, "abc", "1.5", ""])
    return ["XREAD", r.case("BLOCK"), timeout, "STREAMS", r.key("stream"), r.pick([0, "$", _clock(r) + 1000])]


def _reading(r, keys, group, consumer, id_of):
    """Since 7.2 reading nothing creates the consumer, too, so here it is there before."""
    create = [["XGROUP", "CREATECONSUMER", key, group, consumer] for key in keys]
    options = [[r.case("GROUP"), group, consumer]]
    if r.chance(0.6):
        options.append([r.case("COUNT"), r.small()])
    if r.chance(0.15):
        options.append([r.case("NOACK")])
    if r.chance(0.04):
        options.append(r.pick([["foo"], ["GROUP", "g"], ["COUNT"], ["COUNT", "abc"], ["STREAMS"], ["NOACK", "x"]]))
    r.rng.shuffle(options)
    words = ["XREADGROUP", *(word for option in options for word in option), r.case("STREAMS"), *keys, *(id_of() for _ in keys)]
    if r.chance(0.03):
        words.pop()
    return [*create, words]


@command("streams", weight=8, mangle=False)
def xreadgroup(r):
    def one():
        identifier = _id(r)
        return ">" if r.chance(0.7) else 0 if identifier == "+" else identifier

    return _reading(r, r.keys("stream", 3), _group(r), _consumer(r), one)


@command("streams", weight=6)
def xgroup_create(r):
    options = ["MKSTREAM"] if r.chance(0.3) else []
    if r.chance(0.1):
        options += [r.case("ENTRIESREAD"), r.pick([-1, -1, -2, "abc", ""])]
    if r.chance(0.03):
        options += r.pick([["foo"], ["ENTRIESREAD"], ["MKSTREAM", "MKSTREAM", "MKSTREAM", "MKSTREAM"]])
    return ["XGROUP", r.case("CREATE"), r.key("stream"), _group(r), r.pick([0, 0, "$", _id(r)]), *options]


@command("streams", weight=2)
def xgroup_rest(r):
    key, group = r.key("stream"), _group(r)
    return ["XGROUP", *r.pick([["SETID", key, group, r.pick([0, "$", "-", _id(r)])], ["SETID", key, group, _id(r), "ENTRIESREAD", r.pick([-1, -2, "x"])],
                               ["SETID", key, group, 0, "foo"], ["DESTROY", key, group], ["CREATECONSUMER", key, group, _consumer(r)],
                               ["CREATECONSUMER", key, group, _consumer(r)], ["DELCONSUMER", key, group, _consumer(r)], ["HELP"], ["foo", key, group], ["CREATE"], []])]


@command("streams", weight=0.5, mangle=False)
def entries_read(r):
    """What a group was told of its past shows in its lag; gone again before deletions make the newer rules differ."""
    key = "stream:lag"
    entries = [["XADD", key, f"{n}-1", "a", n] for n in range(1, r.between(2, 9))]
    read = r.between(0, 9)
    return [["DEL", key], *entries, ["XGROUP", "CREATE", key, "g", f"{read}-1", "ENTRIESREAD", read], ["XINFO", "GROUPS", key], ["XINFO", "STREAM", key, "FULL"],
            ["XGROUP", "CREATECONSUMER", key, "g", "alice"], ["XREADGROUP", "GROUP", "g", "alice", "COUNT", 2, "STREAMS", key, ">"], ["XINFO", "STREAM", key, "FULL"],
            ["XGROUP", "SETID", key, "g", r.pick(["$", 0, "1-1"])], ["XINFO", "STREAM", key, "FULL"], ["DEL", key]]


@command("streams", weight=5)
def xack(r):
    return ["XACK", r.key("stream"), _group(r), *(_id(r) for _ in range(r.between(1, 4)))]


@command("streams", weight=4)
def xpending(r):
    key, group = r.key("stream"), _group(r)
    if r.chance(0.4):
        return ["XPENDING", key, group]
    consumer = [_consumer(r)] if r.chance(0.4) else []
    if r.chance(0.04):
        consumer += r.pick([["x", "y"], ["x", "y", "z", "v"], ["x"]])
    return ["XPENDING", key, group, _end(r, "-"), _end(r, "+"), r.small(1, 8), *consumer]


@command("streams", weight=2, mangle=False)
def xpending_idle(r):
    idle = r.pick([0, 0, _LONG_AGO_MS // 2, _LONG_AGO_MS // 2, -1, "abc", INT64_MAX])
    rest = ["-", "+", 10] if r.chance(0.9) else r.pick([["-", "+"], ["-"], ["-", "+", "x"], ["x", "+", 1]])
    return ["XPENDING", r.key("stream"), _group(r), r.case("IDLE"), idle, *rest, *([_consumer(r)] if r.chance(0.4) else [])]


def _claimant(r, key, group):
    """Since 7.2 claiming nothing creates the consumer, too, so here it is there before."""
    consumer = _consumer(r)
    return ["XGROUP", "CREATECONSUMER", key, group, consumer], consumer


@command("streams", weight=6, mangle=False)
def xclaim(r):
    key, group = r.key("stream"), _group(r)
    create, consumer = _claimant(r, key, group)
    options = []
    for option in ([r.case("IDLE"), r.pick([0, _LONG_AGO_MS, _LONG_AGO_MS, -5, INT64_MIN, "abc"])], [r.case("TIME"), r.pick([1000, -1, 4102444800000, "abc"])],
                   [r.case("RETRYCOUNT"), r.pick([0, 3, -1, INT64_MAX, "abc"])], [r.case("LASTID"), _id(r)], ["FORCE"], ["FORCE"], [r.case("JUSTID")], ["foo"]):
        if r.chance(0.02 if option == ["foo"] else 0.15):
            options += option
    ids = [_id(r) for _ in range(r.between(1, 5))]
    idle = r.pick([0, 0, 0, _LONG_AGO_MS // 2, -5, "abc"])
    return [create, ["XCLAIM", key, group, consumer, idle, *ids, *options]]


@command("streams", weight=3, mangle=False)
def xautoclaim(r):
    key, group = r.key("stream"), _group(r)
    create, consumer = _claimant(r, key, group)
    options = [r.case("COUNT"), r.small(1, 8)] if r.chance(0.6) else []
    options += ["JUSTID"] if r.chance(0.3) else []
    options += r.pick([["foo"], ["COUNT"], ["COUNT", 0]]) if r.chance(0.05) else []
    idle = r.pick([0, 0, 0, _LONG_AGO_MS // 2, -5, "abc"])
    return [create, ["XAUTOCLAIM", key, group, consumer, idle, r.pick([0, "-", _id(r), f"({_id(r)}"]), *options]]


@command("streams", weight=4)
def xinfo(r):
    key = r.key("stream")
    return ["XINFO", *r.pick([["STREAM", key], ["STREAM", key, r.case("FULL")], ["STREAM", key, "FULL", r.case("COUNT"), r.small()], ["GROUPS", key],
                              ["CONSUMERS", key, _group(r)], ["HELP"], ["STREAM", key, "foo"], ["STREAM", key, "FULL", "COUNT"], ["foo", key], ["STREAM"], []])]


@command("streams", weight=1, mangle=False)
def xsetid(r):
    """Never below an entry that was deleted, which 7.0 allows."""
    key, deleted = "stream:set", r.pick([None, None, 2, 5])
    entries = [["XADD", key, f"{n}-1", "a", n] for n in range(1, 6)]
    least = deleted or 0
    identifier = r.pick([f"{r.between(least, 9)}-{r.between(1, 3)}", "5-1", "9", f"{_UINT64_MAX}-{_UINT64_MAX}", *([] if deleted else [0, "4-9", "x", "-", "+"])])
    options = r.pick([[], [], ["ENTRIESADDED", r.small(0, 300)], ["ENTRIESADDED", r.small(4, 8), "MAXDELETEDID", "5-0"], ["MAXDELETEDID", f"{r.between(0, 9)}-0"],
                      ["ENTRIESADDED", -1], ["ENTRIESADDED", "abc"], ["ENTRIESADDED"], ["foo"], ["MAXDELETEDID", "x"]])
    return [["DEL", key], *entries, *([["XDEL", key, f"{deleted}-1"]] if deleted else []), ["XSETID", key, identifier, *options], ["XADD", key, f"{r.between(4, 9)}-*", "a", "b"],
            ["XREVRANGE", key, "+", "-"], ["XINFO", "STREAM", key], ["DEL", key], ["XSETID", r.pick([key, "missing:1", "string:1"]), "1-1"]]


@command("streams", weight=0.5, mangle=False)
def the_last_id(r):
    """Ids at the end of their range."""
    key = "stream:last"
    return [["DEL", key], ["XADD", key, r.pick([f"{_UINT64_MAX}-*", f"{_UINT64_MAX}-{_UINT64_MAX - 1}", f"{_UINT64_MAX - 1}-{_UINT64_MAX}"]), "a", "b"],
            ["XADD", key, r.pick([f"{_UINT64_MAX}-*", f"{_UINT64_MAX}-{_UINT64_MAX}", "*", f"{_UINT64_MAX - 1}-*"]), "a", "b"] if r.chance(0.7) else ["XLEN", key],
            ["XADD", key, f"{_UINT64_MAX}-{_UINT64_MAX}", "a", "b"], ["XADD", key, r.pick(["*", "5", f"{_UINT64_MAX}-*"]), "a", "b"],
            ["XRANGE", key, f"({_UINT64_MAX}", "+"], ["XRANGE", key, f"({_UINT64_MAX}-{_UINT64_MAX}", "+"], ["XREAD", "STREAMS", key, _UINT64_MAX],
            ["XGROUP", "CREATE", key, "g", 0], ["XREADGROUP", "GROUP", "g", "alice", "STREAMS", key, f"{_UINT64_MAX}-{_UINT64_MAX}"], ["XINFO", "STREAM", key], ["DEL", key]]


@command("streams", weight=0.7, mangle=False)
def emptied(r):
    """A stream without entries stays, with its last id and its groups."""
    key = r.key("stream")
    return [["XTRIM", key, "MAXLEN", 0], ["XLEN", key], ["TYPE", key], ["XRANGE", key, "-", "+"], ["XINFO", "STREAM", key], ["XREAD", "STREAMS", key, 0], ["XADD", key, "1-1", "a", "b"]]


@command("streams", weight=0.5, mangle=False)
def size_of_a_node(r):
    return ["CONFIG", "SET", "stream-node-max-entries", r.pick([1, 2, 3, 10, 100])]


@command("streams", weight=1)
def look(r):
    key = r.key("stream")
    return r.pick([["TYPE", key], ["EXISTS", key], ["DEL", key], ["RENAME", key, r.key("stream")], ["COPY", key, r.key("stream"), "REPLACE"],
                   ["OBJECT", "ENCODING", key], ["EXPIRE", key, 100000], ["PERSIST", key], ["TTL", key], ["UNLINK", key, r.key("stream")]])
