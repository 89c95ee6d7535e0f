#!/usr/bin/python3
"""Compares a server with redis-server 7.0.15 by random commands, for as long as you like.

    tests/differential/run.py --server build/release/zedis-server --seed 7 --seconds 600 --family strings,bits --resp 2,3

The same seed makes the same commands. With --keep-going it reports every different kind of mismatch, not only the first.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from differential import events, families, runner  # noqa: E402
from zedis_server import Server, ServerFailure, start_redis, zedis_binary  # noqa: E402


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=zedis_binary(), help="the server under test")
    parser.add_argument("--threads", type=int, help="worker threads of the server under test")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--seconds", type=float, default=60, help="for all families and protocols together")
    parser.add_argument("--family", default=",".join(families.NAMES), help="of " + ", ".join(families.NAMES))
    parser.add_argument("--resp", default="2,3", help="2, 3 or 2,3")
    parser.add_argument("--types", default="string,list,hash,set,zset,stream", help="types of keys to use, of string,list,hash,set,zset,stream")
    parser.add_argument("--keep-going", action="store_true", help="go on after a mismatch, report each kind once")
    parser.add_argument("--events", action="store_true", help="compare the messages of keyspace notification, too")
    parser.add_argument("--only", type=int, help="play only the sequence with this number")
    return parser.parse_args()


def main():
    options = _arguments()
    names, protocols = options.family.split(","), [int(word) for word in options.resp.split(",")]
    types = options.types.split(",")
    failed = 0
    oracle = start_redis(runner.DIRECTIVES)
    try:
        ours = Server(options.server, runner.DIRECTIVES, threads=options.threads).start()
        try:
            pair_of, side_of = (events.ListeningPair, events.ListeningSide) if options.events else (runner.Pair, runner.Side)
            pair = pair_of(side_of(oracle.port), side_of(ours.port), runner.reviver(ours))
            for resp in protocols:
                for family in names:
                    failed += _one(pair, family, resp, options, types, options.seconds / len(names) / len(protocols))
        finally:
            ours.stop()
    except ServerFailure as failure:
        sys.exit(f"the server under test failed: {failure}")
    finally:
        oracle.stop()
    print(f"{failed} kinds of mismatch" if failed else "no mismatch")
    return 1 if failed else 0


def _one(pair, family, resp, options, types, seconds):
    if options.only is not None:
        steps = runner.make_sequence(f"{options.seed}/{family}/{resp}/{options.only}", family, types)
        mismatch = pair.play(steps, resp)
        if not mismatch:
            return 0
        best, found = pair.shrink(steps, mismatch, resp)
        print(runner.describe(best, found, "this command"))
        return 1
    result = runner.run(pair, family, resp, options.seed, types, seconds=seconds, keep_going=options.keep_going)
    print(f"{family}, RESP{resp}: {result.sequences} sequences, {result.commands} commands, {len(result.reports)} kinds of mismatch", flush=True)
    for report in result.reports:
        print(report, flush=True)
    return len(result.reports)


if __name__ == "__main__":
    sys.exit(main())
