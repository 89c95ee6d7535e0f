"""What is newer than redis-server 7.0.15, whose answers the differential test compares: each test states the documented behaviour."""

import time

import pytest

from raw_client import Error, Map, Status, Verbatim, encode
from waiting import nearly, wait_until

INT64_MIN = -(2**63)
SYNTAX_ERROR = Error(b"ERR syntax error")
NOT_AN_INTEGER = Error(b"ERR value is not an integer or out of range")
WRONG_TYPE = Error(b"WRONGTYPE Operation against a key holding the wrong kind of value")


def arity_error(name):
    return Error(f"ERR wrong number of arguments for '{name}' command".encode())


# SET ... IFEQ


def test_set_ifeq_sets_when_the_value_is_equal(raw):
    raw.command("SET", "key", "old")
    assert raw.command("SET", "key", "new", "IFEQ", "old") == b"OK"
    assert raw.command("GET", "key") == b"new"


def test_set_ifeq_leaves_another_value_and_a_missing_key_alone(raw):
    raw.command("SET", "key", "old")
    raw.send_raw(encode("SET", "key", "new", "IFEQ", "other") + encode("SET", "missing", "new", "ifeq", "") + encode("SET", "missing", "new", "IFEQ", "new"))
    assert [raw.read_reply_bytes() for _ in range(3)] == [b"$-1\r\n"] * 3
    assert raw.command("GET", "key") == b"old"
    assert raw.command("EXISTS", "missing") == 0


def test_set_ifeq_get_answers_with_the_old_value(raw):
    raw.command("SET", "key", "old")
    assert raw.command("SET", "key", "new", "IFEQ", "other", "GET") == b"old"
    assert raw.command("GET", "key") == b"old"
    assert raw.command("SET", "key", "new", "GET", "IFEQ", "old") == b"old"
    assert raw.command("GET", "key") == b"new"
    assert raw.command("SET", "missing", "new", "IFEQ", "x", "GET") is None


def test_set_ifeq_compares_integers_as_text(raw):
    raw.command("SET", "key", "10")
    assert raw.command("SET", "key", "x", "IFEQ", "010") is None
    assert raw.command("SET", "key", "11", "IFEQ", "10") == b"OK"


def test_set_ifeq_goes_with_expiry_options(raw):
    raw.command("SET", "key", "a", "EX", 1000)
    assert raw.command("SET", "key", "b", "IFEQ", "a", "KEEPTTL") == b"OK"
    assert nearly(raw.command("TTL", "key"), 1000)
    assert raw.command("SET", "key", "c", "EX", 500, "IFEQ", "b") == b"OK"
    assert nearly(raw.command("TTL", "key"), 500)
    assert raw.command("SET", "key", "d", "IFEQ", "c") == b"OK"
    assert raw.command("TTL", "key") == -1


@pytest.mark.parametrize("options", [("IFEQ", "a", "NX"), ("XX", "IFEQ", "a"), ("IFEQ",), ("NX", "IFEQ")])
def test_set_ifeq_refuses_other_conditions(raw, options):
    raw.command("SET", "key", "a")
    assert raw.command("SET", "key", "b", *options) == SYNTAX_ERROR
    assert raw.command("GET", "key") == b"a"


@pytest.mark.parametrize("options", [(), ("GET",)])
def test_set_ifeq_wants_a_string(raw, options):
    raw.command("RPUSH", "list", "a")
    assert raw.command("SET", "list", "b", "IFEQ", "a", *options) == WRONG_TYPE
    assert raw.command("TYPE", "list") == b"list"


# DELIFEQ


def test_delifeq_deletes_only_an_equal_value(raw):
    raw.pipeline(("SET", "key", "a"), ("SET", "number", 10))
    assert raw.command("DELIFEQ", "key", "b") == 0
    assert raw.command("DELIFEQ", "missing", "a") == 0
    assert raw.command("DELIFEQ", "key", "a") == 1
    assert raw.command("DELIFEQ", "number", "010") == 0
    assert raw.command("DELIFEQ", "number", "10") == 1
    assert raw.command("DBSIZE") == 0


