"""Bit commands on strings."""

from ..grammar import INT64_MAX, INT64_MIN, INTEGERS, NOT_INTEGERS, command

_OFFSETS = [0, 1, 6, 7, 8, 9, 15, 16, 31, 63, 64, 65, 100, 359, 511, 512, 2047, 2048, 65535, 100000]
_BAD_OFFSETS = [-1, 2**32, 2**33, INT64_MAX, INT64_MIN, "abc", "", " 1", "1.5", "007"]
_TYPES = ["u1", "u2", "u4", "u7", "u8", "u9", "u16", "u31", "u32", "u33", "u62", "u63", "i1", "i2", "i5", "i8", "i16", "i32", "i63", "i64"]
_BAD_TYPES = ["u64", "i65", "u0", "i0", "u", "i", "x8", "u-1", "u08", "", "8", "U8", "I8", "u8 ", "u1.5", "u99999999999999999999"]


def _offset(r):
    if r.chance(0.92):
        return r.pick(_OFFSETS) if r.chance(0.6) else r.between(0, 200)
    return r.pick(_BAD_OFFSETS)


@command("bits", weight=4)
def setbit(r):
    return ["SETBIT", r.key(), _offset(r), r.pick([0, 1]) if r.chance(0.93) else r.pick([2, -1, "abc", "", "1.0", 256])]


@command("bits", weight=2)
def getbit(r):
    return ["GETBIT", r.key(), _offset(r)]


@command("bits", weight=5)
def bitcount(r):
    form = r.between(0, 9)
    if form < 2:
        return ["BITCOUNT", r.key()]
    unit = [r.case(r.pick(["BYTE", "BIT"]))] if r.chance(0.6) else []
    if form == 9:
        unit = [r.pick(["foo", "", "BITS", "BYTE BIT"])]
    return ["BITCOUNT", r.key(), r.index(), r.index(), *unit]


@command("bits", weight=5)
def bitpos(r):
    bit = r.pick([0, 1]) if r.chance(0.92) else r.pick([2, -1, "abc", ""])
    form = r.between(0, 9)
    if form < 2:
        return ["BITPOS", r.key(), bit]
    if form < 4:
        return ["BITPOS", r.key(), bit, r.index()]
    unit = [r.case(r.pick(["BYTE", "BIT"]))] if r.chance(0.6) else []
    if form == 9:
        unit = [r.pick(["foo", ""])]
    return ["BITPOS", r.key(), bit, r.index(), r.index(), *unit]


@command("bits", weight=3)
def bitop(r):
    operation = r.case(r.pick(["AND", "OR", "XOR", "NOT"])) if r.chance(0.95) else r.pick(["NAND", "", "foo"])
    keys = [r.key()] if operation.upper() == "NOT" and r.chance(0.9) else r.keys()
    return ["BITOP", operation, r.key(), *keys]


def _field(r):
    kind = r.pick(_TYPES) if r.chance(0.93) else r.pick(_BAD_TYPES)
    if r.chance(0.93):
        offset = r.between(0, 130) if r.chance(0.6) else f"#{r.between(0, 12)}"
    else:
        offset = r.pick([-1, "#-1", "#", "", "abc", "#abc", 2**32, "#4294967296", INT64_MAX, f"#{INT64_MAX}", "1.5"])
    return [kind, offset]


def _number(r):
    if r.chance(0.9):
        return r.pick(INTEGERS) if r.chance(0.5) else r.between(-300, 300)
    return r.pick(NOT_INTEGERS)


@command("bits", weight=6)
def bitfield(r):
    arguments = ["BITFIELD", r.key()]
    for _ in range(r.between(0, 4)):
        form = r.between(0, 4)
        if form == 0:
            arguments += [r.case("OVERFLOW"), r.case(r.pick(["WRAP", "SAT", "FAIL"])) if r.chance(0.95) else "foo"]
        elif form == 1:
            arguments += [r.case("GET"), *_field(r)]
        elif form == 2:
            arguments += [r.case("SET"), *_field(r), _number(r)]
        else:
            arguments += [r.case("INCRBY"), *_field(r), _number(r)]
    if r.chance(0.03):
        arguments.append(r.pick(["GET", "foo", "OVERFLOW", "SET"]))
    return arguments


@command("bits", weight=2)
def bitfield_ro(r):
    arguments = ["BITFIELD_RO", r.key()]
    for _ in range(r.between(0, 3)):
        if r.chance(0.94):
            arguments += [r.case("GET"), *_field(r)]
        else:
            arguments += r.pick([["OVERFLOW", "WRAP"], ["SET", "u8", 0, 1], ["INCRBY", "u8", 0, 1], ["foo"]])
    return arguments


@command("bits", weight=3)
def a_string_to_work_on(r):
    return ["SET", r.key(), r.value()]


@command("bits", weight=1)
def look(r):
    return r.pick([["GET", r.key()], ["STRLEN", r.key()], ["OBJECT", "ENCODING", r.key()], ["DEL", r.key()], ["SETRANGE", r.key(), r.between(0, 40), r.element()]])
