"""What one client does to others: CLIENT KILL, PAUSE and UNPAUSE, MONITOR, and `maxmemory-clients`."""

import re
import threading
import time

import pytest

from raw_client import ConnectionClosed, Error, encode
from waiting import wait_until


def client_id(raw):
    return raw.command("CLIENT", "ID")


def is_gone(raw, number):
    return raw.command("CLIENT", "LIST", "ID", number) == b""


# --- CLIENT KILL ---


def test_the_old_form_kills_by_address(server, raw):
    victim = server.raw()
    number = client_id(victim)
    address = "127.0.0.1:%d" % victim.socket.getsockname()[1]
    assert raw.command("CLIENT", "KILL", address) == b"OK"
    assert victim.is_closed()
    wait_until(lambda: is_gone(raw, number), "end of the victim")
    assert raw.command("CLIENT", "KILL", address) == Error(b"ERR No such client")


def test_a_client_that_kills_itself_gets_its_reply(server):
    one = server.raw()
    one.send_raw(encode("CLIENT", "KILL", "127.0.0.1:%d" % one.socket.getsockname()[1]) + encode("PING"))
    assert one.read_reply() == b"OK"
    assert one.is_closed()
    other = server.raw()
    other.send_raw(encode("CLIENT", "KILL", "ID", client_id(other), "SKIPME", "no") + encode("PING"))
    assert other.read_reply() == 1
    assert other.is_closed()


def test_filters_choose_the_victims(server, raw):
    others = [server.raw() for _ in range(6)]
    numbers = [client_id(other) for other in others]
    for index, other in enumerate(others):
        other.command("CLIENT", "SETNAME", f"other-{index}")
    assert raw.command("CLIENT", "KILL", "ID", numbers[0], "ADDR", "1.2.3.4:5") == 0
    assert raw.command("CLIENT", "KILL", "ID", client_id(raw)) == 0  # SKIPME is yes
    assert raw.command("CLIENT", "KILL", "ID", *numbers[:2]) == 2
    assert raw.command("CLIENT", "KILL", "ADDR", "127.0.0.1:%d" % others[2].socket.getsockname()[1], "TYPE", "normal") == 1
    assert raw.command("CLIENT", "KILL", "NAME", "other-3") == 1
    assert raw.command("CLIENT", "KILL", "MAXAGE", 100000) == 0
    assert raw.command("CLIENT", "KILL", "LADDR", f"127.0.0.1:{server.port}", "USER", "default", "SKIPME", "yes") >= 2
    assert all(other.is_closed() for other in others)
    assert raw.command("PING") == b"PONG"
    wait_until(lambda: all(is_gone(raw, number) for number in numbers), "end of all")


def test_what_a_victim_has_sent_behind_does_not_run(server, raw):
    """Whatever worker it belongs to."""
    for _ in range(20):
        victim = server.raw()
        raw.command("CLIENT", "KILL", "ID", client_id(victim))
        try:
            victim.send_raw(encode("SET", "late", 1))
            assert victim.read_reply() is None
        except (ConnectionClosed, ConnectionResetError, BrokenPipeError):
            pass
    assert raw.command("EXISTS", "late") == 0


def test_kill_refuses_what_redis_refuses(raw, oracle):
    with oracle.raw() as other:
        for request in ((), ("x",), ("ID",), ("ID", "x"), ("ID", 0), ("ID", -1), ("ID", 99999), ("TYPE", "foo"), ("USER", "foo"),
                        ("SKIPME", "maybe"), ("ID", 99999, "TYPE"), ("FOO", "x"), ("TYPE", "pubsub"), ("LADDR", "x"), ("ADDR", "x")):
            assert raw.command("CLIENT", "KILL", *request) == other.command("CLIENT", "KILL", *request), request
    assert raw.command("CLIENT", "KILL", "MAXAGE", "x") == Error(b"ERR maxage is not an integer or out of range")
    assert raw.command("CLIENT", "KILL", "MAXAGE", 0) == Error(b"ERR maxage should be greater than 0")


def test_killing_while_all_workers_are_busy(start_server):
    """Clients come, work and are killed by others, on several workers; every reply is one that was asked for."""
    server = start_server(threads=3)
    stop = threading.Event()
    failures = []

    def work():
        while not stop.is_set():
            try:
                with server.raw() as one:
                    for n in range(50):
                        if one.pipeline(("SET", "k", n), ("ECHO", n))[1] != b"%d" % n:
                            failures.append("a wrong reply")
            except (ConnectionClosed, ConnectionResetError, BrokenPipeError):
                pass

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    killed = 0
    try:
        with server.raw() as killer:
            for _ in range(10_000):
                killed += killer.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                if killed > 200:
                    break
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    assert not failures and killed > 200
    with server.raw() as one:
        wait_until(lambda: one.command("CLIENT", "LIST").count(b"\n") == 1, "end of all others")


