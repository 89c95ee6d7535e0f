"""Measurements of what servers send without being asked: messages to subscribers, and what it takes to know who caches what."""

import statistics
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Optional

import targets
from measure import Row, judge, judge_line
from servers import LOAD_CORES, LoadFailed, encode

SUBSCRIBERS = 100
PIPELINE = 16
TRACKED_KEYS = 1_000_000
CHUNK = 500


@dataclass(frozen=True)
class Publishing:
    name: str
    of_redis: Optional[float] = targets.PUBLISH_OF_REDIS
    of_floor: Optional[float] = None


def publishing(bench, seconds, repetitions):
    """One publisher with a full pipeline. Subscribers read all they get, on the core of the load."""
    runs = {}
    with ExitStack() as stack:
        servers = [stack.enter_context(bench.server(program)) for program in bench.programs]
        servers = [server for server in servers if server.knows("PUBLISH")]
        for server in servers:
            stack.enter_context(_Subscribers(bench, server))
        for repetition in range(repetitions):
            for server in servers:
                run = bench.load.run(server, command="PUBLISH channel %v", connections=1, pipeline=PIPELINE, seconds=seconds,
                                     seed=repetition + 1)
                runs.setdefault(server.name, []).append(run)
    medians = {name: {key: statistics.median(run[key] for run in of_server) for key in of_server[0] if key != "mode"}
               for name, of_server in runs.items()}
    return [judge_line(bench, Publishing(f"PUBLISH to {SUBSCRIBERS} subscribers, pipeline {PIPELINE}"), medians, runs)]


class _Subscribers:
    """bench-subscribers as a context manager; it has subscribed when that begins."""

    def __init__(self, bench, server):
        program = bench.load.path.replace("bench-load", "bench-subscribers")
        self.process = subprocess.Popen(["taskset", "-c", LOAD_CORES, program, str(server.port), str(SUBSCRIBERS), "channel"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        if self.process.stdout.readline() != "ready\n":
            raise LoadFailed("the subscribers could not subscribe")
        return self

    def __exit__(self, *_):
        self.process.communicate()


def tracking_memory(bench):
    """Resident bytes for each key that one client caches. The keys are not there, so nothing else grows."""
    taken = {}
    for program in bench.programs:
        with bench.server(program) as server, server.connect() as connection, connection.makefile("rb") as replies:
            def ask(commands):
                connection.sendall(b"".join(encode(*command) for command in commands))
                for _ in commands:
                    _read_reply(replies)

            ask([["HELLO", "3"]])
            time.sleep(1)
            # A first round without tracking brings all buffers to their size.
            for first in range(0, 20 * CHUNK, CHUNK):
                ask([["GET", f"key:{n:012d}"] for n in range(first, first + CHUNK)])
            ask([["CLIENT", "TRACKING", "ON"]])
            before = server.resident_bytes()
            for first in range(0, TRACKED_KEYS, CHUNK):
                ask([["GET", f"key:{n:012d}"] for n in range(first, first + CHUNK)])
            taken[program.name] = (server.resident_bytes() - before) / TRACKED_KEYS
    row = Row(f"a key that one client caches, of {TRACKED_KEYS // 1_000_000} M", taken, details={"unit": "B"})
    row.target = f"<= {targets.TRACKED_KEY_BYTES:g} B"
    if bench.subject in taken:
        row.verdict = judge(taken[bench.subject] <= targets.TRACKED_KEY_BYTES)
    bench.say(row.name + ": " + ", ".join(f"{name} {value:.1f} B" for name, value in taken.items()))
    return [row]


def _read_reply(replies):
    line = replies.readline()
    if line[:1] == b"-":
        raise LoadFailed(line.decode().strip())
    if line[:1] == b"$" and line != b"$-1\r\n":
        replies.read(int(line[1:]) + 2)
    elif line[:1] in b"*%~>":
        for _ in range(int(line[1:]) * (2 if line[:1] == b"%" else 1)):
            _read_reply(replies)
