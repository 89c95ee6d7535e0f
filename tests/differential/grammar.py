"""What the command generators are made of: random values, key names, and the register of commands.

A generator is a function of one `Random`; it returns the arguments of a command (str, bytes or int),
a `Step`, or a list of both for what only makes sense together. Everything is decided by the seed.
"""

import dataclasses
import random

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)
YEAR_2100_S = 4102444800

# Integers as text: limits, and forms that look like integers and are none.
INTEGERS = [0, 1, -1, 2, 3, 7, 10, 64, 100, 9999, 10000, 123456, 2**31, 2**32, INT64_MAX, INT64_MIN, INT64_MAX - 1,
            INT64_MIN + 1]
NOT_INTEGERS = ["", " ", "abc", "007", "+1", "-0", " 1", "1 ", "1_000", "0x10", "1.5", "1e3", "--1", "9223372036854775808",
                "-9223372036854775809", "18446744073709551616", "99999999999999999999999", b"1\x00", b"\x00", b"1\r\n", "nan"]
FLOATS = ["0", "-0", "0.1", "3.0", "3.0e3", "-1.5", "1e-10", "5e-324", "1e17", "1e18", "123456789.123456789", "1.7976931348623157e308",
          "inf", "-inf", "nan", "1e5000", "", " 1", "1 ", "abc", "1.5abc", "0.00000000000000001", "9007199254740993",
          "-9223372036854775808", "+5", ".5", "5.", "1e", "e1", b"1.5\x00"]
LENGTHS = [0, 1, 2, 3, 11, 12, 19, 20, 21, 22, 23, 24, 31, 32, 43, 44, 45, 63, 64, 65, 127, 128, 255, 256, 257, 512, 1023]
LONG_LENGTHS = [4095, 4096, 4097, 8191, 8192, 16384, 20000]
TYPES = ["string", "list", "hash", "set", "zset", "stream"]


@dataclasses.dataclass
class Step:
    """What is sent together. The kinds:

    plain       commands on the sequence's connection
    scan        a SCAN repeated until its cursor is 0; the reply is the set of keys
    randomkey   RANDOMKEY; the reply is nil or whether the key exists
    exchange    a DUMP, and a RESTORE that lacks the payload: each server gets the other's
    closing     commands on a new connection, then everything until the server closes it
    raw         bytes on a new connection (data), half closed, then everything the server sends
    talk        commands on one of several connections (0 to 3) that a sequence uses in turn, see party.py
    """

    kind: str
    commands: list
    data: bytes = b""
    alone: bool = False  # not in one pipeline with what is before and after it
    connection: int = 0  # of talk
    if_free: bool = False  # of talk: not said while the connection waits for the reply to what was said before


