"""Streams, as far as redis-server 7.0.15 cannot be asked: what is newer, ids made from the clock, sizes, memory and threads."""
import threading
import time

import pytest

from raw_client import Error, encode

NO_GROUP = Error(b"NOGROUP No such key 'stream' or consumer group 'group' in XREADGROUP with GROUP option")


def add(raw, *ids, key="stream"):
    for identifier in ids:
        assert raw.command("XADD", key, identifier, "name", identifier) is not None


def entry(identifier):
    return [identifier.encode(), [b"name", identifier.encode()]]


def pairs(flat):
    return dict(zip(flat[::2], flat[1::2]))


def group_info(raw, key="stream"):
    return pairs(raw.command("XINFO", "GROUPS", key)[0])


# XREAD +, as since 7.4


def test_plus_reads_the_last_entry(raw):
    add(raw, "1-1", "2-1", "3-1")
    assert raw.command("XREAD", "STREAMS", "stream", "+") == [[b"stream", [entry("3-1")]]]
    assert raw.command("XREAD", "COUNT", 5, "STREAMS", "stream", "+") == [[b"stream", [entry("3-1")]]]


def test_plus_reads_the_last_entry_that_is_not_deleted(raw):
    add(raw, "1-1", "2-1", "3-1")
    raw.command("XDEL", "stream", "3-1")
    assert raw.command("XREAD", "STREAMS", "stream", "+") == [[b"stream", [entry("2-1")]]]


def test_plus_of_an_empty_or_missing_stream_is_nothing(raw):
    add(raw, "1-1")
    raw.command("XDEL", "stream", "1-1")
    raw.send_raw(encode("XREAD", "STREAMS", "stream", "missing", "+", "+"))
    assert raw.read_reply_bytes() == b"*-1\r\n"


def test_plus_may_be_mixed_with_other_ids(raw):
    add(raw, "1-1", "2-1")
    add(raw, "5-1", "6-1", key="other")
    assert raw.command("XREAD", "STREAMS", "stream", "other", "+", "5-1") == [[b"stream", [entry("2-1")]], [b"other", [entry("6-1")]]]


def test_plus_means_nothing_to_a_group(raw):
    add(raw, "1-1")
    raw.command("XGROUP", "CREATE", "stream", "group", 0)
    assert raw.command("XREADGROUP", "GROUP", "group", "alice", "STREAMS", "stream", "+") == Error(
        b"ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, "
        b"or use the > ID to get new messages. The + ID would just return an empty result set.")


# Until clients can wait, BLOCK answers like a client in MULTI


def test_block_does_not_wait_when_there_is_something_to_read(raw):
    add(raw, "1-1")
    assert raw.command("XREAD", "BLOCK", 0, "STREAMS", "stream", 0) == [[b"stream", [entry("1-1")]]]


# Consumers, as since 7.2


def consumer_info(raw, name):
    return next(info for info in map(pairs, raw.command("XINFO", "CONSUMERS", "stream", "group")) if info[b"name"] == name)


def test_a_consumer_is_inactive_until_it_gets_something(raw):
    add(raw, "1-1")
    raw.command("XGROUP", "CREATE", "stream", "group", "$")
    assert raw.command("XREADGROUP", "GROUP", "group", "alice", "STREAMS", "stream", ">") is None
    info = consumer_info(raw, b"alice")
    assert list(info) == [b"name", b"pending", b"idle", b"inactive"]
    assert info[b"inactive"] == -1 and info[b"idle"] >= 0
    add(raw, "2-1")
    raw.command("XREADGROUP", "GROUP", "group", "alice", "STREAMS", "stream", ">")
    assert consumer_info(raw, b"alice")[b"inactive"] >= 0


def test_full_information_shows_when_a_consumer_was_active(raw):
    add(raw, "1-1")
    raw.command("XGROUP", "CREATE", "stream", "group", 0)
    raw.command("XGROUP", "CREATECONSUMER", "stream", "group", "alice")

    def alice():
        return pairs(pairs(pairs(raw.command("XINFO", "STREAM", "stream", "FULL"))[b"groups"][0])[b"consumers"][0])

    assert list(alice()) == [b"name", b"seen-time", b"active-time", b"pel-count", b"pending"]
    assert alice()[b"active-time"] == -1 and alice()[b"seen-time"] > 1_700_000_000_000
    raw.command("XREADGROUP", "GROUP", "group", "alice", "STREAMS", "stream", ">")
    assert alice()[b"active-time"] == alice()[b"seen-time"]
    assert alice()[b"pending"] == [[b"1-1", alice()[b"active-time"], 1]]


