"""What is measured and the figure each has to reach. The figures are the project's goals, decided in its design."""

from dataclasses import dataclass, field
from typing import Optional

SMALL = 200_000
LARGE = 10_000_000


@dataclass(frozen=True)
class Line:
    """A throughput line: a mode of bench-load at a pipeline depth, with targets as ratios of request rates."""

    mode: str
    pipeline: int
    keyspace: int = SMALL
    of_floor: Optional[float] = None
    of_redis: Optional[float] = None

    @property
    def name(self):
        keys = f"{self.keyspace // 1_000_000} M" if self.keyspace >= 1_000_000 else f"{self.keyspace // 1000} k"
        return f"{self.mode.upper()}, pipeline {self.pipeline}, {keys} keys"

    @property
    def command(self):
        return {"mget10": "mget", "mset10": "mset", "multi10": "exec"}.get(self.mode, self.mode)

    def matches(self, filters):
        return not filters or any(f in (self.mode, f"{self.mode}:{self.pipeline}") for f in filters)


def _get_and_set(keyspace, targets):
    return [
        Line(mode, pipeline, keyspace, of_floor, of_redis)
        for mode in ("get", "set")
        for pipeline, of_floor, of_redis in targets
    ]


LINES = (
    _get_and_set(SMALL, [(1, 1.0, 1.15), (16, 0.85, 2.2), (50, 0.65, 4.2)])
    + _get_and_set(LARGE, [(1, 0.95, None), (16, 0.80, None), (50, 0.55, 5.0)])
    + [Line(mode, 50, of_redis=2.2) for mode in ("incr", "lpush", "hset", "sadd", "zadd")]
    + [Line(mode, 16, of_redis=1.5) for mode in ("mget10", "mset10")]
    + [Line("multi10", 16, of_redis=2.0)]
)

KEY_COUNTS = (1_000_000, 1_400_000, 2_000_000, 2_800_000)
KEY_BYTES = 16
# Resident bytes of a string beyond its key and value, by value size.
KEY_OVERHEAD = {8: 17, 32: 18, 128: 24}
TTL_OVERHEAD = 8


@dataclass(frozen=True)
class Collection:
    """A shape of collection: `command` repeated until there are `elements`, `per_command` in each."""

    name: str
    needs: str
    command: str
    per_command: int
    target: Optional[float] = None
    elements: int = 1_000_000
    options: dict = field(default_factory=lambda: {"value_bytes": 10})


def _repeat(text, times):
    return " ".join([text] * times)


COLLECTIONS = (
    Collection("list, 1 M elements of 10 B", "rpush", "RPUSH l " + _repeat("m%n", 100), 100, 11.5),
    Collection("sorted set, 1 M members of 10 B", "zadd", "ZADD z " + _repeat("%s.5 m%n", 100), 100, 46),
    Collection("hash, 1 M fields 10 B + 10 B", "hset", "HSET h " + _repeat("f%n %v", 100), 100, 42),
    Collection("set, 1 M members of 10 B", "sadd", "SADD s " + _repeat("m%n", 100), 100, 24),
    Collection("stream, 1 M entries of 2 fields", "xadd", "XADD x * field1 %v field2 %v", 1, 30),
    Collection(
        "100 k hashes of 10 fields, 5 B + 10 B",
        "hset",
        "HSET h:%n " + " ".join(f"fld{i:02d} %v" for i in range(10)),
        10,
        20,
    ),
    Collection("100 k lists of 10 elements of 10 B", "rpush", "RPUSH l:%n " + _repeat("%v", 10), 10),
    Collection(
        "100 k sorted sets of 10 members of 10 B",
        "zadd",
        "ZADD z:%n " + " ".join(f"%s.5 member{i:04d}" for i in range(10)),
        10,
    ),
    Collection("10 k sets of 100 integers", "sadd", "SADD i:%n " + _repeat("%i", 100), 100),
)

# Commands that visit many elements, as a ratio of redis-server's rate.
QUERY_OF_REDIS = 2.0
DELETION_PAUSE_MS = 1.0

EMPTY_MIB = 8
IDLE_CONNECTION_KIB = 0.5
IDLE_CONNECTIONS = 10_000
GROWTH_EXCESS_MS = 1.0
EXPIRIES_PER_SECOND = 100_000
EXPIRED_WITHIN_SECOND = 0.999
EXPIRY_PAUSE_MS = 1.0
TWO_WORKERS_CPU_GROWTH = 0.20

# What the kernel does for each subscriber is most of a message.
PUBLISH_OF_REDIS = 1.3
TRACKED_KEY_BYTES = 24