class Random:
    """Random choices of one sequence. `types` are the types that the server under test has."""

    def __init__(self, seed, types):
        self.rng = random.Random(seed)
        self.types = types
        self._relative = list(range(1, 4000))
        self.rng.shuffle(self._relative)
        self.relative_used = set()

    def chance(self, probability):
        return self.rng.random() < probability

    def pick(self, items):
        return self.rng.choice(items)

    def between(self, low, high):
        return self.rng.randint(low, high)

    def case(self, word):
        """The word in upper, lower or mixed case."""
        form = self.rng.random()
        if form < 0.6:
            return word
        if form < 0.8:
            return word.lower()
        return "".join(letter.lower() if self.chance(0.5) else letter.upper() for letter in word)

    # Keys

    def key(self, kind="string"):
        """Most often a key that holds `kind`, else one of another type, a missing one or an odd name."""
        form = self.rng.random()
        if form < 0.80:
            return f"{kind}:{self.between(1, 3)}"
        if form < 0.92:
            return f"{self.pick(self.types)}:{self.between(1, 3)}"
        if form < 0.96:
            return f"missing:{self.between(1, 2)}"
        return self.pick([b"", b"odd\x00key", b"odd\r\nkey", "{tag}1", "{tag}2", "k" * 300, "7", "[a]", "*"])

    def keys(self, kind="string", most=4):
        return [self.key(kind) for _ in range(self.between(1, most))]

    def any_key(self):
        return self.key(self.pick(self.types))

    def database(self):
        form = self.rng.random()
        if form < 0.85:
            return self.pick([0, 0, 0, 1, 2, 15])
        return self.pick([16, -1, 1000, 2**31, 2**32, INT64_MAX, "", "abc", "1.5", " 1", "01"])

    # Values

    def text(self, length):
        pattern = self.pick([b"a", b"xy", b"\x00", b"\xff", b"hello", b"\r\n", "ä".encode(), b"0", b"abcdefghij"])
        return (pattern * (length // len(pattern) + 1))[:length]

    def value(self):
        form = self.rng.random()
        if form < 0.30:
            return str(self.pick(INTEGERS) if self.chance(0.7) else self.between(-20000, 20000))
        if form < 0.40:
            return self.pick(NOT_INTEGERS)
        if form < 0.50:
            return self.pick(FLOATS)
        if form < 0.62:
            return self.pick(["a", "b", "c", "hello", "world", "foobar"])
        if form < 0.72:
            return bytes(self.between(0, 255) for _ in range(self.between(0, 12)))
        if form < 0.97:
            return self.text(self.pick(LENGTHS))
        return self.text(self.pick(LONG_LENGTHS))

    def element(self):
        """A list element or member: few different ones, so that searches hit."""
        form = self.rng.random()
        if form < 0.55:
            return self.pick(["a", "b", "c", "1", "2", "-5", "100", "70000", str(INT64_MIN), "x" * 70])
        return self.value()

    def integer(self):
        """Mostly valid."""
        form = self.rng.random()
        if form < 0.55:
            return self.between(-12, 12)
        if form < 0.90:
            return self.pick(INTEGERS)
        return self.pick(NOT_INTEGERS)

    def index(self):
        form = self.rng.random()
        if form < 0.75:
            return self.between(-8, 8)
        if form < 0.85:
            return self.pick([-1000, -100, 31, 100, 255, 4096, 20000])
        return self.integer()

    def small(self, low=0, high=6):
        """A count: mostly low..high, sometimes a limit or no integer."""
        if self.chance(0.85):
            return self.between(low, high)
        return self.pick([-1, 0, 1000, 2**31, 2**32, INT64_MAX, INT64_MIN] + NOT_INTEGERS)

    # Times. Relative ones are far in the future, and all different by far more than a run takes,
    # so that GT and LT cannot depend on how fast a server is. Absolute ones lie after 2100 or in the past.

    def relative_s(self):
        if self.chance(0.85):
            return 10_000 + 100 * self._relative.pop()
        return self.pick([0, -1, -1000, INT64_MAX, INT64_MIN, INT64_MAX // 1000 - 1, INT64_MAX // 1000 + 1, 2**63] + NOT_INTEGERS)

    def relative_ms(self):
        if self.chance(0.85):
            return (10_000 + 100 * self._relative.pop()) * 1000 + self.between(0, 999)
        return self.pick([0, -1, -1000, INT64_MAX, INT64_MIN, INT64_MAX - 1000, 2**63] + NOT_INTEGERS)

    def absolute_s(self):
        form = self.rng.random()
        if form < 0.7:
            return YEAR_2100_S + self.between(0, 10) * 1000
        if form < 0.85:
            return self.pick([1, 1000, 1_000_000_000])
        return self.pick([0, -1, INT64_MAX, INT64_MIN, INT64_MAX // 1000, INT64_MAX // 1000 + 1] + NOT_INTEGERS)

    def absolute_ms(self):
        form = self.rng.random()
        if form < 0.7:
            return (YEAR_2100_S + self.between(0, 10) * 1000) * 1000 + self.between(0, 2)
        if form < 0.85:
            return self.pick([1, 1000, 1_000_000_000_000])
        return self.pick([0, -1, INT64_MAX, INT64_MIN, 2**63] + NOT_INTEGERS)

    def expiry_option(self, words=("EX", "PX", "EXAT", "PXAT")):
        word = self.pick(words)
        make = {"EX": self.relative_s, "PX": self.relative_ms, "EXAT": self.absolute_s, "PXAT": self.absolute_ms}
        return [self.case(word), make[word]()]

    def pattern(self):
        return self.pick(["*", "string:*", "list:*", "*:1", "*:[12]", "*:[^1]", "*:[1-2]", "*:[2-1]", "s?ring:1", "string:1", "", "nosuch*",
                          "\\*", "[[]a]", "*odd*", "*[", "*\\", "[a", "**:**1", "*i*n*g*", "[^", "?", "\\7", "{tag}?", b"odd\x00*", "*]"])


def to_bytes(argument):
    if isinstance(argument, bytes):
        return argument
    return str(argument).encode()


@dataclasses.dataclass
class Generator:
    family: str
    weight: float
    make: object
    mangle: bool = True
    needs: tuple = ()


GENERATORS = []


def command(family, weight=1.0, mangle=True, needs=()):
    """Registers a generator. Without `mangle` its arguments are left as they are."""

    def register(make):
        GENERATORS.append(Generator(family, weight, make, mangle, needs))
        return make

    return register


def mangled(r, arguments):
    """The command with one to two mistakes in it; never a new command's name."""
    # A key named * could become the id of an entry, and be another one on each server.
    if arguments[0] == "XADD" and "*" in arguments:
        return arguments
    arguments = list(arguments)
    for _ in range(r.between(1, 2)):
        form = r.between(0, 6)
        at = r.between(1, len(arguments) - 1) if len(arguments) > 1 else 0
        if form == 0 and at:
            del arguments[at]
        elif form == 1 and at:
            arguments.insert(at, arguments[at])
        elif form == 2:
            arguments.insert(r.between(1, len(arguments)), r.pick(INTEGERS + NOT_INTEGERS + FLOATS))
        elif form == 3 and at:
            arguments[at] = r.pick(INTEGERS + NOT_INTEGERS + ["foo", "NX", "GET", "EX"])
        elif form == 4:
            arguments.append(r.pick(["NX", "XX", "GET", "foo", "COUNT", "EX", "BYTE", "LEFT", "", "1"]))
        elif form == 5 and len(arguments) > 1:
            arguments.pop()
        elif form == 6 and len(arguments) > 2:
            other = r.between(1, len(arguments) - 1)
            arguments[at], arguments[other] = arguments[other], arguments[at]
    return arguments