@pytest.mark.parametrize("command", [["XCLAIM", "stream", "group", "bob", 0, "1-1"], ["XAUTOCLAIM", "stream", "group", "bob", 0, 0]], ids=lambda words: words[0])
def test_claiming_nothing_creates_the_consumer(raw, command):
    add(raw, "1-1")
    raw.command("XGROUP", "CREATE", "stream", "group", 0)
    raw.command(*command)
    assert consumer_info(raw, b"bob")[b"inactive"] == -1


def test_claiming_makes_active(raw):
    add(raw, "1-1")
    raw.command("XGROUP", "CREATE", "stream", "group", 0)
    raw.command("XREADGROUP", "GROUP", "group", "alice", "STREAMS", "stream", ">")
    assert raw.command("XCLAIM", "stream", "group", "bob", 0, "1-1", "JUSTID") == [b"1-1"]
    assert consumer_info(raw, b"bob")[b"inactive"] >= 0
    assert consumer_info(raw, b"alice")[b"pending"] == 0


# Lag, as since 7.4.2


def test_lag_is_the_length_when_all_that_is_gone_was_before_the_first_entry(raw):
    raw.command("XGROUP", "CREATE", "stream", "group", "$", "MKSTREAM")
    add(raw, "0-1", "0-2")
    raw.command("XREADGROUP", "GROUP", "group", "alice", "STREAMS", "stream", ">")
    add(raw, "0-3", "0-4")
    assert group_info(raw)[b"lag"] == 2
    raw.command("XDEL", "stream", "0-1", "0-2")
    assert group_info(raw)[b"lag"] == 2
    raw.command("XDEL", "stream", "0-3")
    assert group_info(raw)[b"lag"] == 1


def test_lag_is_unknown_behind_a_deleted_entry_that_is_yet_to_come(raw):
    add(raw, "1-0", "2-0", "3-0", "4-0")
    raw.command("XGROUP", "CREATE", "stream", "group", 0)
    raw.command("XREADGROUP", "GROUP", "group", "alice", "COUNT", 2, "STREAMS", "stream", ">")
    raw.command("XDEL", "stream", "3-0")
    assert group_info(raw)[b"lag"] is None
    raw.command("XREADGROUP", "GROUP", "group", "alice", "COUNT", 2, "STREAMS", "stream", ">")
    assert (group_info(raw)[b"entries-read"], group_info(raw)[b"lag"]) == (4, 0)


def test_lag_after_trimming_beyond_what_was_read(raw):
    add(raw, "1-1", "2-1", "3-1", "4-1", "5-1")
    raw.command("XGROUP", "CREATE", "stream", "group", 0)
    raw.command("XREADGROUP", "GROUP", "group", "alice", "COUNT", 1, "STREAMS", "stream", ">")
    raw.command("XTRIM", "stream", "MAXLEN", 2)
    assert group_info(raw)[b"lag"] == 2
    raw.command("XREADGROUP", "GROUP", "group", "alice", "COUNT", 1, "STREAMS", "stream", ">")
    assert (group_info(raw)[b"entries-read"], group_info(raw)[b"lag"]) == (4, 1)


# Ids made from the clock


def test_a_star_makes_ids_that_grow(raw):
    before = int(time.time() * 1000)
    ids = raw.pipeline(*[("XADD", "stream", "*", "a", "b")] * 2000)
    parsed = [tuple(map(int, identifier.split(b"-"))) for identifier in ids]
    assert parsed == sorted(set(parsed))
    assert before - 1000 <= parsed[0][0] <= time.time() * 1000 + 1000


def test_a_star_goes_on_behind_an_id_of_the_future(raw):
    raw.command("XADD", "stream", "99999999999999-5", "a", "b")
    assert raw.command("XADD", "stream", "*", "a", "b") == b"99999999999999-6"


# What only large streams have


def fill(raw, count, key="stream", size=10):
    """Entries 1-0, 2-0, ... with values of this size."""
    for at in range(1, count + 1, 1000):
        commands = [("XADD", key, f"{n}-0", "field1", f"{n:0{size}d}", "field2", f"{-n:0{size}d}") for n in range(at, min(at + 1000, count + 1))]
        assert len(raw.pipeline(*commands)) == len(commands)


