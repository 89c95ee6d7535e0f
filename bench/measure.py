"""The measurements. Each function returns rows of the report; `Row.values` is by server name."""

import re
import statistics
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Optional

import targets
from servers import LoadFailed, Server, encode

# Modes whose data grows: the same number of requests for every server, so that all work on the same data.
GROWING = ("lpush", "hset", "sadd", "zadd")
SETTLE_SECONDS = 1.0
IDLE_SHARE = 0.03  # of a core


@dataclass
class Row:
    name: str
    values: dict
    target: str = ""
    verdict: str = ""  # "pass", "CPU only", "FAIL", or empty if there is nothing to judge
    details: dict = field(default_factory=dict)


@dataclass
class Bench:
    """What every measurement needs."""

    programs: list  # zedis first if there is one
    floors: dict  # value bytes -> program; 0 for the one that answers +OK
    load: object
    logs: str
    quick: bool
    say: object

    @property
    def subject(self):
        return next((p.name for p in self.programs if p.name == "zedis"), None)

    def server(self, program, **options):
        return Server(program, self.logs, **options)

    def floor_for(self, mode):
        return self.floors[32 if mode == "get" else 0]


def judge(ok):
    return "" if ok is None else "pass" if ok else "FAIL"


def ratio(a, b):
    return a / b if a and b else None


# ---- throughput ----


def throughput(bench, lines, repetitions, seconds):
    rows = []
    for keyspace in sorted({line.keyspace for line in lines}):
        chosen = [line for line in lines if line.keyspace == keyspace]
        # Lines that use the loaded strings come first, the others start from an empty server.
        chosen.sort(key=lambda line: line.mode not in ("get", "set", "mget10", "mset10", "multi10"))
        with ExitStack() as stack:
            servers = [stack.enter_context(bench.server(program)) for program in bench.programs]
            floors = {size: stack.enter_context(bench.server(program)) for size, program in bench.floors.items()}
            for server in servers:
                bench.say(f"loading {keyspace} keys into {server.name}")
                bench.load.run(server, mode="load", keyspace=keyspace, pipeline=32, connections=8)
            wait_until_idle(servers)
            for line in chosen:
                taking_part = [server for server in servers if server.knows(line.command)]
                if line.of_floor:
                    taking_part.append(floors[32 if line.mode == "get" else 0])
                if line.mode in GROWING + ("incr",):
                    for server in taking_part:
                        server.call("FLUSHALL")
                rows.append(_throughput_line(bench, line, taking_part, repetitions, seconds))
    return rows


def wait_until_idle(servers, seconds_max=60):
    """Loading leaves servers with work of their own: tables to grow, pages to move. It is not part of a request."""
    deadline = time.monotonic() + seconds_max
    while time.monotonic() < deadline:
        before = [server.cpu_seconds() for server in servers]
        time.sleep(SETTLE_SECONDS)
        if all(server.cpu_seconds() - used < IDLE_SHARE * SETTLE_SECONDS for server, used in zip(servers, before)):
            return


def _throughput_line(bench, line, servers, repetitions, seconds):
    runs = {server.name: [] for server in servers}
    options = {"mode": line.mode, "pipeline": line.pipeline, "keyspace": line.keyspace}
    if line.mode in GROWING:
        options["requests"] = int(2_000_000 * seconds)
    else:
        options["seconds"] = seconds
    # A B C A B C: what disturbs the machine for a while disturbs all of them.
    for repetition in range(repetitions):
        for server in servers:
            try:
                runs[server.name].append(bench.load.run(server, seed=repetition + 1, **options))
            except LoadFailed as failure:
                bench.say(f"{line.name} on {server.name}: {failure}")
    medians = {
        name: {key: statistics.median(run[key] for run in of_server) for key in of_server[0] if key != "mode"}
        for name, of_server in runs.items()
        if of_server
    }
    return judge_line(bench, line, medians, runs)


