"""Starts the two servers of a differential run and stops them by their process id."""

import os
import shutil
import socket
import subprocess
import tempfile
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server process on 127.0.0.1 with a folder of its own."""

    def __init__(self, program, *directives):
        self.program = program
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix="zedis-differential-")
        self._log = open(os.path.join(self.folder, "server.log"), "wb")
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                   "--dir", self.folder, "--enable-debug-command", "yes", *directives]
        self.process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT, cwd=self.folder)
        self._wait_until_ready()

    def _wait_until_ready(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        log = self.log()
        self.stop()
        raise RuntimeError(f"{self.program} did not start:\n{log}")

    def log(self):
        with open(os.path.join(self.folder, "server.log"), "rb") as log:
            return log.read().decode(errors="replace")[-4000:]

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def find_oracle():
    """The path of a redis-server 7.0.x, or None."""
    program = os.environ.get("ZEDIS_ORACLE") or shutil.which("redis-server")
    if not program:
        return None
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    return program if " v=7.0." in version else None
