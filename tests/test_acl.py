"""Users and what they may do: ACL, AUTH, aclfile, requirepass, "user" lines."""
import hashlib
import threading

import pytest

from program import refusal
from raw_client import Error, Map, RawClient
from waiting import wait_until

NO_KEY = Error(b"NOPERM this user has no permissions to access one of the keys used as arguments")
NO_CHANNEL = Error(b"NOPERM this user has no permissions to access one of the channels used as arguments")
NO_DATABASE = Error(b"NOPERM No permissions to access database")
NO_AUTH = Error(b"NOAUTH Authentication required.")
WRONG_PASSWORD = Error(b"WRONGPASS invalid username-password pair or user is disabled.")


def no_command(name):
    return Error(f"NOPERM this user has no permissions to run the '{name}' command".encode())


def sha256(password):
    return hashlib.sha256(password.encode()).hexdigest()


@pytest.fixture
def acl(start_server):
    """A server of the test's own: users outlive a connection."""
    return start_server("--enable-debug-command", "yes")


@pytest.fixture
def admin(acl):
    return acl.raw()


def user(server, name, password="x"):
    client = server.raw()
    assert client.command("AUTH", name, password) == b"OK"
    return client


def users_of(client):
    return [line.decode() for line in client.command("ACL", "LIST")]


# --- logging in ---


def test_a_user_logs_in_with_each_of_its_passwords_and_no_other(acl, admin):
    assert admin.command("ACL", "SETUSER", "alice", "on", ">one", ">two", "+@all", "~*") == b"OK"
    other = acl.raw()
    assert other.command("AUTH", "alice", "three") == WRONG_PASSWORD
    assert other.command("ACL", "WHOAMI") == b"default"
    for password in ("one", "two"):
        assert other.command("AUTH", "alice", password) == b"OK"
    assert other.command("ACL", "WHOAMI") == b"alice"
    assert b" user=alice " in bytes(other.command("CLIENT", "INFO"))
    assert admin.command("ACL", "SETUSER", "alice", "<one") == b"OK"
    assert other.command("AUTH", "alice", "one") == WRONG_PASSWORD
    assert other.command("ACL", "WHOAMI") == b"alice"
    assert other.command("RESET") == b"RESET" and other.command("ACL", "WHOAMI") == b"default"


def test_hello_logs_in(acl, admin):
    admin.command("ACL", "SETUSER", "alice", "on", ">pw", "+@all")
    other = acl.raw()
    assert other.command("HELLO", 3, "AUTH", "alice", "wrong") == WRONG_PASSWORD
    assert isinstance(other.command("HELLO", 3, "AUTH", "alice", "pw"), Map)
    assert other.command("ACL", "WHOAMI") == b"alice"


def test_a_user_that_is_off_or_unknown_cannot_log_in(acl, admin):
    admin.command("ACL", "SETUSER", "alice", "off", ">pw", "+@all")
    other = acl.raw()
    assert other.command("AUTH", "alice", "pw") == WRONG_PASSWORD
    assert other.command("AUTH", "nobody", "pw") == WRONG_PASSWORD
    admin.command("ACL", "SETUSER", "alice", "on")
    assert other.command("AUTH", "alice", "pw") == b"OK"
    # As in Redis, who has logged in stays.
    admin.command("ACL", "SETUSER", "alice", "off")
    assert other.command("ACL", "WHOAMI") == b"alice"
    assert other.command("AUTH", "alice", "pw") == WRONG_PASSWORD


