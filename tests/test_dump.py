"""DUMP and RESTORE: values that other servers have dumped come in as they were, and ours go out as they are."""
import pathlib
import re
import struct

import pytest

from raw_client import Error
from waiting import wait_until

FAR_MS = 4_102_444_800_000
WRONG_PAYLOAD = Error(b"ERR DUMP payload version or checksum are wrong")
BAD_DATA = Error(b"ERR Bad data format")


def crc64(data):
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x95AC9329AC4BC9B5 if crc & 1 else 0)
    return crc


def payload(body, version=10):
    """What DUMP would give: layout and value with version and checksum."""
    body = (bytes.fromhex(body) if isinstance(body, str) else body) + struct.pack("<H", version)
    return body + struct.pack("<Q", crc64(body))


def content(raw, key):
    """What a key holds, element by element, without what differs from run to run: the times of streams."""
    kind = bytes(raw.command("TYPE", key))
    if kind == b"string":
        return kind, raw.command("GET", key)
    if kind == b"list":
        return kind, raw.command("LRANGE", key, 0, -1)
    if kind == b"set":
        return kind, sorted(raw.command("SMEMBERS", key))
    if kind == b"zset":
        return kind, raw.command("ZRANGE", key, 0, -1, "WITHSCORES")
    if kind == b"hash":
        flat = raw.command("HGETALL", key)
        fields = flat[::2]
        expiry = raw.command("HPEXPIRETIME", key, "FIELDS", len(fields), *fields)
        return kind, sorted(zip(fields, flat[1::2], [-1] * len(fields) if isinstance(expiry, Error) else expiry))
    if kind == b"stream":
        return kind, *stream_content(raw, key)
    return kind, None


def stream_content(raw, key):
    def fields(flat, *names):
        pairs = dict(zip(flat[::2], flat[1::2]))
        return [pairs[name] for name in names]

    yield raw.command("XRANGE", key, "-", "+")
    yield fields(raw.command("XINFO", "STREAM", key), b"length", b"last-generated-id", b"max-deleted-entry-id", b"entries-added", b"groups")
    for group in raw.command("XINFO", "GROUPS", key):
        yield fields(group, b"name", b"consumers", b"pending", b"last-delivered-id", b"entries-read")
        name = fields(group, b"name")[0]
        yield sorted(fields(consumer, b"name", b"pending") for consumer in raw.command("XINFO", "CONSUMERS", key, name))
        yield [[entry[0], entry[1], entry[3]] for entry in raw.command("XPENDING", key, name, "-", "+", 100_000)]


# --- What other servers have dumped


def vectors():
    """(commands that made it, [(server, payload)]) for each value."""
    lines = (pathlib.Path(__file__).parent / "dump_vectors.txt").read_text().splitlines()[1:]
    found = []
    for line in lines:
        if line.startswith("  "):
            server, text = line.split()
            found[-1][1].append((server, bytes.fromhex(text)))
        else:
            setup = re.sub(r"(.)\{(\d+)\}", lambda match: match[1] * int(match[2]), line)
            found.append((setup.split("; "), []))
    return found


_MISSING_COMMANDS = ("pfadd", "geoadd")
_VECTORS = [vector for vector in vectors() if not any(command.startswith(_MISSING_COMMANDS) for command in vector[0])]


@pytest.mark.parametrize("setup, payloads", _VECTORS, ids=lambda value: value[-1][:40] if isinstance(value[0], str) else "")
def test_values_of_other_servers_are_what_their_commands_made(raw, setup, payloads):
    for server, dumped in payloads:
        assert raw.command("RESTORE", "restored", 0, dumped, "REPLACE") == b"OK", server
        words = [command.replace("''", '""').split(" ") for command in setup if not command.startswith("debug")]
        for command in words:
            if command[:2] == ["config", "set"]:
                continue
            assert not isinstance(raw.command(*("" if word == '""' else word for word in command)), Error), command
        made, restored = content(raw, "k"), content(raw, "restored")
        assert restored == made, server
        raw.command("DEL", "k", "restored")


# Layouts that only older servers wrote, by hand.
OLDER = [
    ("01 02 0161 c00c", (b"list", [b"a", b"12"])),
    ("0a 10 10000000 0d000000 0200 000161 03f6 ff", (b"list", [b"a", b"5"])),
    ("0e 02 10 10000000 0d000000 0200 000161 03f6 ff 0e 0e000000 0a000000 0100 00017a ff", (b"list", [b"a", b"5", b"z"])),
    ("02 02 0161 0162", (b"set", [b"a", b"b"])),
    ("00 81 0000000000000005 68656c6c6f", (b"string", b"hello")),
    ("03 04 0161 03 312e35 0162 fe 0163 ff 0164 02 3137", (b"zset", [b"c", b"-inf", b"a", b"1.5", b"d", b"17", b"b", b"inf"])),
    ("0c 18 18000000 12000000 0400 000161 03f2 020162 0303322e35 ff", (b"zset", [b"a", b"1", b"b", b"2.5"])),
    ("04 01 0166 0176", (b"hash", [(b"f", b"v", -1)])),
    ("09 14 02 0166 010076 0568656c6c6f 0500776f726c64 ff", (b"hash", [(b"f", b"v", -1), (b"hello", b"world", -1)])),
    ("0d 17 17000000 13000000 0400 000166 030176 03016e 03fe64 ff", (b"hash", [(b"f", b"v", -1), (b"n", b"100", -1)])),
]


