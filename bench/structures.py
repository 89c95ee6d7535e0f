"""Measurements of large collections: queries that return many elements, and the pauses of growing and deleting."""

import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Callable, Optional

import targets
from measure import Row, judge, judge_line, wait_until_idle
from servers import LoadFailed, encode

CHUNK = 1000


def _in_chunks(elements):
    for first in range(0, len(elements), CHUNK):
        yield elements[first : first + CHUNK]


def _send_all(server, commands):
    with server.connect() as connection, connection.makefile("rb") as replies:
        for chunk in _in_chunks(commands):
            connection.sendall(b"".join(encode(*command) for command in chunk))
            for _ in chunk:
                line = replies.readline()
                if line[:1] == b"-":
                    raise LoadFailed(line.decode().strip())
                if line[:1] == b"$":
                    replies.readline()


def _add_members(server, key, numbers):
    _send_all(server, [["SADD", key] + [f"member:{n}" for n in part] for part in _in_chunks(numbers)])


def _fill_sorted_set(server):
    numbers = range(100_000)
    _send_all(server, [["ZADD", "z"] + [x for n in part for x in (100_000 + n, f"m{n:09d}")] for part in _in_chunks(numbers)])


def _fill_sets(server):
    _add_members(server, "a", range(0, 100_000))
    _add_members(server, "b", range(50_000, 150_000))


def _fill_hash(server):
    _send_all(server, [["HSET", "h"] + [x for n in range(1000) for x in (f"field:{n}", f"value:{n:08d}")]])


def _fill_stream(server):
    _send_all(server, [["XADD", "x", f"{n + 1}-0", "name", f"value{n}", "size", str(n)] for n in range(400_000)])


def _renew_group(server):
    server.call("XGROUP", "DESTROY", "x", "g")
    server.call("XGROUP", "CREATE", "x", "g", "0")


@dataclass(frozen=True)
class Query:
    """A command that visits many elements. Its targets are ratios of request rates, as those of targets.Line."""

    name: str
    command: str
    fill: Callable
    before_each: Optional[Callable] = None
    requests: Optional[int] = None  # instead of a time: for what uses up its data
    of_floor: Optional[float] = None
    of_redis: Optional[float] = targets.QUERY_OF_REDIS

    @property
    def needs(self):
        return self.command.split()[0]


QUERIES = (
    Query("ZRANGE of 100 by rank", "ZRANGE z 50000 50099", _fill_sorted_set),
    Query("ZRANGEBYSCORE of 100", "ZRANGEBYSCORE z %s +inf LIMIT 0 100", _fill_sorted_set),
    Query("SINTER of two sets of 100,000, half in common", "SINTER a b", _fill_sets),
    Query("HGETALL of 1,000 fields", "HGETALL h", _fill_hash),
    Query("XRANGE of 1,000", "XRANGE x - + COUNT 1000", _fill_stream),
    Query("XREADGROUP of 100", "XREADGROUP GROUP g c COUNT 100 STREAMS x >", _fill_stream, _renew_group, 3_900),
)


def queries(bench, seconds, repetitions):
    return [_query(bench, query, seconds, repetitions) for query in QUERIES]


def _query(bench, query, seconds, repetitions):
    options = {"command": query.command, "connections": 4, "pipeline": 2}
    options |= {"requests": query.requests} if query.requests else {"seconds": seconds}
    runs = {}
    with ExitStack() as stack:
        servers = [stack.enter_context(bench.server(program)) for program in bench.programs]
        servers = [server for server in servers if server.knows(query.needs)]
        for server in servers:
            query.fill(server)
        wait_until_idle(servers)
        for repetition in range(repetitions):
            for server in servers:
                if query.before_each:
                    query.before_each(server)
                runs.setdefault(server.name, []).append(bench.load.run(server, seed=repetition + 1, **options))
    medians = {
        name: {key: statistics.median(run[key] for run in of_server) for key in of_server[0] if key != "mode"}
        for name, of_server in runs.items()
    }
    return judge_line(bench, query, medians, runs)


@dataclass(frozen=True)
class Growing:
    name: str
    key: str
    command: str

    @property
    def needs(self):
        return self.command.split()[0]


GROWING = (
    Growing("sorted set", "z", "ZADD z %s m%n"),
    Growing("hash", "h", "HSET h f%n v%n"),
    Growing("set", "s", "SADD s m%n"),
    Growing("list", "l", "RPUSH l m%n"),
    Growing("stream", "x", "XADD x * field v%n"),
)


def pauses(bench):
    """The slowest batch while one collection grows from nothing to many elements, and the slowest PING while it is
    deleted. The floor's slowest batch, and the slowest PING without a deletion, are the machine's own."""
    elements = targets.LARGE // (5 if bench.quick else 1)
    rows = []
    for growing in GROWING:
        grown, deleted = {}, {}
        for program in bench.programs + [bench.floors[0]]:
            with bench.server(program) as server:
                if not server.knows(growing.needs):
                    continue
                run = bench.load.run(server, command=growing.command, requests=elements, pipeline=16, connections=8)
                grown[program.name] = run["max_us"] / 1e3
                if not program.is_floor:
                    wait_until_idle([server])
                    deleted[program.name] = _deletion_ms(bench, server, growing.key)
        rows += _pause_rows(bench, growing.name, elements, grown, deleted)
    return rows


def _deletion_ms(bench, server, key):
    pings = {"mode": "ping", "rate": 5000, "connections": 4, "seconds": 2}
    calm = bench.load.run(server, **pings)
    process = bench.load.start(server, **pings)
    time.sleep(0.5)  # the load is under way
    server.call("DEL", key)
    return (bench.load.finish(process)["max_us"] - calm["max_us"]) / 1e3


def _pause_rows(bench, name, elements, grown, deleted):
    millions = f"{elements // 1_000_000} M"
    growth = Row(f"{name}: slowest batch of 16 while it grows to {millions}", grown, details={"unit": "ms"})
    growth.target = f"<= floor + {targets.GROWTH_EXCESS_MS:g} ms"
    deletion = Row(f"{name} of {millions}: slowest PING while it is deleted, beyond the calm", deleted)
    deletion.details["unit"] = "ms"
    deletion.target = f"<= {targets.DELETION_PAUSE_MS:g} ms"
    if bench.subject in grown:
        growth.verdict = judge(grown[bench.subject] <= grown["floor"] + targets.GROWTH_EXCESS_MS)
        deletion.verdict = judge(deleted[bench.subject] <= targets.DELETION_PAUSE_MS)
    for row in (growth, deletion):
        bench.say(row.name + ": " + ", ".join(f"{n} {v:.2f} ms" for n, v in row.values.items()))
    return [growth, deletion]
