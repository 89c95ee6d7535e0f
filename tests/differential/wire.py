"""Raw RESP over a socket: send many commands at once, get each reply back as the bytes it was."""

import selectors
import socket
import time

from waiting import WAIT_SECONDS_MAX

_TIMEOUT_S = WAIT_SECONDS_MAX

# Stands where a reply should be when the server closed the connection instead.
CLOSED = b"<connection closed>"


class WireError(Exception):
    """The server did not answer in time, or its bytes are no RESP."""


def encode(command):
    """One request: an array of bulk strings."""
    parts = [b"*%d\r\n" % len(command)]
    for argument in command:
        parts.append(b"$%d\r\n%s\r\n" % (len(argument), argument))
    return b"".join(parts)


def reply_end(buffer, start):
    """Position after the reply that begins at `start`, or -1 if it is not complete yet."""
    pending = 1
    position = start
    while pending:
        line_end = buffer.find(b"\r\n", position)
        if line_end < 0:
            return -1
        kind = buffer[position]
        if kind in b"+-:_,#(":
            position = line_end + 2
            pending -= 1
            continue
        try:
            count = int(buffer[position + 1 : line_end])
        except ValueError:
            raise WireError(f"no RESP: {bytes(buffer[position:position + 80])!r}") from None
        position = line_end + 2
        if kind in b"$=!":
            pending -= 1
            if count >= 0:
                position += count + 2
                if position > len(buffer):
                    return -1
                if buffer[position - 2 : position] != b"\r\n":
                    raise WireError(f"a bulk string without its end: {bytes(buffer[start:position])[:200]!r}")
        elif kind in b"*~>":
            pending += max(count, 0) - 1
        elif kind in b"%":
            pending += 2 * max(count, 0) - 1
        elif kind in b"|":
            pending += 2 * max(count, 0)
        else:
            raise WireError(f"no RESP: {bytes(buffer[position - 20:position + 60])!r}")
    return position


class Error(bytes):
    """An error reply."""


class Status(bytes):
    """A simple string."""


class Verbatim(bytes):
    """A verbatim string, without its three-letter format."""


class Map(list):
    """A map as a list of pairs."""


class Set(list):
    """A set reply."""


def parse(reply):
    """The reply as Python values: bytes, int, None, list, Map, Set, Error, Status."""
    value, end = _parse_at(reply, 0)
    if end != len(reply):
        raise WireError(f"bytes after the reply: {reply[end:][:80]!r}")
    return value


def _parse_at(data, position):
    line_end = data.index(b"\r\n", position)
    kind = data[position : position + 1]
    line = bytes(data[position + 1 : line_end])
    after = line_end + 2
    if kind == b"+":
        return Status(line), after
    if kind == b"-":
        return Error(line), after
    if kind == b":":
        return int(line), after
    if kind == b"_":
        return None, after
    if kind == b",":
        return float(line), after
    if kind == b"#":
        return line == b"t", after
    if kind == b"(":
        return int(line), after
    count = int(line)
    if kind in (b"$", b"=", b"!"):
        if count < 0:
            return None, after
        body = bytes(data[after : after + count])
        if kind == b"=":
            return Verbatim(body[4:]), after + count + 2
        return (Error if kind == b"!" else bytes)(body), after + count + 2
    if count < 0:
        return None, after
    if kind in (b"%", b"|"):
        pairs = Map()
        for _ in range(count):
            key, after = _parse_at(data, after)
            value, after = _parse_at(data, after)
            pairs.append((key, value))
        return pairs, after
    items = Set() if kind == b"~" else []
    for _ in range(count):
        item, after = _parse_at(data, after)
        items.append(item)
    return items, after


class Connection:
    """One connection. It never blocks in send while the server waits to be read."""

    _serial = 0

    def __init__(self, port, timeout_s=_TIMEOUT_S):
        self._timeout_s = timeout_s
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._buffer = bytearray()

    def close(self):
        self._selector.close()
        self._socket.close()

    def _exchange(self, data, found):
        """Sends `data` and reads until `found(buffer)` or the end of the stream; False at the end."""
        deadline = time.monotonic() + self._timeout_s
        view = memoryview(data)
        while True:
            if not len(view) and found(self._buffer):
                return True
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if len(view) else 0)
            self._selector.modify(self._socket, events)
            left = deadline - time.monotonic()
            ready = self._selector.select(left) if left > 0 else []
            if not ready:
                raise WireError(f"no reply within {self._timeout_s} s; got {bytes(self._buffer[-200:])!r}")
            mask = ready[0][1]
            if mask & selectors.EVENT_WRITE and len(view):
                try:
                    view = view[self._socket.send(view[: 1 << 18]) :]
                except (BrokenPipeError, ConnectionResetError):
                    view = view[len(view) :]
            if mask & selectors.EVENT_READ:
                try:
                    chunk = self._socket.recv(1 << 18)
                except ConnectionResetError:
                    chunk = b""
                if not chunk:
                    return False
                self._buffer += chunk

    def batch(self, commands):
        """Sends the commands at once and returns the list of raw replies, however many there are.

        Commands may switch replies off: a closing pair of commands switches them on and marks the end.
        """
        Connection._serial += 1
        token = b"end of batch %d" % Connection._serial
        tail = b"$%d\r\n%s\r\n" % (len(token), token)
        data = b"".join(map(encode, commands)) + encode([b"CLIENT", b"REPLY", b"ON"]) + encode([b"ECHO", token])
        complete = self._exchange(data, lambda buffer: buffer.endswith(tail))
        replies = self._split()
        if not complete:
            return replies + [CLOSED]
        return replies[:-2]

    def ask(self, *command):
        """One command, its raw reply (or the word that the connection was closed)."""
        complete = self._exchange(encode(list(command)), lambda buffer: reply_end(buffer, 0) >= 0)
        replies = self._split()
        return replies[0] if complete else b"".join(replies) + CLOSED

    def send(self, data):
        """Only sends; `receive` takes what comes back."""
        self._exchange(data, lambda buffer: True)

    def receive(self, at_least=0):
        """The messages that have arrived and nobody has taken, CLOSED last when that was the end. Waits for `at_least` so many."""
        deadline = time.monotonic() + self._timeout_s
        messages = []
        while True:
            messages += self._split_complete()
            left = deadline - time.monotonic() if len(messages) < at_least else 0
            if left < 0:
                raise WireError(f"{len(messages)} messages within {self._timeout_s} s instead of {at_least}: {messages[-3:]!r}")
            self._selector.modify(self._socket, selectors.EVENT_READ)
            if not self._selector.select(left):
                if left:
                    continue
                return messages
            try:
                chunk = self._socket.recv(1 << 18)
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                return messages + self._split() + [CLOSED]
            self._buffer += chunk

    def until_closed(self, data, half_close):
        """Sends bytes as they are, then reads all there is until the server closes."""
        if half_close:
            self._exchange(data, lambda buffer: True)
            try:
                self._socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # The server was quicker to close.
            data = b""
        self._exchange(data, lambda buffer: False)
        everything = bytes(self._buffer)
        self._buffer.clear()
        return everything

    def _split_complete(self):
        """Takes the complete replies out of what was read."""
        replies = []
        buffer, start = self._buffer, 0
        while start < len(buffer):
            end = reply_end(buffer, start)
            if end < 0:
                break
            replies.append(bytes(buffer[start:end]))
            start = end
        del buffer[:start]
        return replies

    def _split(self):
        """The same, and as the last one what is left."""
        replies = self._split_complete()
        if self._buffer:
            replies.append(bytes(self._buffer))
            self._buffer.clear()
        return replies
