"""Mistakes that a first attempt at such a server makes easily; each test is named for the right behaviour."""

import threading
import time

import pytest

from raw_client import Error, Status, encode
from waiting import nearly

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)


def replies_until_closed(server, data):
    client = server.raw()
    client.send_raw(data)
    return client.read_until_closed()


# Requests


def test_a_bulk_must_end_with_crlf(server):
    answer = replies_until_closed(server, b"*3\r\n$3\r\nSETxx$1\r\nk\r\n$1\r\nv\r\n")
    assert answer.startswith(b"-ERR Protocol error") and answer.count(b"\r\n") == 1
    assert server.raw().command("EXISTS", "k") == 0


@pytest.mark.parametrize("count", [b"1000000000", b"9223372036854775807", b"99999999999999999999", b"1048577", b"abc", b"+5", b"007", b""])
def test_a_count_of_arguments_is_checked_before_it_is_believed(server, count):
    assert replies_until_closed(server, b"*" + count + b"\r\n$4\r\nPING\r\n") == b"-ERR Protocol error: invalid multibulk length\r\n"


@pytest.mark.parametrize("length", [b"9999999999", b"536870913", b"-1", b"-5", b"+5", b"007", b"9223372036854775808", b"99999999999999999999", b"abc", b""])
def test_a_length_is_checked_before_it_is_believed(server, length):
    assert replies_until_closed(server, b"*2\r\n$4\r\nECHO\r\n$" + length + b"\r\nhello\r\n") == b"-ERR Protocol error: invalid bulk length\r\n"


@pytest.mark.release_only
def test_claimed_lengths_take_no_memory(server):
    before = server.resident_bytes()
    clients = [server.raw() for _ in range(50)]
    for client in clients:
        client.send_raw(b"*1048576\r\n$500000000\r\nx")
    assert server.raw().command("PING") == b"PONG"
    assert server.resident_bytes() - before < 16 << 20


@pytest.mark.parametrize("nothing", [b"*0\r\n", b"*-1\r\n", b"\r\n", b"\n", b"  \r\n"])
def test_an_empty_request_is_ignored(raw, nothing):
    raw.send_raw(nothing * 3 + encode("PING"))
    assert raw.read_reply() == b"PONG"
    assert raw.has_nothing_to_read()


def test_requests_may_arrive_byte_by_byte(raw):
    request = encode("SET", "key", b"a\r\n\x00b") + encode("GET", "key") + b"PING\r\n"
    for at in range(len(request)):
        raw.send_raw(request[at : at + 1])
        if at % 16 == 0:
            time.sleep(0.001)
    assert [raw.read_reply() for _ in range(3)] == [b"OK", b"a\r\n\x00b", b"PONG"]


def test_pipelined_requests_are_all_answered_in_order(raw):
    assert raw.pipeline(*[("ECHO", number) for number in range(5000)]) == [b"%d" % number for number in range(5000)]


def test_inline_commands_are_understood(raw):
    raw.send_raw(b"PING\r\nSET key \"a b\\x41\"\r\nGET 'key'\n")
    assert [raw.read_reply() for _ in range(3)] == [b"PONG", b"OK", b"a bA"]


def test_values_over_64_kilobytes_work(raw):
    value = bytes(range(256)) * 1024
    assert raw.command("SET", "large", value) == b"OK"
    assert raw.command("GET", "large") == value


def test_the_empty_key_is_a_key(raw):
    assert raw.command("SET", "", "value") == b"OK"
    assert raw.command("GET", "") == b"value"
    assert raw.command("KEYS", "*") == [b""]
    assert raw.command("DEL", "") == 1


def test_a_protocol_error_is_answered_and_ends_the_connection(server):
    answer = replies_until_closed(server, encode("PING") + b"*1\r\n:4\r\nPING\r\n" + encode("SET", "after", "x"))
    assert answer == b"+PONG\r\n-ERR Protocol error: expected '$', got ':'\r\n"
    assert server.raw().command("EXISTS", "after") == 0


