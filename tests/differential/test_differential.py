"""Random commands answered by Zedis and by redis-server 7.0.15 alike; the seed is fixed, run.py takes any other.

What is played is fixed too, however slow the machine: so many sequences, and other ones for each number of threads.
"""

import pytest

from . import families, runner

_SEED = 20250101
_SEQUENCES = 150
_SEQUENCES_OF_SLOW = {"protocol": 50, "keys": 100}  # a connection for each request, many rounds for each scan
_TYPES = ["string", "list", "hash", "set", "zset", "stream"]  # of keys that Zedis has


@pytest.fixture(scope="module")
def shared_pair(request, threads):
    """Both servers, for all tests of this file."""
    from conftest import zedis_starter
    from zedis_server import start_redis

    oracle = start_redis(runner.DIRECTIVES)
    try:
        ours = zedis_starter(request.config)(*runner.DIRECTIVES, threads=threads)
        try:
            yield runner.Pair(runner.Side(oracle.port), runner.Side(ours.port), runner.reviver(ours)), ours
        finally:
            ours.stop()
    finally:
        oracle.stop()


@pytest.mark.parametrize("resp", [2, 3])
@pytest.mark.parametrize("family", families.NAMES)
def test_replies_are_those_of_redis(shared_pair, family, resp, threads, time_factor):
    pair, ours = shared_pair
    sequences = int(_SEQUENCES_OF_SLOW.get(family, _SEQUENCES) / min(time_factor, 4))
    result = runner.run(pair, family, resp, _SEED + threads, _TYPES, sequences=sequences)
    assert not result.reports, result.reports[0]
    ours.raise_if_crashed()
