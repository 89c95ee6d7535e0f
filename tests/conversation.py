"""Plays a script of several connections on a server and returns all that each of them gets, in order, so that two servers
can be compared.

A script is a list of steps, each the name of a connection and a command as one string or a list of words. A connection is
made when its name first appears; a name that ends in 3 speaks RESP3. <id:name> in a command is the id of another
connection, and ids in replies to CLIENT become such words again.

After each step every connection that can answer is asked for a PONG, and what comes before it belongs to the step: what
a command causes for others is there before the replies to what they ask after it.
"""
import contextlib

from raw_client import Error, Push, RawClient, encode


class Player:
    def __init__(self, port, name):
        self.client = RawClient(port, protocol=3 if name.endswith("3") else 2)
        self.id = self.client.command("CLIENT", "ID")
        self.in_transaction = False
        self.is_silent = False
        self.pings = 0

    def send(self, words):
        """Returns the first reply, if there is one."""
        self.client.send_raw(encode(*words))
        command = [str(word).upper() for word in words]
        if command[:3] == ["CLIENT", "REPLY", "ON"]:
            self.is_silent = False
        elif command[:2] == ["CLIENT", "REPLY"]:
            self.is_silent = True
        if self.is_silent:
            return []
        reply = self.client.read_reply()
        if command[0] == "MULTI":
            self.in_transaction = not isinstance(reply, Error)
        elif command[0] in ("EXEC", "DISCARD", "RESET"):
            self.in_transaction = False
        return [reply]

    def gather(self):
        """What has come or is on its way."""
        if self.in_transaction or self.is_silent:
            return []
        self.pings += 1
        token = b"ping number %d" % self.pings
        self.client.send_raw(encode("PING", token))
        replies = []
        while (reply := self.client.read_reply()) not in (token, [b"pong", token]):
            replies.append(reply)
        return replies


def _shown(value, names):
    """Kinds of replies stay visible; ids become names."""
    if isinstance(value, (list, tuple)):
        kind = type(value).__name__ if isinstance(value, Push) else ""
        return kind, [_shown(one, names) for one in value]
    if isinstance(value, int) and not isinstance(value, bool) and value in names:
        return f"<id:{names[value]}>"
    return type(value).__name__, value


def play(port, script):
    """One line for each step: the step, and for each connection that got anything, what that was."""
    with contextlib.ExitStack() as stack:
        players = {}
        for name, _ in script:
            if name not in players:
                players[name] = Player(port, name)
                stack.callback(players[name].client.close)
        names = {player.id: name for name, player in players.items()}
        transcript = []
        for name, command in script:
            words = command.split() if isinstance(command, str) else command
            words = [players[word[4:-1]].id if isinstance(word, str) and word.startswith("<id:") else word for word in words]
            heard = {name: players[name].send(words)}
            for other, player in players.items():
                if replies := player.gather():
                    heard[other] = heard.get(other, []) + replies
            shown = names if words[0].upper() == "CLIENT" else {}
            transcript.append((name, command, {one: [_shown(reply, shown) for reply in got] for one, got in heard.items() if got}))
        return transcript
