"""Sorted sets: what redis-server 7.0.15 cannot be asked, and what the differential test cannot see."""
import random
import threading

import pytest

from raw_client import Error
from waiting import wait_until


def encoding(raw, key):
    return raw.command("OBJECT", "ENCODING", key)


@pytest.fixture(autouse=True)
def default_limits(raw):
    yield
    raw.command("CONFIG", "SET", "zset-max-listpack-entries", 128, "zset-max-listpack-value", 64)


def fill(raw, key, scores):
    """Adds members with their scores; returns them as (score, member) in their order."""
    pairs = [(score, member.encode()) for member, score in scores.items()]
    for at in range(0, len(pairs), 2000):
        raw.command("ZADD", key, *(word for score, member in pairs[at : at + 2000] for word in (score, member)))
    return sorted(pairs)


def numbered(count, size=10, scores=100):
    return {"m%0*d" % (size - 1, n): n * 7919 % scores for n in range(count)}


def members(pairs):
    return [member for _, member in pairs]


def scored(flat):
    return [(float(score), member) for member, score in zip(flat[::2], flat[1::2])]


def scan_all(raw, key, *options):
    found, cursor = [], b"0"
    while True:
        cursor, part = raw.command("ZSCAN", key, cursor, *options)
        found += part
        if cursor == b"0":
            return found


# Encodings


def test_a_listpack_ends_with_its_entries_and_with_the_size_of_one(raw):
    for n in range(128):
        raw.command("ZADD", "many", n, f"m{n}")
    assert encoding(raw, "many") == b"listpack"
    raw.command("ZADD", "many", 5, "one more")
    assert encoding(raw, "many") == b"skiplist"
    raw.command("ZADD", "long", 1, "x" * 64)
    assert encoding(raw, "long") == b"listpack"
    raw.command("ZADD", "long", 1, "x" * 65)
    assert encoding(raw, "long") == b"skiplist"


@pytest.mark.observes("zset-max-listpack-entries", "zset-max-listpack-value")
def test_limits_of_ones_own(start_server):
    raw = start_server("--zset-max-listpack-entries", 2, "--zset-max-listpack-value", 4).raw()
    for names, form in (("ab", b"listpack"), ("abc", b"skiplist"), (["four"], b"listpack"), (["fives"], b"skiplist")):
        raw.command("DEL", "zset")
        for name in names:
            raw.command("ZADD", "zset", 1, name)
        assert encoding(raw, "zset") == form, names
    raw.command("CONFIG", "SET", "zset-max-ziplist-entries", 0)
    raw.command("ZADD", "none", 1, "a")
    assert encoding(raw, "none") == b"skiplist"


def test_one_zadd_of_many_decides_by_how_many_it_names(raw):
    raw.command("ZADD", "new", *(word for _ in range(129) for word in (1, "a")))
    assert encoding(raw, "new") == b"skiplist" and raw.command("ZCARD", "new") == 1
    raw.command("ZADD", "there", 1, "a")
    raw.command("ZADD", "there", *(word for _ in range(129) for word in (1, "a")))
    assert encoding(raw, "there") == b"skiplist"


def test_a_sorted_set_never_goes_back_by_losing_members_but_what_is_stored_chooses_anew(raw):
    fill(raw, "zset", numbered(200))
    raw.command("ZREMRANGEBYRANK", "zset", 1, -1)
    assert encoding(raw, "zset") == b"skiplist" and raw.command("ZCARD", "zset") == 1
    raw.command("ZUNIONSTORE", "sum", 1, "zset")
    raw.command("ZRANGESTORE", "range", "zset", 0, -1)
    assert encoding(raw, "sum") == encoding(raw, "range") == b"listpack"


@pytest.mark.parametrize("scores", [numbered(60), numbered(127, 64), numbered(3000), {str(n): n / 3 for n in range(100)}, {"x" * 3000 + str(n): n for n in range(5)}],
                         ids=["near", "far and packed", "indexed", "fractions", "far texts"])
