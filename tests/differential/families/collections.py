"""Keys of the remaining types, made only when the server under test has them: others meet their wrong type."""

from ..grammar import command


@command("keys", weight=1, needs=("hash",), mangle=False)
def hset(r):
    return ["HSET", r.key("hash"), r.element(), r.element()]


@command("keys", weight=1, needs=("set",), mangle=False)
def sadd(r):
    return ["SADD", r.key("set"), r.element(), r.element()]


@command("keys", weight=1, needs=("zset",), mangle=False)
def zadd(r):
    return ["ZADD", r.key("zset"), r.between(-5, 5), r.element()]