def test_ranges_of_many_blocks_in_both_directions(raw):
    fill(raw, 5000)
    assert raw.command("XLEN", "stream") == 5000
    everything = raw.command("XRANGE", "stream", "-", "+")
    assert [one[0] for one in everything] == [b"%d-0" % n for n in range(1, 5001)]
    assert everything[4321] == [b"4322-0", [b"field1", b"0000004322", b"field2", b"-000004322"]]
    assert raw.command("XREVRANGE", "stream", "+", "-") == everything[::-1]
    assert raw.command("XRANGE", "stream", "(1234", 1300, "COUNT", 50) == everything[1234:1284]
    assert raw.command("XREVRANGE", "stream", 1300, 1234, "COUNT", 50) == everything[1250:1300][::-1]


def test_large_and_small_values_together(raw):
    expected = []
    for n, size in enumerate([1, 5000, 70_000, 3, 0, 1_000_000, 63, 64, 4095, 4096] * 3, 1):
        raw.command("XADD", "stream", f"{n}-0", "size", size, "value", "x" * size)
        expected.append([b"%d-0" % n, [b"size", b"%d" % size, b"value", b"x" * size]])
    assert raw.command("XRANGE", "stream", "-", "+") == expected
    raw.command("COPY", "stream", "copy")
    raw.command("XDEL", "stream", "3-0", "6-0")
    assert raw.command("XREVRANGE", "copy", "+", "-") == expected[::-1]
    assert raw.command("XRANGE", "stream", "-", "+") == [one for one in expected if one[0] not in (b"3-0", b"6-0")]


def test_approximate_trimming_leaves_whole_blocks(raw):
    fill(raw, 1000)
    assert raw.command("XTRIM", "stream", "MAXLEN", "~", 950) == 0
    assert raw.command("XTRIM", "stream", "MAXLEN", "~", 750, "LIMIT", 150) == 100
    assert raw.command("XTRIM", "stream", "MINID", "~", 450) == 300
    assert raw.command("XTRIM", "stream", "MINID", 450) == 49
    assert raw.command("XLEN", "stream") == 551


@pytest.mark.parametrize("words", [["DEL", "stream"], ["XTRIM", "stream", "MAXLEN", 0], ["SET", "stream", "x"], ["XGROUP", "DESTROY", "stream", "group"],
                                   ["XGROUP", "DELCONSUMER", "stream", "group", "alice"]], ids=lambda words: "-".join(map(str, words[:2])))
def test_what_a_stream_took_comes_back(start_server, words, time_factor):
    raw = (server := start_server(threads=2)).raw()

    def used():
        return server.client().info("memory")["used_memory"]

    start = used()
    fill(raw, 30_000)
    filled = used()
    raw.command("XGROUP", "CREATE", "stream", "group", 0)
    raw.command("XREADGROUP", "GROUP", "group", "alice", "STREAMS", "stream", ">")
    pending = used()
    assert filled - start > 600_000 and pending - filled > 1_000_000
    raw.command(*words)
    limit = filled + 200_000 if words[0] == "XGROUP" else pending - (filled - start) * 0.8 if words[0] == "XTRIM" else start + 200_000
    deadline = time.monotonic() + 20 * time_factor
    while used() > limit:
        assert time.monotonic() < deadline, f"{used()} of {start}, {filled}, {pending}"
        time.sleep(0.02)


@pytest.mark.release_only
def test_a_stream_takes_little_memory(start_server):
    raw = (server := start_server(threads=1)).raw()
    before = server.client().info("memory")["used_memory"]
    fill(raw, 100_000)
    after = server.client().info("memory")["used_memory"]
    assert (after - before) / 100_000 <= 29


def test_digests_are_those_of_redis(start_server, start_oracle):
    servers = [start_server("--enable-debug-command", "yes").raw(), start_oracle("--enable-debug-command", "yes").raw()]
    digests = []
    for raw in servers:
        fill(raw, 300)
        raw.command("XDEL", "stream", "7-0", "150-0")
        raw.command("XTRIM", "stream", "MAXLEN", 250)
        add(raw, "0-7", "12345678901234567-18446744073709551615", key="other")
        raw.command("XGROUP", "CREATE", "empty", "group", 0, "MKSTREAM")
        digests.append(raw.command("DEBUG", "DIGEST-VALUE", "stream", "other", "empty") + [raw.command("DEBUG", "DIGEST")])
    assert digests[0] == digests[1]


# Groups


