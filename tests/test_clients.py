"""Real scenarios by the clients that applications use: ioredis and node-redis (npm), hiredis (C), redis-py.

The programs are in tests/clients. Each says "ok NAME" for every scenario that went well.
"""
import fcntl
import os
import re
import subprocess
import threading

import pytest
import redis

from certificates import Certificates
from waiting import TIME_FACTOR, wait_until
from zedis_server import ROOT, free_port

FOLDER = ROOT / "tests/clients"
SECONDS_MAX = 300 + 60 * TIME_FACTOR


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def served(start_server, certificates):
    """A server for all that the scenarios use, and the environment that tells them where it is."""
    tls_port = free_port()
    server = start_server("--tls-port", tls_port, "--tls-cert-file", certificates.server.certificate, "--tls-key-file",
                          certificates.server.key, "--tls-ca-cert-file", certificates.authority.certificate,
                          "--unixsocket", "clients.sock", threads=2)
    environment = {**os.environ, "ZEDIS_PORT": str(server.port), "ZEDIS_TLS_PORT": str(tls_port),
                   "ZEDIS_CA": str(certificates.authority.certificate),
                   "ZEDIS_CERT": str(certificates.client.certificate), "ZEDIS_KEY": str(certificates.client.key),
                   "ZEDIS_TIME_FACTOR": str(TIME_FACTOR)}
    return server, environment


@pytest.fixture(scope="module")
def node_modules():
    """The packages of tests/clients/package-lock.json; another test run may be installing them just now."""
    stamp = FOLDER / "node_modules/.package-lock.json"
    with open(FOLDER / "package.json", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.stat().st_mtime < (FOLDER / "package-lock.json").stat().st_mtime:
            done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=FOLDER, capture_output=True, text=True, timeout=600)
            output = done.stdout + done.stderr
            if unreachable := re.search(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH", output):
                pytest.skip(f"the npm registry cannot be reached from here: {unreachable[0]}")
            assert done.returncode == 0, output


def scenarios_that_went_well(command, environment, **options):
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.removeprefix("ok ") for line in done.stdout.splitlines() if line.startswith("ok ")]


def test_ioredis(served, node_modules):
    _, environment = served
    assert scenarios_that_went_well(["node", "ioredis.mjs"], environment, cwd=FOLDER) == [
        "values", "pipelines", "transactions", "watch", "messages", "queues", "streams", "scans", "reconnection", "users",
        "tls"]  # fmt: skip


def test_node_redis(served, node_modules):
    _, environment = served
    both = ["values", "pipelines", "transactions", "messages", "queues", "reconnection"]
    assert scenarios_that_went_well(["node", "node_redis.mjs"], environment, cwd=FOLDER) == [
        *(f"{name} ({protocol})" for name in both for protocol in ("RESP2", "RESP3")), "client-side caching", "users", "tls"]


def test_hiredis(served, tmp_path):
    server, environment = served
    program = tmp_path / "hiredis-scenarios"
    subprocess.run(["clang-19", "-O1", "-Wall", "-Wextra", "-Werror", "-o", program, FOLDER / "hiredis.c", "-lhiredis"],
                   check=True, timeout=300)
    assert scenarios_that_went_well([program, str(server.port), server.dir / "clients.sock"], environment) == [
        "values", "pipelines", "transactions", "messages", "queues", "reconnection", "unix socket"]


# --- redis-py


def test_redis_py_transaction_helper(served):
    server, _ = served
    client = server.client()
    client.set("balance", 0)

    def work():
        mine = redis.Redis(port=server.port)
        for _ in range(50):
            mine.transaction(lambda pipe: (lambda now: (pipe.multi(), pipe.set("balance", now + 1)))(int(pipe.get("balance"))),
                             "balance")
        mine.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.get("balance") == b"200"


def test_redis_py_lock(served):
    """Its lock is a Lua script at release, so only what it does before: SET NX PX, and a second one is refused."""
    server, _ = served
    client = server.client()
    assert client.lock("resource", timeout=100).acquire(blocking=False)
    assert not client.lock("resource", timeout=100).acquire(blocking=False)


def test_redis_py_messages(served):
    server, _ = served
    client = server.client()
    messages = client.pubsub()
    messages.subscribe("news")
    messages.psubscribe("n?ws")
    kinds = [messages.get_message(timeout=SECONDS_MAX)["type"] for _ in range(2)]
    assert kinds == ["subscribe", "psubscribe"]
    assert client.publish("news", "hello") == 2
    seen = [messages.get_message(timeout=SECONDS_MAX) for _ in range(2)]
    assert [(one["type"], one["data"]) for one in seen] == [("message", b"hello"), ("pmessage", b"hello")]
    messages.close()
    # In a thread of its own.
    heard = []
    messages = client.pubsub()
    messages.subscribe(**{"work": lambda message: heard.append(message["data"])})
    thread = messages.run_in_thread(sleep_time=0.01)
    wait_until(lambda: client.pubsub_numsub("work") == [(b"work", 1)], "it is subscribed")
    client.publish("work", "done")
    wait_until(lambda: heard == [b"done"], "the message is heard")
    thread.stop()
    thread.join()


def test_redis_py_reconnects(served):
    server, _ = served
    client = redis.Redis(port=server.port, single_connection_client=True)
    name = client.client_id()
    assert server.client().client_kill_filter(_id=name) == 1
    wait_until(lambda: _survives(client), "it has connected again")
    assert client.client_id() != name
    client.close()


def _survives(client):
    try:
        return client.ping()
    except redis.ConnectionError:
        return False


def test_redis_py_users(served):
    server, _ = served
    admin = server.client()
    assert admin.acl_setuser("reader", enabled=True, passwords=["+secret"], categories=["+@read"], keys=["public:*"],
                             commands=["+ping"])
    admin.set("public:a", 1)
    reader = redis.Redis(port=server.port, username="reader", password="secret")
    assert reader.get("public:a") == b"1"
    with pytest.raises(redis.exceptions.NoPermissionError):
        reader.get("private:a")
    with pytest.raises(redis.exceptions.NoPermissionError):
        reader.set("public:a", 2)
    with pytest.raises(redis.exceptions.ResponseError, match="WRONGPASS"):
        redis.Redis(port=server.port, username="reader", password="wrong").ping()
    assert admin.acl_deluser("reader") == 1
    reader.close()
