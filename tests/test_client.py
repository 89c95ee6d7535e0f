"""CLIENT with several connections on several threads."""

import threading

from raw_client import Error


def lines(client, *filters):
    text = bytes(client.command("CLIENT", "LIST", *filters)).decode()
    return [dict(field.partition("=")[::2] for field in line.split(" ")) for line in text.splitlines()]


def test_list_shows_every_connection_with_what_it_is(server, raw):
    others = [server.raw() for _ in range(4)]
    for number, other in enumerate(others):
        other.command("CLIENT", "SETNAME", f"other-{number}")
        other.command("SELECT", number)
        other.command("GET", "key")
    found = {line["name"]: line for line in lines(raw)}
    for number, other in enumerate(others):
        line = found[f"other-{number}"]
        assert line["db"] == str(number) and line["cmd"] == "get" and line["user"] == "default" and line["resp"] == "2"
        assert line["laddr"] == f"127.0.0.1:{server.port}" and line["addr"].startswith("127.0.0.1:")
        assert int(line["fd"]) > 0 and line["flags"] == "N" and line["tot-cmds"] == "3"
        assert int(line["tot-net-in"]) > 0 and int(line["tot-net-out"]) > 0
    assert found[""]["cmd"] == "client|list"
    ids = [int(line["id"]) for line in lines(raw)]
    assert ids == sorted(set(ids))


def test_a_closed_connection_leaves_the_list(server, raw):
    other = server.raw()
    own = other.command("CLIENT", "ID")
    assert [line["id"] for line in lines(raw, "ID", own)] == [str(own)]
    other.command("QUIT")
    assert other.is_closed()
    assert lines(raw, "ID", own) == []


def test_info_in_resp3_is_a_verbatim_text(raw3):
    raw3.send_raw(b"CLIENT INFO\r\n")
    reply = raw3.read_reply_bytes()
    assert reply.startswith(b"=") and b"\r\ntxt:id=" in reply and b" resp=3 " in reply


def test_setinfo_and_no_touch(raw):
    assert raw.command("CLIENT", "SETINFO", "LIB-NAME", "redis-py(x)") == b"OK"
    assert raw.command("CLIENT", "SETINFO", "LIB-VER", "5.0") == b"OK"
    assert raw.command("CLIENT", "SETINFO", "LIB-VER", "5 0") == Error(b"ERR lib-ver cannot contain spaces, newlines or special characters.")
    assert raw.command("CLIENT", "SETINFO", "foo", "x") == Error(b"ERR Unrecognized option 'foo'")
    assert raw.command("CLIENT", "NO-TOUCH", "ON") == b"OK"
    assert raw.command("CLIENT", "NO-EVICT", "ON") == b"OK"
    line = lines(raw, "ID", raw.command("CLIENT", "ID"))[0]
    assert line["lib-name"] == "redis-py(x)" and line["lib-ver"] == "5.0" and line["flags"] == "eT"
    raw.command("RESET")
    line = lines(raw, "ID", raw.command("CLIENT", "ID"))[0]
    assert line["lib-name"] == "redis-py(x)" and line["flags"] == "N"


def test_listing_while_connections_come_and_go_and_rename_themselves(start_server):
    server = start_server(threads=4)
    failures = []

    def churn(number):
        try:
            for turn in range(60):
                with server.raw() as client:
                    assert client.command("CLIENT", "SETNAME", f"n{number}-{turn}" * 5) == b"OK"
                    mine = lines(client, "ID", client.command("CLIENT", "ID"))
                    assert [line["name"] for line in mine] == [f"n{number}-{turn}" * 5]
                    assert all(len(line) >= 30 for line in lines(client))
        except Exception as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    threads = [threading.Thread(target=churn, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