@pytest.mark.observes("requirepass")
def test_requirepass_is_the_password_of_the_default_user(start_server):
    server = start_server("--requirepass", "secret")
    client = RawClient(server.port)
    assert client.command("PING") == NO_AUTH
    assert client.command("AUTH", "wrong") == WRONG_PASSWORD
    assert client.command("AUTH", "secret") == b"OK"
    assert users_of(client) == [f"user default on #{sha256('secret')} ~* &* +@all"]
    assert client.command("CONFIG", "SET", "requirepass", "other") == b"OK"
    assert users_of(client) == [f"user default on #{sha256('other')} ~* &* +@all"]
    late = RawClient(server.port)
    assert late.command("AUTH", "default", "secret") == WRONG_PASSWORD
    assert late.command("AUTH", "default", "other") == b"OK"
    assert client.command("CONFIG", "SET", "requirepass", "") == b"OK"
    assert users_of(client) == ["user default on nopass ~* &* +@all"]
    assert RawClient(server.port).command("PING") == b"PONG"


def test_without_the_default_user_everybody_has_to_log_in(acl, admin):
    admin.command("ACL", "SETUSER", "root", "on", "nopass", "+@all", "~*", "&*")
    admin.command("ACL", "SETUSER", "default", "off")
    assert admin.command("PING") == b"PONG"  # was let in before
    other = RawClient(acl.port)
    assert other.command("PING") == NO_AUTH
    assert other.command("AUTH", "default", "") == WRONG_PASSWORD
    assert other.command("AUTH", "root", "") == b"OK" and other.command("PING") == b"PONG"
    admin.command("ACL", "SETUSER", "default", "on")
    assert RawClient(acl.port).command("PING") == b"PONG"


# --- what may be done ---


def test_commands_and_categories(acl, admin):
    admin.command("ACL", "SETUSER", "u", "on", "nopass", "allkeys", "+@string", "-set", "+config|get", "+select|1", "+acl|whoami")
    client = user(acl, "u")
    assert client.command("APPEND", "k", "v") == 1 and client.command("GET", "k") == b"v"
    assert client.command("SET", "k", "v") == no_command("set")
    assert client.command("LPUSH", "l", "v") == no_command("lpush")
    assert client.command("CONFIG", "GET", "port")[0] == b"port"
    assert client.command("config", "set", "maxclients", "5") == no_command("config|set")
    assert client.command("SELECT", "1") == b"OK"
    assert client.command("SELECT", "0") == no_command("select")
    assert client.command("PING") == no_command("ping")
    # What every client may: to become another user.
    assert client.command("AUTH", "default", "") == b"OK" and client.command("PING") == b"PONG"


def test_unknown_commands_and_wrong_arity_come_before_permissions(acl, admin):
    admin.command("ACL", "SETUSER", "u", "on", "nopass")
    client = user(acl, "u")
    assert client.command("GET") == Error(b"ERR wrong number of arguments for 'get' command")
    assert client.command("NOSUCH").startswith(b"ERR unknown command")
    assert client.command("CONFIG", "NOSUCH").startswith(b"ERR unknown subcommand")


@pytest.mark.parametrize("request_, allowed", [
    (["GET", "rw:1"], True), (["GET", "r:1"], True), (["GET", "w:1"], False), (["GET", "x"], False),
    (["SET", "w:1", "v"], True), (["SET", "r:1", "v"], False), (["SET", "w:1", "v", "GET"], False), (["SET", "rw:1", "v", "get"], True),
    (["SETRANGE", "w:1", "0", "x"], True), (["INCR", "w:1"], False), (["INCR", "rw:1"], True),
    (["MSET", "rw:1", "v", "w:1", "v"], True), (["MSET", "rw:1", "v", "r:1", "v"], False), (["MGET", "rw:1", "r:1", "w:1"], False),
    (["COPY", "r:1", "w:1"], True), (["COPY", "w:1", "r:1"], False), (["EXISTS", "w:1"], True), (["EXISTS", "x"], False),
    (["BITFIELD", "r:1", "GET", "u8", "0"], True), (["BITFIELD", "r:1", "INCRBY", "u8", "0", "1"], False),
    (["SORT", "r:l", "STORE", "w:l"], True), (["SORT", "r:l", "STORE", "r:l"], False),
    (["ZUNIONSTORE", "w:z", "2", "r:z", "rw:z"], True), (["ZUNIONSTORE", "w:z", "2", "r:z", "w:z"], False),
    (["LMOVE", "rw:l", "w:l", "LEFT", "LEFT"], True), (["LMOVE", "r:l", "w:l", "LEFT", "LEFT"], False),
    (["XREAD", "STREAMS", "r:s", "w:s", "0", "0"], False), (["XREAD", "STREAMS", "r:s", "rw:s", "0", "0"], True),
    (["DEL", "w:1"], True), (["UNLINK", "r:1"], False), (["OBJECT", "ENCODING", "x"], False), (["DBSIZE"], True),
])
def test_keys_may_be_read_or_written(server, raw, oracle, request_, allowed):
    """For one user of each server, so that both decide alike."""
    rules = ["reset", "on", "nopass", "+@all", "~rw:*", "%R~r:*", "%W~w:*"]
    for one in (raw, oracle.raw()):
        assert one.command("ACL", "SETUSER", "keys", *rules) == b"OK"
        assert one.command("AUTH", "keys", "x") == b"OK"
        assert (one.command(*request_) == NO_KEY) == (not allowed)