@pytest.mark.parametrize("body, expected", OLDER, ids=[body[:2] for body, _ in OLDER])
@pytest.mark.parametrize("version", [0, 2, 6, 9, 12, 80])
def test_layouts_of_older_servers_are_read(raw, body, expected, version):
    assert raw.command("RESTORE", "k", 0, payload(body, version), "REPLACE") == b"OK"
    assert content(raw, "k") == expected


def test_fields_keep_their_times(raw):
    raw.command("HSET", "k", "f", "v", "g", "w")
    raw.command("HPEXPIREAT", "k", FAR_MS, "FIELDS", 1, "g")
    expected = (b"hash", [(b"f", b"v", -1), (b"g", b"w", FAR_MS)])
    assert content(raw, "k") == expected
    dumped = raw.command("DUMP", "k")
    assert dumped[0] == 25 and dumped[-10] == 12
    listpack = "1f 1f000000 0600 816702 817702 f400d8c32cbb030000 09 816602 817602 0001 ff"
    for body, version in (("16 02 00 0166 0176 81000003bb2cc3d800 0167 0177", 12), ("17" + listpack, 12), ("18 00d8c32cbb030000 02 00 0166 0176 01 0167 0177", 12),
                          ("19 00d8c32cbb030000" + listpack, 12), ("16 02 0166 0176 ffffffffffffffff 0167 0177 00d8c32cbb030000", 80), (dumped[:-10], 12)):
        assert raw.command("RESTORE", "restored", 0, payload(body, version), "REPLACE") == b"OK"
        assert content(raw, "restored") == expected
    raw.command("CONFIG", "SET", "hash-max-listpack-entries", 0)
    assert raw.command("RESTORE", "restored", 0, dumped, "REPLACE") == b"OK"
    raw.command("CONFIG", "SET", "hash-max-listpack-entries", 512)
    indexed = raw.command("DUMP", "restored")
    assert indexed[0] == 24 and raw.command("RESTORE", "again", 0, indexed) == b"OK"
    assert content(raw, "again") == expected


def test_a_field_that_came_with_a_time_expires(raw):
    soon = raw.command("TIME")
    soon_ms = int(soon[0]) * 1000 + int(soon[1]) // 1000 + 200
    body = bytes.fromhex("18") + struct.pack("<q", soon_ms) + bytes.fromhex("02 00 0166 0176 01 0167 0177".replace(" ", ""))
    assert raw.command("RESTORE", "k", 0, payload(body, 12)) == b"OK"
    wait_until(lambda: raw.command("HGETALL", "k") == [b"f", b"v"], "the field")


# --- To and fro


