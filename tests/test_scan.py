"""Walking over the keyspace: SCAN, KEYS, RANDOMKEY, DBSIZE, while keys come, go and expire."""
import math
import random
import threading
import time

import pytest

from raw_client import Error
from waiting import WAIT_SECONDS_MAX


def fill(raw, names, value="v"):
    for at in range(0, len(names), 500):
        raw.pipeline(*(("SET", name, value) for name in names[at : at + 500]))


def scan_all(raw, *options, calls_max=1_000_000):
    """All keys that a full scan returns, as often as it returns them."""
    found, cursor = [], b"0"
    for _ in range(calls_max):
        cursor, keys = raw.command("SCAN", cursor, *options)
        found += keys
        if cursor == b"0":
            return found
    raise AssertionError("the scan does not end")


@pytest.fixture
def lazy(start_server):
    """A server that erases expired keys only when somebody comes across them."""
    server = start_server("--enable-debug-command", "yes")
    raw = server.raw()
    assert raw.command("DEBUG", "SET-ACTIVE-EXPIRE", 0) == b"OK"
    return raw


@pytest.mark.parametrize("count", [1, 10, 1000, 10**18])
def test_a_scan_returns_every_key_once_when_nothing_changes(raw, count):
    names = [b"key:%d" % n for n in range(3000)]
    fill(raw, names)
    assert sorted(scan_all(raw, "COUNT", count)) == sorted(names)


def test_a_scan_of_nothing_ends_at_once(raw):
    assert raw.command("SCAN", 0) == [b"0", []]


def test_count_bounds_what_one_call_returns(raw):
    fill(raw, [f"key:{n}" for n in range(5000)])
    cursor, keys = raw.command("SCAN", 0, "COUNT", 100)
    assert cursor != b"0"
    assert 100 <= len(keys) < 130


def test_match_and_type_filter(raw):
    fill(raw, [f"a:{n}" for n in range(50)] + [f"b:{n}" for n in range(50)])
    assert sorted(scan_all(raw, "MATCH", "a:1*")) == sorted(b"a:%d" % n for n in [1, *range(10, 20)])
    assert len(scan_all(raw, "TYPE", "StRiNg", "MATCH", "*")) == 100
    assert scan_all(raw, "TYPE", "list") == []
    assert scan_all(raw, "TYPE", "nosuch") == []


def test_a_cursor_beyond_the_last_shard_ends_the_scan(raw):
    fill(raw, ["a", "b"])
    assert raw.command("SCAN", 2**64 - 1) == [b"0", []]
    assert raw.command("SCAN", 2**63) == [b"0", []]


@pytest.mark.parametrize("cursor", ["abc", " 1", "1 ", "0x1", "-", "18446744073709551616"])
def test_a_cursor_is_a_number(raw, cursor):
    assert raw.command("SCAN", cursor, "COUNT", 0) == b"ERR invalid cursor"


def test_options_of_other_scans_are_refused(raw):
    assert raw.command("SCAN", 0, "NOVALUES") == b"ERR NOVALUES option can only be used in HSCAN"
    assert raw.command("SCAN", 0, "NOSCORES") == b"ERR NOSCORES option can only be used in ZSCAN"


class Churn(threading.Thread):
    """Makes the index grow to `size` more keys and shrink again, over and over, on a connection of its own."""

    def __init__(self, server, number, size):
        super().__init__(daemon=True)
        self.raw = server.raw()
        self.names = [f"churn:{number}:{n}" for n in range(size)]
        self.stop = threading.Event()
        self.rounds = 0
        self.failure = None

    def run(self):
        try:
            while not self.stop.is_set():
                random.shuffle(self.names)
                for command in (("SET", "v"), ("DEL",)):
                    for at in range(0, len(self.names), 200):
                        part = self.names[at : at + 200]
                        self.raw.pipeline(*((command[0], name, *command[1:]) for name in part))
                        if self.stop.is_set():
                            return
                self.rounds += 1
        except Exception as failure:  # noqa: BLE001: shown by the test
            self.failure = failure


