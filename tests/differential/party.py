"""Several connections to one server that a sequence uses in turn: transactions that others disturb, blocked commands, messages.

What comes back, and on which connections, the oracle says. It has one thread: when it has answered PINGs that were sent
after a command, everything that follows from the command has been sent, too. The server under test has as long as it likes
to send as many messages on each connection; one that it sends too many comes up with a later step.
"""

from waiting import WAIT_SECONDS_MAX, wait_until

from . import compare
from .wire import CLOSED, Connection, WireError, encode, parse, reply_end

CONNECTIONS = 4  # 0 to 3
_ROUNDS = 3  # of the oracle's loop: read and run, serve whom that has unblocked, write


class Party:
    """The numbered connections to one server; they are opened when they are first used, and again after the server closed them."""

    def __init__(self, port, resp, timeout_s=WAIT_SECONDS_MAX):
        self._port = port
        self._resp = resp
        self._timeout_s = timeout_s
        self._control = Connection(port)
        self._connections = {}
        self._sent = {}

    def close(self):
        """Returns when the server has noticed, so that nobody is left who waits for what the next sequence does."""
        for connection in self._connections.values():
            connection.close()
        try:
            wait_until(self._nobody_waits, "clients that have gone still wait")
        except (OSError, WireError):
            pass  # the server has died
        self._control.close()

    def _nobody_waits(self):
        counts = self._control.ask(b"INFO", b"clients")
        return b"blocked_clients" not in counts or b"blocked_clients:0\r\n" in counts

    def _of(self, number):
        if number not in self._connections:
            connection = Connection(self._port, self._timeout_s)
            connection.ask(b"HELLO", b"%d" % self._resp)
            connection.id = parse(connection.ask(b"CLIENT", b"ID"))
            self._connections[number] = connection
            self._sent[number] = 2
        return self._connections[number]

    def say(self, number, commands):
        self._of(number).send(b"".join(map(encode, commands)))
        self._sent[number] += len(commands)

    def settle(self):
        """REQUIRES: the server has one thread. Everything that was said has had its effects."""
        for _ in range(_ROUNDS):
            self._control.ask(b"PING")

    def await_silence(self, number):
        """Of a server that counts the commands of each client: what was said has run, or is blocked, with no reply to tell."""
        connection = self._connections[number]
        while True:
            line = parse(self._control.ask(b"CLIENT", b"LIST", b"ID", b"%d" % connection.id))
            fields = dict(field.partition(b"=")[::2] for field in line.strip().split(b" "))
            if b"tot-cmds" not in fields and b"id" in fields:
                return self.settle()  # another redis-server
            if b"id" not in fields or b"b" in fields[b"flags"] or int(fields[b"tot-cmds"]) >= self._sent[number]:
                return

    def hear(self, expected=None):
        """What has come, by connection; waits for as many messages as `expected` has of each."""
        heard = {}
        for number, connection in list(self._connections.items()):
            heard[number] = connection.receive(len(expected[number]) if expected else 0)
            if CLOSED in heard[number]:
                connection.close()
                del self._connections[number]
        return heard


class Conversation:
    """Plays steps to both servers and compares what comes back."""

    def __init__(self, oracle, ours):
        self._oracle, self._ours = oracle, ours
        self._queued = {number: [] for number in range(CONNECTIONS)}
        self._owed = dict.fromkeys(range(CONNECTIONS), 0)  # replies, by the oracle

    def play(self, step):
        """The first difference as (command, the oracle's message, ours), or None."""
        if step.if_free and self._owed[step.connection]:
            return None
        self._owed[step.connection] += len(step.commands)
        for party in (self._oracle, self._ours):
            party.say(step.connection, step.commands)
        self._oracle.settle()
        theirs = self._oracle.hear()
        for number, messages in theirs.items():
            replies = sum(not message.startswith(b">") for message in messages)
            self._owed[number] = 0 if CLOSED in messages else self._owed[number] - replies
        if len(theirs[step.connection]) < len(step.commands) and CLOSED not in theirs[step.connection]:
            self._ours.await_silence(step.connection)
        own = self._ours.hear(theirs)
        for number, messages in theirs.items():
            commands = step.commands if number == step.connection else []
            found = self._compare(number, commands, messages, own[number])
            if found:
                return found
        return None

    def rest(self):
        """What only came when all steps were over."""
        self._oracle.settle()
        theirs = self._oracle.hear()
        own = self._ours.hear(theirs)
        return next(filter(None, (self._compare(number, [], messages, own[number]) for number, messages in theirs.items())), None)

    def _compare(self, number, commands, theirs, own):
        unasked = [b"<message on connection %d>" % number]
        for at, (one, other) in enumerate(zip(theirs, own)):
            command = commands[at] if at < len(commands) else unasked
            if not self._same(number, command, one, other):
                return command, one, other
        return (unasked, b"", own[len(theirs)]) if len(own) > len(theirs) else None

    def _same(self, number, command, one, other):
        queued = self._queued[number]
        if one == other:
            if one == b"+QUEUED\r\n":
                queued.append(command)
            elif command[0].lower() == b"exec" or (command[0].lower(), one) == (b"multi", b"+OK\r\n"):
                queued.clear()
            return True
        if command[0].lower() != b"exec":
            return compare.same(command, one, other)
        inner, queued[:] = list(queued), []
        ones, others = elements(one), elements(other)
        return len(ones) == len(others) == len(inner) and all(map(compare.same, inner, ones, others))


def elements(reply):
    """The raw elements of a raw array; none of what is no array."""
    at = reply.index(b"\r\n") + 2
    found = []
    while reply[:1] == b"*" and at < len(reply):
        end = reply_end(reply, at)
        found.append(reply[at:end])
        at = end
    return found
