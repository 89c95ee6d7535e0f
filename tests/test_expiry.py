"""Active expiry: keys leave soon after they are due, however many there are, and nobody waits for it."""
import time

import pytest

from raw_client import encode


def present(client):
    """Keys that take memory, due or not: unlike DBSIZE, INFO does not leave out what is due and not yet erased."""
    return sum(database["keys"] for database in client.info("keyspace").values())


def fill(raw, commands, at_once=2000):
    for at in range(0, len(commands), at_once):
        part = commands[at : at + at_once]
        raw.send_raw(b"".join(part))
        for _ in part:
            assert raw.read_reply() == b"OK"


def wait_until(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


def fill_to_fall_due(raw, client, count, per_ms):
    """Keys that fall due evenly, from a moment on that is after the last of them was written. Returns that moment."""
    for lead_ms in (6000, 20_000, 60_000):
        begin_ms = int(time.time() * 1000) + lead_ms
        fill(raw, [encode("SET", f"key:{n}", f"value:{n}", "PXAT", begin_ms + n // per_ms) for n in range(count)])
        if time.time() * 1000 < begin_ms:
            assert present(client) == count
            return begin_ms
    raise AssertionError("this machine needs more than a minute to write the keys")


@pytest.mark.release_only
def test_a_hundred_thousand_expiries_a_second(start_server, record_property):
    """300,000 keys fall due evenly over three seconds. At every moment 99.9 % of what has been due for a second is erased,
    and requests to both workers go on meanwhile. How long they wait depends on what else this machine does: the
    figure is printed here and judged by bench/expiry_pause.py. For the same reason a moment counts only if this machine
    has let the server answer without a break in the second before."""
    count, per_ms, longest_break = 300_000, 100, 0.05
    server = start_server(threads=2)
    raws = [server.raw() for _ in range(4)]
    client = server.client()
    begin_ms = fill_to_fall_due(raws[0], client, count, per_ms)
    expired_before = client.info("stats")["expired_keys"]
    time.sleep(max(0.0, begin_ms / 1000 - time.time()))

    waits, late, lags, looks = [], 0.0, [], 0
    next_look, last_break = 0.0, time.monotonic()
    while time.time() * 1000 < begin_ms + count // per_ms + 1000:
        for raw in raws:
            before = time.perf_counter()
            assert raw.command("PING") == b"PONG"
            waits.append(time.perf_counter() - before)
            if waits[-1] > longest_break:
                last_break = time.monotonic()
        if time.monotonic() >= next_look:
            next_look = time.monotonic() + 0.05
            now_ms = time.time() * 1000
            expired = client.info("stats")["expired_keys"] - expired_before
            due_for_a_second = min(count, max(0, (now_ms - 1000 - begin_ms) * per_ms))
            if due_for_a_second and time.monotonic() - last_break > 1.2:
                late = max(late, 1 - expired / due_for_a_second)
                looks += 1
            lags.append(min(count, max(0, (now_ms - begin_ms) * per_ms)) - expired)
    waits.sort()
    figures = (f"{len(waits)} PINGs: p50 {waits[len(waits) // 2] * 1e3:.3f} ms, p99 {waits[-len(waits) // 100] * 1e3:.3f} ms, "
               f"p99.9 {waits[-len(waits) // 1000] * 1e3:.3f} ms, max {waits[-1] * 1e3:.3f} ms; "
               f"most keys due and still there {max(lags):.0f}, later than a second {late:.4%} in {looks} looks")
    print(figures)
    record_property("figures", figures)
    assert late <= 0.001, figures
    wait_until(lambda: present(client) == 0, 20)
    assert client.info("stats")["expired_keys"] - expired_before == count


def test_keys_due_leave_although_nobody_asks_for_them(server, time_factor):
    raw, client = server.raw(), server.client()
    before = client.info("stats")["expired_keys"]
    fill(raw, [encode("SET", f"long:{n}", "v", "EX", 1000) for n in range(5000)])
    fill(raw, [encode("SET", f"short:{n}", "v", "PX", 200) for n in range(5000)])
    fill(raw, [encode("SET", f"none:{n}", "v") for n in range(5000)])
    wait_until(lambda: present(client) == 10_000, 20 * time_factor)
    assert client.info("stats")["expired_keys"] - before == 5000
    assert raw.command("DBSIZE") == 10_000
    assert client.info("keyspace")["db0"]["expires"] == 5000


def test_expiry_reaches_every_database_and_type(server, time_factor):
    raw, client = server.raw(), server.client()
    for database in range(16):
        raw.command("SELECT", database)
        raw.command("SET", "string", "v" * 5000)
        raw.command("RPUSH", "list", *range(2000))
        raw.command("SET", "number", 17)
        for key in ("string", "list", "number"):
            assert raw.command("PEXPIRE", key, 100) == 1
    wait_until(lambda: present(client) == 0, 20 * time_factor)


def test_a_key_whose_expiry_was_moved_or_dropped_stays(server, time_factor):
    raw, client = server.raw(), server.client()
    for key in ("later", "dropped", "overwritten", "renamed", "copied"):
        raw.command("SET", key, "v", "PX", 300)
    raw.pipeline(("EXPIRE", "later", 1000), ("PERSIST", "dropped"), ("SET", "overwritten", "w"),
                 ("RENAME", "renamed", "new-name"), ("COPY", "copied", "copy"), ("PERSIST", "new-name"))
    wait_until(lambda: present(client) == 4, 20 * time_factor)
    assert sorted(raw.command("KEYS", "*")) == [b"dropped", b"later", b"new-name", b"overwritten"]


def test_many_keys_that_fall_due_at_the_same_moment(start_server, time_factor):
    """They leave in slices, with requests served in between: the longest wait is printed. That slices end in time is
    checked in process, by a clock of its own (src/engine/housekeeping_test.cc)."""
    server = start_server(threads=1)
    raw, client = server.raw(), server.client()
    count = 100_000 if time_factor == 1 else 10_000
    due_ms = int((time.time() + 3 * min(time_factor, 3)) * 1000)
    fill(raw, [encode("SET", f"key:{n}", "v" * 20, "PXAT", due_ms) for n in range(count)])
    time.sleep(max(0.0, due_ms / 1000 - time.time()))
    longest, deadline = 0.0, time.monotonic() + 30 * time_factor
    while present(client) > 0:
        assert time.monotonic() < deadline, f"{present(client)} keys are still there"
        for _ in range(20):
            before = time.perf_counter()
            raw.command("PING")
            longest = max(longest, time.perf_counter() - before)
    print(f"longest PING {longest * 1e3:.2f} ms")
    assert client.info("stats")["expired_keys"] == count
