"""The keyspace: names, times, databases, OBJECT, SCAN."""

from ..grammar import INT64_MAX, NOT_INTEGERS, Step, command

# 7.0 counts an expired key until something comes across it, as a scan does.
_SWEEP = Step("scan", [["SCAN", 0, "COUNT", 1000]])


@command("keys", weight=5, mangle=False)
def something_to_work_on(r):
    kind = r.pick(r.types)
    key = r.key(kind)
    if kind == "list":
        return ["RPUSH", key, r.element(), r.element()]
    if kind == "string":
        return ["SET", key, r.value(), *(r.expiry_option() if r.chance(0.3) else [])]
    if kind == "hash":
        return ["HSET", key, "f", r.element()]
    if kind == "set":
        return ["SADD", key, r.element()]
    if kind == "stream":
        return ["XADD", key, f"{r.between(1, 99)}-1", "f", r.element()]
    return ["ZADD", key, 1, r.element()]


@command("keys", weight=2)
def remove(r):
    return [r.pick(["DEL", "UNLINK"]), *(r.any_key() for _ in range(r.between(1, 3)))]


@command("keys", weight=2)
def exists(r):
    return [r.pick(["EXISTS", "TOUCH"]), *(r.any_key() for _ in range(r.between(1, 4)))]


@command("keys", weight=2)
def type_(r):
    return ["TYPE", r.any_key()]


@command("keys", weight=2)
def keys_(r):
    return ["KEYS", r.pattern()]


@command("keys", weight=2, mangle=False)
def scan(r):
    options = []
    if r.chance(0.5):
        options.append([r.case("MATCH"), r.pattern()])
    if r.chance(0.5):
        options.append([r.case("COUNT"), r.pick([1, 2, 10, 100, 1000])])
    if r.chance(0.4):
        options.append([r.case("TYPE"), r.pick(["string", "list", "LIST", "hash", "set", "zset", "stream", "nosuch", ""])])
    if r.chance(0.1):
        options.append(r.pick([["COUNT", 0], ["COUNT", -1], ["COUNT", "abc"], ["MATCH"], ["foo"], ["TYPE"], ["COUNT", 5], ["NOVALUES"]]))
    r.rng.shuffle(options)
    return Step("scan", [["SCAN", 0, *(word for option in options for word in option)]])


@command("keys", weight=0.5, mangle=False)
def scan_odd_cursor(r):
    return Step("scan", [["SCAN", r.pick(["abc", "", " 0", "0x", "18446744073709551616", "99999999999999999999", b"\x00", "1a"])]])


@command("keys", mangle=False)
def randomkey(r):
    return Step("randomkey", [["RANDOMKEY"]])


@command("keys", weight=0.2, mangle=False)
def no_arguments_wanted(r):
    return [r.pick(["RANDOMKEY", "DBSIZE", "TIME"]), r.value()]


@command("keys", weight=3)
def rename(r):
    return [r.pick(["RENAME", "RENAMENX"]), r.any_key(), r.any_key()]


@command("keys", weight=3)
def copy(r):
    options = []
    if r.chance(0.4):
        options.append([r.case("DB"), r.database()])
    if r.chance(0.4):
        options.append([r.case("REPLACE")])
    if r.chance(0.05):
        options.append(r.pick([["DB"], ["REPLACE"], ["foo"], ["DB", 0], ["DB", 1]]))
    r.rng.shuffle(options)
    return ["COPY", r.any_key(), r.any_key(), *(word for option in options for word in option)]


@command("keys", weight=2)
def move(r):
    return ["MOVE", r.any_key(), r.database()]


@command("keys", weight=1)
def select(r):
    return ["SELECT", r.database()]


@command("keys", weight=0.7)
def swapdb(r):
    return ["SWAPDB", r.database(), r.database()]


def _conditions(r):
    form = r.rng.random()
    if form < 0.5:
        return []
    if form < 0.92:
        return [r.case(r.pick(["NX", "XX", "GT", "LT"]))]
    return r.pick([["NX", "XX"], ["GT", "LT"], ["NX", "GT"], ["XX", "GT"], ["XX", "LT"], ["XX", "XX"], ["NX", "NX"], ["GT", "GT"], ["foo"], [""], ["KEEPTTL"]])


@command("keys", weight=7)
def expire(r):
    name, make = r.pick([("EXPIRE", r.relative_s), ("PEXPIRE", r.relative_ms), ("EXPIREAT", r.absolute_s), ("PEXPIREAT", r.absolute_ms)])
    return [name, r.any_key(), make(), *_conditions(r)]


@command("keys", weight=4)
def ttl(r):
    return [r.pick(["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"]), r.any_key()]


