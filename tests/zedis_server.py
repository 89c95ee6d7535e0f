"""Starts and stops server processes for the black-box tests: Zedis, and Debian's redis-server as its oracle.

A server gets a free port of 127.0.0.1 and a folder of its own for its log and files, and is stopped by its pid. stop()
raises ServerFailure if the server had died, does not end on SIGTERM, or a sanitizer or a CHECK wrote a report.
"""
import ctypes
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import redis

from raw_client import RawClient
from waiting import TIME_FACTOR, WAIT_SECONDS_MAX, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent
REDIS_SERVER = "/usr/bin/redis-server"

START_SECONDS_MAX = WAIT_SECONDS_MAX
STOP_SECONDS_MAX = WAIT_SECONDS_MAX
START_TRIES_MAX = 5

# Below the ports that the kernel gives to outgoing connections, so that no client takes the port before the server does.
PORTS = range(20000, 32000)

CRASH_SIGNS = re.compile(
    r"ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|: runtime error: |SUMMARY: \w*Sanitizer|"
    r"ThreadSanitizer: (CHECK|unexpected)|CHECK failed: |REDIS BUG REPORT START|terminate called"
)


class ServerFailure(Exception):
    """The server did not start, crashed, or left a report of a sanitizer."""


def zedis_binary():
    return os.environ.get("ZEDIS_SERVER") or str(ROOT / "build/release/zedis-server")


def free_port():
    """A port that nothing listens on now."""
    for _ in range(200):
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise ServerFailure("no free port found")