def test_delifeq_refuses_what_is_wrong(raw):
    raw.command("RPUSH", "list", "a")
    assert raw.command("DELIFEQ", "list", "a") == WRONG_TYPE
    assert raw.command("DELIFEQ", "list") == arity_error("delifeq")
    assert raw.command("DELIFEQ", "list", "a", "b") == arity_error("delifeq")


# MSETEX


def test_msetex_sets_all_and_drops_old_expiries(raw):
    raw.command("SET", "a", "old", "EX", 1000)
    assert raw.command("MSETEX", 2, "a", "1", "b", "2") == 1
    assert raw.command("MGET", "a", "b") == [b"1", b"2"]
    assert raw.command("TTL", "a") == -1


def test_msetex_takes_an_expiry_for_all_keys(raw):
    assert raw.command("MSETEX", 2, "a", "1", "b", "2", "EX", 1000) == 1
    assert all(nearly(ttl, 1000) for ttl in raw.pipeline(("TTL", "a"), ("TTL", "b")))
    assert raw.command("MSETEX", 2, "a", "3", "c", "4", "KEEPTTL") == 1
    assert nearly(raw.command("TTL", "a"), 1000)
    assert raw.command("TTL", "c") == -1
    at = int(time.time()) + 500
    assert raw.command("MSETEX", 1, "a", "5", "exat", at) == 1
    assert raw.command("EXPIRETIME", "a") == at
    assert raw.command("MSETEX", 1, "a", "5", "PXAT", at * 1000 + 7) == 1
    assert raw.command("PEXPIRETIME", "a") == at * 1000 + 7


def test_msetex_conditions_hold_for_all_keys_or_none_is_set(raw):
    raw.command("SET", "there", "x")
    assert raw.command("MSETEX", 2, "new", "1", "there", "2", "NX") == 0
    assert raw.command("MSETEX", 2, "new", "1", "there", "2", "XX") == 0
    assert raw.command("MGET", "new", "there") == [None, b"x"]
    assert raw.command("MSETEX", 2, "new", "1", "newer", "2", "NX") == 1
    assert raw.command("MSETEX", 2, "new", "3", "there", "4", "xx", "PX", 100000) == 1
    assert raw.command("MSETEX", 2, "new", "5", "there", "6", "EX", 1000, "XX") == 1
    assert raw.command("MGET", "new", "newer", "there") == [b"5", b"2", b"6"]


def test_msetex_takes_the_last_value_of_a_repeated_key(raw):
    assert raw.command("MSETEX", 2, "a", "1", "a", "2") == 1
    assert raw.command("GET", "a") == b"2"


def test_msetex_replaces_keys_of_any_type(raw):
    raw.command("RPUSH", "list", "x")
    assert raw.command("MSETEX", 1, "list", "1", "XX") == 1
    assert raw.command("GET", "list") == b"1"


@pytest.mark.parametrize("past", [("EXAT", 1), ("PXAT", 1000)])
def test_msetex_into_the_past_deletes(raw, past):
    raw.command("SET", "a", "x")
    assert raw.command("MSETEX", 2, "a", "1", "b", "2", *past) == 1
    assert raw.command("EXISTS", "a", "b") == 0
    assert raw.command("KEYS", "*") == []


