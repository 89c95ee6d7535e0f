"""Clients that do what no client should: the server neither crashes, nor hangs, nor keeps memory for them."""
import os
import random
import resource
import socket
import threading
import time

import pytest

from raw_client import ConnectionClosed, Error, ProtocolError, encode
from waiting import WAIT_SECONDS_MAX, wait_until


def connect(server, timeout=WAIT_SECONDS_MAX, receive_bytes=None):
    client = socket.socket()
    if receive_bytes is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    client.settimeout(timeout)
    client.connect(("127.0.0.1", server.port))
    return client


def drain(client):
    """Reads what there is without waiting; False once the server has closed."""
    timeout = client.gettimeout()
    client.settimeout(0)
    try:
        while client.recv(1 << 16):
            pass
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        client.settimeout(timeout)


def connected(server):
    with server.raw() as raw:
        text = raw.command("INFO", "clients").decode()
    return int(text.split("connected_clients:")[1].split()[0])


# --- bytes that make no sense ---

SEEDS = [
    encode("SET", "key", "value"), encode("GET", "key"), encode("MSET", "a", "1", "b", "2"), encode("RPUSH", "l", *range(50)),
    encode("LRANGE", "l", 0, -1), encode("BITFIELD", "bits", "SET", "u8", 100, 200), encode("SETRANGE", "key", 100, "x"),
    encode("EVAL", "return 1", 0), encode("CONFIG", "GET", "*"), encode("CLIENT", "LIST"), encode("HELLO", 3),
    encode("COMMAND", "DOCS", "get"), encode("SCAN", 0, "MATCH", "*[a-z]*\\"), encode("LCS", "key", "a", "IDX"),
    encode("LMPOP", 2, "l", "m", "LEFT", "COUNT", 3), encode("COPY", "a", "b", "DB", 1), encode("OBJECT", "HELP"),
    b"PING\r\n", b"SET inline 'quo\\x00ted' \"x\\n\"\r\n", b"*0\r\n", b"\r\n", b"*1\r\n$4\r\nPING\r\n" * 20,
]
DANGEROUS = (b"SHUTDOWN", b"FLUSHALL", b"DEBUG", b"CONFIG\r\n$3\r\nSET")