def _die_with_parent():
    """Runs in the child: a test run that is killed leaves no servers behind."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """One server process. `args` are its arguments as on a command line; `threads` counts for Zedis only."""

    def __init__(self, binary=None, args=(), config=None, threads=None):
        self.binary = binary or zedis_binary()
        self.args = [str(arg) for arg in args]
        self.threads = threads
        self.config = config
        self.process = None
        self.port = None
        self.clients = []
        self.settings = None  # all directives as they were before the first test
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="zedis-test-"))
        self.log_path = self.dir / "server.log"

    @property
    def is_zedis(self):
        return "zedis" in os.path.basename(self.binary)

    @property
    def pid(self):
        return self.process.pid

    def command_line(self):
        line = [self.binary]
        if self.config is not None:
            path = self.dir / "server.conf"
            path.write_text(self.config)
            line.append(str(path))
        line += ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.dir)]
        line += ["--save", "", "--appendonly", "no"]
        if self.is_zedis and self.threads is not None and "--threads" not in self.args:
            line += ["--threads", str(self.threads)]
        return line + self.args

    def start(self):
        """Returns self once the server answers PING; takes another port if somebody took the one chosen."""
        if not os.access(self.binary, os.X_OK):
            shutil.rmtree(self.dir, ignore_errors=True)
            raise ServerFailure(f"{self.binary} is not there; tools/build makes it, or set ZEDIS_SERVER")
        for _ in range(START_TRIES_MAX):
            self.port = free_port()
            self.log_before = len(self.log())
            with open(self.log_path, "ab") as log:
                self.process = subprocess.Popen(
                    self.command_line(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=self.dir,
                    preexec_fn=_die_with_parent)
            self.started = time.monotonic()
            if self._wait_until_ready():
                return self
        raise ServerFailure(f"no port was free in {START_TRIES_MAX} tries")

    def _wait_until_ready(self):
        """Returns False if the port was taken; raises ServerFailure if the server ends or does not answer in time."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                text = self.exit_text()
                self.process = None
                if "in use" in self.log().lower():
                    self.log_path.unlink()
                    return False
                raise ServerFailure(f"the server ended at its start with {text}\n{self.log_tail()}")
            if not self._listens():
                time.sleep(0.005)
                continue
            try:
                with RawClient(self.port, timeout=10 * TIME_FACTOR) as client:
                    if client.command("PING") is not None:  # -NOAUTH is an answer too
                        # When the server has closed it, it is no longer one of the connections that tests count.
                        client.command("QUIT")
                        client.read_until_closed()
                        return True
            except OSError:
                time.sleep(0.005)
        self.kill()
        raise ServerFailure(f"the server did not answer PING in {START_SECONDS_MAX} s\n{self.log_tail()}")

    def _listens(self):
        """Whether this very process listens on the port: somebody else's server may answer there too. The log says it; with
        a log that says less, the kernel's tables do, but they are long when many connections have been closed."""
        if "Ready to accept connections" in self.log()[self.log_before :]:
            return True
        if time.monotonic() < self.started + 2:
            return False
        sockets = set()
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            lines = pathlib.Path(table).read_text().splitlines()[1:] if os.path.exists(table) else []
            for local, state, inode in ((fields[1], fields[3], fields[9]) for fields in map(str.split, lines)):
                if local.endswith(f":{self.port:04X}") and state == "0A":
                    sockets.add(f"socket:[{inode}]")
        try:
            return any(os.readlink(entry.path) in sockets for entry in os.scandir(f"/proc/{self.pid}/fd"))
        except OSError:  # the process is ending, or one of its descriptors was closed meanwhile
            return False

    def client(self, **options):
        """A redis-py client (RESP2). Replies are bytes unless decode_responses=True. Closed when the server stops."""
        options.setdefault("socket_timeout", WAIT_SECONDS_MAX)
        client = redis.Redis(host="127.0.0.1", port=self.port, **options)
        self.clients.append(client)
        return client

    def raw(self, protocol=2, timeout=None):
        """A RawClient. Closed when the server stops."""
        client = RawClient(self.port, protocol=protocol, timeout=timeout or WAIT_SECONDS_MAX)
        self.clients.append(client)
        return client

    def close_clients(self):
        for client in self.clients:
            client.close()
            if isinstance(client, redis.Redis):
                client.connection_pool.disconnect()  # close() only gives a connection back to the pool
        self.clients.clear()

    def empty(self):
        """Closes all clients, takes back what they configured, deletes all keys, and returns when nothing of them is left,
        so that tests can count and need not care what ran before them."""
        self.close_clients()
        with RawClient(self.port, timeout=WAIT_SECONDS_MAX) as client:
            words = client.command("CONFIG", "GET", "*")
            assert isinstance(words, list), f"CONFIG GET: {words}"
            settings = dict(zip(words[::2], words[1::2]))
            self.settings = self.settings or settings
            changed = [word for name, value in self.settings.items() if settings[name] != value for word in (name, value)]
            if changed:
                reply = client.command("CONFIG", "SET", *changed)
                assert reply == b"OK", f"CONFIG SET {changed}: {reply}"
            reply = client.command("FLUSHALL")
            assert reply == b"OK", f"FLUSHALL: {reply}"
            if self.is_zedis:
                # Connections end, and large values and flushed databases are freed, after the reply to whoever caused it.
                def left():
                    return tuple(int(re.search(rb"\b%s:(\d+)" % field, client.command("INFO", section))[1]) for section, field
                                 in ((b"clients", b"connected_clients"), (b"memory", b"arena_used_bytes")))

                wait_until(lambda: left() == (1, 0), lambda: f"connections and bytes that do not go: {left()}")
            client.command("QUIT")
            client.read_until_closed()

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, lines_max=60):
        return "\n".join(self.log().splitlines()[-lines_max:])

    def exit_text(self):
        code = self.process.returncode
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ServerFailure("no VmRSS")

    def cpu_seconds(self):
        """User and system time that the server has used so far."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self):
        """Ends the server at once, as a crash of the machine would; stop() then does not mind."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def wait_for_exit(self, seconds=STOP_SECONDS_MAX):
        """For tests that make the server end by itself (SHUTDOWN): returns the exit code; stop() then does not mind."""
        code = self.process.wait(timeout=seconds)
        self.process = None
        self._raise_if_log_shows_crash()
        return code

    def raise_if_crashed(self):
        """Raises ServerFailure if the server has died or its log holds the report of a crash."""
        if self.process is not None and self.process.poll() is not None:
            raise ServerFailure(f"the server died with {self.exit_text()}\n{self.log_tail()}")
        self._raise_if_log_shows_crash()

    def _raise_if_log_shows_crash(self):
        match = CRASH_SIGNS.search(self.log())
        if match:
            raise ServerFailure(f"the server's log reports {match[0]!r}\n{self.log()[match.start():][:6000]}")

    def stop(self):
        """Stops the server and removes its folder. Raises ServerFailure if anything about its end is wrong."""
        try:
            self.close_clients()
            if self.process is None:
                self._raise_if_log_shows_crash()
                return
            self.raise_if_crashed()
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired as error:
                raise ServerFailure(f"the server did not end on SIGTERM in {STOP_SECONDS_MAX} s") from error
            self._raise_if_log_shows_crash()
            if self.process.returncode != 0:
                raise ServerFailure(f"the server ended on SIGTERM with {self.exit_text()}\n{self.log_tail()}")
        finally:
            self.kill()
            shutil.rmtree(self.dir, ignore_errors=True)


def start_redis(args=()):
    """A real redis-server, for comparing with it."""
    return Server(binary=os.environ.get("ZEDIS_ORACLE", REDIS_SERVER), args=args).start()
