"""Sets: what redis-server 7.0.15 cannot be asked (its encodings are older), and what the differential test cannot see."""
import threading

import pytest

from raw_client import Error, Set
from waiting import wait_until


def encoding(raw, key):
    return raw.command("OBJECT", "ENCODING", key)


@pytest.fixture(autouse=True)
def default_limits(raw):
    yield
    for name, value in (("set-max-intset-entries", 512), ("set-max-listpack-entries", 128), ("set-max-listpack-value", 64)):
        raw.command("CONFIG", "SET", name, value)


def fill(raw, key, members):
    members = list(members)
    for at in range(0, len(members), 5000):
        raw.command("SADD", key, *members[at : at + 5000])
    return {str(member).encode() for member in members}


def texts(count, size=10):
    return ["m%0*d" % (size - 1, n) for n in range(count)]


def scan_all(raw, key, *options):
    found, cursor = [], b"0"
    while True:
        cursor, members = raw.command("SSCAN", key, cursor, *options)
        found += members
        if cursor == b"0":
            return found


# Encodings, as since Redis 7.2


def test_integers_are_an_intset_up_to_its_limit(raw):
    for n in range(512):
        raw.command("SADD", "set", n * 3)
    assert encoding(raw, "set") == b"intset"
    raw.command("SADD", "set", 5)
    assert encoding(raw, "set") == b"hashtable"


def test_a_text_makes_a_small_intset_a_listpack(raw):
    raw.command("SADD", "set", *range(127))
    raw.command("SADD", "set", "text")
    assert encoding(raw, "set") == b"listpack"
    assert len(raw.command("SMEMBERS", "set")) == 128


def test_a_text_makes_an_intset_of_more_than_a_listpack_has_a_hashtable(raw):
    raw.command("SADD", "set", *range(129))
    raw.command("SADD", "set", "text")
    assert encoding(raw, "set") == b"hashtable"


def test_a_listpack_ends_with_its_entries_and_with_the_size_of_one(raw):
    for text in texts(128):
        raw.command("SADD", "many", text)
    assert encoding(raw, "many") == b"listpack"
    raw.command("SADD", "many", "one more")
    assert encoding(raw, "many") == b"hashtable"
    raw.command("SADD", "long", "x" * 64)
    assert encoding(raw, "long") == b"listpack"
    raw.command("SADD", "long", "x" * 65)
    assert encoding(raw, "long") == b"hashtable"


@pytest.mark.observes("set-max-intset-entries", "set-max-listpack-entries", "set-max-listpack-value")
def test_limits_of_ones_own(start_server):
    raw = start_server("--set-max-intset-entries", 3, "--set-max-listpack-entries", 2, "--set-max-listpack-value", 4).raw()
    for members, form in (((1, 2, 3), b"intset"), ((1, 2, 3, 4), b"hashtable"), (("a", "b"), b"listpack"), (("a", "b", "c"), b"hashtable"),
                          (("four",), b"listpack"), (("fives",), b"hashtable")):
        raw.command("DEL", "set")
        for member in members:
            raw.command("SADD", "set", member)
        assert encoding(raw, "set") == form, members


def test_one_sadd_of_many_decides_by_how_many_it_names(raw):
    raw.command("SADD", "integers", *([1] * 513))
    assert encoding(raw, "integers") == b"hashtable"
    raw.command("SADD", "texts", *(["a"] * 129))
    assert encoding(raw, "texts") == b"hashtable"
    raw.command("SADD", "there", 1)
    raw.command("SADD", "there", *([1] * 513))
    assert encoding(raw, "there") == b"hashtable"
    raw.command("CONFIG", "SET", "set-max-intset-entries", 0)
    raw.command("SADD", "no intset", 1)
    assert encoding(raw, "no intset") == b"listpack"


def test_a_set_never_goes_back_by_losing_members(raw):
    raw.command("SADD", "set", *texts(200))
    raw.command("SREM", "set", *texts(199))
    assert encoding(raw, "set") == b"hashtable"
    raw.command("SADD", "mixed", 1, "a")
    raw.command("SREM", "mixed", "a")
    assert encoding(raw, "mixed") == b"listpack"