def test_a_selector_allows_what_the_rest_does_not(acl, admin):
    admin.command("ACL", "SETUSER", "u", "on", "nopass", "~a:*", "+get", "(~b:*", "+set)", "(%R~c:*", "+@all)")
    client = user(acl, "u")
    assert client.command("GET", "a:1") is None and client.command("SET", "b:1", "v") == b"OK"
    assert client.command("SET", "a:1", "v") == NO_KEY
    assert client.command("GET", "b:1") == NO_KEY
    assert client.command("STRLEN", "c:1") == 0 and client.command("SET", "c:1", "v") == NO_KEY
    admin.command("ACL", "SETUSER", "u", "clearselectors")
    assert client.command("SET", "b:1", "v") == no_command("set")


def test_sort_reads_other_keys_only_for_those_who_may_read_all(acl, admin):
    admin.command("RPUSH", "list", "1", "2")
    admin.command("ACL", "SETUSER", "some", "on", "nopass", "+@all", "~list")
    admin.command("ACL", "SETUSER", "all", "on", "nopass", "+@all", "%R~*", "-sort_ro")
    client = user(acl, "some")
    assert client.command("SORT", "list") == [b"1", b"2"]
    assert client.command("SORT", "list", "BY", "nokey") == [b"1", b"2"]
    assert client.command("SORT", "list", "BY", "w_*") == Error(b"ERR BY option of SORT denied due to insufficient ACL permissions.")
    assert client.command("SORT_RO", "list", "GET", "#") == Error(b"ERR GET option of SORT denied due to insufficient ACL permissions.")
    client = user(acl, "all")
    assert client.command("SORT", "list", "BY", "w_*", "GET", "v_*", "DESC") == [None, None]


def test_a_change_of_rules_counts_from_the_next_command_on(acl, admin):
    admin.command("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*")
    clients = [user(acl, "u") for _ in range(4)]
    others = [acl.raw() for _ in range(4)]
    for change, expected in (("-get", no_command("get")), ("+get", None), ("resetkeys", NO_KEY), ("%R~k*", None)):
        assert admin.command("ACL", "SETUSER", "u", change) == b"OK"
        assert [client.command("GET", "k") for client in clients] == [expected] * 4
        assert [other.command("GET", "k") for other in others] == [None] * 4
    admin.command("ACL", "SETUSER", "default", "-get")
    assert [other.command("GET", "k") for other in others] == [no_command("get")] * 4
    assert admin.pipeline(("ACL", "SETUSER", "default", "+get"), ("GET", "k"), ("ACL", "SETUSER", "default", "-get"), ("GET", "k")) == [
        b"OK", None, b"OK", no_command("get")]