def large_values():
    """Commands that make values of every encoding of redis-server 7.0, small and large."""
    numbers = [str(n * 37 - 5000) for n in range(3000)]
    texts = [f"text {n} " + "x" * (n % 90) for n in range(3000)]
    noise = bytes((n * 2654435761 >> 13) & 255 for n in range(70_000))
    stream = [["XADD", "k", f"{n // 3 + 1}-{n}", "name", texts[n], *(["extra", n] if n % 10 == 0 else [])] for n in range(1, 1000)]
    groups = [["XGROUP", "CREATE", "k", "readers", 0], ["XREADGROUP", "GROUP", "readers", "anne", "COUNT", 300, "STREAMS", "k", ">"],
              ["XREADGROUP", "GROUP", "readers", "bert", "COUNT", 200, "STREAMS", "k", ">"], ["XACK", "k", "readers", *(f"{n // 3 + 1}-{n}" for n in range(1, 400, 3))],
              ["XGROUP", "CREATECONSUMER", "k", "readers", "idle"], ["XCLAIM", "k", "readers", "carl", 0, "2-4", "3-6", "RETRYCOUNT", 7],
              ["XGROUP", "CREATE", "k", "late", "$"], ["XGROUP", "CREATE", "k", b"\x00\xff", "5-0", "ENTRIESREAD", 12]]
    return {
        "integer": [["SET", "k", "-9223372036854775808"]],
        "short string": [["SET", "k", b"\x00\xffshort"]],
        "string of 753 bytes": [["SET", "k", "ab" * 376 + "c"]],
        "long string": [["SET", "k", noise + b"y" * 100_000]],
        "bitmap": [["SETBIT", "k", 1_000_000, 1]],
        "list": [["RPUSH", "k", *numbers[:5], *texts[:5]]],
        "long list": [["RPUSH", "k", *numbers, *texts, noise, "tail"], ["LPUSH", "k", *texts]],
        "intset of 16 bits": [["SADD", "k", *range(-100, 100)]],
        "intset of 32 bits": [["SADD", "k", *range(2**31 - 100, 2**31)]],
        "intset of 64 bits": [["SADD", "k", -(2**63), 2**63 - 1, 0]],
        "set of integers": [["SADD", "k", *numbers]],
        "small set": [["SADD", "k", *texts[:20], 5]],
        "set": [["SADD", "k", *texts, *numbers, noise]],
        "small sorted set": [["ZADD", "k", 1, "a", 2.5, "b", "-inf", "c", "+inf", "d", 0.1, "e", 1e300, "f", 17179869184, "g"]],
        "sorted set": [["ZADD", "k", *(word for n, text in enumerate(texts) for word in (n % 100 / 7, text))]],
        "sorted set of long members": [["ZADD", "k", 3, noise, 2, "x" * 100, 1, 5]],
        "small hash": [["HSET", "k", *texts[:20], "n", 12, "m", -5000]],
        "hash": [["HSET", "k", *texts, *numbers[:1000], "noise", noise]],
        "stream": stream,
        "stream with groups": stream + groups,
        "stream with holes": stream + groups + [["XDEL", "k", *(f"{n // 3 + 1}-{n}" for n in range(1, 900, 7))], ["XTRIM", "k", "MAXLEN", 500]],
        "empty stream": [["XGROUP", "CREATE", "k", "g", 0, "MKSTREAM"]],
        "stream that was emptied": stream + [["XTRIM", "k", "MAXLEN", 0], ["XSETID", "k", "1000-5", "ENTRIESADDED", 2000, "MAXDELETEDID", "900-1"]],
    }


LARGE_VALUES = large_values()


@pytest.mark.parametrize("name", LARGE_VALUES)
def test_values_survive_the_way_to_redis_and_back(raw, oracle, name):
    theirs = oracle.raw()
    for side in (raw, theirs):
        for command in LARGE_VALUES[name]:
            assert not isinstance(side.command(*command), Error), command
    made = content(theirs, "k")
    assert content(raw, "k") == made
    assert raw.command("RESTORE", "from redis", 0, theirs.command("DUMP", "k")) == b"OK"
    assert content(raw, "from redis") == made
    assert theirs.command("RESTORE", "from zedis", 0, raw.command("DUMP", "k")) == b"OK"
    assert content(theirs, "from zedis") == made
    assert raw.command("RESTORE", "back", 0, raw.command("DUMP", "from redis")) == b"OK"
    assert content(raw, "back") == made
    theirs.command("FLUSHALL")


@pytest.mark.parametrize("size", [-5, -1, 1, 3, 100])
@pytest.mark.parametrize("compression", ["yes", "no"])
def test_lists_are_cut_as_the_directive_says(start_server, oracle, size, compression):
    raw, theirs = start_server("--list-max-listpack-size", size, "--rdbcompression", compression).raw(), oracle.raw()
    theirs.command("CONFIG", "SET", "list-max-listpack-size", size)
    theirs.command("CONFIG", "SET", "rdbcompression", "no")
    elements = ["x" * (n % 300) for n in range(1000)]
    for side in (raw, theirs):
        side.command("RPUSH", "k", *elements)
    if compression == "no":
        assert raw.command("DUMP", "k") == theirs.command("DUMP", "k")
    assert theirs.command("RESTORE", "from zedis", 0, raw.command("DUMP", "k")) == b"OK"
    assert content(theirs, "from zedis") == content(raw, "k")
    theirs.command("CONFIG", "SET", "list-max-listpack-size", -2)
    theirs.command("CONFIG", "SET", "rdbcompression", "yes")
    theirs.command("FLUSHALL")


@pytest.mark.observes("rdbcompression")
def test_long_strings_are_compressed_if_asked(start_server):
    raw = start_server().raw()
    raw.command("SET", "k", "a" * 10_000)
    assert len(raw.command("DUMP", "k")) < 300
    raw.command("CONFIG", "SET", "rdbcompression", "no")
    assert len(raw.command("DUMP", "k")) > 10_000


# --- RESTORE's options


def test_a_payload_of_a_missing_key_is_nil(raw):
    assert raw.command("DUMP", "missing") is None


