"""Running in the background, supervised, and the options of the program that serve nobody."""
import os
import pathlib
import signal
import socket

import pytest

from program import answers, end, is_gone, refusal, run, started, state_of, wait_until
from raw_client import RawClient
from zedis_server import free_port

COMMON = ["--bind", "127.0.0.1", "--threads", "2"]


def start_daemon(tmp_path, *args):
    """Returns its port, once the program that started it has ended well."""
    for _ in range(5):
        port = free_port()
        code, _, complaint = run(*args, *COMMON, "--port", port, "--dir", tmp_path, "--daemonize", "yes",
                                 "--pidfile", tmp_path / "pid", "--logfile", tmp_path / "log")
        if "in use" not in complaint:
            assert (code, complaint) == (0, "")
            return port
    raise AssertionError(complaint)


@pytest.mark.observes("daemonize", "pidfile")
def test_in_the_background(tmp_path):
    port = start_daemon(tmp_path)
    pid = int((tmp_path / "pid").read_text())
    try:
        assert answers(port)  # at once: the starter waited until it served
        assert os.getsid(pid) == pid
        assert {os.readlink(f"/proc/{pid}/fd/{number}") for number in (0, 1, 2)} == {"/dev/null"}
        assert f"{pid}:M" in (tmp_path / "log").read_text()
    finally:
        end(pid)
    assert is_gone(pid) and not (tmp_path / "pid").exists()


def test_the_configuration_of_debian_starts_in_the_background(tmp_path):
    path = pathlib.Path("/etc/redis/redis.conf")
    text = path.read_text() if os.access(path, os.R_OK) else DEBIAN_LIKE
    (tmp_path / "redis.conf").write_text(text)
    port = start_daemon(tmp_path, tmp_path / "redis.conf")
    pid = int((tmp_path / "pid").read_text())
    try:
        with RawClient(port) as raw:
            assert raw.command("SET", "k", "v") == b"OK"
        log = (tmp_path / "log").read_text()
        assert "are ignored: " in log and "appendfsync" in log
    finally:
        end(pid)


# Where Debian's own file is only for the user redis: what is particular about it.
DEBIAN_LIKE = """
bind 127.0.0.1 -::1
daemonize yes
pidfile /run/redis/redis-server.pid
logfile /var/log/redis/redis-server.log
dir /var/lib/redis
appendonly no
appendfsync everysec
client-output-buffer-limit replica 256mb 64mb 60
"""


def test_a_start_in_the_background_that_fails_is_reported(tmp_path, server):
    args = ["--daemonize", "yes", *COMMON]
    text = refusal(*args, "--port", server.port, "--pidfile", tmp_path / "pid", "--logfile", tmp_path / "log")
    assert "Address already in use" in text and text in (tmp_path / "log").read_text()
    assert not (tmp_path / "pid").exists()
    assert "log file" in refusal(*args, "--port", free_port(), "--logfile", tmp_path / "none/log")


def test_a_pid_file_that_cannot_be_written_is_no_reason_to_stop(start_server):
    server = start_server("--pidfile", "none/pid")
    assert "Failed to write PID file 'none/pid': No such file or directory" in server.log()


@pytest.mark.observes("supervised")
@pytest.mark.parametrize("wanted", ["systemd", "auto"])
@pytest.mark.parametrize("is_abstract", [False, True], ids=["path", "abstract"])
def test_systemd_hears_when_it_serves_and_when_it_ends(tmp_path, time_factor, wanted, is_abstract):
    name = f"@zedis-test-{os.getpid()}-{wanted}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name.replace("@", "\0"))
        systemd.settimeout(15 * time_factor)
        # As the unit of Debian's redis-server starts it; being supervised, it stays in the foreground.
        with started(*COMMON, "--port", 0, "--unixsocket", tmp_path / "s", "--supervised", wanted, "--daemonize", "yes",
                     "--logfile", tmp_path / "log", env={**os.environ, "NOTIFY_SOCKET": name}) as process:
            assert systemd.recv(1000).startswith(b"READY=1\n")
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(tmp_path / "s"))
                client.settimeout(15 * time_factor)
                client.sendall(b"INFO server\r\n")
                assert b"process_supervised:systemd" in client.recv(10000)
            process.send_signal(signal.SIGTERM)
            assert systemd.recv(1000) == b"STOPPING=1\n"
            assert process.wait(timeout=15 * time_factor) == 0


def test_supervised_by_nobody(start_server):
    assert start_server("--supervised", "auto").client().info("server")["process_supervised"] == "no"
    server = start_server("--supervised", "systemd")
    wait_until(lambda: "NOTIFY_SOCKET" in server.log(), "warning")


def test_upstart_sees_it_stop_and_continues_it(tmp_path):
    with started(*COMMON, "--port", 0, "--unixsocket", tmp_path / "s", "--supervised", "auto",
                 "--logfile", tmp_path / "log", env={**os.environ, "UPSTART_JOB": "zedis"}) as process:
        try:
            wait_until(lambda: state_of(process.pid) in ("T", "t"), "stop")
        finally:
            process.send_signal(signal.SIGCONT)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(str(tmp_path / "s"))
            client.sendall(b"PING\r\n")
            assert client.recv(100) == b"+PONG\r\n"


@pytest.mark.observes("logfile")
def test_the_log_is_opened_anew_on_sighup(start_server, tmp_path):
    path = tmp_path / "log"
    server = start_server("--logfile", path, config="hz 10\n")
    assert "Ready to accept connections" in path.read_text()
    path.rename(tmp_path / "old")
    server.process.send_signal(signal.SIGHUP)
    raw = server.raw()

    def has_new_file():
        raw.command("CONFIG", "REWRITE")
        return path.exists() and "CONFIG REWRITE" in path.read_text()

    wait_until(has_new_file, "new file")


def test_version_and_help():
    for option in ("-v", "--version"):
        code, text, _ = run(option)
        assert code == 0 and text.startswith("Zedis server v=") and text.count("\n") == 1
    for option in ("-h", "--help"):
        code, text, _ = run(option)
        assert code == 0 and "Usage: zedis-server" in text


@pytest.mark.parametrize("args, words", [
    (["--sentinel"], "sentinel mode is not supported"),
    (["--test-memory", "10"], "testing memory is not supported"),
    (["--check-system"], "nothing to check"),
    (["--nosuch", "1"], "unknown directive"),
    (["--port", "x"], "couldn't be parsed into an integer"),
    (["--port", "65536"], "between 0 and 65535"),
    (["--dir", "/nonexistent"], "No such file or directory"),
    (["/nonexistent.conf"], "can't open config file '/nonexistent.conf': No such file or directory"),
    (["/"], "can't open config file '/': Is a directory"),
])
def test_what_it_cannot_do_is_one_line(args, words):
    assert words in refusal(*args)


def test_a_line_of_a_file_is_named(tmp_path):
    path = tmp_path / "z.conf"
    path.write_text("port 0\n\ntimeout no\n")
    assert refusal(path) == f"{path} line 3: 'timeout no': argument couldn't be parsed into an integer"
    (tmp_path / "inner.conf").write_text("maxmemory lots\n")
    path.write_text("include inner.conf\n")
    assert refusal(path, cwd=tmp_path) == (
        f"{tmp_path}/inner.conf line 1: 'maxmemory lots': argument must be a memory value")


def test_a_configuration_from_standard_input():
    assert refusal("-", stdin="port 0\n").startswith("Configured to not listen anywhere")
    assert refusal("-", stdin="port 0\nnosuch 1\n") == "standard input line 2: 'nosuch 1': unknown directive"
