"""Hashes: times to live of fields and other things that redis-server 7.0.15 does not have, and what the differential test
cannot see. What is newer than 7.0 follows the documentation of Redis 7.4; HGETEX, HSETEX and HGETDEL that of Valkey 9."""
import threading
import time

import pytest

from raw_client import Error, Map
from waiting import nearly, wait_until

WRONG_TYPE = Error(b"WRONGTYPE Operation against a key holding the wrong kind of value")
SYNTAX_ERROR = Error(b"ERR syntax error")
FIELDS_MISMATCH = Error(b"ERR numfields should be greater than 0 and match the provided number of fields")
LATEST_MS = 2**46 - 1


def arity_error(name):
    return Error(b"ERR wrong number of arguments for '%s' command" % name.encode())


def encoding(raw, key):
    return raw.command("OBJECT", "ENCODING", key)


@pytest.fixture(autouse=True)
def default_limits(raw):
    yield
    raw.command("CONFIG", "SET", "hash-max-listpack-entries", 512, "hash-max-listpack-value", 64)


@pytest.fixture
def lazy(start_server):
    """A server in which nothing leaves by itself."""
    raw = start_server("--enable-debug-command", "yes").raw()
    assert raw.command("DEBUG", "SET-ACTIVE-EXPIRE", 0) == b"OK"
    return raw


def names(count, size=10):
    return ["f%0*d" % (size - 1, n) for n in range(count)]


def fill(raw, key, fields, value="v"):
    """Returns what HGETALL is to give."""
    fields = list(fields)
    for at in range(0, len(fields), 2000):
        raw.command("HSET", key, *(word for field in fields[at : at + 2000] for word in (field, f"{value}{field}")))
    return {str(field).encode(): f"{value}{field}".encode() for field in fields}


def everything(raw, key):
    flat = raw.command("HGETALL", key)
    pairs = dict(zip(flat[::2], flat[1::2]))
    assert len(pairs) * 2 == len(flat)
    return pairs


def scan_all(raw, key, *options):
    found, cursor = [], b"0"
    while True:
        cursor, words = raw.command("HSCAN", key, cursor, *options)
        found += words
        if cursor == b"0":
            return found


# Encodings


@pytest.mark.observes("hash-max-listpack-entries", "hash-max-listpack-value")
def test_limits_of_ones_own(start_server):
    raw = start_server("--hash-max-listpack-entries", 2, "--hash-max-ziplist-value", 4).raw()
    for fields, form in ((("a", "b"), b"listpack"), (("a", "b", "c"), b"hashtable"), (("four",), b"listpack"), (("fives",), b"hashtable")):
        raw.command("DEL", "hash")
        for field in fields:
            raw.command("HSET", "hash", field, 1)
        assert encoding(raw, "hash") == form, fields
    raw.command("HSET", "values", "f", "four")
    assert encoding(raw, "values") == b"listpack"
    raw.command("HSET", "values", "f", "fives")
    assert encoding(raw, "values") == b"hashtable"


def test_one_hset_of_many_decides_by_how_many_it_names(raw):
    raw.command("HSET", "hash", *(["f", "v"] * 513))
    assert encoding(raw, "hash") == b"hashtable" and raw.command("HLEN", "hash") == 1


def test_a_hash_with_times_is_a_listpackex_and_stays_one(raw):
    raw.command("HSET", "hash", "a", 1, "b", 2)
    assert encoding(raw, "hash") == b"listpack"
    raw.command("HEXPIRE", "hash", 100, "FIELDS", 1, "a")
    assert encoding(raw, "hash") == b"listpackex"
    raw.command("HPERSIST", "hash", "FIELDS", 1, "a")
    assert encoding(raw, "hash") == b"listpackex"
    fill(raw, "large", names(513))
    raw.command("HEXPIRE", "large", 100, "FIELDS", 1, "f000000001")
    assert encoding(raw, "large") == b"hashtable"
    fill(raw, "hash", names(511))
    assert encoding(raw, "hash") == b"hashtable"


# The three forms, for what must not depend on them

FORMS = {"in the entry": names(5), "packed": names(300), "hashtable": names(700), "far values": ["x" * 3000 + str(n) for n in range(5)],
         "long values": ["y" * 400 + str(n) for n in range(5)], "integers": range(100)}


def fill_form(raw, fields):
    fill(raw, "hash", [*fields, "soon", "later"])
    return everything(raw, "hash")


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def hash_of(request, raw):
    """A hash of each form with two more fields, "soon" and "later"."""
    return fill_form(raw, request.param)


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def lazy_hash(request, lazy):
    return lazy, fill_form(lazy, request.param)


# HEXPIRE and its like


