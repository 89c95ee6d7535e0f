"""Commands on keys: deleting, renaming, copying, moving, expiring, flushing, looking inside."""
import random
import re
import threading
import time

import pytest

from waiting import FairTime, in_one_of, nearly, wait_until

DEBUG = ("--enable-debug-command", "yes")


def values(raw):
    """One value of each way to store: key -> (how it is made, how it is read)."""
    made = {
        "integer": (("SET", "integer", 12345), ("GET",)),
        "short": (("SET", "short", "abc"), ("GET",)),
        "near": (("SET", "near", "n" * 400), ("GET",)),
        "long": (("SET", "long", "l" * 100_000), ("GET",)),
    }
    for make, _ in made.values():
        assert raw.command(*make) == b"OK"
    if raw.command("RPUSH", "list", "a", "b", 3) == 3:
        raw.command("RPUSH", "longlist", *(f"element {n}" for n in range(5000)))
        made["list"] = made["longlist"] = (None, ("LRANGE", 0, -1))
    return {key: read for key, (_, read) in made.items()}


def get(raw, key, read):
    return raw.command(read[0], key, *read[1:])


# --- deleting, counting, touching ---


def test_del_counts_each_key_once(raw):
    raw.pipeline(("SET", "a", 1), ("SET", "b", 2))
    assert raw.command("DEL", "a", "a", "missing", "b", "a") == 2
    assert raw.command("UNLINK", "a") == 0


def test_exists_and_touch_count_every_mention(raw):
    raw.command("SET", "a", 1)
    assert raw.command("EXISTS", "a", "a", "missing", "a") == 3
    assert raw.command("TOUCH", "a", "a", "missing") == 2


@pytest.mark.parametrize("size", [0, 1, 254, 255, 256, 257, 100_000])
def test_keys_of_every_length(raw, size):
    key = "k" * size
    assert raw.command("SET", key, "v", "EX", 100) == b"OK"
    assert raw.command("EXISTS", key) == 1
    assert raw.command("KEYS", "*") == [key.encode()]
    assert raw.command("RENAME", key, key + "2") == b"OK"
    assert raw.command("COPY", key + "2", key) == 1
    assert nearly(raw.command("TTL", key), 100)
    assert raw.command("DEL", key, key + "2") == 2


def test_deleting_a_large_list_takes_no_time(server, raw, time_factor):
    elements = [f"element {n}" for n in range(50_000)]

    def check():
        for _ in range(20):
            raw.command("RPUSH", "list", *elements)
        assert raw.command("LLEN", "list") == 1_000_000
        watch = FairTime(server)
        assert raw.command("DEL", "list") == 1
        seconds = watch.seconds()
        assert raw.command("EXISTS", "list") == 0
        assert seconds < 0.1 * time_factor

    in_one_of(3, check)


# --- moving ---


@pytest.mark.parametrize("ttl", [None, 1000])
def test_rename_copy_and_move_carry_every_kind_of_value(raw, ttl):
    def has_ttl(key):
        left = raw.command("TTL", key)
        return nearly(left, ttl) if ttl else left == -1

    for key, read in values(raw).items():
        if ttl:
            raw.command("EXPIRE", key, ttl)
        before = get(raw, key, read)
        raw.command("SET", "other", "overwritten" * 100, "EX", 5)
        assert raw.command("RENAME", key, "other") == b"OK"
        assert raw.command("EXISTS", key) == 0
        assert get(raw, "other", read) == before
        assert has_ttl("other")
        assert raw.command("COPY", "other", key) == 1
        assert raw.command("COPY", "other", key) == 0
        assert raw.command("COPY", "other", key, "REPLACE") == 1
        assert raw.command("DEL", "other") == 1
        assert get(raw, key, read) == before
        assert has_ttl(key)
        assert raw.command("MOVE", key, 5) == 1
        assert raw.command("EXISTS", key) == 0
        raw.command("SELECT", 5)
        assert get(raw, key, read) == before
        assert has_ttl(key)
        assert raw.command("COPY", key, key, "DB", 0) == 1
        raw.command("SELECT", 0)
        assert get(raw, key, read) == before


