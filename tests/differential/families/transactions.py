"""MULTI, EXEC, DISCARD, WATCH and UNWATCH on four connections that get in each other's way."""

from .. import grammar
from ..grammar import Step, command, mangled

_OTHER_FAMILIES = ["strings", "bits", "hashes", "lists", "sets", "sorted_sets", "streams", "keys", "sort", "geo", "hyperloglog", "connection"]
_ENDS = ["EXEC", "EXEC", "EXEC", "EXEC", "EXEC", "DISCARD", "RESET"]


def _fits(words):
    """Not what waits for a time, is told by chance, or differs on purpose in a way that shows only at EXEC."""
    name, rest = words[0], [str(word).upper() for word in words[1:]]
    if name in ("HELLO", "RANDOMKEY", "SPOP"):
        return False
    if name in ("ZRANK", "ZREVRANK"):
        return len(rest) == 2
    if name in ("SORT", "SORT_RO"):  # a sorted set becomes another one by being sorted
        return "".join(map(str, words[1:2])).startswith("sorting:")
    return "BLOCK" not in rest


def _any_command(r):
    """Of any family, now and then with mistakes; not what comes in several commands or ends the connection."""
    choices = [g for g in grammar.GENERATORS if g.family in _OTHER_FAMILIES and set(g.needs) <= set(r.types)]
    weights = [g.weight for g in choices]
    for _ in range(20):
        generator = r.rng.choices(choices, weights)[0]
        made = generator.make(r)
        if isinstance(made, Step) or not made or isinstance(made[0], (list, Step)):
            continue
        if generator.mangle and r.chance(0.1):
            made = mangled(r, made)
        if _fits(made):
            return made
    return ["GET", "key"]


def _say(r, words, connection=None):
    return Step("talk", [words], connection=r.between(0, 3) if connection is None else connection)


def _odd(r):
    """What a transaction does not take, or takes with a surprise."""
    return r.pick([["MULTI"], ["WATCH", r.any_key()], ["UNWATCH"], ["MULTI", "x"], ["DISCARD", "x"], ["EXEC", "x"], ["UNWATCH", "x"], ["WATCH"], ["nosuch", "x"],
                   ["GET"], ["CLIENT"], ["CLIENT", "nosuch"], ["SHUTDOWN", "foo"], ["SELECT", r.database()], ["SWAPDB", 0, 1], ["FLUSHDB"], ["FLUSHALL"], ["DBSIZE"],
                   ["KEYS", "*"], ["CLIENT", "INFO"], ["CLIENT", "LIST"], ["CLIENT", "REPLY", "ON"], ["CONFIG", "GET", "hz"], ["AUTH", "x"], ["EXEC"],
                   ["DISCARD"], ["RESET"], ["COMMAND", "COUNT", "x"], ["DEBUG", "SLEEP", 0], ["COMMAND", "GETKEYS", "WATCH", "a", "b"], ["COMMAND", "INFO", "WATCH", "EXEC"],
                   ["COMMAND", "INFO", "MULTI", "DISCARD", "UNWATCH"], ["HELLO", 3], ["HELLO", 2], ["CLIENT", "SETNAME", "me"], ["CLIENT", "GETNAME"]])


@command("transactions", weight=4, mangle=False)
def transaction(r):
    """Others may talk in between; a small key space makes them touch what is watched."""
    own = r.between(0, 3)
    steps = [_say(r, [r.case("WATCH"), *(r.any_key() for _ in range(r.between(1, 3)))], own)] if r.chance(0.6) else []
    if r.chance(0.5):
        steps.append(_say(r, _any_command(r)))
    steps.append(_say(r, [r.case("MULTI")], own))
    for _ in range(r.between(0, 5)):
        steps.append(_say(r, _any_command(r) if r.chance(0.9) else _odd(r), own))
        if r.chance(0.15):
            steps.append(_say(r, _any_command(r)))
    steps.append(_say(r, [r.case(r.pick(_ENDS))], own))
    return steps


@command("transactions", weight=2, mangle=False)
def pipelined(r):
    """In one write."""
    words = [["MULTI"], *(_any_command(r) for _ in range(r.between(0, 6))), ["EXEC"], _any_command(r)]
    return Step("talk", words, connection=r.between(0, 3))


@command("transactions", weight=4, mangle=False)
def watch_and_change(r):
    """Whether one command touches a key that is watched."""
    own, other = r.rng.sample(range(4), 2)
    kind = r.pick(r.types)
    choices = [["DEL", f"{kind}:1"], ["EXPIRE", f"{kind}:1", 100000], ["PERSIST", f"{kind}:1"], ["COPY", f"{kind}:1", f"{kind}:2", "REPLACE"], ["RENAME", f"{kind}:2", f"{kind}:1"],
               ["TOUCH", f"{kind}:1"], ["FLUSHALL"], ["FLUSHDB"], ["SWAPDB", 0, 1], ["SWAPDB", 0, 0], ["MOVE", f"{kind}:1", 1], ["EXPIREAT", f"{kind}:1", 1]]
    change = r.pick(choices) if r.chance(0.4) else _any_command(r)
    watch = [["WATCH", *(f"{k}:{n}" for k in r.types for n in (1, 2, 3)), "missing:1", "missing:2"]] if r.chance(0.3) else [["WATCH", f"{kind}:1"]]
    return [*(_say(r, words, own) for words in watch), _say(r, change, other), _say(r, ["MULTI"], own), _say(r, ["PING"], own), _say(r, ["EXEC"], own)]


@command("transactions", weight=1, mangle=False)
def stray(r):
    return _say(r, _odd(r) if r.chance(0.7) else _any_command(r))


@command("transactions", weight=0.3, mangle=False)
def look(r):
    own = r.between(0, 3)
    return [_say(r, ["CLIENT", "INFO"], own), _say(r, r.pick([["UNWATCH"], ["RESET"], ["QUIT"], ["CLIENT", "LIST"]]), own)]
