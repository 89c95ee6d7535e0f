"""No directive is silently without effect.

Each row of the table of directives (src/server/config_table.cc) is one of
- applied: a test observes it, and says so by the marker `observes("name")`, or, where only a unit test can, by a comment
  `observes: name` there;
- ignored, or not there yet: the log and README.md name it;
- refused unless it is off.
What the rows say is compared with what the server does, and with which settings the sources read.
"""
import pathlib
import re
import signal
import socket
import time

import pytest

from program import refusal, state_of, wait_until
from raw_client import Error, RawClient, encode
from zedis_server import ROOT

SERVER_SOURCES = ROOT / "src/server"
TABLE = (SERVER_SOURCES / "config_table.cc").read_text()

# An example of each directive that is refused when it is on. Whoever makes one of them work moves it out of here.
REFUSED_WHEN_ON = {
    "save": "900 1",
    "appendonly": "yes",
    "replicaof": "127.0.0.1 6379",
    "cluster-enabled": "yes",
}

# Read, and yet without effect: events are formed for observers, and nobody observes them yet.
READ_FOR_NOBODY = {"notify-keyspace-events"}


def rows():
    """{name: the text of its row}"""
    body = TABLE[TABLE.index("kDirectives[] = {"):TABLE.index("kRefusedLines[]")]
    pieces = re.split(r"^    (?=[A-Z]\w+\(\")", body, flags=re.MULTILINE)[1:]
    return {re.match(r'\w+\("([^"]+)"', piece)[1]: piece for piece in pieces}


ROWS = rows()


def named(status):
    return {name for name, text in ROWS.items() if f".{status}()" in text}


IGNORED, NOT_YET, REFUSED = named("Ignored"), named("NotYet"), named("OnlyInitial")
APPLIED = set(ROWS) - IGNORED - NOT_YET - REFUSED


def observed():
    names = set()
    for path in (ROOT / "tests").glob("test_*.py"):
        for call in re.findall(r"^@pytest\.mark\.observes\(([^)]*)\)", path.read_text(), flags=re.MULTILINE):
            names.update(re.findall(r'"([^"]+)"', call))
    for path in (ROOT / "src").glob("*/*_test.cc"):
        names.update(re.findall(r"^// observes: (\S+)$", path.read_text(), flags=re.MULTILINE))
    return names


def test_the_table_was_read_whole(client):
    """Every directive that CONFIG GET shows is a row here, under its name or as an alias."""
    aliases = set(re.findall(r'\.Alias\("([^"]+)"\)', TABLE))
    assert set(client.config_get("*")) <= set(ROWS) | aliases
    assert len(ROWS) > 200 and len(APPLIED) > 30


def test_each_row_has_one_status():
    assert not IGNORED & NOT_YET and not IGNORED & REFUSED and not NOT_YET & REFUSED


def test_every_applied_directive_is_observed_by_a_test():
    assert observed() == APPLIED, "see the text at the head of this file"


def test_settings_are_read_exactly_if_their_directive_is_applied():
    sources = "\n".join(path.read_text() for path in (ROOT / "src").glob("*/*.[ch]*")
                        if not path.name.endswith("_test.cc") and not path.name.startswith("config") and path.name != "info.cc")
    for name, text in ROWS.items():
        if not (tunable := re.search(r"Tunes\(&Tunables::(\w+)\)", text)):
            continue
        is_read = re.search(rf"(\.|->){tunable[1]}\b", sources) is not None
        if is_read and name in (IGNORED | NOT_YET) - READ_FOR_NOBODY:
            raise AssertionError(f"{name} is read now: take the mark off its row and let a test observe it")
        assert is_read or name in IGNORED | NOT_YET, f"nothing reads {name}"


def given_and_logged(server, text):
    return {name for names in re.findall(rf"{text}: (.*)", server.log()) for name in names.split(", ")}


def test_the_log_names_what_has_no_effect(start_server, client):
    """Given all that may be given, each at its initial value."""
    values = client.config_get("*")
    lines = [f'{name} "{values[name]}"' for name in ROWS if name in values and name not in ("port", "bind", "dir")]
    server = start_server(config="\n".join(lines))
    assert given_and_logged(server, "are ignored") == IGNORED & set(values)
    assert given_and_logged(server, "so they do nothing") == NOT_YET & set(values)


