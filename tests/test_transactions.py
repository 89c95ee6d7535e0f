"""MULTI, EXEC, DISCARD, WATCH, UNWATCH: what is queued and refused, what touches a watched key, and that nobody sees a
transaction half done, whichever worker serves whom."""
import random
import threading
import time

import pytest

from raw_client import Error, encode
from test_threads import at_once
from waiting import wait_until

OK, QUEUED = b"OK", b"QUEUED"


@pytest.fixture
def other(server):
    """Somebody else: a second connection, which another worker serves."""
    return server.raw()


def info(raw, section):
    return dict(line.split(b":", 1) for line in raw.command("INFO", section).split(b"\r\n") if b":" in line)


def client_line(raw, number):
    return dict(field.split("=", 1) for field in raw.command("CLIENT", "LIST", "ID", number).decode().split())


def execute(raw, *commands):
    """MULTI, the commands, EXEC: what EXEC answers."""
    assert raw.command("MULTI") == OK
    for command in commands:
        assert raw.command(*command) == QUEUED
    return raw.command("EXEC")


# --- what is queued ---


def test_commands_are_queued_and_run_at_exec(raw, other):
    assert raw.command("MULTI") == OK
    assert raw.command("SET", "a", "1") == QUEUED
    assert raw.command("INCR", "a") == QUEUED
    assert raw.command("MGET", "a", "b") == QUEUED
    assert other.command("EXISTS", "a") == 0
    assert raw.command("EXEC") == [OK, 2, [b"2", None]]
    assert other.command("GET", "a") == b"2"
    assert raw.command("EXEC") == b"ERR EXEC without MULTI"


def test_a_pipeline_in_one_write(raw):
    assert raw.pipeline(("MULTI",), ("SET", "a", "x"), ("APPEND", "a", "y"), ("EXEC",), ("GET", "a"), ("MULTI",), ("EXEC",)) == [
        OK, QUEUED, QUEUED, [OK, 2], b"xy", OK, []]


def test_the_bytes_of_the_replies(raw, raw3):
    for client, null in ((raw, b"*-1\r\n"), (raw3, b"_\r\n")):
        client.send_raw(encode("WATCH", "a") + encode("SET", "a", "1") + encode("MULTI") + encode("PING") + encode("EXEC"))
        assert [client.read_reply_bytes() for _ in range(5)] == [b"+OK\r\n", b"+OK\r\n", b"+OK\r\n", b"+QUEUED\r\n", null]
    assert execute(raw3, ["HGETALL", "none"]) == [[]]


def test_an_error_while_running_does_not_stop_the_rest(raw):
    raw.command("SET", "s", "text")
    replies = execute(raw, ["LPUSH", "s", "x"], ["INCR", "s"], ["SET", "t", "1"])
    assert replies == [b"WRONGTYPE Operation against a key holding the wrong kind of value", b"ERR value is not an integer or out of range", OK]
    assert [type(reply) for reply in replies[:2]] == [Error, Error]
    assert raw.command("GET", "t") == b"1"


@pytest.mark.parametrize(
    "command, error",
    [
        (["nosuch", "x"], b"ERR unknown command 'nosuch', with args beginning with: 'x' "),
        (["GET"], b"ERR wrong number of arguments for 'get' command"),
        (["CLIENT", "nosuch"], b"ERR unknown subcommand 'nosuch'. Try CLIENT HELP."),
        (["MULTI", "x"], b"ERR wrong number of arguments for 'multi' command"),
        (["WATCH"], b"ERR wrong number of arguments for 'watch' command"),
        (["DISCARD", "x"], b"ERR wrong number of arguments for 'discard' command"),
        (["SHUTDOWN"], b"ERR Command not allowed inside a transaction"),
    ],
)
def test_a_refused_command_makes_exec_refuse(raw, command, error):
    raw.command("MULTI")
    assert raw.command("SET", "a", "1") == QUEUED
    assert raw.command(*command) == error
    assert raw.command("SET", "a", "2") == QUEUED
    assert raw.command("EXEC") == b"EXECABORT Transaction discarded because of previous errors."
    assert raw.command("GET", "a") is None
    assert execute(raw, ["PING"]) == [b"PONG"]


def test_nested_multi_and_watch_are_refused_and_the_transaction_goes_on(raw):
    raw.command("MULTI")
    assert raw.command("MULTI") == b"ERR MULTI calls can not be nested"
    assert raw.command("WATCH", "a") == b"ERR WATCH inside MULTI is not allowed"
    assert raw.command("SET", "a", "1") == QUEUED
    assert raw.command("EXEC") == [OK]


