"""The harness itself: that it decodes what servers send and notices when one fails. Runs on redis-server alone."""
import os
import signal
import socket
import threading

import pytest

from raw_client import (BigNumber, ConnectionClosed, Error, Map, ProtocolError, Push, RawClient, Set, Status, Verbatim,
                        encode)
from zedis_server import Server, ServerFailure

pytestmark = pytest.mark.release_only  # no Zedis in it, so sanitizers have nothing to find


@pytest.fixture
def peer():
    """Returns a RawClient that is connected to a plain socket, and that socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = RawClient(listener.getsockname()[1], timeout=5)
        connection, _ = listener.accept()
    with client, connection:
        yield client, connection


@pytest.mark.parametrize(
    "sent, kind, value",
    [
        (b"+OK\r\n", Status, b"OK"),
        (b"-ERR a b\r\n", Error, b"ERR a b"),
        (b":-12\r\n", int, -12),
        (b"$5\r\na\r\nbc\r\n", bytes, b"a\r\nbc"),
        (b"$0\r\n\r\n", bytes, b""),
        (b"$-1\r\n", type(None), None),
        (b"*-1\r\n", type(None), None),
        (b"_\r\n", type(None), None),
        (b"*0\r\n", list, []),
        (b"*2\r\n*1\r\n:1\r\n$1\r\nx\r\n", list, [[1], b"x"]),
        (b",1.5\r\n", float, 1.5),
        (b",inf\r\n", float, float("inf")),
        (b"#t\r\n", bool, True),
        (b"#f\r\n", bool, False),
        (b"(12345678901234567890123\r\n", BigNumber, 12345678901234567890123),
        (b"=7\r\ntxt:abc\r\n", Verbatim, b"txt:abc"),
        (b"~2\r\n:1\r\n:2\r\n", Set, [1, 2]),
        (b">2\r\n+a\r\n:2\r\n", Push, [b"a", 2]),
        (b"%2\r\n+a\r\n:1\r\n*1\r\n:2\r\n#t\r\n", Map, [(b"a", 1), ([2], True)]),
        (b"|1\r\n+ttl\r\n:3\r\n:7\r\n", int, 7),
    ],
)
def test_decodes_every_kind_of_reply_whole_and_in_pieces(peer, sent, kind, value):
    client, connection = peer
    connection.sendall(sent + sent)
    reply = client.read_reply()
    assert (type(reply), reply) == (kind, value)
    assert client.read_reply_bytes() == sent

    def trickle():
        for byte in sent:
            connection.sendall(bytes([byte]))

    thread = threading.Thread(target=trickle)
    thread.start()
    assert client.read_reply() == value
    thread.join()
    assert client.has_nothing_to_read()


@pytest.mark.parametrize("sent", [b"?\r\n", b":x\r\n", b"$-2\r\n", b"$+3\r\nabc\r\n", b"$1\r\nabc\r\n", b"#x\r\n", b"\r\n"])
def test_bad_replies_are_no_replies(peer, sent):
    client, connection = peer
    connection.sendall(sent)
    with pytest.raises(ProtocolError):
        client.read_reply()


def test_closed_connections_are_noticed(peer):
    client, connection = peer
    assert not client.is_closed(timeout=0.01)
    connection.sendall(b"-ERR bye\r\n")
    connection.close()
    assert client.read_reply() == b"ERR bye"
    assert client.is_closed()
    with pytest.raises(ConnectionClosed):
        client.read_reply()


def test_reads_until_closed(peer):
    client, connection = peer
    connection.sendall(b"+a\r\nrest")
    connection.close()
    assert client.read_reply() == b"a"
    assert client.read_until_closed() == b"rest"


def test_encodes_requests():
    assert encode("SET", b"k\0", 12) == b"*3\r\n$3\r\nSET\r\n$2\r\nk\0\r\n$2\r\n12\r\n"


def test_raw_client_speaks_to_a_server(oracle):
    with oracle.raw() as client:
        assert type(client.command("PING")) is Status
        assert client.pipeline(("SET", "k", "v"), ("GET", "k"), ("NOPE",))[:2] == [b"OK", b"v"]
        client.send_raw(b"PING\r\n")
        assert client.read_raw(7) == b"+PONG\r\n"
        client.send_raw(b"*1\r\n$x\r\n")
        assert client.read_until_closed().startswith(b"-ERR Protocol error")


def test_raw_client_speaks_resp3(oracle):
    with oracle.raw(protocol=3) as client:
        client.command("HSET", "h", "f", "v")
        assert client.command("HGETALL", "h").as_dict() == {b"f": b"v"}
        client.command("SADD", "s", "m")
        assert client.command("SMEMBERS", "s") == Set([b"m"])
        client.send_raw(encode("GET", "none"))
        assert client.read_reply_bytes() == b"_\r\n"


def test_the_shared_server_is_empty_first(oracle):
    assert oracle.client().dbsize() == 0
    oracle.client().set("left", "over")


def test_the_shared_server_is_empty_again(oracle):
    assert oracle.client().dbsize() == 0


def test_arguments_reach_the_server(start_oracle):
    server = start_oracle("--maxmemory", "123456789")
    assert server.client().config_get("maxmemory") == {"maxmemory": "123456789"}


def test_a_config_file_reaches_the_server():
    server = Server(binary="/usr/bin/redis-server", config="maxmemory 1000000\n").start()
    assert server.client().config_get("maxmemory") == {"maxmemory": "1000000"}
    server.stop()


def test_a_server_that_cannot_start_is_a_failure_with_its_log():
    server = Server(binary="/usr/bin/redis-server", args=["--no-such-directive", "1"])
    with pytest.raises(ServerFailure, match="(?s)ended at its start.*no-such-directive"):
        server.start()
    server.stop()


def test_a_busy_port_is_replaced(monkeypatch, start_oracle):
    first = start_oracle()
    ports = iter([first.port])
    original = Server.__init__.__globals__["free_port"]
    monkeypatch.setattr("zedis_server.free_port", lambda: next(ports, None) or original())
    second = start_oracle()
    assert second.port != first.port
    assert second.client().ping()


def test_a_missing_binary_is_a_failure():
    with pytest.raises(ServerFailure, match="is not there"):
        Server(binary="/nonexistent/zedis-server").start()


def test_a_killed_server_is_a_failure(start_oracle):
    server = start_oracle()
    os.kill(server.pid, signal.SIGKILL)
    server.process.wait()
    with pytest.raises(ServerFailure, match="SIGKILL"):
        start_oracle.stop_all()


def test_a_crashed_server_is_a_failure_with_its_report(start_oracle):
    server = start_oracle("--enable-debug-command", "yes")
    server.raw().send_raw(encode("DEBUG", "SEGFAULT"))
    server.process.wait(timeout=30)
    with pytest.raises(ServerFailure, match="(?s)died with signal.*BUG REPORT"):
        start_oracle.stop_all()


@pytest.mark.parametrize("sign", ["==1==ERROR: AddressSanitizer: heap-use-after-free", "WARNING: ThreadSanitizer: data race",
                                  "a.cc:1:2: runtime error: signed integer overflow", "==1==ERROR: LeakSanitizer: leaks",
                                  "CHECK failed: a == b (a.cc:3)"])
def test_a_report_in_the_log_is_a_failure(start_oracle, sign):
    server = start_oracle()
    with open(server.log_path, "a") as log:
        log.write(sign + "\n")
    with pytest.raises(ServerFailure, match="log reports"):
        start_oracle.stop_all()


def test_a_server_that_hangs_is_a_failure_and_ends(monkeypatch, start_oracle):
    monkeypatch.setattr("zedis_server.STOP_SECONDS_MAX", 0.3)
    server = start_oracle()
    process = server.process
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(ServerFailure, match="did not end on SIGTERM"):
        start_oracle.stop_all()
    assert process.returncode == -signal.SIGKILL


def test_a_shutdown_that_was_asked_for_is_no_failure(start_oracle):
    server = start_oracle()
    server.raw().send_raw(encode("SHUTDOWN", "NOSAVE"))
    assert server.wait_for_exit() == 0


def test_nothing_is_left_of_a_stopped_server(start_oracle):
    server = start_oracle()
    folder, process = server.dir, server.process
    assert server.resident_bytes() > 1 << 20
    assert server.cpu_seconds() >= 0
    start_oracle.stop_all()
    assert not folder.exists()
    assert process.returncode == 0
