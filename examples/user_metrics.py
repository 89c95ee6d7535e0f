#!/usr/bin/env python3
"""User metrics: who was active on which day, how often each page was seen, and what happened last.

A day is a bitmap with one bit per user number, so that a million users take 122 KiB a day. BITCOUNT counts the active ones,
BITOP finds those who came back. Page views are counters, and the latest events a list that never outgrows its limit.
"""
import argparse
import random

import redis

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVENTS_KEPT = 50


class Metrics:
    def __init__(self, store):
        self.store = store

    def visit(self, pipe, day, user, page):
        pipe.setbit(f"active:{day}", user, 1)
        pipe.incr(f"views:{page}")
        pipe.lpush("events", f"{day} user {user} saw {page}")
        pipe.ltrim("events", 0, EVENTS_KEPT - 1)

    def active(self, day):
        return self.store.bitcount(f"active:{day}")

    def active_on_all(self, days):
        self.store.bitop("AND", "active:all", *(f"active:{day}" for day in days))
        return self.store.bitcount("active:all")

    def active_on_any(self, days):
        self.store.bitop("OR", "active:any", *(f"active:{day}" for day in days))
        return self.store.bitcount("active:any")

    def first_user(self, day):
        return self.store.bitpos(f"active:{day}", 1)

    def top_pages(self):
        keys = sorted(self.store.scan_iter("views:*", count=100))
        views = zip(keys, map(int, self.store.mget(keys)))
        return sorted(((count, key.removeprefix("views:")) for key, count in views), reverse=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=6379)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    store = redis.Redis(host=options.host, port=options.port, decode_responses=True)
    for pattern in ("active:*", "views:*"):
        for key in store.scan_iter(pattern):
            store.delete(key)
    store.delete("events")

    metrics, dice = Metrics(store), random.Random(options.seed)
    pages = ["home"] * 5 + ["search"] * 3 + ["help"]
    visits = 0
    for day in DAYS:
        pipe = store.pipeline(transaction=False)
        for _ in range(3000):
            metrics.visit(pipe, day, min(int(dice.expovariate(1 / 400)), 9999), dice.choice(pages))
            visits += 1
        pipe.execute()

    print(f"{visits} visits in a week:")
    for day in DAYS:
        print(f"  {day}: {metrics.active(day)} users, the first of them is number {metrics.first_user(day)}")
    print(f"active on every day: {metrics.active_on_all(DAYS)} users")
    print(f"active on any day: {metrics.active_on_any(DAYS)} users")
    print(f"active at the weekend: {metrics.active_on_any(DAYS[-2:])} users")
    print("pages: " + ", ".join(f"{page} {count}" for count, page in metrics.top_pages()))
    print(f"events kept: {store.llen('events')}, the last one: {store.lindex('events', 0)}")


if __name__ == "__main__":
    main()