def test_exec_with_arguments_discards(raw, other):
    raw.command("WATCH", "a")
    raw.command("MULTI")
    raw.command("SET", "a", "1")
    aborted = b"EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"
    assert raw.command("EXEC", "x") == aborted
    other.command("SET", "a", "2")  # is not watched any more
    assert execute(raw, ["PING"]) == [b"PONG"]
    assert raw.command("EXEC", "x") == aborted  # without MULTI, too
    assert raw.command("EXEC") == b"ERR EXEC without MULTI"


def test_discard(raw):
    assert raw.command("DISCARD") == b"ERR DISCARD without MULTI"
    raw.command("MULTI")
    raw.command("SET", "a", "1")
    assert raw.command("DISCARD") == OK
    assert raw.command("GET", "a") is None
    assert raw.command("EXEC") == b"ERR EXEC without MULTI"


def test_reset_and_quit_discard(raw, other, server):
    raw.command("MULTI")
    raw.command("SET", "a", "1")
    assert raw.command("RESET") == b"RESET"
    assert raw.command("EXEC") == b"ERR EXEC without MULTI"
    raw.command("MULTI")
    raw.command("SET", "a", "1")
    assert raw.command("QUIT") == OK
    assert raw.is_closed()
    assert other.command("EXISTS", "a") == 0


def test_commands_on_the_whole_keyspace(raw):
    raw.command("MSET", *(word for n in range(50) for word in (f"key:{n}", n)))
    replies = execute(raw, ["DBSIZE"], ["KEYS", "key:1"], ["SCAN", "0", "COUNT", "1000"], ["FLUSHDB"], ["DBSIZE"], ["SET", "x", "1"], ["RANDOMKEY"],
                      ["SWAPDB", "0", "1"], ["EXISTS", "x"], ["SELECT", "1"], ["GET", "x"], ["INFO", "keyspace"], ["FLUSHALL"], ["DBSIZE"], ["SELECT", "0"])
    assert replies[:2] == [50, [b"key:1"]] and len(replies[2][1]) == 50
    assert replies[3:11] == [OK, 0, OK, b"x", OK, 0, OK, b"1"]
    assert b"db1:keys=1" in replies[11]
    assert replies[12:] == [OK, 0, OK]


def test_sort_by_other_keys(raw):
    raw.command("RPUSH", "list", "a", "b", "c")
    assert execute(raw, ["MSET", "w_a", "3", "w_b", "2", "w_c", "1"], ["SORT", "list", "BY", "w_*", "GET", "w_*", "STORE", "sorted"],
                   ["LRANGE", "sorted", "0", "-1"]) == [OK, 3, [b"1", b"2", b"3"]]


def test_select_inside_stays(raw):
    assert execute(raw, ["SELECT", "3"], ["SET", "a", "1"]) == [OK, OK]
    assert raw.command("GET", "a") == b"1"
    raw.command("SELECT", "0")
    assert raw.command("GET", "a") is None


def test_configuration_and_protocol_inside(raw):
    replies = execute(raw, ["CONFIG", "SET", "maxmemory-samples", "7"], ["CONFIG", "GET", "maxmemory-samples"], ["HELLO", "3"], ["CONFIG", "GET", "maxmemory-samples"],
                      ["PING"])
    assert replies[:2] == [OK, [b"maxmemory-samples", b"7"]]
    assert replies[3:] == [[(b"maxmemory-samples", b"7")], b"PONG"]


