"""SORT and SORT_RO, as far as the comparison with redis-server 7.0.15 does not show it."""
import threading

import pytest

from raw_client import Error, encode

NO_DOUBLE = Error(b"ERR One or more scores can't be converted into double")


def test_numbers_are_sorted_as_numbers_and_words_as_words(raw):
    raw.command("RPUSH", "k", 10, 9, -1, "1e1", 2.5)
    assert raw.command("SORT", "k") == [b"-1", b"2.5", b"9", b"10", b"1e1"]
    assert raw.command("SORT", "k", "DESC", "LIMIT", 1, 2) == [b"10", b"9"]
    assert raw.command("SORT", "k", "ALPHA") == [b"-1", b"10", b"1e1", b"2.5", b"9"]
    raw.command("RPUSH", "k", "word")
    assert raw.command("SORT", "k") == NO_DOUBLE
    assert raw.command("SORT", "k", "STORE", "d") == NO_DOUBLE
    assert raw.command("EXISTS", "d") == 0


def test_patterns_lead_to_strings_and_fields(raw):
    raw.command("SADD", "ids", 1, 2, 3)
    raw.command("MSET", "weight_1", 30, "weight_2", 10, "weight_3", 20, "name_1", "one")
    raw.command("HSET", "object_2", "name", "two", "rank", 5)
    assert raw.command("SORT", "ids", "BY", "weight_*") == [b"2", b"3", b"1"]
    assert raw.command("SORT_RO", "ids", "BY", "weight_*", "GET", "#", "GET", "name_*", "GET", "object_*->name") == [
        b"2", None, b"two", b"3", None, None, b"1", b"one", None]


def test_a_stored_result_replaces_what_is_there(raw):
    raw.command("RPUSH", "k", 3, 1, 2)
    raw.command("SET", "d", "old", "EX", 1000)
    assert raw.command("SORT", "k", "STORE", "d") == 3
    assert raw.command("LRANGE", "d", 0, -1) == [b"1", b"2", b"3"]
    assert raw.command("TTL", "d") == -1
    assert raw.command("SORT", "k", "STORE", "k") == 3
    assert raw.command("LRANGE", "k", 0, -1) == [b"1", b"2", b"3"]
    assert raw.command("SORT", "missing", "STORE", "d") == 0
    assert raw.command("EXISTS", "d") == 0


def test_sort_ro_stores_nothing(raw):
    assert raw.command("SORT_RO", "k", "STORE", "d") == Error(b"ERR syntax error")


def test_a_source_that_expires_meanwhile_is_no_danger(raw):
    """Keys that a pattern names and that are due go while it is read."""
    for n in range(100):
        raw.command("SET", f"weight_{n}", n, "PX", 1)
    raw.command("RPUSH", "k", *range(100))
    raw.command("DEBUG", "SET-ACTIVE-EXPIRE", 0)
    assert raw.command("SORT", "k", "BY", "weight_*", "GET", "weight_*", "LIMIT", 0, 5) is not None
    raw.command("DEBUG", "SET-ACTIVE-EXPIRE", 1)


def test_a_large_collection(raw):
    raw.send_raw(b"".join(encode("RPUSH", "k", *range(n, 20_000, 20)) for n in range(20)))
    assert [raw.read_reply() for _ in range(20)][-1] == 20_000
    assert raw.command("SORT", "k", "DESC") == [b"%d" % n for n in reversed(range(20_000))]
    assert raw.command("SORT", "k", "LIMIT", 10_000, 3) == [b"10000", b"10001", b"10002"]


def test_weights_that_change_together_are_seen_together(start_server):
    """Patterns lead to keys of other shards: what MSET changes at once, SORT sees before or after it."""
    server = start_server(threads=4)
    setup = server.raw()
    setup.command("RPUSH", "k", 1, 2, 3, 4)
    setup.command("MSET", *(word for n in range(1, 5) for word in (f"w_{n}", n)))
    wrong, done = [], threading.Event()

    def change(seed):
        raw = server.raw()
        for n in range(400):
            order = [1, 2, 3, 4] if (n + seed) % 2 else [4, 3, 2, 1]
            raw.command("MSET", *(word for element, weight in zip(range(1, 5), order) for word in (f"w_{element}", weight)))

    def look():
        raw = server.raw()
        while not done.is_set():
            seen = raw.command("SORT", "k", "BY", "w_*")
            raw.command("SORT", "k", "BY", "w_*", "GET", "w_*", "STORE", "d")
            if seen not in ([b"1", b"2", b"3", b"4"], [b"4", b"3", b"2", b"1"]):
                wrong.append(seen)

    watchers = [threading.Thread(target=look) for _ in range(2)]
    writers = [threading.Thread(target=change, args=(seed,)) for seed in range(2)]
    for thread in watchers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in watchers:
        thread.join()
    assert not wrong
    assert setup.command("LRANGE", "d", 0, -1) == [b"1", b"2", b"3", b"4"]


# --- MEMORY USAGE


def test_memory_usage_of_small_values_is_their_block(raw):
    raw.command("SET", "k" * 16, "v" * 8)
    assert raw.command("MEMORY", "USAGE", "k" * 16) == 32
    raw.command("EXPIRE", "k" * 16, 1000)
    assert raw.command("MEMORY", "USAGE", "k" * 16, "SAMPLES", 0) == 40
    assert raw.command("MEMORY", "USAGE", "missing") is None
    assert raw.command("MEMORY", "USAGE", "k" * 16, "SAMPLES", -1) == Error(b"ERR syntax error")
    raw.command("SET", "k" * 300, "v")
    assert 300 < raw.command("MEMORY", "USAGE", "k" * 300) < 420


@pytest.mark.release_only
@pytest.mark.parametrize("kind", ["string", "list", "set", "zset", "hash", "stream"])
def test_memory_usage_is_what_the_server_takes(start_server, kind):
    raw = start_server(threads=1).raw()

    def used():
        return int(raw.command("INFO", "memory").split(b"used_memory:")[1].split(b"\r")[0])

    def commands():
        for n in range(0, 100_000, 100):
            items = [f"item {i}" for i in range(n, n + 100)]
            if kind == "string":
                yield ["APPEND", "k", "x" * 4000]
            elif kind == "list":
                yield ["RPUSH", "k", *items]
            elif kind == "set":
                yield ["SADD", "k", *items]
            elif kind == "zset":
                yield ["ZADD", "k", *(word for item in items for word in (n, item))]
            elif kind == "hash":
                yield ["HSET", "k", *(word for item in items for word in (item, item))]
            else:
                yield ["XADD", "k", f"{n + 1}-1", *(word for item in items for word in (item, item))]

    raw.command("PING")
    before = used()
    for command in commands():
        raw.command(*command)
    grown = used() - before
    usage = raw.command("MEMORY", "USAGE", "k")
    assert usage > 1_000_000
    assert abs(usage - grown) < 0.05 * grown + 100_000
