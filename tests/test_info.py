"""INFO: numbers that are true."""

from waiting import wait_until

from differential import compare


def test_fields_of_the_server(server, client):
    info = client.info()
    assert info["redis_version"].startswith("7.4.") and info["zedis_version"] and info["tcp_port"] == server.port
    assert info["process_id"] == server.pid and info["redis_mode"] == "standalone" and info["role"] == "master"
    assert len(info["run_id"]) == 40 and len(info["master_replid"]) == 40
    assert info["executable"].endswith("zedis-server") and info["cluster_enabled"] == 0 and info["aof_enabled"] == 0


def test_counts_of_commands_hits_and_misses(client):
    client.config_resetstat()
    before = client.info("stats")
    client.set("key", 1)
    client.get("key")
    client.get("missing")
    after = client.info("stats")
    assert after["keyspace_hits"] == 1 and after["keyspace_misses"] == 1
    assert after["total_commands_processed"] - before["total_commands_processed"] == 4
    assert after["total_net_input_bytes"] > before["total_net_input_bytes"]
    client.config_resetstat()
    assert client.info("stats")["keyspace_hits"] == 0


def test_connected_clients(server, client):
    client.ping()
    before = client.info("clients")["connected_clients"]
    others = [server.raw() for _ in range(5)]
    for other in others:
        other.command("PING")
    assert client.info("clients")["connected_clients"] == before + 5


def test_keys_and_their_expiry(client):
    client.set("a", 1)
    client.set("b", 1, ex=1000)
    counts = client.info("keyspace")["db0"]
    assert 0 < counts.pop("avg_ttl") <= 1_000_000
    assert counts == {"keys": 2, "expires": 1, "subexpiry": 0}


def test_memory_grows_with_what_is_stored(client):
    before = client.info("memory")
    for number in range(64):
        client.set(f"large:{number}", "x" * 100_000)
    after = client.info("memory")
    grown = after["used_memory"] - before["used_memory"]
    # Beside the values as the allocator rounds them: the first pages of each shard, for directory, segment, buckets and
    # entries, 4 KiB each.
    shards = 16 * 4  # 16 for each of at most four threads
    first_pages = 5 * 4096 * shards
    assert 6_400_000 <= grown < 1.15 * 6_400_000 + first_pages
    assert after["used_memory_peak"] >= after["used_memory"] and after["used_memory_rss"] > grown
    for number in range(64):
        client.set(f"large:{number}", "small")
    wait_until(lambda: client.info("memory")["used_memory"] - before["used_memory"] < first_pages, "memory stays")


def test_commands_a_second(client):
    wait_until(lambda: client.ping() and client.info("stats")["instantaneous_ops_per_sec"] > 0, "commands do not count")


def test_maxmemory_refuses_writes_and_keeps_reading(client):
    client.set("key", "value")
    client.config_set("maxmemory", 1)
    try:
        try:
            client.set("key", "other")
            raise AssertionError("the write went through")
        except Exception as error:  # noqa: BLE001 - redis-py's class differs by version
            assert "used memory > 'maxmemory'" in str(error)
        assert client.get("key") == b"value"
    finally:
        client.config_set("maxmemory", 0)
    assert client.set("key", "other")


def _fields(client, section):
    """The fields of a section, as bytes."""
    lines = bytes(client.command("INFO", section)).split(b"\r\n")
    return dict(line.split(b":", 1) for line in lines if b":" in line)


def test_calls_rejections_and_failures_count_as_in_the_oracle(raw, oracle):
    with oracle.raw() as other:
        shown = []
        for client in (raw, other):
            client.command("CONFIG", "RESETSTAT")
            for request in ("SET key v", "GET key", "GET key", "GET", "LPUSH key x", "SET a b c", "CLIENT ID", "CLIENT", "CLIENT nosuch", "nosuch", "INCR key",
                            "LPOP key 1 2", "SELECT 99", "CLIENT LIST TYPE x", "AUTH x", "OBJECT ENCODING", "OBJECT ENCODING key", "HELLO 9"):
                client.command(*request.split())
            calls = {name: value.split(b",") for name, value in _fields(client, "commandstats").items()}
            stats = _fields(client, "stats")
            shown.append(({name: (value[0], value[3], value[4]) for name, value in calls.items()}, _fields(client, "errorstats"), stats[b"total_error_replies"],
                          stats[b"total_commands_processed"], sorted(_fields(client, "latencystats"))))
            assert all(value[1].startswith(b"usec=") and value[2].startswith(b"usec_per_call=") for value in calls.values())
        for ours, theirs in zip(*shown):
            assert ours == theirs


def test_time_of_a_slow_command_is_true(start_server):
    """A call that is slow is timed, in whatever company it comes."""
    client = start_server("--enable-debug-command", "yes").client()
    pipeline = client.pipeline(transaction=False)
    for number in range(2000):
        pipeline.get("key")
        if number == 1000:
            pipeline.execute_command("DEBUG", "SLEEP", "0.05")
    pipeline.execute()
    calls = client.info("commandstats")
    assert calls["cmdstat_debug"]["calls"] == 1 and calls["cmdstat_debug"]["usec"] >= 49_000
    assert calls["cmdstat_get"]["calls"] == 2000 and calls["cmdstat_get"]["usec"] > 0
    assert client.info("latencystats")["latency_percentiles_usec_debug"]["p50"] >= 49_000
    stats = client.info("stats")
    assert stats["eventloop_duration_sum"] >= stats["eventloop_duration_cmd_sum"] >= 49_000


def test_mean_time_to_live(client):
    for number in range(100):
        client.set(f"volatile:{number}", 1, ex=1000 if number % 2 else 3000)
        client.set(f"lasting:{number}", 1)
    counts = client.info("keyspace")["db0"]
    assert counts["keys"] == 200 and counts["expires"] == 100
    assert 1_000_000 <= counts["avg_ttl"] <= 3_000_000


def test_sections_are_chosen_as_in_the_oracle(raw, oracle):
    with oracle.raw() as other:
        for words in ([], ["all"], ["everything"], ["default"], ["default", "commandstats"], ["nosuch"], ["server", "nosuch"], ["SERVER"], ["modules"], ["cpu", "server"],
                      ["all", "modules"], ["errorstats", "latencystats"], ["keyspace", "keyspace"]):
            titles = [[line for line in bytes(client.command("INFO", *words)).split(b"\r\n") if line.startswith(b"#")] for client in (raw, other)]
            assert titles[0] == titles[1], words


def test_every_field_of_the_oracle_is_there(raw, oracle):
    with oracle.raw() as other:
        for section in ("server", "clients", "persistence", "stats", "replication", "cpu", "cluster"):
            missing = set(_fields(other, section)) - set(_fields(raw, section)) - compare.INFO_FIELDS_NOT_HERE
            assert missing == set(), section
