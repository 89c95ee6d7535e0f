"""Lists, as far as redis-server 7.0.15 cannot be asked: its encodings are older, and it shows nothing of what is inside."""
import threading
import time

import pytest

from raw_client import Error
from waiting import nearly

SMALLEST = -(2**63)
OUT_OF_RANGE = Error(b"ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")


def encoding(raw, key):
    return raw.command("OBJECT", "ENCODING", key)


@pytest.fixture(autouse=True)
def default_options(raw):
    yield
    raw.command("CONFIG", "SET", "list-max-listpack-size", -2)
    raw.command("CONFIG", "SET", "list-compress-depth", 0)


def fill(raw, key, count, size=10):
    """RPUSHes count elements of this size, each different, and returns them."""
    elements = [b"%0*d" % (size, n) for n in range(count)]
    elements = [b"e" + element[1:] for element in elements]
    for at in range(0, count, 5000):
        raw.command("RPUSH", key, *elements[at : at + 5000])
    return elements


# Encodings, as since Redis 7.2


def test_a_list_is_a_listpack_within_one_node_of_the_limit(raw):
    fill(raw, "list", 80, 100)
    assert encoding(raw, "list") == b"listpack"
    fill(raw, "list", 10, 100)
    assert encoding(raw, "list") == b"quicklist"


def test_one_large_element_makes_a_quicklist(raw):
    raw.command("RPUSH", "list", "x" * 9000)
    assert encoding(raw, "list") == b"quicklist"


def test_a_list_becomes_a_listpack_again_at_half_of_the_limit(raw):
    raw.command("CONFIG", "SET", "list-max-listpack-size", "8")
    raw.command("RPUSH", "list", *range(8))
    assert encoding(raw, "list") == b"listpack"
    raw.command("LPUSH", "list", "one more")
    assert encoding(raw, "list") == b"quicklist"
    raw.command("LPOP", "list", 4)
    assert encoding(raw, "list") == b"quicklist"
    raw.command("RPOP", "list")
    assert encoding(raw, "list") == b"listpack"


@pytest.mark.parametrize("shrink", [["LTRIM", "list", 0, 9], ["LREM", "list", 0, "x" * 200], ["LPOP", "list", 60], ["LMPOP", 1, "list", "RIGHT", "COUNT", 60]])
def test_whatever_shrinks_a_list_makes_it_a_listpack_again(raw, shrink):
    raw.command("RPUSH", "list", *["x" * 200] * 60, *range(10))
    assert encoding(raw, "list") == b"quicklist"
    raw.command(*shrink)
    assert encoding(raw, "list") == b"listpack"
    assert raw.command("LLEN", "list") == 10


def test_lset_counts_in_both_directions(raw):
    raw.command("RPUSH", "list", "a", "b")
    raw.command("LSET", "list", 0, "x" * 9000)
    assert encoding(raw, "list") == b"quicklist"
    raw.command("LSET", "list", 0, "a")
    assert encoding(raw, "list") == b"listpack"
    assert raw.command("LRANGE", "list", 0, -1) == [b"a", b"b"]


def test_the_encoding_of_a_target_of_lmove_grows(raw):
    raw.command("CONFIG", "SET", "list-max-listpack-size", "2")
    raw.command("RPUSH", "from", "a", "b", "c")
    raw.command("RPUSH", "to", "d", "e")
    assert (encoding(raw, "from"), encoding(raw, "to")) == (b"quicklist", b"listpack")
    raw.command("LMOVE", "from", "to", "LEFT", "LEFT")
    raw.command("LMOVE", "from", "from", "LEFT", "RIGHT")
    assert encoding(raw, "to") == b"quicklist"
    raw.command("RPOP", "from")
    assert encoding(raw, "from") == b"listpack"


# The two forms of a list: in the entry, and a chain of nodes. Both sides of the border, either way.


@pytest.mark.parametrize("key", ["k", "k" * 100, "k" * 255, "k" * 256, "k" * 5000])
def test_every_length_around_the_border_of_the_forms(raw, key):
    expected = []
    for n in range(120):
        element = b"element %d" % n
        if n % 2:
            expected.append(element)
            assert raw.command("RPUSH", key, element) == len(expected)
        else:
            expected.insert(0, element)
            assert raw.command("LPUSH", key, element) == len(expected)
        assert raw.command("LRANGE", key, 0, -1) == expected
    while expected:
        assert raw.command("LPOP" if len(expected) % 3 else "RPOP", key) == expected.pop(0 if len(expected) % 3 else -1)
        assert raw.command("LRANGE", key, 0, -1) == expected
        assert raw.command("LINDEX", key, -1) == (expected[-1] if expected else None)
    assert raw.command("EXISTS", key) == 0