def test_members_survive_copy_rename_and_move(raw, scores):
    expected = fill(raw, "zset", scores)
    form = encoding(raw, "zset")
    for n in range(8):  # different shards
        assert raw.command("COPY", "zset", f"copy:{n}") == 1
        assert raw.command("RENAME", f"copy:{n}", f"renamed:{n}") == b"OK"
    raw.command("ZADD", "zset", 1, "only here")
    assert raw.command("MOVE", "renamed:0", 1) == 1
    raw.command("SELECT", 1)
    assert scored(raw.command("ZRANGE", "renamed:0", 0, -1, "WITHSCORES")) == expected
    raw.command("SELECT", 0)
    for n in range(1, 8):
        assert scored(raw.command("ZRANGE", f"renamed:{n}", 0, -1, "WITHSCORES")) == expected
        assert encoding(raw, f"renamed:{n}") == form
    assert raw.command("TYPE", "zset") == b"zset"
    assert b"zset" in raw.command("SCAN", 0, "TYPE", "zset", "COUNT", 1000)[1]


@pytest.mark.parametrize("scores", [numbered(100), numbered(300), {str(n): n / 3 for n in range(200)}])
def test_digests_are_those_of_redis(raw, oracle, scores):
    other = oracle.raw()
    fill(raw, "zset", scores)
    fill(other, "zset", dict(reversed(scores.items())))
    assert raw.command("DEBUG", "DIGEST-VALUE", "zset") == other.command("DEBUG", "DIGEST-VALUE", "zset")
    assert raw.command("DEBUG", "DIGEST") == other.command("DEBUG", "DIGEST")


# Large ones, against a list in Python


def test_ranks_and_ranges_of_a_large_one(raw):
    scores = numbered(20_000, scores=500)
    order = fill(raw, "zset", scores)
    rng = random.Random(3)
    for _ in range(200):
        first = rng.randrange(len(order))
        last = min(len(order) - 1, first + rng.randrange(300))
        score, member = order[first]
        assert raw.command("ZRANK", "zset", member) == first
        assert raw.command("ZREVRANK", "zset", member) == len(order) - 1 - first
        assert raw.command("ZRANK", "zset", member, "WITHSCORE") == [first, b"%d" % score]
        assert scored(raw.command("ZRANGE", "zset", first, last, "WITHSCORES")) == order[first : last + 1]
        assert raw.command("ZREVRANGE", "zset", first, last) == members(order[::-1][first : last + 1])
        low, high = sorted((rng.randrange(500), rng.randrange(500)))
        inside = [pair for pair in order if low < pair[0] <= high]
        assert raw.command("ZCOUNT", "zset", f"({low}", high) == len(inside)
        assert raw.command("ZRANGEBYSCORE", "zset", f"({low}", high, "LIMIT", 3, 40) == members(inside[3:43])
        assert raw.command("ZREVRANGEBYSCORE", "zset", high, f"({low}", "LIMIT", 3, 40) == members(inside[::-1][3:43])
    assert raw.command("ZREMRANGEBYSCORE", "zset", 100, "(400") == len([pair for pair in order if 100 <= pair[0] < 400])
    left = [pair for pair in order if not 100 <= pair[0] < 400]
    assert raw.command("ZREMRANGEBYRANK", "zset", 10, 4009) == 4000
    del left[10:4010]
    assert scored(raw.command("ZRANGE", "zset", 0, -1, "WITHSCORES")) == left
    assert scored(raw.command("ZPOPMAX", "zset", 30)) == left[:-31:-1]
    assert raw.command("ZREMRANGEBYLEX", "zset", "-", "+") == len(left) - 30
    assert raw.command("EXISTS", "zset") == 0


