"""CONFIG and SHUTDOWN on a running server."""

import pytest

from raw_client import Error


def test_get_and_set(client):
    assert client.config_set("hz", 20)
    assert client.config_get("hz") == {"hz": "20"}
    client.config_set("hz", 10)
    assert client.config_get("h?") == {"hz": "10"}


def test_all_or_nothing(raw):
    reply = raw.command("CONFIG", "SET", "maxmemory-samples", 7, "nosuch", 1)
    assert reply == Error(b"ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'")
    assert raw.command("CONFIG", "GET", "maxmemory-samples") == [b"maxmemory-samples", b"5"]
    assert raw.command("CONFIG", "SET", "a", "b", "c") == Error(b"ERR syntax error")


def test_resp3_answers_with_a_map(raw3):
    assert raw3.command("CONFIG", "GET", "hz").as_dict() == {b"hz": b"10"}


def test_rewrite_without_a_file_is_refused(raw):
    assert raw.command("CONFIG", "REWRITE") == Error(b"ERR The server is running without a config file")


def test_rewrite_keeps_the_file_and_adds_what_changed(start_server):
    server = start_server(config="# mine\nhz 20\n")
    raw = server.raw()
    assert raw.command("CONFIG", "SET", "hz", 30) == b"OK"
    assert raw.command("CONFIG", "REWRITE") == b"OK"
    text = (server.dir / "server.conf").read_text()
    assert "# mine\n" in text and "hz 30\n" in text and "hz 20" not in text


@pytest.mark.observes("loglevel")
def test_loglevel_takes_effect(start_server):
    server = start_server(config="hz 10\n")
    raw = server.raw()
    raw.command("CONFIG", "SET", "loglevel", "warning")
    assert raw.command("CONFIG", "REWRITE") == b"OK"
    assert "CONFIG REWRITE executed" not in server.log()
    raw.command("CONFIG", "SET", "loglevel", "notice")
    assert raw.command("CONFIG", "REWRITE") == b"OK"
    assert "CONFIG REWRITE executed" in server.log()


@pytest.mark.parametrize("options", [[], ["NOSAVE"], ["nosave", "NOW", "FORCE"]])
def test_shutdown_ends_the_server_without_a_reply(start_server, options):
    server = start_server()
    raw = server.raw()
    raw.send_raw(" ".join(["SHUTDOWN", *options]).encode() + b"\r\nPING\r\n")
    assert raw.read_until_closed() == b""
    assert server.wait_for_exit() == 0


def test_shutdown_refuses_what_makes_no_sense(raw):
    for options in (["foo"], ["SAVE", "NOSAVE"], ["ABORT", "NOW"]):
        assert raw.command("SHUTDOWN", *options) == Error(b"ERR syntax error")
    assert raw.command("SHUTDOWN", "ABORT") == Error(b"ERR No shutdown in progress.")
