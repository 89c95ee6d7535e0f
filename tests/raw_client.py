"""A client of the protocol itself: it shows what redis-py hides, such as which kind of reply came, RESP3, or bad bytes.

Replies decode to Python values that keep the kind:

    +OK         Status(b"OK")        ,1.5       float
    -ERR no     Error(b"ERR no")     #t         bool
    $3 abc      b"abc"               (123       BigNumber
    :7          int                  =7 txt:abc Verbatim(b"txt:abc")
    *..         list                 %..        Map, a list of (key, value) pairs
    $-1 *-1 _   None                 ~..        Set, a list
                                     >..        Push, a list

Status, Error and Verbatim are bytes and compare as such; `type(reply) is bytes` tells a bulk string from them. An error is
returned, not raised. Where the very bytes matter (a null bulk or a null array?), use read_reply_bytes().
"""
import socket


class Status(bytes):
    pass


class Error(bytes):
    pass


class Verbatim(bytes):
    pass


class BigNumber(int):
    pass


class Set(list):
    pass


class Push(list):
    pass


class Map(list):
    """Keys may be any reply, so pairs in the order of the wire; as_dict() where they are hashable."""

    def as_dict(self):
        return dict(self)


class ProtocolError(Exception):
    """The server sent something that is no RESP."""


class ConnectionClosed(Exception):
    """The server closed the connection in the middle of what was read."""


def encode(*args):
    """One request as an array of bulk strings; takes bytes, str, int and float."""
    parts = [b"*%d\r\n" % len(args)]
    for arg in args:
        data = arg if isinstance(arg, bytes) else str(arg).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


class RawClient:
    """A blocking socket; every read ends with TimeoutError after `timeout` seconds."""

    def __init__(self, port, host="127.0.0.1", protocol=2, timeout=60.0):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.position = 0  # of the first byte of buffer that nobody has read
        if protocol == 3:
            reply = self.command("HELLO", 3)
            if not isinstance(reply, Map):
                raise ProtocolError(f"HELLO 3 was answered with {reply!r}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def command(self, *args):
        """Sends one request and returns its reply, decoded."""
        self.send_raw(encode(*args))
        return self.read_reply()

    def pipeline(self, *commands):
        """Sends all requests (each a tuple of arguments) with one write and returns their replies."""
        self.send_raw(b"".join(encode(*command) for command in commands))
        return [self.read_reply() for _ in commands]

    def send_raw(self, data):
        self.socket.sendall(data)

    def read_reply(self):
        """The next reply, decoded."""
        self._drop_read()
        return self._decode()

    def read_reply_bytes(self):
        """The bytes of the next reply, all of it and nothing more."""
        self._drop_read()
        self._decode()
        return bytes(self.buffer[: self.position])

    def wait_for_reply(self):
        """Returns when a part of the next reply has arrived, and leaves it unread."""
        self._drop_read()
        if not self.buffer and not self.socket.recv(1, socket.MSG_PEEK):
            raise ConnectionClosed("closed by the server")

    def read_raw(self, size):
        """Exactly `size` bytes."""
        self._drop_read()
        return self._take(size)

    def read_until_closed(self, size_max=1 << 20):
        """What the server sends until it closes the connection; fails if that is more than `size_max` bytes."""
        self._drop_read()
        try:
            while len(self.buffer) <= size_max:
                self._receive()
        except (ConnectionClosed, ConnectionResetError):
            self.position = len(self.buffer)
            return bytes(self.buffer)
        raise ProtocolError(f"more than {size_max} bytes before the connection was closed")

    def is_closed(self, timeout=60.0):
        """Whether the server closes the connection within `timeout` seconds without sending anything more."""
        self._drop_read()
        if self.buffer:
            return False
        before = self.socket.gettimeout()
        self.socket.settimeout(timeout)
        try:
            self._receive()
            return False
        except (ConnectionClosed, ConnectionResetError):
            return True
        except TimeoutError:
            return False
        finally:
            self.socket.settimeout(before)

    def has_nothing_to_read(self, seconds=0.05):
        """Whether no byte arrives within `seconds`."""
        self._drop_read()
        if self.buffer:
            return False
        before = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            self._receive()
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(before)
        return False

    def _drop_read(self):
        del self.buffer[: self.position]
        self.position = 0

    def _receive(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionClosed(f"closed by the server; unread: {bytes(self.buffer[self.position:])!r}")
        self.buffer += data

    def _take(self, size):
        while len(self.buffer) - self.position < size:
            self._receive()
        data = bytes(self.buffer[self.position : self.position + size])
        self.position += size
        return data

    def _take_line(self):
        searched = self.position
        while (end := self.buffer.find(b"\r\n", searched)) < 0:
            searched = max(self.position, len(self.buffer) - 1)
            self._receive()
        line = bytes(self.buffer[self.position : end])
        self.position = end + 2
        return line

    def _take_bulk(self, size):
        data = self._take(size)
        if self._take(2) != b"\r\n":
            raise ProtocolError(f"no CRLF after a bulk of {size} bytes")
        return data

    def _decode(self):
        line = self._take_line()
        kind, rest = line[:1], line[1:]
        try:
            match kind:
                case b"+":
                    return Status(rest)
                case b"-":
                    return Error(rest)
                case b":":
                    return int(rest)
                case b"$":
                    return None if rest == b"-1" else self._take_bulk(_length(rest))
                case b"*":
                    return None if rest == b"-1" else self._decode_many(rest)
                case b"_":
                    return None
                case b",":
                    return float(rest)
                case b"#":
                    return {b"t": True, b"f": False}[rest]
                case b"(":
                    return BigNumber(rest)
                case b"=":
                    return Verbatim(self._take_bulk(_length(rest)))
                case b"~":
                    return Set(self._decode_many(rest))
                case b">":
                    return Push(self._decode_many(rest))
                case b"%":
                    return Map((self._decode(), self._decode()) for _ in range(_length(rest)))
                case b"|":  # attributes say something about the reply that follows
                    for _ in range(2 * _length(rest)):
                        self._decode()
                    return self._decode()
        except (ValueError, KeyError) as error:
            raise ProtocolError(f"bad reply line {line!r}") from error
        raise ProtocolError(f"bad reply line {line!r}")

    def _decode_many(self, count):
        return [self._decode() for _ in range(_length(count))]


def _length(text):
    if not text.isdigit():
        raise ValueError(text)
    return int(text)