def test_a_deleted_user_loses_its_connections(acl, admin):
    admin.command("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*")
    clients = [user(acl, "u") for _ in range(4)]
    stays = acl.raw()
    assert admin.command("ACL", "DELUSER", "u", "nosuch") == 1
    assert all(client.is_closed() for client in clients)
    assert stays.command("PING") == b"PONG"
    admin.command("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*")
    own = user(acl, "u")
    assert own.command("ACL", "DELUSER", "u") == 1 and own.is_closed()
    assert admin.command("ACL", "DELUSER", "default") == Error(b"ERR The 'default' user cannot be removed")


def test_a_namesake_is_another_user(acl, admin):
    """Whoever has logged in as a user that was deleted has nothing of the next one with the name."""
    admin.command("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*")
    client = user(acl, "u")
    admin.pipeline(("ACL", "DELUSER", "u"), ("ACL", "SETUSER", "u", "on", ">new", "+@all", "~*"))
    assert client.is_closed()


def test_a_transaction_is_judged_when_it_is_queued_and_when_it_runs(acl, admin):
    admin.command("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~k*")
    client = user(acl, "u")
    replies = client.pipeline(("MULTI",), ("SET", "k", "v"), ("SET", "x", "v"), ("EXEC",))
    assert replies == [b"OK", b"QUEUED", NO_KEY, Error(b"EXECABORT Transaction discarded because of previous errors.")]
    late = "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: "
    for change, reason in (("-set", "no permission to execute the command or subcommand"), ("resetkeys", "no permission to touch the specified keys")):
        admin.command("ACL", "SETUSER", "u", "reset", "on", "nopass", "+@all", "~k*")
        assert client.pipeline(("MULTI",), ("SET", "k", "v"), ("PING",)) == [b"OK", b"QUEUED", b"QUEUED"]
        admin.command("ACL", "SETUSER", "u", change)
        assert client.command("EXEC") == [Error((late + reason).encode()), b"PONG"]
    assert admin.command("EXISTS", "k") == 0
    assert [(e[b"reason"], e[b"context"], e[b"object"]) for e in entries(admin)] == [
        (b"key", b"multi", b"k"), (b"command", b"multi", b"set"), (b"key", b"multi", b"x")]


# --- databases ---


def test_databases(acl, admin):
    admin.command("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*", "db=0,2")
    client = user(acl, "u")
    assert client.command("SET", "k", "v") == b"OK"
    assert client.command("SELECT", "1") == NO_DATABASE and client.command("SELECT", "2") == b"OK"
    assert client.command("SELECT", "99") == NO_DATABASE and client.command("SELECT", "x").startswith(b"ERR")
    assert client.command("COPY", "k", "k", "DB", "1") == NO_DATABASE
    assert client.command("MOVE", "k", "1") == NO_DATABASE
    assert client.command("SWAPDB", "0", "1") == NO_DATABASE and client.command("SWAPDB", "0", "2") == b"OK"
    assert client.command("FLUSHALL") == NO_DATABASE and client.command("FLUSHDB") == b"OK"
    admin.command("ACL", "SETUSER", "u", "db=0")
    for command in (["GET", "k"], ["KEYS", "*"], ["SCAN", "0"], ["DBSIZE"], ["RANDOMKEY"], ["FLUSHDB"]):
        assert client.command(*command) == NO_DATABASE
    assert client.command("PING") == b"PONG" and client.command("ACL", "WHOAMI") == b"u"
    admin.command("ACL", "SETUSER", "u", "resetdbs")
    assert client.command("SELECT", "0") == NO_DATABASE
    admin.command("ACL", "SETUSER", "u", "alldbs")
    assert client.command("SELECT", "1") == b"OK" and client.command("GET", "k") is None