def test_the_readme_names_what_has_no_effect():
    readme = (ROOT / "README.md").read_text()
    for names, mark in ((IGNORED, "ignored"), (NOT_YET, "not-yet")):
        listed = re.search(rf"<!-- {mark}: begin -->(.*?)<!-- {mark}: end -->", readme, flags=re.DOTALL)
        assert set(re.findall(r"`([^`]+)`", listed[1])) == names


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused_when_on_starts_when_off(start_server, client, name):
    assert f"--{name} {REFUSED_WHEN_ON[name]}" in (text := refusal("--port", 0, f"--{name}", *REFUSED_WHEN_ON[name].split()))
    assert "not supported yet: the only value accepted is" in text
    off = client.config_get(name)[name]
    start_server(config=f'{name} "{off}"\n')


@pytest.mark.parametrize("line, words", [
    ("loadmodule /x.so", "modules are not supported"),
    ("sentinel monitor a 127.0.0.1 1 1", "sentinel mode is not supported"),
])
def test_lines_that_are_refused(tmp_path, line, words):
    (tmp_path / "z.conf").write_text(f"port 0\n{line}\n")
    text = refusal(tmp_path / "z.conf")
    assert "line 2" in text and words in text


def test_what_redis_writes_into_its_file_is_accepted(start_server):
    """CONFIG REWRITE of Redis adds the default user, and older files have directives that Redis itself dropped."""
    start_server(config="user default on nopass sanitize-payload ~* &* +@all\nlist-max-ziplist-entries 512\n")


# --- rename-command ---


def test_renamed_commands(start_server):
    raw = start_server(config='rename-command FLUSHALL ""\nrename-command get Fetch\nrename-command set get\n').raw()
    assert raw.command("FLUSHALL") == Error(b"ERR unknown command 'FLUSHALL', with args beginning with: ")
    assert raw.command("GET", "k", "v") == b"OK"
    assert raw.command("FETCH", "k") == b"v"
    assert raw.command("SET", "k", "v").startswith(b"ERR unknown command 'SET'")
    assert raw.command("COMMAND", "INFO", "flushall", "fetch")[0] is None
    names = raw.command("COMMAND", "LIST")
    assert b"flushall" not in names and b"get" in names


@pytest.mark.parametrize("line, reason", [
    ("rename-command nosuch x", "No such command in rename-command"),
    ("rename-command get set", "Target command name already exists"),
    ('rename-command get ""\nrename-command get x', "No such command in rename-command"),
    ("rename-command get", "wrong number of arguments"),
])
def test_renames_that_are_refused(tmp_path, line, reason):
    (tmp_path / "z.conf").write_text(f"port 0\n{line}\n")
    assert reason in refusal(tmp_path / "z.conf")


# --- what each applied directive does, where no other file shows it ---


@pytest.mark.observes("threads")
def test_threads(start_server):
    assert start_server(threads=3).client().info("server")["worker_threads"] == 3


@pytest.mark.observes("databases")
def test_databases(start_server):
    raw = start_server("--databases", 3).raw()
    assert raw.command("SELECT", 2) == b"OK"
    assert raw.command("SELECT", 3) == Error(b"ERR DB index is out of range")


@pytest.mark.observes("dir", "enable-protected-configs")
def test_the_working_directory(start_server, tmp_path):
    server = start_server("--enable-protected-configs", "yes", "--pidfile", "pid", "--unixsocket", "s")
    folder = pathlib.Path(f"/proc/{server.pid}/cwd")
    assert folder.resolve() == server.dir.resolve()
    raw = server.raw()
    assert raw.command("CONFIG", "SET", "dir", tmp_path) == b"OK"
    assert folder.resolve() == tmp_path.resolve()
    assert b"No such file or directory" in raw.command("CONFIG", "SET", "dir", "/nonexistent")
    # What it made before, it finds again.
    server.process.terminate()
    assert server.wait_for_exit() == 0
    assert not (server.dir / "pid").exists() and not (server.dir / "s").exists()
    assert b"protected config" in start_server().raw().command("CONFIG", "SET", "dir", tmp_path)


@pytest.mark.observes("enable-debug-command")
def test_debug_must_be_allowed(start_server):
    assert start_server().raw().command("DEBUG", "SLEEP", 0).startswith(b"ERR DEBUG command not allowed")
    assert start_server("--enable-debug-command", "local").raw().command("DEBUG", "SLEEP", 0) == b"OK"


@pytest.mark.observes("proto-max-bulk-len")
def test_the_longest_bulk(start_server):
    raw = start_server("--proto-max-bulk-len", "1mb").raw()
    raw.send_raw(b"*2\r\n$3\r\nGET\r\n$1048577\r\n")
    assert raw.read_reply() == Error(b"ERR Protocol error: invalid bulk length")