# --- CLIENT PAUSE ---


def paused(raw):
    return [line for line in raw.command("CLIENT", "LIST").splitlines() if re.search(rb" flags=\w*b", line)]


def test_writes_wait_and_reads_do_not(server, raw):
    other = server.raw()
    raw.command("SET", "key", 1)
    assert raw.command("CLIENT", "PAUSE", 600_000, "WRITE") == b"OK"
    other.send_raw(encode("GET", "key") + encode("SET", "key", 2) + encode("GET", "key") + encode("ECHO", "last"))
    assert other.read_reply() == b"1"
    wait_until(lambda: len(paused(raw)) == 1, "pause")
    assert raw.command("GET", "key") == b"1"
    assert raw.command("CLIENT", "UNPAUSE") == b"OK"
    assert [other.read_reply() for _ in range(3)] == [b"OK", b"2", b"last"]
    assert paused(raw) == []


def test_a_transaction_waits_if_it_writes(server, raw):
    other, reader = server.raw(), server.raw()
    assert other.pipeline(("WATCH", "key"), ("MULTI",), ("SET", "key", 1), ("GET", "key"))[-1] == b"QUEUED"
    assert raw.command("CLIENT", "PAUSE", 600_000, "WRITE") == b"OK"
    assert reader.pipeline(("MULTI",), ("GET", "key"), ("EXEC",))[-1] == [None]
    other.send_raw(encode("EXEC") + encode("PING"))
    wait_until(lambda: len(paused(raw)) == 1, "pause")
    assert raw.command("GET", "key") is None
    raw.command("CLIENT", "UNPAUSE")
    assert [other.read_reply(), other.read_reply()] == [[b"OK", b"1"], b"PONG"]


def test_a_pause_in_a_transaction(server, raw):
    other = server.raw()
    assert raw.pipeline(("MULTI",), ("SET", "key", 1), ("CLIENT", "PAUSE", 600_000, "WRITE"), ("SET", "key", 2), ("EXEC",))[-1] == [b"OK"] * 3
    other.send_raw(encode("SET", "key", 3))
    wait_until(lambda: len(paused(raw)) == 1, "pause")
    assert raw.command("GET", "key") == b"2"
    raw.command("CLIENT", "UNPAUSE")
    assert other.read_reply() == b"OK"


def test_a_blocked_client_can_be_killed(server, raw):
    other = server.raw()
    number = client_id(other)
    other.send_raw(encode("BLPOP", "key", 0))
    wait_until(lambda: len(paused(raw)) == 1, "blocking")
    assert raw.command("CLIENT", "KILL", "ID", number) == 1
    assert other.is_closed()
    raw.command("RPUSH", "key", "a")
    assert raw.command("LLEN", "key") == 1


def test_a_pause_of_all_ends_in_time(server, raw):
    others = [server.raw() for _ in range(4)]
    started = time.monotonic()
    assert raw.command("CLIENT", "PAUSE", 300) == b"OK"
    for other in others:
        other.send_raw(encode("PING"))
    assert [other.read_reply() for other in others] == [b"PONG"] * 4
    assert time.monotonic() - started >= 0.29


def test_a_pause_only_becomes_longer(server, raw):
    started = time.monotonic()
    raw.command("CLIENT", "PAUSE", 400, "WRITE")
    raw.command("CLIENT", "PAUSE", 1, "WRITE")
    assert raw.command("SET", "key", 1) == b"OK"
    assert time.monotonic() - started >= 0.39


def test_what_is_wrong_is_answered_at_once(raw):
    raw.command("CLIENT", "PAUSE", 600_000, "WRITE")
    assert raw.command("SET").startswith(b"ERR wrong number of arguments")
    assert raw.command("NOSUCH").startswith(b"ERR unknown command")
    assert raw.command("CLIENT", "UNPAUSE") == b"OK"


def test_a_paused_client_that_goes_away_is_forgotten(server, raw):
    other = server.raw()
    number = client_id(other)
    raw.command("CLIENT", "PAUSE", 600_000, "WRITE")
    other.send_raw(encode("SET", "key", 1))
    wait_until(lambda: len(paused(raw)) == 1, "pause")
    other.close()
    wait_until(lambda: is_gone(raw, number), "end")
    raw.command("CLIENT", "UNPAUSE")
    assert raw.command("EXISTS", "key") == 0


