#!/usr/bin/env python3
"""A rate limiter: so many calls for each user in each window of time, and a longer ban for those who ignore it.

A window is one counter per user, made by INCR. The first call of a window gives it its time to live, so that the server
itself ends the window; nothing has to be cleaned up. SET with NX and EX is the ban: whoever sets it first counts it once.
"""
import argparse
import time

import redis


class RateLimiter:
    def __init__(self, store, calls_max, window_s, ban_s):
        self.store = store
        self.calls_max = calls_max
        self.window_s = window_s
        self.ban_s = ban_s

    def ask(self, user):
        """Returns "allowed", "limited" or "banned", and how many seconds (0 if allowed) the user should wait."""
        ban_left_ms = self.store.pttl(f"ban:{user}")
        if ban_left_ms > 0:
            return "banned", ban_left_ms / 1000
        window = f"calls:{user}"
        # Both or nothing in one round trip; NX leaves the end of a window that has begun where it is.
        calls, _, left_ms = (self.store.pipeline(transaction=False)
                             .incr(window)
                             .execute_command("EXPIRE", window, self.window_s, "NX")
                             .pttl(window)
                             .execute())
        if calls <= self.calls_max:
            return "allowed", 0.0
        if calls > 3 * self.calls_max and self.store.set(f"ban:{user}", calls, nx=True, ex=self.ban_s):
            self.store.incr("bans")
            return "banned", float(self.ban_s)
        return "limited", left_ms / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=6379)
    options = parser.parse_args()
    store = redis.Redis(host=options.host, port=options.port, decode_responses=True)
    for key in store.scan_iter("calls:*"):
        store.delete(key)
    store.delete("ban:bob", "bans")

    limiter = RateLimiter(store, calls_max=5, window_s=1, ban_s=3)
    print("Five calls a second are allowed. Ann makes eight calls, one at a time:")
    for number in range(1, 9):
        verdict, wait_s = limiter.ask("ann")
        print(f"  call {number}: {verdict}" + (f", a new window begins in {wait_s:.1f} s" if wait_s else ""))

    print("Bob makes twenty calls and does not listen:")
    verdicts = [limiter.ask("bob")[0] for _ in range(20)]
    for verdict in ("allowed", "limited", "banned"):
        print(f"  {verdict}: {verdicts.count(verdict)}")

    print("A second later the server has ended both windows:")
    time.sleep(1.1)
    print(f"  counters left: {store.exists('calls:ann', 'calls:bob')}")
    print(f"  ann: {limiter.ask('ann')[0]}")
    print(f"  bob: {limiter.ask('bob')[0]}, bans so far: {store.get('bans')}")


if __name__ == "__main__":
    main()
