"""What administrators look at: SLOWLOG, COMMANDLOG, LATENCY, MEMORY, the log, and what a server alone answers."""

import json
import re
import time

import pytest

from raw_client import Error, Verbatim, encode
from waiting import wait_until


def slow(raw, *count):
    return raw.command("SLOWLOG", "GET", *count)


@pytest.fixture
def log_all(raw):
    assert raw.command("CONFIG", "SET", "slowlog-log-slower-than", 0) == b"OK"
    assert raw.command("SLOWLOG", "RESET") == b"OK"
    return raw


def commands_of(entries):
    """The commands of a log from the oldest to the newest, but for the reset before them."""
    commands = [b" ".join(entry[3]) for entry in reversed(entries)]
    return commands[1:] if commands and commands[0] == b"SLOWLOG RESET" else commands


@pytest.mark.observes("slowlog-log-slower-than")
def test_a_slow_command_is_noted_with_who_sent_it(start_server):
    server = start_server("--enable-debug-command", "yes", "--slowlog-log-slower-than", 50_000)
    raw = server.raw()
    raw.command("CLIENT", "SETNAME", "sleeper")
    raw.command("SET", "key", "value")
    before = int(time.time())
    raw.command("DEBUG", "SLEEP", "0.06")
    entry = next(entry for entry in slow(raw, -1) if entry[3][0] == b"DEBUG")
    number, second, took_us, arguments, address, name = entry
    assert number >= 0 and before <= second <= time.time() + 1 and took_us >= 60_000
    assert arguments == [b"DEBUG", b"SLEEP", b"0.06"] and name == b"sleeper"
    assert address == b"127.0.0.1:%d" % raw.socket.getsockname()[1]
    raw.command("CONFIG", "SET", "slowlog-log-slower-than", -1)
    raw.command("SLOWLOG", "RESET")
    raw.command("DEBUG", "SLEEP", "0.06")
    assert raw.command("SLOWLOG", "LEN") == 0


def test_threshold_0_notes_every_command_of_a_pipeline(log_all):
    replies = log_all.pipeline(*[("SET", f"key:{n}", n) for n in range(100)])
    assert replies == [b"OK"] * 100
    assert commands_of(slow(log_all, -1)) == [b"SET key:%d %d" % (n, n) for n in range(100)]


@pytest.mark.observes("slowlog-max-len")
def test_only_so_many_are_kept_and_numbers_go_on(log_all):
    log_all.command("CONFIG", "SET", "slowlog-max-len", 3)
    for n in range(10):
        log_all.command("GET", n)
    entries = slow(log_all, -1)
    assert [entry[3] for entry in entries] == [[b"GET", b"9"], [b"GET", b"8"], [b"GET", b"7"]]
    last = entries[0][0]
    assert [entry[0] for entry in entries] == [last, last - 1, last - 2]
    assert log_all.command("SLOWLOG", "LEN") == 3
    assert len(slow(log_all, 1)) == 1 and len(slow(log_all, 0)) == 0
    log_all.command("SLOWLOG", "RESET")
    assert slow(log_all, -1)[0][0] > last


def test_long_requests_are_cut_as_redis_does(log_all, oracle):
    requests = [("MSET", *range(31)), ("MSET", *range(62)), ("SET", "key", "v" * 128), ("SET", "key", "v" * 129), ("MGET", *range(31))]
    with oracle.raw() as other:
        other.command("CONFIG", "SET", "slowlog-log-slower-than", 0)
        other.command("SLOWLOG", "RESET")
        for raw in (log_all, other):
            for request in requests:
                raw.command(*request)
        ours, theirs = slow(log_all, -1), slow(other, -1)
    assert commands_of(ours) == commands_of(theirs)
    assert ours[0][3][-1] == b"30" and ours[3][3][-1] == b"... (32 more arguments)"


