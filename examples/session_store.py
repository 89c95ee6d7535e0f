#!/usr/bin/env python3
"""A session store for a web site: a session is a JSON text under a random token, and ends when nobody uses it.

SET with EX begins a session, GETEX reads it and moves its end in one step, SET with KEEPTTL changes it, and a list per user
remembers the tokens, so that a user can log out everywhere.
"""
import argparse
import json
import secrets
import time

import redis


class SessionStore:
    def __init__(self, store, idle_s):
        self.store = store
        self.idle_s = idle_s

    def begin(self, user, **data):
        token = secrets.token_urlsafe(16)
        session = {"user": user, "began": time.time(), **data}
        self.store.set(f"session:{token}", json.dumps(session), ex=self.idle_s)
        self.store.lpush(f"sessions-of:{user}", token)
        self.store.ltrim(f"sessions-of:{user}", 0, 99)
        return token

    def load(self, token):
        """The session, whose time begins anew; None if there is none."""
        text = self.store.getex(f"session:{token}", ex=self.idle_s)
        return None if text is None else json.loads(text)

    def change(self, token, **data):
        session = self.load(token)
        if session is None:
            return False
        session.update(data)
        # XX: a session that has just ended must not come back.
        return bool(self.store.set(f"session:{token}", json.dumps(session), keepttl=True, xx=True))

    def end(self, token):
        return self.store.delete(f"session:{token}") == 1

    def end_all(self, user):
        tokens = self.store.lrange(f"sessions-of:{user}", 0, -1)
        self.store.delete(f"sessions-of:{user}")
        return self.store.delete(*(f"session:{token}" for token in tokens)) if tokens else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=6379)
    options = parser.parse_args()
    store = redis.Redis(host=options.host, port=options.port, decode_responses=True)
    store.delete("sessions-of:zoë", "sessions-of:max")
    sessions = SessionStore(store, idle_s=1)

    token = sessions.begin("zoë", cart=[])
    print(f"Zoë has logged in; her session ends after {sessions.idle_s} s of silence.")
    for item in ("tea", "café crème", "a \"quoted\" name"):
        sessions.change(token, cart=[*sessions.load(token)["cart"], item])
    print(f"  her cart: {json.dumps(sessions.load(token)['cart'], ensure_ascii=False)}")
    for _ in range(4):
        time.sleep(0.4)
        sessions.load(token)
    print(f"  after 1.6 s with a request now and then: {'alive' if sessions.load(token) else 'ended'}")
    time.sleep(1.2)
    print(f"  after 1.2 s of silence: {'alive' if sessions.load(token) else 'ended'}")
    print(f"  a change then is {'stored' if sessions.change(token, cart=[]) else 'refused'}")

    tokens = [sessions.begin("max", device=device) for device in ("phone", "laptop", "television")]
    print("Max has logged in three times.")
    print(f"  logging out on the phone: {'done' if sessions.end(tokens[0]) else 'failed'}")
    print(f"  logging out everywhere: {sessions.end_all('max')} sessions ended")
    print(f"  sessions left: {store.exists(*(f'session:{token}' for token in tokens))}")


if __name__ == "__main__":
    main()
