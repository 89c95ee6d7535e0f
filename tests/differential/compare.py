"""Says whether two replies to the same command are the same: equal bytes, or equal under the command's own rule.

A rule of its own has only what depends on time, on order that nobody promises, or on which server it is.
"""

import re

from . import documents, exceptions
from .wire import Error, Map, WireError, parse

CONTAINERS = (b"acl", b"client", b"config", b"command", b"object", b"debug", b"memory", b"latency", b"slowlog", b"cluster", b"xgroup", b"xinfo")
# Both servers are asked the same some time apart, which a busy machine makes long. The times that sequences set differ by
# more than that, see guard.py.
_SLACK_S = 50

# The commands that COMMAND LIST and the subcommand lists of COMMAND INFO must have and place alike.
IMPLEMENTED = {word.encode() for word in """
ping echo quit select hello auth reset multi exec discard watch unwatch client client|id client|getname client|setname client|info client|list client|reply client|no-evict
set get getex getdel getset setnx setex psetex mget mset msetnx append strlen getrange setrange substr incr decr incrby decrby incrbyfloat lcs
setbit getbit bitcount bitpos bitop bitfield bitfield_ro
geoadd geodist geohash geopos georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch geosearchstore
pfadd pfcount pfmerge pfdebug pfselftest
del unlink exists type keys scan randomkey rename renamenx copy move touch expire pexpire expireat pexpireat ttl pttl expiretime pexpiretime persist
object object|encoding object|freq object|idletime object|refcount dump restore restore-asking sort sort_ro dbsize flushdb flushall swapdb
lpush rpush lpushx rpushx lpop rpop llen lindex lset linsert lrange lrem ltrim lpos lmove rpoplpush lmpop
sadd srem smove sismember smismember scard smembers sscan spop srandmember sinter sintercard sinterstore sunion sunionstore sdiff sdiffstore
zadd zincrby zrem zscore zmscore zcard zcount zlexcount zrank zrevrank zrange zrangestore zrangebyscore zrevrangebyscore zrangebylex zrevrangebylex
zrevrange zremrangebyrank zremrangebyscore zremrangebylex zpopmin zpopmax zmpop zrandmember zunion zinter zdiff zunionstore zinterstore zdiffstore
zintercard zscan
hset hmset hsetnx hdel hget hmget hexists hstrlen hlen hgetall hkeys hvals hscan hincrby hincrbyfloat hrandfield
xadd xtrim xdel xlen xsetid xrange xrevrange xread xreadgroup xack xpending xclaim xautoclaim xgroup xgroup|create xgroup|createconsumer xgroup|delconsumer
xgroup|destroy xgroup|help xgroup|setid xinfo xinfo|consumers xinfo|groups xinfo|help xinfo|stream
info config config|get config|set config|resetstat config|rewrite
command command|count command|info command|docs command|getkeys
command|getkeysandflags command|list memory memory|help memory|usage time lolwut shutdown debug""".split()}

# Sections that both must show alike. All fields of 7.0 are in ours, but for these, which README.md names too.
_INFO_SECTIONS = (b"Server", b"Clients", b"Memory", b"Persistence", b"Stats", b"Replication", b"CPU", b"Modules", b"Commandstats", b"Errorstats", b"Latencystats",
                  b"Cluster", b"Keyspace")
_OF_MEMORY = set(b"used_memory used_memory_human used_memory_rss used_memory_peak used_memory_peak_human maxmemory maxmemory_human maxmemory_policy "
                 b"mem_fragmentation_ratio mem_allocator".split())
_NAMED_SECTIONS = _INFO_SECTIONS[:2] + _INFO_SECTIONS[3:7] + (b"Cluster",)
INFO_FIELDS_NOT_HERE = set(b"used_cpu_sys_main_thread used_cpu_user_main_thread".split())
_CLIENT_FIELDS = (b"name", b"db", b"sub", b"psub", b"ssub", b"multi", b"resp", b"cmd", b"user", b"flags", b"redir")
_OWN_CONFIG = re.compile(rb"port|dir|bind|pidfile|logfile|save|enable-|tls-|unixsocket|io-threads|cpulist|daemonize|dbfilename|oom-|appendfilename|"
                         rb"appenddirname|supervised|proc-title|syslog|jemalloc|aclfile|cluster-|replica|slave|repl-|master|aof-|rdb")


def full_name(arguments):
    """`get`, `client|id`: the command's name in lower case."""
    name = arguments[0].lower()
    if name in CONTAINERS and len(arguments) > 1:
        name += b"|" + arguments[1].lower()
    return name.decode("latin-1")