def mutated(dice):
    data = bytearray(b"".join(dice.choices(SEEDS, k=dice.randint(1, 6))))
    for _ in range(dice.randint(0, 6)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(6):
            case 0:
                data[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del data[at : at + dice.randint(1, 10)]
            case 2:
                data[at:at] = dice.randbytes(dice.randint(1, 20))
            case 3:
                data[at:at] = dice.choice([b"\r\n", b"*", b"$", b"-1", b"0", b"999999999999999999999", b"$536870912\r\n",
                                           b"*1048576\r\n", b"*2147483647\r\n", b"\x00", b"\"", b"'"])
            case 4:
                data = data[:at]
            case 5:
                data += data[at : at + 100]
            case _:
                pass
        if not data:
            data = bytearray(b"*")
    return bytes(data)


def garbage(dice):
    return dice.randbytes(dice.choice((1, 10, 100, 5000))) if dice.random() < 0.3 else mutated(dice)


@pytest.mark.parametrize("seed", [1, 2])
def test_random_and_mutated_bytes_from_many_connections(start_server, time_factor, seed):
    server = start_server(threads=2)
    watcher = server.client()
    watcher.ping()
    before = watcher.info("memory")
    resident = server.resident_bytes()
    failures = []

    def send(who):
        dice = random.Random(seed * 100 + who)
        clients = []
        for _ in range(int(3000 / time_factor)):
            if len(clients) < 40:
                clients.append(connect(server))
            at = dice.randrange(len(clients))
            data = garbage(dice)
            try:
                clients[at].sendall(data if not any(word in data.upper() for word in DANGEROUS) else b"PING\r\n")
                alive = drain(clients[at])
            except OSError as error:
                alive = False
                if isinstance(error, TimeoutError):
                    failures.append(data)
            if not alive or dice.random() < 0.05:
                clients.pop(at).close()
        for client in clients:
            client.close()

    senders = [threading.Thread(target=send, args=(who,)) for who in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert not failures, "the server does not read any more"
    server.raise_if_crashed()
    wait_until(lambda: connected(server) <= 2, "connections stay")
    assert watcher.ping()
    watcher.flushall()
    wait_until(lambda: watcher.info("memory")["arena_used_bytes"] <= before["arena_used_bytes"], "memory stays")
    assert watcher.info("clients")["client_recent_max_input_buffer"] < 20_000
    if time_factor == 1:
        assert server.resident_bytes() < resident + (24 << 20)


# --- slow, half, and huge ---


def test_requests_that_come_byte_by_byte(server):
    raw = server.raw()
    for byte in encode("SET", "slow", "val\r\nue") + encode("GET", "slow") + b"PING inline\r\n":
        raw.send_raw(bytes([byte]))
    assert [raw.read_reply() for _ in range(3)] == [b"OK", b"val\r\nue", b"inline"]


def test_many_slow_senders_do_not_hold_up_others(server):
    request = encode("SET", "key", "v" * 50)
    slow = [connect(server) for _ in range(100)]
    raw = server.raw()
    for byte in request:
        for client in slow:
            client.sendall(bytes([byte]))
        assert raw.command("PING") == b"PONG"
    for client in slow:
        assert client.recv(100) == b"+OK\r\n"
        client.close()


@pytest.mark.parametrize("cut", [1, 3, 10, 25, -1])
def test_half_a_request_then_a_close_changes_nothing(server, cut):
    before = connected(server)
    for _ in range(50):
        with connect(server) as client:
            client.sendall(encode("PING") + encode("SET", "half", "value")[:cut])
    wait_until(lambda: connected(server) <= before, "connections stay")
    assert server.raw().command("EXISTS", "half") == 0


def test_a_close_behind_requests_does_not_undo_them(server):
    with connect(server) as client:
        client.sendall(encode("SET", "last", "words"))
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b"+OK\r\n"
        assert client.recv(100) == b""
    assert server.raw().command("GET", "last") == b"words"


def test_clients_that_reset_their_connection_in_the_middle_of_replies(server):
    raw = server.raw()
    raw.command("SET", "blob", "b" * 1_000_000)
    before = connected(server)
    for _ in range(30):
        client = connect(server, receive_bytes=4096)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        client.sendall(encode("GET", "blob") * 20)
        client.close()
    wait_until(lambda: connected(server) <= before, "connections stay")


@pytest.mark.parametrize("claim", [b"*1048576\r\n", b"*2\r\n$3\r\nGET\r\n$536870912\r\n", b"*1048576\r\n$536870912\r\nabc"])
def test_a_huge_claimed_length_takes_no_memory(start_server, claim):
    server = start_server(threads=2)
    client = server.client()
    client.ping()
    before, resident = client.info("memory")["used_memory"], server.resident_bytes()
    clients = [connect(server) for _ in range(100)]
    for one in clients:
        one.sendall(claim + b"x" * 10 if claim.endswith(b"0\r\n") else claim)
    read = sum(len(claim) for _ in clients)
    wait_until(lambda: client.info("stats")["total_net_input_bytes"] > read, "the requests are not read")
    assert client.ping()
    assert client.info("memory")["used_memory"] < before + 1_000_000
    assert server.resident_bytes() < resident + (4 << 20)
    assert client.info("clients")["client_recent_max_input_buffer"] < 20_000
    for one in clients:
        one.close()


@pytest.mark.parametrize("data, error", [
    (b"*1048577\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
    (b"*9223372036854775808\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
    (b"*1\r\n$536870913\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"*1\r\n$-1\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"*1\r\n:1\r\n", b"-ERR Protocol error: expected '$', got ':'\r\n"),
    (b"x" * 70_000, b"-ERR Protocol error: too big inline request\r\n"),
    (b"*1\r\n$" + b"1" * 70_000, b"-ERR Protocol error: too big bulk count string\r\n"),
    (b"*" + b"1" * 70_000, b"-ERR Protocol error: too big mbulk count string\r\n"),
    (b"SET \"unbalanced\r\n", b"-ERR Protocol error: unbalanced quotes in request\r\n"),
], ids=range(9))
def test_protocol_errors_have_their_text_and_close(server, data, error):
    raw = server.raw()
    raw.send_raw(encode("PING"))
    assert raw.read_reply() == b"PONG"
    try:
        raw.send_raw(data)
    except OSError:
        pass  # the server may close before it has read everything
    assert raw.read_until_closed() == error


def test_before_authentication_lengths_are_much_smaller(start_server):
    server = start_server("--requirepass", "secret")
    for data, error in [
        (b"*11\r\n", b"-ERR Protocol error: unauthenticated multibulk length\r\n"),
        (b"*2\r\n$4\r\nAUTH\r\n$16385\r\n", b"-ERR Protocol error: unauthenticated bulk length\r\n"),
    ]:
        raw = server.raw()
        raw.send_raw(data)
        assert raw.read_until_closed() == error
    raw = server.raw()
    assert raw.command("GET", "key") == b"NOAUTH Authentication required."
    assert raw.command("AUTH", "wrong").startswith(b"WRONGPASS")
    # One write: the limits are those of the moment when a request begins.
    assert raw.pipeline(("AUTH", "secret"), ("MSET", *range(40)), ("SET", "key", "v" * 50_000)) == [b"OK"] * 3


def test_a_request_larger_than_the_query_buffer_limit_closes(start_server):
    server = start_server("--client-query-buffer-limit", "1mb")
    client, raw = server.client(), server.raw()
    try:
        raw.send_raw(b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$500000000\r\n")
        for _ in range(4990):  # far more than sockets hold
            raw.send_raw(b"x" * 100_000)
        raise AssertionError("half a gigabyte went into a buffer of a megabyte")
    except OSError:
        pass
    assert client.get("key") is None
    assert client.info("stats")["client_query_buffer_limit_disconnections"] == 1
    assert client.set("key", "v" * 900_000)


# --- many ---


def test_clients_beyond_maxclients_are_refused(start_server):
    server = start_server("--maxclients", "50", threads=2)
    watcher = server.client()
    base = watcher.info("clients")["connected_clients"]
    clients = [server.raw() for _ in range(50 - base)]
    assert all(client.command("PING") == b"PONG" for client in clients)
    for _ in range(5):
        refused = server.raw()
        assert refused.read_until_closed() == b"-ERR max number of clients reached\r\n"
    assert watcher.info("stats")["rejected_connections"] == 5
    clients.pop().close()
    wait_until(lambda: watcher.info("clients")["connected_clients"] < 50, "a closed connection still counts")
    assert server.raw().command("PING") == b"PONG"


def test_a_burst_of_clients_does_not_pass_maxclients(start_server):
    """They are accepted several at a time and handed to workers that have not run yet: none of them may be overlooked."""
    server = start_server("--maxclients", "20", threads=4)
    clients = [connect(server) for _ in range(100)]
    served = 0
    for client in clients:
        try:
            client.sendall(encode("PING"))
            served += client.recv(100) == b"+PONG\r\n"
        except OSError:
            pass
    for client in clients:
        client.close()
    assert served == 20


def test_without_free_files_the_server_waits_instead_of_spinning(start_server):
    server = start_server(threads=2)
    watcher = server.client()
    cycles = watcher.info("stats")["eventloop_cycles"]
    used = {int(name) for name in os.listdir(f"/proc/{server.pid}/fd")}
    first_free = next(number for number in range(len(used) + 1) if number not in used)
    soft, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (first_free, hard))
    client = connect(server)
    client.sendall(encode("PING"))
    wait_until(lambda: server.log().count("Too many open files") >= 3, "the log does not tell of it again")
    # Three tries are half a second apart. Spinning would take ten thousands of turns a second.
    assert watcher.info("stats")["eventloop_cycles"] - cycles < 1000
    assert server.log().count("Too many open files") < 100
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (soft, hard))
    assert client.recv(100) == b"+PONG\r\n"
    client.close()


@pytest.mark.release_only
def test_an_idle_connection_takes_half_a_kibibyte(start_server):
    """Measured on connections that have each sent a request; 10,000 of them, or as many as this user may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 10_500 if hard == resource.RLIM_INFINITY else min(10_500, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    count = min(10_000, wanted - 500)
    try:
        server = start_server("--maxclients", "10100", threads=2)
        warm = [connect(server) for _ in range(300)]  # takes the first pages of every size class
        for client in warm:
            client.sendall(encode("PING"))
            client.recv(10)
        before = server.resident_bytes()
        clients = [connect(server) for _ in range(count - 300)]
        for client in clients:
            client.sendall(encode("SET", "key", "value"))
        for client in clients:
            assert client.recv(10) == b"+OK\r\n"
        each = (server.resident_bytes() - before) / len(clients)
        print(f"{each:.0f} bytes for each of {len(clients)} idle connections")
        assert connected(server) == count + 1
        for client in clients + warm:
            client.close()
        wait_until(lambda: connected(server) == 1, "connections stay")
        assert each <= 512
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_connections_that_come_and_go_at_once(server, time_factor):
    before = connected(server)
    for _ in range(int(2000 / time_factor)):
        connect(server).close()
    wait_until(lambda: connected(server) <= before, "connections stay")


# --- much ---


def test_a_hundred_thousand_requests_without_reading_a_reply(server, time_factor):
    count = 100_000 if time_factor == 1 else 10_000
    raw = server.raw(timeout=4 * WAIT_SECONDS_MAX)
    raw.send_raw(encode("INCR", "counter") * count)
    assert server.raw().command("PING") == b"PONG"
    expected = b"".join(b":%d\r\n" % (n + 1) for n in range(count))
    assert raw.read_raw(len(expected)) == expected
    assert raw.has_nothing_to_read()


@pytest.mark.parametrize("mebibytes", [1, 64])
def test_large_values_in_and_out(server, mebibytes):
    raw, other = server.raw(timeout=4 * WAIT_SECONDS_MAX), server.raw()
    size = mebibytes << 20
    value = random.Random(4).randbytes(1 << 20) * mebibytes
    before = server.client().info("memory")["used_memory"]
    assert raw.command("SET", "blob", value) == b"OK"
    assert raw.command("STRLEN", "blob") == size
    assert raw.command("GET", "blob") == value
    assert raw.pipeline(("GETRANGE", "blob", size - 10, -1), ("APPEND", "blob", "tail")) == [value[-10:], size + 4]
    assert raw.command("PING", value) == value
    assert other.command("GETDEL", "blob") == value + b"tail"
    wait_until(lambda: server.client().info("memory")["used_memory"] < before + (1 << 20),
               "the value's memory stays")


def test_a_value_that_is_replaced_while_it_is_being_sent(server):
    """Large values are sent by reference: what was there when GET ran arrives, whatever happens to the key meanwhile."""
    raw, other = server.raw(timeout=4 * WAIT_SECONDS_MAX), server.raw()
    old = random.Random(6).randbytes(4 << 20)
    raw.command("SET", "blob", old)
    raw.send_raw(encode("GET", "blob") * 3)
    raw.wait_for_reply()  # One segment: all three have run by now.
    for command in (("SETRANGE", "blob", 0, "changed"), ("APPEND", "blob", "more"), ("SETBIT", "blob", 99, 1),
                    ("SET", "blob", "new"), ("DEL", "blob"), ("FLUSHALL",)):
        assert not isinstance(other.command(*command), Error)
    assert [raw.read_reply() == old for _ in range(3)] == [True] * 3


@pytest.mark.parametrize("limit, wait_s", [("normal 10mb 0 0", 0), ("normal 0 2mb 1", 1)], ids=["hard", "soft"])
def test_a_reader_that_stops_reading_is_closed_at_its_limit(start_server, limit, wait_s):
    server = start_server(threads=2)
    client = server.client()
    client.config_set("client-output-buffer-limit", limit)
    client.set("blob", "b" * 100_000)
    deaf = connect(server, receive_bytes=4096)
    before = client.info("memory")["used_memory"]
    begin = time.monotonic()
    try:
        while client.info("stats")["client_output_buffer_limit_disconnections"] == 0:
            assert time.monotonic() - begin < WAIT_SECONDS_MAX, "it is never closed"
            deaf.sendall(encode("GET", "blob") * 10)
            time.sleep(0.02)
    except OSError:
        pass
    assert time.monotonic() - begin >= 0.9 * wait_s
    assert client.ping()
    wait_until(lambda: client.info("clients")["connected_clients"] == 1, "it stays connected")
    assert client.info("stats")["client_output_buffer_limit_disconnections"] == 1
    wait_until(lambda: client.info("memory")["used_memory"] < before + (1 << 20), "its output stays")
    deaf.close()


def test_who_has_not_logged_in_must_read_its_replies(start_server):
    """Errors that nobody reads would pile up, without any limit for normal clients."""
    server = start_server("--requirepass", "secret")
    client = server.client(password="secret")
    client.ping()
    deaf = connect(server, receive_bytes=4096)
    request = encode("GET", "key") * 1000
    with pytest.raises(OSError):
        for _ in range(10_000):  # some 300 MB of replies
            deaf.sendall(request)
    wait_until(lambda: client.info("clients")["connected_clients"] == 1, "it stays connected")
    assert client.info("stats")["client_output_buffer_limit_disconnections"] == 1
    deaf.close()
    patient = connect(server)
    for _ in range(100):
        patient.sendall(request)
        left = len(b"-NOAUTH Authentication required.\r\n") * 1000
        while left:
            left -= len(patient.recv(left))
    patient.close()


def test_a_reader_that_pauses_gets_everything_when_no_limit_is_set(server):
    raw, other = server.raw(timeout=4 * WAIT_SECONDS_MAX), server.raw()
    other.command("SET", "blob", "b" * 100_000)
    other.command("RPUSH", "list", *("e" * 50 for _ in range(1000)))
    raw.send_raw((encode("GET", "blob") + encode("LRANGE", "list", 0, -1) + encode("PING")) * 100)
    for _ in range(50):
        assert other.command("PING") == b"PONG"
    for _ in range(100):
        assert raw.read_reply() == b"b" * 100_000
        assert raw.read_reply() == [b"e" * 50] * 1000
        assert raw.read_reply() == b"PONG"


def test_nothing_runs_behind_a_protocol_error(server):
    raw = server.raw()
    raw.send_raw(encode("SET", "before", 1) + b"*1\r\n!bad\r\n" + encode("SET", "after", 1))
    replies = raw.read_until_closed()
    assert replies.startswith(b"+OK\r\n-ERR Protocol error") and replies.count(b"\r\n") == 2
    assert server.raw().command("MGET", "before", "after") == [b"1", None]


def test_nothing_runs_behind_quit(server):
    raw = server.raw()
    raw.send_raw(encode("SET", "before", 1) + encode("QUIT") + encode("SET", "after", 1))
    with pytest.raises((ConnectionClosed, ConnectionResetError, ProtocolError)):
        assert raw.read_reply() == b"OK" and raw.read_reply() == b"OK"
        raw.read_reply()
    assert server.raw().command("MGET", "before", "after") == [b"1", None]
