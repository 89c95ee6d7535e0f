"""What belongs to a connection: HELLO, CLIENT, AUTH, SELECT, QUIT."""

from ..grammar import NOT_INTEGERS, Step, command


@command("connection", weight=2)
def ping(r):
    return ["PING", *([] if r.chance(0.4) else [r.value()])]


@command("connection", weight=2)
def echo(r):
    return ["ECHO", r.value()]


@command("connection", weight=2)
def select(r):
    return ["SELECT", r.database()]


@command("connection", weight=1)
def look(r):
    return r.pick([["DBSIZE"], ["SET", r.key(), r.value()], ["GET", r.key()], ["EXISTS", r.key()]])


@command("connection", weight=3, mangle=False)
def hello(r):
    options = []
    if r.chance(0.3):
        options += [r.case("SETNAME"), r.pick(["me", "", "a b", "x\ny", "name-1", "ä"])]
    if r.chance(0.2):  # Alone: 7.0 logs in before it looks at what follows.
        options = [r.case("AUTH"), r.pick(["default", "nosuch"]), r.pick(["", "secret"])]
    elif r.chance(0.08):  # 7.0 takes the name before it looks at what follows.
        options = r.pick([["foo"], ["AUTH"], ["AUTH", "default"], ["SETNAME"], ["SETNAME", "a", "SETNAME", "b"]])
    form = r.between(0, 9)
    version = r.pick([2, 3]) if form < 8 else r.pick([0, 1, 4, -1, 2**40, *NOT_INTEGERS])
    return [["HELLO"]] if form == 0 else [["HELLO", version, *options], ["CLIENT", "GETNAME"]]


@command("connection", weight=1.5, mangle=False)
def reset(r):
    """RESET goes back to RESP2 and database 0."""
    after = [["HELLO", 3]] if r.chance(0.5) else []
    return [["RESET"], ["CLIENT", "GETNAME"], ["GET", "missing"], *after]


@command("connection", weight=2)
def reset_arguments(r):
    return ["RESET", r.value()]


@command("connection", weight=2)
def setname(r):
    return ["CLIENT", r.case("SETNAME"), r.pick(["", "me", "a b", "x\ny", "tab\t", "~", "!", b"\x7f", b"\x00", "ä", "n" * 300])]


@command("connection", weight=1)
def getname(r):
    return ["CLIENT", r.case("GETNAME")]


@command("connection", weight=2, mangle=False)
def reply(r):
    """Replies switched off and skipped."""
    return [["CLIENT", r.case("REPLY"), r.case(r.pick(["ON", "OFF", "SKIP", "SKIP"]))]]


@command("connection", weight=0.5, mangle=False)
def reply_group(r):
    silent = [["CLIENT", "REPLY", r.pick(["OFF", "SKIP"])], ["SET", r.key(), r.value()], ["GET", r.key()], ["nosuch"], ["PING"]]
    return silent + [["CLIENT", "REPLY", "ON"]]


@command("connection", weight=1)
def reply_bad(r):
    return ["CLIENT", "REPLY", *r.pick([[], ["foo"], [""], ["ON", "OFF"]])]


@command("connection", weight=1)
def no_evict(r):
    return ["CLIENT", r.case("NO-EVICT"), r.case(r.pick(["ON", "OFF", "ON", "foo", ""]))]


@command("connection", weight=1.5)
def client_info(r):
    return r.pick([["CLIENT", "INFO"], ["CLIENT", "ID"], ["CLIENT", "LIST"], ["CLIENT", "LIST", "TYPE", "normal"], ["CLIENT", "LIST", "TYPE", "NORMAL"],
                   ["CLIENT", "LIST", "TYPE", "pubsub"], ["CLIENT", "LIST", "TYPE", "replica"], ["CLIENT", "LIST", "TYPE", "master"]])


@command("connection", weight=1, mangle=False)
def client_list_bad(r):
    return ["CLIENT", "LIST", *r.pick([["TYPE"], ["TYPE", "foo"], ["ID"], ["ID", "abc"], ["ID", -1], ["ID", 0], ["ID", 999999999], ["foo"], ["TYPE", ""],
                                       ["ID", 999999998, 999999999]])]


@command("connection", weight=1, mangle=False)
def client_subcommands(r):
    return r.pick([["CLIENT"], ["CLIENT", "foo"], ["CLIENT", "", "x"], ["CLIENT", "ID", "x"], ["CLIENT", "GETNAME", "x"], ["CLIENT", "SETNAME"],
                   ["CLIENT", "INFO", "x"], ["CLIENT", b"fo\r\no"], ["CLIENT", "NO-EVICT"], ["CLIENT", "f" * 200], ["CLIENT", "HELP", "x"]])


@command("connection", weight=1)
def auth(r):
    return ["AUTH", *r.pick([["secret"], [""], ["default", "secret"], ["nosuch", "secret"], ["default", ""], ["a", "b", "c"], []])]


@command("connection", weight=0.7, mangle=False)
def password(r):
    """One step, so that the password never outlives it. In a pipeline of its own: Debian's redis-server closes a connection
    that is not logged in and whose replies do not fit its buffer (CVE-2025-21605), with those that are from before RESET,
    and how large that buffer is depends on how long the connection has been there."""
    between = r.pick([[["GET", "a"]], [["PING"]], [["HELLO", 3]], [["HELLO", 3, "AUTH", "default", "wrong"]], [["AUTH", "wrong"]], [["SELECT", 1]], [["RESET"]],
                      [["AUTH", "default", "wrong"]], [["ECHO", "x"]], [["nosuch"]], [["GET"]], [["CLIENT", "ID"]], [["CLIENT", "REPLY", "foo"]], [["COMMAND", "COUNT"]]])
    enter = r.pick([["AUTH", "secret"], ["AUTH", "default", "secret"], ["HELLO", 3, "AUTH", "default", "secret"], ["HELLO", 2, "AUTH", "default", "secret"]])
    return Step("plain", [["CONFIG", "SET", "requirepass", "secret"], ["PING"], ["RESET"], *between, enter, ["PING"],
                          ["CONFIG", "SET", "requirepass", ""], ["AUTH", "secret"]], alone=True)


@command("connection", weight=1, mangle=False)
def unknown_command(r):
    arguments = [r.value() for _ in range(r.between(0, 4))]
    return [r.pick(["nosuch", "", "GETT", "f" * 200, b"fo\x00o", b"a\r\nb", "get ", "ä", "nosuch|sub", "client|id"]), *arguments]


@command("connection", weight=0.7, mangle=False)
def quit_(r):
    return Step("closing", [["PING"], ["SET", r.key(), r.value()], ["QUIT", *r.pick([[], [], ["x"]])], ["PING"]])