@pytest.mark.parametrize(
    "arguments, error",
    [
        (("abc", "a", "1"), Error(b"ERR invalid numkeys value or out of range")),
        ((0, "a", "1"), Error(b"ERR invalid numkeys value or out of range")),
        ((-1, "a", "1"), Error(b"ERR invalid numkeys value or out of range")),
        ((2**31, "a", "1"), Error(b"ERR invalid numkeys value or out of range")),
        ((2, "a", "1"), SYNTAX_ERROR),
        ((2, "a", "1", "b"), SYNTAX_ERROR),
        ((2**31 - 1, "a", "1"), SYNTAX_ERROR),
        ((1, "a", "1", "foo"), SYNTAX_ERROR),
        ((1, "a", "1", "NX", "XX"), SYNTAX_ERROR),
        ((1, "a", "1", "NX", "NX"), SYNTAX_ERROR),
        ((1, "a", "1", "EX", 10, "PX", 10), SYNTAX_ERROR),
        ((1, "a", "1", "EX", 10, "KEEPTTL"), SYNTAX_ERROR),
        ((1, "a", "1", "EX"), SYNTAX_ERROR),
        ((1, "a", "1", "EX", 0), Error(b"ERR invalid expire time in 'msetex' command")),
        ((1, "a", "1", "PX", -1), Error(b"ERR invalid expire time in 'msetex' command")),
        ((1, "a", "1", "EX", 2**63 - 1), Error(b"ERR invalid expire time in 'msetex' command")),
        ((1, "a", "1", "EX", "abc"), NOT_AN_INTEGER),
        ((1, "a"), arity_error("msetex")),
    ],
)
def test_msetex_refuses_what_is_wrong(raw, arguments, error):
    assert raw.command("MSETEX", *arguments) == error
    assert raw.command("DBSIZE") == 0


def test_msetex_tells_its_keys(raw):
    assert raw.command("COMMAND", "GETKEYS", "MSETEX", 2, "a", "1", "b", "2", "EX", 10) == [b"a", b"b"]


# Bits, lists, scans


@pytest.mark.parametrize(
    "command",
    [("BITCOUNT", "missing", 0, 0, "foo"), ("BITPOS", "missing", 1, 0, 1, "FOO"), ("BITCOUNT", "missing", 0, 0, "BYTE", "x")],
)
def test_bit_commands_check_their_arguments_before_the_key(raw, command):
    assert raw.command(*command) == SYNTAX_ERROR


@pytest.mark.parametrize("command", [("BITCOUNT", "missing", "a", 0), ("BITPOS", "missing", 1, "a"), ("BITPOS", "missing", 1, 0, "a")])
def test_bit_commands_check_their_numbers_before_the_key(raw, command):
    assert raw.command(*command) == NOT_AN_INTEGER


def test_bitcount_counts_from_a_start_to_the_end(raw):
    raw.command("SET", "key", "foobar")
    assert raw.command("BITCOUNT", "key", 0) == 26
    assert raw.command("BITCOUNT", "key", 5) == 4
    assert raw.command("BITCOUNT", "key", -1) == 4
    assert raw.command("BITCOUNT", "missing", 1) == 0


def test_lpos_refuses_the_smallest_rank(raw):
    error = Error(b"ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")
    raw.command("RPUSH", "list", "a", "b", "a")
    assert raw.command("LPOS", "list", "a", "RANK", INT64_MIN) == error
    assert raw.command("LPOS", "missing", "a", "RANK", INT64_MIN) == error
    assert raw.command("LPOS", "list", "a", "RANK", INT64_MIN + 1) is None


def test_scan_of_an_unknown_type_finds_nothing(raw):
    raw.command("SET", "key", "x")
    assert raw.command("SCAN", 0, "TYPE", "nosuch", "COUNT", 1000) == [b"0", []]


@pytest.mark.parametrize("option, text", [("NOVALUES", b"ERR NOVALUES option can only be used in HSCAN"), ("NOSCORES", b"ERR NOSCORES option can only be used in ZSCAN")])
def test_scan_refuses_the_options_of_other_scans(raw, option, text):
    assert raw.command("SCAN", 0, option) == Error(text)


def test_scan_knows_no_slot(raw):
    assert raw.command("SCAN", 0, "SLOT", 1) == SYNTAX_ERROR


def test_set_into_the_past_deletes_the_key(raw):
    raw.command("SET", "key", "x")
    assert raw.command("SET", "key", "y", "EXAT", 1) == b"OK"
    assert raw.command("EXISTS", "key") == 0
    assert raw.command("DBSIZE") == 0


