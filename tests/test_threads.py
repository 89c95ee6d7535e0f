"""Many threads at once: nothing is lost, nothing is seen half done, nobody waits for ever.

Clients send their requests encoded beforehand and many at a time, so that the workers, not Python, are busy.
"""
import os
import random
import threading
import time

from raw_client import Error, encode
from waiting import WAIT_SECONDS_MAX, wait_until

CONNECTIONS = 8
# Without it, the hunt for a deadlock ends after a number of commands; ZEDIS_DEADLOCK_SECONDS=60 for the long run.
DEADLOCK_SECONDS = float(os.environ.get("ZEDIS_DEADLOCK_SECONDS", "0"))


def at_once(*jobs):
    """Runs each job in a thread of its own, starting together; raises what the first of them raised."""
    start = threading.Barrier(len(jobs))
    failures = []

    def run(job):
        start.wait()
        try:
            job()
        except BaseException as failure:  # noqa: BLE001: raised below
            failures.append(failure)

    workers = [threading.Thread(target=run, args=(job,), daemon=True) for job in jobs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]


def replies(raw, request, count):
    raw.send_raw(request)
    return [raw.read_reply() for _ in range(count)]


def test_connections_are_spread_over_the_workers(many):
    assert many.client().info("server")["worker_threads"] == 4


def test_incr_from_many_connections_loses_nothing(many):
    """One key that all count in, and one key each that others count in too: the sum is what was asked for."""
    rounds, depth = 100, 100
    pipeline = b"".join(encode("INCR", "hot") + encode("INCRBY", f"warm:{n % 7}", 3) for n in range(depth))
    seen = []

    def count():
        raw = many.raw()
        last = 0
        for _ in range(rounds):
            hot = replies(raw, pipeline, 2 * depth)[::2]
            assert hot == sorted(set(hot)) and hot[0] > last, "a counter went back or stood still"
            last = hot[-1]
            seen.append(hot)

    at_once(*[count] * CONNECTIONS)
    total = CONNECTIONS * rounds * depth
    raw = many.raw()
    assert raw.command("GET", "hot") == b"%d" % total
    assert sum(int(value) for value in raw.command("MGET", *(f"warm:{n}" for n in range(7)))) == 3 * total
    assert sorted(value for part in seen for value in part) == list(range(1, total + 1)), "two saw the same number"


def test_pushes_from_many_connections_lose_nothing(many):
    rounds, depth = 40, 100

    def push(who):
        raw = many.raw()
        for at in range(rounds):
            request = b"".join(encode("RPUSH", f"list:{n % 3}", f"{who}:{at}:{n}") for n in range(depth))
            assert not [reply for reply in replies(raw, request, depth) if type(reply) is not int]

    at_once(*[lambda who=who: push(who) for who in range(CONNECTIONS)])
    raw = many.raw()
    elements = [element for n in range(3) for element in raw.command("LRANGE", f"list:{n}", 0, -1)]
    assert len(elements) == CONNECTIONS * rounds * depth == len(set(elements))
    latest = {}
    for element in raw.command("LRANGE", "list:0", 0, -1):
        who, at, n = map(int, element.split(b":"))
        assert latest.get(who, (-1, -1)) < (at, n), "a connection's pushes changed their order"
        latest[who] = (at, n)


def test_mset_of_keys_in_different_shards_is_never_seen_half_done(many):
    """Writers give both keys of a pair the same value, one pair or ten pairs at a time, and nobody sees two different ones.
    There are 200 pairs over 64 shards, so nearly every pair is in two shards. Keys are named in one order and in the
    other, so that clients contend for the locks both ways round; and those who name one pair meet those who name ten,
    because among commands on the same keys one lock that all of them take would hide that the others are not taken."""
    pairs = [(f"left:{n}", f"right:{n}") for n in range(200)]
    setup = many.raw()
    setup.command("MSET", *(part for pair in pairs for key in pair for part in (key, "0")))
    stop = threading.Event()
    versions = set()

    def in_order(together, step):
        """The keys of each group of so many pairs: those of one side, then those of the other."""
        groups = [pairs[at : at + together] for at in range(0, len(pairs), together)]
        return [[pair[side] for side in (0, 1)[::step] for pair in group] for group in groups]

    def write(who, together, step):
        raw, version = many.raw(), 0
        groups = in_order(together, step)
        try:
            while version < 300 or len(versions) < 50 and version < 10_000:
                version += 1
                value = f"{who}:{version}:" + "v" * random.choice((0, 100))
                request = b"".join(encode("MSET", *(part for key in keys for part in (key, value))) for keys in groups)
                assert set(replies(raw, request, len(groups))) == {b"OK"}
        finally:
            stop.set()

    def read(together, step):
        raw = many.raw()
        groups = in_order(together, step)
        request = b"".join(encode("MGET", *keys) for keys in groups)
        while not stop.is_set():
            for values in replies(raw, request, len(groups)):
                assert values[:together] == values[together:], "half of an MSET"
                versions.update(values)

    ways = [(1, 1), (1, -1), (10, 1), (10, -1)]
    at_once(*[lambda who=who, way=way: write(who, *way) for who, way in enumerate(ways)],
            *[lambda way=way: read(*way) for way in ways])
    assert len(versions) >= 50, "the readers saw hardly any change"


