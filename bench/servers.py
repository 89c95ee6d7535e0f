"""Servers under measurement: how each is started, talked to and stopped, and the load that is put on it.

Servers run on core 0 and the load on core 1, so that neither takes time from the other.
"""

import os
import re
import resource
import shlex
import socket
import subprocess
import time
from dataclasses import dataclass

SERVER_CORES = "0"
LOAD_CORES = "1"
START_SECONDS_MAX = 10
STOP_SECONDS_MAX = 20


@dataclass(frozen=True)
class Program:
    """A server that can be started: `command` with {port} in it."""

    name: str
    command: str
    is_floor: bool = False


class LoadFailed(Exception):
    """The load generator ended with an error; the message is what it said."""


def encode(*arguments):
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raise_file_limit():
    """Thousands of connections need as many files, here and in the servers, which inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Server:
    """A running server. Use it as a context manager: it is stopped at the end, by its process id."""

    def __init__(self, program, log_folder, cores=SERVER_CORES):
        self.program = program
        self.port = free_port()
        command = ["taskset", "-c", cores] + shlex.split(program.command.format(port=self.port))
        self.log_path = os.path.join(log_folder, program.name + ".log")
        with open(self.log_path, "wb") as log:
            # taskset becomes the server, so this is the server's process id.
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=log_folder)
        self._wait_until_it_answers()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def name(self):
        return self.program.name

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=STOP_SECONDS_MAX)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def call(self, *arguments):
        """Sends one command on a connection of its own; returns the first line of the reply."""
        with self.connect() as connection, connection.makefile("rb") as replies:
            connection.sendall(encode(*arguments))
            return replies.readline().rstrip().decode()

    def knows(self, command):
        """Whether the server has this command, judged by what it says to one without arguments."""
        return self.program.is_floor or "unknown command" not in self.call(command)

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return 1024 * int(re.search(r"VmRSS:\s*(\d+)", status.read()).group(1))

    def cpu_seconds(self):
        """What it has used so far, in user space and in the kernel."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                if self.call("PING"):
                    return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                with open(self.log_path, encoding="utf-8", errors="replace") as log:
                    raise SystemExit(f"{self.name} does not start:\n{log.read()[-2000:]}")
            time.sleep(0.05)


class LoadGenerator:
    def __init__(self, path):
        self.path = path

    def run(self, server, cores=LOAD_CORES, **options):
        """Runs bench-load, options as keyword arguments; returns its result line as a dict."""
        process = self.start(server, cores, **options)
        return self.finish(process)

    def start(self, server, cores=LOAD_CORES, **options):
        command = ["taskset", "-c", cores, self.path, "--port", str(server.port), "--pid", str(server.pid)]
        for name, value in options.items():
            command += ["--" + name.replace("_", "-"), str(value)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, process):
        out, errors = process.communicate()
        if process.returncode != 0:
            raise LoadFailed(errors.strip())
        line = next(line for line in out.splitlines() if line.startswith("result "))
        result = {}
        for field in line.split()[1:]:
            name, value = field.split("=", 1)
            result[name] = float(value) if re.fullmatch(r"-?[\d.]+", value) else value
        return result