def test_a_copy_is_independent(raw):
    raw.command("RPUSH", "list", *range(3000))
    raw.command("COPY", "list", "copy")
    raw.command("RPUSH", "copy", "more")
    assert raw.command("LLEN", "list") == 3000
    raw.command("SET", "text", "x" * 10_000)
    raw.command("COPY", "text", "text2")
    raw.command("APPEND", "text2", "y")
    assert raw.command("STRLEN", "text") == 10_000


def test_rename_to_itself(raw):
    assert raw.command("RENAME", "a", "a") == b"ERR no such key"
    raw.command("SET", "a", 1, "EX", 100)
    assert raw.command("RENAME", "a", "a") == b"OK"
    assert raw.command("RENAMENX", "a", "a") == 0
    assert nearly(raw.command("TTL", "a"), 100)


def test_rename_onto_an_expired_key(start_server):
    raw = start_server(*DEBUG).raw()
    raw.command("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    for number in range(200):  # in the same shard and in others
        raw.pipeline(("SET", f"from:{number}", "v" * 50), ("SET", f"to:{number}", "w" * 50, "PX", 1))
    time.sleep(0.01)
    for number in range(200):
        assert raw.command("RENAMENX", f"from:{number}", f"to:{number}") == 1
        assert raw.command("GET", f"to:{number}") == b"v" * 50
    assert raw.command("DBSIZE") == 200


def test_move_and_copy_refuse_what_redis_refuses(raw):
    raw.command("SET", "a", 1)
    assert raw.command("MOVE", "a", 0) == b"ERR source and destination objects are the same"
    assert raw.command("MOVE", "a", 16) == b"ERR DB index is out of range"
    assert raw.command("MOVE", "a", "x") == b"ERR value is not an integer or out of range"
    assert raw.command("COPY", "a", "a") == b"ERR source and destination objects are the same"
    assert raw.command("COPY", "a", "b", "DB", -1) == b"ERR DB index is out of range"
    assert raw.command("COPY", "a", "b", "FOO") == b"ERR syntax error"
    assert raw.command("COPY", "missing", "b") == 0


# --- expiring ---


def test_conditions_of_expire(raw):
    raw.command("SET", "a", 1)
    assert raw.command("EXPIRE", "a", 100, "XX") == 0
    assert raw.command("EXPIRE", "a", 100, "GT") == 0  # no time is an infinite time
    assert raw.command("EXPIRE", "a", 100, "LT") == 1
    assert raw.command("EXPIRE", "a", 50, "NX") == 0
    assert raw.command("EXPIRE", "a", 50, "GT") == 0
    assert raw.command("EXPIRE", "a", 200, "GT", "XX") == 1
    assert nearly(raw.command("TTL", "a"), 200)
    assert raw.command("PERSIST", "a") == 1
    assert raw.command("PERSIST", "a") == 0
    assert raw.command("TTL", "a") == -1
    assert raw.command("TTL", "missing") == -2


def test_a_time_that_is_over_deletes(raw):
    for command, time_ in (("EXPIRE", 0), ("PEXPIRE", -1), ("EXPIREAT", 1), ("PEXPIREAT", -(2**63))):
        raw.command("SET", "a", 1)
        assert raw.command(command, "a", time_) == 1
        assert raw.command("EXISTS", "a") == 0


def test_the_largest_times(raw):
    raw.command("SET", "a", 1)
    assert raw.command("PEXPIREAT", "a", 2**63 - 1) == 1
    assert raw.command("PEXPIRETIME", "a") == 2**63 - 1
    assert raw.command("EXPIRETIME", "a") == 9223372036854776
    assert raw.command("EXPIRE", "a", 2**63 - 1) == b"ERR invalid expire time in 'expire' command"
    assert raw.command("EXPIREAT", "a", 9223372036854776) == b"ERR invalid expire time in 'expireat' command"


# --- whole databases ---


def test_flushdb_and_flushall(raw):
    for database in (0, 1, 2):
        raw.command("SELECT", database)
        raw.pipeline(*(("SET", f"key:{n}", n) for n in range(100)))
    assert raw.command("FLUSHDB", "sync") == b"OK"
    assert raw.command("DBSIZE") == 0
    raw.command("SELECT", 1)
    assert raw.command("DBSIZE") == 100
    assert raw.command("FLUSHALL", "ASYNC") == b"OK"
    assert raw.command("DBSIZE") == 0
    raw.command("SELECT", 0)
    assert raw.command("FLUSHALL", "x") == b"ERR syntax error"
    assert raw.command("FLUSHDB", "SYNC", "ASYNC") == b"ERR syntax error"


def test_swapdb(raw):
    raw.pipeline(("SET", "a", "zero", "EX", 100), ("SELECT", 3), ("SET", "b", "three"), ("SWAPDB", 0, 3))
    assert raw.command("GET", "a") == b"zero"
    assert nearly(raw.command("TTL", "a"), 100)
    raw.command("SELECT", 0)
    assert raw.command("KEYS", "*") == [b"b"]
    assert raw.command("SWAPDB", 0, 16) == b"ERR DB index is out of range"
    assert raw.command("SWAPDB", "x", 0) == b"ERR invalid first DB index"
    assert raw.command("SWAPDB", 0, "x") == b"ERR invalid second DB index"


@pytest.mark.release_only
def test_a_flush_gives_memory_back(start_server):
    server = start_server()
    raw = server.raw()
    empty = server.resident_bytes()
    for at in range(0, 300_000, 1000):
        raw.pipeline(*(("SET", f"key:{n}", "v" * 100) for n in range(at, at + 1000)))
    full = server.resident_bytes()
    assert full > empty + 30_000_000
    raw.command("FLUSHALL")
    wait_until(lambda: server.resident_bytes() <= empty + (full - empty) / 4, "the memory stays")


# --- looking inside ---


def test_object_encoding(raw):
    for value, encoding in ((1, b"int"), ("007", b"embstr"), ("x" * 44, b"embstr"), ("x" * 45, b"raw"), ("x" * 9999, b"raw")):
        raw.command("SET", "a", value)
        assert raw.command("OBJECT", "ENCODING", "a") == encoding
    assert raw.command("OBJECT", "ENCODING", "missing") is None
    assert raw.command("OBJECT", "REFCOUNT", "a") == 1


def test_idle_time_counts_seconds_without_access(raw):
    since = time.monotonic()
    raw.command("SET", "a", 1)
    time.sleep(2.1)

    def idle_at_most():  # counted in whole seconds of the clock
        return time.monotonic() - since + 1

    assert 2 <= raw.command("OBJECT", "IDLETIME", "a") <= idle_at_most()
    raw.command("EXISTS", "a")
    raw.command("TTL", "a")
    raw.command("TYPE", "a")
    assert 2 <= raw.command("OBJECT", "IDLETIME", "a") <= idle_at_most()
    since = time.monotonic()
    raw.command("TOUCH", "a")
    idle = raw.command("OBJECT", "IDLETIME", "a")
    assert idle <= idle_at_most()
    assert raw.command("OBJECT", "FREQ", "a").startswith(b"ERR An LFU maxmemory policy is not selected")


def test_frequency_counts_accesses_under_an_lfu_policy(start_server):
    # Without the decay that the next minute on the clock, which may come at any time, would bring.
    raw = start_server("--maxmemory-policy", "allkeys-lfu", "--lfu-decay-time", "0").raw()
    raw.command("SET", "a", 1)
    assert raw.command("OBJECT", "FREQ", "a") == 5
    for _ in range(20):
        raw.pipeline(*[("GET", "a")] * 100)
    frequent = raw.command("OBJECT", "FREQ", "a")
    assert 15 <= frequent <= 40
    raw.command("SET", "a", "an overwrite keeps the count")
    assert frequent <= raw.command("OBJECT", "FREQ", "a") <= frequent + 1
    assert raw.command("OBJECT", "IDLETIME", "a").startswith(b"ERR An LFU maxmemory policy is selected")


def test_debug_digest_equals_that_of_redis(start_server, start_oracle):
    ours, theirs = start_server(*DEBUG).raw(), start_oracle(*DEBUG).raw()
    assert ours.command("DEBUG", "DIGEST") == theirs.command("DEBUG", "DIGEST") == b"0" * 40
    rng = random.Random(5)
    for number in range(200):
        database = rng.randrange(4)
        text = rng.choice([str(rng.randrange(-(10**12), 10**12)), "x" * rng.randrange(600), "\0\r\n" * rng.randrange(3)])
        key = f"key:{number}"
        steps = [("SELECT", database), ("SET", key, text)]
        if rng.random() < 0.4:
            steps[1] = ("RPUSH", key, *(rng.choice([text, number, "b"]) for _ in range(rng.choice([1, 5, 2000]))))
        if rng.random() < 0.3:
            steps.append(("EXPIRE", key, 1000))
        assert ours.pipeline(*steps) == theirs.pipeline(*steps)
        if number % 20 == 0:
            assert ours.command("DEBUG", "DIGEST") == theirs.command("DEBUG", "DIGEST")
        look = ("DEBUG", "DIGEST-VALUE", key, "missing")
        assert ours.command(*look) == theirs.command(*look)
    assert ours.command("DEBUG", "DIGEST") == theirs.command("DEBUG", "DIGEST")


def test_debug(start_server):
    raw = start_server(*DEBUG).raw()
    start = time.monotonic()
    assert raw.command("DEBUG", "SLEEP", "0.1") == b"OK"
    assert time.monotonic() - start >= 0.1
    assert raw.command("DEBUG", "STRINGMATCH-LEN", "a*b", "axxb") == 1
    assert raw.command("DEBUG", "STRINGMATCH-LEN", "a*b", "axx") == 0
    assert raw.command("DEBUG", "OBJECT", "missing") == b"ERR no such key"
    raw.command("SET", "a", 1)
    assert re.match(rb"Value at:\S+ refcount:1 encoding:int serializedlength:\d+ lru:\d+ lru_seconds_idle:\d", raw.command("DEBUG", "OBJECT", "a"))
    unknown = b"ERR unknown subcommand or wrong number of arguments for 'JMAP'. Try DEBUG HELP."
    assert raw.command("DEBUG", "JMAP") == unknown
    assert raw.command("DEBUG", "HELP")[0].startswith(b"DEBUG <subcommand>")


def test_debug_sleep_stops_the_whole_server(start_server):
    """Clients of all workers write again and again; each of them has to wait once for as long as the sleep."""
    server = start_server(*DEBUG, threads=4)
    sleeper, others = server.raw(), [server.raw() for _ in range(7)]
    awake = threading.Event()
    longest = [0.0] * len(others)

    def write(who):
        last = False
        while not last:
            last = awake.is_set()
            begin = time.monotonic()
            assert others[who].command("SET", who, 1) == b"OK"
            longest[who] = max(longest[who], time.monotonic() - begin)

    writers = [threading.Thread(target=write, args=(who,)) for who in range(len(others))]
    for writer in writers:
        writer.start()
    assert sleeper.command("DEBUG", "SLEEP", "1") == b"OK"
    awake.set()
    for writer in writers:
        writer.join()
    assert min(longest) >= 0.8, longest  # less than the sleep: a reply from before it may be late


def test_time_passes_while_the_server_sleeps(start_server):
    raw = start_server(*DEBUG).raw()
    replies = raw.pipeline(("SET", "a", 1, "PX", 50), ("DEBUG", "SLEEP", "0.1"), ("GET", "a"))
    assert replies == [b"OK", b"OK", None]
