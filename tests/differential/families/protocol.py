"""Requests as bytes: inline commands, wrong lengths, what comes after an error.

No NUL in a line: redis-server looks for the end of the line up to the first NUL only, and waits for ever.
"""

from ..grammar import Step, command
from ..wire import encode

_LENGTHS = [b"-1", b"-2", b"0", b"+1", b"007", b"", b" 1", b"1 ", b"abc", b"1a", b"9223372036854775807", b"9223372036854775808",
            b"99999999999999999999", b"536870913", b"2147483648", b"4294967296", b"1048577", b"1.5", b"-0"]
# As a number of arguments: more than our limit, less than that of redis-server.
_MANY = (b"1048577", b"536870913")


def _request(r):
    return r.pick([encode([b"PING"]), encode([b"ECHO", b"hi"]), encode([b"SET", b"string:1", b"v"]), encode([b"GET", b"string:1"]),
                   encode([b"GET"]), encode([b""]), b"PING\r\n", b"ECHO 'a b'\r\n"])


@command("protocol", weight=4, mangle=False)
def inline(r):
    words = [b"PING", b"ECHO", b"SET", b"GET", b"string:1", b'"a b"', b"'a b'", b'"\\x41\\n\\t\\"\\\\"', b'"\\xzz"', b"'it\\'s'", b'"open', b"'open", b'"a"b',
             b"'a'b", b"a'b'", b'""', b"''", b"\xff", b"*1", b"$1", b"\t", b"\\", b"x" * 100]
    command_ = r.pick([b"PING", b"ECHO", b"SET", b"GET", b"ping", b"nosuch", b""])
    line = r.pick([b" ", b"  ", b"\t"]).join([command_, *(r.pick(words) for _ in range(r.between(0, 3)))])
    return Step("raw", [], data=r.pick([b"", b" ", b"\r\n"]) + line + r.pick([b"\r\n", b"\r\n", b"\n", b" \r\n", b"\r\r\n"]) + _request(r))


@command("protocol", weight=2, mangle=False)
def array_length(r):
    return Step("raw", [], data=_request(r) + b"*" + r.pick([length for length in _LENGTHS if length not in _MANY]) + r.pick([b"\r\n", b"\r\n", b"\n"]) + _request(r))


@command("protocol", weight=3, mangle=False)
def bulk_length(r):
    # Not 0: redis-server takes the next two bytes for the end of the bulk, whatever they are, and we do not.
    lengths = [length for length in _LENGTHS if length != b"0"]
    head = r.pick([b"*1\r\n", b"*2\r\n$4\r\nECHO\r\n", b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n"])
    return Step("raw", [], data=_request(r) + head + b"$" + r.pick(lengths) + b"\r\n" + _request(r))


@command("protocol", weight=2, mangle=False)
def wrong_first_byte(r):
    head = r.pick([b"*1\r\n", b"*2\r\n$4\r\nECHO\r\n", b"*0\r\n", b"*-1\r\n", b"\r\n", b"\n", b""])
    kind = r.pick([b":", b"+", b"-", b"*", b"", b"a", b"\xff", b"\r", b"'", b"\n", b" "])
    return Step("raw", [], data=head + kind + b"1\r\nx\r\n" + _request(r))


@command("protocol", weight=2, mangle=False)
def several_requests(r):
    return Step("raw", [], data=b"".join(_request(r) for _ in range(r.between(1, 8))))


@command("protocol", weight=1, mangle=False)
def cut_short(r):
    """The client goes away in the middle: what was complete is answered."""
    whole = b"".join(_request(r) for _ in range(r.between(1, 4)))
    return Step("raw", [], data=whole[: r.between(0, len(whole))])


@command("protocol", weight=0.5, mangle=False)
def long_line(r):
    """Lines without an end stop at 64 KiB. With an end redis-server takes longer ones too, if they arrive at once."""
    head = r.pick([b"", b"*", b"*1\r\n$", b"ECHO ", b"*2\r\n$4\r\nECHO\r\n$"])
    digits, end = r.pick([(100, b""), (100, b"\r\n"), (60000, b""), (60000, b"\r\n"), (70000, b""), (80000, b"")])
    return Step("raw", [], data=head + b"1" * digits + end)


@command("protocol", weight=1, mangle=False)
def before_authentication(r):
    """Much lower limits before a password was given."""
    data = r.pick([b"*11\r\n", b"*10\r\n", b"*2\r\n$4\r\nECHO\r\n$16385\r\n", b"*2\r\n$4\r\nAUTH\r\n$16384\r\n", encode([b"PING"]), b"PING\r\n",
                   encode([b"AUTH", b"x"]), b"AUTH x\r\n", encode([b"HELLO", b"3"]), encode([b"QUIT"]), encode([b"GET"]), encode([b"nosuch", b"x"])])
    return [Step("plain", [["CONFIG", "SET", "requirepass", "secret"]]), Step("raw", [], data=data), Step("plain", [["CONFIG", "SET", "requirepass", ""]])]