def test_secrets_are_not_shown(log_all):
    for request in (("AUTH", "secret"), ("AUTH", "default", "secret"), ("HELLO", 2, "AUTH", "default", "secret"),
                    ("CONFIG", "SET", "masterauth", "secret"), ("CONFIG", "SET", "timeout", 0, "requirepass", "")):
        log_all.command(*request)
    shown = commands_of(slow(log_all, -1))
    assert shown == [b"AUTH (redacted)", b"AUTH (redacted) (redacted)", b"HELLO 2 AUTH (redacted) (redacted)",
                     b"CONFIG SET masterauth (redacted)", b"CONFIG SET timeout 0 requirepass (redacted)"]


def test_a_transaction_is_noted_command_by_command(log_all, oracle):
    with oracle.raw() as other:
        other.command("CONFIG", "SET", "slowlog-log-slower-than", 0)
        other.command("SLOWLOG", "RESET")
        for raw in (log_all, other):
            raw.pipeline(("MULTI",), ("SET", "key", 1), ("INCR", "key"), ("EXEC",), ("ECHO", "last"))
        assert commands_of(slow(log_all, -1)) == commands_of(slow(other, -1)) == [b"MULTI", b"SET key 1", b"INCR key", b"ECHO last"]


def test_slowlog_refuses_what_redis_refuses(raw, oracle):
    with oracle.raw() as other:
        for request in (("GET", -2), ("GET", "x"), ("GET", 1, 2), ("LEN", 1), ("RESET", 1), ("FOO",), ()):
            assert raw.command("SLOWLOG", *request) == other.command("SLOWLOG", *request), request


def test_a_slow_command_among_fast_ones_is_found(start_server):
    """Fast commands are not all timed: one with many arguments is."""
    server = start_server("--slowlog-log-slower-than", 2000, threads=1)
    raw = server.raw()
    many = encode("SADD", "large", *range(200_000))
    raw.send_raw(encode("SADD", "small", 1) * 1000 + many + encode("SADD", "small", 1) * 1000)
    assert [raw.read_reply() for _ in range(2001)][1000] == 200_000
    assert [b"SADD", b"large"] in [entry[3][:2] for entry in slow(raw, -1)]


@pytest.mark.observes("commandlog-request-larger-than", "commandlog-large-request-max-len")
def test_large_requests_are_noted(raw):
    raw.command("CONFIG", "SET", "commandlog-request-larger-than", 5000, "commandlog-large-request-max-len", 2)
    raw.command("COMMANDLOG", "RESET", "large-request")
    for size in (100, 6000, 7000, 8000):
        raw.command("SET", "key", "v" * size)
    entries = raw.command("COMMANDLOG", "GET", -1, "LARGE-request")
    assert [entry[2] for entry in entries] == [len(encode("SET", "key", "v" * size)) for size in (8000, 7000)]
    assert entries[0][3] == [b"SET", b"key", b"v" * 128 + b"... (7872 more bytes)"]
    assert raw.command("COMMANDLOG", "LEN", "large-request") == 2
    raw.command("CONFIG", "SET", "commandlog-request-larger-than", -1)
    raw.command("COMMANDLOG", "RESET", "large-request")
    raw.command("SET", "key", "v" * 2_000_000)
    assert raw.command("COMMANDLOG", "LEN", "large-request") == 0


@pytest.mark.observes("commandlog-reply-larger-than", "commandlog-large-reply-max-len")
@pytest.mark.parametrize("size", [5000, 100_000])  # copied, and attached
def test_large_replies_are_noted(raw, size):
    raw.command("CONFIG", "SET", "commandlog-reply-larger-than", size, "commandlog-large-reply-max-len", 2)
    raw.command("COMMANDLOG", "RESET", "large-reply")
    raw.command("SET", "key", "v" * size)
    replies = raw.pipeline(*[("GET", "key"), ("STRLEN", "key")] * 3)
    assert replies[1] == size
    entries = raw.command("COMMANDLOG", "GET", 10, "large-reply")
    assert [entry[2:4] for entry in entries] == [[len(encode("v" * size)) - 4, [b"GET", b"key"]]] * 2
    raw.command("CONFIG", "SET", "commandlog-reply-larger-than", size + 100)
    raw.command("GET", "key")
    assert raw.command("COMMANDLOG", "GET", -1, "large-reply")[0][0] == entries[0][0]


