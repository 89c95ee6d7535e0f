"""Waiting clients of all workers at once: every element reaches one client, whatever else ends waits meanwhile."""
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from blocking import Party, wait_for_blocked
from raw_client import Error, encode
from waiting import wait_until

CONSUMERS = 50
PRODUCERS = 20
JOBS_OF_A_PRODUCER = 60
STOP = b"stop"


def all_of(jobs):
    """Runs each in a thread of its own and returns their results; raises what the first of them raised."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(job) for job in jobs]]


# A job queue in each of the ways that clients build one. `take` is what a consumer sends, `job_of` what it makes of the reply.


class ByList:
    queues = [f"jobs:{n}" for n in range(5)]

    def prepare(self, raw):
        pass

    def put(self, producer, number, job):
        return ("RPUSH" if number % 2 else "LPUSH", self.queues[(producer + number) % len(self.queues)], job)

    def take(self, consumer):
        order = random.Random(consumer).sample(self.queues, len(self.queues))
        return ("BLPOP", *order, 0) if consumer % 2 else ("BLMPOP", 0, len(order), *order, "RIGHT")

    def job_of(self, reply):
        return reply[1] if isinstance(reply[1], bytes) else reply[1][0]

    def left(self, raw):
        return sum(raw.command("LLEN", queue) for queue in self.queues)

    def stop(self):
        return ("RPUSH", self.queues[0], STOP)

    def check(self, raw):
        assert raw.command("DBSIZE") == 0


class ByMove(ByList):
    """Jobs stay in a list of what is being processed."""

    def take(self, consumer):
        return ("BLMOVE", self.queues[consumer % len(self.queues)], f"processing:{consumer % 3}", "LEFT", "RIGHT", 0)

    def job_of(self, reply):
        return reply

    def stop(self):
        self.stopped = getattr(self, "stopped", -1) + 1
        return ("RPUSH", self.queues[self.stopped % len(self.queues)], STOP)

    def check(self, raw):
        assert self.left(raw) == 0
        processed = [job for n in range(3) for job in raw.command("LRANGE", f"processing:{n}", 0, -1)]
        assert len(processed) == PRODUCERS * JOBS_OF_A_PRODUCER + CONSUMERS


class BySortedSet(ByList):
    def put(self, producer, number, job):
        return ("ZADD", self.queues[(producer + number) % len(self.queues)], number, job)

    def take(self, consumer):
        order = random.Random(consumer).sample(self.queues, len(self.queues))
        return ("BZPOPMIN" if consumer % 2 else "BZPOPMAX", *order, 0)

    def left(self, raw):
        return sum(raw.command("ZCARD", queue) for queue in self.queues)

    def stop(self):
        self.stopped = getattr(self, "stopped", -1) + 1
        return ("ZADD", self.queues[0], 1, STOP + b":%d" % self.stopped)


class ByGroup(ByList):
    queues = ["jobs:0", "jobs:1"]

    def prepare(self, raw):
        for queue in self.queues:
            raw.command("XGROUP", "CREATE", queue, "g", "$", "MKSTREAM")

    def put(self, producer, number, job):
        return ("XADD", self.queues[(producer + number) % 2], "*", "job", job)

    def take(self, consumer):
        return ("XREADGROUP", "GROUP", "g", f"c{consumer}", "COUNT", 1, "BLOCK", 0, "STREAMS", *self.queues, ">", ">")

    def job_of(self, reply):
        [[_, [[_, fields]]]] = reply
        return fields[1]

    def left(self, raw):
        return 0

    def stop(self):
        return ("XADD", self.queues[0], "*", "job", STOP)

    def check(self, raw):
        pending = sum(raw.command("XPENDING", queue, "g")[0] for queue in self.queues)
        assert pending == PRODUCERS * JOBS_OF_A_PRODUCER + CONSUMERS


@pytest.mark.parametrize("way", [ByList, ByMove, BySortedSet, ByGroup])
def test_every_job_is_done_exactly_once(many, way):
    queue, control = way(), many.raw()
    queue.prepare(control)
    done = [[] for _ in range(CONSUMERS)]

    def consume(number):
        raw, request = many.raw(), encode(*queue.take(number))
        while True:
            raw.send_raw(request)
            reply = raw.read_reply()
            # A reply of XREADGROUP has entries of several streams.
            replies = [[part] for part in reply] if way is ByGroup else [reply]
            jobs = [queue.job_of(part) for part in replies]
            done[number] += jobs
            if any(job.startswith(STOP) for job in jobs):
                return

    def produce(number):
        raw = many.raw()
        for job in range(JOBS_OF_A_PRODUCER):
            assert not isinstance(raw.command(*queue.put(number, job, b"%d/%d" % (number, job))), Error)

    with ThreadPoolExecutor(CONSUMERS) as consumers:
        futures = [consumers.submit(consume, number) for number in range(CONSUMERS)]
        all_of([lambda number=number: produce(number) for number in range(PRODUCERS)])
        total = PRODUCERS * JOBS_OF_A_PRODUCER
        wait_until(lambda: sum(map(len, done)) >= total, lambda: f"{sum(map(len, done))} of {total} jobs were done")
        wait_for_blocked(many.client(), CONSUMERS)
        for _ in range(CONSUMERS):
            control.command(*queue.stop())
        for future in futures:
            future.result()
    jobs = sorted(job for jobs in done for job in jobs if not job.startswith(STOP))
    assert jobs == sorted(b"%d/%d" % (producer, job) for producer in range(PRODUCERS) for job in range(JOBS_OF_A_PRODUCER))
    assert queue.left(control) == 0
    queue.check(control)


def test_a_reader_of_a_stream_misses_nothing(many):
    """XREAD from the last id seen: everybody sees every entry, in the order of their ids."""
    entries = 150

    def read():
        raw, last, seen = many.raw(), b"0", []
        while len(seen) < 3 * entries:
            [[_, fresh]] = raw.command("XREAD", "COUNT", 7, "BLOCK", 0, "STREAMS", "s", last)
            seen += [id for id, _ in fresh]
            last = seen[-1]
        return seen

    def write():
        raw = many.raw()
        for _ in range(entries):
            raw.command("XADD", "s", "*", "f", "v")

    seen = all_of([read] * 10 + [write] * 3)[:10]
    expected = [id for id, _ in many.raw().command("XRANGE", "s", "-", "+")]
    assert all(ids == expected for ids in seen)


def test_unblocking_and_serving_exclude_each_other(many):
    """Of those who end a wait at the same time exactly one does: who unblocks and is told so has prevented the delivery."""
    waiter, pusher, other = many.raw(), many.raw(), many.raw()
    number = waiter.command("CLIENT", "ID")
    for turn in range(300):
        waiter.send_raw(encode("BLPOP", "k", "j", 0))
        if turn % 3:  # else they may be there before it waits
            wait_until(lambda: b" flags=b " in pusher.command("CLIENT", "LIST", "ID", number), "the client waits")
        both = [(pusher, encode("RPUSH", "jk"[turn % 2], turn)), (other, encode("CLIENT", "UNBLOCK", number, "ERROR"))]
        for raw, request in both if turn % 4 < 2 else reversed(both):
            raw.send_raw(request)
        assert pusher.read_reply() == 1
        ended = other.read_reply()
        reply = waiter.read_reply()
        left = [element for key in "jk" for element in pusher.command("LRANGE", key, 0, -1)]
        if ended:
            assert isinstance(reply, Error) and left == [b"%d" % turn]
            pusher.command("DEL", "j", "k")
        else:
            assert reply[1] == b"%d" % turn and left == []


def test_timeouts_and_serving_exclude_each_other(many):
    elements = 300

    def consume(number, ended):
        raw, taken = many.raw(), []
        while not ended.is_set():
            reply = raw.command("BLPOP", "a", "b", ["0.001", "0.002", "0.003"][number % 3])
            if reply is not None:
                taken.append(reply[1])
        return taken

    def produce(number):
        raw = many.raw()
        for n in range(elements):
            raw.command("RPUSH", "ab"[n % 2], b"%d/%d" % (number, n))

    ended = threading.Event()
    with ThreadPoolExecutor(12) as pool:
        consumers = [pool.submit(consume, number, ended) for number in range(12)]
        all_of([lambda number=number: produce(number) for number in range(4)])
        control = many.raw()
        wait_until(lambda: control.command("LLEN", "a") + control.command("LLEN", "b") == 0, "all is taken")
        ended.set()
        taken = [element for consumer in consumers for element in consumer.result()]
    assert sorted(taken) == sorted(b"%d/%d" % (number, n) for number in range(4) for n in range(elements))
    wait_for_blocked(many.client(), 0)
    assert many.client().info("clients")["total_blocking_keys"] == 0


def test_nothing_is_lost_when_waiters_die(many):
    """What a client that goes would have got is either still there or was moved for it: never gone, never twice."""
    elements, ended = 400, threading.Event()

    def consume(number):
        chance = random.Random(number)
        while not ended.is_set():
            raw = many.raw()
            for _ in range(chance.randrange(4)):
                raw.send_raw(encode("BLMOVE", "q", "p", "LEFT", "LEFT", "0.05"))
                raw.read_reply()
            raw.send_raw(encode("BLMOVE", "q", "p", "LEFT", "LEFT", 0))
            raw.close()

    def produce(number):
        raw = many.raw()
        for n in range(elements):
            raw.command("RPUSH", "q", b"%d/%d" % (number, n))

    with ThreadPoolExecutor(8) as pool:
        consumers = [pool.submit(consume, number) for number in range(8)]
        all_of([lambda number=number: produce(number) for number in range(3)])
        ended.set()
        for consumer in consumers:
            consumer.result()
    wait_for_blocked(many.client(), 0)
    control = many.raw()
    found = [element for key in "qp" for element in control.command("LRANGE", key, 0, -1)]
    assert sorted(found) == sorted(b"%d/%d" % (number, n) for number in range(3) for n in range(elements))
    assert many.client().info("clients")["total_blocking_keys"] == 0


def test_clients_that_are_served_come_in_their_order_whoever_pushes(many):
    """Waiters are on all workers, and so are those who push one element after the other."""
    party = Party(many)
    waiters = [party.wait("BLPOP", "k", 0) for _ in range(24)]
    pushers = [many.raw() for _ in range(6)]
    for n in range(24):
        assert pushers[n % 6].command("RPUSH", "k", n) == 1
    assert [waiter.read_reply()[1] for waiter in waiters] == [b"%d" % n for n in range(24)]


def test_keys_that_come_and_go_while_clients_wait_at_many_of_them(many):
    """Flushes, renames and other types in between: whoever waits is served in the end, and nobody twice."""
    keys = [f"k{n}" for n in range(6)]
    ended = threading.Event()

    def wait(number):
        raw, chance, served = many.raw(), random.Random(number), 0
        while not ended.is_set():
            chosen = chance.sample(keys, 3)
            kind = chance.randrange(4)
            request = [("BLPOP", *chosen, "0.02"), ("BZPOPMIN", *chosen, "0.02"), ("BLMOVE", chosen[0], chosen[1], "LEFT", "RIGHT", "0.02"),
                       ("XREAD", "BLOCK", 20, "STREAMS", *chosen, "$", "$", "$")][kind]
            reply = raw.command(*request)
            served += reply is not None and not isinstance(reply, Error)
        return served

    def change(number):
        raw, chance = many.raw(), random.Random(1000 + number)
        for _ in range(400):
            key, other = chance.sample(keys, 2)
            raw.command(*chance.choice([("RPUSH", key, 1, 2), ("ZADD", key, 1, "m"), ("XADD", key, "*", "f", "v"), ("SET", key, "x"), ("DEL", key, other),
                                        ("RENAME", key, other), ("COPY", key, other, "REPLACE"), ("FLUSHDB",), ("SWAPDB", 0, 1), ("PEXPIRE", key, 1)]))

    with ThreadPoolExecutor(10) as pool:
        waiters = [pool.submit(wait, number) for number in range(10)]
        all_of([lambda number=number: change(number) for number in range(4)])
        ended.set()
        assert sum(waiter.result() for waiter in waiters) > 0
    wait_for_blocked(many.client(), 0)
    assert many.client().info("clients")["total_blocking_keys"] == 0
