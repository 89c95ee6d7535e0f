"""Where a reply may differ from redis-server 7.0.15, and why.

Each entry names the commands it concerns, says what it accepts, and gives the reason. Everything else
must be equal to the byte, except for the comparators in compare.py (time, order, identity of the server).

Syntax that 7.0.15 does not know is not generated at all; tests/test_newer_syntax.py covers it:
SET IFEQ, DELIFEQ, MSETEX, CLIENT NO-TOUCH, CLIENT SETINFO, COMMAND GETKEYS of a command without arguments. Nor is DEBUG
STRINGMATCH-LEN, which 7.0.15 has not.
"""

import dataclasses
import re
import typing


@dataclasses.dataclass
class Exception_:
    commands: tuple
    reason: str
    accept: typing.Callable  # of (arguments in bytes, oracle's reply, our reply)


_ARGUMENT_ERRORS = (b"-ERR syntax error\r\n", b"-ERR value is not an integer or out of range\r\n")


def _small_list_is_listpack(arguments, oracle, ours):
    return oracle == b"$9\r\nquicklist\r\n" and ours == b"$8\r\nlistpack\r\n"


def _small_set_is_listpack(arguments, oracle, ours):
    return oracle == b"$9\r\nhashtable\r\n" and ours == b"$8\r\nlistpack\r\n"


def _announced_too_many(arguments, oracle, ours):
    larger = {b"$6\r\nintset\r\n": (b"$9\r\nhashtable\r\n", b"$8\r\nlistpack\r\n"),
              b"$8\r\nlistpack\r\n": (b"$9\r\nhashtable\r\n", b"$8\r\nskiplist\r\n")}
    return ours in larger.get(oracle, ())


def _overwritten_target(arguments, oracle, ours):
    """The flags of the first key, which are those of CHANGED_KEYS."""
    return arguments[2].lower() in CHANGED_KEYS and oracle.replace(b"+RW", b"+OW", 1) == ours


def _checked_before_the_key(arguments, oracle, ours):
    return (oracle in (b":0\r\n", b":-1\r\n") or oracle.startswith(b"-WRONGTYPE")) and ours in _ARGUMENT_ERRORS


def _start_without_end(arguments, oracle, ours):
    return len(arguments) == 3 and (oracle in _ARGUMENT_ERRORS or oracle == b":0\r\n") and (ours.startswith(b":") or ours in _ARGUMENT_ERRORS
                                                                                             or ours.startswith(b"-WRONGTYPE"))


def _smallest_rank(arguments, oracle, ours):
    return b"-9223372036854775808" in arguments and ours == (
        b"-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807\r\n")


def _one_argument_is_enough(arguments, oracle, ours):
    return oracle.startswith(b"-ERR wrong number of arguments for 'command|getkeys")


def _debug_object(arguments, oracle, ours):
    """The address, the list's nodes and the serialized length describe the insides."""
    words = re.compile(rb"^\+Value at:\S+ refcount:\d+ encoding:(\w+) serializedlength:\d+ lru:\d+ lru_seconds_idle:\d+")
    one, other = words.match(oracle), words.match(ours)
    return bool(one and other and (one[1] == other[1] or one[1] in (b"quicklist", b"hashtable") and other[1] == b"listpack"
                                 or one[1] == b"listpack" and other[1] in (b"hashtable", b"skiplist")))


def _shared_integers(arguments, oracle, ours):
    return oracle == b":2147483647\r\n" and ours == b":1\r\n"


_NOT_TERMINATED = b"-ERR Protocol error: bulk not terminated by CRLF\r\n"


def _strict_about_line_ends(arguments, oracle, ours):
    return ours.endswith(_NOT_TERMINATED) and oracle.startswith(ours[: -len(_NOT_TERMINATED)])


def _hello_in_raw_bytes(arguments, oracle, ours):
    return b"HELLO AUTH" in oracle and ours == oracle.replace(b"the HELLO AUTH", b"the HELLO <proto> AUTH")


def _no_option_of_scan(arguments, oracle, ours):
    return oracle == _ARGUMENT_ERRORS[0] and ours == b"-ERR NOVALUES option can only be used in HSCAN\r\n"


def _shared_idle_time(arguments, oracle, ours):
    return bool(re.fullmatch(rb":\d{1,2}\r\n", ours)) and oracle.startswith(b":")


def _hello_names_the_protocol(arguments, oracle, ours):
    return ours == oracle.replace(b"the HELLO AUTH", b"the HELLO <proto> AUTH")


def _several_client_filters(arguments, oracle, ours):
    return len(arguments) > 4 and oracle == _ARGUMENT_ERRORS[0] and (ours[:1] in b"$=" or b"client type" in ours)


def _digits_before_rubbish(arguments, oracle, ours):
    return ours == b"-ERR Invalid arguments specified for command\r\n" and any(
        re.match(rb"^\s*[+-]?\d+", word) and not re.match(rb"^(0|-?[1-9]\d*)$", word) for word in arguments[3:])


def _names_the_command(arguments, oracle, ours):
    theirs = b"-ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.\r\n"
    name = arguments[0].lower()
    return oracle == theirs and ours == theirs.replace(b"XREAD", b"'" + name + b"'").replace(b"'$'", b"'>'" if name == b"xreadgroup" else b"'$'")


def _no_seq_left(arguments, oracle, ours):
    return oracle == b"-ERR Elements are too large to be stored\r\n" and (
        ours == b"-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n")


def _timeout_beyond_the_end_of_time(arguments, oracle, ours):
    return ours == b"-ERR timeout is out of range\r\n"