# Encodings of lists


def encoding(client, key="list"):
    return client.command("OBJECT", "ENCODING", key)


def test_a_list_within_one_node_is_a_listpack(raw):
    raw.command("RPUSH", "list", *range(100))
    assert encoding(raw) == b"listpack"


def test_a_list_beyond_eight_kilobytes_is_a_quicklist(raw):
    raw.command("RPUSH", "list", *(["x" * 100] * 70))
    assert encoding(raw) == b"listpack"
    raw.command("RPUSH", "list", *(["x" * 100] * 20))
    assert encoding(raw) == b"quicklist"


def test_a_list_of_one_large_element_is_a_quicklist(raw):
    raw.command("RPUSH", "list", "x" * 9000)
    assert encoding(raw) == b"quicklist"


@pytest.mark.parametrize("shorten", [[("LPOP", "list", 60)], [("LTRIM", "list", 0, 29)], [("RPOP", "list", 30), ("RPOP", "list", 30)]])
def test_a_quicklist_that_shrinks_to_half_a_node_is_a_listpack_again(raw, shorten):
    raw.command("RPUSH", "list", *(["x" * 100] * 90))
    assert encoding(raw) == b"quicklist"
    raw.pipeline(*shorten)
    assert encoding(raw) == b"listpack"
    assert raw.command("LRANGE", "list", 0, -1) == [b"x" * 100] * 30


def test_the_limit_may_be_a_number_of_elements(raw):
    raw.command("CONFIG", "SET", "list-max-listpack-size", 2)
    try:
        raw.command("RPUSH", "list", "a", "b")
        assert encoding(raw) == b"listpack"
        raw.command("RPUSH", "list", "c")
        assert encoding(raw) == b"quicklist"
        raw.command("RPOP", "list")
        assert encoding(raw) == b"quicklist"
        raw.command("RPOP", "list")
        assert encoding(raw) == b"listpack"
    finally:
        raw.command("CONFIG", "SET", "list-max-listpack-size", -2)


# CLIENT


def client_fields(client):
    line = client.command("CLIENT", "INFO").decode().strip()
    return dict(field.split("=", 1) for field in line.split(" "))


def test_client_no_touch_shows_as_a_flag(raw):
    assert raw.command("CLIENT", "NO-TOUCH", "ON") == b"OK"
    assert "T" in client_fields(raw)["flags"]
    assert raw.command("CLIENT", "NO-TOUCH", "off") == b"OK"
    assert "T" not in client_fields(raw)["flags"]
    raw.command("CLIENT", "NO-TOUCH", "ON")
    raw.command("RESET")
    assert "T" not in client_fields(raw)["flags"]


def test_client_no_touch_refuses_other_words(raw):
    assert raw.command("CLIENT", "NO-TOUCH", "foo") == SYNTAX_ERROR
    assert raw.command("CLIENT", "NO-TOUCH") == arity_error("client|no-touch")


def test_reads_of_a_no_touch_client_leave_the_idle_time_alone(server, raw):
    raw.command("SET", "key", "x")
    raw.command("CLIENT", "NO-TOUCH", "ON")
    wait_until(lambda: raw.command("OBJECT", "IDLETIME", "key") >= 2, "no idle time")
    raw.command("GET", "key")
    assert raw.command("OBJECT", "IDLETIME", "key") >= 2
    touched = time.monotonic()
    raw.command("TOUCH", "key")
    idle = raw.command("OBJECT", "IDLETIME", "key")
    assert idle <= time.monotonic() - touched + 1  # counted in whole seconds of the clock


def test_client_setinfo_is_shown_and_survives_reset(raw):
    assert raw.command("CLIENT", "SETINFO", "LIB-NAME", "redis-py(hiredis)") == b"OK"
    assert raw.command("CLIENT", "SETINFO", "lib-ver", "5.0.1") == b"OK"
    raw.command("RESET")
    fields = client_fields(raw)
    assert (fields["lib-name"], fields["lib-ver"]) == ("redis-py(hiredis)", "5.0.1")
    assert raw.command("CLIENT", "SETINFO", "LIB-NAME", "") == b"OK"
    assert client_fields(raw)["lib-name"] == ""