def test_database_rules_are_shown_where_they_restrict(acl, admin):
    admin.command("ACL", "SETUSER", "u", "on", "nopass", "~*", "db=1", "db=3,0,3", "+@all", "(resetdbs", "+get)")
    assert users_of(admin)[1] == "user u on nopass ~* resetchannels db=3,0 +@all (resetchannels resetdbs -@all +get)"
    fields = admin.command("ACL", "GETUSER", "u")
    assert dict(zip(fields[::2], fields[1::2]))[b"databases"] == b"db=3,0"
    for rule in ("db=", "db=,0", "db=0,", "db=0,,1", "db=abc", "db=-1"):
        assert admin.command("ACL", "SETUSER", "u", rule) == Error(f"ERR Error in ACL SETUSER modifier '{rule}': Syntax error".encode())
    assert admin.command("ACL", "SETUSER", "u", "db=16") == Error(b"ERR Error in ACL SETUSER modifier 'db=16': The provided database ID is out of range")
    assert admin.command("ACL", "DRYRUN", "u", "SELECT", "1") == b"User u has no permissions to access database 1"
    assert admin.command("ACL", "SETUSER", "u", "alldbs", "clearselectors") == b"OK"
    assert users_of(admin)[1] == "user u on nopass ~* resetchannels +@all"
    assert b"databases" not in admin.command("ACL", "GETUSER", "u")


# --- what was denied ---


def entries(client, *count):
    return [dict(zip(entry[::2], entry[1::2])) for entry in client.command("ACL", "LOG", *count)]


def counters(client):
    text = bytes(client.command("INFO", "stats")).decode()
    return {name: int(value) for name, _, value in (line.partition(":") for line in text.splitlines()) if name.startswith("acl_access_denied_")}


def test_denials_are_logged_and_counted(acl, admin):
    admin.command("ACL", "SETUSER", "u", "on", ">x", "+get", "+select", "~k*", "db=0")
    client = user(acl, "u")
    for _ in range(3):
        client.command("SET", "k", "v")
    client.command("GET", "other")
    client.command("SELECT", "2")
    client.command("AUTH", "nobody", "pw")
    client.command("HELLO", "3", "AUTH", "u", "wrong")
    seen = entries(admin)
    assert [(e[b"reason"], e[b"object"], e[b"username"], e[b"count"]) for e in seen] == [
        (b"auth", b"HELLO", b"u", 1), (b"auth", b"AUTH", b"nobody", 1), (b"database", b"2", b"u", 1), (b"key", b"other", b"u", 1), (b"command", b"set", b"u", 3)]
    assert all(e[b"context"] == b"toplevel" and b" user=u " in e[b"client-info"] and float(e[b"age-seconds"]) >= 0 for e in seen)
    assert [e[b"entry-id"] for e in seen] == [4, 3, 2, 1, 0]
    assert counters(admin) == {"acl_access_denied_auth": 2, "acl_access_denied_cmd": 3, "acl_access_denied_key": 1, "acl_access_denied_channel": 0,
                               "acl_access_denied_db": 1}
    assert b"cmdstat_set:calls=0,usec=0,usec_per_call=0.00,rejected_calls=3,failed_calls=0" in bytes(admin.command("INFO", "commandstats"))
    assert len(entries(admin, "2")) == 2 and admin.command("ACL", "LOG", "RESET") == b"OK" and entries(admin) == []


@pytest.mark.observes("acllog-max-len")
def test_the_log_of_denials_is_bounded(start_server):
    server = start_server("--acllog-max-len", "3")
    admin, client = server.raw(), server.raw()
    for number in range(5):
        client.command("AUTH", f"user{number}", "x")
    assert [e[b"username"] for e in entries(admin)] == [b"user4", b"user3", b"user2"]
    admin.command("CONFIG", "SET", "acllog-max-len", "1")
    assert [e[b"username"] for e in entries(admin)] == [b"user4"]
    client.command("AUTH", "u" * 5000, "x")
    assert len(entries(admin)[0][b"username"]) == 1024
    admin.command("CONFIG", "SET", "acllog-max-len", "0")
    client.command("AUTH", "late", "x")
    assert entries(admin) == []