# Keys and values


@pytest.mark.parametrize("size", [0, 1, 7, 8, 15, 16, 22, 23, 24, 31, 32, 43, 44, 45, 63, 64, 255, 256, 257, 512, 1024, 4096, 65535, 65536, 70000])
def test_strings_of_every_size_come_back_as_they_went_in(raw, size):
    value = bytes((7 * at) % 256 for at in range(size))
    key = b"key\x00" + value[:300]
    assert raw.command("SET", key, value) == b"OK"
    assert raw.command("GET", key) == value
    assert raw.command("STRLEN", key) == size
    assert raw.command("APPEND", key, b"\x00x") == size + 2
    assert raw.command("GET", key) == value + b"\x00x"


def test_overwriting_with_every_other_size_keeps_values_apart(raw):
    sizes = [0, 5, 22, 23, 24, 44, 45, 100, 255, 256, 600, 5000]
    for before in sizes:
        for after in sizes:
            replies = raw.pipeline(("SET", "left", b"l" * before), ("SET", "mid", b"m" * before), ("SET", "right", b"r" * before), ("SET", "mid", b"n" * after),
                                   ("MGET", "left", "mid", "right"))
            assert replies[-1] == [b"l" * before, b"n" * after, b"r" * before]


@pytest.mark.release_only
def test_overwriting_a_key_takes_no_more_memory(server):
    client = server.raw()
    commands = [("SET", f"key:{number}", b"x" * (number % 700)) for number in range(2000)]
    client.pipeline(*commands)
    before = server.resident_bytes()
    for round_number in range(50):
        client.pipeline(*(("SET", f"key:{number}", b"y" * ((number + round_number) % 700)) for number in range(2000)))
    assert server.resident_bytes() - before < 8 << 20
    assert client.command("DBSIZE") == 2000


