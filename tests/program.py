"""Runs the server program directly, for tests of its start and its end rather than of what it answers."""
import contextlib
import os
import signal
import subprocess
import time

from raw_client import RawClient
from zedis_server import START_SECONDS_MAX, STOP_SECONDS_MAX, zedis_binary


def run(*args, stdin="", **options):
    """Runs it to its end: (exit code, what it printed, what it complained)."""
    done = subprocess.run([zedis_binary(), *map(str, args)], input=stdin, capture_output=True, text=True,
                          timeout=START_SECONDS_MAX, **options)
    return done.returncode, done.stdout, done.stderr


def refusal(*args, **options):
    """What keeps it from starting: one line, with exit code 1."""
    code, _, complaint = run(*args, **options)
    assert code == 1 and complaint.count("\n") == 1 and complaint.endswith("\n"), (code, complaint)
    return complaint.strip()


def wait_until(condition, what, seconds=START_SECONDS_MAX):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"no {what} in {seconds} s"
        time.sleep(0.01)
    return result


def state_of(pid):
    """The letter of /proc: R S T Z ..., or "" when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return ""


def is_gone(pid):
    return state_of(pid) in ("", "Z")


def answers(port):
    try:
        with RawClient(port, timeout=1) as client:
            return client.command("PING") is not None
    except OSError:
        return False


@contextlib.contextmanager
def started(*args, **options):
    """A server process that the test waits for itself; ended by SIGTERM, or killed if that does not help."""
    process = subprocess.Popen([zedis_binary(), *map(str, args)], stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        end(process.pid)
        process.wait(timeout=STOP_SECONDS_MAX)


def end(pid):
    """SIGTERM and, if that does not help, SIGKILL."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        with contextlib.suppress(AssertionError):
            wait_until(lambda: is_gone(pid), "end", STOP_SECONDS_MAX)
            return
