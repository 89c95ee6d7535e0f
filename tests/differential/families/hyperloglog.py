"""HyperLogLogs: GET shows their bytes, which must be the same, whatever led to them."""

from ..grammar import command

_SPARSE_LIMITS = [3000, 3000, 0, 20, 64, 300, 1000, 15000, 100000]


def _element(r):
    return f"e{r.between(0, 400)}" if r.chance(0.7) else r.value()


@command("hyperloglog", weight=6)
def pfadd(r):
    return ["PFADD", r.key("hll"), *(_element(r) for _ in range(r.between(0, 4)))]


@command("hyperloglog", weight=6)
def pfadd_many(r):
    """From a few runs to beyond the sparse form."""
    start = r.between(0, 20) * 100
    return ["PFADD", r.key("hll"), *(f"e{start + n}" for n in range(r.pick([10, 50, 200, 500, 1000, 2500])))]


@command("hyperloglog", weight=6)
def pfcount(r):
    return ["PFCOUNT", *r.keys("hll", r.pick([1, 1, 2, 5]))]


@command("hyperloglog", weight=6)
def pfmerge(r):
    return ["PFMERGE", *r.keys("hll", 4)]


@command("hyperloglog", weight=8)
def bytes_of_one(r):
    return ["GET", r.key("hll")]


@command("hyperloglog", weight=4)
def pfdebug(r):
    return ["PFDEBUG", r.case(r.pick(["GETREG", "DECODE", "DECODE", "ENCODING", "ENCODING", "TODENSE", "FOO", ""])), r.key("hll")]


@command("hyperloglog", weight=1, mangle=False)
def limit(r):
    return ["CONFIG", "SET", "hll-sparse-max-bytes", r.pick(_SPARSE_LIMITS)]


@command("hyperloglog", weight=1, mangle=False)
def neighbouring_registers(r):
    """Runs of values that are split and joined: registers by hand, then raised by elements."""
    key = r.key("hll")
    runs, left = b"", 16384
    while left > 400 and len(runs) < 2000:
        form = r.between(0, 9)
        if form < 7:
            length = r.between(1, 4)
            runs += bytes([0x80 | r.pick([0, 0, 0, 1, 1, 2, 5, 31]) << 2 | length - 1])
        elif form < 9:
            length = r.between(1, 64)
            runs += bytes([length - 1])
        else:
            length = r.between(1, 300)
            runs += bytes([0x40 | length - 1 >> 8, length - 1 & 0xFF])
        left -= length
    runs += bytes([0x40 | left - 1 >> 8, left - 1 & 0xFF])
    value = b"HYLL\x01" + bytes([0, 0, r.between(0, 1)]) + bytes([r.between(0, 255) for _ in range(7)]) + r.pick([b"\x00", b"\x80"]) + runs
    start = r.between(0, 1000)
    return [["SET", key, value], ["PFCOUNT", key], ["PFADD", key, *(f"e{start + n}" for n in range(r.pick([1, 3, 30, 300, 3000])))],
            ["PFCOUNT", key, key], ["OBJECT", "ENCODING", key], ["GET", key], ["PFMERGE", r.key("hll"), key]]


@command("hyperloglog", weight=1, mangle=False)
def corrupted(r):
    """What is no HyperLogLog, or one whose runs do not add up."""
    key = r.key("hll")
    header = b"HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80"
    value = r.pick([header, header[:15], header[:4] + b"\x02" + header[5:], header[:4] + b"\xff" + header[5:], b"hyll" + header[4:] + b"\x7f\xff",
                    header + b"\x7f\xfe", header + b"\x7f\xff\x80", header + b"\x80\x81", header + b"\x7f\xff\x00", header + b"\x7f\xff\x7f\xff",
                    header[:4] + b"\x00" + header[5:] + b"\x00" * 12287, header[:4] + b"\x00" + header[5:] + b"\x00" * 12288,
                    header[:4] + b"\x00" + header[5:] + b"\xff" * 12288, header[:4] + b"\x00" + header[5:] + bytes(range(256)) * 48])
    asked = r.pick([["PFCOUNT", key], ["PFCOUNT", key, "hll:1"], ["PFMERGE", "hll:2", key], ["PFMERGE", key, "hll:1"], ["PFADD", key, _element(r)],
                    ["PFADD", key], ["PFDEBUG", "TODENSE", key], ["PFDEBUG", "GETREG", key], ["PFDEBUG", "ENCODING", key]])
    return [["SET", key, value], asked, ["GET", key], ["DEL", key]]


@command("hyperloglog", weight=2)
def look(r):
    key = r.key("hll")
    return r.pick([["STRLEN", key], ["OBJECT", "ENCODING", key], ["DEL", key], ["COPY", key, r.key("hll"), "REPLACE"], ["RENAME", key, r.key("hll")],
                   ["EXPIRE", key, 100000], ["TTL", key], ["GETDEL", key], ["APPEND", key, ""], ["SET", key, r.value()], ["DEBUG", "DIGEST-VALUE", key]])


@command("hyperloglog", weight=1)
def a_copy_by_value(r):
    """A value that SET stores is in the form of short strings until it is touched."""
    key = r.key("hll")
    value = b"HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + r.pick([b"\x00", b"\x80"]) + b"\x7f\xff"
    touched = r.pick([["PFCOUNT", key], ["PFADD", key], ["PFADD", key, "a"], ["PFMERGE", key], ["PFDEBUG", "ENCODING", key], ["PFCOUNT", key, key]])
    return [["SET", key, value], ["OBJECT", "ENCODING", key], touched, ["OBJECT", "ENCODING", key], ["GET", key]]