def _near(slack):
    def rule(arguments, oracle, ours):
        if not (isinstance(oracle, int) and isinstance(ours, int)):
            return False
        return oracle >= 0 and ours >= 0 and abs(oracle - ours) <= slack or oracle == ours

    return rule


def _counts(arguments, oracle, ours):
    return isinstance(oracle, int) and isinstance(ours, int) and ours > 0


def _unordered(arguments, oracle, ours):
    return type(oracle) is type(ours) and isinstance(ours, list) and sorted(map(repr, oracle)) == sorted(map(repr, ours))


def _scan(arguments, oracle, ours):
    return isinstance(oracle, list) and isinstance(ours, list) and oracle[0] == ours[0] and _unordered(arguments, oracle[1], ours[1])


def _unordered_pairs(arguments, oracle, ours):
    one, other = _as_pairs(oracle), _as_pairs(ours)
    return type(oracle) is type(ours) and one is not None and other is not None and sorted(map(repr, one)) == sorted(map(repr, other))


def _scan_of_pairs(arguments, oracle, ours):
    return isinstance(oracle, list) and isinstance(ours, list) and oracle[0] == ours[0] and _unordered_pairs(arguments, oracle[1], ours[1])


def _any_choice(arguments, oracle, ours):
    """As many of them; which ones is left to chance."""
    if type(oracle) is not type(ours):
        return False
    return len(oracle) == len(ours) if isinstance(ours, list) else ours is not None


def _any_fields(arguments, oracle, ours):
    """With WITHVALUES in RESP3 each is a pair."""
    return _any_choice(arguments, oracle, ours) and (not isinstance(ours, list) or all(type(a) is type(b) for a, b in zip(oracle, ours)))


def _pending(arguments, oracle, ours):
    """The times since delivery are near each other."""
    if len(arguments) == 3:
        return oracle == ours
    return len(oracle) == len(ours) and all(one[:2] + one[3:] == other[:2] + other[3:] and _near(_SLACK_S * 1000)(arguments, one[2], other[2])
                                            for one, other in zip(oracle, ours))


# Of streams: times, what only the newer server has, and how the index is built.
_STREAM_TIMES = (b"seen-time", b"idle")
_STREAM_OWN = (b"active-time", b"inactive", b"radix-tree-nodes")
_STREAM_PROGRESS = (b"entries-read", b"lag")


def _stream_info(arguments, oracle, ours):
    return type(oracle) is type(ours) and _same_stream(_as_pairs(oracle), _as_pairs(ours), strict=True)


def _stream_parts(arguments, oracle, ours):
    """XINFO GROUPS and CONSUMERS."""
    return (isinstance(oracle, list) and isinstance(ours, list) and len(oracle) == len(ours)
            and all(type(one) is type(other) and _same_stream(_as_pairs(one), _as_pairs(other), strict=False) for one, other in zip(oracle, ours)))


def _same_stream(one, other, strict):
    """What a group has to read is told by other rules since 7.4.2 once entries were deleted or trimmed; `strict` if none were."""
    one, other = dict(one), dict(other)
    if set(one) - set(_STREAM_OWN) != set(other) - set(_STREAM_OWN):
        return False
    if b"length" in one:
        strict = one[b"max-deleted-entry-id"] == b"0-0" and one[b"entries-added"] == one[b"length"]
    return all(_same_field(name, one[name], other[name], strict) for name in set(one) & set(other))


def _same_field(name, one, other, strict):
    if name in _STREAM_OWN:
        return True
    if name in _STREAM_TIMES:
        return _near(_SLACK_S * 1000)((), one, other)
    if name in _STREAM_PROGRESS and not strict:
        return all(value is None or isinstance(value, int) for value in (one, other))
    if name in (b"groups", b"consumers") and isinstance(one, list):
        return len(one) == len(other) and all(type(a) is type(b) and _same_stream(_as_pairs(a), _as_pairs(b), strict) for a, b in zip(one, other))
    if name == b"pending" and isinstance(one, list):
        return len(one) == len(other) and all(a[:-2] == b[:-2] and a[-1] == b[-1] and _near(_SLACK_S * 1000)((), a[-2], b[-2]) for a, b in zip(one, other))
    return one == other


def _time(arguments, oracle, ours):
    if not (isinstance(oracle, list) and isinstance(ours, list) and len(ours) == 2):
        return False
    return abs(int(oracle[0]) - int(ours[0])) <= _SLACK_S and 0 <= int(ours[1]) < 1_000_000


def _as_pairs(value):
    """A map, or in RESP2 the flat array that stands for one."""
    if isinstance(value, Map):
        return list(value)
    if isinstance(value, list) and len(value) % 2 == 0:
        return list(zip(value[::2], value[1::2]))
    return None


