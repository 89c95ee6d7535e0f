"""Connections from the outside: handshake, passwords, pipelines that end, switched-off replies."""

import socket
import threading

import pytest
import redis

from raw_client import Error, encode


def test_hello_names_the_server_as_clients_expect(raw):
    reply = raw.command("HELLO", 3).as_dict()
    assert reply[b"server"] == b"redis" and reply[b"version"].startswith(b"7.4.")
    assert reply[b"proto"] == 3 and reply[b"mode"] == b"standalone" and reply[b"role"] == b"master" and reply[b"modules"] == []
    assert reply[b"id"] == raw.command("CLIENT", "ID")


def test_nothing_runs_behind_quit(raw):
    raw.send_raw(encode("PING") + encode("QUIT") + encode("PING"))
    assert raw.read_until_closed() == b"+PONG\r\n+OK\r\n"


def test_an_end_of_stream_that_comes_together_with_data_is_seen(start_server):
    server = start_server("--enable-debug-command", "yes")
    raw, sleeper = server.raw(), server.raw()
    sleeper.send_raw(encode("DEBUG", "SLEEP", "0.3"))
    raw.send_raw(encode("PING"))
    raw.socket.shutdown(socket.SHUT_WR)
    assert sleeper.read_reply() == b"OK"
    assert raw.read_until_closed() == b"+PONG\r\n"


def test_more_than_one_read_takes_is_read_to_its_end(raw):
    count = 100_000
    sender = threading.Thread(target=raw.send_raw, args=(encode("PING") * count,))
    sender.start()
    assert raw.read_raw(7 * count) == b"+PONG\r\n" * count
    sender.join()
    assert raw.has_nothing_to_read()


def test_databases_are_apart(raw):
    raw.command("SET", "key", "zero")
    assert raw.command("SELECT", 5) == b"OK"
    assert raw.command("GET", "key") is None
    assert raw.command("SELECT", 16) == Error(b"ERR DB index is out of range")
    assert raw.command("SELECT", "x") == Error(b"ERR value is not an integer or out of range")
    raw.command("SELECT", 0)
    assert raw.command("GET", "key") == b"zero"


def test_a_pipeline_sees_the_database_and_protocol_that_it_selects(raw):
    raw.send_raw(encode("SET", "key", "zero") + encode("SELECT", 1) + encode("GET", "key") + encode("HELLO", 3) + encode("GET", "key")
                 + encode("RESET") + encode("GET", "key"))
    assert raw.read_reply_bytes() == b"+OK\r\n"
    assert raw.read_reply_bytes() == b"+OK\r\n"
    assert raw.read_reply_bytes() == b"$-1\r\n"
    assert raw.read_reply_bytes().startswith(b"%7\r\n")
    assert raw.read_reply_bytes() == b"_\r\n"
    assert raw.read_reply_bytes() == b"+RESET\r\n"
    assert raw.read_reply_bytes() == b"$4\r\nzero\r\n"


def test_replies_can_be_switched_off_and_skipped(raw):
    off = [("CLIENT", "REPLY", "OFF"), ("PING",), ("nosuch",), ("SET", "key", "1"), ("CLIENT", "REPLY", "ON")]
    skip = [("CLIENT", "REPLY", "SKIP"), ("CLIENT", "REPLY", "SKIP"), ("PING",), ("ECHO", "heard")]
    raw.send_raw(b"".join(encode(*command) for command in off + skip))
    assert raw.read_reply() == b"OK"
    assert raw.read_reply() == b"heard"
    assert raw.has_nothing_to_read()
    assert raw.command("GET", "key") == b"1"


@pytest.mark.observes("requirepass")
def test_a_password_from_the_command_line(start_server):
    server = start_server("--requirepass", "secret")
    with pytest.raises(redis.AuthenticationError):
        server.client().ping()
    with pytest.raises(redis.ResponseError, match="WRONGPASS"):
        server.client(password="wrong").ping()
    assert server.client(password="secret").ping()
    assert server.client(username="default", password="secret").ping()
    raw = server.raw()
    raw.send_raw(encode("GET", "key") + encode("AUTH", "secret") + encode("GET", "key"))
    assert raw.read_reply_bytes() == b"-NOAUTH Authentication required.\r\n"
    assert raw.read_reply_bytes() == b"+OK\r\n"
    assert raw.read_reply_bytes() == b"$-1\r\n"
    assert b"secret" not in server.log().encode()


def test_a_new_password_leaves_open_connections_in(server, raw):
    assert raw.command("CONFIG", "SET", "requirepass", "secret") == b"OK"
    try:
        assert raw.command("PING") == b"PONG"
        late = server.raw()
        assert late.command("PING") == Error(b"NOAUTH Authentication required.")
        assert late.command("AUTH", "secret") == b"OK"
        assert late.command("PING") == b"PONG"
    finally:
        raw.command("CONFIG", "SET", "requirepass", "")
    assert server.raw().command("PING") == b"PONG"


@pytest.mark.parametrize("command", ["SAVE", "BGSAVE", "BGREWRITEAOF", "LASTSAVE", "EVAL", "SCRIPT", "FCALL"])
def test_commands_of_later_versions_say_so(raw, command):
    reply = raw.command(command, "x", "0")
    assert isinstance(reply, Error) and reply.startswith(f"ERR {command} is not supported by this version of Zedis: ".encode())
    assert raw.command("COMMAND", "INFO", command) == [None]
