"""redis-benchmark with its whole default list of tests: what people try first."""
import subprocess

REQUESTS = 2000

# As redis-benchmark 7.0 prints them with -q.
LINES = (
    "PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD", "HSET", "SPOP", "ZADD",
    "ZPOPMIN", "LPUSH (needed to benchmark LRANGE)", "LRANGE_100 (first 100 elements)", "LRANGE_300 (first 300 elements)",
    "LRANGE_500 (first 500 elements)", "LRANGE_600 (first 600 elements)", "MSET (10 keys)",
)  # fmt: skip


def _run(server, *options):
    command = ["redis-benchmark", "-p", str(server.port), "-q", "-n", str(REQUESTS), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    results = [line.split("\r")[-1] for line in done.stdout.split("\n") if "requests per second" in line]
    return done, results


def _check(done, results):
    assert done.returncode == 0, done.stderr
    assert "rror" not in done.stdout + done.stderr, done.stdout + done.stderr
    assert [line.split(": ")[0] for line in results] == list(LINES)


def test_the_default_list(server, raw):
    raw.command("CONFIG", "RESETSTAT")
    _check(*_run(server))
    assert raw.command("INFO", "errorstats").strip() == b"# Errorstats"
    calls = raw.command("INFO", "commandstats")
    assert f"cmdstat_ping:calls={2 * REQUESTS},".encode() in calls
    assert f"cmdstat_mset:calls={REQUESTS},".encode() in calls


def test_pipelined_over_many_keys(server):
    _check(*_run(server, "-P", "16", "-r", "1000"))
