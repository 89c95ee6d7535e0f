"""notify-keyspace-events: which messages come of what, in which order. tests/differential/test_events.py compares those of
random commands with redis-server's."""
import threading

import pytest

from conversation import play
from waiting import wait_until

_CHANGES = ["SET k 1", "SET k 2 EX 1000", "INCRBYFLOAT k 1.5", "APPEND k x", "EXPIRE k 100", "PERSIST k", "RENAME k j", "COPY j k", "GETDEL k", "DEL j nothing",
            "RPUSH l a b c", "LMOVE l m LEFT RIGHT", "LPOP l", "LTRIM l 1 0", "SADD s a b", "SREM s a", "SPOP s", "SUNIONSTORE t s", "HSET h f v", "HINCRBY h n 1", "HDEL h f n",
            "ZADD z 1 a 2 b", "ZINCRBY z 1 a", "ZREMRANGEBYRANK z 0 -1", "XADD x 1-1 f v", "XGROUP CREATE x g 0", "XDEL x 1-1", "SELECT 3", "SET k 1", "MOVE k 0",
            "SELECT 0", "PEXPIREAT k 1", "SETBIT k 1 1", "PFADD p a", "SORT l STORE l", "GEOADD geo 1 1 a", "FLUSHALL"]
_READS = ["GET k", "MGET k j", "EXISTS k", "HGET h f", "TTL k", "OBJECT ENCODING k", "SINTER s t", "LRANGE l 0 -1", "STRLEN k", "TYPE k", "DEL k"]


@pytest.mark.observes("notify-keyspace-events")
@pytest.mark.parametrize("classes", ["KEA", "KEAn", "K$", "El", "Kg", "Eshzt", "KEAm", "KExe", "", "K", "A"])
def test_messages_are_those_of_redis(server, oracle, classes):
    script = [("a", ["CONFIG", "SET", "notify-keyspace-events", classes]), ("s", "PSUBSCRIBE *"), ("t3", "SUBSCRIBE __keyspace@0__:k __keyevent@0__:del")]
    script += [("a", command) for command in _CHANGES + (_READS if "m" in classes else [])]
    for ours, theirs in zip(play(server.port, script), play(oracle.port, script)):
        assert ours == theirs


def test_own_changes_are_told_after_the_reply(server, raw3):
    """As since Redis 7.2."""
    raw3.command("CONFIG", "SET", "notify-keyspace-events", "E$")
    raw3.command("PSUBSCRIBE", "__key*")
    replies = raw3.pipeline(("SET", "k", "1"), ("PING",), ("APPEND", "k", "1"), ("PING",), ("PING",))
    pushed = [b"pmessage", b"__key*"]
    assert replies == [b"OK", [*pushed, b"__keyevent@0__:set", b"k"], b"PONG", 2, [*pushed, b"__keyevent@0__:append", b"k"]]


def test_keys_that_expire_or_are_evicted_are_told(start_server):
    server = start_server("--notify-keyspace-events", "Exe", "--maxmemory-policy", "allkeys-lru", threads=2)
    client, subscriber = server.client(), server.raw()
    subscriber.command("PSUBSCRIBE", "*")
    client.set("k", "1", px=20)
    assert subscriber.read_reply()[2:] == [b"__keyevent@0__:expired", b"k"]
    client.set("large", "x" * 500_000)
    client.config_set("maxmemory", client.info("memory")["used_memory"] - 300_000)
    assert subscriber.read_reply()[2:] == [b"__keyevent@0__:evicted", b"large"]


def test_messages_about_a_key_come_in_the_order_of_its_changes(start_server):
    """Writers and subscribers are spread over the workers; every subscriber hears the same story, which is that of the key."""
    server = start_server("--notify-keyspace-events", "Kl$g", threads=4)
    writers, changes = 6, 200
    subscribers = [server.raw() for _ in range(4)]
    for subscriber in subscribers:
        subscriber.command("SUBSCRIBE", "__keyspace@0__:k")

    def write(number):
        client = server.raw()
        for _ in range(changes // 10):
            # RPUSH makes the list only when it is not there, LPOP deletes it with its last element: an order of events
            # other than that of the changes would show a deletion of what is not there.
            client.pipeline(*[("RPUSH", "k", "x"), ("LPOP", "k")] * 5)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client = server.client()
    assert client.llen("k") == 0
    client.set("k", "end")
    stories = []
    for subscriber in subscribers:
        story, length = [], 0
        while (event := subscriber.read_reply()[2]) != b"set":
            story.append(event)
            length += {b"rpush": 1, b"lpop": -1, b"del": 0}[event]
            assert length >= 0 and (event != b"del" or length == 0)
        assert length == 0
        stories.append(story)
    assert stories[0].count(b"rpush") == writers * changes // 2
    assert all(story == stories[0] for story in stories)


def test_nothing_is_told_unless_it_is_asked_for(server, client, raw):
    raw.command("PSUBSCRIBE", "*")
    client.set("k", "1")
    client.config_set("notify-keyspace-events", "K$")
    client.set("k", "2")
    client.lpush("l", "x")
    client.config_set("notify-keyspace-events", "")
    client.set("k", "3")
    client.publish("end", "end")
    assert [raw.read_reply()[2:] for _ in range(2)] == [[b"__keyspace@0__:k", b"set"], [b"end", b"end"]]
    wait_until(lambda: client.config_get("notify-keyspace-events")["notify-keyspace-events"] == "", "a setting that does not change")
