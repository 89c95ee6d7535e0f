"""Bit commands: what redis-server 7.0.15 cannot answer, and offsets so large that the differential test avoids them."""
import pytest

from waiting import nearly


@pytest.mark.parametrize("arguments", [["BITCOUNT", "k", "x"], ["BITCOUNT", "k", "0", "0", "foo"], ["BITPOS", "k", "1", "0", "1", "FOO"],
                                       ["BITCOUNT", "k", "0", "0", "BIT", "BIT"], ["BITPOS", "k", "1", "x"]])
@pytest.mark.parametrize("key", ["missing", "list", "string"])
def test_arguments_are_checked_before_the_key(raw, arguments, key):
    raw.command("RPUSH", "list", "a")
    raw.command("SET", "string", "a")
    words = [key if word == "k" else word for word in arguments]
    assert raw.command(*words) in (b"ERR syntax error", b"ERR value is not an integer or out of range")


def test_bitcount_with_a_start_only(raw):
    raw.command("SET", "k", b"\x01\x03\x07")
    assert raw.command("BITCOUNT", "k", 1) == 5
    assert raw.command("BITCOUNT", "k", -1) == 3
    assert raw.command("BITCOUNT", "k", 3) == 0
    assert raw.command("BITCOUNT", "missing", 1) == 0


def test_the_last_bit_there_may_be(raw, server):
    """512 MB long, but sparse: it must not take that much memory."""
    before = server.resident_bytes()
    assert raw.command("SETBIT", "k", 2**32 - 1, 1) == 0
    assert raw.command("STRLEN", "k") == 2**29
    assert raw.command("GETBIT", "k", 2**32 - 1) == 1
    assert raw.command("GETRANGE", "k", -2, -1) == b"\x00\x01"
    assert server.resident_bytes() - before < 64 << 20
    assert raw.command("SETBIT", "k", 2**32, 1) == b"ERR bit offset is not an integer or out of range"
    assert raw.command("APPEND", "k", "x") == b"ERR string exceeds maximum allowed size (proto-max-bulk-len)"
    assert raw.command("SETRANGE", "k", 2**29, "x") == b"ERR string exceeds maximum allowed size (proto-max-bulk-len)"
    assert raw.command("DEL", "k") == 1


@pytest.mark.release_only
def test_large_bitmaps(raw):
    raw.command("SETBIT", "k", 2**27 - 1, 1)
    assert raw.command("BITCOUNT", "k") == 1
    assert raw.command("BITPOS", "k", 1) == 2**27 - 1
    assert raw.command("BITOP", "NOT", "l", "k") == 2**24
    assert raw.command("BITCOUNT", "l") == 2**27 - 1
    assert raw.command("BITPOS", "l", 0) == 2**27 - 1
    assert raw.command("BITOP", "XOR", "k", "k", "l") == 2**24
    assert raw.command("BITPOS", "k", 0) == 2**27


def test_bitop_may_overwrite_its_source(raw):
    raw.command("MSET", "a", b"\x0f" * 1000, "b", b"\xff" * 500)
    assert raw.command("BITOP", "AND", "a", "a", "b") == 1000
    assert raw.command("GET", "a") == b"\x0f" * 500 + b"\x00" * 500
    assert raw.command("BITOP", "XOR", "a", "a", "a", "b") == 1000
    assert raw.command("GET", "a") == b"\xff" * 500 + b"\x00" * 500


def test_bitop_forgets_the_time_to_live(raw):
    raw.command("SET", "a", "x")
    raw.command("SET", "target", "old", "EX", 100)
    raw.command("BITOP", "OR", "target", "a")
    assert raw.command("TTL", "target") == -1
    raw.command("EXPIRE", "target", 100)
    raw.command("SETBIT", "target", 100, 1)
    assert nearly(raw.command("TTL", "target"), 100)