# --- channels ---


def test_channels(acl, admin):
    admin.command("ACL", "SETUSER", "u", "on", "nopass", "+@all", "&news.*", "&exact")
    client = user(acl, "u")
    assert client.command("PUBLISH", "news.1", "m") == 0 and client.command("SPUBLISH", "exact", "m") == 0
    assert client.command("PUBLISH", "old", "m") == NO_CHANNEL
    for command in (["SUBSCRIBE", "news.1", "old"], ["PSUBSCRIBE", "news.1*"], ["PSUBSCRIBE", "*"], ["SSUBSCRIBE", "old"]):
        assert client.command(*command) == NO_CHANNEL
    assert client.command("PSUBSCRIBE", "news.*") == [b"psubscribe", b"news.*", 1]
    assert client.command("SUBSCRIBE", "news.2") == [b"subscribe", b"news.2", 2]
    assert client.command("UNSUBSCRIBE", "old") == [b"unsubscribe", b"old", 2]
    assert counters(admin)["acl_access_denied_channel"] == 5
    assert admin.command("ACL", "DRYRUN", "u", "SUBSCRIBE", "exact", "old") == b"This user has no permissions to access the 'old' channel"


def test_who_listens_to_what_it_may_no_longer_hear_is_cut(acl, admin):
    admin.command("ACL", "SETUSER", "u", "on", "nopass", "+@all", "&a", "&b", "&p*", "(&s", "+ssubscribe)")
    listeners = {}
    for command, channel in (("SUBSCRIBE", "a"), ("SUBSCRIBE", "b"), ("PSUBSCRIBE", "p*"), ("SSUBSCRIBE", "s")):
        listeners[channel] = user(acl, "u")
        assert listeners[channel].command(command, channel)[1] == channel.encode()
    idle, other = user(acl, "u"), acl.raw()
    other.command("SUBSCRIBE", "b")
    admin.command("ACL", "SETUSER", "u", "resetchannels", "&a", "&p1")
    assert listeners["b"].is_closed() and listeners["p*"].is_closed()
    assert admin.command("PUBLISH", "a", "m") == 1 and listeners["a"].read_reply()[2] == b"m"
    assert admin.command("PUBLISH", "b", "m") == 1 and other.read_reply()[2] == b"m"
    assert admin.command("SPUBLISH", "s", "m") == 1 and listeners["s"].read_reply()[2] == b"m"
    admin.command("ACL", "SETUSER", "u", "clearselectors")
    assert listeners["s"].is_closed()
    assert idle.command("PING") == b"PONG"


@pytest.mark.observes("acl-pubsub-default")
def test_what_new_users_begin_with(start_server):
    server = start_server("--acl-pubsub-default", "allchannels")
    admin = server.raw()
    admin.command("ACL", "SETUSER", "a", "(+get)")
    assert users_of(admin)[0] == "user a off &* -@all (&* -@all +get)"
    admin.command("CONFIG", "SET", "acl-pubsub-default", "resetchannels")
    admin.command("ACL", "SETUSER", "b")
    assert users_of(admin)[1] == "user b off resetchannels -@all"
    admin.command("ACL", "SETUSER", "a", "reset")
    assert users_of(admin)[0] == "user a off sanitize-payload resetchannels -@all"


# --- files ---


