"""Lists: the commands that do not block."""

from ..grammar import INT64_MAX, INT64_MIN, command


def _side(r):
    return r.case(r.pick(["LEFT", "RIGHT"])) if r.chance(0.96) else r.pick(["UP", "", "LEFTT", 1])


def _elements(r, most=5):
    return [r.element() for _ in range(r.between(1, most))]


@command("lists", weight=9)
def push(r):
    return [r.pick(["LPUSH", "RPUSH"]), r.key("list"), *_elements(r)]


@command("lists", weight=1)
def push_many(r):
    return [r.pick(["LPUSH", "RPUSH"]), r.key("list"), *(r.element() for _ in range(r.pick([20, 130, 300])))]


@command("lists", weight=2)
def pushx(r):
    return [r.pick(["LPUSHX", "RPUSHX"]), r.key("list"), *_elements(r)]


@command("lists", weight=4)
def pop(r):
    count = [] if r.chance(0.5) else [r.small()]
    return [r.pick(["LPOP", "RPOP"]), r.key("list"), *count]


@command("lists", weight=1)
def llen(r):
    return ["LLEN", r.key("list")]


@command("lists", weight=3)
def lindex(r):
    return ["LINDEX", r.key("list"), r.index()]


@command("lists", weight=3)
def lset(r):
    return ["LSET", r.key("list"), r.index(), r.element()]


@command("lists", weight=3)
def linsert(r):
    where = r.case(r.pick(["BEFORE", "AFTER"])) if r.chance(0.95) else r.pick(["foo", "", "LEFT"])
    return ["LINSERT", r.key("list"), where, r.element(), r.element()]


@command("lists", weight=4)
def lrange(r):
    return ["LRANGE", r.key("list"), r.index(), r.index()]


@command("lists", weight=3, mangle=False)
def lrem(r):
    """Never with the smallest count: 7.0 removes all from the tail, since 7.2 it is refused."""
    count = r.index()
    arguments = ["LREM", r.key("list"), count if count != INT64_MIN else INT64_MIN + 1, r.element()]
    if r.chance(0.04):
        arguments.append(r.element()) if r.chance(0.5) else arguments.pop()
    return arguments


@command("lists", weight=2)
def ltrim(r):
    if r.chance(0.8):
        return ["LTRIM", r.key("list"), r.pick([0, 0, 1, 2, -50, -20]), r.pick([-1, -1, -2, 5, 20, 50])]
    return ["LTRIM", r.key("list"), r.index(), r.index()]


@command("lists", weight=4)
def lpos(r):
    options = []
    if r.chance(0.5):
        options.append([r.case("RANK"), r.between(-4, 4) if r.chance(0.9) else r.pick([INT64_MAX, INT64_MIN, INT64_MIN + 1, "abc", "1.5"])])
    if r.chance(0.5):
        options.append([r.case("COUNT"), r.small()])
    if r.chance(0.4):
        options.append([r.case("MAXLEN"), r.small()])
    if r.chance(0.06):
        options.append(r.pick([["RANK"], ["COUNT"], ["foo"], ["RANK", 1], ["COUNT", -1], ["MAXLEN", -1]]))
    r.rng.shuffle(options)
    return ["LPOS", r.key("list"), r.element(), *(word for option in options for word in option)]


@command("lists", weight=3)
def lmove(r):
    return ["LMOVE", r.key("list"), r.key("list"), _side(r), _side(r)]


@command("lists", weight=2)
def rpoplpush(r):
    return ["RPOPLPUSH", r.key("list"), r.key("list")]


@command("lists", weight=3)
def lmpop(r):
    keys = r.keys("list", 3)
    numkeys = len(keys) if r.chance(0.9) else r.small()
    count = [r.case("COUNT"), r.small(1)] if r.chance(0.5) else []
    if r.chance(0.04):
        count += r.pick([["COUNT", 1], ["COUNT"], ["foo"], ["LEFT"]])
    return ["LMPOP", numkeys, *keys, _side(r), *count]


@command("lists", weight=0.7, mangle=False)
def last_element_goes(r):
    """An empty list is no key."""
    key = r.key("list")
    empty = r.pick([["LPOP", key], ["RPOP", key, 1], ["LTRIM", key, 1, 0], ["LREM", key, 0, "only"], ["LMPOP", 1, key, "LEFT"],
                    ["LMOVE", key, "list:3", "LEFT", "LEFT"], ["RPOPLPUSH", key, "list:3"], ["LPOP", key, 0], ["LMOVE", key, key, "LEFT", "RIGHT"]])
    return [["DEL", key], ["RPUSH", key, "only"], empty, ["EXISTS", key], ["TYPE", key], ["LLEN", key], ["LPUSHX", key, "x"]]


@command("lists", weight=0.5, mangle=False)
def large_list(r):
    """Long enough to need several nodes, worked on near their borders."""
    key = r.key("list")
    size = r.pick([3, 12, 60, 200])
    filler = r.text(r.pick([40, 200, 700]))
    steps = [["DEL", key], ["RPUSH", key, *(b"%d:" % n + filler for n in range(size))]]
    for _ in range(r.between(1, 6)):
        at = r.between(-size, size)
        steps.append(r.pick([["LINDEX", key, at], ["LSET", key, at, r.element()], ["LRANGE", key, at, at + 3], ["LTRIM", key, 1, -2],
                             ["LINSERT", key, "BEFORE", b"%d:" % abs(at) + filler, r.element()], ["LREM", key, r.pick([1, -1, 0]), b"%d:" % abs(at) + filler],
                             ["LPOS", key, b"%d:" % abs(at) + filler], ["LPOP", key, r.between(1, 5)], ["LPUSH", key, r.text(9000)], ["RPUSH", key, r.element()],
                             ["LMOVE", key, key, "RIGHT", "LEFT"], ["LLEN", key]]))
    return steps + [["LRANGE", key, 0, -1]]


@command("lists", weight=0.6, mangle=False)
def size_of_a_node(r):
    """How lists are cut into nodes and compressed must not show."""
    return [["CONFIG", "SET", "list-max-listpack-size", r.pick([-5, -4, -3, -2, -1, 1, 2, 4, 128])],
            ["CONFIG", "SET", "list-compress-depth", r.pick([0, 0, 1, 2])]]


@command("lists", weight=1)
def look(r):
    key = r.key("list")
    return r.pick([["TYPE", key], ["EXISTS", key], ["DEL", key], ["RENAME", key, r.key("list")], ["COPY", key, r.key("list"), "REPLACE"],
                   ["OBJECT", "ENCODING", key], ["EXPIRE", key, 100000], ["PERSIST", key], ["TTL", key], ["UNLINK", key, r.key("list")]])