def test_a_group_and_a_consumer_may_be_called_streams(raw):
    add(raw, "1-1", "2-1")
    raw.command("XGROUP", "CREATE", "stream", "streams", 0)
    assert raw.command("XREADGROUP", "COUNT", 1, "GROUP", "streams", "STREAMS", "STREAMS", "stream", ">") == [[b"stream", [entry("1-1")]]]
    assert raw.command("XREADGROUP", "NOACK", "GROUP", "streams", "streams", "STREAMS", "stream", ">") == [[b"stream", [entry("2-1")]]]
    assert raw.command("COMMAND", "GETKEYS", "XREADGROUP", "COUNT", 1, "GROUP", "streams", "streams", "STREAMS", "a", "b", ">", ">") == [b"a", b"b"]


def test_without_its_group_there_is_nothing_to_read(raw):
    assert raw.command("XREADGROUP", "GROUP", "group", "alice", "STREAMS", "stream", ">") == NO_GROUP
    add(raw, "1-1")
    assert raw.command("XREADGROUP", "GROUP", "group", "alice", "STREAMS", "stream", ">") == NO_GROUP


def test_many_clients_share_a_group(server, raw, time_factor):
    """Every entry goes to exactly one consumer, while others add, read and acknowledge."""
    count, consumers = (4000, 4) if time_factor == 1 else (800, 4)
    raw.command("XGROUP", "CREATE", "stream", "group", 0, "MKSTREAM")
    got = [[] for _ in range(consumers)]
    acknowledged = [0] * consumers
    failures = []

    def produce():
        with server.raw() as client:
            for _ in range(count):
                client.command("XADD", "stream", "*", "a", "b")

    def consume(number):
        try:
            with server.raw() as client:
                deadline = time.monotonic() + 60 * time_factor
                while sum(map(len, got)) < count and time.monotonic() < deadline:
                    reply = client.command("XREADGROUP", "GROUP", "group", f"consumer{number}", "COUNT", 20, "STREAMS", "stream", ">")
                    ids = [one[0] for one in reply[0][1]] if reply else []
                    got[number] += ids
                    if ids:
                        acknowledged[number] += client.command("XACK", "stream", "group", *ids)
        except Exception as failure:  # noqa: BLE001
            failures.append(failure)

    threads = [threading.Thread(target=produce)] + [threading.Thread(target=consume, args=(number,)) for number in range(consumers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    everything = [identifier for ids in got for identifier in ids]
    assert len(everything) == len(set(everything)) == sum(acknowledged) == count
    assert raw.command("XPENDING", "stream", "group") == [0, None, None, None]
    info = group_info(raw)
    assert (info[b"entries-read"], info[b"lag"], info[b"pending"]) == (count, 0, 0)


def test_streams_are_locked_together(server, raw):
    """Commands on several streams, in any order, wait for each other without end only if locking is wrong."""
    names = [f"stream:{n}" for n in range(8)]
    for name in names:
        raw.command("XGROUP", "CREATE", name, "streams", 0, "MKSTREAM")
    failures = []

    def work(offset):
        try:
            with server.raw() as client:
                for step in range(150):
                    order = names[(offset + step) % 8 :] + names[: (offset + step) % 8]
                    client.command("XADD", order[0], "*", "a", "b")
                    client.command("XREADGROUP", "GROUP", "streams", "streams", "COUNT", 2, "STREAMS", *order[::-1], *[">"] * 8)
                    client.command("XREAD", "COUNT", 1, "STREAMS", *order, *["0"] * 8)
        except Exception as failure:  # noqa: BLE001
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sum(raw.command("XLEN", name) for name in names) == 600
    for name in names:
        raw.command("XREADGROUP", "GROUP", "streams", "streams", "STREAMS", name, ">")
        assert group_info(raw, name)[b"pending"] == raw.command("XLEN", name)


# XSETID, as since 7.2


def test_the_last_id_cannot_go_below_an_entry_that_was_deleted(raw):
    add(raw, "1-1", "2-1", "3-1")
    raw.command("XDEL", "stream", "3-1")
    assert raw.command("XSETID", "stream", "2-5") == Error(b"ERR The ID specified in XSETID is smaller than current max_deleted_entry_id")
    assert raw.command("XSETID", "stream", "3-1", "MAXDELETEDID", "2-0") == b"OK"
    assert raw.command("XSETID", "stream", "2-5") == b"OK"
    assert raw.command("XADD", "stream", "2-6", "name", "2-6") == b"2-6"
    add(raw, "3-1", "4-1")
    assert raw.command("XRANGE", "stream", "-", "+") == [entry(identifier) for identifier in ("1-1", "2-1", "2-6", "3-1", "4-1")]
    assert raw.command("XREVRANGE", "stream", "3", "2-6") == [entry("3-1"), entry("2-6")]
