"""Plays a sequence on both servers, compares every reply and then the whole state, shrinks what differs."""

import dataclasses
import math
import time

from . import compare, families, grammar, guard
from .grammar import Step, to_bytes
from .families.server import defaults
from .party import Conversation, Party
from .wire import CLOSED, Connection, WireError, encode, parse

# Both servers get these beside what every test's server gets.
DIRECTIVES = ("--enable-debug-command", "yes", "--stream-node-max-bytes", "0")

_NO_ANSWER = [b"the server under test does not answer"]

_CHUNK = 40
# What the family acl may have left.
_NO_USERS = [["ACL", "DELUSER", "u:1", "u:2", "u:3"], ["ACL", "LOG", "RESET"]]
_STEPS_PER_SEQUENCE = 120
_DATABASES = [0, 1, 2, 3, 7, 9, 15]
_SHRINK_TRIES_MAX = 2000


class HarnessError(Exception):
    """The test itself is wrong: what it assumes of the oracle does not hold."""


@dataclasses.dataclass
class Mismatch:
    step: int  # of the sequence; its length when only the final state differs
    command: list
    oracle: bytes
    ours: bytes

    def signature(self):
        """Two mismatches with the same signature are most likely the same mistake."""

        def shape(reply):
            return reply[:40] if reply[:1] == b"-" else reply[:1]

        if CLOSED in self.ours or self.command == _NO_ANSWER:
            return ("no answer",)
        return compare.full_name(self.command), shape(self.oracle), shape(self.ours)


class Side:
    """One server. `mutate` may change (command, reply), to show that a wrong reply is found."""

    def __init__(self, port, mutate=None):
        self.port = port
        self._mutate = mutate
        self._connection = None
        self._party = None
        self._resp = 2

    def _heard(self, command, reply):
        return self._mutate(command, reply) if self._mutate else reply

    def begin(self, resp, with_defaults):
        """Empties the server and opens a fresh connection."""
        self.end()
        self._connection = Connection(self.port)
        pairs = defaults()[2:]
        reset = [["CONFIG", "SET", *pairs[at : at + 2]] for at in range(0, len(pairs), 2)] if with_defaults else []
        self._connection.batch(as_bytes([["AUTH", "secret"], *reset, ["FLUSHALL"], *_NO_USERS, ["HELLO", resp]]))
        self._resp = resp

    def party(self):
        """The connections of talk steps, opened with the first of them."""
        self._party = self._party or Party(self.port, self._resp)
        return self._party

    def end(self):
        if self._party:
            self._party.close()
            self._party = None
        if self._connection:
            self._connection.close()
            self._connection = None

    def plain(self, commands):
        replies = self._connection.batch(commands)
        heard = [position for position, silent in enumerate(silenced(commands)) if not silent]
        answered = [self._heard(commands[position], reply) for position, reply in zip(heard, replies)]
        return heard, answered + replies[len(answered) :]

    def scan(self, command):
        keys, cursor, calls = set(), command[1], 0
        while True:
            reply = self._connection.ask(*command[:1], cursor, *command[2:])
            if not reply.startswith(b"*2\r\n"):
                return self._heard(command, reply)
            cursor, found = parse(reply)
            keys.update(found)
            calls += 1
            if cursor == b"0":
                return self._heard(command, b"a scan of " + repr(sorted(keys)).encode())
            if calls > 100_000:
                return b"a scan without end"

    def randomkey(self):
        reply = self._connection.ask(b"RANDOMKEY")
        if not reply.startswith(b"$") or reply == b"$-1\r\n":
            return reply
        key = parse(reply)
        return b"a key of which EXISTS says " + self._connection.ask(b"EXISTS", key)

    def ask(self, command):
        return self._heard(command, self._connection.ask(*command))

    def apart(self, data, half_close):
        connection = Connection(self.port)
        try:
            return connection.until_closed(data, half_close)
        finally:
            connection.close()

    def state(self):
        """Everything there is, as (command, reply) pairs."""
        sweep = [command for index in _DATABASES for command in (["SELECT", index], ["SCAN", 0, "COUNT", 100000])]
        self._connection.batch(as_bytes(sweep))  # 7.0 counts an expired key until something comes across it.
        overview = as_bytes([command for index in _DATABASES for command in (["SELECT", index], ["KEYS", "*"], ["DBSIZE"])])
        replies = self._connection.batch(overview)
        seen = [(self._named(command, overview, at), reply) for at, (command, reply) in enumerate(zip(overview, replies))]
        for at, index in enumerate(_DATABASES):
            reply = replies[3 * at + 1] if len(replies) > 3 * at + 1 else b"*0\r\n"
            keys = sorted(parse(reply)) if reply.startswith(b"*") else []
            if not keys:
                continue
            look = [[b"SELECT", b"%d" % index]]
            types = self._connection.batch(look + [[b"TYPE", key] for key in keys])[1:]
            for key, kind in zip(keys, types):
                look += [[b"TYPE", key], [b"PTTL", key], [b"OBJECT", b"ENCODING", key], _read_all(key, kind)]
            seen += zip(look, self._connection.batch(look))
        return seen

    @staticmethod
    def _named(command, overview, at):
        return command if command[0] == b"SELECT" else command + [b"<database " + overview[at - at % 3][1] + b">"]


