"""Commands that wait: who is served, by what, in which order, and how a wait ends otherwise.

Replies of commands that find something at once are compared with redis-server by the differential test.
"""
import re

import pytest

from blocking import Party, blocked_clients, wait_for_blocked
from raw_client import Error, Map, Status, encode

WRONG_TYPE = Error(b"WRONGTYPE Operation against a key holding the wrong kind of value")
UNBLOCKED = Error(b"UNBLOCKED client unblocked via CLIENT UNBLOCK")


def no_group(key, group="g"):
    return Error(f"NOGROUP No such key '{key}' or consumer group '{group}' in XREADGROUP with GROUP option".encode())


@pytest.fixture
def party(server):
    yield (party := Party(server))
    # Whatever a test does, nobody is left behind.
    server.close_clients()
    wait_for_blocked(server.client(), 0)


def entry(key, id, *fields):
    return [[key, [[id, list(fields)]]]]


# Every command waits, and is served

LIST = ("RPUSH", "k", "one", "two", "three")
ZSET = ("ZADD", "k", "1", "one", "2", "two", "3", "three")
XADD = ("XADD", "k", "7-1", "f", "v")
SERVED = [
    (("BLPOP", "k", 0), LIST, [b"k", b"one"]),
    (("BLPOP", "none", "k", "other", 0), LIST, [b"k", b"one"]),
    (("BLPOP", "k", "k", 0), LIST, [b"k", b"one"]),
    (("BRPOP", "k", 0), LIST, [b"k", b"three"]),
    (("BLMOVE", "k", "to", "LEFT", "RIGHT", 0), LIST, b"one"),
    (("BLMOVE", "k", "k", "LEFT", "RIGHT", 0), LIST, b"one"),
    (("BRPOPLPUSH", "k", "to", 0), LIST, b"three"),
    (("BLMPOP", 0, 2, "none", "k", "LEFT"), LIST, [b"k", [b"one"]]),
    (("BLMPOP", 0, 1, "k", "RIGHT", "COUNT", 2), LIST, [b"k", [b"three", b"two"]]),
    (("BZPOPMIN", "k", 0), ZSET, [b"k", b"one", b"1"]),
    (("BZPOPMAX", "none", "k", 0), ZSET, [b"k", b"three", b"3"]),
    (("BZMPOP", 0, 2, "none", "k", "MIN"), ZSET, [b"k", [[b"one", b"1"]]]),
    (("BZMPOP", 0, 1, "k", "MAX", "COUNT", 5), ZSET, [b"k", [[b"three", b"3"], [b"two", b"2"], [b"one", b"1"]]]),
    (("XREAD", "BLOCK", 0, "STREAMS", "none", "k", "$", "$"), XADD, entry(b"k", b"7-1", b"f", b"v")),
    (("XREAD", "BLOCK", 0, "STREAMS", "k", "0"), XADD, entry(b"k", b"7-1", b"f", b"v")),
    (("XREAD", "BLOCK", 0, "STREAMS", "k", "+"), XADD, entry(b"k", b"7-1", b"f", b"v")),
]


@pytest.mark.parametrize("command, change, reply", SERVED, ids=lambda value: str(value[0]) if isinstance(value, tuple) else "")
def test_a_command_waits_until_there_is_something(party, raw, command, change, reply):
    waiter = party.wait(*command)
    assert raw.command(*change) in (3, b"7-1")
    assert waiter.read_reply() == reply
    assert blocked_clients(party.client) == 0
    assert waiter.command("PING") == Status(b"PONG")


def test_replies_in_resp3(party, raw):
    zset = party.wait("BZPOPMIN", "z", 0, protocol=3)
    raw.command("ZADD", "z", "1.5", "m")
    assert zset.read_reply() == [b"z", b"m", 1.5]
    stream = party.wait("XREAD", "BLOCK", 0, "STREAMS", "s", "$", protocol=3)
    raw.command("XADD", "s", "1-1", "f", "v")
    reply = stream.read_reply()
    assert isinstance(reply, Map) and reply == [(b"s", [[b"1-1", [b"f", b"v"]]])]


def test_who_wants_more_than_there_is_gets_what_there_is(party, raw):
    waiter = party.wait("BLMPOP", 0, 1, "k", "LEFT", "COUNT", 10)
    raw.command("RPUSH", "k", "a")
    assert waiter.read_reply() == [b"k", [b"a"]]
    assert raw.command("EXISTS", "k") == 0


