"""CLIENT TRACKING: who is told which keys to forget, and that no cache is ever left with what is not true any more."""
import random
import threading

import pytest

from conversation import play
from raw_client import Error, Push, encode
from waiting import wait_until

ON = "CLIENT TRACKING ON"
INFO = "CLIENT TRACKINGINFO"
_READS = ["GET k", "STRLEN k", "EXISTS k j", "MGET j k", "TTL k", "TYPE k", "OBJECT ENCODING k", "LRANGE k 0 -1", "SINTER j k", "ZUNION 2 j k",
          "BITCOUNT k", "SORT_RO k", "DUMP k", "XREAD STREAMS j k 0 0", "HGETALL k", "PFCOUNT k j", "GEOPOS k a", "SMEMBERS k"]

SCRIPTS = {
    "told once": [("a3", ON), ("a3", "GET k"), ("b", "SET k 1"), ("b", "SET k 2"), ("a3", "GET k"), ("b", "APPEND k 3"), ("b", "DEL k")],
    "on again": [("a3", ON), ("a3", "GET k"), ("a3", f"{ON} NOLOOP"), ("b", "SET k 1"), ("a3", "GET k"), ("a3", "CLIENT TRACKING OFF"), ("a3", ON), ("b", "SET k 2"),
                 ("a3", "GET k"), ("a3", "CLIENT TRACKING OFF"), ("b", "SET k 3"), ("a3", f"{ON} OPTIN"), ("a3", "CLIENT CACHING YES"), ("a3", f"{ON} OPTIN"), ("a3", INFO)],
    "own changes": [("a3", ON), ("a3", "GET k"), ("a3", "SET k 1"), ("a3", "SET k 2"), ("a3", "MGET k j"), ("a3", "MSET k 1 j 2"), ("a3", "MGET k j"), ("a3", "DEL j k")],
    "several clients": [("a3", ON), ("b3", ON), ("c", ON), ("a3", "GET k"), ("b3", "GET k"), ("c", "GET k"), ("a3", "GET j"), ("c", "SET k 1"), ("c", "SET j 1"),
                        ("b3", "CLIENT TRACKING OFF"), ("a3", "GET k"), ("b3", "GET k"), ("c", "SET k 2")],
    "all kinds of reads": [("a3", ON)] + [step for read in _READS for step in (("a3", read), ("b", "SET k v"), ("b", "DEL k"))],
    "all kinds of changes": [("a3", ON)] + [
        step for change in ("SET k 1", "INCR k", "EXPIRE k 1000", "PERSIST k", "RENAME k j", "RENAME j k", "COPY k j", "DEL k", "LPUSH k a b", "LREM k 0 none", "LTRIM k 0 0",
                            "RPOPLPUSH k j", "SADD s a", "SADD s a", "SMOVE s k a", "SINTERSTORE s k", "DEL k", "HSET k f v", "HSET k f v", "HDEL k f", "ZADD k 1 a",
                            "ZADD k 1 a", "ZPOPMIN k", "XADD k 1-1 f v", "XGROUP CREATE k g 0", "XTRIM k MAXLEN 0", "MOVE k 1", "SETBIT k 7 0", "GETDEL k", "PFADD k a", "UNLINK k")
        for step in (("a3", "EXISTS k j s"), ("b", change))],
    "another database": [("a3", ON), ("a3", "GET k"), ("b", "SELECT 1"), ("b", "SET k 1"), ("a3", "SELECT 1"), ("a3", "GET k"), ("b", "SELECT 0"), ("b", "SET k 1")],
    "flushes": [("a3", ON), ("b3", f"{ON} BCAST"), ("c", "SET k 1"), ("a3", "GET k"), ("c", "FLUSHALL"), ("c", "SET k 1"), ("c", "FLUSHDB"), ("a3", "FLUSHALL")],
    "opting in": [("a3", f"{ON} OPTIN"), ("a3", "GET k"), ("b", "SET k 1"), ("a3", "CLIENT CACHING YES"), ("a3", INFO), ("a3", "GET k"), ("a3", INFO), ("b", "SET k 1"),
                  ("a3", "GET k"), ("b", "SET k 1"), ("a3", "CLIENT CACHING NO"), ("a3", "CLIENT CACHING MAYBE"), ("a3", "CLIENT CACHING YES"), ("a3", "ECHO x"), ("a3", "GET k"),
                  ("b", "SET k 1"), ("a3", f"{ON} OPTOUT"), ("a3", ON)],
    "opting out": [("a3", f"{ON} OPTOUT"), ("a3", "GET k"), ("b", "SET k 1"), ("a3", "CLIENT CACHING NO"), ("a3", INFO), ("a3", "GET k"), ("b", "SET k 1"), ("a3", "GET k"),
                   ("b", "SET k 1"), ("a3", "CLIENT CACHING YES"), ("a3", f"{ON} OPTIN")],
    "no loop": [("a3", f"{ON} NOLOOP"), ("a3", INFO), ("a3", "GET k"), ("a3", "SET k 1"), ("b", "SET k 2"), ("a3", "GET k"), ("b", "SET k 2")],
    "broadcast": [("a3", f"{ON} BCAST PREFIX a PREFIX b"), ("a3", INFO), ("b", "MSET a1 1 c1 1 b1 1 a2 1 a1 2"), ("b", "SET c 1"), ("b", "SET a 1"), ("a3", "SET b 1"),
                  ("a3", f"{ON} BCAST PREFIX ab"), ("a3", f"{ON} BCAST PREFIX c"), ("a3", INFO), ("b", "SET c 1"), ("a3", f"{ON} BCAST PREFIX x PREFIX xy"),
                  ("a3", f"{ON} BCAST PREFIX x PREFIX x"), ("a3", ON), ("a3", f"{ON} BCAST OPTIN"), ("a3", "CLIENT TRACKING OFF"), ("a3", INFO), ("b", "SET a 1")],
    "broadcast of all": [("a3", f"{ON} BCAST"), ("c3", f"{ON} BCAST NOLOOP"), ("a3", INFO), ("b", "SET x 1"), ("c3", "SET y 1"), ("c3", "MSET y 1 z 2"), ("b", "DEL x nothing"), ("b", "GET x")],
    "redirected": [("r", "SUBSCRIBE __redis__:invalidate"), ("a", f"{ON} REDIRECT <id:r>"), ("a", "GET k"), ("b", "SET k 1"), ("b", "SET k 2"), ("a", "MGET k j"),
                   ("b", "MSET k 1 j 1"), ("b", "FLUSHALL"), ("a", "CLIENT GETREDIR"), ("a", INFO), ("r", "UNSUBSCRIBE"), ("a", "GET k"), ("b", "SET k 1"), ("a", "CLIENT TRACKING OFF"),
                   ("a", "CLIENT GETREDIR")],
    "redirected in RESP3": [("a", f"{ON} REDIRECT <id:r3>"), ("c", f"{ON} REDIRECT <id:r3> BCAST PREFIX q"), ("a", "GET k"), ("b", "MSET k 1 q1 1"), ("b", "FLUSHDB")],
    "transactions": [("a3", ON), ("a3", "MULTI"), ("a3", "GET k"), ("a3", "SET k v"), ("a3", "INCR n"), ("a3", "EXEC"), ("a3", "GET k"), ("b", "MULTI"), ("b", "SET k 1"), ("b", "SET k 2"),
                     ("b", "EXEC"), ("a3", "CLIENT TRACKING OFF"), ("a3", f"{ON} OPTIN"), ("a3", "CLIENT CACHING YES"), ("a3", "MULTI"), ("a3", "GET k"), ("a3", "GET j"), ("a3", "EXEC"),
                     ("a3", INFO), ("b", "MSET k 1 j 2"), ("a3", "GET k"), ("b", "SET k 1"), ("a3", "CLIENT CACHING YES"), ("a3", "MULTI"), ("a3", "DISCARD"), ("a3", INFO)],
    "off": [("a3", INFO), ("a3", "CLIENT GETREDIR"), ("a3", "CLIENT CACHING YES"), ("a", INFO), ("a", "CLIENT TRACKING OFF"), ("a3", ON), ("a3", "GET k"), ("a3", "RESET"), ("b", "SET k 1")],
    "errors": [("a", "CLIENT TRACKING"), ("a", "CLIENT TRACKING MAYBE"), ("a", f"{ON} NONSENSE"), ("a", f"{ON} PREFIX x"), ("a", f"{ON} PREFIX"), ("a", f"{ON} BCAST OPTIN"),
               ("a", f"{ON} OPTIN OPTOUT"), ("a", f"{ON} REDIRECT 999999"), ("a", f"{ON} REDIRECT x"), ("a", f"{ON} REDIRECT"), ("a", f"{ON} REDIRECT <id:a> REDIRECT <id:a>"),
               ("a", "CLIENT TRACKING OFF REDIRECT 999999"), ("a", "CLIENT TRACKING OFF BCAST PREFIX q"), ("a", "CLIENT CACHING"), ("a", f"{ON} BCAST"), ("a", "CLIENT CACHING x"),
               ("a", "CLIENT CACHING YES"), ("a", "CLIENT TRACKINGINFO x"), ("a", "CLIENT GETREDIR x")],
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_everybody_is_told_what_redis_would_tell(server, oracle, name):
    for ours, theirs in zip(play(server.port, SCRIPTS[name]), play(oracle.port, SCRIPTS[name])):
        assert ours == theirs


def test_swapped_databases_are_to_be_forgotten(raw3, client):
    """Redis says nothing, and clients go on with what was in the other database."""
    client.set("k", "1")
    raw3.command("CLIENT", "TRACKING", "ON")
    raw3.command("GET", "k")
    client.swapdb(0, 1)
    assert raw3.read_reply() == [b"invalidate", None]


def test_keys_that_expire_or_are_evicted_are_told(start_server):
    server = start_server("--maxmemory-policy", "allkeys-lru")
    client, cache = server.client(), server.raw(protocol=3)
    cache.command("CLIENT", "TRACKING", "ON")
    client.set("k", "1", px=50)
    assert cache.command("EXISTS", "k") in (0, 1)
    assert cache.read_reply() == [b"invalidate", [b"k"]]
    client.set("k", "x" * 500_000)
    assert cache.command("STRLEN", "k") == 500_000
    used = client.info("memory")["used_memory"]
    client.config_set("maxmemory", used - 300_000)
    assert cache.read_reply() == [b"invalidate", [b"k"]]


def read_pushes(client, marker):
    """All pushes until the server has answered a PING."""
    client.send_raw(encode("PING", marker))
    pushes = []
    while (reply := client.read_reply()) != marker.encode():
        pushes.append(reply)
    return pushes


@pytest.mark.observes("tracking-table-max-keys")
def test_the_table_is_bounded_and_what_falls_out_is_told(start_server):
    server = start_server("--tracking-table-max-keys", "100", threads=2)
    client, cache = server.client(), server.raw(protocol=3)
    cache.command("CLIENT", "TRACKING", "ON")
    for number in range(400):
        client.set(f"k{number}", "v")
    cached = set()
    for number in range(400):
        cache.send_raw(encode("GET", f"k{number}"))
        while isinstance(reply := cache.read_reply(), Push):
            kind, keys = reply
            cached -= set(keys)
        assert reply == b"v"
        cached.add(b"k%d" % number)
    for _, keys in read_pushes(cache, "end"):
        cached -= set(keys)
    stats = client.info("stats")
    assert stats["tracking_total_keys"] == len(cached) <= 100
    assert stats["tracking_total_items"] == stats["tracking_total_keys"]
    client.delete(*[f"k{number}" for number in range(400)])
    told = [key for _, keys in read_pushes(cache, "deleted") for key in keys]
    assert set(told) == cached and len(told) == len(cached)
    # Of keys that do not exist nobody knows the names any more.
    for number in range(400):
        cache.send_raw(encode("GET", f"missing{number}"))
    pushes = read_pushes(cache, "again")
    assert [push for push in pushes if isinstance(push, Push)] == [[b"invalidate", None]] * 300
    assert client.info("stats")["tracking_total_keys"] == 100
    client.config_set("tracking-table-max-keys", 10)
    cache.pipeline(*[("GET", "k")] * 1)
    wait_until(lambda: bool(cache.send_raw(encode("GET", f"other{random.random()}"))) or client.info("stats")["tracking_total_keys"] <= 10, "keys above the limit")


def test_who_redirects_to_somebody_who_has_gone_learns_of_it(server, client):
    listener, cache, old = server.raw(protocol=3), server.raw(protocol=3), server.raw()
    number = listener.command("CLIENT", "ID")
    for one in (cache, old):
        assert one.command("CLIENT", "TRACKING", "ON", "REDIRECT", number) == b"OK"
        one.command("GET", "k")
    shown = client.client_list(client_id=[str(cache.command("CLIENT", "ID"))])[0]
    assert (shown["flags"], shown["redir"]) == ("t", str(number))
    listener.close()
    wait_until(lambda: not client.client_list(client_id=[str(number)]), "a client that does not go")
    client.set("k", "1")
    assert cache.read_reply() == [b"tracking-redir-broken", number]
    wait_until(lambda: client.client_list(client_id=[str(old.command("CLIENT", "ID"))])[0]["flags"] == "tR", "a redirection that is not known to be broken")
    assert cache.command("CLIENT", "TRACKINGINFO").as_dict()[b"flags"] == [b"on", b"broken_redirect"]
    assert cache.command("CLIENT", "GETREDIR") == number
    assert cache.command("CLIENT", "TRACKING", "ON") == b"OK"
    assert cache.command("CLIENT", "TRACKINGINFO").as_dict()[b"flags"] == [b"on"]


def test_client_list_and_info_show_who_tracks(server, client):
    cache, broad = server.raw(protocol=3), server.raw(protocol=3)
    numbers = [str(one.command("CLIENT", "ID")) for one in (cache, broad)]

    def shown():
        return [(one["flags"], one["redir"]) for one in client.client_list(client_id=[numbers[0]]) + client.client_list(client_id=[numbers[1]])]

    assert shown() == [("N", "-1"), ("N", "-1")]
    cache.command("CLIENT", "TRACKING", "ON")
    broad.command("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "a", "PREFIX", "b")
    assert shown() == [("t", "0"), ("tB", "0")]
    cache.command("MGET", "a", "b", "c")
    broad.command("GET", "a")
    stats = client.info("stats")
    assert (stats["tracking_total_keys"], stats["tracking_total_items"], stats["tracking_total_prefixes"]) == (3, 3, 2)
    assert client.info("clients")["tracking_clients"] == 2
    broad.command("CLIENT", "TRACKING", "OFF")
    broad.command("CLIENT", "TRACKING", "ON")
    broad.command("MGET", "a", "d")
    stats = client.info("stats")
    assert (stats["tracking_total_keys"], stats["tracking_total_items"], stats["tracking_total_prefixes"]) == (4, 5, 0)
    cache.close()
    broad.command("CLIENT", "TRACKING", "OFF")
    wait_until(lambda: client.info("clients")["tracking_clients"] == 0, "a client that does not go")
    client.flushall()
    assert client.info("stats")["tracking_total_keys"] == 0


@pytest.mark.parametrize("options", [(), ("BCAST",)], ids=["by key", "broadcast"])
def test_no_cache_is_left_with_what_is_not_true(start_server, options):
    """Caches in all workers read while others write; when all is quiet, what each has cached is what the server has."""
    server = start_server(threads=4)
    keys = [f"k{number}" for number in range(30)]
    done = threading.Event()
    failures = []

    def write(number):
        client, source = server.raw(), random.Random(number)
        for _ in range(150):
            some = source.sample(keys, 4)
            client.pipeline(("SET", some[0], source.random()), ("DEL", some[1]), ("INCR", f"n{number}"), ("MSET", some[2], source.random(), some[3], source.random()))

    class Cache(threading.Thread):
        def __init__(self, number):
            super().__init__()
            self.source = random.Random(number)
            self.client = server.raw(protocol=3)
            assert self.client.command("CLIENT", "TRACKING", "ON", *options) == b"OK"
            self.values = {}

        def take(self, reply):
            if isinstance(reply, Push):
                assert reply[0] == b"invalidate"
                for key in reply[1]:
                    self.values.pop(key, None)
            return isinstance(reply, Push)

        def fetch(self, key):
            self.client.send_raw(encode("GET", key))
            while self.take(reply := self.client.read_reply()):
                pass
            self.values[key.encode()] = reply

        def run(self):
            try:
                while not done.is_set():
                    self.fetch(self.source.choice(keys))
            except Exception as failure:  # shown by the test itself
                failures.append(failure)

    caches = [Cache(number) for number in range(4)]
    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in caches + writers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in caches:
        thread.join()
    assert not failures
    client = server.client()
    for cache in caches:
        for push in read_pushes(cache.client, "quiet"):
            cache.take(push)
        for key, value in cache.values.items():
            assert client.get(key) == value, key


def test_it_is_an_error_to_redirect_to_nobody(raw):
    assert raw.command("CLIENT", "TRACKING", "ON", "REDIRECT", 0) == Error(b"ERR The client ID you want redirect to does not exist")