def test_hexpire_answers_for_each_field(raw, hash_of):
    assert raw.command("HEXPIRE", "hash", 100, "FIELDS", 3, "soon", "missing", "soon") == [1, -2, 1]
    assert raw.command("HTTL", "hash", "FIELDS", 3, "soon", "later", "missing") == [100, -1, -2]
    assert raw.command("HEXPIRE", "missing", 100, "FIELDS", 2, "a", "b") == [-2, -2]
    assert everything(raw, "hash") == hash_of


@pytest.mark.parametrize("command, unit, absolute", [("HEXPIRE", 1000, False), ("HPEXPIRE", 1, False), ("HEXPIREAT", 1000, True), ("HPEXPIREAT", 1, True)])
def test_the_four_ways_to_give_a_time(raw, command, unit, absolute):
    raw.command("HSET", "hash", "f", "v")
    at_ms = (int(time.time()) + 5000) * 1000
    given = at_ms // unit if absolute else 5000 * 1000 // unit
    assert raw.command(command.lower(), "hash", given, "fields", 1, "f") == [1]
    assert nearly(raw.command("HTTL", "hash", "FIELDS", 1, "f")[0], 5000)
    assert nearly(raw.command("HPTTL", "hash", "FIELDS", 1, "f")[0] / 1000, 5000)
    if absolute:
        assert raw.command("HEXPIRETIME", "hash", "FIELDS", 1, "f") == [at_ms // 1000]
        assert raw.command("HPEXPIRETIME", "hash", "FIELDS", 1, "f") == [at_ms]


def test_seconds_are_rounded_up(raw):
    raw.command("HSET", "hash", "f", "v")
    raw.command("HPEXPIREAT", "hash", 4102444800001, "FIELDS", 1, "f")
    assert raw.command("HEXPIRETIME", "hash", "FIELDS", 1, "f") == [4102444801]


def test_conditions(raw):
    raw.command("HSET", "hash", "none", 1, "some", 2)
    raw.command("HPEXPIREAT", "hash", 4102444800000, "FIELDS", 1, "some")

    def both(condition, at_ms):
        raw.command("HPERSIST", "hash", "FIELDS", 1, "none")
        raw.command("HPEXPIREAT", "hash", 4102444800000, "FIELDS", 1, "some")
        return raw.command("HPEXPIREAT", "hash", at_ms, condition, "FIELDS", 2, "none", "some")

    assert both("NX", 4102444800005) == [1, 0]
    assert both("XX", 4102444800005) == [0, 1]
    assert both("gt", 4102444800001) == [0, 1]
    assert both("GT", 4102444800000) == [0, 0]
    assert both("GT", 4102444799999) == [0, 0]
    assert both("lt", 4102444799999) == [1, 1]
    assert both("LT", 4102444800000) == [1, 0]
    assert both("NX", 0) == [2, 0] and raw.command("HKEYS", "hash") == [b"some"]


def test_a_time_that_is_past_deletes(raw, hash_of):
    assert raw.command("HEXPIRE", "hash", 0, "FIELDS", 2, "soon", "soon") == [2, -2]
    del hash_of[b"soon"]
    assert raw.command("HPEXPIREAT", "hash", 1, "FIELDS", 1, "later") == [2]
    del hash_of[b"later"]
    assert everything(raw, "hash") == hash_of
    raw.command("HSET", "other", "a", 1)
    assert raw.command("HEXPIREAT", "other", 1, "FIELDS", 1, "a") == [2]
    assert raw.command("EXISTS", "other") == 0


def test_largest_time(raw):
    raw.command("HSET", "hash", "f", "v")
    assert raw.command("HPEXPIREAT", "hash", LATEST_MS, "FIELDS", 1, "f") == [1]
    assert raw.command("HPEXPIRETIME", "hash", "FIELDS", 1, "f") == [LATEST_MS]
    for name, wrong in (("hpexpireat", LATEST_MS + 1), ("hexpireat", LATEST_MS // 1000 + 1), ("hpexpire", LATEST_MS), ("hexpire", 2**63 - 1), ("hexpire", 2**40)):
        assert raw.command(name, "hash", wrong, "FIELDS", 1, "f") == Error(b"ERR invalid expire time in '%s' command" % name.encode())


def test_what_hexpire_refuses(raw):
    raw.command("HSET", "hash", "f", "v")
    raw.command("SET", "string", 1)
    missing = Error(b"ERR Mandatory argument FIELDS is missing or not at the right position")
    mismatch = Error(b"ERR The `numfields` parameter must match the number of arguments")
    for command, error in [
            (("HEXPIRE", "hash", -1, "FIELDS", 1, "f"), Error(b"ERR invalid expire time, must be >= 0")),
            (("HEXPIRE", "hash", "x", "FIELDS", 1, "f"), Error(b"ERR value is not an integer or out of range")),
            (("HEXPIRE", "hash", 1, "FIELD", 1, "f"), missing),
            (("HEXPIRE", "hash", 1, "NX", "XX", "FIELDS", 1, "f"), missing),
            (("HEXPIRE", "hash", 1, "FIELDS", 0, "f"), Error(b"ERR Parameter `numFields` should be greater than 0")),
            (("HEXPIRE", "hash", 1, "FIELDS", "x", "f"), Error(b"ERR Parameter `numFields` should be greater than 0")),
            (("HEXPIRE", "hash", 1, "FIELDS", 2, "f"), mismatch),
            (("HEXPIRE", "hash", 1, "FIELDS", 1, "f", "g"), mismatch),
            (("HEXPIRE", "hash", 1, "NX", "FIELDS", 1), mismatch),
            (("HEXPIRE", "hash", 1, "FIELDS", 1), arity_error("hexpire")),
            (("HEXPIRE", "string", 1, "FIELDS", 1, "f"), WRONG_TYPE),
            (("HTTL", "hash", "FIELDS", 0, "f"), Error(b"ERR Number of fields must be a positive integer")),
            (("HPERSIST", "hash", "FIELDS", "x", "f"), Error(b"ERR Number of fields must be a positive integer")),
            (("HPTTL", "hash", "FIELD", 1, "f"), missing),
            (("HPTTL", "hash", "FIELDS", 2, "f"), mismatch),
            (("HPERSIST", "hash", "FIELDS", 1), arity_error("hpersist")),
            (("HTTL", "string", "FIELDS", 1, "f"), WRONG_TYPE),
            (("HPERSIST", "string", "FIELDS", 1, "f"), WRONG_TYPE)]:
        assert raw.command(*command) == error, command
    assert raw.command("HTTL", "hash", "FIELDS", 1, "f") == [-1]


def test_hpersist(raw, hash_of):
    raw.command("HEXPIRE", "hash", 100, "FIELDS", 1, "soon")
    assert raw.command("HPERSIST", "hash", "FIELDS", 3, "soon", "later", "missing") == [1, -1, -2]
    assert raw.command("HTTL", "hash", "FIELDS", 1, "soon") == [-1]
    assert raw.command("HPERSIST", "missing", "FIELDS", 1, "a") == [-2]
    assert everything(raw, "hash") == hash_of


# What other commands do to a time


def test_setting_a_field_takes_its_time_and_counting_keeps_it(raw, hash_of):
    def time_after(*command):
        raw.command("HEXPIRE", "hash", 1000, "FIELDS", 1, "n")
        raw.command(*command)
        return raw.command("HTTL", "hash", "FIELDS", 1, "n")[0]

    raw.command("HSET", "hash", "n", 1)
    assert time_after("HSET", "hash", "n", 5) == -1
    assert time_after("HMSET", "hash", "n", 5) == -1
    assert nearly(time_after("HSETNX", "hash", "n", 7), 1000)
    assert nearly(time_after("HINCRBY", "hash", "n", 2), 1000)
    assert nearly(time_after("HINCRBYFLOAT", "hash", "n", 0.5), 1000)
    assert raw.command("HGET", "hash", "n") == b"7.5"
    assert nearly(time_after("PERSIST", "hash"), 1000)
    assert nearly(time_after("EXPIRE", "hash", 5000), 1000)


def test_times_go_where_their_hash_goes(raw, hash_of):
    raw.command("HEXPIREAT", "hash", 4102444800, "FIELDS", 1, "later")
    for n in range(8):  # different shards
        assert raw.command("COPY", "hash", f"copy:{n}") == 1
        assert raw.command("RENAME", f"copy:{n}", f"renamed:{n}") == b"OK"
    assert raw.command("MOVE", "renamed:0", 1) == 1
    raw.command("HSET", "hash", "only here", 1)
    for n in range(1, 8):
        assert raw.command("HEXPIRETIME", f"renamed:{n}", "FIELDS", 2, "later", "soon") == [4102444800, -1]
        assert everything(raw, f"renamed:{n}") == hash_of
        assert encoding(raw, f"renamed:{n}") == encoding(raw, "hash")
    raw.command("SELECT", 1)
    assert raw.command("HEXPIRETIME", "renamed:0", "FIELDS", 2, "later", "soon") == [4102444800, -1]
    raw.command("SELECT", 0)


# What is due


def test_a_due_field_is_there_for_nobody(lazy_hash):
    raw, hash_of = lazy_hash
    raw.command("HPEXPIRE", "hash", 1, "FIELDS", 1, "soon")
    wait_until(lambda: raw.command("HEXISTS", "hash", "soon") == 0, "the field is still there")
    value = hash_of.pop(b"soon")
    assert value == b"vsoon"
    assert everything(raw, "hash") == hash_of
    assert raw.command("HLEN", "hash") == len(hash_of)
    assert raw.command("HGET", "hash", "soon") is None
    assert raw.command("HMGET", "hash", "later", "soon") == [b"vlater", None]
    assert raw.command("HSTRLEN", "hash", "soon") == 0
    assert set(raw.command("HKEYS", "hash")) == set(hash_of)
    assert set(scan_all(raw, "hash", "NOVALUES")) == set(hash_of)
    assert b"soon" not in raw.command("HRANDFIELD", "hash", 10_000)
    assert b"soon" not in raw.command("HRANDFIELD", "hash", -1000)
    assert raw.command("HTTL", "hash", "FIELDS", 1, "soon") == [-2]
    assert raw.command("HPERSIST", "hash", "FIELDS", 1, "soon") == [-2]
    assert raw.command("HEXPIRE", "hash", 100, "FIELDS", 1, "soon") == [-2]
    assert raw.command("HGETEX", "hash", "FIELDS", 1, "soon") == [None]
    assert raw.command("HSETEX", "hash", "FXX", "FIELDS", 1, "soon", "x") == 0
    assert raw.command("HDEL", "hash", "soon") == 0


WRITES = [("HSET", "soon", 5), ("HSETNX", "soon", 5), ("HINCRBY", "soon", 5), ("HINCRBYFLOAT", "soon", 5), ("HSETEX", "FNX", "KEEPTTL", "FIELDS", 1, "soon", 5)]


def test_a_due_field_is_written_anew(lazy_hash):
    raw, hash_of = lazy_hash
    for name, *rest in WRITES:
        raw.command("HSET", "hash", "soon", 100)
        raw.command("HPEXPIRE", "hash", 1, "FIELDS", 1, "soon")
        time.sleep(0.005)
        assert raw.command(name, "hash", *rest) in (1, 5, b"5"), name
        assert raw.command("HGET", "hash", "soon") == b"5"
        assert raw.command("HTTL", "hash", "FIELDS", 1, "soon") == [-1]
        assert raw.command("HLEN", "hash") == len(hash_of)


def test_fields_leave_by_themselves_and_their_hash_with_the_last_one(raw, hash_of):
    """Nobody asks for the hash meanwhile: INFO counts what is there."""
    before = count_of(raw, "expired_subkeys")
    fields = list(hash_of)
    stay = fields[len(fields) // 2 :]
    go = fields[: len(fields) // 2]
    assert raw.command("HPEXPIRE", "hash", 2, "FIELDS", len(go), *go) == [1] * len(go)
    wait_until(lambda: count_of(raw, "expired_subkeys") == before + len(go), "fields that are due are still there")
    assert everything(raw, "hash") == {field: hash_of[field] for field in stay}
    assert raw.command("HPEXPIRE", "hash", 2, "FIELDS", len(stay), *stay) == [1] * len(stay)
    wait_until(lambda: b"keys=" not in raw.command("INFO", "keyspace"), "the empty hash is still there")
    assert count_of(raw, "expired_subkeys") == before + len(hash_of)
    assert raw.command("EXISTS", "hash") == 0


def count_of(raw, name):
    text = raw.command("INFO", "stats").decode()
    return int(next(line.split(":")[1] for line in text.split("\r\n") if line.startswith(name + ":")))


def test_a_key_whose_fields_are_all_due_is_no_key(lazy):
    raw = lazy
    for look in (("EXISTS", "hash"), ("TYPE", "hash"), ("HLEN", "hash"), ("TTL", "hash"), ("OBJECT", "ENCODING", "hash"), ("RENAMENX", "hash", "other"), ("DEL", "hash"),
                 ("COPY", "hash", "other")):
        raw.command("HSETEX", "hash", "PX", 1, "FIELDS", 2, "a", 1, "b", 2)
        time.sleep(0.005)
        assert raw.command(*look) in (0, -2, None, b"none", Error(b"ERR no such key")), look
    raw.command("HSETEX", "hash", "PX", 1, "FIELDS", 2, "a", 1, "b", 2)
    time.sleep(0.005)
    assert raw.command("SET", "hash", "now a string", "NX") == b"OK"


def test_many_hashes_lose_their_fields_in_time(raw):
    """Each of 3,000 hashes has a field that goes, one that stays, and some a time to live of their own."""
    before = count_of(raw, "expired_subkeys")
    for n in range(3000):
        raw.command("HSET", f"hash:{n}", "stays", n, "goes", n)
        raw.command("HPEXPIRE", f"hash:{n}", 1 + n % 50, "FIELDS", 1, "goes")
        if n % 3 == 0:
            raw.command("EXPIRE", f"hash:{n}", 10_000)
        if n % 3 == 1:
            raw.command("HEXPIRE", f"hash:{n}", 10_000, "FIELDS", 1, "stays")
    wait_until(lambda: count_of(raw, "expired_subkeys") == before + 3000, "fields that are due are still there")
    for n in range(3000):
        assert raw.command("HGETALL", f"hash:{n}") == [b"stays", b"%d" % n]
    info = raw.command("INFO", "keyspace").decode()
    assert "db0:keys=3000,expires=1000," in info


def test_all_fields_of_a_large_hash_fall_due_at_once(raw):
    fields = names(100_000)
    fill(raw, "hash", fields)
    raw.command("HSET", "hash", "stays", 1)
    before = count_of(raw, "expired_subkeys")
    due_ms = int(time.time() * 1000) + 500
    replies = raw.pipeline(*(("HPEXPIREAT", "hash", due_ms, "FIELDS", 2000, *fields[at : at + 2000]) for at in range(0, len(fields), 2000)))
    erased = sum(reply.count(2) for reply in replies)  # by the command, because it was due by then
    wait_until(lambda: raw.command("HLEN", "hash") == 1, "fields that are due still count")
    assert everything(raw, "hash") == {b"stays": b"1"}
    assert raw.command("HRANDFIELD", "hash", 5) == [b"stays"]
    wait_until(lambda: count_of(raw, "expired_subkeys") - before == len(fields) - erased, "fields that are due are still there")
    assert everything(raw, "hash") == {b"stays": b"1"}


def test_a_writer_and_the_expiry_of_its_fields(server):
    """Several clients give the fields of the same hashes times and take them away, while they fall due."""
    failures = []

    def work(number):
        try:
            raw = server.raw()
            for step in range(300):
                key = f"hash:{(number + step) % 5}"
                raw.command("HSETEX", key, "PX", 1 + step % 7, "FIELDS", 40, *(word for n in range(40) for word in (f"{number}:{step}:{n}", n)))
                raw.command("HSET", key, f"{number}:{step}:stays", 1, f"{number}:{step}:0", 1)
                raw.command("HPERSIST", key, "FIELDS", 2, f"{number}:{step}:1", f"{number}:{step}:2")
                raw.command("HGETALL", key)
                raw.command("HRANDFIELD", key, 5)
                raw.command("HSCAN", key, 0)
                raw.command("COPY", key, f"copy:{number}", "REPLACE")
        except Exception as error:  # noqa: BLE001 - reported below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    raw = server.raw()
    for number in range(4):
        for step in range(300):
            key = f"hash:{(number + step) % 5}"
            assert raw.command("HMGET", key, f"{number}:{step}:stays", f"{number}:{step}:0") == [b"1", b"1"]


# HGETEX


def test_hgetex_returns_and_gives_times(raw, hash_of):
    assert raw.command("HGETEX", "hash", "FIELDS", 2, "soon", "missing") == [b"vsoon", None]
    assert raw.command("HTTL", "hash", "FIELDS", 1, "soon") == [-1]
    assert raw.command("HGETEX", "hash", "EX", 100, "FIELDS", 2, "soon", "missing") == [b"vsoon", None]
    assert raw.command("HTTL", "hash", "FIELDS", 2, "soon", "later") == [100, -1]
    assert raw.command("HGETEX", "hash", "FIELDS", 1, "soon") == [b"vsoon"]
    assert nearly(raw.command("HTTL", "hash", "FIELDS", 1, "soon")[0], 100)
    assert raw.command("HGETEX", "hash", "PXAT", 4102444800001, "FIELDS", 1, "soon") == [b"vsoon"]
    assert raw.command("HPEXPIRETIME", "hash", "FIELDS", 1, "soon") == [4102444800001]
    assert raw.command("HGETEX", "hash", "persist", "FIELDS", 2, "soon", "later") == [b"vsoon", b"vlater"]
    assert raw.command("HTTL", "hash", "FIELDS", 2, "soon", "later") == [-1, -1]
    assert raw.command("HGETEX", "hash", "EXAT", 1, "FIELDS", 2, "soon", "soon") == [b"vsoon", b"vsoon"]
    del hash_of[b"soon"]
    assert everything(raw, "hash") == hash_of
    assert raw.command("HGETEX", "missing", "EX", 1, "FIELDS", 2, "a", "b") == [None, None]
    raw.command("HSET", "last", "a", 1)
    assert raw.command("HGETEX", "last", "PX", 0, "FIELDS", 1, "a") == [b"1"]
    assert raw.command("EXISTS", "last") == 0


# HSETEX


def test_hsetex_sets_values_and_times(raw, hash_of):
    assert raw.command("HSETEX", "hash", "EX", 100, "FIELDS", 2, "soon", "a", "new", "b") == 1
    assert raw.command("HTTL", "hash", "FIELDS", 3, "soon", "new", "later") == [100, 100, -1]
    assert raw.command("HSETEX", "hash", "KEEPTTL", "FIELDS", 2, "soon", "c", "later", "d") == 1
    assert raw.command("HMGET", "hash", "soon", "new", "later") == [b"c", b"b", b"d"]
    assert nearly(raw.command("HTTL", "hash", "FIELDS", 1, "soon")[0], 100) and raw.command("HTTL", "hash", "FIELDS", 1, "later") == [-1]
    assert raw.command("HSETEX", "hash", "FIELDS", 1, "soon", "e") == 1
    assert raw.command("HTTL", "hash", "FIELDS", 1, "soon") == [-1]
    assert raw.command("HSETEX", "hash", "PXAT", 1, "FIELDS", 2, "soon", "x", "never", "x") == 1
    assert raw.command("HMGET", "hash", "soon", "never") == [None, None]
    assert raw.command("HSETEX", "missing", "EX", 0, "FIELDS", 1, "a", 1) == 1
    assert raw.command("EXISTS", "missing") == 0
    raw.command("HSET", "last", "a", 1)
    assert raw.command("HSETEX", "last", "EX", 0, "FIELDS", 1, "a", 1) == 1
    assert raw.command("EXISTS", "last") == 0


def test_conditions_of_hsetex(raw):
    raw.command("HSET", "hash", "a", 1)
    for options, fields, expected in [(("NX",), "b", 0), (("XX",), "b", 1), (("FNX",), "c", 1), (("FNX",), "ad", 0), (("FXX",), "a", 1), (("FXX",), "ae", 0),
                                      (("XX", "FXX"), "ac", 1), (("xx", "fnx", "EX", 100), "f", 1), (("EX", 100, "NX"), "g", 0)]:
        words = [word for field in fields for word in (field, 2)]
        assert raw.command("HSETEX", "hash", *options, "FIELDS", len(fields), *words) == expected, options
    assert sorted(raw.command("HKEYS", "hash")) == [b"a", b"b", b"c", b"f"]
    assert raw.command("HSETEX", "none", "XX", "FIELDS", 1, "a", 1) == 0
    assert raw.command("HSETEX", "none", "FXX", "FIELDS", 1, "a", 1) == 0
    assert raw.command("EXISTS", "none") == 0
    assert raw.command("HSETEX", "none", "NX", "FNX", "FIELDS", 1, "a", 1) == 1
    raw.command("SET", "string", 1)
    assert raw.command("HSETEX", "string", "FIELDS", 1, "a", 1) == WRONG_TYPE


def test_what_the_newer_three_refuse(raw):
    raw.command("HSET", "hash", "a", 1)
    not_an_integer = Error(b"ERR value is not an integer or out of range")
    for command, error in [
            (("HGETEX", "hash", "FIELDS", 2, "a"), FIELDS_MISMATCH), (("HGETEX", "hash", "FIELDS", 0, "a"), FIELDS_MISMATCH),
            (("HGETEX", "hash", "FIELDS", -1, "a"), FIELDS_MISMATCH), (("HGETEX", "hash", "FIELDS", 1, "a", "b"), FIELDS_MISMATCH),
            (("HGETEX", "hash", "EX", 10, "EX", 20), FIELDS_MISMATCH), (("HGETEX", "hash", "EX", 1, "PX", 1, "FIELDS", 1, "a"), SYNTAX_ERROR),
            (("HGETEX", "hash", "KEEPTTL", "FIELDS", 1, "a"), SYNTAX_ERROR), (("HGETEX", "hash", "EX", "x", "FIELDS", 1, "a"), not_an_integer),
            (("HGETEX", "hash", "EX", -1, "FIELDS", 1, "a"), Error(b"ERR invalid expire time in 'hgetex' command")),
            (("HGETEX", "hash", "PXAT", LATEST_MS + 1, "FIELDS", 1, "a"), Error(b"ERR invalid expire time in 'hgetex' command")),
            (("HGETEX", "hash", "FIELDS", 1), arity_error("hgetex")),
            (("HSETEX", "hash", "FIELDS", 1, "a"), arity_error("hsetex")), (("HSETEX", "hash", "FIELDS", 2, "a", 1), FIELDS_MISMATCH),
            (("HSETEX", "hash", "FIELDS", 1, "a", 1, "b"), FIELDS_MISMATCH), (("HSETEX", "hash", "PERSIST", "FIELDS", 1, "a", 1), SYNTAX_ERROR),
            (("HSETEX", "hash", "NX", "XX", "FIELDS", 1, "a", 1), SYNTAX_ERROR), (("HSETEX", "hash", "FNX", "FXX", "FIELDS", 1, "a", 1), SYNTAX_ERROR),
            (("HSETEX", "hash", "EX", 1, "KEEPTTL", "FIELDS", 1, "a", 1), SYNTAX_ERROR),
            (("HSETEX", "hash", "EX", -5, "FIELDS", 1, "a", 1), Error(b"ERR invalid expire time in 'hsetex' command")),
            (("HGETDEL", "hash", "FIELDS", 2, "a"), FIELDS_MISMATCH), (("HGETDEL", "hash", "FIELDS", "x", "a"), FIELDS_MISMATCH),
            (("HGETDEL", "hash", "FIELD", 1, "a"), FIELDS_MISMATCH), (("HGETDEL", "hash", "FIELDS", 1), arity_error("hgetdel"))]:
        assert raw.command(*command) == error, command
    assert everything(raw, "hash") == {b"a": b"1"} and raw.command("HTTL", "hash", "FIELDS", 1, "a") == [-1]


def test_hgetdel(raw, hash_of):
    assert raw.command("HGETDEL", "hash", "FIELDS", 3, "soon", "missing", "soon") == [b"vsoon", None, b"vsoon"]
    del hash_of[b"soon"]
    assert everything(raw, "hash") == hash_of
    assert raw.command("HGETDEL", "missing", "FIELDS", 1, "a") == [None]
    fields = list(hash_of)
    assert raw.command("HGETDEL", "hash", "FIELDS", len(fields), *fields) == list(hash_of.values())
    assert raw.command("EXISTS", "hash") == 0


# HSCAN


def test_hscan_returns_what_stays_while_the_hash_becomes_indexed_grows_and_shrinks(raw):
    stay = set(fill(raw, "hash", names(100, 12)))
    cursor, seen = raw.command("HSCAN", "hash", 0, "COUNT", 1, "NOVALUES")
    assert cursor == b"0" and set(seen) == stay  # packed: all at once
    fill(raw, "hash", range(20_000))
    seen, cursor, goes, step = [], b"0", 20_000, 0
    while True:
        cursor, fields = raw.command("HSCAN", "hash", cursor, "COUNT", 20, "NOVALUES")
        seen += fields
        if cursor == b"0":
            break
        step += 1
        if step % 3 == 0 and goes > 0:
            raw.command("HDEL", "hash", *range(goes - 200, goes))
            goes -= 200
        elif step % 3 == 1:
            raw.command("HSET", "hash", *(word for n in range(100) for word in (f"new:{step}:{n}", n)))
    assert step > 50
    assert sorted(field for field in seen if field in stay) == sorted(stay)


def test_hscan_matches_and_counts(raw):
    pairs = fill(raw, "hash", names(3000))
    flat = scan_all(raw, "hash")
    assert dict(zip(flat[::2], flat[1::2])) == pairs
    assert set(scan_all(raw, "hash", "MATCH", "*7", "COUNT", 100, "NOVALUES")) == {field for field in pairs if field.endswith(b"7")}
    cursor, words = raw.command("HSCAN", "hash", 0, "COUNT", 100)
    assert cursor != b"0" and 200 <= len(words) < 2000
    assert raw.command("HSCAN", "hash", 2**63) == [b"0", []]
    assert raw.command("HSCAN", "missing", 0, "NOVALUES") == [b"0", []]
    assert raw.command("HSCAN", "hash", 0, "NOSCORES") == Error(b"ERR NOSCORES option can only be used in ZSCAN")


# Chance


@pytest.mark.parametrize("count", [20, 200, 700], ids=["in the entry", "packed", "hashtable"])
@pytest.mark.parametrize("with_due_fields", [False, True])
def test_hrandfield_gives_all_and_repeats_when_asked(lazy, count, with_due_fields):
    raw = lazy
    pairs = fill(raw, "hash", names(count))
    if with_due_fields:
        fill(raw, "hash", (f"due{n}" for n in range(count)))
        raw.command("HPEXPIRE", "hash", 1, "FIELDS", count, *(f"due{n}" for n in range(count)))
        time.sleep(0.005)
    drawn = raw.command("HRANDFIELD", "hash", -200 * count)
    assert len(drawn) == 200 * count and set(drawn) <= set(pairs)
    counts = dict.fromkeys(pairs, 0)
    for field in drawn:
        counts[field] += 1
    # With that many degrees of freedom, nine standard deviations: once in far more runs than there will be.
    assert sum((number - 200) ** 2 / 200 for number in counts.values()) < count + 9 * (2 * count) ** 0.5
    for wanted in (1, 5, count - 1):
        chosen = raw.command("HRANDFIELD", "hash", wanted, "WITHVALUES")
        assert len(chosen) == 2 * wanted == 2 * len(set(chosen[::2]))
        assert all(pairs[field] == value for field, value in zip(chosen[::2], chosen[1::2]))
    assert sorted(raw.command("HRANDFIELD", "hash", count + 5)) == sorted(pairs)
    assert raw.command("HRANDFIELD", "hash") in pairs


def test_no_hrandfield_is_of_a_size_that_only_its_client_claims(raw):
    raw.command("HSET", "hash", "a", 1)
    assert raw.command("HRANDFIELD", "hash", -(2**40)) == Error(b"ERR value is out of range")
    assert raw.command("HRANDFIELD", "hash", 2**40) == [b"a"]


# RESP3


def test_replies_in_resp3(raw3):
    for count in (3, 700):
        raw3.command("DEL", "hash")
        pairs = fill(raw3, "hash", names(count))
        reply = raw3.command("HGETALL", "hash")
        assert type(reply) is Map and reply.as_dict() == pairs
        chosen = raw3.command("HRANDFIELD", "hash", 2, "WITHVALUES")
        assert [type(pair) for pair in chosen] == [list, list] and all(pairs[field] == value for field, value in chosen)
        assert len(raw3.command("HSCAN", "hash", 0, "COUNT", 10_000)[1]) == 2 * count
    assert type(raw3.command("HGETALL", "missing")) is Map
    assert type(raw3.command("HKEYS", "missing")) is list
    assert raw3.command("HGETEX", "missing", "FIELDS", 1, "a") == [None]


# DEBUG DIGEST


@pytest.mark.parametrize("fields", FORMS.values(), ids=FORMS)
def test_digests_are_those_of_redis(start_server, start_oracle, fields):
    raw, other = (start("--enable-debug-command", "yes").raw() for start in (start_server, start_oracle))
    fill(raw, "hash", fields)
    fill(other, "hash", reversed(list(fields)))
    assert raw.command("DEBUG", "DIGEST-VALUE", "hash") == other.command("DEBUG", "DIGEST-VALUE", "hash")
    assert len(raw.command("DEBUG", "DIGEST-VALUE", "hash")[0]) == 40
    assert raw.command("DEBUG", "DIGEST") == other.command("DEBUG", "DIGEST")
    first = str(list(fields)[0])
    plain = raw.command("DEBUG", "DIGEST-VALUE", "hash")
    raw.command("HEXPIRE", "hash", 1000, "FIELDS", 1, first)
    timed = raw.command("DEBUG", "DIGEST-VALUE", "hash")
    raw.command("HEXPIRE", "hash", 2000, "FIELDS", 1, first)
    assert plain != timed == raw.command("DEBUG", "DIGEST-VALUE", "hash")


# Large hashes


def test_a_large_hash_is_written_read_and_removed_by_many_clients(server):
    failures = []

    def work(number):
        try:
            raw = server.raw()
            for at in range(0, 6000, 100):
                raw.command("HSET", f"hash:{at % 3}", *(word for n in range(at, at + 100) for word in (f"{number}:{n}", n)))
                raw.command("HINCRBY", "sum", "n", 100)
                raw.command("HGETALL", f"hash:{at % 3}")
                raw.command("HDEL", f"hash:{at % 3}", f"{number}:{at}")
        except Exception as error:  # noqa: BLE001 - reported below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    raw = server.raw()
    assert sum(raw.command("HLEN", f"hash:{n}") for n in range(3)) == 4 * (6000 - 60)
    assert raw.command("HGET", "sum", "n") == b"24000"


def used_memory(raw):
    return next(int(line.split(b":")[1]) for line in raw.command("INFO", "memory").split(b"\r\n") if line.startswith(b"used_memory:"))


def test_a_deleted_large_hash_gives_its_memory_back(start_server):
    raw = start_server().raw()  # of its own: nothing of other tests is still being freed
    before = used_memory(raw)
    fill(raw, "hash", names(100_000, 12))
    filled = used_memory(raw)
    assert filled > before + 100_000 * 30
    assert raw.command("DEL", "hash") == 1
    wait_until(lambda: used_memory(raw) <= before + (filled - before) // 20, "the memory of the deleted hash is still used")
