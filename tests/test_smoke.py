"""The first things anybody does."""


def test_ping(client):
    assert client.ping() is True


def test_set_and_get(client):
    assert client.set("greeting", "hello")
    assert client.get("greeting") == b"hello"
    assert client.get("nothing") is None


def test_resp3_hello(raw3):
    assert raw3.command("PING") == b"PONG"


def test_many_threads_answer(start_server):
    server = start_server(threads=4)
    clients = [server.raw() for _ in range(16)]
    for number, client in enumerate(clients):
        assert client.command("SET", f"key:{number}", number) == b"OK"
    assert [int(client.command("GET", f"key:{number}")) for number, client in enumerate(clients)] == list(range(16))