def test_blocking_commands_answer_at_once(raw):
    raw.command("XADD", "s", "1-1", "f", "v")
    assert execute(raw, ["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]) == [None]


def test_many_large_arguments(raw):
    """More than the blocks that a queue is made of, and commands of many keys."""
    values = {f"key:{n}": bytes([65 + n % 26]) * (n * 997 % 70000) for n in range(200)}
    raw.command("MULTI")
    for key, value in values.items():
        raw.command("SET", key, value)
    raw.command("MGET", *values)
    raw.command("MSET", *(word for n in range(2000) for word in (f"many:{n}", n)))
    raw.command("DEL", *(f"many:{n}" for n in range(3000)))
    replies = raw.command("EXEC")
    assert replies == [OK] * 200 + [list(values.values()), OK, 2000]


def test_replies_that_are_switched_off(raw):
    """As Redis does: an array that has begun goes on without what is left out."""
    raw.pipeline(("MULTI",), ("PING",), ("CLIENT", "REPLY", "OFF"), ("PING",))
    raw.send_raw(encode("EXEC") + encode("PING") + encode("CLIENT", "REPLY", "ON"))
    assert raw.read_raw(len(b"*3\r\n+PONG\r\n+OK\r\n")) == b"*3\r\n+PONG\r\n+OK\r\n"
    raw.pipeline(("MULTI",), ("PING",), ("CLIENT", "REPLY", "SKIP"), ("PING",))
    raw.send_raw(encode("EXEC") + encode("PING") + encode("ECHO", "end"))
    assert raw.read_raw(len(b"*3\r\n+PONG\r\n+PONG\r\n$3\r\nend\r\n")) == b"*3\r\n+PONG\r\n+PONG\r\n$3\r\nend\r\n"
    raw.send_raw(encode("CLIENT", "REPLY", "OFF") + encode("MULTI") + encode("PING") + encode("CLIENT", "REPLY", "ON") + encode("PING") + encode("EXEC"))
    assert raw.read_raw(len(b"+OK\r\n+PONG\r\n")) == b"+OK\r\n+PONG\r\n"
    raw.send_raw(encode("CLIENT", "REPLY", "SKIP") + encode("MULTI") + encode("PING") + encode("CLIENT", "REPLY", "SKIP") + encode("EXEC") + encode("ECHO", "end"))
    assert raw.read_raw(len(b"+QUEUED\r\n+QUEUED\r\n*2\r\n+PONG\r\n")) == b"+QUEUED\r\n+QUEUED\r\n*2\r\n+PONG\r\n"
    assert raw.command("PING") == b"PONG"


def test_a_queue_needs_memory(raw):
    """Out of memory nothing is queued; EXEC of what needs memory is refused, and discards."""
    raw.command("SET", "a", "1")
    raw.command("MULTI")
    raw.command("SET", "a", "2")
    raw.command("CONFIG", "SET", "maxmemory", "1")  # is queued
    assert raw.command("EXEC") == [OK, OK]
    oom = b"OOM command not allowed when used memory > 'maxmemory'."
    assert raw.command("GET", "a") == b"2"
    assert raw.command("MULTI") == OK
    assert raw.command("GET", "a") == oom
    assert raw.command("EXEC") == b"EXECABORT Transaction discarded because of previous errors."
    raw.command("MULTI")
    assert raw.command("WATCH", "a") == oom
    assert raw.command("DISCARD") == OK
    raw.command("MULTI")
    assert raw.command("EXEC") == []


def test_exec_of_what_needs_memory_that_is_no_longer_there(raw, other):
    for command, expected in ((["SET", "a", "1"], b"EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'."),
                              (["GET", "a"], [None])):
        raw.command("MULTI")
        raw.command(*command)
        other.command("CONFIG", "SET", "maxmemory", "1")
        assert raw.command("EXEC") == expected
        assert raw.command("EXEC") == b"ERR EXEC without MULTI"
        other.command("CONFIG", "SET", "maxmemory", "0")


def test_a_queue_counts_as_memory_of_clients_and_goes_with_its_client(raw, other):
    before = int(info(other, "memory")[b"mem_clients_normal"])
    number = raw.command("CLIENT", "ID")
    raw.command("MULTI")
    for _ in range(20):
        raw.command("SET", "a", "x" * 100_000)
    assert int(info(other, "memory")[b"mem_clients_normal"]) - before > 2_000_000
    line = client_line(other, number)
    assert line["multi"] == "20" and int(line["multi-mem"]) > 2_000_000 and int(line["tot-mem"]) > 2_000_000
    raw.close()
    wait_until(lambda: int(info(other, "memory")[b"mem_clients_normal"]) - before < 1_000_000, "the queue is still there")


def test_a_queue_counts_as_input_that_has_not_been_dealt_with(raw, other):
    other.command("CONFIG", "SET", "client-query-buffer-limit", "1mb")
    raw.command("MULTI")
    for _ in range(15):
        try:
            raw.command("SET", "a", "x" * 100_000)
        except OSError:
            break
        except Exception as closed:  # noqa: BLE001: the connection was closed before or after it was written to
            assert "closed" in str(closed)
            break
    else:
        pytest.fail("a queue without a limit")
    assert other.command("EXISTS", "a") == 0


def test_client_list_shows_transactions(raw, other):
    number = raw.command("CLIENT", "ID")
    assert client_line(other, number)["multi"] == "-1"
    raw.command("WATCH", "a", "b", "a")
    assert {name: client_line(other, number)[name] for name in ("flags", "multi", "watch")} == {"flags": "N", "multi": "-1", "watch": "2"}
    raw.command("MULTI")
    raw.command("GET", "a")
    line = client_line(other, number)
    assert (line["flags"], line["multi"], line["watch"], line["cmd"]) == ("x", "1", "2", "get") and int(line["multi-mem"]) > 0
    assert info(other, "clients")[b"watching_clients"] == b"1" and info(other, "clients")[b"total_watched_keys"] == b"2"
    other.command("SET", "b", "1")
    assert client_line(other, number)["flags"] == "xd"
    raw.command("GET", "a")
    line = client_line(other, number)
    assert (line["multi"], line["watch"]) == ("1", "0"), "what is never going to run is not kept"
    assert raw.command("EXEC") is None
    line = client_line(other, number)
    assert (line["flags"], line["multi"], line["multi-mem"]) == ("N", "-1", "0")
    assert info(other, "clients")[b"watching_clients"] == b"0" and info(other, "clients")[b"total_watched_keys"] == b"0"
    raw.command("MULTI")
    raw.command("CLIENT", "INFO")
    shown = raw.command("EXEC")[0]
    assert b" flags=x " in shown and b" multi=1 " in shown and b" cmd=exec " in shown


def test_statistics(raw):
    raw.command("SET", "s", "text")
    raw.command("CONFIG", "RESETSTAT")
    execute(raw, ["INCR", "s"], ["GET", "s"])
    raw.command("MULTI")
    raw.command("GET")
    raw.command("EXEC")
    raw.command("EXEC")
    raw.command("EXEC", "x")
    calls = {name: dict(part.split(b"=") for part in value.split(b",")) for name, value in info(raw, "commandstats").items()}
    shown = {name.decode()[8:]: tuple(int(calls[name][field]) for field in (b"calls", b"rejected_calls", b"failed_calls")) for name in calls}
    assert shown["exec"] == (3, 1, 2) and shown["multi"] == (2, 0, 0) and shown["incr"] == (1, 0, 1) and shown["get"] == (1, 1, 0)
    assert info(raw, "errorstats") == {b"errorstat_ERR": b"count=3", b"errorstat_EXECABORT": b"count=2"}


def test_a_password_that_is_asked_for(start_server):
    server = start_server("--requirepass", "secret")
    raw = server.raw()
    assert raw.command("MULTI") == b"NOAUTH Authentication required."
    assert raw.command("EXEC") == b"EXECABORT Transaction discarded because of: NOAUTH Authentication required."
    raw.command("AUTH", "secret")
    assert execute(raw, ["PING"]) == [b"PONG"]


# --- what touches a watched key ---


CHANGES = [
    (["SET", "k", "1"], ["SET", "k", "1"], True),
    (["SET", "k", "1"], ["GET", "k"], False),
    (["SET", "k", "1"], ["SET", "other", "1"], False),
    (["SET", "k", "1"], ["DEL", "k"], True),
    (["PING"], ["DEL", "k"], False),
    (["PING"], ["SET", "k", "1"], True),
    (["PING"], ["LPUSH", "k", "a"], True),
    (["SET", "k", "1"], ["EXPIRE", "k", "100"], True),
    (["SET", "k", "1"], ["TOUCH", "k"], False),
    (["SET", "k", "1"], ["RENAME", "k", "l"], True),
    (["SET", "l", "1"], ["RENAME", "l", "k"], True),
    (["SET", "k", "1"], ["COPY", "k", "l"], False),
    (["SET", "l", "1"], ["COPY", "l", "k"], True),
    (["SADD", "k", "a"], ["SADD", "k", "a"], False),
    (["SADD", "k", "a"], ["SREM", "k", "a"], True),
    (["SET", "k", "1"], ["MSET", "a", "1", "k", "2"], True),
    (["SET", "k", "1"], ["MSETNX", "a", "1", "k", "2"], False),
    (["SET", "k", "1"], ["FLUSHDB"], True),
    (["PING"], ["FLUSHDB"], False),
    (["SET", "k", "1"], ["FLUSHALL"], True),
    (["SET", "l", "1"], ["FLUSHALL"], False),
    (["SET", "k", "1"], ["SWAPDB", "0", "1"], True),
    (["SET", "l", "1"], ["SWAPDB", "0", "1"], False),
    (["SET", "k", "1"], ["SWAPDB", "0", "0"], False),
    (["SET", "k", "1"], ["SWAPDB", "1", "2"], False),
    (["SET", "k", "1"], ["MOVE", "k", "1"], True),
    (["XADD", "k", "1-1", "f", "v"], ["XGROUP", "CREATE", "k", "g", "0"], False),
    (["PING"], ["XGROUP", "CREATE", "k", "g", "0", "MKSTREAM"], True),
    (["XADD", "k", "1-1", "f", "v"], ["XADD", "k", "2-1", "f", "v"], True),
]


@pytest.mark.parametrize("before, change, touches", CHANGES, ids=[" ".join(change) for _, change, _ in CHANGES])
@pytest.mark.parametrize("who", ["other", "itself"])
def test_what_touches_a_watched_key(raw, other, before, change, touches, who):
    raw.command(*before)
    raw.command("WATCH", "missing", "k")
    assert not isinstance((other if who == "other" else raw).command(*change), Error)
    assert execute(raw, ["PING"]) == (None if touches else [b"PONG"])
    assert execute(raw, ["PING"]) == [b"PONG"], "it watched longer than until EXEC"


def test_a_touched_transaction_changes_nothing(raw, other):
    raw.command("WATCH", "a")
    raw.command("MULTI")
    raw.command("SET", "b", "1")
    other.command("INCR", "a")
    assert raw.command("EXEC") is None
    assert raw.command("EXISTS", "b") == 0


def test_its_own_changes_do_not_touch(raw):
    raw.command("WATCH", "a", "b")
    assert execute(raw, ["SET", "a", "1"], ["SET", "b", "1"], ["FLUSHALL"]) == [OK, OK, OK]
    assert execute(raw, ["PING"]) == [b"PONG"]


def test_a_queued_unwatch_comes_too_late(raw, other):
    raw.command("WATCH", "a")
    raw.command("MULTI")
    raw.command("UNWATCH")
    other.command("SET", "a", "1")
    assert raw.command("EXEC") is None


@pytest.mark.parametrize("end", [["UNWATCH"], ["MULTI", "DISCARD"], ["RESET"], ["MULTI", "EXEC"], ["EXEC x"]])
def test_what_ends_watching(raw, other, end):
    raw.command("WATCH", "a", "b")
    for line in end:
        raw.command(*line.split())
    other.command("SET", "a", "1")
    assert execute(raw, ["PING"]) == [b"PONG"]


def test_what_does_not_end_watching(raw, other):
    raw.command("WATCH", "a")
    raw.command("DISCARD")
    raw.command("EXEC")
    raw.command("SELECT", "1")
    raw.command("WATCH", "b")
    other.command("SET", "a", "1")
    assert execute(raw, ["PING"]) is None


def test_keys_are_watched_in_their_database(raw, other):
    raw.command("WATCH", "a")
    other.command("SELECT", "1")
    other.command("SET", "a", "1")
    assert execute(raw, ["SELECT", "1"]) == [OK]
    raw.command("WATCH", "a")
    raw.command("SELECT", "0")
    other.command("SET", "a", "2")
    assert execute(raw, ["PING"]) is None


def test_a_client_that_ends_watches_no_more(raw, other):
    raw.command("WATCH", "a", "b")
    assert info(other, "clients")[b"total_watched_keys"] == b"2"
    raw.close()
    wait_until(lambda: info(other, "clients")[b"total_watched_keys"] == b"0", "the watches of a client that is gone")
    assert other.command("SET", "a", "1") == OK


def test_several_watch_one_key(server, raw, other):
    watchers = [server.raw() for _ in range(5)]
    for watcher in watchers:
        watcher.command("WATCH", "a", "b")
    watchers[2].command("UNWATCH")
    other.command("SET", "a", "1")
    assert [execute(watcher, ["PING"]) for watcher in watchers] == [None, None, [b"PONG"], None, None]


# --- watched keys that expire ---


@pytest.fixture
def no_sweep(start_server):
    """A connection to a server on which a key that is due stays until somebody comes across it."""
    server = start_server("--enable-debug-command", "yes")
    raw = server.raw()
    raw.command("DEBUG", "SET-ACTIVE-EXPIRE", "0")
    raw.another = server.raw()
    return raw


def set_due(raw, key):
    """The key is there, and due."""
    raw.command("SET", key, "1", "PX", "1")
    time.sleep(0.01)


def test_a_key_that_expires_after_watch_touches(no_sweep):
    raw = no_sweep
    raw.pipeline(("SET", "k", "1", "PX", "1"), ("WATCH", "k"))  # in one turn of the worker, which is one time
    time.sleep(0.01)
    assert execute(raw, ["PING"]) is None
    assert execute(raw, ["PING"]) == [b"PONG"]


def test_a_key_that_was_due_before_watch_is_absent(no_sweep):
    raw = no_sweep
    set_due(raw, "k")
    raw.command("WATCH", "k")
    raw.another.command("GET", "k")
    raw.another.command("FLUSHALL")
    assert execute(raw, ["PING"]) == [b"PONG"]
    set_due(raw, "k")
    raw.command("WATCH", "k")
    raw.another.command("SET", "k", "2")
    assert execute(raw, ["PING"]) is None


def test_a_due_key_that_comes_by_swapdb_is_as_absent_as_before(no_sweep):
    raw = no_sweep
    raw.another.command("SELECT", "1")
    for first in ("none", "due"):
        if first == "due":
            set_due(raw, "k")
        raw.another.command("SET", "k", "1", "PX", "1")
        raw.command("WATCH", "k")
        time.sleep(0.01)
        raw.command("SWAPDB", "0", "1")
        assert raw.command("EXISTS", "k") == 0  # now it has gone
        assert execute(raw, ["PING"]) == [b"PONG"]
        raw.another.command("SET", "k", "1")
        raw.command("WATCH", "k")
        raw.command("SWAPDB", "0", "1")
        assert execute(raw, ["PING"]) is None
        raw.command("FLUSHALL")


def test_the_sweep_touches(raw, server):
    raw.pipeline(("SET", "k", "1", "PX", "1"), ("WATCH", "k"))  # in one turn of the worker, which is one time
    other = server.raw()
    wait_until(lambda: other.command("DBSIZE") == 0, "the key does not expire")
    assert execute(raw, ["PING"]) is None


def test_eviction_touches(start_server):
    server = start_server("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-random", threads=2)
    raw, other = server.raw(), server.raw()
    raw.command("MSET", *(word for n in range(2000) for word in (f"key:{n}", "x" * 500)))
    raw.command("WATCH", *(f"key:{n}" for n in range(2000)))
    used = int(info(other, "memory")[b"used_memory"])
    other.command("CONFIG", "SET", "maxmemory", used - 300_000)
    wait_until(lambda: int(info(other, "stats")[b"evicted_keys"]) > 0, "nothing is evicted")
    other.command("CONFIG", "SET", "maxmemory", "100mb")
    assert execute(raw, ["PING"]) is None


# --- many threads ---


ACCOUNTS = [f"account:{n}" for n in range(100)]
FUNDS = 1000


def transfer_by_watch(raw, rng):
    """Reads two accounts, and writes both unless one has changed. Returns whether it did."""
    one, other = rng.sample(ACCOUNTS, 2)
    amount = rng.randint(1, 50)
    raw.send_raw(encode("WATCH", one, other) + encode("MGET", one, other))
    _, (left, right) = raw.read_reply(), raw.read_reply()
    raw.send_raw(encode("MULTI") + encode("SET", one, int(left) - amount) + encode("SET", other, int(right) + amount) + encode("EXEC"))
    return [raw.read_reply() for _ in range(4)][-1] is not None


def transfer_by_many(raw, rng):
    """Takes from some accounts and gives to others, one command for each. Now and then one between them takes so long that
    others run meanwhile, even if there is only one core for all workers."""
    chosen = rng.sample(ACCOUNTS, rng.randint(2, 60))
    amounts = [rng.randint(1, 50) for _ in chosen[1:]]
    commands = [("DECRBY", chosen[0], sum(amounts)), *(("INCRBY", key, amount) for key, amount in zip(chosen[1:], amounts))]
    if rng.random() < 0.05:
        commands.append(("SORT", "slow", "ALPHA", "STORE", "sorted"))
    rng.shuffle(commands)
    replies = raw.pipeline(("MULTI",), *commands, ("EXEC",))
    assert len(replies[-1]) == len(commands) and all(type(reply) is int for reply in replies[-1])
    return True


def read_all(raw, rng):
    """All accounts, in the one or the other way, are read in one transaction: nobody has made or lost money."""
    accounts = rng.sample(ACCOUNTS, len(ACCOUNTS))
    half = len(accounts) // 2
    queries = rng.choice([[("GET", key) for key in accounts], [("MGET", *accounts[:half]), ("MGET", *accounts[half:])],
                          [("GET", accounts[0]), ("DBSIZE",), *(("GET", key) for key in accounts[1:])]])
    found = raw.pipeline(("MULTI",), *queries, ("EXEC",))[-1]
    balances = [int(value) for reply in found for value in (reply if isinstance(reply, list) else [reply]) if not isinstance(value, int)]
    assert len(balances) == len(ACCOUNTS)
    assert sum(balances) == FUNDS * len(ACCOUNTS), "somebody saw a transfer half done"


def test_a_bank_never_shows_a_wrong_sum(many, time_factor):
    """Eight connections on all workers: three transfer by WATCH, three by MULTI of many keys, two read all accounts."""
    setup = many.raw()
    setup.command("MSET", *(word for key in ACCOUNTS for word in (key, FUNDS)))
    setup.command("RPUSH", "slow", *(str(n * 7919 % 5003) for n in range(5000)))
    stop = threading.Event()
    done = {"watch": 0, "lost": 0, "many": 0, "reads": 0}
    guard = threading.Lock()

    def until_stopped(name, act, seed):
        raw, rng, counts = many.raw(), random.Random(seed), [0, 0]
        try:
            while not stop.is_set():
                counts[bool(act(raw, rng))] += 1
        finally:
            stop.set()
            with guard:
                done[name] += counts[1]
                done["lost"] += counts[0]

    def reader(seed):
        raw, rng = many.raw(), random.Random(seed)
        try:
            for _ in range(int(1500 / min(time_factor, 6))):
                read_all(raw, rng)
        finally:
            stop.set()

    at_once(*[lambda n=n: until_stopped("watch", transfer_by_watch, n) for n in range(3)],
            *[lambda n=n: until_stopped("many", transfer_by_many, 10 + n) for n in range(3)], lambda: reader(20), lambda: reader(21))
    assert done["watch"] > 0 and done["many"] > 0
    read_all(setup, random.Random(1))
    assert info(setup, "clients")[b"total_watched_keys"] == b"0"


def test_watch_counts_every_increment_of_many_connections(many):
    """Each adds one by WATCH, GET, MULTI, SET, EXEC, again when somebody was quicker: nothing is lost."""
    setup = many.raw()
    setup.command("SET", "count", "0")
    increments = 60

    def add():
        raw = many.raw()
        for _ in range(increments):
            while True:
                value = raw.pipeline(("WATCH", "count"), ("GET", "count"))[1]
                if raw.pipeline(("MULTI",), ("SET", "count", int(value) + 1), ("EXEC",))[-1] is not None:
                    break

    at_once(*[add] * 8)
    assert setup.command("GET", "count") == b"%d" % (8 * increments)


def test_flushes_and_swaps_beside_transactions_and_watches(many):
    """What takes all locks meets transactions of many keys and clients that come and go with their watches."""
    rounds = 150

    def everything(seed):
        raw, rng = many.raw(), random.Random(seed)
        for _ in range(rounds):
            keys = [f"key:{rng.randrange(30)}" for _ in range(8)]
            raw.pipeline(("WATCH", *keys), *rng.choice([[("FLUSHALL",)], [("SWAPDB", "0", "1")], [("PING",)], [("MSET", *(w for key in keys for w in (key, "1")))]]))
            queue = [rng.choice([("SET", key, "1"), ("DEL", key), ("SELECT", str(rng.randrange(2))), ("DBSIZE",), ("FLUSHDB",), ("MGET", *keys)]) for key in keys]
            replies = raw.pipeline(("MULTI",), *queue, ("EXEC",))
            assert replies[-1] is None or len(replies[-1]) == len(queue)
            if rng.random() < 0.1:
                raw.command("WATCH", *keys)
                raw.close()
                raw = many.raw()

    at_once(*[lambda n=n: everything(n) for n in range(8)])
    raw = many.raw()
    wait_until(lambda: info(raw, "clients")[b"total_watched_keys"] == b"0", "watches of clients that are gone")