# How long

TIMEOUTS = [
    (("BLPOP", "k", "0.02"), b"*-1\r\n"),
    (("BRPOP", "k", "j", "0.02"), b"*-1\r\n"),
    (("BLMOVE", "k", "t", "LEFT", "LEFT", "0.02"), b"*-1\r\n"),
    (("BRPOPLPUSH", "k", "t", "0.02"), b"*-1\r\n"),
    (("BLMPOP", "0.02", 1, "k", "LEFT"), b"*-1\r\n"),
    (("BZPOPMIN", "k", "0.02"), b"*-1\r\n"),
    (("BZPOPMAX", "k", "0.02"), b"*-1\r\n"),
    (("BZMPOP", "0.02", 1, "k", "MIN"), b"*-1\r\n"),
    (("XREAD", "BLOCK", 20, "STREAMS", "k", "$"), b"*-1\r\n"),
    (("XREADGROUP", "GROUP", "g", "c", "BLOCK", 20, "STREAMS", "s", ">"), b"*-1\r\n"),
    (("WAIT", 1, 20), b":0\r\n"),
    (("WAITAOF", 0, 1, 20), b"*2\r\n:0\r\n:0\r\n"),
]


@pytest.mark.parametrize("command, reply", TIMEOUTS, ids=lambda value: value[0] if isinstance(value, tuple) else "")
def test_a_wait_ends_when_its_time_is_up(party, raw, raw3, command, reply):
    raw.command("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
    raw.send_raw(encode(*command))
    assert raw.read_reply_bytes() == reply
    raw3.send_raw(encode(*command))
    assert raw3.read_reply_bytes() == reply.replace(b"*-1", b"_")
    assert blocked_clients(party.client) == 0
    raw.command("RPUSH", "k", "a")  # there is nobody left who would get it
    assert raw.command("LLEN", "k") == 1


def test_a_long_wait_does_not_delay_a_short_one_nor_a_short_one_end_a_long_one(party, raw):
    for_ever, long = party.wait("BLPOP", "k", 0), party.wait("BLPOP", "k", 1000)
    assert raw.command("BLPOP", "k", "0.001") is None
    assert blocked_clients(party.client) == 2
    raw.command("RPUSH", "k", "a", "b")
    assert [for_ever.read_reply(), long.read_reply()] == [[b"k", b"a"], [b"k", b"b"]]


@pytest.mark.parametrize("timeout, error", [("-1", "is negative"), ("-0.5", "is negative"), ("abc", "is not a float or out of range"),
                                            ("", "is not a float or out of range"), ("nan", "is not a float or out of range"),
                                            ("1e400", "is out of range"), ("inf", "is out of range"), ("9223372036854775", "is out of range")])
def test_timeouts_that_are_none(raw, timeout, error):
    for command in (["BLPOP", "k", timeout], ["BLMOVE", "k", "t", "LEFT", "LEFT", timeout], ["BLMPOP", timeout, 1, "k", "LEFT"],
                    ["BZPOPMAX", "k", timeout], ["BZMPOP", timeout, 1, "k", "MAX"]):
        assert raw.command(*command) == Error(f"ERR timeout {error}".encode())


def test_wait_without_need_does_not_wait(raw):
    assert raw.command("WAIT", 0, 0) == 0
    assert raw.command("WAIT", -1, 0) == 0
    assert raw.command("WAITAOF", 0, 0, 0) == [0, 0]
    assert raw.command("WAITAOF", 1, 0, 0) == Error(b"ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.")
    assert raw.command("WAITAOF", 2, 0, 0) == Error(b"ERR value is out of range, value must between 0 and 1")
    assert raw.command("WAITAOF", 0, -1, 0) == Error(b"ERR value is out of range, must be positive")


# Who


def test_first_come_first_served(party, raw):
    waiters = [party.wait(*("BLPOP" if n % 2 else "BRPOP", "k", 0)) for n in range(12)]
    for n, waiter in enumerate(waiters):
        assert raw.command("RPUSH", "k", n) == 1
        assert waiter.read_reply() == [b"k", b"%d" % n]


def test_one_push_serves_as_many_as_it_has_elements(party, raw):
    waiters = [party.wait("BLPOP", "k", 0) for _ in range(6)]
    assert raw.command("RPUSH", "k", *range(4)) == 4
    assert [waiter.read_reply()[1] for waiter in waiters[:4]] == [b"0", b"1", b"2", b"3"]
    assert blocked_clients(party.client) == 2
    raw.command("RPUSH", "k", 4, 5, 6)
    assert [waiter.read_reply()[1] for waiter in waiters[4:]] == [b"4", b"5"]
    assert raw.command("LRANGE", "k", 0, -1) == [b"6"]


def test_who_waits_at_several_keys_is_served_once_and_leaves_all_of_them(party, raw):
    keys = [f"key:{n}" for n in range(40)]
    waiter, next_one = party.wait("BLPOP", *keys, 0), party.wait("BLPOP", keys[3], 0)
    raw.command("RPUSH", keys[7], "a")
    assert waiter.read_reply() == [b"key:7", b"a"]
    raw.command("RPUSH", keys[3], "b")
    assert next_one.read_reply() == [b"key:3", b"b"]
    for key in keys:
        raw.command("RPUSH", key, "c")
        assert raw.command("LLEN", key) == 1
    assert party.client.info("clients")["total_blocking_keys"] == 0


def test_a_key_of_another_type_serves_nobody(party, raw):
    waiter, others = party.wait("BLPOP", "k", 0), [party.wait("BZPOPMIN", "k", 0), party.wait("XREAD", "BLOCK", 0, "STREAMS", "k", "$")]
    raw.command("SET", "k", "x")
    raw.command("DEL", "k")
    raw.command("SADD", "k", "x")
    raw.command("DEL", "k")
    assert blocked_clients(party.client) == 3
    raw.command("ZADD", "k", 1, "m")
    assert others[0].read_reply() == [b"k", b"m", b"1"]
    raw.command("RPUSH", "k", "a")
    assert waiter.read_reply() == [b"k", b"a"]
    raw.command("XADD", "k", "1-1", "f", "v")
    assert others[1].read_reply() == entry(b"k", b"1-1", b"f", b"v")


def test_a_wrong_type_is_an_error_at_once(raw):
    raw.command("SET", "string", "x")
    assert raw.command("BLPOP", "none", "string", 0) == WRONG_TYPE
    assert raw.command("BZPOPMIN", "string", 0) == WRONG_TYPE
    assert raw.command("XREAD", "BLOCK", 0, "STREAMS", "string", "$") == WRONG_TYPE


READY = {
    "RENAME": [["RPUSH", "l", 1, 2], ["RENAME", "l", "k"]],
    "RENAMENX": [["RPUSH", "l", 1, 2], ["RENAMENX", "l", "k"]],
    "COPY": [["RPUSH", "l", 1, 2], ["COPY", "l", "k"]],
    "SORT": [["RPUSH", "l", 2, 1], ["SORT", "l", "STORE", "k"]],
    "MOVE": [["SELECT", 1], ["RPUSH", "k", 1, 2], ["MOVE", "k", 0], ["SELECT", 0]],
    "SWAPDB": [["SELECT", 1], ["RPUSH", "k", 1, 2], ["SELECT", 0], ["SWAPDB", 0, 1]],
    "LMOVE": [["RPUSH", "l", 2, 1], ["LMOVE", "l", "k", "RIGHT", "LEFT"]],
    "RPOPLPUSH": [["RPUSH", "l", 2, 1], ["RPOPLPUSH", "l", "k"]],
    "LPUSH": [["LPUSH", "k", 2, 1]],
}


@pytest.mark.parametrize("way", READY)
def test_whatever_makes_a_list_appear_serves(party, raw, way):
    waiter = party.wait("BLPOP", "k", 0)
    for command in READY[way]:
        assert not isinstance(raw.command(*command), Error)
    assert waiter.read_reply() == [b"k", b"1"]


def test_restore_serves(party, raw):
    raw.command("ZADD", "z", 1, "a", 2, "b")
    payload = raw.command("DUMP", "z")
    waiter = party.wait("BZPOPMAX", "k", 0)
    assert raw.command("RESTORE", "k", 0, payload) == b"OK"
    assert waiter.read_reply() == [b"k", b"b", b"2"]


def test_zunionstore_serves(party, raw):
    raw.command("ZADD", "z", 1, "a", 2, "b")
    waiter = party.wait("BZMPOP", 0, 1, "k", "MIN")
    assert raw.command("ZUNIONSTORE", "k", 1, "z") == 2
    assert waiter.read_reply() == [b"k", [[b"a", b"1"]]]


def test_waits_belong_to_a_database(party, raw):
    waiter = party.wait("BLPOP", "k", 0)
    raw.command("SELECT", 3)
    raw.command("RPUSH", "k", "other")
    raw.command("SELECT", 0)
    assert blocked_clients(party.client) == 1
    raw.command("RPUSH", "k", "right")
    assert waiter.read_reply() == [b"k", b"right"]


def test_what_is_pushed_and_served_has_its_effects(party, raw):
    """Who pushes sees its own reply as if nobody waited, and what comes next as if the element had never stayed."""
    waiter = party.wait("BLPOP", "k", 0)
    assert raw.pipeline(("RPUSH", "k", "a"), ("EXISTS", "k"), ("RPUSH", "k", "b"), ("LRANGE", "k", 0, -1)) == [1, 0, 1, [b"b"]]
    assert waiter.read_reply() == [b"k", b"a"]


# From one to the next


def test_what_was_moved_serves_others(party, raw):
    last = party.wait("BLPOP", "c", 0)
    second, first = party.wait("BLMOVE", "b", "c", "LEFT", "LEFT", 0), party.wait("BRPOPLPUSH", "a", "b", 0)
    raw.command("RPUSH", "a", "x")
    assert [first.read_reply(), second.read_reply(), last.read_reply()] == [b"x", b"x", [b"c", b"x"]]
    assert raw.command("DBSIZE") == 0


def test_a_circle_of_moves_ends(party, raw):
    there, back = party.wait("BLMOVE", "a", "b", "LEFT", "LEFT", 0), party.wait("BLMOVE", "b", "a", "LEFT", "LEFT", 0)
    raw.command("RPUSH", "a", "x")
    assert [there.read_reply(), back.read_reply()] == [b"x", b"x"]
    assert raw.command("LRANGE", "a", 0, -1) == [b"x"]


def test_a_move_to_what_is_no_list_fails_and_takes_nothing(party, raw):
    raw.command("SET", "to", "x")
    mover, popper = party.wait("BLMOVE", "k", "to", "LEFT", "LEFT", 0), party.wait("BLPOP", "k", 0)
    raw.command("RPUSH", "k", "a", "b")
    assert mover.read_reply() == WRONG_TYPE
    assert popper.read_reply() == [b"k", b"a"]
    assert raw.command("LRANGE", "k", 0, -1) == [b"b"]


# Streams


def test_one_entry_serves_all_who_read(party, raw):
    raw.command("XADD", "s", "5-5", "f", "old")
    waiters = [party.wait("XREAD", "BLOCK", 0, "STREAMS", "s", after) for after in ("$", "5-5", "9-9")]
    raw.command("XADD", "s", "6-1", "f", "new")
    for waiter in waiters[:2]:
        assert waiter.read_reply() == entry(b"s", b"6-1", b"f", b"new")
    assert blocked_clients(party.client) == 1
    raw.command("XADD", "s", "10-1", "f", "later")
    assert waiters[2].read_reply() == entry(b"s", b"10-1", b"f", b"later")


def test_the_end_of_a_stream_is_where_it_was_when_the_wait_began(party, raw):
    raw.command("XADD", "s", "5-5", "f", "v")
    waiter = party.wait("XREAD", "BLOCK", 0, "STREAMS", "s", "$")
    raw.command("DEL", "s")
    raw.command("XADD", "s", "1-1", "f", "v")
    assert blocked_clients(party.client) == 1
    raw.command("XADD", "s", "6-6", "f", "v")
    assert waiter.read_reply() == entry(b"s", b"6-6", b"f", b"v")


def group(raw, *keys):
    for key in keys:
        raw.command("XGROUP", "CREATE", key, "g", "$", "MKSTREAM")


def read_group(*keys, consumer="c", options=()):
    return "XREADGROUP", "GROUP", "g", consumer, *options, "BLOCK", 0, "STREAMS", *keys, *(">" for _ in keys)


def test_consumers_of_a_group_are_served_in_their_order(party, raw):
    group(raw, "s")
    waiters = [party.wait(*read_group("s", consumer=f"c{n}")) for n in range(3)]
    for n, waiter in enumerate(waiters):
        raw.command("XADD", "s", f"{n + 1}-1", "f", "v")
        assert waiter.read_reply() == entry(b"s", b"%d-1" % (n + 1), b"f", b"v")
    assert raw.command("XPENDING", "s", "g")[3] == [[b"c0", b"1"], [b"c1", b"1"], [b"c2", b"1"]]


def test_who_reads_alone_and_groups_all_get_an_entry(party, raw):
    group(raw, "s")
    raw.command("XGROUP", "CREATE", "s", "h", "$")
    alone = party.wait("XREAD", "BLOCK", 0, "STREAMS", "s", "$")
    first, second = party.wait(*read_group("s")), party.wait("XREADGROUP", "GROUP", "h", "c", "NOACK", "BLOCK", 0, "STREAMS", "s", ">")
    raw.command("XADD", "s", "1-1", "f", "v")
    assert [waiter.read_reply() for waiter in (alone, first, second)] == 3 * [entry(b"s", b"1-1", b"f", b"v")]
    assert [raw.command("XPENDING", "s", name)[0] for name in ("g", "h")] == [1, 0]


def test_history_never_waits(raw):
    group(raw, "s", "t")
    assert raw.command("XREADGROUP", "GROUP", "g", "c", "BLOCK", 0, "STREAMS", "s", "t", ">", "0") == [[b"t", []]]


def test_a_consumer_that_was_deleted_meanwhile_comes_back(party, raw):
    group(raw, "s")
    waiter = party.wait(*read_group("s"))
    raw.command("XGROUP", "DELCONSUMER", "s", "g", "c")
    raw.command("XADD", "s", "1-1", "f", "v")
    assert waiter.read_reply() == entry(b"s", b"1-1", b"f", b"v")
    assert raw.command("XPENDING", "s", "g")[3] == [[b"c", b"1"]]


def test_a_group_that_is_set_back_does_not_wake_its_consumers(party, raw):
    group(raw, "s")
    raw.command("XADD", "s", "1-1", "f", "v")
    raw.command("XGROUP", "SETID", "s", "g", "$")
    waiter = party.wait(*read_group("s"))
    raw.command("XGROUP", "SETID", "s", "g", 0)
    assert blocked_clients(party.client) == 1
    raw.command("XADD", "s", "2-1", "f", "w")
    assert waiter.read_reply() == [[b"s", [[b"1-1", [b"f", b"v"]], [b"2-1", [b"f", b"w"]]]]]


LOST = {
    "DEL": ([["DEL", "s"]], no_group("s")),
    "SET": ([["SET", "s", "x"]], WRONG_TYPE),
    "RENAME": ([["RENAME", "s", "t"]], no_group("s")),
    "FLUSHDB": ([["FLUSHDB"]], no_group("s")),
    "FLUSHALL": ([["FLUSHALL"]], no_group("s")),
    "SWAPDB": ([["SWAPDB", 0, 1]], no_group("s")),
    "XGROUP DESTROY": ([["XGROUP", "DESTROY", "s", "g"]], no_group("s")),
}


@pytest.mark.parametrize("way", LOST)
def test_whoever_waits_in_a_group_hears_that_it_is_gone(party, raw, way):
    """As since Redis 7.2; 7.0 has other texts."""
    group(raw, "s", "other")
    waiter, reader = party.wait(*read_group("other", "s")), party.wait("XREAD", "BLOCK", 0, "STREAMS", "s", "$")
    commands, error = LOST[way]
    for command in commands:
        assert not isinstance(raw.command(*command), Error)
    reply = waiter.read_reply()
    assert reply in (error, no_group("other")) if way.startswith(("FLUSH", "SWAP")) else reply == error
    assert blocked_clients(party.client) == 1
    raw.command("DEL", "s")
    raw.command("XADD", "s", "1-1", "f", "v")
    assert reader.read_reply() == entry(b"s", b"1-1", b"f", b"v")


def test_whoever_waits_in_a_group_hears_that_its_stream_has_expired(party, raw):
    group(raw, "s")
    waiter = party.wait(*read_group("s"))
    raw.command("PEXPIRE", "s", 30)
    assert waiter.read_reply() == no_group("s")  # nobody has looked at the key


# The end of a wait


@pytest.mark.parametrize("command, reply", TIMEOUTS, ids=lambda value: value[0] if isinstance(value, tuple) else "")
def test_client_unblock(party, raw, command, reply):
    raw.command("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
    command = [{"0.02": 0, 20: 0}.get(word, word) for word in command]
    waiter = party.server.raw()
    number = waiter.command("CLIENT", "ID")
    for reason in ([], ["TIMEOUT"], ["timeout"]):
        party.begin(waiter, *command)
        assert raw.command("CLIENT", "UNBLOCK", number, *reason) == 1
        assert waiter.read_reply_bytes() == reply
    party.begin(waiter, *command)
    assert raw.command("CLIENT", "UNBLOCK", number, "ERROR") == 1
    assert waiter.read_reply() == UNBLOCKED
    assert raw.command("CLIENT", "UNBLOCK", number) == 0
    assert party.client.info("clients")["total_blocking_keys"] == 0


def test_client_unblock_of_others_than_waiters(raw):
    number = raw.command("CLIENT", "ID")
    assert raw.command("CLIENT", "UNBLOCK", number) == 0
    assert raw.command("CLIENT", "UNBLOCK", number + 1000) == 0
    assert raw.command("CLIENT", "UNBLOCK", "x") == Error(b"ERR value is not an integer or out of range")
    assert raw.command("CLIENT", "UNBLOCK", "x", "WHY") == Error(b"ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")


def test_a_waiter_that_has_gone_gets_nothing(party, raw):
    gone, stays = party.wait("BLPOP", "k", "j", 0), party.wait("BLPOP", "k", 0)
    gone.close()
    wait_for_blocked(party.client, 1)
    raw.command("RPUSH", "k", "a")
    assert stays.read_reply() == [b"k", b"a"]
    raw.command("RPUSH", "j", "b")
    assert raw.command("LRANGE", "j", 0, -1) == [b"b"]
    assert party.client.info("clients")["total_blocking_keys"] == 0


def test_a_waiter_that_was_killed_gets_nothing(party, raw):
    """From the moment that CLIENT KILL has answered, wherever the client's worker is."""
    for turn in range(50):
        waiter = party.server.raw()
        number = waiter.command("CLIENT", "ID")
        party.begin(waiter, "BLPOP", "k", 0)
        assert raw.pipeline(("CLIENT", "KILL", "ID", number), ("RPUSH", "k", turn), ("LPOP", "k")) == [1, 1, b"%d" % turn]
        assert waiter.is_closed()
        wait_for_blocked(party.client, 0)


# Transactions


@pytest.mark.parametrize("command, reply", TIMEOUTS, ids=lambda value: value[0] if isinstance(value, tuple) else "")
def test_nobody_waits_in_a_transaction(party, raw, raw3, command, reply):
    raw.command("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
    if command[0] in ("BLMOVE", "BRPOPLPUSH"):
        reply = b"$-1\r\n"
    command = [{"0.02": 0, 20: 0}.get(word, word) for word in command]
    for connection, expected in ((raw, reply), (raw3, reply.replace(b"$-1", b"_").replace(b"*-1", b"_"))):
        connection.pipeline(("MULTI",), command, ("PING",))
        connection.send_raw(encode("EXEC"))
        assert connection.read_reply_bytes() == b"*2\r\n" + expected + b"+PONG\r\n"
    assert blocked_clients(party.client) == 0


def test_in_a_transaction_what_is_there_is_taken(raw):
    raw.pipeline(("RPUSH", "k", 1, 2), ("MULTI",), ("BLPOP", "k", 0), ("BLMOVE", "k", "t", "LEFT", "LEFT", 0), ("BLPOP", "t", 0))
    assert raw.command("EXEC") == [[b"k", b"1"], b"2", [b"t", b"2"]]


def test_a_transaction_serves_when_it_is_over(party, raw):
    first, second = party.wait("BLPOP", "a", "b", 0), party.wait("BLPOP", "a", 0)
    commands = [("MULTI",), ("RPUSH", "a", "gone"), ("DEL", "a"), ("RPUSH", "b", 1), ("RPUSH", "a", 2), ("LLEN", "a"), ("EXEC",)]
    assert raw.pipeline(*commands)[-1] == [1, 1, 1, 1, 1]
    assert first.read_reply() == [b"a", b"2"]  # the key that was ready first, with what it has in the end
    assert raw.command("LRANGE", "b", 0, -1) == [b"1"]
    raw.command("RPUSH", "a", 3)
    assert second.read_reply() == [b"a", b"3"]


def test_who_waits_at_two_keys_gets_the_one_that_was_ready_first(party, raw):
    waiter = party.wait("BLPOP", "a", "b", 0)
    raw.pipeline(("MULTI",), ("RPUSH", "b", 1), ("RPUSH", "a", 2), ("EXEC",))
    assert waiter.read_reply() == [b"b", b"1"]


def test_what_a_transaction_takes_back_serves_nobody(party, raw):
    waiter, reader = party.wait("BLPOP", "k", 0), party.wait("XREAD", "BLOCK", 0, "STREAMS", "s", "$")
    raw.pipeline(("MULTI",), ("RPUSH", "k", 1), ("LPOP", "k"), ("XADD", "s", "1-1", "f", "v"), ("XDEL", "s", "1-1"), ("EXEC",))
    assert blocked_clients(party.client) == 2
    raw.pipeline(("MULTI",), ("RPUSH", "k", 2), ("SADD", "other", 1), ("XADD", "s", "2-1", "f", "v"), ("EXEC",))
    assert waiter.read_reply() == [b"k", b"2"]
    assert reader.read_reply() == entry(b"s", b"2-1", b"f", b"v")


def test_a_group_that_a_transaction_replaces_goes_on(party, raw):
    group(raw, "s")
    waiter = party.wait(*read_group("s"))
    raw.pipeline(("MULTI",), ("DEL", "s"), ("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM"), ("XADD", "s", "1-1", "f", "v"), ("EXEC",))
    assert waiter.read_reply() == entry(b"s", b"1-1", b"f", b"v")


def test_unblocking_in_a_transaction(party, raw):
    """It holds locks then that the end of the wait needs."""
    waiter = party.server.raw()
    number = waiter.command("CLIENT", "ID")
    party.begin(waiter, "BLPOP", "k", 0)
    assert raw.pipeline(("MULTI",), ("RPUSH", "k", 1), ("CLIENT", "UNBLOCK", number, "ERROR"), ("EXEC",))[-1] == [1, 1]
    assert waiter.read_reply() == UNBLOCKED
    assert raw.command("LLEN", "k") == 1


# What the connection sends meanwhile


def test_what_follows_runs_when_the_wait_has_ended(party, raw):
    waiter = party.server.raw()
    party.begin(waiter, "BLPOP", "k", 0)
    waiter.send_raw(encode("RPUSH", "log", "1") + encode("RPUSH", "log", "2") + encode("PING")[:7])
    assert raw.command("LLEN", "log") == 0
    raw.command("RPUSH", "k", "a")
    assert waiter.read_reply() == [b"k", b"a"]
    waiter.send_raw(encode("PING")[7:])
    assert [waiter.read_reply() for _ in range(3)] == [1, 2, b"PONG"]


@pytest.mark.parametrize("followers", [1, 100, 3000])
def test_a_pipeline_goes_on_behind_a_command_that_waits(party, raw, followers):
    waiter = party.server.raw()
    before = blocked_clients(party.client)
    waiter.send_raw(encode("SET", "before", 1) + encode("BLPOP", "k", 0) +
                    b"".join(encode("RPUSH", "log", n) for n in range(followers)) + encode("BLPOP", "k", 0) + encode("LLEN", "log"))
    assert waiter.read_reply() == b"OK"
    wait_for_blocked(party.client, before + 1)
    assert raw.command("EXISTS", "log") == 0
    raw.command("RPUSH", "k", "a")
    assert waiter.read_reply() == [b"k", b"a"]
    assert [waiter.read_reply() for _ in range(followers)] == list(range(1, followers + 1))
    wait_for_blocked(party.client, before + 1)
    raw.command("RPUSH", "k", "b")
    assert [waiter.read_reply(), waiter.read_reply()] == [[b"k", b"b"], followers]
    assert raw.command("LRANGE", "log", 0, -1) == [b"%d" % n for n in range(followers)]


def test_requests_keep_their_order_when_they_arrive_while_the_wait_ends(party, raw):
    """The wait ends in the middle of what the worker reads: what was kept comes before what arrives just then."""
    waiter = party.server.raw()
    for turn in range(200):
        waiter.send_raw(encode("BLPOP", "k", 0) + encode("SET", "turn", turn))
        raw.send_raw(encode("RPUSH", "k", turn))
        waiter.send_raw(encode("GET", "turn"))
        assert raw.read_reply() == 1
        assert [waiter.read_reply() for _ in range(3)] == [[b"k", b"%d" % turn], b"OK", b"%d" % turn]


def test_a_silent_client_gets_no_reply_when_it_is_served(party, raw):
    waiter = party.server.raw()
    waiter.send_raw(encode("CLIENT", "REPLY", "SKIP"))
    party.begin(waiter, "BLPOP", "k", 0)
    raw.command("RPUSH", "k", "a", "b")
    assert waiter.command("PING") == b"PONG"
    waiter.send_raw(encode("CLIENT", "REPLY", "OFF"))
    assert raw.command("LPOP", "k") == b"b"
    party.begin(waiter, "BLPOP", "k", 0)
    raw.command("RPUSH", "k", "c")
    assert waiter.command("CLIENT", "REPLY", "ON") == b"OK"
    assert raw.command("EXISTS", "k") == 0


def test_a_large_element_reaches_its_waiter_whole(party, raw):
    waiter = party.wait("BLPOP", "k", 0)
    element = bytes(range(256)) * 4096
    raw.command("RPUSH", "k", element)
    assert waiter.read_reply() == [b"k", element]


# What is told of it


def test_what_info_and_client_list_tell(party, raw):
    def flags(number):
        return re.search(rb" flags=(\w+) ", raw.command("CLIENT", "LIST", "ID", number))[1]

    group(raw, "s")
    waiter = party.server.raw()
    number = waiter.command("CLIENT", "ID")
    party.begin(waiter, "BLPOP", "a", "b", 1000)
    reader = party.wait(*read_group("s"))
    counts = party.client.info("clients")
    assert [counts[name] for name in ("blocked_clients", "clients_in_timeout_table", "total_blocking_keys", "total_blocking_keys_on_nokey")] == [2, 1, 3, 1]
    assert flags(number) == b"b"
    raw.command("RPUSH", "b", 1)
    assert waiter.read_reply() == [b"b", b"1"]
    assert flags(number) == b"N"
    raw.command("XADD", "s", "1-1", "f", "v")
    assert reader.read_reply() is not None
    counts = party.client.info("clients")
    assert [counts[name] for name in ("blocked_clients", "clients_in_timeout_table", "total_blocking_keys", "total_blocking_keys_on_nokey")] == [0, 0, 0, 0]


def test_what_commandstats_counts(party, raw):
    raw.command("CONFIG", "RESETSTAT")
    served, unblocked = party.wait("BLPOP", "k", 0), party.server.raw()
    number = unblocked.command("CLIENT", "ID")
    party.begin(unblocked, "BLPOP", "j", 0)
    raw.command("RPUSH", "k", 1)
    assert served.read_reply() == [b"k", b"1"]
    raw.command("CLIENT", "UNBLOCK", number, "ERROR")
    assert unblocked.read_reply() == UNBLOCKED
    stats = party.client.info("commandstats")["cmdstat_blpop"]
    assert (stats["calls"], stats["failed_calls"], stats["rejected_calls"]) == (2, 1, 0)
    assert b"errorstat_UNBLOCKED:count=1\r" in raw.command("INFO", "errorstats")


def test_who_waits_is_not_idle(start_server):
    server = start_server("--timeout", "1")
    party = Party(server)
    waiter, idle = party.wait("BLPOP", "k", 0), server.raw()
    assert idle.is_closed()
    server.raw().command("RPUSH", "k", 1)
    assert waiter.read_reply() == [b"k", b"1"]


def test_a_server_ends_while_clients_wait(start_server):
    server = start_server()
    party = Party(server)
    for _ in range(5):
        party.wait("BLPOP", "a", "b", 0)
    party.wait("WAIT", 1, 0)
    server.stop()
