"""HyperLogLogs: what redis-server 7.0.15 cannot be asked, and what a comparison of replies cannot see. The differential test
compares their bytes."""
import random
import threading

import pytest

from waiting import nearly

EMPTY = b"HYLL\x01" + bytes(10) + b"\x80\x7f\xff"
HEADER = EMPTY[:16]
INVALID = b"WRONGTYPE Key is not a valid HyperLogLog string value."
CORRUPTED = b"INVALIDOBJ Corrupted HLL object detected"


def elements(start, count):
    return [f"element:{n}" for n in range(start, start + count)]


def add(raw, key, start, count):
    for at in range(start, start + count, 5000):
        raw.command("PFADD", key, *elements(at, min(5000, start + count - at)))


@pytest.fixture
def pfdebug(raw):
    return lambda *words: raw.command("PFDEBUG", *words)


def test_a_value_that_redis_wrote(raw):
    """PFADD k a b c, PFCOUNT k, GET k of redis-server 7.0.15."""
    value = b"HYLL\x01\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00`\xf3\x80P\xb1\x84K\xfb\x80BZ"
    raw.command("SET", "theirs", value)
    assert raw.command("PFCOUNT", "theirs") == 3
    assert raw.command("PFADD", "theirs", "a", "b") == 0
    assert raw.command("PFADD", "ours", "a", "b", "c") == 1
    assert raw.command("PFCOUNT", "ours") == 3
    assert raw.command("GET", "ours") == value


@pytest.mark.parametrize("count", [0, 1, 10, 100, 1000, 10_000, 100_000])
def test_estimates_are_near(raw, count):
    raw.command("PFADD", "k")
    add(raw, "k", 0, count)
    assert abs(raw.command("PFCOUNT", "k") - count) <= count * 0.04


def test_a_union_counts_what_is_in_both_once(raw):
    add(raw, "a", 0, 3000)
    add(raw, "b", 2000, 3000)
    both = raw.command("PFCOUNT", "a", "b")
    assert abs(both - 5000) < 200
    assert raw.command("PFMERGE", "union", "a", "b", "missing") == b"OK"
    assert raw.command("PFCOUNT", "union") == both
    add(raw, "at once", 0, 5000)
    raw.command("PFDEBUG", "TODENSE", "at once")
    raw.command("PFCOUNT", "at once")
    assert raw.command("GET", "at once") == raw.command("GET", "union")


def test_the_estimate_is_remembered_until_a_register_changes(raw):
    raw.command("PFADD", "k", "a", "b", "c")
    assert raw.command("GET", "k")[15] == 0x80
    raw.command("PFCOUNT", "k")
    assert raw.command("GET", "k")[8:16] == (3).to_bytes(8, "little")
    assert raw.command("PFADD", "k", "a") == 0
    assert raw.command("GET", "k")[8:16] == (3).to_bytes(8, "little")
    # It is believed, as Redis believes it.
    raw.command("SETRANGE", "k", 8, (1234567).to_bytes(8, "little"))
    assert raw.command("PFCOUNT", "k") == 1234567
    assert raw.command("PFCOUNT", "k", "k") == 3
    assert raw.command("PFADD", "k", "d") == 1
    assert raw.command("PFCOUNT", "k") == 4


def test_a_time_to_live_stays(raw):
    raw.command("PFADD", "k", "a")
    raw.command("EXPIRE", "k", 1000)
    add(raw, "k", 0, 5000)
    raw.command("PFCOUNT", "k")
    raw.command("PFMERGE", "k", "k")
    assert raw.command("STRLEN", "k") == 12304
    assert nearly(raw.command("TTL", "k"), 1000)


@pytest.mark.observes("hll-sparse-max-bytes")
def test_a_value_becomes_dense_beyond_its_limit(start_server):
    raw = start_server("--hll-sparse-max-bytes", 200).raw()
    sizes = []
    for element in elements(0, 500):
        raw.command("PFADD", "k", element)
        sizes.append(raw.command("STRLEN", "k"))
    sparse = [size for size in sizes if size < 12304]
    assert 195 <= max(sparse) <= 200
    assert sizes[len(sparse) :] == [12304] * (500 - len(sparse))
    raw.command("CONFIG", "SET", "hll-sparse-max-bytes", 20000)
    add(raw, "long", 0, 3000)
    assert raw.command("PFDEBUG", "ENCODING", "long") == b"sparse"
    assert raw.command("STRLEN", "long") > 3000


def test_pfdebug(raw, pfdebug):
    raw.command("PFADD", "k", "a", "b", "c")
    assert pfdebug("DECODE", "k") == b"Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"
    assert pfdebug("encoding", "k") == b"sparse"
    assert pfdebug("TODENSE", "k") == 1
    assert pfdebug("TODENSE", "k") == 0
    assert pfdebug("ENCODING", "k") == b"dense"
    assert pfdebug("DECODE", "k") == b"ERR HLL encoding is not sparse"
    registers = pfdebug("GETREG", "k")
    assert len(registers) == 16384
    assert {at: value for at, value in enumerate(registers) if value} == {8436: 1, 12711: 2, 15780: 1}
    assert pfdebug("ENCODING", "missing") == b"ERR The specified key does not exist"


