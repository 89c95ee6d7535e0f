"""Waiting for what a server does in its own time, and judging its speed on a machine that has other things to do.

Tests wait for conditions, never for a time that "should do": CI runs them beside compilers and under sanitizers. Where a
time is what the test is about, FairTime leaves out what the machine, not the server, is to blame for.
"""
import os
import pathlib
import time

# Sanitizers make a server up to this many times slower; tests multiply what they wait for by it.
TIME_FACTOR = float(os.environ.get("ZEDIS_TIME_FACTOR", "1"))

# What has not come true by then never will. Only failures take this long, so it is generous.
WAIT_SECONDS_MAX = 60 + 10 * TIME_FACTOR


def wait_until(condition, what, seconds=WAIT_SECONDS_MAX):
    """Returns what `condition` returned when it was first true; fails with `what` if that takes too long."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.01)
    return result


def _waited_for_a_core(process):
    """Seconds that the threads of a process (a pid or "self") were ready to run while others had the cores."""
    total = 0
    for thread in pathlib.Path(f"/proc/{process}/task").iterdir():
        try:
            total += int((thread / "schedstat").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            pass
    return total / 1e9


def _stolen():
    """Seconds that the host of a virtual machine gave to others."""
    return int(pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) / os.sysconf("SC_CLK_TCK")


def denied_seconds(server):
    """How long the server and this test have been kept from running in all; differences of it are what counts."""
    return _waited_for_a_core(server.pid) + _waited_for_a_core("self") + _stolen()


class FairTime:
    """A stopwatch that stands still while the server's threads or this test wait for a core.

    With a core for each of them it shows the time on the wall. On a busy machine it shows about what it would on a quiet
    one, and rather less than more: waits that overlap all count.
    """

    def __init__(self, server):
        self.server = server
        self.restart()

    def restart(self):
        self.denied = denied_seconds(self.server)
        self.begin = time.monotonic()

    def wall_seconds(self):
        return time.monotonic() - self.begin

    def seconds(self):
        wall = self.wall_seconds()
        return max(0.0, wall - (denied_seconds(self.server) - self.denied))


def in_one_of(tries, check):
    """For what a machine that stops for a while may spoil, whoever is to blame: a fault of the server spoils every try."""
    for left in reversed(range(tries)):
        try:
            return check()
        except AssertionError:
            if not left:
                raise


def nearly(left, given):
    """Whether a time to live is what was given, in the same unit, less what the test has taken since."""
    return given / 2 <= left <= given