def _hello(arguments, oracle, ours):
    if type(oracle) is not type(ours):
        return False
    one, other = _as_pairs(oracle), _as_pairs(ours)
    if one is None or other is None or [key for key, _ in one] != [key for key, _ in other]:
        return False
    return all(a == b or key in (b"version", b"id") and type(a) is type(b) for (key, a), (_, b) in zip(one, other))


def _config_get(arguments, oracle, ours):
    one, other = _as_pairs(oracle), _as_pairs(ours)
    if type(oracle) is not type(ours) or one is None or other is None:
        return False
    one, other = dict(one), dict(other)
    if len(other) != len(_as_pairs(ours)):
        return False
    if not any(set(b"*?[") & set(pattern) for pattern in arguments[2:]):
        return one == other
    return all(value == other[key] for key, value in one.items() if key in other and not _OWN_CONFIG.search(key))


def _client_line(text):
    lines = [dict(field.partition(b"=")[::2] for field in line.split(b" ")) for line in bytes(text).strip().split(b"\n")]
    return max(lines, key=lambda line: int(line[b"id"]))


def _client(arguments, oracle, ours):
    if type(oracle) is not type(ours) or not isinstance(ours, bytes) or isinstance(ours, Error) or not oracle or not ours:
        return False
    try:
        one, other = _client_line(oracle), _client_line(ours)
    except (KeyError, ValueError):
        return False
    names = list(one)
    if [name for name in other if name in one] != names:
        return False
    if exceptions.flags_differ_rightly(one[b"flags"], other[b"flags"]):
        one[b"flags"] = other[b"flags"]
    return all(one[name] == other[name] for name in _CLIENT_FIELDS if name in one)


def _info_sections(text):
    sections, fields = {}, {}
    for line in bytes(text).split(b"\r\n"):
        if line.startswith(b"# "):
            fields = sections.setdefault(line[2:], {})
        elif line:
            name, _, value = line.partition(b":")
            fields[name] = value
    return sections


def _info(arguments, oracle, ours):
    if type(oracle) is not type(ours) or not isinstance(ours, bytes):
        return False
    one, other = _info_sections(oracle), _info_sections(ours)
    for section in _INFO_SECTIONS:
        if (section in one) != (section in other):
            return False
        if section in _NAMED_SECTIONS and section in one and not set(one[section]) <= set(other[section]) | INFO_FIELDS_NOT_HERE:
            return False
    if b"Memory" in other and not _OF_MEMORY <= set(other[b"Memory"]):
        return False
    if b"Keyspace" in one:
        counts = re.compile(rb"keys=\d+,expires=\d+,avg_ttl=")
        lines = [{name: counts.match(value)[0] for name, value in sections[b"Keyspace"].items() if counts.match(value)} for sections in (one, other)]
        return lines[0] == lines[1]
    return True


def _same_command_info(one, other):
    if one is None or other is None:
        return one is other
    if not isinstance(one, list) or not isinstance(other, list) or len(one) != len(other) or len(one) < 10:
        return False
    for at in range(9):
        if at == 7 and one[0] in exceptions.CHANGED_TIPS or at == 1 and one[0] in exceptions.CHANGED_ARITY:
            continue
        if at == 2 and one[0] in exceptions.CHANGED_FLAGS or at == 6 and one[0] in exceptions.CHANGED_CATEGORIES:
            continue
        if at == 8 and one[0] in exceptions.CHANGED_KEYS:
            continue
        if type(one[at]) is not type(other[at]) or one[at] != other[at]:
            return False
    theirs = {entry[0]: entry for entry in one[9]}
    own = {entry[0]: entry for entry in other[9]}
    if not (set(theirs) & IMPLEMENTED) <= set(own):
        return False
    return all(_same_command_info(theirs[name], own[name]) for name in theirs if name in own and name in IMPLEMENTED)


def _command_info(arguments, oracle, ours):
    return (type(oracle) is type(ours) and isinstance(ours, list) and len(oracle) == len(ours)
            and all(_same_command_info(one, other) for one, other in zip(oracle, ours)))


def _command_docs(arguments, oracle, ours):
    one, other = _as_pairs(oracle), _as_pairs(ours)
    if type(oracle) is not type(ours) or one is None or other is None or sorted(k for k, _ in one) != sorted(k for k, _ in other):
        return False
    other = dict(other)
    return all(documents.difference(name, document, other[name]) is None for name, document in one)


def _command_list(arguments, oracle, ours):
    return type(oracle) is type(ours) and isinstance(ours, list) and set(oracle) & IMPLEMENTED == set(ours) & IMPLEMENTED


