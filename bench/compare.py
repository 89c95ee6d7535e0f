#!/usr/bin/python3
"""Measures Zedis against redis-server and the floor, and writes bench/RESULTS.md.

  tools/build release && bench/compare.py           everything, about half an hour on a quiet machine
  bench/compare.py --quick                          a few minutes; writes to build/bench/ only
  bench/compare.py --only get,set:50,strings        some modes, or mode:pipeline, or sections
  bench/compare.py --peer 'valkey=valkey-server --port {port} --save ""'

A server that does not exist or does not know a command is left out of the lines that need it. Exit code 1 if a
target was missed.
"""

import argparse
import os
import shutil
import sys

import measure
import messages
import report
import structures
import targets
from servers import LoadFailed, LoadGenerator, Program, raise_file_limit

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECTIONS = ("workers", "strings", "collections", "idle", "growth", "queries", "pauses", "expiry", "messages", "tracking")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"), help="folder of the programs")
    parser.add_argument("--quick", action="store_true", help="shorter runs, fewer keys, no 10 M lines")
    parser.add_argument("--only", default="", help="modes, mode:pipeline or sections (" + ", ".join(SECTIONS) + ")")
    parser.add_argument("--peer", action="append", default=[], help="NAME=COMMAND with {port}: one more server")
    parser.add_argument("--repetitions", type=int, help="of each throughput line: 5, with --quick 3")
    parser.add_argument("--out", help="the report; bench/RESULTS.md for a complete run")
    return parser.parse_args()


def programs(arguments):
    found = []
    zedis = os.path.join(arguments.build, "zedis-server")
    common = '--port {port} --bind 127.0.0.1 --save "" --appendonly no --maxclients 12000'
    if os.path.exists(zedis):
        found.append(Program("zedis", f"{zedis} {common} --threads 1"))
    else:
        say("there is no zedis-server in the build folder: only the others are measured")
    if shutil.which("redis-server"):
        found.append(Program("redis", f"redis-server {common}"))
    for peer in arguments.peer:
        name, _, command = peer.partition("=")
        found.append(Program(name, command))
    return found


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_sections(bench, filters, repetitions):
    def wanted(section):
        return not filters or section in filters

    seconds = 0.7 if bench.quick else 2.0
    lines = [line for line in targets.LINES if line.matches(filters)]
    if bench.quick:
        lines = [line for line in lines if line.keyspace == targets.SMALL]
    sections = {
        "Throughput and CPU per request": lambda: measure.throughput(bench, lines, repetitions, seconds),
        "Two workers": lambda: measure.two_workers(bench, seconds, repetitions) if wanted("workers") else [],
        "Memory of strings": lambda: measure.string_memory(bench) if wanted("strings") else [],
        "Memory of collections": lambda: measure.collection_memory(bench) if wanted("collections") else [],
        "Empty server and idle connections": lambda: measure.idle_memory(bench) if wanted("idle") else [],
        "Growing": lambda: measure.growth_latency(bench, 1 if bench.quick else 3) if wanted("growth") else [],
        "Queries of large collections": lambda: structures.queries(bench, seconds, repetitions) if wanted("queries") else [],
        "Pauses of large collections": lambda: structures.pauses(bench) if wanted("pauses") else [],
        "Messages": lambda: messages.publishing(bench, seconds, repetitions) if wanted("messages") else [],
        "Client-side caching": lambda: messages.tracking_memory(bench) if wanted("tracking") else [],
        "Expiry": lambda: measure.expiry(bench) if wanted("expiry") else [],
    }
    return {title: rows for title, run in sections.items() if (rows := _rows_of(title, run))}


def _rows_of(title, run):
    """One section that fails must not cost the others their results, nor go unnoticed."""
    try:
        return run()
    except (LoadFailed, OSError) as failure:
        say(f"{title}: {failure}")
        return [measure.Row(f"could not be measured: {title.lower()}", {}, verdict="FAIL")]


def main():
    arguments = parse_arguments()
    filters = [f for f in arguments.only.split(",") if f]
    out_folder = os.path.join(ROOT, "build", "bench")
    os.makedirs(out_folder, exist_ok=True)
    raise_file_limit()
    floor = os.path.join(arguments.build, "bench-floor")
    bench = measure.Bench(
        programs=programs(arguments),
        floors={size: Program("floor", f"{floor} {{port}} {size}", is_floor=True) for size in (0, 32)},
        load=LoadGenerator(os.path.join(arguments.build, "bench-load")),
        logs=out_folder,
        quick=arguments.quick,
        say=say,
    )
    sections = run_sections(bench, filters, arguments.repetitions or (3 if arguments.quick else 5))
    facts = report.machine(arguments.build)
    is_complete = not arguments.quick and not filters and bench.subject
    path = arguments.out or (
        os.path.join(ROOT, "bench", "RESULTS.md") if is_complete else os.path.join(out_folder, "RESULTS.md")
    )
    options = (" --quick" if arguments.quick else "") + (f" --only {arguments.only}" if filters else "")
    report.write(path, facts, sections, options)
    report.write_json(os.path.join(out_folder, "results.json"), facts, sections)
    with open(path, encoding="utf-8") as written:
        print(written.read())
    missed = [row.name for rows in sections.values() for row in rows if row.verdict not in ("", "pass")]
    for name in missed:
        say("missed: " + name)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