def judge_line(bench, line, medians, runs):
    row = Row(line.name, medians, details={"runs": runs, "of": {}})
    subject = medians.get(bench.subject)
    rate_oks, cpu_oks = [], []
    for peer, target in (("floor", line.of_floor), ("redis", line.of_redis)):
        if not subject or peer not in medians:
            continue
        of_peer = {
            "rate": ratio(subject["rate"], medians[peer]["rate"]),
            "cpu": ratio(medians[peer]["cpu_us"], subject["cpu_us"]),
        }
        row.details["of"][peer] = of_peer
        if target:
            rate_oks.append(of_peer["rate"] >= target)
            cpu_oks.append((of_peer["cpu"] or 0) >= target)
    wanted = [("floor", line.of_floor), ("redis", line.of_redis)]
    row.target = ", ".join(f"{target:g} of {peer}" for peer, target in wanted if target)
    row.verdict = judge(all(rate_oks) if rate_oks else None)
    if bench.subject in runs and not subject:
        row.verdict = "FAIL"  # it took part, and every run ended with an error
    # On a disturbed machine the rate may miss what the server's own cost reaches. That is not a pass, but not slowness.
    if row.verdict == "FAIL" and all(cpu_oks):
        row.verdict = "CPU only"
    bench.say(f"{line.name}: " + ", ".join(f"{n} {m['rate'] / 1e3:.0f} k/s {m['cpu_us']:.3f} us" for n, m in medians.items()))
    return row


def two_workers(bench, seconds, repetitions):
    """One worker against two, with the load on the same two cores: server CPU per request. So for the floor."""
    program = next((p for p in bench.programs if p.name == "zedis"), None)
    if not program:
        return []
    both = "0,1"
    floor = bench.floors[32]
    commands = {
        name: command
        for workers in (1, 2)
        for name, command in (
            (f"zedis-{workers}", program.command.replace("--threads 1", f"--threads {workers}")),
            (f"floor-{workers}", f"{floor.command} {workers}"),
        )
    }
    costs = {name: [] for name in commands}
    with ExitStack() as stack:
        servers = {}
        for name, command in commands.items():
            is_floor = name.startswith("floor")
            servers[name] = stack.enter_context(bench.server(type(program)(name, command, is_floor), cores=both))
            bench.load.run(servers[name], mode="load", keyspace=targets.SMALL, pipeline=32, connections=8)
        for repetition in range(repetitions):
            for name, server in servers.items():
                options = {"mode": "mix", "pipeline": 16, "keyspace": targets.SMALL, "seconds": seconds}
                costs[name].append(bench.load.run(server, cores=both, seed=repetition + 1, **options)["cpu_us"])
    rows = []
    for subject, target in (("floor", None), ("zedis", targets.TWO_WORKERS_CPU_GROWTH)):
        one, two = (statistics.median(costs[f"{subject}-{workers}"]) for workers in (1, 2))
        growth = two / one - 1
        bench.say(f"{subject}, two workers: {one:.3f} us, {two:.3f} us a request, {growth:+.0%}")
        row = Row(f"{subject}: server CPU per request, 80 % GET, pipeline 16", {"1 worker": one, "2 workers": two})
        row.details["unit"] = "us"
        row.target = f"{growth:+.0%}" + (f" (<= {target:.0%})" if target is not None else "")
        row.verdict = judge(growth <= target) if target is not None else ""
        rows.append(row)
    return rows


# ---- memory ----


def string_memory(bench):
    counts = targets.KEY_COUNTS[:2] if bench.quick else targets.KEY_COUNTS
    rows = []
    by_value = {}
    for value_bytes, target in targets.KEY_OVERHEAD.items():
        means = {p.name: _mean_overhead(bench, p, "load", counts, value_bytes) for p in bench.programs}
        by_value[value_bytes] = means
        rows.append(_memory_row(bench, f"string, key 16 B, value {value_bytes} B: beyond both", means, target))
    with_ttl = {
        p.name: _mean_overhead(bench, p, "load", counts, 8, ttl=True) - by_value[8][p.name] for p in bench.programs
    }
    rows.append(_memory_row(bench, "a TTL on it", with_ttl, targets.TTL_OVERHEAD))
    return rows