# Access rules: +@all or -@all, then what is to be added or taken away. By which categories and commands a server says that
# depends on which commands it has, so of rules with categories only the beginning is compared, of others all in any order.
_COMMAND_RULES = re.compile(rb"([+-]@all)((?: [+-][^ ()]+)*)")


def _split_rules(text):
    found = [(base, sorted(rest.split())) for base, rest in _COMMAND_RULES.findall(text)]
    return _COMMAND_RULES.sub(b"<rules>", text), found


def _same_rules(one, other):
    (rest, theirs), (own_rest, own) = _split_rules(one), _split_rules(other)
    if rest != own_rest or len(theirs) != len(own):
        return False
    return all(a[0] == b[0] and (a[1] == b[1] or any(rule[1:2] == b"@" for rule in a[1] + b[1])) for a, b in zip(theirs, own))


def _acl_list(arguments, oracle, ours):
    return isinstance(ours, list) and len(oracle) == len(ours) and all(_same_rules(one, other) for one, other in zip(oracle, ours))


def _acl_user(arguments, oracle, ours):
    one, other = _as_pairs(oracle), _as_pairs(ours)
    if type(oracle) is not type(ours) or one is None or other is None or [name for name, _ in one] != [name for name, _ in other]:
        return False
    for (name, value), (_, own) in zip(one, other):
        if type(value) is not type(own):
            return False
        if name == b"commands":
            if not _same_rules(value, own):
                return False
        elif name == b"selectors":
            if len(value) != len(own) or not all(_acl_user(arguments, a, b) for a, b in zip(value, own)):
                return False
        elif value != own:
            return False
    return True


def _acl_log(arguments, oracle, ours):
    """Ours has more fields; the time and the client's line are the server's own."""
    if not isinstance(ours, list) or len(oracle) != len(ours):
        return False
    for one, other in zip(oracle, ours):
        if type(one) is not type(other):
            return False
        one, other = dict(_as_pairs(one)), dict(_as_pairs(other))
        if not set(one) <= set(other) or any(one[name] != other[name] for name in (b"count", b"reason", b"context", b"object", b"username")):
            return False
    return True


def _help(arguments, oracle, ours):
    """An array of simple strings with the same first line; each server words the rest itself."""
    return isinstance(oracle, list) and isinstance(ours, list) and len(ours) > 1 and oracle[0] == ours[0] and all(type(a) is type(oracle[0]) for a in ours)


def _text(arguments, oracle, ours):
    return type(oracle) is type(ours) and len(ours) > 0 and not isinstance(ours, Error)


_RULES = {
    "ttl": _near(_SLACK_S), "expiretime": _near(_SLACK_S), "pttl": _near(_SLACK_S * 1000), "pexpiretime": _near(_SLACK_S * 1000),
    "object|idletime": _near(_SLACK_S), "object|freq": _near(3), "client|id": _counts, "command|count": _counts,
    "keys": _unordered, "hgetall": _unordered_pairs, "hkeys": _unordered, "hvals": _unordered, "hscan": _scan_of_pairs, "hrandfield": _any_fields,
    "smembers": _unordered, "sinter": _unordered, "sunion": _unordered, "sdiff": _unordered,
    "sscan": _scan, "zscan": _scan_of_pairs, "zrandmember": _any_choice, "spop": _any_choice, "srandmember": _any_choice, "time": _time, "hello": _hello,
    "config|get": _config_get, "client|info": _client, "client|list": _client, "info": _info,
    "xpending": _pending, "xinfo|stream": _stream_info, "xinfo|groups": _stream_parts, "xinfo|consumers": _stream_parts,
    "xinfo|help": _help, "xgroup|help": _help,
    "command|info": _command_info, "command|docs": _command_docs, "command|list": _command_list,
    "acl|list": _acl_list, "acl|getuser": _acl_user, "acl|log": _acl_log, "acl|cat": _command_list, "acl|genpass": lambda arguments, oracle, ours: len(oracle) == len(ours),
    "acl|help": _help,
    "lolwut": _text,
    "object|help": _help, "client|help": _help, "config|help": _help, "command|help": _help, "debug|help": _help, "memory|help": _help, "latency|help": _help, "slowlog|help": _help, "cluster|help": _help, "memory|usage": _counts,
}


def same(arguments, oracle, ours):
    """Whether our raw reply to the command is right, given the oracle's."""
    if oracle == ours:
        return True
    name = full_name(arguments)
    if exceptions.accepted(name, arguments, oracle, ours):
        return True
    rule = _RULES.get(name)
    if rule is None or oracle.startswith(b"-") or ours.startswith(b"-"):
        return False
    try:
        return bool(rule(arguments, parse(oracle), parse(ours)))
    except (WireError, ValueError, IndexError, TypeError, AttributeError):
        return False