def test_commandlog_and_slowlog_are_one(log_all):
    log_all.command("PING")
    assert raw_commands(log_all) == commands_of(slow(log_all, -1))[:1]
    assert log_all.command("CONFIG", "GET", "commandlog-execution-slower-than") == [b"commandlog-execution-slower-than", b"0"]
    kinds = b"ERR type should be one of the following: slow, large-request, large-reply"
    assert log_all.command("COMMANDLOG", "GET", 1, "foo") == Error(kinds)
    assert log_all.command("COMMANDLOG", "LEN", "foo") == Error(kinds)
    assert log_all.command("COMMANDLOG", "GET", -2, "slow") == Error(b"ERR count should be greater than or equal to -1")
    assert log_all.command("COMMANDLOG", "FOO") == Error(b"ERR unknown subcommand 'FOO'. Try COMMANDLOG HELP.")
    assert log_all.command("COMMANDLOG", "HELP")[0] == b"COMMANDLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"


def raw_commands(raw):
    return commands_of(raw.command("COMMANDLOG", "GET", -1, "slow"))


# --- LATENCY ---


@pytest.fixture
def sleepy(start_server):
    raw = start_server("--enable-debug-command", "yes", "--latency-monitor-threshold", 20).raw()
    raw.command("DEBUG", "SLEEP", "0.03")
    return raw


@pytest.mark.observes("latency-monitor-threshold")
def test_events_of_commands_are_noted(sleepy):
    event, second, last_ms, worst_ms = next(entry for entry in sleepy.command("LATENCY", "LATEST") if entry[0] == b"command")
    assert last_ms >= 30 and worst_ms >= last_ms and abs(second - time.time()) < 60
    assert [second, last_ms] in sleepy.command("LATENCY", "HISTORY", "command")
    assert sleepy.command("LATENCY", "HISTORY", "nothing") == []
    sleepy.command("CONFIG", "SET", "latency-monitor-threshold", 0)
    assert sleepy.command("LATENCY", "RESET", "command", "nothing") == 1
    sleepy.command("DEBUG", "SLEEP", "0.03")
    assert b"command" not in [entry[0] for entry in sleepy.command("LATENCY", "LATEST")]


def test_the_graph_of_an_event(sleepy):
    graph = bytes(sleepy.command("LATENCY", "GRAPH", "command")).decode()
    title, line, *rows = graph.splitlines()
    assert re.fullmatch(r"command - high \d+ ms, low \d+ ms \(all time high \d+ ms\)", title) and line == "-" * 80
    assert rows[3][0] == "_" and rows[-1][0] in "smhd" or rows[-2][0].isdigit()
    assert sleepy.command("LATENCY", "GRAPH", "nothing") == Error(b"ERR No samples available for event 'nothing'")


def test_the_doctor_has_advice(sleepy):
    assert b"1. command: " in sleepy.command("LATENCY", "DOCTOR") and b"SLOWLOG" in sleepy.command("LATENCY", "DOCTOR")
    sleepy.command("CONFIG", "SET", "latency-monitor-threshold", 100_000)
    sleepy.command("LATENCY", "RESET")
    assert b"No latency spike" in sleepy.command("LATENCY", "DOCTOR")
    sleepy.command("CONFIG", "SET", "latency-monitor-threshold", 0)
    assert b"switched off" in sleepy.command("LATENCY", "DOCTOR")


def test_texts_are_verbatim_in_resp3(raw3):
    assert isinstance(raw3.command("LATENCY", "DOCTOR"), Verbatim)


