"""Where the server listens: port, bind, Unix sockets, at start and by CONFIG SET."""
import os
import socket
import stat

import pytest

from program import refusal, wait_until
from raw_client import Error, RawClient
from zedis_server import free_port

NO_SUCH_ADDRESS = "192.0.2.1"  # reserved for documentation


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def answers(host, port):
    try:
        with RawClient(port, host=host) as client:
            return client.command("PING") == b"PONG"
    except OSError:
        return False


def unix_request(path, request):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(path))
        client.sendall(request)
        return client.recv(65536)


def move_to_free_port(raw, *more):
    """CONFIG SET port, to another port if somebody takes the one chosen."""
    for _ in range(5):
        port = free_port()
        reply = raw.command("CONFIG", "SET", "port", port, *more)
        if reply == b"OK":
            return port
    raise AssertionError(reply)


@pytest.mark.observes("bind")
def test_every_address_of_bind_answers_and_no_other(start_server):
    hosts = ["127.0.0.1", "127.0.0.2"] + (["::1"] if has_ipv6() else [])
    server = start_server("--bind", *hosts)
    assert all(answers(host, server.port) for host in hosts)
    assert not answers("127.0.0.3", server.port)


def test_an_address_that_may_be_missing(start_server):
    server = start_server("--bind", f"-{NO_SUCH_ADDRESS}", "127.0.0.1")
    assert answers("127.0.0.1", server.port)
    text = refusal("--port", free_port(), "--bind", NO_SUCH_ADDRESS, "127.0.0.1")
    assert NO_SUCH_ADDRESS in text and "no such address" in text
    assert "None of the addresses" in refusal("--port", free_port(), "--bind", f"-{NO_SUCH_ADDRESS}")


def test_a_name_and_all_addresses(start_server):
    assert answers("127.0.0.1", start_server("--bind", "localhost").port)
    everywhere = start_server("--bind", "*", "-::*")
    assert answers("127.0.0.1", everywhere.port) and answers("127.0.0.9", everywhere.port)
    assert answers("::1", everywhere.port) == has_ipv6()


def test_a_busy_port_is_one_line_that_says_what_to_do(server):
    text = refusal("--port", server.port, "--bind", "127.0.0.1")
    assert f"127.0.0.1:{server.port}" in text and "Address already in use" in text and "choose another port" in text


def test_nowhere_to_listen():
    assert refusal("--port", 0).startswith("Configured to not listen anywhere")
    assert refusal("--port", free_port(), "--bind", "").startswith("Configured to not listen anywhere")


@pytest.mark.observes("port")
def test_the_port_changes_at_once(start_server):
    server = start_server()
    raw = server.raw()
    port = move_to_free_port(raw)
    assert not answers("127.0.0.1", server.port)
    assert answers("127.0.0.1", port)
    assert raw.command("PING") == b"PONG"
    assert raw.command("CONFIG", "GET", "port") == [b"port", str(port).encode()]
    assert raw.command("CONFIG", "SET", "port", 0) == b"OK"
    assert not answers("127.0.0.1", port)
    move_to_free_port(raw)


def test_a_refused_change_leaves_everything_as_it_was(start_server):
    first, second = start_server(), start_server()
    raw = second.raw()
    assert raw.command("CONFIG", "SET", "port", first.port) == Error(
        b"ERR CONFIG SET failed (possibly related to argument 'port') - "
        b"Unable to listen on this port. Check server logs.")
    assert raw.command("CONFIG", "SET", "bind", f"127.0.0.2 {NO_SUCH_ADDRESS}") == Error(
        b"ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.")
    assert raw.command("CONFIG", "GET", "port", "bind") == [
        b"port", str(second.port).encode(), b"bind", b"127.0.0.1"]
    assert answers("127.0.0.1", second.port)
    assert not answers("127.0.0.2", second.port)
    assert "Address already in use" in second.log() and NO_SUCH_ADDRESS in second.log()