@pytest.mark.observes("timeout")
def test_idle_clients_are_closed(start_server, time_factor):
    raw = start_server("--timeout", 1).raw(timeout=20 * time_factor)
    assert raw.command("PING") == b"PONG"
    assert raw.read_until_closed() == b""


@pytest.mark.observes("maxclients")
def test_maxclients_within_the_limit_of_open_files(start_server):
    server = start_server("--maxclients", 3)
    raw = server.raw()
    others = [server.raw() for _ in range(2)]
    assert [other.command("PING") for other in others] == [b"PONG", b"PONG"]
    assert server.raw().read_reply() == Error(b"ERR max number of clients reached")
    assert raw.command("CONFIG", "SET", "maxclients", 4) == b"OK"
    assert server.raw().command("PING") == b"PONG"
    reply = raw.command("CONFIG", "SET", "maxclients", 4_000_000_000)
    assert b"The operating system is not able to handle the specified number of clients, try with" in reply
    assert raw.command("CONFIG", "GET", "maxclients") == [b"maxclients", b"4"]


def test_maxclients_is_lowered_to_what_the_system_allows(start_server):
    server = start_server("--maxclients", 4_000_000_000)
    lowered = int(server.client().config_get("maxclients")["maxclients"])
    assert lowered < 4_000_000_000
    assert f"maxclients is lowered from 4000000000 to {lowered}" in server.log()


def connections_made(port, count, patience_s):
    """How many of `count` connections, one after the other, the system makes for a server that accepts none of them."""
    sockets = []
    try:
        for _ in range(count):
            sockets.append(socket.socket())
            sockets[-1].settimeout(patience_s)
            sockets[-1].connect(("127.0.0.1", port))
        return count
    except OSError:
        return len(sockets) - 1
    finally:
        for one in sockets:
            one.close()


@pytest.mark.observes("tcp-backlog")
def test_the_backlog(start_server):
    def made(backlog, patience_s):
        server = start_server("--tcp-backlog", backlog)
        server.process.send_signal(signal.SIGSTOP)
        try:
            wait_until(lambda: state_of(server.pid) == "T", "stop")
            return connections_made(server.port, 30, patience_s)
        finally:
            server.process.send_signal(signal.SIGCONT)

    assert made(100, 60) == 30
    assert made(2, 1) < 10  # the kernel makes one or two more than it was told


@pytest.mark.observes("max-new-connections-per-cycle")
def test_connections_are_accepted_a_few_at_a_time(start_server):
    server = start_server("--max-new-connections-per-cycle", 1, threads=1)
    raw = server.raw()

    def cycles():
        return int(re.search(rb"eventloop_cycles:(\d+)", raw.command("INFO", "stats"))[1])

    before = cycles()
    server.process.send_signal(signal.SIGSTOP)
    others = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
    server.process.send_signal(signal.SIGCONT)
    wait_until(lambda: int(re.search(rb"connected_clients:(\d+)", raw.command("INFO", "clients"))[1]) == 41, "clients")
    # With all of them in one cycle it would be few: those of the questions, and ten a second.
    assert cycles() - before >= 40
    for other in others:
        other.close()


def keepalive_timer(server, client_port):
    """The kernel's timer of the server's end of a connection: (kind, ticks until it is due); kind 2 is keepalive."""
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(f":{server.port:04X}") and fields[2].endswith(f":{client_port:04X}"):
            kind, due = fields[5].split(":")
            return int(kind, 16), int(due, 16)
    raise AssertionError("no such connection")


@pytest.mark.observes("tcp-keepalive")
def test_keepalive(start_server):
    server = start_server("--tcp-keepalive", 100)
    with socket.create_connection(("127.0.0.1", server.port)) as one:
        one.sendall(b"PING\r\n")
        assert one.recv(100) == b"+PONG\r\n"
        # It may show the timer of an answer not yet acknowledged at first.
        wait_until(lambda: keepalive_timer(server, one.getsockname()[1])[0] == 2, "keepalive timer")
        assert keepalive_timer(server, one.getsockname()[1])[1] <= 100 * 100
    assert server.raw().command("CONFIG", "SET", "tcp-keepalive", 0) == b"OK"
    with socket.create_connection(("127.0.0.1", server.port)) as one:
        one.sendall(b"PING\r\n")
        assert one.recv(100) == b"+PONG\r\n"
        wait_until(lambda: keepalive_timer(server, one.getsockname()[1])[0] == 0, "end of timers")