def _mean_overhead(bench, program, mode, counts, value_bytes, ttl=False):
    overheads = []
    for count in counts:
        options = {"keyspace": count, "value_bytes": value_bytes, "pipeline": 64, "connections": 8}
        if ttl:
            # The same 16 bytes of key, in order.
            options |= {"command": "SET keyttl:%n %v EX 1000000", "requests": count}
        else:
            options["mode"] = mode
        grown = _growth_bytes(bench, program, **options)
        overheads.append(grown / count - targets.KEY_BYTES - value_bytes)
    mean = statistics.mean(overheads)
    bench.say(f"{program.name}: value {value_bytes} B{' with TTL' if ttl else ''}: {mean:.1f} B beyond key and value")
    return mean


def _growth_bytes(bench, program, **options):
    with bench.server(program) as server:
        time.sleep(SETTLE_SECONDS / 3)
        before = server.resident_bytes()
        bench.load.run(server, **options)
        time.sleep(SETTLE_SECONDS)
        return server.resident_bytes() - before


def _memory_row(bench, name, values, target, unit="B"):
    row = Row(name, values, details={"unit": unit})
    if target is not None:
        row.target = f"<= {target:g} {unit}"
        if bench.subject in values:
            row.verdict = judge(values[bench.subject] <= target)
    return row


def collection_memory(bench):
    rows = []
    for shape in targets.COLLECTIONS:
        elements = shape.elements // (5 if bench.quick else 1)
        values = {}
        for program in bench.programs:
            with bench.server(program) as server:
                if not server.knows(shape.needs):
                    continue
            grown = _growth_bytes(
                bench, program, command=shape.command, requests=elements // shape.per_command, pipeline=16,
                connections=1, **shape.options,
            )
            values[program.name] = grown / elements
        bench.say(f"{shape.name}: " + ", ".join(f"{n} {v:.1f} B" for n, v in values.items()))
        rows.append(_memory_row(bench, shape.name + ": each element", values, shape.target))
    return rows


def idle_memory(bench):
    empty, idle = {}, {}
    for program in bench.programs:
        with bench.server(program) as server, ExitStack() as stack:
            time.sleep(SETTLE_SECONDS)
            empty[program.name] = server.resident_bytes() / 2**20
            before = server.resident_bytes()
            for _ in range(targets.IDLE_CONNECTIONS):
                connection = stack.enter_context(server.connect())
                connection.sendall(encode("PING"))
                connection.recv(64)
            # Redis gives an idle connection's buffers back after two seconds or more.
            time.sleep(5 * SETTLE_SECONDS)
            idle[program.name] = (server.resident_bytes() - before) / 1024 / targets.IDLE_CONNECTIONS
        bench.say(f"{program.name}: empty {empty[program.name]:.1f} MiB, idle connection {idle[program.name]:.2f} KiB")
    return [
        _memory_row(bench, "empty server, resident", empty, targets.EMPTY_MIB, "MiB"),
        _memory_row(bench, "an idle connection that has sent a PING", idle, targets.IDLE_CONNECTION_KIB, "KiB"),
    ]


# ---- pauses ----


def growth_latency(bench, repetitions):
    """The slowest batch while a server grows from nothing to many keys; the floor's slowest is the machine's own."""
    keyspace = targets.LARGE // (5 if bench.quick else 1)
    worst = {p.name: [] for p in bench.programs + [bench.floors[0]]}
    for _ in range(repetitions):
        for program in bench.programs + [bench.floors[0]]:
            with bench.server(program) as server:
                run = bench.load.run(server, mode="load", keyspace=keyspace, pipeline=16, connections=8)
                worst[program.name].append(run["max_us"] / 1e3)
    medians = {name: statistics.median(values) for name, values in worst.items()}
    row = Row(f"slowest batch of 16 while growing to {keyspace // 1_000_000} M keys", medians)
    row.details |= {"unit": "ms", "runs": worst}
    row.target = f"<= floor + {targets.GROWTH_EXCESS_MS:g} ms"
    if bench.subject:
        row.verdict = judge(medians[bench.subject] <= medians["floor"] + targets.GROWTH_EXCESS_MS)
    bench.say(row.name + ": " + ", ".join(f"{n} {v:.2f} ms" for n, v in medians.items()))
    return [row]