def test_addresses_change_also_where_old_and_new_overlap(start_server):
    server = start_server()
    raw = server.raw()
    for value, hosts in [("*", ["127.0.0.1", "127.0.0.2"]), ("127.0.0.2", ["127.0.0.2"]), ("127.0.0.1", ["127.0.0.1"]),
                         ("", []), ("127.0.0.1 127.0.0.2", ["127.0.0.1", "127.0.0.2"])]:
        assert raw.command("CONFIG", "SET", "bind", value) == b"OK", value
        assert [host for host in ("127.0.0.1", "127.0.0.2") if answers(host, server.port)] == hosts, value
    # What is given up was in the way of what is refused, and is back.
    assert raw.command("CONFIG", "SET", "bind", f"* {NO_SUCH_ADDRESS}").startswith(b"ERR")
    assert answers("127.0.0.1", server.port) and answers("127.0.0.2", server.port)


def test_port_and_addresses_change_together(start_server):
    server = start_server()
    raw = server.raw()
    port = move_to_free_port(raw, "bind", "127.0.0.2")
    assert answers("127.0.0.2", port)
    assert not answers("127.0.0.1", port) and not answers("127.0.0.2", server.port)


@pytest.mark.observes("unixsocket")
def test_a_unix_socket(start_server):
    server = start_server("--unixsocket", "zedis.sock")
    path = server.dir / "zedis.sock"
    assert unix_request(path, b"PING\r\n") == b"+PONG\r\n"
    line = unix_request(path, b"CLIENT LIST\r\n").decode().splitlines()[1]
    assert " addr=zedis.sock:0 laddr=zedis.sock:0 " in line and " flags=U " in line
    assert answers("127.0.0.1", server.port)
    server.process.terminate()
    assert server.wait_for_exit() == 0
    assert not path.exists()


def test_only_a_unix_socket(tmp_path, start_server):
    path = tmp_path / "s"
    server = start_server("--unixsocket", path)
    raw = server.raw()
    assert raw.command("CONFIG", "SET", "port", 0) == b"OK"
    assert unix_request(path, b"PING\r\n") == b"+PONG\r\n"


def test_a_socket_file_is_taken_over_only_from_the_dead(tmp_path, start_server):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    start_server("--unixsocket", path)
    assert unix_request(path, b"PING\r\n") == b"+PONG\r\n"
    assert "another server has it" in refusal("--port", 0, "--unixsocket", path)
    assert unix_request(path, b"PING\r\n") == b"+PONG\r\n"
    plain = tmp_path / "plain"
    plain.write_text("mine")
    assert str(plain) in refusal("--port", 0, "--unixsocket", plain)
    assert plain.read_text() == "mine"
    assert "too long" in refusal("--port", 0, "--unixsocket", tmp_path / ("x" * 108))


@pytest.mark.observes("unixsocketperm")
@pytest.mark.parametrize("mode", ["700", "770", "777"])
def test_the_permissions_of_a_unix_socket(start_server, mode):
    server = start_server("--unixsocket", "s", "--unixsocketperm", mode)
    assert stat.S_IMODE(os.stat(server.dir / "s").st_mode) == int(mode, 8)


@pytest.mark.observes("unixsocketgroup")
def test_the_group_of_a_unix_socket(start_server):
    # Root may give it to any group, others to one of their own.
    group = "daemon" if os.getuid() == 0 else str(os.stat("/proc/self").st_gid)
    if os.getuid() == 0:
        server = start_server("--unixsocket", "s", "--unixsocketgroup", group)
        wait_until(lambda: (server.dir / "s").group() == group, "group")
    text = refusal("--port", 0, "--unixsocket", "/tmp/zedis-never.sock", "--unixsocketgroup", "no-such-group")
    assert "unixsocketgroup" in text and not os.path.exists("/tmp/zedis-never.sock")