@pytest.mark.parametrize("attribute, text", [("LIB-NAME", b"ERR lib-name cannot contain spaces, newlines or special characters."),
                                             ("lib-ver", b"ERR lib-ver cannot contain spaces, newlines or special characters.")])
@pytest.mark.parametrize("value", ["a b", "a\nb", "\t", b"\x7f"])
def test_client_setinfo_refuses_odd_values(raw, attribute, text, value):
    assert raw.command("CLIENT", "SETINFO", attribute, value) == Error(text)


def test_help_names_the_newer_subcommands(raw):
    text = b"\n".join(raw.command("CLIENT", "HELP"))
    assert b"NO-TOUCH (ON|OFF)" in text and b"SETINFO <option> <value>" in text


def test_client_setinfo_refuses_unknown_attributes(raw):
    assert raw.command("CLIENT", "SETINFO", "foo", "x") == Error(b"ERR Unrecognized option 'foo'")
    assert raw.command("CLIENT", "SETINFO", "LIB-NAME") == arity_error("client|setinfo")


def test_the_client_line_has_the_fields_of_seven_four_in_order(raw):
    names = list(client_fields(raw))
    expected = ("id addr laddr fd name age idle flags db sub psub ssub multi watch qbuf qbuf-free argv-mem multi-mem rbs rbp obl oll omem tot-mem events cmd "
                "user redir resp lib-name lib-ver").split()
    assert [name for name in names if name in expected] == expected


# COMMAND


def test_getkeys_of_a_command_without_arguments(raw):
    assert raw.command("COMMAND", "GETKEYS", "PING") == Error(b"ERR The command has no key arguments")
    assert raw.command("COMMAND", "GETKEYSANDFLAGS", "PING") == Error(b"ERR The command has no key arguments")


def command_info(client, name):
    return client.command("COMMAND", "INFO", name)[0]


@pytest.mark.parametrize(
    "name, arity, flags",
    [("delifeq", 3, {b"write", b"fast"}), ("msetex", -4, {b"write", b"denyoom", b"movablekeys"})],
)
def test_newer_commands_describe_themselves(raw, name, arity, flags):
    info = command_info(raw, name)
    assert info[:2] == [name.encode(), arity]
    assert set(info[2]) == flags
    assert b"@string" in info[6]


@pytest.mark.parametrize(
    "name, tips",
    [("randomkey", {b"request_policy:all_shards", b"response_policy:special", b"nondeterministic_output"}),
     ("scan", {b"nondeterministic_output", b"request_policy:special", b"response_policy:special"}), ("msetnx", set()),
     *((name, {b"request_policy:all_nodes", b"response_policy:all_succeeded"})
       for name in ("client|setname", "client|setinfo", "config|resetstat", "config|rewrite"))],
)
def test_command_tips_are_those_of_seven_four(raw, name, tips):
    assert set(command_info(raw, name)[7]) == tips


def test_newer_subcommands_are_listed(raw):
    subcommands = {entry[0] for entry in command_info(raw, "client")[9]}
    assert {b"client|no-touch", b"client|setinfo"} <= subcommands
    names = raw.command("COMMAND", "LIST")
    assert {b"delifeq", b"msetex"} <= set(names)


# Who the server says it is


def test_hello_reports_a_version_of_seven_four(raw, raw3):
    reply = raw3.command("HELLO")
    assert isinstance(reply, Map)
    fields = reply.as_dict()
    assert fields[b"server"] == b"redis" and fields[b"version"].startswith(b"7.4.")
    assert (fields[b"proto"], fields[b"mode"], fields[b"role"], fields[b"modules"]) == (3, b"standalone", b"master", [])
    assert [key for key, _ in reply] == [b"server", b"version", b"proto", b"id", b"mode", b"role", b"modules"]
    flat = raw.command("HELLO", 2)
    assert flat[::2] == [key for key, _ in reply]