@command("keys", weight=2, mangle=False)
def life_of_a_key(r):
    """Times set one after another on a key that is there, and what they come to."""
    key = r.any_key()
    steps = [["SET", key, r.value(), *(r.expiry_option() if r.chance(0.4) else [])]]
    for _ in range(r.between(1, 3)):
        name, _, *rest = expire(r)
        steps += [["PERSIST", key] if r.chance(0.15) else [name, key, *rest]]
        steps += [[r.pick(["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"]), key]]
    return steps


@command("keys", weight=2)
def persist(r):
    return ["PERSIST", r.any_key()]


@command("keys", weight=3)
def object_(r):
    form = r.between(0, 20)
    if form == 0:
        return ["OBJECT", r.pick(["foo", "", "ENCODINGS", "LIST"]), r.any_key()]
    if form == 1:
        return ["OBJECT", *r.pick([[], ["ENCODING"], ["ENCODING", "string:1", "string:2"], ["REFCOUNT"], ["HELP", "x"]])]
    return ["OBJECT", r.case(r.pick(["ENCODING", "ENCODING", "REFCOUNT", "IDLETIME", "FREQ"])), r.any_key()]


@command("keys", weight=1)
def memory_usage(r):
    samples = [] if r.chance(0.5) else [r.case("SAMPLES"), r.pick([0, 5, 1000, -1, "abc"])]
    return ["MEMORY", r.case("USAGE"), r.any_key(), *samples, *(["foo"] if r.chance(0.05) else [])]


@command("keys", weight=0.5, mangle=False)
def frequency_policy(r):
    """FREQ answers only under an LFU policy, IDLETIME only under the others. On a new key: the clock of an old one, which under
    the other policy means something else, would make the answer depend on the hour."""
    key = r.any_key()
    policy = r.pick(["allkeys-lfu", "volatile-lfu", "allkeys-lru", "noeviction"])
    return [["CONFIG", "SET", "maxmemory-policy", policy], ["DEL", key], ["SET", key, "v"], ["OBJECT", "FREQ", key], ["OBJECT", "IDLETIME", key],
            ["CONFIG", "SET", "maxmemory-policy", "noeviction"], ["DEL", key]]


@command("keys", weight=1, mangle=False)
def dbsize(r):
    return [_SWEEP, ["DBSIZE"]]


@command("keys", weight=0.25)
def flush(r):
    return [r.pick(["FLUSHDB", "FLUSHDB", "FLUSHALL"]), *r.pick([[], [], ["SYNC"], ["async"], ["foo"], ["SYNC", "ASYNC"], [""]])]


@command("keys", weight=0.4, mangle=False)
def in_the_past(r):
    """A time that is over deletes the key at once and answers 1."""
    key = r.any_key()
    over = r.pick([["EXPIRE", key, r.pick([0, -1, -1000])], ["PEXPIRE", key, 0], ["EXPIREAT", key, 1], ["PEXPIREAT", key, 1_000_000_000_000],
                   ["EXPIRE", key, -1, "NX"], ["EXPIRE", key, -1, "XX"], ["EXPIREAT", key, 0, "LT"], ["EXPIREAT", key, 5, "GT"]])
    return [over, ["EXISTS", key], ["TYPE", key], ["TTL", key], _SWEEP, ["DBSIZE"]]


@command("keys", weight=0.4, mangle=False)
def many_keys(r):
    """Enough keys that the index grows, then shrinks; a scan sees them all."""
    size = r.pick([20, 100, 500])
    tag = r.between(1, 9)
    make = ["MSET", *(word for n in range(size) for word in (f"many:{tag}:{n}", n))]
    steps = [make, _SWEEP, ["DBSIZE"], Step("scan", [["SCAN", 0, "COUNT", r.pick([1, 7, 100])]])]
    return steps + [["DEL", *(f"many:{tag}:{n}" for n in range(r.between(0, 9), size))], ["KEYS", "string:*"], Step("scan", [["SCAN", 0, "MATCH", f"many:{tag}:*"]])]


@command("keys", weight=0.3, mangle=False)
def glob(r):
    """The pattern matcher alone, and on a key whose name has every special letter."""
    name = "".join(r.pick("ab*?[]^-\\x") for _ in range(r.between(0, 8)))
    pattern = "".join(r.pick(["a", "b", "*", "?", "[ab]", "[^a]", "[a-c]", "[", "]", "\\", "\\*", "-", "^", "x"]) for _ in range(r.between(0, 7)))
    return [["SET", name, "v"], ["KEYS", pattern], Step("scan", [["SCAN", 0, "MATCH", pattern]]), ["DEL", name]]


@command("keys", weight=0.2, mangle=False)
def numbers_of_databases(r):
    return [["COPY", "string:1", "string:1", "DB", r.pick([1, 16, -1, INT64_MAX, *NOT_INTEGERS])], ["SELECT", r.pick([3, 0])], ["SELECT", 0]]
