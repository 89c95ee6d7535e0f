"""DUMP and RESTORE. The bytes may differ (the order of a set's members, where a list is cut, what is compressed how), so the
servers exchange them: each restores what the other has dumped, and the final state tells whether that is the same."""

from ..grammar import INT64_MAX, Step, command

_FAR_MS = 4_102_444_800_000
# Values, and what is none, as redis-server 7.0 would have them, with their checksums.
_PAYLOADS = [bytes.fromhex(text) for text in (
    "000568656c6c6f0a006372df766534200a", "00c07f0a000db5eb315254c514", "00c30615016161e00a000a00fd0cb36807413f68",
    "12010210100000000300816102816202816302ff0a00c818b90c9533529e", "01020161c00c06008e4bb83edab18880",
    "0e0210100000000d000000020000016103f6ff0e0e0000000a000000010000017aff0700302932c14a0c4637", "020101610a006296e97e44d21a6d",
    "0b0e02000000030000000100020003000a00a5025ce26d6e4d1b", "0081000000000000000568656c6c6f0600c4a895560dd5926b",
    "130110000000000000000100000000000000011d1d0000000a0001010001010181660200010201000100018176020401ff010101010100000101016701010101"
    "000000000000000100000000000000010068e5cf8b010000010101630168e5cf8b01000001000000000000000100000000000000010a00c605a571ad60291f",
    "01000600cd154d4c99427fc5", "0202016101610600c1531eaf37836ea9", "080006005723a1c1abf0f183", "1a000600634e79dace94ec0e",
    "07810123456789abcdef00090010158c113dfadaeb", "03010161fd07002ca1b2bae215ebcf", "000268697a7a7a0600afa170427046a8cc")]


def _damaged(r, payload):
    at = r.between(0, len(payload) - 1)
    form = r.rng.random()
    if form < 0.4:
        return payload[:at]
    return payload[:at] + bytes([payload[at] ^ (1 << r.between(0, 7))]) + payload[at + 1:]


def _options(r):
    options = []
    if r.chance(0.7):
        options.append([r.case("REPLACE")])
    if r.chance(0.15):
        options.append([r.case("IDLETIME"), r.pick([0, 5, 1000, 10**9, -1, "abc"])])
    if r.chance(0.1):
        options.append([r.case("FREQ"), r.pick([0, 7, 255, 256, -1, "abc"])])
    if r.chance(0.05):
        options.append(r.pick([["foo"], ["IDLETIME"], ["FREQ"], ["REPLACE"], ["ABSTTL"], ["EX", 5]]))
    r.rng.shuffle(options)
    return [word for option in options for word in option]


def _time(r):
    """The time to live, and the word that says what it is."""
    form = r.rng.random()
    if form < 0.6:
        return 0, []
    if form < 0.8:
        return r.relative_ms(), []
    if form < 0.95:
        return r.pick([_FAR_MS, _FAR_MS + 5, 1, 1_000_000_000_000, 0]), [r.case("ABSTTL")]
    return r.pick([-1, "abc", "", "1.5", INT64_MAX, 2**63]), r.pick([[], ["ABSTTL"]])


@command("dump", weight=14, mangle=False)
def exchange(r):
    time, absolute = _time(r)
    return Step("exchange", [["DUMP", r.any_key()], ["RESTORE", r.any_key(), time, "<payload>", *absolute, *_options(r)]])


@command("dump", weight=5)
def restore(r):
    time, absolute = _time(r)
    payload = r.pick(_PAYLOADS)
    if r.chance(0.3):
        payload = _damaged(r, payload)
    return [r.pick(["RESTORE", "RESTORE", "RESTORE-ASKING"]), r.any_key(), time, payload, *absolute, *_options(r)]


@command("dump", weight=1, mangle=False)
def dump_nothing(r):
    return ["DUMP", *r.pick([["nosuch"], [], ["a", "b"]])]


@command("dump", weight=1, mangle=False)
def clocks(r):
    """Idle times and frequencies come with RESTORE, if the policy has them."""
    key = r.any_key()
    policy = r.pick(["allkeys-lfu", "allkeys-lru", "noeviction"])
    clock = r.pick([["IDLETIME", r.between(0, 100000)], ["FREQ", r.between(0, 255)]])
    return [["CONFIG", "SET", "maxmemory-policy", policy], ["RESTORE", key, 0, _PAYLOADS[0], "REPLACE", *clock], ["OBJECT", "FREQ", key],
            ["OBJECT", "IDLETIME", key], ["CONFIG", "SET", "maxmemory-policy", "noeviction"], ["DEL", key]]