def test_users_of_the_configuration_file(start_server):
    lines = f'# keep\nuser alice on >pw ~a:* +get (+set ~b:*)\nuser default on nopass ~* &* +@all -lolwut\nuser quoted off "~it\'s" "(~\\"a\'b\\" +get)"\n'
    server = start_server(config=lines)
    admin = server.raw()
    before = users_of(admin)
    assert before == [f"user alice on #{sha256('pw')} ~a:* resetchannels -@all +get (~b:* resetchannels -@all +set)",
                      "user default on nopass sanitize-payload ~* &* +@all -lolwut",
                      "user quoted off ~it's resetchannels -@all (\"~a'b\" resetchannels -@all +get)"]
    assert admin.command("LOLWUT") == no_command("lolwut")
    assert admin.command("ACL", "SETUSER", "bob", "on", ">secret", "+@read") == b"OK"
    assert admin.command("ACL", "DELUSER", "quoted") == 1
    assert admin.command("ACL", "SETUSER", "odd", "~it's", '("~a\'b"', "+get)") == b"OK"
    assert admin.command("CONFIG", "REWRITE") == b"OK"
    text = (server.dir / "server.conf").read_text()
    assert text.startswith("# keep\nuser alice on #") and "secret" not in text and ">" not in text and "quoted" not in text
    after = users_of(admin)
    again = start_server(config=text)
    assert users_of(again.raw()) == after


@pytest.mark.observes("aclfile")
def test_users_of_a_file(start_server, tmp_path):
    path = tmp_path / "users.acl"
    path.write_text("user alice on nopass +@all ~*\r\n\n  user bob   on  >x   \nuser default on nopass +@all ~* &*\n")
    server = start_server("--aclfile", path)
    admin, alice = server.raw(), user(server, "alice")
    assert users_of(admin) == ["user alice on nopass ~* resetchannels +@all", f"user bob on #{sha256('x')} resetchannels -@all",
                               "user default on nopass ~* &* +@all"]
    admin.command("ACL", "SETUSER", "carol", "off", ">pw", "%R~c*")
    assert admin.command("ACL", "SAVE") == b"OK"
    assert path.read_text().splitlines() == users_of(admin)
    path.write_text("user alice on nopass +get ~a\nuser dave off\n")
    assert admin.command("ACL", "LOAD") == b"OK"
    assert users_of(admin) == ["user alice on nopass ~a resetchannels -@all +get", "user dave off resetchannels -@all", "user default on nopass ~* &* +@all"]
    assert alice.command("GET", "b") == NO_KEY  # is under the new rules
    path.write_text("user dave off\n")
    assert admin.command("ACL", "LOAD") == b"OK" and alice.is_closed()


def test_a_wrong_file_changes_nothing_and_says_what_is_wrong(start_server, start_oracle, tmp_path):
    text = ("user a on foo\nfoo\nuser b +nosuch -nosuch2\nuser a on\nuser c (+get\nuser \"x y\" on\nuser\n # c\n#d\nuser e ((+get)) \n"
            "user f on >p +foo\nuser f2 (+foo)\nuser \"unb\n")
    replies = []
    for number, start in enumerate((start_server, start_oracle)):
        path = tmp_path / f"{number}.acl"
        path.write_text("user default on nopass ~* &* +@all\n")
        admin = start("--aclfile", path).raw()
        path.write_text(text)
        replies.append(admin.command("ACL", "LOAD").replace(str(path).encode(), b"users.acl"))
        assert users_of(admin) == ["user default on nopass ~* &* +@all"]
    assert replies[0] == replies[1]


@pytest.mark.parametrize("config, words", [
    ("user a on +nosuch", "Error loading ACL rule '+nosuch' for the user named 'a': Unknown command or category name in ACL"),
    ("user a on #secret", "Error loading ACL rule for the user named 'a': The password hash must be exactly 64 characters"),
    ("user a on\nuser a off", "Duplicate user found"),
    ("user", "wrong number of arguments"),
    ('user "a b" on', "Spaces not allowed in ACL usernames"),
    ("user a (+get", "Unmatched parenthesis in acl selector starting at '(+get'"),
    ("user a on\naclfile /x", "both"),
    ("aclfile /nosuch/users.acl", "No such file or directory"),
])
def test_what_keeps_a_server_from_starting(tmp_path, config, words):
    (tmp_path / "z.conf").write_text(f"port 0\nunixsocket {tmp_path}/z.sock\n{config}\n")
    text = refusal(tmp_path / "z.conf")
    assert words in text and "secret" not in text


