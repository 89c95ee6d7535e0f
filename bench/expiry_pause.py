#!/usr/bin/python3
"""100,000 keys a second fall due: how soon they are gone, and how long a PING waits meanwhile.

usage: bench/expiry_pause.py [--keys N] [--seconds N] [--threads N] [--binary PATH]

The same loop of PINGs runs before the keys fall due and while they do, on a machine that does nothing else; what the second
shows beyond the first is the server's doing. The server runs on the first CPU, this program on the second, with its garbage
collector off. Exit code 1 if more than 0.1 % of what has been due for a second was still there at any moment, or
if a PING waited for more than a millisecond longer than the longest before.
"""
import argparse
import gc
import os
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from raw_client import encode  # noqa: E402
from zedis_server import Server  # noqa: E402

PER_MS = 100
PING = encode("PING")


def expired_keys(client):
    return client.info("stats")["expired_keys"]


def ping_until(sock, end_s, waits, each=None):
    """PINGs one after the other; `each` is called some twenty times a second."""
    next_look = 0.0
    clock = time.perf_counter
    while time.time() < end_s:
        before = clock()
        sock.sendall(PING)
        sock.recv(64)
        waits.append(clock() - before)
        if each is not None and time.monotonic() >= next_look:
            next_look = time.monotonic() + 0.05
            each()


def figures(name, waits):
    waits = sorted(waits)
    at = lambda share: waits[min(len(waits) - 1, int(len(waits) * share))] * 1e6
    over = sum(wait > 0.001 for wait in waits)
    print(f"{name:>8}: {len(waits)} PINGs, p50 {at(0.5):.0f} us, p99 {at(0.99):.0f} us, p99.9 {at(0.999):.0f} us, "
          f"p99.99 {at(0.9999):.0f} us, longest {waits[-1] * 1e6:.0f} us, {over} over 1 ms")
    return waits[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=5, help="for how long keys fall due")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--binary")
    options = parser.parse_args()
    due = min(options.keys, options.seconds * 1000 * PER_MS)

    os.sched_setaffinity(0, {1 % os.cpu_count()})
    server = Server(binary=options.binary, threads=options.threads)
    server.start()
    if options.threads == 1:
        for task in os.listdir(f"/proc/{server.pid}/task"):
            os.sched_setaffinity(int(task), {0})
    try:
        with server.raw() as raw:
            client = server.client()
            # Those that fall due, and those that do not for a long time, in between them.
            begin_ms = int(time.time() * 1000) + 4000 + options.keys // 60
            for at in range(0, options.keys, 1000):
                part = [encode("SET", f"key:{n:08}", f"value:{n}", "PXAT",
                               begin_ms + n // PER_MS if n < due else begin_ms + 3_600_000)
                        for n in range(at, min(at + 1000, options.keys))]
                raw.send_raw(b"".join(part))
                for _ in part:
                    assert raw.read_reply() == b"OK"
        assert time.time() * 1000 < begin_ms - 1000, "this machine needs longer to write the keys"
        gc.disable()
        sock = socket.create_connection(("127.0.0.1", server.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        before, during, late, lag = [], [], [0.0], [0]

        def look():
            now_ms = time.time() * 1000
            expired = expired_keys(client)
            due_for_a_second = min(due, max(0.0, (now_ms - 1000 - begin_ms) * PER_MS))
            if due_for_a_second:
                late[0] = max(late[0], 1 - expired / due_for_a_second)
            lag[0] = max(lag[0], min(due, max(0.0, (now_ms - begin_ms) * PER_MS)) - expired)

        ping_until(sock, begin_ms / 1000 - 0.1, before, look)
        time.sleep(max(0.0, begin_ms / 1000 - time.time()))
        ping_until(sock, begin_ms / 1000 + due / PER_MS / 1000 + 1, during, look)
        expired = expired_keys(client)
    finally:
        server.stop()
    longest_before = figures("before", before)
    longest = figures("expiring", during)
    print(f"{due} keys of {options.keys} fell due, {PER_MS * 1000} a second; {expired} are gone. Later than a second: "
          f"{late[0]:.4%} at most. Due and still there: {lag[0]:.0f} at most.")
    return 0 if late[0] <= 0.001 and longest <= longest_before + 0.001 else 1


if __name__ == "__main__":
    sys.exit(main())
