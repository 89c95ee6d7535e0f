"""What random commands do to keys is told to subscribers as redis-server 7.0.15 tells it, message by message."""

import pytest

from . import events, families, runner

_SEED = 20260101
_SEQUENCES = 40
_TYPES = ["string", "list", "hash", "set", "zset", "stream"]

# Those that change nothing have nothing to tell.
_FAMILIES = [name for name in families.NAMES if name not in ("connection", "protocol", "server", "transactions", "blocking")]


@pytest.fixture(scope="module")
def listening_pair(request, threads):
    from conftest import zedis_starter
    from zedis_server import start_redis

    oracle = start_redis(runner.DIRECTIVES)
    try:
        ours = zedis_starter(request.config)(*runner.DIRECTIVES, threads=threads)
        try:
            yield events.ListeningPair(events.ListeningSide(oracle.port), events.ListeningSide(ours.port), runner.reviver(ours))
        finally:
            ours.stop()
    finally:
        oracle.stop()


@pytest.mark.parametrize("family", _FAMILIES)
def test_events_are_those_of_redis(listening_pair, family, threads, time_factor):
    sequences = int(_SEQUENCES / min(time_factor, 4))
    result = runner.run(listening_pair, family, 2, _SEED + threads, _TYPES, sequences=sequences)
    assert not result.reports, result.reports[0]