def test_values_stay_whole_while_others_overwrite_them(server):
    """A reader sees one of the values, never a mixture and never freed memory."""
    stop = threading.Event()
    wrong = []
    values = [bytes([letter]) * size for letter, size in ((97, 10), (98, 23), (99, 44), (100, 300), (101, 5000))]

    def write():
        with server.raw() as client:
            while not stop.is_set():
                client.pipeline(*[("SET", "shared", value) for value in values])

    def read():
        with server.raw() as client:
            while not stop.is_set():
                wrong.extend(value for value in client.pipeline(*[("GET", "shared")] * 20) if value not in values)

    server.raw().command("SET", "shared", values[0])
    threads = [threading.Thread(target=work) for work in (write, write, read, read)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong


def test_values_survive_the_growth_of_the_index(raw):
    raw.command("SET", "first", "value")
    for start in range(0, 30000, 5000):
        raw.pipeline(*(("SET", f"fill:{number}", number) for number in range(start, start + 5000)))
        assert raw.command("GET", "first") == b"value"
    assert raw.pipeline(*(("GET", f"fill:{number}") for number in range(30000))) == [b"%d" % number for number in range(30000)]


@pytest.mark.parametrize(
    "value, encoding",
    [("7", "int"), ("-7", "int"), ("0", "int"), (str(INT64_MAX), "int"), (str(INT64_MIN), "int"), ("007", "embstr"), ("+1", "embstr"), ("-0", "embstr"),
     (" 1", "embstr"), ("1 ", "embstr"), ("1_000", "embstr"), ("1.0", "embstr"), ("", "embstr"), (str(INT64_MAX + 1), "embstr"), ("x" * 44, "embstr"), ("x" * 45, "raw")],
)
def test_only_canonical_integers_become_integers(raw, value, encoding):
    raw.command("SET", "key", value)
    assert raw.command("GET", "key") == value.encode()
    assert raw.command("OBJECT", "ENCODING", "key") == encoding.encode()
    assert raw.command("TYPE", "key") == b"string"


def test_set_drops_the_old_expiry_unless_told_to_keep_it(raw):
    raw.command("SET", "key", "a", "EX", 1000)
    raw.command("SET", "key", "b", "KEEPTTL")
    assert nearly(raw.command("TTL", "key"), 1000)
    raw.command("SET", "key", "c")
    assert raw.command("TTL", "key") == -1


@pytest.mark.parametrize("option", [("EX", 0), ("EX", -1), ("PX", 0), ("PX", -5), ("EXAT", 0), ("PXAT", -1)])
def test_set_refuses_an_expiry_that_is_not_positive(raw, option):
    assert raw.command("SET", "key", "value", *option) == Error(b"ERR invalid expire time in 'set' command")
    assert raw.command("EXISTS", "key") == 0


@pytest.mark.parametrize("command", [("EXPIRE", 0), ("EXPIRE", -1), ("PEXPIRE", -1), ("EXPIREAT", 1), ("PEXPIREAT", 1)])
def test_an_expiry_that_is_over_deletes_the_key(raw, command):
    raw.command("SET", "key", "value")
    assert raw.command(command[0], "key", command[1]) == 1
    assert raw.command("EXISTS", "key") == 0


def test_ttl_is_relative_and_expireat_takes_seconds(raw):
    raw.command("SET", "key", "value")
    at = int(time.time()) + 500
    assert raw.command("EXPIREAT", "key", at) == 1
    assert nearly(raw.command("TTL", "key"), 500)
    assert nearly(raw.command("PTTL", "key"), 500_000)
    assert raw.command("EXPIRETIME", "key") == at
    assert raw.command("PEXPIRETIME", "key") == at * 1000
    assert raw.command("TTL", "missing") == -2


def test_expired_keys_are_neither_counted_nor_shown(raw):
    raw.pipeline(*(("SET", f"short:{number}", "x", "PX", 20) for number in range(50)))
    raw.command("SET", "long", "x")
    time.sleep(0.025)
    assert raw.command("KEYS", "*") == [b"long"]
    assert {raw.command("RANDOMKEY") for _ in range(50)} == {b"long"}
    assert raw.command("EXISTS", *(f"short:{number}" for number in range(50))) == 0
    cursor, seen = b"0", []
    while True:
        cursor, keys = raw.command("SCAN", cursor)
        seen += keys
        if cursor == b"0":
            break
    assert set(seen) == {b"long"}
    assert raw.command("DBSIZE") == 1


def test_exists_counts_every_mention(raw):
    raw.pipeline(("SET", "a", 1), ("SET", "b", 1))
    assert raw.command("EXISTS", "a", "a", "b", "missing") == 3


def test_randomkey_finds_every_key(raw):
    raw.pipeline(*(("SET", number, "x") for number in range(20)))
    assert len(set(raw.pipeline(*[("RANDOMKEY",)] * 2000))) == 20


def test_neither_order_nor_chance_is_the_same_in_two_servers(start_server):
    """Hashes have a seed, so that nobody can choose keys that collide; random keys have another one each time."""
    def ways(raw):
        raw.pipeline(*(("SET", number, "x") for number in range(100)))
        return raw.command("SCAN", 0, "COUNT", 1000)[1], raw.pipeline(*[("RANDOMKEY",)] * 50)

    (order, drawn), (other_order, other_drawn) = ways(start_server().raw()), ways(start_server().raw())
    assert sorted(order) == sorted(other_order) and order != other_order
    assert drawn != other_drawn


def test_an_empty_list_is_no_key(raw):
    for empty in (("LPOP", "l"), ("RPOP", "l"), ("LPOP", "l", 5), ("LREM", "l", 0, "only"), ("LTRIM", "l", 5, 9), ("LMPOP", 1, "l", "LEFT"),
                  ("LMOVE", "l", "other", "LEFT", "LEFT"), ("RPOPLPUSH", "l", "other")):
        raw.command("RPUSH", "l", "only")
        raw.command(*empty)
        assert raw.command("EXISTS", "l") == 0, empty
        assert raw.command("TYPE", "l") == b"none"


def test_lpop_with_a_count_answers_with_an_array(raw):
    raw.command("RPUSH", "l", "a", "b", "c")
    assert raw.command("LPOP", "l", 1) == [b"a"]
    assert raw.command("LPOP", "l") == b"b"
    raw.send_raw(encode("LPOP", "missing", 1) + encode("LPOP", "missing") + encode("LPOP", "l", 0))
    assert [raw.read_reply_bytes() for _ in range(3)] == [b"*-1\r\n", b"$-1\r\n", b"*0\r\n"]


def test_a_range_that_ends_before_the_list_is_empty(raw):
    raw.command("RPUSH", "l", "a", "b", "c")
    assert raw.command("LRANGE", "l", 0, -100) == []
    assert raw.command("LRANGE", "l", -100, 100) == [b"a", b"b", b"c"]
    assert raw.command("LRANGE", "l", 3, 1) == []


def test_counters_answer_with_integers_up_to_their_limits(raw):
    raw.command("SET", "n", INT64_MIN + 1)
    raw.send_raw(encode("DECR", "n"))
    assert raw.read_reply_bytes() == b":%d\r\n" % INT64_MIN
    assert raw.command("GET", "n") == b"%d" % INT64_MIN
    assert raw.command("DECR", "n") == Error(b"ERR increment or decrement would overflow")
    assert raw.command("DECRBY", "n", INT64_MIN) == Error(b"ERR decrement would overflow")
    raw.command("SET", "n", INT64_MAX)
    assert raw.command("INCR", "n") == Error(b"ERR increment or decrement would overflow")
    assert raw.command("GET", "n") == b"%d" % INT64_MAX


def test_a_failed_write_changes_nothing(raw):
    raw.command("SET", "text", "abc", "EX", 1000)
    for command in (("INCR", "text"), ("LPUSH", "text", "x"), ("SETRANGE", "text", -1, "x"), ("SETBIT", "text", 0, 2), ("SET", "text", "x", "EX", "abc"),
                    ("EXPIRE", "text", "abc"), ("MSET", "text", "x", "odd"), ("INCRBYFLOAT", "text", "nan")):
        assert isinstance(raw.command(*command), Error), command
    assert raw.command("GET", "text") == b"abc"
    assert nearly(raw.command("TTL", "text"), 1000)


def test_eviction_spares_the_key_that_is_being_written(start_server):
    """With little memory left, a write either succeeds whole or is refused."""
    server = start_server("--maxmemory", "12mb", "--maxmemory-policy", "allkeys-lru", threads=1)
    client = server.raw()
    for number in range(3000):
        value = b"%d:" % number + b"x" * 8000
        written, found = client.pipeline(("SET", f"key:{number % 700}", value), ("GET", f"key:{number % 700}"))
        assert written == b"OK" or written.startswith(b"OOM")
        if written == b"OK":
            assert found in (value, None)
        if number % 5 == 0:
            length = client.command("APPEND", "grows", "y" * 100)
            assert isinstance(length, int) or length.startswith(b"OOM")


# The index


def scan_all(client, *options):
    cursor, seen = b"0", []
    while True:
        cursor, keys = client.command("SCAN", cursor, *options)
        seen += keys
        if cursor == b"0":
            return seen


def test_scan_returns_what_was_there_throughout_while_keys_come_and_go(server):
    client = server.raw()
    stay = {b"stay:%d" % number for number in range(2000)}
    client.pipeline(*(("SET", key, "x") for key in stay))
    stop = threading.Event()

    def churn():
        with server.raw() as other:
            while not stop.is_set():
                other.pipeline(*(("SET", f"go:{number}", "x") for number in range(20000)))
                other.pipeline(*(("DEL", f"go:{number}") for number in range(20000)))

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(5):
            assert stay <= set(scan_all(client, "COUNT", 50))
    finally:
        stop.set()
        thread.join()


def test_scan_returns_everything_while_what_it_returned_is_deleted(raw):
    """Deleting moves entries in a naive table, and those that move towards the cursor's past are missed."""
    keys = {b"key:%d" % number for number in range(5000)}
    raw.pipeline(*(("SET", key, "x") for key in keys))
    cursor, seen = b"0", set()
    while True:
        cursor, found = raw.command("SCAN", cursor, "COUNT", 20)
        seen.update(found)
        if found:
            raw.command("DEL", *found)
        if cursor == b"0":
            break
    assert seen == keys
    assert raw.command("DBSIZE") == 0


# Replies


@pytest.mark.parametrize("command", [("LPUSH", "text", "x"), ("LRANGE", "text", 0, -1), ("LPOP", "text"), ("GET", "list"), ("INCR", "list"), ("SETBIT", "list", 1, 1)])
def test_an_error_has_one_code(raw, command):
    raw.pipeline(("SET", "text", "x"), ("RPUSH", "list", "x"))
    raw.send_raw(encode(*command))
    assert raw.read_reply_bytes() == b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"


def test_type_answers_with_a_simple_string(raw):
    raw.pipeline(("SET", "text", "x"), ("RPUSH", "list", "x"))
    assert [raw.command("TYPE", key) for key in ("text", "list", "missing")] == [b"string", b"list", b"none"]
    assert isinstance(raw.command("TYPE", "text"), Status)


def test_a_pattern_with_many_stars_is_matched_quickly(raw):
    raw.command("SET", "a" * 200, "x")
    # A matcher that tries every way would need the age of the universe: the reply comes, or reading it fails.
    assert raw.command("KEYS", "a*" * 40 + "b") == []
    assert raw.command("KEYS", "*a" * 40 + "*") == [b"a" * 200]


@pytest.mark.parametrize(
    "pattern, yes, no",
    [("h?llo", "hello", "hllo"), ("h[ae]llo", "hallo", "hillo"), ("h[^e]llo", "hallo", "hello"), ("h[a-c]llo", "hbllo", "hdllo"), ("h\\*llo", "h*llo", "hello"),
     ("[\\]]x", "]x", "\\x"), ("*[1-3]", "key2", "key4"), ("h[c-a]llo", "hbllo", "hdllo")],
)
def test_patterns_know_classes_and_escapes(raw, pattern, yes, no):
    raw.pipeline(("SET", yes, 1), ("SET", no, 1))
    assert raw.command("KEYS", pattern) == [yes.encode()]
    assert scan_all(raw, "MATCH", pattern) == [yes.encode()]


def test_config_get_of_everything_answers_with_pairs(raw):
    directives = raw.command("CONFIG", "GET", "*")
    assert len(directives) % 2 == 0 and len(directives) > 40
    assert dict(zip(directives[::2], directives[1::2]))[b"maxmemory"] == b"0"


def test_quit_closes_only_its_own_connection(server):
    others = [server.raw() for _ in range(8)]
    for _ in range(50):
        client = server.raw()
        client.send_raw(encode("QUIT") + encode("SET", "after", "quit"))
        assert client.read_until_closed() == b"+OK\r\n"
    assert [client.command("PING") for client in others] == [b"PONG"] * 8
    assert others[0].command("EXISTS", "after") == 0


def test_many_clients_are_served_at_once(server):
    clients = [server.raw() for _ in range(100)]
    clients[0].send_raw(b"*2\r\n$3\r\nGET\r\n$5\r\nunfin")  # One of them stops in the middle of a request.
    for number, client in enumerate(clients[1:]):
        client.send_raw(encode("INCR", "count"))
    assert sorted(client.read_reply() for client in clients[1:]) == list(range(1, 100))