def test_pfdebug_says_whether_vectors_are_used(raw, pfdebug):
    """Whoever builds a server decides it; Redis 8 can switch them off."""
    state = pfdebug("SIMD", "ON")
    assert state in (b"enabled", b"disabled")
    assert pfdebug("simd", "off") == (b"ERR SIMD cannot be switched off: this server was built with it" if state == b"enabled" else b"disabled")
    assert pfdebug("SIMD", "maybe") == b"ERR Argument must be ON or OFF"


def test_the_keys_of_a_pfmerge_without_sources(raw):
    """COMMAND GETKEYS finds no range where the sources would be, and says so as Redis does."""
    assert raw.command("COMMAND", "GETKEYS", "PFMERGE", "target") == b"ERR Invalid arguments specified for command"
    assert raw.command("COMMAND", "GETKEYS", "PFMERGE", "target", "source") == [b"target", b"source"]
    assert raw.command("PFMERGE", "target") == b"OK"


def test_pfselftest(raw):
    assert raw.command("PFSELFTEST") == b"OK"


@pytest.mark.parametrize("value", [b"", b"x", b"12345678901234567", EMPTY[:15], b"HYLM" + EMPTY[4:], b"HYLL\x02" + EMPTY[5:], b"HYLL\x00" + EMPTY[5:],
                                   b"HYLL\x00" + bytes(12298), b"HYLL\x00" + bytes(12300)],
                         ids=len)
def test_strings_that_are_none(raw, value):
    for command in (["PFADD", "k", "a"], ["PFCOUNT", "k"], ["PFCOUNT", "missing", "k"], ["PFMERGE", "k"], ["PFMERGE", "t", "k"], ["PFDEBUG", "GETREG", "k"]):
        raw.command("SET", "k", value)
        assert raw.command(*command) == INVALID
        assert raw.command("GET", "k") == value
    assert raw.command("EXISTS", "t") == 0


@pytest.mark.parametrize("runs", [b"", b"\x7f", b"\x7f\xfe", b"\x7f\xff\x00", b"\x7f\xff\x80", b"\x7f\xff\x7f", b"\x83" * 16384, b"\x00" * 40000], ids=len)
def test_values_that_are_corrupted(raw, runs):
    raw.command("PFADD", "good", "a")
    for command in (["PFCOUNT", "k"], ["PFCOUNT", "good", "k"], ["PFMERGE", "k", "good"], ["PFMERGE", "t", "k"], ["PFDEBUG", "TODENSE", "k"],
                    ["PFDEBUG", "GETREG", "k"]):
        raw.command("SET", "k", HEADER + runs)
        assert raw.command(*command) == CORRUPTED
        assert raw.command("GET", "k") == HEADER + runs
    assert raw.command("EXISTS", "t") == 0


def test_a_command_that_fails_adds_nothing(raw):
    """Redis keeps the elements before the one whose register cannot be found."""
    broken = HEADER + b"\x5f\xff"
    raw.command("SET", "k", broken)
    assert raw.command("PFADD", "k", *elements(0, 50)) == CORRUPTED
    assert raw.command("GET", "k") == broken


def test_random_bytes_in_values_do_no_harm(raw):
    r = random.Random(5)
    raw.command("PFADD", "other", *elements(0, 300))
    for _ in range(1500):
        size = r.choice([0, 1, 2, 5, 100, 1000, 4000])
        value = b"HYLL" + bytes([r.choice([1, 1, 1, 0])]) + r.randbytes(11)
        value += r.randbytes(12288) if value[4] == 0 else r.randbytes(size) if r.random() < 0.5 else bytes(r.choice(b"\x00\x3f\x40\x7f\x80\xff") for _ in range(size))
        raw.command("SET", "k", value)
        command = r.choice([["PFADD", "k", *elements(r.randrange(100), r.randrange(20))], ["PFCOUNT", "k"], ["PFCOUNT", "k", "other"],
                            ["PFMERGE", "k", "other"], ["PFMERGE", "other", "k"], ["PFDEBUG", r.choice(["GETREG", "DECODE", "TODENSE", "ENCODING"]), "k"]])
        assert raw.command(*command) is not None
    assert raw.command("PING") == b"PONG"


def test_many_threads_add_and_merge_and_lose_nothing(start_server):
    """Eight clients add what is theirs to one key and count it meanwhile."""
    server = start_server(threads=4)
    raw, each = server.raw(), 2000

    def client(number):
        own = server.raw()
        for at in range(0, each, 50):
            own.command("PFADD", "k", *elements(number * each + at, 50))
            own.command("PFCOUNT", "k")
            own.command("PFMERGE", "merged", "k")

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    add(raw, "alone", 0, 8 * each)
    assert raw.command("PFDEBUG", "GETREG", "k") == raw.command("PFDEBUG", "GETREG", "alone")
    raw.command("PFMERGE", "merged", "k")
    assert raw.command("PFDEBUG", "GETREG", "merged") == raw.command("PFDEBUG", "GETREG", "alone")