def expiry(bench):
    """Keys that expire at a steady rate: how many outlive their time by a second, and what pauses that causes."""
    late, pauses = {}, {}
    for program in bench.programs:
        with bench.server(program) as server:
            if server.call("SET", "probe", "x", "PX", "1") != "+OK" or not server.call("DBSIZE").startswith(":"):
                continue
            rate = targets.EXPIRIES_PER_SECOND
            seconds = 5 if bench.quick else 12
            options = {"rate": rate, "seconds": seconds, "pipeline": 10, "connections": 16, "value_bytes": 8}
            calm = bench.load.run(server, mode="set", keyspace=targets.SMALL, **options)
            resident_keys = int(server.call("DBSIZE")[1:])
            ttl_ms = 1000
            watcher = _KeyWatcher(server, resident_keys)
            process = bench.load.start(server, command=f"SET exp:%n %v PX {ttl_ms}", **options)
            watcher.start()
            busy = bench.load.finish(process)
            late[program.name] = watcher.finish(busy["rate"], ttl_ms)
            if busy["rate"] < 0.98 * rate:
                bench.say(f"{program.name}: only {busy['rate']:.0f} of {rate} expiries a second were reached")
            pauses[program.name] = (busy["max_us"] - calm["max_us"]) / 1e3
        bench.say(f"{program.name}: {late[program.name]:.3%} late by a second, pause {pauses[program.name]:+.2f} ms")
    rows = [
        Row(f"of {targets.EXPIRIES_PER_SECOND // 1000} k expiries/s, share late by over a second", late),
        Row("slowest batch then, beyond the slowest without expiry", pauses, details={"unit": "ms"}),
    ]
    rows[0].details["unit"] = "share"
    rows[0].target = f"<= {1 - targets.EXPIRED_WITHIN_SECOND:.1%}"
    rows[1].target = f"<= {targets.EXPIRY_PAUSE_MS:g} ms"
    if bench.subject in late:
        rows[0].verdict = judge(late[bench.subject] <= 1 - targets.EXPIRED_WITHIN_SECOND)
        rows[1].verdict = judge(pauses[bench.subject] <= targets.EXPIRY_PAUSE_MS)
    return rows


class _KeyWatcher:
    """Counts keys while some with a TTL are written, and computes the share that is overdue by a second.

    By INFO, which counts what takes memory: DBSIZE leaves out what is due and not yet erased."""

    INTERVAL_SECONDS = 0.05

    def __init__(self, server, resident_keys):
        self.server = server
        self.resident_keys = resident_keys
        self.samples: list[float] = []
        self.stop = threading.Event()
        self.thread: Optional[threading.Thread] = None

    def start(self):
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def finish(self, rate, ttl_ms):
        """The share of a second's expiries that was overdue, at the worst moment, for this rate of new keys."""
        self.stop.set()
        self.thread.join()
        allowed = rate * (ttl_ms / 1000 + 1)  # keys that may be there: alive, or due for less than a second
        overdue = max((keys - self.resident_keys - allowed for keys in self.samples), default=0)
        return max(0.0, overdue) / rate

    def _watch(self):
        with self.server.connect() as connection, connection.makefile("rb") as replies:
            while not self.stop.wait(self.INTERVAL_SECONDS):
                connection.sendall(encode("INFO", "keyspace"))
                text = replies.read(int(replies.readline()[1:]) + 2).decode()
                self.samples.append(sum(int(keys) for keys in re.findall(r"keys=(\d+)", text)))