def own_address():
    """An address of this machine that is not loopback; the datagram is never sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


@pytest.mark.observes("protected-mode")
def test_protected_mode(start_server):
    address = own_address()
    if address is None or address.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    server = start_server("--bind", "*")
    with RawClient(server.port, host=address) as other:
        assert other.read_reply().startswith(b"DENIED Zedis is running in protected mode")
    raw = server.raw()
    for change in (("protected-mode", "no"), ("requirepass", "secret")):
        assert raw.command("CONFIG", "SET", *change) == b"OK"
        with RawClient(server.port, host=address) as other:
            assert other.command("PING") == b"PONG" if change[1] == "no" else other.command("PING").startswith(b"NOAUTH")
        assert raw.command("CONFIG", "SET", "protected-mode", "yes") == b"OK"


@pytest.mark.observes("maxmemory")
def test_maxmemory(start_server):
    raw = start_server("--maxmemory", "1").raw()
    assert raw.command("SET", "k", "v") == Error(b"OOM command not allowed when used memory > 'maxmemory'.")
    assert raw.command("CONFIG", "SET", "maxmemory", 0) == b"OK"
    assert raw.command("SET", "k", "v") == b"OK"


@pytest.mark.observes("maxmemory-policy", "lfu-log-factor")
def test_the_policy_chooses_what_accesses_count(start_server):
    raw = start_server("--lfu-log-factor", 0).raw()
    raw.command("SET", "k", "v")
    assert raw.command("OBJECT", "FREQ", "k").startswith(b"ERR An LFU maxmemory policy is not selected")
    assert raw.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu") == b"OK"
    raw.command("SET", "k", "v")
    for _ in range(100):
        raw.command("GET", "k")
    # With factor 0 every access counts; with the usual one a hundred count as ten or so.
    assert raw.command("OBJECT", "FREQ", "k") >= 100


@pytest.mark.observes("list-max-listpack-size")
def test_the_size_of_a_small_list(start_server):
    raw = start_server("--list-max-listpack-size", 2).raw()
    raw.command("RPUSH", "k", "a", "b")
    assert raw.command("OBJECT", "ENCODING", "k") == b"listpack"
    raw.command("RPUSH", "k", "c")
    assert raw.command("OBJECT", "ENCODING", "k") == b"quicklist"


@pytest.mark.observes("list-compress-depth")
def test_the_middle_of_a_list_is_compressed(start_server):
    used = {}
    for depth in (0, 1):
        raw = start_server("--list-compress-depth", depth, threads=1).raw()
        raw.send_raw(b"".join(encode("RPUSH", "k", "a" * 1000) for _ in range(1000)))
        assert [raw.read_reply() for _ in range(1000)][-1] == 1000
        used[depth] = int(re.search(rb"used_memory:(\d+)", raw.command("INFO", "memory"))[1])
    assert used[1] < used[0] - 500_000


@pytest.mark.observes("stream-node-max-entries", "stream-node-max-bytes")
@pytest.mark.parametrize("options, removed", [((), 0), (("--stream-node-max-entries", 10), 20), (("--stream-node-max-bytes", 1100), 20)])
def test_the_size_of_the_blocks_of_a_stream(start_server, options, removed):
    """A trim that may stop early removes whole blocks: the first 25 entries here, of some 100 bytes each, are to go."""
    raw = start_server(*options).raw()
    for n in range(1, 36):
        raw.command("XADD", "k", f"{n}-0", "f", "v" * 100)
    assert raw.command("XTRIM", "k", "MAXLEN", "~", 10) == removed


@pytest.mark.observes("client-query-buffer-limit", "client-output-buffer-limit")
def test_limits_of_buffers(start_server):
    server = start_server("--client-query-buffer-limit", "1mb", "--client-output-buffer-limit", "normal 1mb 0 0")
    greedy = server.raw(timeout=60)
    assert greedy.command("SETRANGE", "k", 16 << 20, "x") == (16 << 20) + 1
    greedy.send_raw(encode("GET", "k"))
    wait_until(lambda: "output buffer limits" in server.log(), "closing")
    wordy = server.raw(timeout=60)
    try:
        wordy.send_raw(b"*2\r\n$3\r\nGET\r\n$16777216\r\n" + b"x" * (4 << 20))
    except OSError:
        pass
    wait_until(lambda: "max query buffer length" in server.log(), "closing")