def test_a_rename_is_never_seen_half_done(many):
    """A key that is renamed back and forth between two shards is at every moment at exactly one of its names."""
    pairs = [(f"here:{n}", f"there:{n}") for n in range(100)]
    setup = many.raw()
    setup.pipeline(*(("SET", here, "v" * 40) for here, _ in pairs))
    stop = threading.Event()
    looks = []

    def rename():
        raw = many.raw()
        forth = b"".join(encode("RENAME", here, there) for here, there in pairs)
        back = b"".join(encode("RENAME", there, here) for here, there in pairs)
        try:
            deadline = time.monotonic() + WAIT_SECONDS_MAX
            while len(looks) < 600 and time.monotonic() < deadline:
                assert set(replies(raw, forth, len(pairs)) + replies(raw, back, len(pairs))) == {b"OK"}
        finally:
            stop.set()

    def look():
        raw = many.raw()
        request = b"".join(encode("EXISTS", *pair) for pair in pairs)
        while not stop.is_set():
            assert set(replies(raw, request, len(pairs))) == {1}
            looks.append(1)

    at_once(rename, look, look, look)
    assert len(looks) >= 600


def test_swapdb_is_never_seen_half_done(many):
    """Every key of database 0 says A or every key says B, whichever shard it is in."""
    keys = [f"key:{n}" for n in range(50)]
    setup = many.raw()
    for database, value in ((0, "A"), (1, "B")):
        setup.command("SELECT", database)
        setup.command("MSET", *(part for key in keys for part in (key, value)))
    stop = threading.Event()
    seen, looks = set(), []

    def swap():
        raw = many.raw()
        try:
            deadline = time.monotonic() + WAIT_SECONDS_MAX
            while (len(looks) < 1000 or len(seen) < 2) and time.monotonic() < deadline:
                assert raw.command("SWAPDB", 0, 1) == b"OK"
        finally:
            stop.set()

    def look():
        raw = many.raw()
        while not stop.is_set():
            values = set(raw.command("MGET", *keys))
            assert len(values) == 1, values
            seen.update(values)
            looks.append(1)

    at_once(swap, look, look, look)
    assert seen == {b"A", b"B"}


KEYS = [f"k{n}" for n in range(6)]
LISTS = [f"l{n}" for n in range(4)]


def random_command(dice):
    def some(most=4):
        return dice.choices(KEYS + LISTS, k=dice.randint(1, most))

    key, other = dice.choice(KEYS), dice.choice(KEYS)
    a_list, other_list = dice.choice(LISTS), dice.choice(LISTS)
    side = ("LEFT", "RIGHT")
    return dice.choice([
        lambda: ("MSET", *(part for name in dice.choices(KEYS, k=3) for part in (name, dice.randint(0, 99)))),
        lambda: ("MSETNX", key, "x", other, "y" * dice.randint(0, 300)),
        lambda: ("MGET", *some()),
        lambda: ("DEL", *some()),
        lambda: ("UNLINK", *some()),
        lambda: ("EXISTS", *some()),
        lambda: ("TOUCH", *some()),
        lambda: ("RENAME", key, other),
        lambda: ("RENAMENX", key, other),
        lambda: ("COPY", key, other, "REPLACE"),
        lambda: ("COPY", key, key, "DB", 1, "REPLACE"),
        lambda: ("MOVE", key, 1),
        lambda: ("BITOP", dice.choice(("AND", "OR", "XOR")), key, other, dice.choice(KEYS)),
        lambda: ("LCS", key, other, "LEN"),
        lambda: ("RPUSH", a_list, *("e" * dice.randint(1, 200) for _ in range(dice.randint(1, 20)))),
        lambda: ("LMOVE", a_list, other_list, dice.choice(side), dice.choice(side)),
        lambda: ("RPOPLPUSH", a_list, other_list),
        lambda: ("LMPOP", 2, a_list, other_list, "LEFT", "COUNT", 5),
        lambda: ("SET", key, "z" * dice.randint(0, 2000), "PX", dice.randint(1, 20)),
        lambda: ("INCR", key),
        lambda: ("APPEND", key, "tail"),
        lambda: ("SWAPDB", 0, 1),
        lambda: ("FLUSHALL",) if dice.random() < 0.2 else ("FLUSHDB", "ASYNC"),
        lambda: ("DBSIZE",),
        lambda: ("KEYS", "*"),
        lambda: ("RANDOMKEY",),
        lambda: ("SCAN", 0, "COUNT", 1000),
        lambda: ("SELECT", dice.randint(0, 1)),
    ])()


