"""SUBSCRIBE, PUBLISH and their kin: what Redis answers, and what many subscribers, workers and publishers may count on."""
import resource
import selectors
import socket
import threading

import pytest

from conversation import play
from raw_client import Error, Push, encode
from waiting import wait_until

# Unsubscribing from everything goes through the channels in some order, so at most one is left when a script does it.
SCRIPTS = {
    "channels": [("a", "SUBSCRIBE x x y"), ("b", "PUBLISH x hello"), ("b", "PUBLISH nobody hello"), ("a", "UNSUBSCRIBE x z"),
                 ("b", "PUBLISH x hello"), ("b", "PUBLISH y bye"), ("a", "UNSUBSCRIBE"), ("a", "UNSUBSCRIBE"), ("b", "PUBLISH y bye")],
    "patterns": [("a", "PSUBSCRIBE n?ws* n?ws*"), ("a", "SUBSCRIBE news"), ("b", "PUBLISH news 1"), ("b", "PUBLISH newsroom 2"),
                 ("b", "PUBLISH old 3"), ("a", "PUNSUBSCRIBE other"), ("a", "PUNSUBSCRIBE"), ("b", "PUBLISH news 4"), ("a", "PUNSUBSCRIBE")],
    "shard channels": [("a", "SSUBSCRIBE x y"), ("a", "SUBSCRIBE x"), ("b", "SPUBLISH x 1"), ("b", "PUBLISH x 2"), ("b", "SPUBLISH z 3"),
                       ("a", "SUNSUBSCRIBE x"), ("a", "SUNSUBSCRIBE"), ("a", "SUNSUBSCRIBE"), ("b", "SPUBLISH y 4")],
    "RESP3": [("a3", "SUBSCRIBE x"), ("a3", "PSUBSCRIBE x"), ("b", "PUBLISH x 1"), ("a3", "SET k v"), ("a3", "GET k"), ("a3", "PING"),
              ("b", "SPUBLISH x 2"), ("a3", "UNSUBSCRIBE x nothing"), ("a3", "PUNSUBSCRIBE"), ("a3", "SUNSUBSCRIBE")],
    "while subscribed": [("a", "SUBSCRIBE x"), ("a", "PING"), ("a", "PING hi"), ("a", "PING too many"), ("a", "GET k"), ("a", "SET k"),
                         ("a", "nonsense"), ("a", "HELLO 3"), ("a", "PUBLISH x 1"), ("a", "CLIENT ID"), ("a", "CLIENT NONSENSE"), ("a", "AUTH x"),
                         ("a", "SUBSCRIBE"), ("a", "RESET"), ("a", "PING"), ("a", "GET k"), ("b", "PUBLISH x 2"),
                         ("a", "SSUBSCRIBE s"), ("a", "GET k"), ("a", "SUNSUBSCRIBE"), ("a", "GET k"), ("a", "PSUBSCRIBE p"), ("a", "GET k")],
    "back to RESP2": [("a3", "SUBSCRIBE x"), ("a3", "GET k"), ("a3", "HELLO 2 BAD"), ("b", "PUBLISH x 1"), ("a3", "UNSUBSCRIBE"), ("a3", "GET k")],
    "bytes": [("a", ["SUBSCRIBE", b"\x00\r\n\xff", ""]), ("b", ["PUBLISH", b"\x00\r\n\xff", b"\r\n\x00"]), ("b", ["PUBLISH", "", ""]),
              ("a", ["PSUBSCRIBE", "*", ""]), ("b", ["PUBLISH", "", "x"]), ("b", ["PUBLISH", "long", "y" * 100_000])],
    "what there is": [("a", "SUBSCRIBE x"), ("a", "PSUBSCRIBE p*"), ("c", "PSUBSCRIBE p*"), ("c", "SSUBSCRIBE s"), ("b", "PUBSUB CHANNELS"), ("b", "PUBSUB CHANNELS x*"),
                      ("b", "PUBSUB CHANNELS y*"), ("b", "PUBSUB CHANNELS a b"), ("b", "PUBSUB NUMSUB"), ("b", "PUBSUB NUMSUB x y x"),
                      ("b", "PUBSUB NUMPAT"), ("b", "PUBSUB NUMPAT x"), ("b", "PUBSUB SHARDCHANNELS"), ("b", "PUBSUB SHARDCHANNELS q"),
                      ("b", "PUBSUB SHARDNUMSUB s t"), ("b", "PUBSUB"), ("b", "PUBSUB NONSENSE"), ("b3", "PUBSUB NUMSUB x"), ("b3", "PUBSUB CHANNELS")],
    "without replies": [("a3", "CLIENT REPLY OFF"), ("a3", "SUBSCRIBE x"), ("b", "PUBLISH x 1"), ("a3", "UNSUBSCRIBE x"), ("a3", "SUBSCRIBE y"),
                        ("b", "PUBLISH y 2"), ("a3", "CLIENT REPLY ON")],
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_everybody_gets_what_redis_would_send(server, oracle, name):
    for ours, theirs in zip(play(server.port, SCRIPTS[name]), play(oracle.port, SCRIPTS[name])):
        assert ours == theirs


def test_what_a_client_sends_itself_comes_after_the_reply(raw3):
    """As since Redis 7.2."""
    raw3.command("SUBSCRIBE", "x")
    first, second, third, fourth, fifth = raw3.pipeline(("PUBLISH", "x", "1"), ("PUBLISH", "x", "2"), ("ECHO", "end"), *[("PING",)] * 2)
    assert (first, second, third, fourth) == (1, [b"message", b"x", b"1"], 1, [b"message", b"x", b"2"]) and fifth == b"end"
    assert isinstance(second, Push)


def subscriptions(client, channel):
    return client.execute_command("PUBSUB", "NUMSUB", channel)[1]


def test_who_leaves_is_no_subscriber_any_more(server, client):
    subscribers = [server.raw() for _ in range(6)]
    for subscriber in subscribers:
        subscriber.command("SUBSCRIBE", "x")
        subscriber.command("PSUBSCRIBE", "x*")
        subscriber.command("SSUBSCRIBE", "x")
    assert client.publish("x", "1") == 12
    for subscriber in subscribers:
        assert [subscriber.read_reply()[-1], subscriber.read_reply()[-1]] == [b"1", b"1"]
    subscribers[0].close()
    assert subscribers[1].command("RESET") == b"RESET"
    assert subscribers[2].command("QUIT") == b"OK"
    wait_until(lambda: subscriptions(client, "x") == 3, "subscribers that do not go")
    assert client.publish("x", "2") == 6
    for subscriber in subscribers[3:]:
        subscriber.close()
    wait_until(lambda: client.execute_command("PUBSUB", "NUMPAT") == 0, "patterns that do not go")
    wait_until(lambda: client.execute_command("PUBSUB", "SHARDCHANNELS") == [], "shard channels that do not go")
    assert client.pubsub_channels() == [] and client.publish("x", "3") == 0


def test_client_list_and_info_show_subscriptions(server, client):
    subscriber = server.raw()
    number = subscriber.command("CLIENT", "ID")
    assert client.client_list(client_id=[str(number)])[0]["flags"] == "N"
    subscriber.send_raw(encode("SUBSCRIBE", "a", "b", "c") + encode("PSUBSCRIBE", "a*", "b*") + encode("SSUBSCRIBE", "s"))
    for _ in range(6):
        subscriber.read_reply()
    shown = client.client_list(client_id=[str(number)])[0]
    assert (shown["flags"], shown["sub"], shown["psub"], shown["ssub"]) == ("P", "3", "2", "1")
    assert [one["id"] for one in client.client_list(_type="pubsub")] == [str(number)]
    assert str(number) not in [one["id"] for one in client.client_list(_type="normal")]
    stats = client.info("stats")
    assert (stats["pubsub_channels"], stats["pubsub_patterns"], stats["pubsubshard_channels"]) == (3, 2, 1)
    assert client.info("clients")["pubsub_clients"] == 1
    subscriber.send_raw(encode("UNSUBSCRIBE", "a", "b", "c") + encode("PUNSUBSCRIBE", "a*", "b*"))
    for _ in range(5):
        subscriber.read_reply()
    shown = client.client_list(client_id=[str(number)])[0]
    assert (shown["flags"], shown["sub"], shown["psub"], shown["ssub"]) == ("P", "0", "0", "1")
    subscriber.command("SUNSUBSCRIBE", "s")
    assert client.client_list(client_id=[str(number)])[0]["flags"] == "N"


def test_each_publisher_is_heard_in_its_order(start_server):
    """Publishers and subscribers are spread over the workers; what one publisher sends by way of several channels keeps its order."""
    server = start_server(threads=4)
    publishers, subscribers, messages = 5, 9, 400
    listeners = [server.raw() for _ in range(subscribers)]
    for number, listener in enumerate(listeners):
        if number % 3 == 2:
            listener.command("PSUBSCRIBE", "ch*")
        else:
            listener.send_raw(encode("SUBSCRIBE", "ch0", "ch1", "ch2"))
            for _ in range(3):
                listener.read_reply()

    def publish(number, client):
        for first in range(0, messages, 50):
            replies = client.pipeline(*[("PUBLISH", f"ch{n % 3}", f"{number}:{n}") for n in range(first, first + 50)])
            assert replies == [subscribers] * 50

    def listen(listener):
        seen = [0] * publishers
        for _ in range(publishers * messages):
            *_, channel, payload = listener.read_reply()
            number, position = map(int, payload.split(b":"))
            assert (position, channel) == (seen[number], b"ch%d" % (position % 3))
            seen[number] += 1

    threads = [threading.Thread(target=publish, args=(number, server.raw())) for number in range(publishers)]
    threads += [threading.Thread(target=listen, args=(listener,)) for listener in listeners]
    assert not run_all(threads)


def test_clients_that_come_and_go_while_others_publish(start_server):
    """Many subscriptions change while messages are under way: nobody gets what it has not asked for, and all counts end at zero."""
    server = start_server(threads=4)
    client = server.client()
    done = threading.Event()
    failures = []

    def publish(publisher):
        while not done.is_set():
            publisher.pipeline(*[("PUBLISH", f"ch{n}", f"ch{n}") for n in range(8)], ("SPUBLISH", "s", "s"))

    def come_and_go(number):
        for turn in range(40):
            with server.raw() as subscriber:
                channel = b"ch%d" % ((number + turn) % 8)
                subscriber.send_raw(encode("SUBSCRIBE", channel) + encode("PSUBSCRIBE", b"[cx]" + channel[1:]) + encode("SSUBSCRIBE", "s") + encode("UNSUBSCRIBE", channel))
                unsubscribed = False
                while not unsubscribed:
                    kind, *_, last_name, payload = subscriber.read_reply()
                    if kind in (b"message", b"pmessage", b"smessage") and last_name != payload:
                        failures.append((kind, last_name, payload))
                    unsubscribed = kind == b"unsubscribe"

    publishing = [threading.Thread(target=publish, args=(server.raw(),)) for _ in range(2)]
    coming = [threading.Thread(target=come_and_go, args=(number,)) for number in range(6)]
    for thread in publishing + coming:
        thread.start()
    for thread in coming:
        thread.join()
    done.set()
    for thread in publishing:
        thread.join()
    assert not failures
    wait_until(lambda: client.execute_command("PUBSUB", "NUMPAT") == 0 and client.pubsub_channels() == [] and
               client.execute_command("PUBSUB", "SHARDCHANNELS") == [], "subscriptions of clients that are gone")


@pytest.mark.observes("client-output-buffer-limit")
def test_a_slow_subscriber_is_cut_and_hurts_nobody(start_server):
    server = start_server("--client-output-buffer-limit", "pubsub 4mb 0 0", threads=2)
    slow, quick, publisher = server.raw(), server.raw(), server.raw()
    slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for subscriber in (slow, quick):
        subscriber.command("SUBSCRIBE", "x")
    client = server.client()
    payload = b"y" * 65536
    published = 0
    while subscriptions(client, "x") == 2:
        assert published < 5000, "the slow subscriber is still there"
        # The quick one reads before the next is sent, so it never comes near the limit.
        publisher.command("PUBLISH", "x", b"%d " % published + payload)
        assert quick.read_reply()[2].split()[0] == b"%d" % published
        published += 1
    assert subscriptions(client, "x") == 1
    assert publisher.command("PUBLISH", "x", "last") == 1 and quick.read_reply()[2] == b"last"
    assert client.info("stats")["client_output_buffer_limit_disconnections"] == 1
    assert "overcoming of output buffer limits" in server.log()


def test_a_publisher_that_is_faster_than_the_subscribers_worker_waits(start_server):
    """More than may wait between two workers: it all arrives, in order, and replies come one by one."""
    server = start_server("--client-output-buffer-limit", "pubsub 0 0 0", threads=2)
    subscribers = [server.raw() for _ in range(4)]  # two of them in each worker
    publishers = [server.raw() for _ in range(2)]
    for subscriber in subscribers:
        subscriber.command("SUBSCRIBE", "x")
    count, payload = 64, b"y" * 500_000

    def publish(client, name):
        replies = client.pipeline(*[("PUBLISH", "x", b"%s %d " % (name, n) + payload) for n in range(count)])
        assert replies == [4] * count

    threads = [threading.Thread(target=publish, args=(client, name)) for client, name in zip(publishers, (b"one", b"two"))]
    threads += [threading.Thread(target=read_all, args=(subscriber, count)) for subscriber in subscribers]
    assert not run_all(threads)


def read_all(subscriber, count):
    seen = {b"one": 0, b"two": 0}
    for _ in range(2 * count):
        name, number, payload = subscriber.read_reply()[2].split()
        assert int(number) == seen[name] and len(payload) == 500_000
        seen[name] += 1


def run_all(threads):
    """Runs them to their end and returns what went wrong in them."""
    failures = []
    before = threading.excepthook
    threading.excepthook = lambda arguments: failures.append(arguments.exc_value)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        threading.excepthook = before
    return failures


@pytest.mark.slow
def test_ten_thousand_subscribers_to_one_channel(start_server):
    count = 10_000
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 200:
        pytest.skip(f"open files are limited to {hard}")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sockets = []
    try:
        server = start_server("--maxclients", str(count + 100), threads=2)
        client = server.client()
        for _ in range(count):
            sockets.append(socket.create_connection(("127.0.0.1", server.port), timeout=60))
            sockets[-1].sendall(encode("SUBSCRIBE", "crowd"))
        wait_until(lambda: subscriptions(client, "crowd") == count, lambda: f"{subscriptions(client, 'crowd')} have subscribed")
        expected = b"*3\r\n$9\r\nsubscribe\r\n$5\r\ncrowd\r\n:1\r\n" + b"".join(
            b"*3\r\n$7\r\nmessage\r\n$5\r\ncrowd\r\n$2\r\n%02d\r\n" % n for n in range(20))
        with client.pipeline(transaction=False) as pipeline:
            for n in range(20):
                pipeline.publish("crowd", b"%02d" % n)
            assert pipeline.execute() == [count] * 20
        received = {one: b"" for one in sockets}
        with selectors.EpollSelector() as selector:
            for one in sockets:
                selector.register(one, selectors.EVENT_READ)
            waiting = count
            while waiting:
                events = selector.select(timeout=60)
                assert events, f"{waiting} subscribers wait in vain"
                for key, _ in events:
                    received[key.fileobj] += key.fileobj.recv(1 << 16)
                    if len(received[key.fileobj]) == len(expected):
                        selector.unregister(key.fileobj)
                        waiting -= 1
        assert all(data == expected for data in received.values())
        for one in sockets:
            one.close()
        wait_until(lambda: client.pubsub_channels() == [], "subscribers that do not go")
    finally:
        for one in sockets:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_errors_of_the_commands(raw):
    assert raw.command("SUBSCRIBE") == Error(b"ERR wrong number of arguments for 'subscribe' command")
    assert raw.command("PUBLISH", "x") == Error(b"ERR wrong number of arguments for 'publish' command")
    assert isinstance(raw.command("PUBSUB", "HELP"), list)