@pytest.mark.parametrize("size", [3, 40, 400, 5000])
def test_editing_at_any_place_of_either_form(raw, size):
    expected = fill(raw, "list", size)
    for at in {0, 1, size // 2, size - 2, size - 1}:
        new = b"inserted %d" % at
        pivot = expected[at]
        assert raw.command("LINSERT", "list", "BEFORE", pivot, new) == len(expected) + 1
        expected.insert(at, new)
        assert raw.command("LSET", "list", at, "x" * 500) == b"OK"
        expected[at] = b"x" * 500
        assert raw.command("LPOS", "list", pivot) == at + 1
        assert raw.command("LREM", "list", 1, "x" * 500) == 1
        expected.pop(at)
    assert raw.command("LRANGE", "list", 0, -1) == expected


def test_elements_of_all_sizes_move_between_lists(raw):
    sizes = [0, 1, 63, 64, 400, 447, 448, 449, 500, 4095, 4096, 70_000, 1_000_000]
    elements = [b"x" * size for size in sizes]
    raw.command("RPUSH", "from", *elements)
    for element in elements:
        assert raw.command("LMOVE", "from", "to", "LEFT", "RIGHT") == element
    assert raw.command("EXISTS", "from") == 0
    assert raw.command("LRANGE", "to", 0, -1) == elements
    for element in reversed(elements):
        assert raw.command("RPOPLPUSH", "to", "to") == element
    assert raw.command("LRANGE", "to", 0, -1) == elements


# Times to live


@pytest.mark.parametrize("change", [["LPUSH", "list", "x"], ["RPUSH", "list", *range(500)], ["LPOP", "list"], ["RPOP", "list", 2], ["LSET", "list", 0, "x" * 1000],
                                    ["LINSERT", "list", "AFTER", "b", "x"], ["LREM", "list", 0, "b"], ["LTRIM", "list", 0, 1], ["LMOVE", "list", "other", "LEFT", "LEFT"],
                                    ["LMOVE", "other", "list", "LEFT", "LEFT"], ["RPOPLPUSH", "list", "list"], ["LMPOP", 1, "list", "LEFT"]])
def test_a_change_keeps_the_time_to_live(raw, change):
    raw.command("RPUSH", "list", "a", "b", "c", "d")
    raw.command("RPUSH", "other", "e")
    raw.command("EXPIRE", "list", 5000)
    raw.command(*change)
    assert nearly(raw.command("TTL", "list"), 5000)


def test_a_list_that_comes_back_has_no_time_to_live(raw):
    raw.command("RPUSH", "list", "a")
    raw.command("EXPIRE", "list", 5000)
    raw.command("LPOP", "list")
    raw.command("RPUSH", "list", "a")
    assert raw.command("TTL", "list") == -1


@pytest.mark.parametrize("size", [3, 1000])
def test_a_list_that_is_due_is_not_there(raw, size):
    fill(raw, "list", size)
    fill(raw, "source", size)
    raw.command("PEXPIRE", "list", 30)
    raw.command("PEXPIRE", "source", 30)
    time.sleep(0.05)
    assert raw.command("LMOVE", "source", "list", "LEFT", "LEFT") is None
    assert raw.command("LPUSHX", "list", "x") == 0
    assert raw.command("LMPOP", 2, "list", "source", "LEFT") is None
    assert raw.command("RPUSH", "list", "x") == 1
    assert raw.command("TTL", "list") == -1


def test_a_target_that_is_due_is_replaced(raw):
    raw.command("RPUSH", "source", "a", "b")
    fill(raw, "target", 1000)
    raw.command("PEXPIRE", "target", 30)
    time.sleep(0.05)
    assert raw.command("LMOVE", "source", "target", "RIGHT", "LEFT") == b"b"
    assert raw.command("LRANGE", "target", 0, -1) == [b"b"]
    assert raw.command("TTL", "target") == -1


# Long lists


def test_a_long_list_at_both_ends_and_in_the_middle(raw):
    expected = fill(raw, "list", 200_000)
    for at in (0, 1, 99_999, 100_000, 199_998, 199_999, -1, -2, -200_000):
        assert raw.command("LINDEX", "list", at) == expected[at]
    assert raw.command("LINDEX", "list", 200_000) is None
    assert raw.command("LRANGE", "list", 123_450, 123_460) == expected[123_450:123_461]
    assert raw.command("LPOS", "list", expected[150_000], "RANK", -1) == 150_000
    assert raw.command("LTRIM", "list", 50_000, -50_001) == b"OK"
    assert raw.command("LLEN", "list") == 100_000
    assert raw.command("LPOP", "list", 99_990) == expected[50_000:149_990]
    assert raw.command("LRANGE", "list", 0, -1) == expected[149_990:150_000]
    assert encoding(raw, "list") == b"listpack"


# Compression


def compressed_fill(raw, key, count):
    return fill(raw, key, count, 100)


def test_a_compressed_list_reads_and_changes_like_any_other(raw):
    raw.command("CONFIG", "SET", "list-compress-depth", "1")
    expected = compressed_fill(raw, "list", 2000)
    assert raw.command("LRANGE", "list", 0, -1) == expected
    for at in (5, 700, 1000, 1500, 1990):
        raw.command("LSET", "list", at, "new %d" % at)
        expected[at] = b"new %d" % at
        raw.command("LINSERT", "list", "AFTER", expected[at + 1], "after %d" % at)
        expected.insert(at + 2, b"after %d" % at)
    assert raw.command("LPOS", "list", "after 1000") == expected.index(b"after 1000")
    assert raw.command("LREM", "list", 0, "new 700") == 1
    expected.remove(b"new 700")
    assert raw.command("LRANGE", "list", 0, -1) == expected
    raw.command("LTRIM", "list", 600, 1300)
    expected = expected[600:1301]
    assert raw.command("LRANGE", "list", 0, -1) == expected
    while len(expected) > 3:
        assert raw.command("LPOP", "list", 100) == expected[:100]
        expected = expected[100:]
    assert raw.command("LRANGE", "list", 0, -1) == (expected or [])


def test_the_depth_may_change_at_any_time(raw):
    expected = compressed_fill(raw, "list", 1500)
    for depth in (1, 3, 0, 2):
        raw.command("CONFIG", "SET", "list-compress-depth", depth)
        raw.command("RPUSH", "list", *[b"depth %d" % depth] * 200)
        expected += [b"depth %d" % depth] * 200
        assert raw.command("LRANGE", "list", 0, -1) == expected


# Refusals that are newer than 7.0


@pytest.mark.parametrize("command", [["LPOS", "list", "a", "RANK", SMALLEST], ["LREM", "list", SMALLEST, "a"]])
def test_a_count_whose_sign_cannot_be_changed_is_refused(raw, command):
    assert raw.command(*command) == OUT_OF_RANGE
    raw.command("RPUSH", "list", "a")
    assert raw.command(*command) == OUT_OF_RANGE
    assert raw.command("LLEN", "list") == 1


def test_a_refused_command_changes_nothing(raw):
    raw.command("RPUSH", "list", "a", "b")
    raw.command("SET", "string", "x")
    for command in (["LSET", "list", 2, "x"], ["LSET", "list", "x", "x"], ["LMOVE", "list", "string", "LEFT", "LEFT"], ["RPOPLPUSH", "list", "string"],
                    ["LMPOP", 2, "string", "list", "LEFT"], ["LMPOP", 1, "list", "LEFT", "COUNT", 0], ["LPOP", "list", -1], ["LTRIM", "list", 0, "x"]):
        assert isinstance(raw.command(*command), Error), command
    assert raw.command("LRANGE", "list", 0, -1) == [b"a", b"b"]
    assert raw.command("GET", "string") == b"x"


# Threads


def test_nothing_is_lost_between_lists_under_many_clients(start_server):
    server = start_server(threads=4)
    elements = [b"%d" % n for n in range(400)]
    server.raw().command("RPUSH", "list:0", *elements)

    def rotate(number):
        client = server.raw()
        for step in range(500):
            source, target = f"list:{(number + step) % 5}", f"list:{(number * 3 + step * 7) % 5}"
            client.command("LMOVE", source, target, "LEFT" if step % 2 else "RIGHT", "RIGHT" if step % 3 else "LEFT")

    workers = [threading.Thread(target=rotate, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    client = server.raw()
    found = [element for number in range(5) for element in client.command("LRANGE", f"list:{number}", 0, -1)]
    assert sorted(found) == sorted(elements)