def test_random_commands_of_many_keys_never_lock_each_other_out(many, time_factor):
    """Eight connections, ten keys, everything that takes several locks or all of them. A deadlock ends the test by the
    timeout of a read; what is there afterwards is what every way of looking says."""
    deadline = time.monotonic() + DEADLOCK_SECONDS
    enough = 100 if DEADLOCK_SECONDS else int(6000 / time_factor)
    done = [0] * CONNECTIONS

    def rush(who):
        dice = random.Random(who)
        raw = many.raw()
        while done[who] < enough or time.monotonic() < deadline:
            depth = dice.choice((1, 5, 50))
            request = b"".join(encode(*random_command(dice)) for _ in range(depth))
            for reply in replies(raw, request, depth):
                if isinstance(reply, Error):
                    assert reply.startswith((b"WRONGTYPE", b"ERR no such key", b"ERR value is not an integer",
                                             b"ERR source and destination objects are the same",
                                             b"ERR increment or decrement would overflow")), reply
            done[who] += depth

    at_once(*[lambda who=who: rush(who) for who in range(CONNECTIONS)])
    print(f"{sum(done)} commands")
    raw = many.raw()
    for database in (0, 1):
        raw.command("SELECT", database)
        raw.command("PERSIST", "k0")
        keys = raw.command("KEYS", "*")
        assert set(keys) <= {key.encode() for key in KEYS + LISTS} and len(keys) == len(set(keys))
        for key in keys:
            assert raw.command("TYPE", key) in (b"string", b"list", b"none")


def test_a_whole_keyspace_command_gets_its_turn_among_busy_writers(many):
    """Writers of several keys keep all locks busy; FLUSHALL and SWAPDB are served all the same. One that never had its turn
    would end the test by the timeout of its read."""
    stop = threading.Event()

    def write(who):
        raw = many.raw()
        request = b"".join(encode("MSET", *(part for n in range(20) for part in (f"{who}:{at}:{n}", "v")))
                           for at in range(50))
        while not stop.is_set():
            replies(raw, request, 50)

    def flush():
        raw = many.raw()
        try:
            for at in range(100):
                assert raw.command("SWAPDB", 2, 3) == b"OK" if at % 2 else raw.command("FLUSHALL") == b"OK"
        finally:
            stop.set()

    at_once(flush, *[lambda who=who: write(who) for who in range(6)])


def test_wide_commands_get_their_turn_among_busy_single_keys(many):
    """A command of 500 keys needs nearly all shards at once, while others hammer single keys."""
    stop = threading.Event()
    keys = [f"wide:{n}" for n in range(500)]

    def hammer():
        raw = many.raw()
        request = b"".join(encode("INCR", key) for key in random.sample(keys, 200))
        while not stop.is_set():
            replies(raw, request, 200)

    def wide():
        raw = many.raw()
        try:
            for at in range(200):
                assert len(raw.command("MGET", *keys)) == 500
                if at % 10 == 0:
                    raw.command("DEL", *keys)
        finally:
            stop.set()

    at_once(wide, wide, *[hammer] * 5)


def test_expiry_beside_writers_loses_no_counter(many):
    """The sweep of one worker erases keys of shards that others write to."""
    stop = threading.Event()

    def expiring():
        raw = many.raw()
        dice = random.Random(5)
        try:
            for _ in range(150):
                request = b"".join(encode("SET", f"gone:{dice.randint(0, 5000)}", "v" * 30, "PX", dice.randint(1, 50))
                                   for _ in range(100))
                replies(raw, request, 100)
        finally:
            stop.set()

    counted = [0, 0]

    def count(who):
        raw = many.raw()
        request = b"".join(encode("INCR", f"kept:{n}") for n in range(200))
        while not stop.is_set():
            replies(raw, request, 200)
            counted[who] += 200

    at_once(expiring, expiring, lambda: count(0), lambda: count(1))
    raw = many.raw()
    assert sum(int(value) for value in raw.command("MGET", *(f"kept:{n}" for n in range(200)))) == sum(counted)
    client = many.client()
    wait_until(lambda: client.info("keyspace")["db0"]["keys"] == 200, "keys that are due stay")
