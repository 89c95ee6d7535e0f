"""COMMAND as client libraries use it."""

from differential import documents, exceptions
from raw_client import Map


def test_redis_py_reads_the_whole_table(client):
    table = client.command()
    assert table["get"]["arity"] == 2 and "readonly" in table["get"]["flags"]
    assert len(table) == client.command_count()
    assert client.command_getkeys("SET", "key", "value") in ([b"key"], ["key"])


def test_every_command_of_the_table_is_described_and_documented(raw3):
    names = raw3.command("COMMAND", "LIST")
    assert b"get" in names and b"client|id" in names and b"bgsave" not in names
    described = raw3.command("COMMAND", "INFO", *names)
    assert [entry[0] for entry in described] == names
    assert all(len(entry) == 10 for entry in described)
    documents = dict(raw3.command("COMMAND", "DOCS", *names))
    assert set(documents) == set(names)
    for name, document in documents.items():
        fields = dict(document)
        assert isinstance(document, Map) and fields[b"summary"] and fields[b"since"] and fields[b"group"], name


def test_the_table_agrees_with_the_oracle(raw, oracle):
    """Arity, key positions and categories of everything that both have, but for what changed after 7.0."""
    with oracle.raw() as other:
        names = sorted(set(raw.command("COMMAND", "LIST")) & set(other.command("COMMAND", "LIST")) - exceptions.CHANGED_ARITY)
        assert len(names) > 20
        for name in names:
            ours, theirs = raw.command("COMMAND", "INFO", name)[0], other.command("COMMAND", "INFO", name)[0]
            assert ours[1] == theirs[1] and ours[3:6] == theirs[3:6], name
            assert ours[2] == theirs[2] or name in exceptions.CHANGED_FLAGS, name
            assert ours[6] == theirs[6] or name in exceptions.CHANGED_CATEGORIES, name


def test_scripts_may_call_commands_that_wait(raw):
    """As since 7.2."""
    for name, flags in {"blpop": [b"write", b"blocking"], "bzpopmax": [b"write", b"blocking", b"fast"], "wait": [b"blocking"]}.items():
        assert raw.command("COMMAND", "INFO", name)[0][2] == flags


def test_the_documents_agree_with_the_oracle(raw3, oracle):
    """Arguments, history, group and deprecation of everything that both have, but for what came after 7.0."""
    with oracle.raw(protocol=3) as other:
        theirs = dict(other.command("COMMAND", "DOCS"))
        ours = dict(raw3.command("COMMAND", "DOCS"))
        both = theirs.keys() & ours.keys()
        assert len(both) > 80
        different = {name: documents.difference(name, theirs[name], ours[name]) for name in both}
        assert {name: field for name, field in different.items() if field} == {}


def test_the_syntax_of_set_in_full(raw):
    document = documents.as_dict(raw.command("COMMAND", "DOCS", "set")[1])
    condition = documents.as_dict(document[b"arguments"][2])
    assert condition[b"type"] == b"oneof" and condition[b"since"] == b"2.6.12" and condition[b"flags"] == [b"optional"]
    assert [documents.as_dict(one)[b"token"] for one in condition[b"arguments"]] == [b"NX", b"XX", b"IFEQ"]
    assert [entry[0] for entry in document[b"history"]] == [b"2.6.12", b"6.0.0", b"6.2.0", b"7.0.0", b"8.1.0"]
