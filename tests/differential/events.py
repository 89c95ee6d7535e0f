"""The messages of keyspace notification, compared like replies: after each chunk of commands both servers must have told the
same story of the same keys, in the same order."""

from . import runner
from .wire import CLOSED, Connection, parse

# Not m: how often a command looks for a key that is not there is its own affair.
_CLASSES = "KEAn"

# These depend on when a server comes across a key that is due.
_BY_TIME = (b"expired", b"hexpired")


class ListeningSide(runner.Side):
    """One server, with a subscriber to all that happens to keys."""

    _listener = None

    def begin(self, resp, with_defaults):
        super().begin(resp, with_defaults)
        self._connection.batch(runner.as_bytes([["CONFIG", "SET", "notify-keyspace-events", _CLASSES]]))
        self._listener = Connection(self.port)
        self._listener.batch(runner.as_bytes([["AUTH", "secret"], ["HELLO", 3], ["PSUBSCRIBE", "__key*__:*"]]))

    def end(self):
        if self._listener:
            self._listener.close()
            self._listener = None
        super().end()

    def events(self):
        """What has happened since the last call: channel and payload of each message."""
        told = self._listener.batch([])
        if CLOSED in told:
            return [(b"<connection closed>", b"")]
        messages = [parse(reply)[-2:] for reply in told if reply.startswith(b">4")]
        return [(channel, payload) for channel, payload in messages if payload not in _BY_TIME and not channel.endswith(_BY_TIME)]


class ListeningPair(runner.Pair):
    def _play_plain(self, commands, owner):
        return super()._play_plain(commands, owner) or self._compare_events(owner[-1], commands)

    def _play_special(self, step, at):
        return super()._play_special(step, at) or self._compare_events(at, step.commands)

    def _compare_events(self, at, commands):
        theirs, own = self.oracle.events(), self.ours.events()
        if theirs == own:
            return None
        for one, other in zip(theirs + [(b"<nothing>", b"")], own + [(b"<nothing>", b"")]):
            if one != other:
                name = b"<event %s or %s>" % (_event(one), _event(other))
                return runner.Mismatch(at, [name], repr(theirs).encode(), repr(own).encode())
        return None


def _event(message):
    channel, payload = message
    return payload if channel.startswith(b"__keyspace") else channel.partition(b":")[2] or channel