def test_histograms_of_commands(server, raw3):
    raw3.command("CONFIG", "RESETSTAT")
    for _ in range(10):
        raw3.command("SET", "key", "value")
    raw3.command("CONFIG", "SET", "timeout", 0)
    found = dict(raw3.command("LATENCY", "HISTOGRAM", "set", "config", "nosuch", "config|get", "get"))
    assert list(found)[0] == b"set" and b"config|set" in found and b"config|get" not in found and b"nosuch" not in found
    calls, histogram = dict(found[b"set"])[b"calls"], dict(dict(found[b"set"])[b"histogram_usec"])
    assert calls == 10 and max(histogram.values()) == 10
    assert list(histogram) == sorted(histogram) and list(histogram.values()) == sorted(set(histogram.values()))
    assert b"set" in dict(raw3.command("LATENCY", "HISTOGRAM"))
    with server.raw() as raw:
        assert raw.command("LATENCY", "HISTOGRAM", "set")[0] == b"set"
        assert raw.command("LATENCY", "HISTOGRAM", "nosuch") == []


def test_latency_refuses_what_redis_refuses(raw, oracle):
    with oracle.raw() as other:
        for request in (("GRAPH", "x"), ("HISTORY",), ("LATEST", 1), ("FOO",), (), ("RESET",), ("RESET", "a", "b"), ("DOCTOR", 1)):
            assert raw.command("LATENCY", *request) == other.command("LATENCY", *request), request


def test_two_workers_feed_the_same_logs(server):
    clients = [server.raw() for _ in range(4)]
    clients[0].command("CONFIG", "SET", "slowlog-log-slower-than", 0)
    clients[0].command("SLOWLOG", "RESET")
    for number, client in enumerate(clients):
        client.command("SET", f"key:{number}", 1)
    wait_until(lambda: clients[0].command("SLOWLOG", "LEN") >= 5, "entries of all")
    shown = commands_of(slow(clients[0], -1))
    assert {b"SET key:%d 1" % number for number in range(4)} <= set(shown)


# --- MEMORY ---


def test_memory_stats_add_up(raw3):
    for n in range(1000):
        raw3.command("SET", f"key:{n}", "v" * 100)
    stats = dict(raw3.command("MEMORY", "STATS"))
    assert stats[b"keys.count"] == 1000 and stats[b"total.allocated"] <= stats[b"peak.allocated"]
    assert 0 <= stats[b"startup.allocated"] < stats[b"total.allocated"]
    index = dict(stats[b"db.0"])[b"overhead.hashtable.main"]
    assert 1000 * 5 < index < 1000 * 50
    assert stats[b"overhead.total"] == stats[b"startup.allocated"] + stats[b"clients.normal"] + index
    assert stats[b"dataset.bytes"] + stats[b"overhead.total"] == stats[b"total.allocated"]
    assert 0 < stats[b"dataset.percentage"] <= 100 and 0 < stats[b"peak.percentage"] <= 100


def test_memory_stats_have_the_fields_of_redis(raw, oracle):
    raw.command("SET", "key", 1)
    with oracle.raw() as other:
        other.command("SET", "key", 1)
        ours, theirs = (dict(zip(words[::2], words[1::2])) for words in (one.command("MEMORY", "STATS") for one in (raw, other)))
    assert set(theirs) - set(ours) == set()
    for name, value in theirs.items():
        assert isinstance(ours[name], type(value)), name
    assert {b"db.0", b"overhead.db.hashtable.lut", b"allocator.muzzy"} <= set(ours)


def test_redis_py_reads_memory_stats(client):
    client.set("key", 1)
    stats = client.memory_stats()
    assert stats["keys.count"] == 1 and "db.0" in stats
    assert client.memory_purge()


def test_purge_gives_empty_pages_back(raw):
    def empty_page_bytes():
        return int(re.search(rb"arena_empty_page_bytes:(\d+)", raw.command("INFO", "memory"))[1])

    raw.command("MSET", *(word for n in range(20_000) for word in (f"key:{n}", "v" * 200)))
    raw.command("DEL", *(f"key:{n}" for n in range(20_000)))
    assert raw.command("MEMORY", "PURGE") == b"OK"
    assert empty_page_bytes() < 200_000


