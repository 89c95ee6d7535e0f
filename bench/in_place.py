#!/usr/bin/python3
"""How large a value should stay in its entry: memory and speed of several builds that differ in store::kNearValueMax.

  bench/in_place.py 24=build/a/zedis-server 984=build/b/zedis-server

For each size of value a table line: resident bytes beyond key and value, then CPU microseconds of a GET and a SET at
pipeline 50 (the least of three interleaved runs), one figure for each build.
"""

import os
import sys
import tempfile
import time
from contextlib import ExitStack

from servers import LoadGenerator, Program, Server

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VALUE_BYTES = (8, 24, 32, 64, 128, 256, 384, 448, 512, 640, 768, 900, 984, 1024)
KEYS = 200_000
KEY_BYTES = 16
SETTLE_SECONDS = 0.3
REPETITIONS = 3


def measure(programs, load, size, logs):
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(program, logs)) for program in programs]
        beyond = []
        for server in servers:
            empty = server.resident_bytes()
            load.run(server, mode="load", keyspace=KEYS, pipeline=50, value_bytes=size)
            time.sleep(SETTLE_SECONDS)
            beyond.append((server.resident_bytes() - empty) / KEYS - KEY_BYTES - size)
        cpu = {mode: [[] for _ in servers] for mode in ("get", "set")}
        for _ in range(REPETITIONS):
            for i, server in enumerate(servers):
                for mode, figures in cpu.items():
                    run = load.run(server, mode=mode, keyspace=KEYS, pipeline=50, value_bytes=size, seconds=0.4)
                    figures[i].append(float(run["cpu_us"]))
    return beyond, {mode: [min(runs) for runs in figures] for mode, figures in cpu.items()}


def main():
    if len(sys.argv) < 2 or not all("=" in argument for argument in sys.argv[1:]):
        raise SystemExit(__doc__)
    common = '--port {port} --bind 127.0.0.1 --save "" --threads 1'
    programs = []
    for argument in sys.argv[1:]:
        name, _, path = argument.partition("=")
        programs.append(Program(name, f"{os.path.abspath(path)} {common}"))
    load = LoadGenerator(os.path.join(ROOT, "build", "release", "bench-load"))
    names = " · ".join(program.name for program in programs)
    print(f"in place up to: {names}\n\n| value | bytes beyond | GET | SET |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as logs:
        for size in VALUE_BYTES:
            beyond, cpu = measure(programs, load, size, logs)
            columns = [" · ".join(f"{figure:.1f}" for figure in beyond)]
            columns += [" · ".join(f"{figure:.3f}" for figure in cpu[mode]) for mode in ("get", "set")]
            print(f"| {size} | " + " | ".join(columns) + " |", flush=True)


if __name__ == "__main__":
    main()
