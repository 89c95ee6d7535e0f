"""The programs in examples/: each runs against a fresh server and does what it says.

Two of them count in seconds of the clock, so a machine that stops for as long may make them show something else once.
"""
import random
import re
import subprocess
import sys

from waiting import WAIT_SECONDS_MAX, in_one_of, wait_until
from zedis_server import ROOT


def run_example(name, server, *args):
    result = subprocess.run([sys.executable, ROOT / "examples" / name, "--port", str(server.port), *args],
                            capture_output=True, timeout=4 * WAIT_SECONDS_MAX, encoding="utf-8",
                            env={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", "PATH": "/usr/bin:/bin"})
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_rate_limiter(start_server):
    server = start_server()

    def check():
        text = run_example("rate_limiter.py", server)
        assert re.findall(r"call \d: (\w+)", text) == ["allowed"] * 5 + ["limited"] * 3
        assert re.findall(r"  (\w+): (\d+)$", text, re.M) == [("allowed", "5"), ("limited", "10"), ("banned", "5")]
        assert "counters left: 0" in text and "ann: allowed" in text
        assert "bob: banned, bans so far: 1" in text
        client = server.client()
        assert client.get("bans") == b"1" and 0 < client.ttl("ban:bob") <= 3

    for _ in range(2):  # it begins anew each time
        in_one_of(5, check)


def test_session_store(start_server):
    server = start_server()

    def check():
        text = run_example("session_store.py", server)
        assert 'her cart: ["tea", "café crème", "a \\"quoted\\" name"]' in text
        assert "after 1.6 s with a request now and then: alive" in text
        assert "after 1.2 s of silence: ended" in text
        assert "a change then is refused" in text
        assert "logging out on the phone: done" in text
        assert "logging out everywhere: 2 sessions ended" in text
        assert "sessions left: 0" in text

    in_one_of(5, check)
    wait_until(lambda: server.client().keys("session:*") == [], "sessions that do not end")


def test_user_metrics(start_server):
    """The same week, counted with sets."""
    server = start_server()
    text = run_example("user_metrics.py", server, "--seed", "11")
    dice, pages = random.Random(11), ["home"] * 5 + ["search"] * 3 + ["help"]
    days, views = [], dict.fromkeys(pages, 0)
    for _ in range(7):
        users = set()
        for _ in range(3000):
            users.add(min(int(dice.expovariate(1 / 400)), 9999))
            views[dice.choice(pages)] += 1
        days.append(users)
    assert [int(count) for count in re.findall(r"  \w+: (\d+) users", text)] == [len(users) for users in days]
    assert [int(n) for n in re.findall(r"is number (\d+)", text)] == [min(users) for users in days]
    assert f"active on every day: {len(set.intersection(*days))} users" in text
    assert f"active on any day: {len(set.union(*days))} users" in text
    assert f"active at the weekend: {len(days[5] | days[6])} users" in text
    assert f"pages: home {views['home']}, search {views['search']}, help {views['help']}" in text
    assert "events kept: 50, the last one: sun user " in text


def test_an_example_without_a_server_says_so_by_its_exit_code():
    for name in ("rate_limiter.py", "session_store.py", "user_metrics.py"):
        result = subprocess.run([sys.executable, ROOT / "examples" / name, "--port", "1"], capture_output=True, timeout=4 * WAIT_SECONDS_MAX)
        assert result.returncode != 0