def test_memory_reports_are_texts(raw3):
    assert isinstance(raw3.command("MEMORY", "DOCTOR"), Verbatim) and isinstance(raw3.command("MEMORY", "MALLOC-STATS"), Verbatim)
    assert raw3.command("MEMORY", "MALLOC-STATS").count(b"pages ever taken") >= 1
    raw3.command("SETRANGE", "key", 50_000_000, "x")
    assert b"5 MiB" not in raw3.command("MEMORY", "DOCTOR")


# --- a lone server ---

LONE = [
    ("ROLE",), ("REPLICAOF", "NO", "one"), ("SLAVEOF", "no", "ONE"), ("REPLICAOF", "127.0.0.1", "x"), ("REPLICAOF", "127.0.0.1", -1),
    ("REPLICAOF", "a"), ("FAILOVER",), ("FAILOVER", "ABORT"), ("FAILOVER", "FOO"), ("FAILOVER", "TO", "127.0.0.1", 99),
    ("FAILOVER", "TO", "127.0.0.1"), ("FAILOVER", "TO", "127.0.0.1", "x"), ("FAILOVER", "TIMEOUT", 10), ("FAILOVER", "TIMEOUT", "x"),
    ("FAILOVER", "TIMEOUT", 0), ("FAILOVER", "FORCE"), ("FAILOVER", "TO", "h", 1, "FORCE"), ("FAILOVER", "ABORT", "FORCE"),
    ("FAILOVER", "TO", "h", 1, "FORCE", "TIMEOUT", 1),
    ("CLUSTER", "INFO"), ("CLUSTER", "NODES"), ("CLUSTER", "SLOTS"), ("CLUSTER", "SHARDS"), ("CLUSTER", "MYID"), ("CLUSTER", "HELP"),
    ("CLUSTER", "KEYSLOT", "x"), ("CLUSTER", "KEYSLOT"), ("CLUSTER", "FOO"), ("CLUSTER",), ("CLUSTER", "RESET", "foo"),
    ("CLUSTER", "MEET", "a"), ("CLUSTER", "SETSLOT", 1, "STABLE"), ("CLUSTER", "COUNTKEYSINSLOT", "x"),
    ("READONLY",), ("READWRITE",), ("ASKING",), ("READONLY", "x"), ("SHUTDOWN", "ABORT"), ("SHUTDOWN", "FOO"),
    ("SHUTDOWN", "SAVE", "NOSAVE"), ("SHUTDOWN", "ABORT", "NOW"), ("MONITOR", "x"),
]


def test_a_lone_server_answers_as_redis_does(raw, oracle):
    with oracle.raw() as other:
        for request in LONE:
            assert raw.command(*request) == other.command(*request), request


def test_being_a_replica_is_refused(raw):
    assert raw.command("REPLICAOF", "127.0.0.1", 1) == Error(
        b"ERR REPLICAOF is not supported by this version of Zedis: replication comes later")
    assert raw.command("CLUSTER", "MYSHARDID") == Error(b"ERR This instance has cluster support disabled")


@pytest.mark.observes("log-format", "log-timestamp-format")
def test_formats_of_the_log(start_server):
    server = start_server("--log-format", "json", "--log-timestamp-format", "iso8601", "--loglevel", "debug")
    raw = server.raw()
    entries = [json.loads(line) for line in server.log().splitlines()]
    ready = next(entry for entry in entries if entry["message"].startswith("Ready to accept connections"))
    assert ready["pid"] == server.pid and ready["role"] == "primary" and ready["level"] == "notice"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", ready["timestamp"])
    raw.command("CONFIG", "SET", "log-format", "logfmt", "log-timestamp-format", "milliseconds")
    raw.command("CONFIG", "REWRITE")
    wait_until(lambda: "level=warning" in server.log(), "a line")
    assert re.search(r'^pid=\d+ role=primary timestamp="\d{13}" level=warning message="CONFIG REWRITE failed: ', server.log(), re.M)
