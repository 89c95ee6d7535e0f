"""INFO: numbers that are true."""

from waiting import wait_until


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
    assert client.info("keyspace")["db0"] == {"keys": 2, "expires": 1, "avg_ttl": 0, "subexpiry": 0}


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