def test_silent_clients_stay_silent(server, raw):
    other = server.raw()
    raw.command("CLIENT", "PAUSE", 600_000, "WRITE")
    other.send_raw(encode("CLIENT", "REPLY", "SKIP") + encode("SET", "key", 1) + encode("GET", "key"))
    wait_until(lambda: len(paused(raw)) == 1, "pause")
    raw.command("CLIENT", "UNPAUSE")
    assert other.read_reply() == b"1"


def test_due_keys_stay_while_writes_are_paused(raw):
    raw.command("SET", "key", 1, "PX", 1)
    before = raw.command("CLIENT", "PAUSE", 600_000, "WRITE")
    assert before == b"OK" and raw.command("GET", "key") in (None, b"1")
    wait_until(lambda: raw.command("GET", "key") is None, "its time")
    raw.command("CLIENT", "UNPAUSE")


def test_no_write_is_under_way_when_pause_has_answered(start_server):
    """Writers on all workers; after OK two looks at everything, apart in time, see the same."""
    server = start_server("--enable-debug-command", "yes", threads=3)
    stop = threading.Event()

    def write(number):
        with server.raw() as one:
            while not stop.is_set():
                one.pipeline(*[("INCR", f"counter:{number}:{n % 7}") for n in range(50)])

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for writer in writers:
        writer.start()
    try:
        with server.raw() as raw:
            keys = [f"counter:{number}:{n}" for number in range(6) for n in range(7)]
            last = None
            for _ in range(20):
                assert raw.command("CLIENT", "PAUSE", 600_000, "WRITE") == b"OK"
                seen = raw.command("MGET", *keys)
                for _ in range(5):
                    assert raw.command("MGET", *keys) == seen
                assert raw.command("CLIENT", "UNPAUSE") == b"OK"
                wait_until(lambda: raw.command("MGET", *keys) != seen, "that writers go on")
                assert seen != last
                last = seen
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def test_pause_refuses_what_redis_refuses(raw, oracle):
    with oracle.raw() as other:
        for request in ((), ("x",), (-1,), (0, "foo"), (0, "ALL", "x"), (0, "write"), (0,)):
            assert raw.command("CLIENT", "PAUSE", *request) == other.command("CLIENT", "PAUSE", *request), request
        for request in ((), ("x",)):
            assert raw.command("CLIENT", "UNPAUSE", *request) == other.command("CLIENT", "UNPAUSE", *request), request


# --- MONITOR ---


def without_time(line):
    return re.sub(rb"^\d+\.\d{6} ", b"", re.sub(rb"127\.0\.0\.1:\d+", b"ADDRESS", line))


REQUESTS = [
    ("SET", "a", "b"), ("GET",), ("NOSUCH", "x"), ("AUTH", "secret"), ("HELLO", 2, "AUTH", "default", "secret"),
    ("CONFIG", "SET", "timeout", "0"), ("SELECT", 3), ("SET", b"\x01\x00\xff\"\\\n\r\t\x07\x08 ~", "v"), ("CLIENT", "SETNAME", "n"),
    ("MULTI",), ("SET", "q", 1), ("GET", "q"), ("MONITOR",), ("EXEC",), ("BLPOP", "nokey", "0.01"), ("MULTI",), ("GET", "x"), ("DISCARD",),
    ("PING",), ("DBSIZE",), ("SLOWLOG", "LEN"), ("INCR", "a"), ("FLUSHALL",), ("CLIENT", "LIST"), ("ECHO", "last"),
]


def test_lines_are_those_of_redis(server, oracle):
    shown = []
    for one in (server, oracle):
        with one.raw() as monitor, one.raw() as raw:
            assert monitor.command("MONITOR") == b"OK"
            for request in REQUESTS:
                raw.command(*request)
            lines = [monitor.read_reply()]
            while b'"last"' not in lines[-1]:
                lines.append(monitor.read_reply())
            assert all(re.match(rb"\d{10}\.\d{6} \[", line) for line in lines)
            shown.append([without_time(line) for line in lines])
    assert shown[0] == shown[1]