def test_without_a_file_there_is_nothing_to_load(raw, oracle):
    with oracle.raw() as other:
        for command in ("LOAD", "SAVE"):
            assert raw.command("ACL", command) == other.command("ACL", command) != b"OK"


def test_rules_about_renamed_commands_use_their_old_names(start_server):
    server = start_server("--rename-command", "GET", "FETCH", "--rename-command", "FLUSHALL", "")
    admin = server.raw()
    assert admin.command("ACL", "SETUSER", "u", "on", "nopass", "~*", "+@all", "-get", "-flushall") == b"OK"
    client = user(server, "u")
    assert client.command("FETCH", "k") == no_command("get")
    assert users_of(admin)[1] == "user u on nopass ~* resetchannels +@all -get"


# --- many threads ---


def test_rules_change_while_others_work(start_server):
    """Every reply is right under the rules before or after a change, and the last change holds for everybody."""
    server = start_server(threads=4)
    admin = server.raw()
    admin.command("SET", "k:1", "v")
    admin.command("ACL", "SETUSER", "u", "on", "nopass", "+get", "~k:*")
    possible = {b"v", NO_KEY, no_command("get")}
    wrong = []
    begun = threading.Barrier(7)

    def work(client):
        begun.wait()
        for _ in range(150):
            for reply in client.pipeline(*[("GET", "k:1"), ("GET", "x"), ("SET", "k:1", "w")] * 4):
                if reply not in possible | {no_command("set")}:
                    wrong.append(reply)

    def come_and_go():
        begun.wait()
        for _ in range(100):
            client = RawClient(server.port)
            if client.command("AUTH", "u", "x") != b"OK":
                wrong.append("cannot log in")
            client.command("GET", "k:1")
            client.close()

    workers = [threading.Thread(target=work, args=(user(server, "u"),)) for _ in range(5)] + [threading.Thread(target=come_and_go)]
    for worker in workers:
        worker.start()
    begun.wait()
    for number in range(60):
        for change in (["-get"], ["+get"], ["resetkeys"], ["~k:*", "(~z", "+set)"], ["clearselectors"]):
            assert admin.command("ACL", "SETUSER", "u", *change) == b"OK"
        admin.command("ACL", "SETUSER", f"other{number % 3}", "on", "nopass", "+@read")
        admin.command("ACL", "DELUSER", f"other{(number + 1) % 3}")
        admin.command("ACL", "LIST")
        admin.command("ACL", "LOG")
        admin.command("CLIENT", "LIST")
    for worker in workers:
        worker.join()
    assert not wrong
    late = user(server, "u")
    assert late.pipeline(("GET", "k:1"), ("GET", "x"), ("SET", "k:1", "w")) == [b"v", NO_KEY, no_command("set")]


def test_users_come_and_go_while_others_log_in(start_server):
    server = start_server(threads=4)
    admin = server.raw()
    begun = threading.Barrier(5)
    wrong = []

    def log_in():
        begun.wait()
        for _ in range(100):
            client = RawClient(server.port)
            try:
                if (reply := client.command("AUTH", "u", "x")) not in (b"OK", WRONG_PASSWORD):
                    wrong.append(reply)
                if (reply := client.command("PING")) not in (b"PONG", NO_AUTH):
                    wrong.append(reply)
            except (ConnectionError, Exception):  # noqa: BLE001 - deleted meanwhile
                pass
            client.close()

    threads = [threading.Thread(target=log_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.wait()
    for _ in range(100):
        assert admin.pipeline(("ACL", "SETUSER", "u", "on", "nopass", "+ping"), ("ACL", "DELUSER", "u")) == [b"OK", 1]
    for thread in threads:
        thread.join()
    assert not wrong
    wait_until(lambda: bytes(admin.command("CLIENT", "LIST")).count(b"user=u ") == 0, "a connection outlives its user")