def _one_word_more(arguments, oracle, ours):
    return len(arguments) == 4 and oracle.startswith(b"-ERR wrong number of arguments") and ours == _ARGUMENT_ERRORS[0]


def _names_the_polygon(arguments, oracle, ours):
    return ours == oracle.replace(b"BYRADIUS and BYBOX can", b"BYRADIUS, BYBOX and BYPOLYGON can")


def _sorted_by_sort(arguments, oracle, ours):
    return arguments[2].startswith((b"sorting:", b"missing:")) and oracle == b"$8\r\nskiplist\r\n" and ours == b"$8\r\nlistpack\r\n"


def _left_over_error(arguments, oracle, ours):
    return oracle == b"-ERR One or more scores can't be converted into double\r\n" and not ours.startswith(b"-")


def _group_gone(arguments, oracle, ours):
    return oracle.startswith((b"-UNBLOCKED the stream key", b"-NOGROUP the consumer group this client was blocked on")) and (
        ours.startswith((b"-NOGROUP No such key", b"-WRONGTYPE")))


# What comes on a connection without being asked for just then.
_MESSAGES = tuple(f"<message on connection {number}>" for number in range(4))

EXCEPTIONS = [
    Exception_(_MESSAGES, "since 7.2 whoever waits in a group that is gone hears what he would hear if he asked now", _group_gone),
    Exception_(("sort", "sort_ro"), "in 7.0 a value that no double can hold makes the next SORT fail, too", _left_over_error),
    Exception_(("geosearch", "geosearchstore"), "Valkey 9 has a third shape", _names_the_polygon),
    Exception_(("object|encoding",), "7.0 turns a small sorted set that is sorted into a large one", _sorted_by_sort),
    Exception_(("zrank", "zrevrank"), "since 7.2 there may be a fourth word", _one_word_more),
    Exception_(("xadd",), "7.0 has no text for ms-* when there is no number left in that millisecond", _no_seq_left),
    Exception_(("xread", "xreadgroup"), "since 7.2 a timeout beyond what a clock can show is refused", _timeout_beyond_the_end_of_time),
    Exception_(("xread", "xreadgroup"), "since 7.2 the text names the command", _names_the_command),
    Exception_(("client|list",), "Valkey 9 joins several filters, of which the last of a kind counts", _several_client_filters),
    Exception_(("command|getkeys", "command|getkeysandflags"),
               "a number of keys such as 1x is not taken for 1: the command itself refuses it", _digits_before_rubbish),
    Exception_(("scan",), "since 7.4 an option of HSCAN is refused with a text of its own", _no_option_of_scan),
    Exception_(("object|idletime",), "7.0 shares the objects of the integers 0 to 9999 and so their idle times", _shared_idle_time),
    Exception_(("<raw bytes>",), "redis-server skips the two bytes after a bulk unread; a stream out of step is worth an error", _strict_about_line_ends),
    Exception_(("<raw bytes>",), "since 7.2 the text says where the protocol stands", _hello_in_raw_bytes),
    Exception_(("object|encoding",), "since 7.2 a list that fits one node is a listpack", _small_list_is_listpack),
    Exception_(("object|encoding",), "since 7.2 a small set of texts is a listpack", _small_set_is_listpack),
    Exception_(("object|encoding",), "since 7.2 an SADD, HSET or ZADD of more than a form may have does not begin with it, though some be the same",
               _announced_too_many),
    Exception_(("command|getkeysandflags",), "since 7.2 SINTERSTORE overwrites its destination", _overwritten_target),
    Exception_(("object|refcount",), "7.0 shares the objects of the integers 0 to 9999; nothing else shares values", _shared_integers),
    Exception_(("debug|object",), "addresses and sizes are the server's own", _debug_object),
    Exception_(("bitcount", "bitpos"), "after 7.0 the arguments are checked before the key is looked up", _checked_before_the_key),
    Exception_(("bitcount",), "Valkey 8 accepts a start without an end", _start_without_end),
    Exception_(("hello",), "since 7.2 the text says where the protocol stands", _hello_names_the_protocol),
    Exception_(("lpos",), "the smallest RANK cannot be negated; since 7.2 it is refused with a text of its own", _smallest_rank),
    Exception_(("command|getkeys", "command|getkeysandflags"), "since 7.2 the arity is -3 instead of -4", _one_argument_is_enough),
]

# Arities that changed after 7.0.
CHANGED_ARITY = {b"command|getkeys", b"command|getkeysandflags", b"zrank", b"zrevrank"}

# Flags that changed: since 7.2 scripts may call commands that wait, which there answer at once; WAIT is one of those.
CHANGED_FLAGS = {b"blpop", b"brpop", b"blmove", b"brpoplpush", b"bzpopmin", b"bzpopmax", b"wait"}
CHANGED_CATEGORIES = {b"wait"}

# Tips of COMMAND INFO that changed between 7.0 and 7.4.
CHANGED_TIPS = {b"acl|deluser", b"acl|save", b"acl|setuser", b"randomkey", b"scan", b"msetnx", b"client|setname", b"config|resetstat", b"config|rewrite"}

# Key specifications that changed: since 7.2 the destination is overwritten, not read.
CHANGED_KEYS = {b"sinterstore"}


def flags_differ_rightly(oracle, ours):
    """Since 7.2 RESET takes NO-EVICT back, so that ours may have lost the letter."""
    return oracle == b"e" and ours == b"N"


def accepted(name, arguments, oracle, ours):
    """The reason why the two replies may differ, or None."""
    for exception in EXCEPTIONS:
        if name in exception.commands and exception.accept(arguments, oracle, ours):
            return exception.reason
    return None