def info_fields(client, *sections):
    text = client.command("INFO", *sections)
    return dict(line.split(b":", 1) for line in bytes(text).split(b"\r\n") if b":" in line)


def test_info_reports_both_versions_and_the_listeners(raw3):
    assert isinstance(raw3.command("INFO", "server"), Verbatim)
    fields = info_fields(raw3, "server")
    assert fields[b"redis_version"].startswith(b"7.4.")
    assert fields[b"zedis_version"]
    assert fields[b"listener0"].startswith(b"name=tcp,bind=127.0.0.1,port=")


@pytest.mark.parametrize(
    "section, names",
    [("clients", "pubsub_clients watching_clients total_watched_keys total_blocking_keys total_blocking_keys_on_nokey"),
     ("stats", "evicted_scripts client_query_buffer_limit_disconnections client_output_buffer_limit_disconnections eventloop_cycles eventloop_duration_sum "
               "eventloop_duration_cmd_sum instantaneous_eventloop_cycles_per_sec instantaneous_eventloop_duration_usec acl_access_denied_auth "
               "acl_access_denied_cmd acl_access_denied_key acl_access_denied_channel expired_subkeys"),
     ("memory", "allocator_muzzy mem_overhead_db_hashtable_rehashing")],
)
def test_info_has_the_fields_of_seven_four(raw, section, names):
    assert set(names.encode().split()) - set(info_fields(raw, section)) == set()


# CONFIG


@pytest.mark.parametrize("name, value", [("set-max-listpack-entries", "128"), ("set-max-listpack-value", "64"), ("locale-collate", ""),
                                         ("max-new-connections-per-cycle", "10"), ("max-new-tls-connections-per-cycle", "1"),
                                         ("hide-user-data-from-log", "no"), ("cluster-announce-human-nodename", "")])
def test_newer_directives_have_their_defaults(raw, name, value):
    assert raw.command("CONFIG", "GET", name) == [name.encode(), value.encode()]


def test_the_limit_of_set_listpacks_is_checked(raw):
    error = raw.command("CONFIG", "SET", "set-max-listpack-entries", -1)
    assert error == Error(b"ERR CONFIG SET failed (possibly related to argument 'set-max-listpack-entries') - "
                          b"argument must be between 0 and 9223372036854775807 inclusive")


def test_defaults_are_those_of_redis(raw):
    for name, value in (("lazyfree-lazy-expire", "no"), ("lazyfree-lazy-user-del", "no"), ("repl-backlog-size", "1048576")):
        assert raw.command("CONFIG", "GET", name) == [name.encode(), value.encode()]


# What did not change, though it is often said to


@pytest.mark.parametrize(
    "command, reply",
    [(("COPY", "key", "key"), Error(b"ERR source and destination objects are the same")), (("COPY", "key", "b", "DB", 99), Error(b"ERR DB index is out of range")),
     (("COPY", "missing", "b"), 0), (("SET", "key", "y", "NX", "GET"), b"x"),
     (("EXPIRE", "key", 10, "NX", "GT"), Error(b"ERR NX and XX, GT or LT options at the same time are not compatible")),
     (("EXPIRE", "key", 10, "GT", "LT"), Error(b"ERR GT and LT options at the same time are not compatible")),
     (("EXPIRE", "key", 10, "foo"), Error(b"ERR Unsupported option foo"))],
)
def test_these_answers_stayed(raw, command, reply):
    raw.command("SET", "key", "x")
    answer = raw.command(*command)
    assert answer == reply and type(answer) is type(reply)


def test_ok_of_a_condition_that_held_is_a_simple_string(raw):
    raw.command("SET", "key", "x")
    assert isinstance(raw.command("SET", "key", "y", "IFEQ", "x"), Status)
