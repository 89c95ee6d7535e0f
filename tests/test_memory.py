"""Memory: what is overwritten or deleted is freed and used again, and nothing leaks.

INFO memory counts in the arenas: arena_used_bytes (blocks handed out), arena_pages_taken (pages ever taken from the
system), and used_memory counts the blocks beside them too, and what belongs to clients: mem_clients_normal.
"""
import pathlib
import random

import pytest

from raw_client import Error, encode
from waiting import wait_until


def memory(client):
    return client.info("memory")


def data_bytes(info):
    """What the data set takes: worker's buffers, in which the largest batch so far had room, are no part of it."""
    return info["used_memory"] - info["mem_clients_normal"]


def page_faults(server):
    """How often the system has given the process a page so far, from whichever allocator."""
    fields = pathlib.Path(f"/proc/{server.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[7])


def send_all(raw, commands, at_once=1000):
    for at in range(0, len(commands), at_once):
        part = commands[at : at + at_once]
        raw.send_raw(b"".join(part))
        for _ in part:
            reply = raw.read_reply()
            assert not isinstance(reply, Error), reply


def overwrites(dice, keys, count, sizes):
    return [encode("SET", f"key:{dice.randrange(keys)}", "v" * dice.choice(sizes)) for _ in range(count)]


@pytest.mark.parametrize("sizes", [[8], [100], [500], [3000]], ids=lambda sizes: f"{sizes[0]}B")
def test_overwriting_by_the_same_size_takes_nothing_from_the_system(start_server, time_factor, sizes):
    server = start_server(threads=2)
    raw, client, dice = server.raw(), server.client(), random.Random(1)
    keys = 10_000 if time_factor == 1 else 1000
    rounds = overwrites(dice, keys, 10_000, sizes)
    send_all(raw, [encode("SET", f"key:{n}", "v" * sizes[0]) for n in range(keys)])
    send_all(raw, rounds)
    before, faults = memory(client), page_faults(server)
    for _ in range(10 if time_factor == 1 else 1):
        send_all(raw, rounds)
    after = memory(client)
    assert after["arena_pages_taken"] == before["arena_pages_taken"]
    assert after["arena_used_bytes"] == before["arena_used_bytes"]
    assert data_bytes(after) == data_bytes(before)
    if time_factor == 1:
        assert page_faults(server) - faults < 100


def test_overwriting_by_other_sizes_reuses_what_was_freed(start_server, time_factor):
    """Integers, short and long strings take each other's places. After a warm-up the mix of sizes stays the same, but
    which page has room is chance: a few pages more are allowed, a hundredth of what is there."""
    server = start_server(threads=2)
    raw, client, dice = server.raw(), server.client(), random.Random(2)
    keys, count = (10_000, 100_000) if time_factor == 1 else (1000, 10_000)
    sizes = [1, 5, 20, 60, 100, 200, 400, 700, 1000, 1500, 4000]
    for _ in range(3):
        send_all(raw, overwrites(dice, keys, count, sizes))
    before, faults = memory(client), page_faults(server)
    send_all(raw, overwrites(dice, keys, count, sizes))
    after = memory(client)
    pages = before["arena_page_bytes"] // 4096
    print(f"{pages} pages, {after['arena_pages_taken'] - before['arena_pages_taken']} more taken, "
          f"{page_faults(server) - faults} faults")
    assert data_bytes(after) < data_bytes(before) * 1.05
    if time_factor == 1:
        assert after["arena_pages_taken"] - before["arena_pages_taken"] <= max(pages // 100, 32)
        assert page_faults(server) - faults < 0.05 * before["used_memory"] / 4096


def test_setting_and_deleting_takes_nothing_from_the_system(start_server, time_factor):
    server = start_server(threads=2)
    raw, client = server.raw(), server.client()
    cycle = [command for n in range(1000) for command in
             (encode("SET", f"key:{n}", "v" * (n % 300)), encode("RPUSH", f"list:{n % 50}", "e" * (n % 100)),
              encode("DEL", f"key:{n}"), encode("LPOP", f"list:{n % 50}"))]
    for _ in range(3):
        send_all(raw, cycle)
    before = memory(client)
    for _ in range(20 if time_factor == 1 else 2):
        send_all(raw, cycle)
    after = memory(client)
    assert after["arena_pages_taken"] == before["arena_pages_taken"]
    assert data_bytes(after) <= data_bytes(before) + 65536


def every_family(dice, rounds):
    """Commands of all families, over few enough keys that values meet every command; errors are welcome."""
    commands = []
    for _ in range(rounds):
        key, other = f"k{dice.randrange(40)}", f"k{dice.randrange(40)}"
        text = "x" * int(10 ** dice.uniform(0, 4))
        number = dice.randrange(-(10**9), 10**9)
        commands.append(dice.choice([
            ("SET", key, text), ("SET", key, number, "GET"), ("SET", key, text, "EX", 100), ("SET", key, text, "NX"),
            ("SETEX", key, 100, text), ("SETNX", key, text), ("GETSET", key, text), ("GETDEL", key),
            ("GETEX", key, "PERSIST"), ("APPEND", key, text), ("SETRANGE", key, dice.randrange(3000), text),
            ("GETRANGE", key, 0, -1), ("STRLEN", key), ("INCR", key), ("DECRBY", key, number), ("INCRBYFLOAT", key, "1.5"),
            ("MSET", key, text, other, number), ("MSETNX", key, text, other, number), ("MGET", key, other),
            ("LCS", f"s{dice.randrange(3)}", f"s{dice.randrange(3)}", "IDX", "WITHMATCHLEN"),
            ("SET", f"s{dice.randrange(3)}", text[:200]), ("SETBIT", key, dice.randrange(20000), 1), ("GETBIT", key, 7),
            ("BITCOUNT", key), ("BITPOS", key, 1), ("BITOP", "XOR", key, key, other), ("BITOP", "NOT", key, other),
            ("BITFIELD", key, "INCRBY", "u8", "#3", 5, "OVERFLOW", "FAIL", "SET", "i16", 2000, -5),
            ("RPUSH", f"l{dice.randrange(9)}", text, number, "a"), ("LPUSH", f"l{dice.randrange(9)}", *range(300)),
            ("LPOP", f"l{dice.randrange(9)}", 20), ("RPOP", f"l{dice.randrange(9)}"),
            ("LINSERT", f"l{dice.randrange(9)}", "BEFORE", "a", text), ("LSET", f"l{dice.randrange(9)}", 1, text),
            ("LREM", f"l{dice.randrange(9)}", 0, "a"), ("LTRIM", f"l{dice.randrange(9)}", 1, 500),
            ("LRANGE", f"l{dice.randrange(9)}", 0, -1), ("LPOS", f"l{dice.randrange(9)}", "a", "COUNT", 0),
            ("LMOVE", f"l{dice.randrange(9)}", f"l{dice.randrange(9)}", "LEFT", "RIGHT"),
            ("LMPOP", 2, f"l{dice.randrange(9)}", f"l{dice.randrange(9)}", "RIGHT", "COUNT", 3),
            ("DEL", key, other), ("UNLINK", f"l{dice.randrange(9)}"), ("RENAME", key, other), ("RENAMENX", key, other),
            ("COPY", key, other, "REPLACE"), ("COPY", f"l{dice.randrange(9)}", f"l{dice.randrange(9)}", "REPLACE"),
            ("MOVE", key, 3), ("EXPIRE", key, 50), ("PEXPIRE", key, 5), ("PERSIST", key), ("TTL", key),
            ("OBJECT", "ENCODING", key), ("TYPE", key), ("KEYS", "*"), ("SCAN", 0, "COUNT", 100), ("RANDOMKEY",),
            ("SWAPDB", 0, 3), ("DBSIZE",), ("TOUCH", key), ("EXISTS", key, other), ("PING", text), ("ECHO", text),
            ("CLIENT", "SETNAME", "name"), ("CLIENT", "LIST"), ("CLIENT", "INFO"), ("INFO", "everything"),
            ("CONFIG", "GET", "*"), ("CONFIG", "SET", "maxmemory", 0), ("COMMAND", "DOCS", "SET", "LMOVE"),
            ("COMMAND", "GETKEYS", "MSET", "a", 1, "b", 2), ("COMMAND", "COUNT"), ("TIME",), ("LOLWUT",), ("HELLO", 2),
            ("NOSUCH", text), ("GET",), ("DEBUG", "OBJECT", key), ("DEBUG", "DIGEST"), ("RESET",), ("SELECT", 0),
            ("FLUSHDB", "ASYNC") if dice.random() < 0.1 else ("DBSIZE",),
        ]))
    return commands


def test_after_every_kind_of_command_flushall_leaves_nothing(start_server, time_factor):
    """The arenas' counters return to what they were at the start, and so does what lies beside them. Under
    AddressSanitizer the server's end reports whatever leaks besides."""
    server = start_server("--enable-debug-command", "yes", "--list-max-listpack-size", "32", threads=2)
    client, dice = server.client(), random.Random(3)
    start = memory(client)  # with no connection but this one, as at the end
    raws = [server.raw() for _ in range(4)]
    commands = every_family(dice, int(12_000 / time_factor))
    for at in range(0, len(commands), 20):
        part = commands[at : at + 20]
        raw = raws[at // 20 % 4]
        raw.send_raw(b"".join(encode(*command) for command in part))
        for _ in part:
            raw.read_reply()
    send_all(raws[0], [encode("SET", f"many:{n}", n) for n in range(20_000)])
    raws[0].command("RPUSH", "large", *(f"element:{n}" * 20 for n in range(20_000)))
    raws[1].command("SET", "blob", "b" * (8 << 20))
    assert memory(client)["used_memory"] > start["used_memory"] + (12 << 20)
    assert raws[0].command("FLUSHALL", "ASYNC") == b"OK"
    for raw in raws:
        raw.close()

    def left():
        now = memory(client)
        return now["arena_used_bytes"], data_bytes(now) - now["arena_page_bytes"]

    assert start["arena_used_bytes"] == 0 and data_bytes(start) == start["arena_page_bytes"]
    wait_until(lambda: left() == (0, 0), lambda: f"it stays at {left()}")


@pytest.mark.release_only
def test_flushall_gives_the_memory_back_to_the_system(start_server):
    server = start_server(threads=2)
    raw, client = server.raw(), server.client()
    before = server.resident_bytes()
    send_all(raw, [encode("SET", f"key:{n}", "v" * 200) for n in range(300_000)])
    assert server.resident_bytes() > before + 60_000_000
    raw.command("FLUSHALL")
    wait_until(lambda: server.resident_bytes() <= before + 15_000_000, lambda: f"{server.resident_bytes() - before} bytes more than before")


@pytest.mark.release_only
def test_an_empty_server_is_resident_in_eight_mebibytes(start_server):
    server = start_server(threads=2)
    server.client().ping()
    assert server.resident_bytes() <= 8 << 20


def test_deleting_three_of_four_keys_at_random_gives_their_memory_back(start_server, time_factor):
    """No page becomes empty by that: what is left is moved together, in slices, and all of it is still there."""
    server = start_server(threads=2)
    raw, client, dice = server.raw(), server.client(), random.Random(4)
    count = int(200_000 / time_factor)
    empty = memory(client)["arena_page_bytes"]
    values = {f"key:{n}": bytes([97 + n % 26]) * dice.randrange(150) for n in range(count)}
    send_all(raw, [encode("SET", key, value) for key, value in values.items()])
    full = memory(client)
    gone = [key for key in values if dice.random() < 0.75]
    for at in range(0, len(gone), 500):
        raw.command("DEL", *gone[at : at + 500])
    for key in gone:
        del values[key]
    # A few pages of each size stay in each shard, however few keys there are.
    spare = 32 * 51 * 2048

    def is_compact():
        # Other clients work meanwhile.
        for key in dice.sample(sorted(values), 100):
            assert raw.command("GET", key) == values[key]
        key = f"key:{dice.randrange(count)}"
        values[key] = b"new" * dice.randrange(40)
        raw.command("SET", key, values[key])
        now = memory(client)
        return now if now["arena_page_bytes"] <= now["arena_used_bytes"] * 1.25 + spare + empty else None

    now = wait_until(is_compact, lambda: memory(client))
    assert now["arena_page_bytes"] < full["arena_page_bytes"] * 0.75
    names = list(values)
    for at in range(0, len(names), 1000):
        part = names[at : at + 1000]
        assert raw.command("MGET", *part) == [values[key] for key in part]
    assert raw.command("DBSIZE") == len(values)