def test_commands_of_all_workers_are_shown_in_the_order_of_each(server):
    monitor = server.raw()
    assert monitor.command("MONITOR") == b"OK"
    others = [server.raw() for _ in range(4)]
    for number, other in enumerate(others):
        other.send_raw(b"".join(encode("SET", f"key:{number}", n) for n in range(100)))
    seen = {number: [] for number in range(4)}
    for _ in range(400):
        number, n = re.search(rb'"SET" "key:(\d)" "(\d+)"', monitor.read_reply()).groups()
        seen[int(number)].append(int(n))
    assert all(numbers == list(range(100)) for numbers in seen.values())
    for other in others:
        assert [other.read_reply() for _ in range(100)] == [b"OK"] * 100


def test_a_monitor_sees_its_own_commands_behind_their_replies(server, oracle):
    for one in (server, oracle):
        with one.raw() as monitor:
            monitor.send_raw(encode("MONITOR") + encode("PING"))
            assert [monitor.read_reply(), monitor.read_reply()] == [b"OK", b"PONG"]
            assert without_time(monitor.read_reply()) == b'[0 ADDRESS] "PING"'


def test_reset_and_quit_end_it(server, raw):
    monitor = server.raw()
    monitor.command("MONITOR")
    assert b" flags=O " in raw.command("CLIENT", "LIST")
    assert monitor.command("RESET") == b"RESET"
    raw.command("SET", "key", 1)
    assert monitor.command("PING") == b"PONG"
    again = server.raw()
    again.command("MONITOR")
    again.close()
    wait_until(lambda: raw.command("CLIENT", "LIST").count(b" flags=O ") == 0, "end of the monitor")
    assert raw.command("SET", "key", 1) == b"OK"


def test_a_slow_monitor_is_cut(server, raw):
    monitor = server.raw()
    number = client_id(monitor)
    monitor.command("MONITOR")
    raw.command("CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0")
    value = "v" * 100_000
    for _ in range(1000):
        raw.command("SET", "key", value)
        if is_gone(raw, number):
            break
    assert is_gone(raw, number)
    assert raw.command("PING") == b"PONG"


# --- maxmemory-clients ---


def evicted(raw):
    return int(re.search(rb"evicted_clients:(\d+)", raw.command("INFO", "stats"))[1])


@pytest.mark.observes("maxmemory-clients")
def test_the_clients_that_take_most_go_first(server, raw):
    small, spared, large = (server.raw() for _ in range(3))
    assert spared.command("CLIENT", "NO-EVICT", "on") == b"OK"
    numbers = {one: client_id(one) for one in (small, spared, large)}
    begin = b"*2\r\n$4\r\nECHO\r\n$60000000\r\n"
    small.send_raw(begin + b"x" * 1_000_000)
    spared.send_raw(begin + b"x" * 10_000_000)
    large.send_raw(begin + b"x" * 20_000_000)

    def kept(number):
        return int((re.search(rb"qbuf=(\d+)", raw.command("CLIENT", "LIST", "ID", number)) or [0, 0])[1])

    wait_until(lambda: [kept(numbers[one]) >= size for one, size in ((small, 10**6), (spared, 10**7), (large, 2 * 10**7))] == [True] * 3,
               "what they have sent")


    def takes(*clients):
        shown = [raw.command("CLIENT", "LIST", "ID", numbers[one]) for one in clients]
        return sum(int(re.search(rb"tot-mem=(\d+)", line)[1]) for line in shown) + 200_000

    before = evicted(raw)
    assert raw.command("CONFIG", "SET", "maxmemory-clients", takes(small, spared)) == b"OK"
    wait_until(lambda: is_gone(raw, numbers[large]), "end of the largest")
    assert evicted(raw) == before + 1
    assert not is_gone(raw, numbers[small]) and not is_gone(raw, numbers[spared])
    assert raw.command("CONFIG", "SET", "maxmemory-clients", takes(spared)) == b"OK"
    wait_until(lambda: is_gone(raw, numbers[small]), "end of the next")
    assert not is_gone(raw, numbers[spared])
    assert spared.socket.fileno() >= 0


def test_a_share_of_maxmemory(server, raw):
    large = server.raw()
    number = client_id(large)
    large.send_raw(b"*2\r\n$4\r\nECHO\r\n$60000000\r\n" + b"x" * 10_000_000)
    assert raw.command("CONFIG", "SET", "maxmemory-clients", "5%") == b"OK"
    wait_until(lambda: b"qbuf=1" in raw.command("CLIENT", "LIST", "ID", number), "what it has sent")
    assert raw.command("CONFIG", "SET", "maxmemory", "100mb") == b"OK"
    wait_until(lambda: is_gone(raw, number), "end")