def test_what_is_stored_chooses_anew(raw):
    raw.command("SADD", "large", *texts(200), 1, 2, 3)
    raw.command("SADD", "other", 1, 2, 3)
    raw.command("SINTERSTORE", "integers", "large", "other")
    assert encoding(raw, "integers") == b"intset"
    raw.command("SDIFFSTORE", "rest", "large", "other")
    assert encoding(raw, "rest") == b"hashtable"
    raw.command("SREM", "large", *texts(199))
    raw.command("SUNIONSTORE", "few", "large", "other")
    assert encoding(raw, "few") == b"listpack"


def test_spop_of_nearly_all_leaves_a_small_form(raw):
    raw.command("SADD", "set", *texts(200))
    raw.command("EXPIRE", "set", 1000)
    assert len(raw.command("SPOP", "set", 190)) == 190
    assert encoding(raw, "set") == b"listpack"
    assert raw.command("SCARD", "set") == 10
    assert raw.command("TTL", "set") > 900


@pytest.mark.parametrize("members", [range(100), range(0, 10**12, 10**9), texts(100), [*range(50), *texts(50)], texts(300), range(1000), ["x" * 3000 + str(n) for n in range(5)]],
                         ids=["small integers", "large integers", "texts", "mixed", "many texts", "many integers", "far texts"])
def test_members_survive_copy_rename_and_move(raw, members):
    expected = fill(raw, "set", members)
    form = encoding(raw, "set")
    for n in range(8):  # different shards
        assert raw.command("COPY", "set", f"copy:{n}") == 1
        assert raw.command("RENAME", f"copy:{n}", f"renamed:{n}") == b"OK"
    raw.command("SADD", "set", "only here")
    assert raw.command("MOVE", "renamed:0", 1) == 1
    raw.command("SELECT", 1)
    assert set(raw.command("SMEMBERS", "renamed:0")) == expected
    raw.command("SELECT", 0)
    for n in range(1, 8):
        assert set(raw.command("SMEMBERS", f"renamed:{n}")) == expected
        assert encoding(raw, f"renamed:{n}") == form


@pytest.mark.parametrize("members", [range(100), texts(100), [*range(50), *texts(50)], texts(300), ["x" * 3000 + str(n) for n in range(5)]])
def test_digests_are_those_of_redis(start_server, start_oracle, members):
    raw, other = (start("--enable-debug-command", "yes").raw() for start in (start_server, start_oracle))
    fill(raw, "set", members)
    fill(other, "set", reversed(list(members)))
    assert raw.command("DEBUG", "DIGEST-VALUE", "set") == other.command("DEBUG", "DIGEST-VALUE", "set")
    assert raw.command("DEBUG", "DIGEST") == other.command("DEBUG", "DIGEST") != raw.command("DEBUG", "DIGEST-VALUE", "set")


# SSCAN


def test_sscan_returns_what_stays_while_the_set_becomes_indexed_grows_and_shrinks(raw):
    stay = fill(raw, "set", texts(100, 12))
    cursor, seen = raw.command("SSCAN", "set", 0, "COUNT", 1)
    assert cursor == b"0" and set(seen) == stay  # packed: all at once
    fill(raw, "set", range(20_000))
    seen, cursor, goes, step = [], b"0", 20_000, 0
    while True:
        cursor, members = raw.command("SSCAN", "set", cursor, "COUNT", 20)
        seen += members
        if cursor == b"0":
            break
        step += 1
        if step % 3 == 0 and goes > 0:
            raw.command("SREM", "set", *range(goes - 200, goes))
            goes -= 200
        elif step % 3 == 1:
            raw.command("SADD", "set", *(f"new:{step}:{n}" for n in range(100)))
    assert step > 50
    assert [member for member in seen if member in stay] != []
    assert stay <= set(seen)
    assert len([member for member in seen if member in stay]) == len(stay)


def test_sscan_matches_and_counts(raw):
    everything = fill(raw, "set", texts(3000))
    assert set(scan_all(raw, "set")) == everything
    assert set(scan_all(raw, "set", "MATCH", "*7", "COUNT", 100)) == {member for member in everything if member.endswith(b"7")}
    cursor, members = raw.command("SSCAN", "set", 0, "COUNT", 100)
    assert cursor != b"0" and 100 <= len(members) < 1000
    assert raw.command("SSCAN", "set", 2**63) == [b"0", []]


@pytest.mark.parametrize("option, text", [("NOVALUES", b"ERR NOVALUES option can only be used in HSCAN"), ("NOSCORES", b"ERR NOSCORES option can only be used in ZSCAN")])
def test_sscan_refuses_the_options_of_others(raw, option, text):
    raw.command("SADD", "set", 1)
    assert raw.command("SSCAN", "set", 0, option) == Error(text)
    assert raw.command("SSCAN", "missing", 0, option) == [b"0", []]