def test_members_of_one_score_in_a_large_one(raw):
    order = members(fill(raw, "zset", {name: 0 for name in numbered(5000)}))
    assert raw.command("ZRANGE", "zset", b"[" + order[100], b"(" + order[400], "BYLEX") == order[100:400]
    assert raw.command("ZRANGE", "zset", b"(" + order[400], "-", "BYLEX", "REV", "LIMIT", 5, 10) == order[394:384:-1]
    assert raw.command("ZLEXCOUNT", "zset", "-", b"[" + order[77]) == 78
    assert raw.command("ZREMRANGEBYLEX", "zset", b"(" + order[10], "+") == 5000 - 11
    assert raw.command("ZRANGE", "zset", 0, -1) == order[:11]


# ZSCAN


def test_zscan_returns_what_stays_while_the_set_becomes_indexed_grows_and_shrinks(raw):
    stay = set(members(fill(raw, "zset", numbered(100, 12))))
    cursor, seen = raw.command("ZSCAN", "zset", 0, "COUNT", 1)
    assert cursor == b"0" and set(seen[::2]) == stay  # packed: all at once
    fill(raw, "zset", {str(n): n for n in range(20_000)})
    seen, cursor, goes, step = [], b"0", 20_000, 0
    while True:
        cursor, part = raw.command("ZSCAN", "zset", cursor, "COUNT", 20)
        seen += part[::2]
        if cursor == b"0":
            break
        step += 1
        if step % 3 == 0 and goes > 0:
            raw.command("ZREMRANGEBYSCORE", "zset", goes - 200, f"({goes}" if goes < 20_000 else "inf")
            raw.command("ZADD", "zset", *(word for at, name in enumerate(sorted(stay)) for word in (at % 90 - 100, name)))
            goes -= 200
        elif step % 3 == 1:
            raw.command("ZADD", "zset", *(word for n in range(100) for word in (n, f"new:{step}:{n}")))
    assert step > 50
    assert sorted(member for member in seen if member in stay) == sorted(stay)


def test_zscan_matches_counts_and_leaves_scores_out(raw):
    everything = fill(raw, "zset", numbered(3000))
    assert sorted(scored(scan_all(raw, "zset"))) == everything
    assert sorted(scan_all(raw, "zset", "NOSCORES", "COUNT", 500)) == sorted(members(everything))
    assert sorted(scan_all(raw, "zset", "MATCH", "*7", "COUNT", 100, "NOSCORES")) == sorted(member for _, member in everything if member.endswith(b"7"))
    cursor, part = raw.command("ZSCAN", "zset", 0, "COUNT", 100)
    assert cursor != b"0" and 200 <= len(part) < 2000
    assert raw.command("ZSCAN", "zset", 2**63) == [b"0", []]
    assert raw.command("ZSCAN", "zset", 0, "NOVALUES") == Error(b"ERR NOVALUES option can only be used in HSCAN")


# Chance


def chi_squared(counts, expected):
    return sum((count - expected) ** 2 / expected for count in counts)