def test_a_key_that_is_there_is_kept_unless_replaced(raw):
    raw.command("SET", "k", "old")
    dumped = payload("00 03 6e6577")
    assert raw.command("RESTORE", "k", 0, dumped) == Error(b"BUSYKEY Target key name already exists.")
    assert raw.command("GET", "k") == b"old"
    assert raw.command("RESTORE", "k", 0, dumped, "REPLACE") == b"OK"
    assert raw.command("GET", "k") == b"new"


def test_a_wrong_payload_keeps_what_is_there(raw):
    raw.command("SET", "k", "old", "PXAT", FAR_MS)
    for wrong in (b"", b"short", payload("00 03 6e6577")[:-1], payload("00 03 6e6577", 13), payload("00 03 6e6577", 79), payload("00 03 6e6577", 81)):
        assert raw.command("RESTORE", "k", 0, wrong, "REPLACE") == WRONG_PAYLOAD
    for wrong in ("08 00", "ff 00", "01 00", "12 01 02 07 07000000 0000 ff", "00 05 6e6577", "02 02 0161 0161", ""):
        assert raw.command("RESTORE", "k", 0, payload(wrong), "REPLACE") == BAD_DATA
    assert raw.command("GET", "k") == b"old"
    assert raw.command("PEXPIRETIME", "k") == FAR_MS


def test_a_string_may_not_reach_into_the_checksum(raw):
    """redis-server 7.0 reads the last ten bytes as part of the value."""
    assert raw.command("RESTORE", "k", 0, payload("00 08 6e6577")) == BAD_DATA


def test_the_time_to_live_is_relative_or_absolute(raw):
    dumped = payload("00 03 6e6577")
    assert raw.command("RESTORE", "k", 0, dumped) == b"OK"
    assert raw.command("PTTL", "k") == -1
    assert raw.command("RESTORE", "k", 100_000_000, dumped, "REPLACE") == b"OK"
    assert 50_000_000 < raw.command("PTTL", "k") <= 100_000_000
    assert raw.command("RESTORE", "k", FAR_MS, dumped, "REPLACE", "ABSTTL") == b"OK"
    assert raw.command("PEXPIRETIME", "k") == FAR_MS


def test_a_time_that_is_over_deletes_what_is_there(raw):
    raw.command("SET", "k", "old")
    assert raw.command("RESTORE", "k", 1, payload("00 03 6e6577"), "ABSTTL", "REPLACE") == b"OK"
    assert raw.command("EXISTS", "k") == 0


def test_the_order_in_which_errors_win(raw):
    raw.command("SET", "k", "old")
    assert raw.command("RESTORE", "k", "abc", "wrong", "FOO") == Error(b"ERR syntax error")
    assert raw.command("RESTORE", "k", "abc", "wrong", "IDLETIME", -1) == Error(b"ERR Invalid IDLETIME value, must be >= 0")
    assert raw.command("RESTORE", "k", "abc", "wrong", "FREQ", 256) == Error(b"ERR Invalid FREQ value, must be >= 0 and <= 255")
    assert raw.command("RESTORE", "k", "abc", "wrong") == Error(b"BUSYKEY Target key name already exists.")
    assert raw.command("RESTORE", "k", "abc", "wrong", "REPLACE") == Error(b"ERR value is not an integer or out of range")
    assert raw.command("RESTORE", "k", -1, "wrong", "REPLACE") == Error(b"ERR Invalid TTL value, must be >= 0")
    assert raw.command("RESTORE", "k", 0, "wrong", "REPLACE") == WRONG_PAYLOAD


def test_the_idle_time_travels_along(raw):
    assert raw.command("RESTORE", "k", 0, payload("00 03 6e6577"), "IDLETIME", 5000) == b"OK"
    assert 5000 <= raw.command("OBJECT", "IDLETIME", "k") < 6000


def test_the_frequency_travels_along(start_server):
    raw = start_server("--maxmemory-policy", "allkeys-lfu").raw()
    assert raw.command("RESTORE", "k", 0, payload("00 03 6e6577"), "FREQ", 200) == b"OK"
    assert 190 <= raw.command("OBJECT", "FREQ", "k") <= 200


def test_a_payload_that_claims_much_takes_little(raw):
    """Counts and lengths of 2^31 and more in a few bytes."""
    before = int(re.search(rb"used_memory:(\d+)", raw.command("INFO", "memory"))[1])
    for body in ("00 807fffffff 61", "00 c3 04 807fffffff 00610000", "01 807fffffff 0161", "02 81 7fffffffffffffff 0161", "12 807fffffff 02 00",
                 "13 807fffffff 10", "0b 08 02000000ffffffff", "0a 0b ffffffff0a0000000000ff"):
        assert raw.command("RESTORE", "k", 0, payload(body)) == BAD_DATA
    after = int(re.search(rb"used_memory:(\d+)", raw.command("INFO", "memory"))[1])
    assert after < before + 1_000_000