# Chance


def chi_squared(counts, expected):
    return sum((count - expected) ** 2 / expected for count in counts)


@pytest.mark.parametrize("members", [range(20), texts(20), texts(200)], ids=["intset", "listpack", "hashtable"])
def test_srandmember_gives_all_and_repeats_when_asked(raw, members):
    everything = fill(raw, "set", members)
    size = len(everything)
    drawn = raw.command("SRANDMEMBER", "set", -200 * size)
    assert len(drawn) == 200 * size
    # With that many degrees of freedom, nine standard deviations: once in far more runs than there will be.
    assert chi_squared([drawn.count(member) for member in everything], 200) < size + 9 * (2 * size) ** 0.5
    for count in (1, 5, size - 1):
        chosen = raw.command("SRANDMEMBER", "set", count)
        assert len(chosen) == len(set(chosen)) == count and set(chosen) <= everything
    assert sorted(raw.command("SRANDMEMBER", "set", size + 5)) == sorted(everything)
    assert raw.command("SRANDMEMBER", "set") in everything


@pytest.mark.parametrize("members", [range(30), texts(30), texts(1000), range(1000)])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 1.0])
def test_spop_takes_what_it_returns(raw, members, share):
    everything = fill(raw, "set", members)
    count = int(len(everything) * share)
    popped = raw.command("SPOP", "set", count)
    left = raw.command("SMEMBERS", "set")
    assert len(popped) == count and len(left) == len(everything) - count
    assert set(popped) | set(left) == everything
    assert raw.command("EXISTS", "set") == (0 if share == 1.0 else 1)


def test_no_srandmember_is_of_a_size_that_only_its_client_claims(raw):
    raw.command("SADD", "set", "a")
    assert raw.command("SRANDMEMBER", "set", -(2**40)) == Error(b"ERR value is out of range")
    assert raw.command("SRANDMEMBER", "set", 2**40) == [b"a"]


# RESP3


def test_replies_that_are_sets_say_so(raw3):
    for members in (range(3), texts(3), texts(300)):
        raw3.command("DEL", "set", "other")
        everything = fill(raw3, "set", members)
        for command in (("SMEMBERS", "set"), ("SINTER", "set"), ("SUNION", "set", "missing"), ("SDIFF", "set", "missing")):
            reply = raw3.command(*command)
            assert type(reply) is Set and set(reply) == everything
        assert type(raw3.command("SINTER", "set", "missing")) is Set
        assert type(raw3.command("SRANDMEMBER", "set", 2)) is list
        assert type(raw3.command("SPOP", "set", 2)) is Set


def test_sinterstore_overwrites_its_target_since_seven_two(raw):
    target, sources = raw.command("COMMAND", "INFO", "sinterstore")[0][8]
    assert set(target[1]) == {b"OW", b"update"} and set(sources[1]) == {b"RO", b"access"}


# Large sets


def test_a_large_set_is_written_read_and_removed_by_many_clients(server):
    keys = ["a", "b", "c"]
    failures = []

    def work(number):
        try:
            raw = server.raw()
            for at in range(0, 6000, 100):
                raw.command("SADD", keys[number % 3], *(f"{number}:{n}" for n in range(at, at + 100)))
                raw.command("SINTERCARD", 3, *keys)
                raw.command("SUNIONSTORE", f"sum:{number % 2}", *keys)
                raw.command("SMOVE", keys[number % 3], keys[(number + 1) % 3], f"{number}:{at}")
        except Exception as error:  # noqa: BLE001 - reported below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    raw = server.raw()
    assert sum(raw.command("SCARD", key) for key in keys) == 4 * 6000
    assert len(raw.command("SUNION", *keys)) == 4 * 6000


def used_memory(raw):
    return next(int(line.split(b":")[1]) for line in raw.command("INFO", "memory").split(b"\r\n") if line.startswith(b"used_memory:"))


def test_a_deleted_large_set_gives_its_memory_back(start_server):
    raw = start_server().raw()  # of its own: nothing of other tests is still being freed
    before = used_memory(raw)
    fill(raw, "set", texts(100_000, 12))
    filled = used_memory(raw)
    assert filled > before + 100_000 * 20
    assert raw.command("DEL", "set") == 1
    wait_until(lambda: used_memory(raw) <= before + (filled - before) // 20, "the memory of the deleted set is still used")