def test_a_scan_misses_no_key_while_the_index_grows_and_shrinks(server, time_factor):
    """Keys that are there throughout are returned by each of many scans, whose calls take a few keys each, while other
    connections make the index of every shard split, grow, shrink and merge many times under it."""
    raw = server.raw()
    stable = [b"stable:%d" % n for n in range(2000)]
    fill(raw, stable)
    churns = [Churn(server, number, 15_000) for number in range(2)]
    for churn in churns:
        churn.start()
    try:
        deadline, scans, sizes = time.monotonic() + WAIT_SECONDS_MAX, 0, set()

        def enough():
            return scans >= 10 and sum(churn.rounds for churn in churns) >= 8 / min(time_factor, 4) and len(sizes) >= 2

        while not enough():
            assert time.monotonic() < deadline, "nothing grew and shrank under the scans"
            found = scan_all(raw, "COUNT", random.choice([10, 50, 200]), "MATCH", "stable:*", calls_max=50_000)
            assert sorted(set(found)) == sorted(stable)
            assert len(found) == len(stable)  # positions keep their order, so not even twice
            assert sorted(raw.command("KEYS", "stable:*")) == sorted(stable)
            sizes.add(raw.command("DBSIZE") // 5000)
            scans += 1
    finally:
        for churn in churns:
            churn.stop.set()
        for churn in churns:
            churn.join(WAIT_SECONDS_MAX)
    assert [churn.failure for churn in churns] == [None, None]


def test_a_scan_goes_on_after_everything_it_saw_was_deleted(raw):
    fill(raw, [f"key:{n}" for n in range(5000)])
    found, cursor = set(), b"0"
    while True:
        cursor, keys = raw.command("SCAN", cursor, "COUNT", 50)
        if keys:
            assert raw.command("DEL", *keys) == len(keys)
        found.update(keys)
        if cursor == b"0":
            break
    assert len(found) == 5000
    assert raw.command("DBSIZE") == 0


def test_a_scan_neither_returns_nor_leaves_expired_keys(lazy):
    fill(lazy, [f"live:{n}" for n in range(100)])
    lazy.pipeline(*(("SET", f"dead:{n}", "v", "PX", 1) for n in range(300)))
    time.sleep(0.02)
    assert sorted(scan_all(lazy, "COUNT", 7)) == sorted(b"live:%d" % n for n in range(100))


def test_keys_without_wildcards_is_a_lookup(raw):
    fill(raw, ["a", "ab", "a]b", ""])
    assert raw.command("KEYS", "a") == [b"a"]
    assert raw.command("KEYS", "a]b") == [b"a]b"]
    assert raw.command("KEYS", "") == [b""]
    assert raw.command("KEYS", "nosuch") == []
    assert raw.command("KEYS", "\\a") == [b"a"]
    assert sorted(raw.command("KEYS", "*")) == [b"", b"a", b"a]b", b"ab"]


def test_expired_keys_are_not_there_although_nobody_has_erased_them(lazy):
    fill(lazy, [f"live:{n}" for n in range(50)])
    lazy.pipeline(*(("SET", f"dead:{n}", "v", "PX", 1) for n in range(500)))
    lazy.command("SET", "later", "v", "EX", 1000)
    time.sleep(0.02)
    assert lazy.command("DBSIZE") == 51
    assert len(lazy.command("KEYS", "*")) == 51
    assert lazy.command("KEYS", "dead:1") == []
    for _ in range(300):
        assert not lazy.command("RANDOMKEY").startswith(b"dead")


def test_randomkey_ends_when_every_key_has_expired(lazy):
    lazy.pipeline(*(("SET", f"dead:{n}", "v", "PX", 1) for n in range(3000)))
    time.sleep(0.02)
    assert lazy.command("RANDOMKEY") is None
    assert lazy.command("DBSIZE") == 0


def chi_squared_bound(degrees):
    """What a chi-squared sum exceeds about once in a billion times (Wilson and Hilferty's approximation)."""
    return degrees * (1 - 2 / (9 * degrees) + 6.0 * math.sqrt(2 / (9 * degrees))) ** 3


@pytest.mark.parametrize("expired", [0, 400])
def test_randomkey_is_uniform_over_live_keys(lazy, expired):
    """With few keys, shards hold different numbers of them: choosing a shard first would show."""
    names = [f"key:{n}" for n in range(40)]
    fill(lazy, names)
    if expired:
        lazy.pipeline(*(("SET", f"dead:{n}", "v", "PX", 1) for n in range(expired)))
        time.sleep(0.02)
    draws = 12_000
    counts = dict.fromkeys(names, 0)
    for _ in range(draws // 500):
        for key in lazy.pipeline(*[("RANDOMKEY",)] * 500):
            counts[key.decode()] += 1
    expected = draws / len(names)
    chi_squared = sum((count - expected) ** 2 / expected for count in counts.values())
    assert chi_squared < chi_squared_bound(len(names) - 1)


def test_dbsize_is_exact_while_others_write(server):
    """Each key is counted in the segment that holds it; those that nobody touches are always counted."""
    raw = server.raw()
    fill(raw, [f"stable:{n}" for n in range(1000)])
    churn = Churn(server, 0, 3000)
    churn.start()
    try:
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while churn.rounds < 3 and time.monotonic() < deadline:
            assert 1000 <= raw.command("DBSIZE") <= 4000
    finally:
        churn.stop.set()
        churn.join(WAIT_SECONDS_MAX)
    assert churn.failure is None


def test_syntax_errors(raw):
    assert raw.command("SCAN", 0, "COUNT") == b"ERR syntax error"
    assert raw.command("SCAN", 0, "COUNT", 0) == b"ERR syntax error"
    assert raw.command("SCAN", 0, "COUNT", "x") == b"ERR value is not an integer or out of range"
    assert isinstance(raw.command("SCAN", 0, "foo", 1), Error)
