"""Strings: what redis-server 7.0.15 cannot answer, as newer syntax, and what only a running server shows."""
import threading

import pytest

from raw_client import encode
from waiting import nearly


def test_set_ifeq(raw):
    assert raw.command("SET", "k", "v", "IFEQ", "x") is None
    assert raw.command("EXISTS", "k") == 0
    raw.command("SET", "k", "10", "EX", "100")
    assert raw.command("SET", "k", "11", "IFEQ", "9") is None
    assert raw.command("SET", "k", "11", "IFEQ", "9", "GET") == b"10"
    assert raw.command("SET", "k", "11", "IFEQ", "10", "KEEPTTL") == b"OK"
    assert nearly(raw.command("TTL", "k"), 100)
    assert raw.command("SET", "k", "12", "GET", "IFEQ", "11") == b"11"
    assert raw.command("GET", "k") == b"12"
    assert raw.command("TTL", "k") == -1
    assert raw.command("SET", "missing", "12", "GET", "IFEQ", "11") is None


@pytest.mark.parametrize("options", [["IFEQ"], ["IFEQ", "v", "NX"], ["XX", "IFEQ", "v"], ["IFEQ", "v", "IFEQ", "v"]])
def test_set_ifeq_syntax(raw, options):
    raw.command("SET", "k", "v")
    assert raw.command("SET", "k", "w", *options) == b"ERR syntax error"
    assert raw.command("GET", "k") == b"v"


def test_set_ifeq_and_delifeq_want_strings(raw):
    raw.command("RPUSH", "l", "a")
    wrong = b"WRONGTYPE Operation against a key holding the wrong kind of value"
    assert raw.command("SET", "l", "v", "IFEQ", "a") == wrong
    assert raw.command("SET", "l", "v", "IFEQ", "a", "GET") == wrong
    assert raw.command("DELIFEQ", "l", "a") == wrong


def test_delifeq(raw):
    raw.command("SET", "k", "10")
    assert raw.command("DELIFEQ", "k", "11") == 0
    assert raw.command("DELIFEQ", "k", "010") == 0
    assert raw.command("DELIFEQ", "missing", "") == 0
    assert raw.command("DELIFEQ", "k", "10") == 1
    assert raw.command("EXISTS", "k") == 0


def test_msetex(raw):
    assert raw.command("MSETEX", 2, "a", "1", "b", "2", "EX", 100, "NX") == 1
    assert raw.command("MGET", "a", "b") == [b"1", b"2"]
    assert nearly(raw.command("TTL", "a"), 100)
    assert raw.command("MSETEX", 2, "b", "3", "c", "4", "NX") == 0
    assert raw.command("MSETEX", 2, "b", "3", "c", "4", "XX") == 0
    assert raw.command("MSETEX", 2, "a", "3", "b", "4", "XX", "KEEPTTL") == 1
    assert nearly(raw.command("TTL", "b"), 100)
    assert raw.command("MSETEX", 3, "a", "5", "b", "6", "a", "7") == 1
    assert raw.command("MGET", "a", "b") == [b"7", b"6"]
    assert raw.command("TTL", "a") == -1
    assert raw.command("MSETEX", 2, "a", "5", "new", "6", "PXAT", 1) == 1
    assert raw.command("EXISTS", "a", "new", "b") == 1


@pytest.mark.parametrize("arguments, error", [
    ([0, "a", "1"], b"ERR invalid numkeys value or out of range"),
    ([-1, "a", "1"], b"ERR invalid numkeys value or out of range"),
    (["x", "a", "1"], b"ERR invalid numkeys value or out of range"),
    ([2**31, "a", "1"], b"ERR invalid numkeys value or out of range"),
    ([2, "a", "1"], b"ERR syntax error"),
    ([2, "a", "1", "b"], b"ERR syntax error"),
    ([2**31 - 1, "a", "1"], b"ERR syntax error"),
    ([1, "a", "1", "b", "2"], b"ERR syntax error"),
    ([1, "a", "1", "NX", "XX"], b"ERR syntax error"),
    ([1, "a", "1", "NX", "NX"], b"ERR syntax error"),
    ([1, "a", "1", "EX", 1, "PX", 1], b"ERR syntax error"),
    ([1, "a", "1", "EX", 1, "EX", 1], b"ERR syntax error"),
    ([1, "a", "1", "EX"], b"ERR syntax error"),
    ([1, "a", "1", "EX", 0], b"ERR invalid expire time in 'msetex' command"),
    ([1, "a", "1", "EX", "x"], b"ERR value is not an integer or out of range"),
    ([1], b"ERR wrong number of arguments for 'msetex' command"),
])
def test_msetex_errors(raw, arguments, error):
    assert raw.command("MSETEX", *arguments) == error
    assert raw.command("DBSIZE") == 0


def test_lcs_of_long_strings(raw):
    """Ten thousand bytes each: a table of lengths would take 400 MB."""
    raw.command("SET", "a", "ab" * 5000)
    raw.command("SET", "b", "ba" * 5000)
    assert raw.command("LCS", "a", "b", "LEN") == 9999
    assert raw.command("LCS", "a", "b") == b"ba" * 4999 + b"b"
    raw.command("SET", "b", "x" * 20000)
    assert raw.command("LCS", "a", "b") == b"ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"


def test_a_long_value_survives_its_change_on_the_way(server):
    """The reply is sent from where the value lies; what the next commands do to the key must not show in it."""
    value = b"v" * 20_000_000
    writer, slow = server.raw(timeout=60), server.raw(timeout=60)
    writer.command("SET", "k", value)
    slow.send_raw(encode("GET", "k"))
    slow.wait_for_reply()  # It has run, and the socket has taken a part of what it says.
    writer.command("SETRANGE", "k", 19_999_000, "changed")
    writer.command("SETBIT", "k", 8 * 19_999_990, 1)
    writer.command("DEL", "k")
    assert slow.read_reply() == value


def test_incr_from_many_connections_loses_nothing(server, time_factor):
    rounds = int(2000 / time_factor)

    def count():
        with server.raw() as client:
            for _ in range(rounds):
                client.command("INCR", "counter")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.raw().command("GET", "counter") == b"%d" % (8 * rounds)


def test_mget_never_sees_half_an_mset(server):
    keys = [f"key:{number}" for number in range(4)]  # in different shards, most likely
    stop = threading.Event()

    def write():
        with server.raw() as client:
            number = 0
            while not stop.is_set():
                number += 1
                client.command("MSET", *(word for key in keys for word in (key, number)))

    server.raw().command("MSET", *(word for key in keys for word in (key, 0)))
    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        reader = server.raw()
        for _ in range(1500):
            assert len(set(reader.command("MGET", *keys))) == 1
    finally:
        stop.set()
        for writer in writers:
            writer.join()