def _read_all(key, kind):
    return {b"+list\r\n": [b"LRANGE", key, b"0", b"-1"], b"+hash\r\n": [b"HGETALL", key], b"+set\r\n": [b"SMEMBERS", key],
            b"+zset\r\n": [b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"], b"+stream\r\n": [b"XINFO", b"STREAM", key, b"FULL", b"COUNT", b"0"]}.get(kind, [b"GET", key])


def reviver(server):
    """Starts `server` (a zedis_server.Server) again if it has died: what made it die is still to be reduced."""

    def revive(side):
        if not server.is_alive():
            server.start()
        side.port = server.port

    return revive


def as_bytes(commands):
    return [[to_bytes(word) for word in command] for command in commands]


def silenced(commands):
    """For each command whether its reply is switched off by CLIENT REPLY."""
    off = skip = False
    result = []
    for command in commands:
        words = [word.lower() for word in command]
        if words[:2] == [b"client", b"reply"] and len(words) == 3 and words[2] in (b"on", b"off", b"skip"):
            if words[2] == b"on":
                off = skip = False
                result.append(False)
            else:
                result.append(True)
                off = off or words[2] == b"off"
                skip = words[2] == b"skip" and not off
            continue
        if words == [b"reset"]:
            off = False
        result.append(off or skip)
        skip = False
    return result


def prologue(r):
    """Most keys of the pool exist when a sequence begins, whatever its family makes."""
    make = {"string": lambda: ["SET", r.value()], "list": lambda: ["RPUSH", *(r.element() for _ in range(r.between(1, 12)))],
            "hash": lambda: ["HSET", "f", r.value()], "set": lambda: ["SADD", r.element()], "zset": lambda: ["ZADD", 1, r.element()],
            "stream": lambda: ["XADD", "1-1", "temperature", r.element()]}
    steps = []
    for kind in r.types:
        for number in (1, 2, 3):
            if r.chance(0.7):
                name, *rest = make[kind]()
                steps.append(Step("plain", as_bytes([[name, f"{kind}:{number}", *rest]])))
    return steps


def make_sequence(seed, family, types, length=_STEPS_PER_SEQUENCE):
    """The steps of one sequence, all of them decided by the seed."""
    r = grammar.Random(seed, types)
    members = families.MADE_OF.get(family, [family])
    generators = [g for g in grammar.GENERATORS if g.family in members and set(g.needs) <= set(types)]
    weights = [g.weight for g in generators]
    steps = prologue(r)
    while len(steps) < length:
        generator = r.rng.choices(generators, weights)[0]
        made = generator.make(r)
        if isinstance(made, Step) or not isinstance(made[0], (list, Step)):
            made = [made]
        for one in made:
            if not isinstance(one, Step):
                if generator.mangle and r.chance(0.12):
                    one = grammar.mangled(r, one)
                one = Step("plain", [one])
            one = dataclasses.replace(one, commands=as_bytes(one.commands))
            if all(guard.is_safe(command, r.relative_used) for command in one.commands):
                steps.append(one)
    return steps


class Pair:
    """The oracle and the server under test. `revive` is called before each sequence, to start the latter again if it died."""

    def __init__(self, oracle, ours, revive=None):
        self.oracle, self.ours = oracle, ours
        self._revive = revive or (lambda side: None)
        self._config_touched = True
        self._conversation = None
        self.commands = 0

    def play(self, steps, resp):
        """The first mismatch, or None."""
        self._revive(self.ours)
        try:
            for side in (self.oracle, self.ours):
                side.begin(resp, self._config_touched)
            self._config_touched = any(command[0].lower() == b"config" for step in steps for command in step.commands)
            self._conversation = None
            found = self._play_steps(steps) or self._rest(len(steps)) or self._compare_state(len(steps))
        except (WireError, OSError) as error:
            found = Mismatch(len(steps), _NO_ANSWER, b"", str(error).encode())
        finally:
            for side in (self.oracle, self.ours):
                side.end()
        return found

    def _play_steps(self, steps):
        at = 0
        while at < len(steps):
            step = steps[at]
            if step.kind != "plain":
                found = self._play_special(step, at)
                at += 1
            else:
                until = at
                commands, owner = [], []
                while until < len(steps) and steps[until].kind == "plain" and len(commands) < _CHUNK:
                    if commands and (steps[until].alone or steps[until - 1].alone):
                        break
                    commands += steps[until].commands
                    owner += [until] * len(steps[until].commands)
                    until += 1
                found = self._play_plain(commands, owner)
                at = until
            if found:
                return found
        return None

    def _play_plain(self, commands, owner):
        self.commands += len(commands)
        heard, theirs = self.oracle.plain(commands)
        if len(heard) != len(theirs):
            raise HarnessError(f"{len(heard)} replies expected, {len(theirs)} came: {commands}")
        _, own = self.ours.plain(commands)
        own += [b"<no reply>"] * (len(theirs) - len(own))
        for position, one, other in zip(heard, theirs, own):
            if not compare.same(commands[position], one, other):
                # What a server that died had not sent is lost, so any command of the chunk may be to blame.
                step = owner[-1] if CLOSED in own else owner[position]
                return Mismatch(step, commands[position], one, CLOSED if CLOSED in own else other)
        if len(own) > len(theirs):
            return Mismatch(owner[-1], commands[-1], b"", b"one reply more: " + own[len(theirs)])
        return None

    def _play_special(self, step, at):
        self.commands += 1
        command = step.commands[0] if step.commands else [b"<raw bytes>", step.data]
        if step.kind == "talk":
            self._conversation = self._conversation or Conversation(self.oracle.party(), self.ours.party())
            found = self._conversation.play(step)
            return Mismatch(at, *found) if found else None
        if step.kind == "exchange":
            command, *replies = self._exchange(*step.commands)
            return None if compare.same(command, *replies) else Mismatch(at, command, *replies)
        replies = []
        for side in (self.oracle, self.ours):
            if step.kind == "scan":
                replies.append(side.scan(command))
            elif step.kind == "randomkey":
                replies.append(side.randomkey())
            elif step.kind == "closing":
                replies.append(side.apart(b"".join(map(encode, step.commands)), half_close=False))
            else:
                replies.append(side.apart(step.data, half_close=True))
        if compare.same(command, *replies):
            return None
        return Mismatch(at, command, *replies)

    def _rest(self, at):
        found = self._conversation.rest() if self._conversation else None
        return Mismatch(at, *found) if found else None

    def _exchange(self, dump, restore):
        """The command that both have answered, and the answers."""
        payloads = [side.ask(dump) for side in (self.oracle, self.ours)]
        if not all(reply.startswith(b"$") and reply != b"$-1\r\n" for reply in payloads):
            return dump, *payloads
        theirs, own = (parse(reply) for reply in payloads)
        with_payload = lambda payload: [payload if word == b"<payload>" else word for word in restore]  # noqa: E731
        return restore, self.oracle.ask(with_payload(own)), self.ours.ask(with_payload(theirs))

    def _compare_state(self, at):
        theirs, own = self.oracle.state(), self.ours.state()
        for (command, one), (own_command, other) in zip(theirs, own):
            if command != own_command:
                return Mismatch(at, [b"KEYS"], repr(command).encode(), repr(own_command).encode())
            if not compare.same(command, one, other):
                return Mismatch(at, command, one, other)
        return None

    def shrink(self, steps, mismatch, resp):
        """The shortest subsequence found that still ends in a mismatch with the same signature."""
        tries = 0
        best, found = steps[: mismatch.step + 1], mismatch

        def attempt(candidate):
            nonlocal best, found, tries
            tries += 1
            if not candidate or tries > _SHRINK_TRIES_MAX:
                return False
            result = self.play(candidate, resp)
            if result and result.signature() == mismatch.signature():
                best, found = candidate[: result.step + 1], result
                return True
            return False

        attempt(best)
        size = max(1, len(best) // 2)
        while True:
            at, removed = 0, False
            while at < len(best):
                if attempt(best[:at] + best[at + size :]):
                    removed = True
                else:
                    at += size
            if size == 1 and not removed or tries > _SHRINK_TRIES_MAX:
                break
            size = max(1, size // 2)
        self._shorten_arguments(lambda: best, attempt)
        return best, found

    @staticmethod
    def _shorten_arguments(current, attempt):
        """Long values are cut as far as the mismatch stays."""
        for at in range(len(current())):
            for number, command in enumerate(current()[at].commands if at < len(current()) else []):
                for position, word in enumerate(command):
                    length = len(word)
                    while length > 16 and at < len(current()):
                        length //= 2
                        step = current()[at]
                        commands = [list(one) for one in step.commands]
                        commands[number][position] = commands[number][position][:length]
                        if not attempt(current()[:at] + [dataclasses.replace(step, commands=commands)] + current()[at + 1 :]):
                            break


def show(word):
    """An argument as redis-cli would take it."""
    text = "".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\x{c:02x}" for c in word)
    if len(text) > 300:
        text = f"{text[:200]}...({len(word)} bytes)"
    return text if text and all(c.isalnum() or c in ":_-.*" for c in text) else f'"{text}"'


def describe(steps, mismatch, reproduce):
    """The report of one mismatch: a history to type in, both replies, and how to see it again."""
    lines = ["the replies differ after this history:"]
    for step in steps:
        if step.kind == "raw":
            lines.append(f"    <new connection, raw bytes> {step.data[:300]!r}" + (f"...({len(step.data)} bytes)" if len(step.data) > 300 else ""))
        for command in step.commands:
            prefix = {"plain": "", "scan": "<until the cursor is 0> ", "closing": "<new connection> ", "randomkey": "", "exchange": "<the other's payload> ",
                      "talk": f"<connection {step.connection}> "}[step.kind]
            lines.append("    " + prefix + " ".join(map(show, command)))
    lines.append("  at: " + " ".join(map(show, mismatch.command)))
    lines.append(f"  redis-server: {mismatch.oracle[:1000]!r}")
    lines.append(f"  zedis-server: {mismatch.ours[:1000]!r}")
    lines.append(f"  see it again: {reproduce}")
    return "\n".join(lines)


@dataclasses.dataclass
class Result:
    sequences: int = 0
    commands: int = 0
    reports: list = dataclasses.field(default_factory=list)


def run(pair, family, resp, seed, types, seconds=math.inf, sequences=math.inf, keep_going=False):
    """Plays sequences until the time or their number is over, or (without keep_going) something differs."""
    if family not in families.NAMES:
        raise ValueError(f"no such family: {family}")
    result = Result()
    known = set()
    deadline = time.monotonic() + seconds
    pair.commands = 0
    number = 0
    while time.monotonic() < deadline and number < sequences:
        steps = make_sequence(f"{seed}/{family}/{resp}/{number}", family, types)
        mismatch = pair.play(steps, resp)
        result.sequences += 1
        if mismatch and mismatch.signature() not in known:
            known.add(mismatch.signature())
            best, found = pair.shrink(steps, mismatch, resp)
            reproduce = f"tests/differential/run.py --seed {seed} --family {family} --resp {resp} --only {number}"
            result.reports.append(describe(best, found, reproduce))
            if not keep_going:
                break
        number += 1
    result.commands = pair.commands
    return result
