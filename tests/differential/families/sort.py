"""SORT and SORT_RO: over collections whose elements are numbers, words and names of other keys."""

from ..grammar import INT64_MAX, command

_NUMBERS = [0, 1, -1, 2, 3, 10, 100, 2**53 + 1, INT64_MAX, "1.5", "-2.25", "1e3", "inf", "-inf", " 7", "0x10", ""]
# No number beyond a double: 7.0 leaves the mark of the error, so that the next SORT fails too. No two that are the same up to
# a zero byte: which comes first is nobody's promise.
_WORDS = ["a", "b", "aa", "A", "ab", "\xe4", b"n\x00b", "10", "9", "x1", "nan", "1 "]
_PATTERNS = ["weight_*", "weight_*", "object_*->f", "object_*->g", "*", "weight_*->f", "object_*->", "object_*", "nosuch_*", "w*_*", "list:*"]
_NOWHERE = ["nosort", "", "#x", "weight_1", b"weight_\x00*"]


def _element(r):
    return r.pick(_NUMBERS[:7]) if r.chance(0.8) else r.pick(_NUMBERS if r.chance(0.7) else _WORDS)


def _key(r, kind=None):
    """Keys of this family alone: SORT makes the oracle turn small sorted sets into large ones."""
    kind = kind or r.pick(["list", "list", "set", "zset"])
    return f"sorting:{kind}:{r.between(1, 2)}"


@command("sort", weight=4, mangle=False)
def fill(r):
    elements = [_element(r) for _ in range(r.pick([1, 3, 8, 30]))]
    kind = r.pick(["list", "list", "set", "zset"])
    key = _key(r, kind)
    if kind == "list":
        make = ["RPUSH", key, *elements]
    elif kind == "set":
        # Large enough for an index in both, so that the order of the members is nobody's promise.
        make = ["SADD", key, *elements]
    else:
        make = ["ZADD", key, *(word for n, element in enumerate(dict.fromkeys(elements)) for word in (n % 4, element))]
    return [["DEL", key], make] if r.chance(0.5) else make


@command("sort", weight=3, mangle=False)
def weights(r):
    """What patterns lead to: strings and hashes, and keys of other types."""
    element = _element(r)
    return r.pick([["SET", f"weight_{element}", _element(r)], ["SET", f"weight_{element}", _element(r)], ["HSET", f"object_{element}", r.pick(["f", "g", ""]), _element(r)],
                   ["HSET", f"object_{element}", "f", _element(r), "g", r.pick(_WORDS)], ["SET", f"object_{element}", _element(r)], ["DEL", f"weight_{element}"],
                   ["RPUSH", f"weight_{element}", "x"]])


def _order(r):
    return [[r.case(r.pick(["ASC", "DESC"]))]] if r.chance(0.4) else []


def _limit(r):
    return [[r.case("LIMIT"), r.pick([0, 0, 1, 2, 5, 100, -1, INT64_MAX]), r.pick([0, 1, 2, 10, 100, -1, -5, INT64_MAX])]] if r.chance(0.35) else []


def _gets(r):
    if not r.chance(0.4):
        return []
    return [[r.case("GET"), r.pick(["#", "#", *_PATTERNS, *_NOWHERE])] for _ in range(r.between(1, 3))]


def _rest(r):
    if not r.chance(0.06):
        return []
    return r.pick([["foo"], ["LIMIT", 1], ["LIMIT", "abc", 1], ["LIMIT", 0, "1.5"], ["BY"], ["GET"], ["STORE"], ["ALPHA", "ALPHA"], ["ASC", "DESC"]])


def _flat(r, options):
    r.rng.shuffle(options)
    return [word for option in options for word in option]


@command("sort", weight=8, mangle=False)
def sort(r):
    options = _order(r) + _limit(r) + _gets(r)
    if r.chance(0.5):
        options.append([r.case("ALPHA")])
    return [r.pick(["SORT", "SORT", "SORT_RO"]), _key(r) if r.chance(0.9) else f"{r.pick(['string', 'hash', 'stream', 'missing'])}:1", *_flat(r, options), *_rest(r)]


@command("sort", weight=6, mangle=False)
def sort_by_numbers(r):
    """With ALPHA, which of two that weigh the same comes first is nobody's promise."""
    options = _order(r) + _limit(r) + _gets(r) + [[r.case("BY"), r.pick(_PATTERNS)]]
    return ["SORT", _key(r), *_flat(r, options)]


@command("sort", weight=2, mangle=False)
def sort_by_words(r):
    key = _key(r, "list")
    elements = r.rng.sample(range(100), 8)
    words = r.rng.sample(["a", "b", "B", "aa", "ab", "10", "9", "", "\xe4", "zz", b"q\x00b", "-1"], 8)
    options = _order(r) + _limit(r) + _gets(r) + [["ALPHA"], ["BY", "word_*"]]
    store = ["STORE", _key(r, "list")] if r.chance(0.3) else []
    return [["DEL", key], ["RPUSH", key, *elements], ["MSET", *(word for pair in zip((f"word_{element}" for element in elements), words) for word in pair)],
            ["SORT", key, *_flat(r, options), *store]]


@command("sort", weight=3, mangle=False)
def in_the_order_of_the_key(r):
    """Of a set, only stored, since its own order is nobody's promise."""
    kind = r.pick(["list", "zset", "set"])
    options = _order(r) + _limit(r) + _gets(r) + [[r.case("BY"), r.pick(_NOWHERE)]]
    if kind == "set" or r.chance(0.3):
        options.append(["STORE", _key(r, "list")])
    return ["SORT", _key(r, kind), *_flat(r, options)]


@command("sort", weight=5, mangle=False)
def sort_and_store(r):
    options = _order(r) + _limit(r) + _gets(r) + ([["ALPHA"]] if r.chance(0.4) else [])
    destination = _key(r, "list") if r.chance(0.8) else r.any_key()
    return [["SORT", _key(r), *_flat(r, options + [[r.case("STORE"), destination]])], ["TTL", destination]]


@command("sort", weight=1, mangle=False)
def look(r):
    return r.pick([["LRANGE", _key(r, "list"), 0, -1], ["TYPE", _key(r)], ["EXPIRE", _key(r), 100_000], ["COMMAND", "GETKEYS", "SORT", "k", "STORE", "a", "LIMIT", 1, 2, "STORE", "b"],
                   ["COMMAND", "GETKEYS", "SORT", "k", "GET", "store", "x"], ["COMMAND", "GETKEYS", "SORT_RO", "k", "BY", "w_*"]])