@pytest.mark.parametrize("size", [20, 200], ids=["listpack", "skiplist"])
def test_zrandmember_gives_all_and_repeats_when_asked(raw, size):
    everything = members(fill(raw, "zset", numbered(size)))
    drawn = raw.command("ZRANDMEMBER", "zset", -200 * size)
    assert len(drawn) == 200 * size
    # With that many degrees of freedom, nine standard deviations: once in far more runs than there will be.
    assert chi_squared([drawn.count(member) for member in everything], 200) < size + 9 * (2 * size) ** 0.5
    chosen = [member for _ in range(200) for member in raw.command("ZRANDMEMBER", "zset", size // 4)]
    assert chi_squared([chosen.count(member) for member in everything], 50) < size + 9 * (2 * size) ** 0.5
    for count in (1, 5, size // 2, size - 1):
        some = raw.command("ZRANDMEMBER", "zset", count, "WITHSCORES")
        assert len(set(some[::2])) == count and all(raw.command("ZSCORE", "zset", member) == score for member, score in zip(some[::2], some[1::2]))
    assert raw.command("ZRANDMEMBER", "zset", size + 5) == everything
    assert raw.command("ZRANDMEMBER", "zset") in everything


def test_no_zrandmember_is_of_a_size_that_only_its_client_claims(raw):
    raw.command("ZADD", "zset", 1, "a")
    assert raw.command("ZRANDMEMBER", "zset", -(2**40)) == Error(b"ERR value is out of range")
    assert raw.command("ZRANDMEMBER", "zset", 2**40) == [b"a"]


# What is newer, and shapes


def test_zrank_with_score(raw, raw3):
    raw.command("ZADD", "zset", 1, "a", 2.5, "b")
    for client, score in ((raw, b"2.5"), (raw3, 2.5)):
        assert client.command("ZRANK", "zset", "b", "WITHSCORE") == [1, score]
        assert client.command("ZREVRANK", "zset", "b", "withscore") == [0, score]
        assert client.command("ZRANK", "zset", "nosuch", "WITHSCORE") is None
        assert client.command("ZRANK", "nosuch", "a", "WITHSCORE") is None
    assert raw.command("ZRANK", "zset", "b", "WITHSCORES") == Error(b"ERR syntax error")
    assert raw.command("ZRANK", "zset", "b", "WITHSCORE", "x") == Error(b"ERR wrong number of arguments for 'zrank' command")


@pytest.mark.parametrize("members_wanted", [3, 300])
def test_members_and_scores_come_in_pairs_in_resp3(raw3, members_wanted):
    order = [[member, float(score)] for score, member in fill(raw3, "zset", numbered(members_wanted))]
    assert raw3.command("ZRANGE", "zset", 0, -1, "WITHSCORES") == order
    assert raw3.command("ZUNION", 1, "zset", "WITHSCORES") == order
    assert raw3.command("ZPOPMIN", "zset") == order[0]
    assert raw3.command("ZPOPMIN", "zset", 1) == [order[1]]
    assert raw3.command("ZMPOP", 2, "missing", "zset", "MAX") == [b"zset", [order[-1]]]


# Large sets


def test_a_large_sorted_set_is_written_read_and_removed_by_many_clients(server):
    keys = ["a", "b", "c"]
    failures = []

    def work(number):
        try:
            raw = server.raw()
            for at in range(0, 4000, 100):
                raw.command("ZADD", keys[number % 3], *(word for n in range(at, at + 100) for word in (n, f"{number}:{n}")))
                raw.command("ZINTERCARD", 3, *keys)
                raw.command("ZUNIONSTORE", f"sum:{number % 2}", 3, *keys)
                raw.command("ZRANGESTORE", keys[number % 3] + ":range", keys[number % 3], 0, 50)
        except Exception as error:  # noqa: BLE001 - reported below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    raw = server.raw()
    assert sum(raw.command("ZCARD", key) for key in keys) == 4 * 4000
    assert len(raw.command("ZUNION", 3, *keys)) == 4 * 4000


def used_memory(raw):
    return next(int(line.split(b":")[1]) for line in raw.command("INFO", "memory").split(b"\r\n") if line.startswith(b"used_memory:"))


@pytest.mark.parametrize("remove", [("DEL", "zset"), ("ZREMRANGEBYRANK", "zset", 0, -1), ("ZADD", "zset", "XX", "INCR", 1, "nosuch"), ("SET", "zset", "x")],
                         ids=["del", "all by rank", "nothing", "set"])
def test_a_deleted_large_sorted_set_gives_its_memory_back(start_server, remove):
    raw = start_server().raw()  # of its own: nothing of other tests is still being freed
    before = used_memory(raw)
    fill(raw, "zset", numbered(50_000, 12, 5000))
    filled = used_memory(raw)
    assert filled > before + 50_000 * 30
    raw.command(*remove)
    if remove[0] == "ZADD":
        assert raw.command("ZCARD", "zset") == 50_000
        raw.command("DEL", "zset")
    wait_until(lambda: used_memory(raw) <= before + (filled - before) // 20, "the memory of the deleted set is still used")
