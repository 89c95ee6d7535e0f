"""rdb_changes_since_last_save counts as Redis does: clients and save points rely on it."""

import shlex

CASES = """
SET k v
SET k v NX
SET k v XX GET
SET k v EX 100
SETNX k v
SETNX n v
SETEX k 10 v
PSETEX k 10000 v
GETSET k w
GETDEL k
GETDEL missing
SET k v
GETEX k
GETEX k EX 100
GETEX k PERSIST
GETEX k PERSIST
SET k v EX 100
GETEX k EXAT 1
MSET a 1 b 2 c 3
MSETNX x 1 y 2
MSETNX x 1 z 2
APPEND k abc
APPEND k ""
APPEND k2 ""
SETRANGE k 1 zz
SETRANGE k 1 ""
INCR i
INCRBY i 0
INCRBYFLOAT i 1.5
SETBIT b1 7 1
SETBIT b1 7 1
SETBIT b1 100 0
BITFIELD bf SET u8 0 1
BITFIELD bf SET u8 0 1
BITFIELD bf GET u8 10000
BITFIELD bf SET u8 0 1 INCRBY u8 8 1
BITFIELD bf SET u8 1000 0 SET u8 0 1 GET u8 0
BITFIELD bf OVERFLOW FAIL INCRBY u8 0 300
BITFIELD nf OVERFLOW FAIL INCRBY u8 0 300
BITOP AND dst b1 b2
BITOP AND dst missing missing2
BITOP AND dst missing missing2
RPUSH l a b c d e
LPUSH l a b
LPUSHX l z z
LPUSHX missing z
RPUSHX l y
LPOP l
LPOP l 2
LPOP l 0
LPOP missing
RPOP l 3
RPUSH l a b c d e a a
LSET l 0 x
LINSERT l BEFORE x y
LINSERT l BEFORE nosuch y
LREM l 0 a
LREM l 0 nosuch
LTRIM l 0 -1
LTRIM l 1 2
LTRIM l 5 3
RPUSH l a b c
LMOVE l l LEFT RIGHT
LMOVE l l2 LEFT RIGHT
RPOPLPUSH l l2
RPOPLPUSH missing l2
LMPOP 2 l l2 LEFT COUNT 5
LMPOP 1 l2 LEFT COUNT 1
LMPOP 1 missing LEFT
SET k v
EXPIRE k 100
EXPIRE k 100 NX
PERSIST k
PERSIST k
PEXPIREAT k 1
EXPIRE missing 100
MSET a 1 b 2 c 3
DEL a b nosuch
UNLINK c
SET a 1
RENAME a b
RENAME b b
RENAMENX b a
RENAMENX a a
SET b 1
RENAMENX a b
RENAME a b
COPY b c
COPY b c
COPY b c REPLACE
MOVE c 5
MOVE missing 5
SWAPDB 0 5
SWAPDB 0 0
SWAPDB 0 5
TOUCH b
FLUSHDB
FLUSHDB
MSET a 1 b 2 c 3
FLUSHALL
FLUSHALL
SET k 1 PXAT 1
SET k 1
GETEX k PXAT 1
RPUSH l 1
LPOP l
RPUSH l 1 2
LTRIM l 3 4
ZADD z 1 a 2 b 3 c 4 d 5 e
ZADD z 1 a 7 b 8 x
ZADD z GT CH 0 a 9 b
ZINCRBY z 0 a
ZINCRBY z 1 a
ZADD z INCR 2 a
ZADD z XX 1 nosuch
ZREM z a nosuch
ZREM z nosuch
ZADD z 1 a 2 f 3 g 4 h
ZREMRANGEBYSCORE z 1 2
ZREMRANGEBYRANK z 0 1
ZREMRANGEBYLEX z - -
ZRANGESTORE y z 0 1
ZRANGESTORE y z 90 91
ZRANGESTORE y z 90 91
ZUNIONSTORE y 2 z z
ZINTERSTORE y 2 z nosuch
ZDIFFSTORE y 2 z z
ZPOPMIN z
ZPOPMAX z 2
ZPOPMAX z 0
ZADD z 1 a 2 f 3 g 4 h
ZMPOP 1 z MIN COUNT 3
ZMPOP 1 nosuch MIN
ZPOPMIN z 50
ZADD z 1 a
ZREM z a b
INCR nosuch extra
""".strip().splitlines()


def _changes(client):
    text = bytes(client.command("INFO", "persistence"))
    return int(next(line for line in text.split(b"\r\n") if line.startswith(b"rdb_changes_since_last_save:")).split(b":")[1])


def test_changes_count_as_in_the_oracle(raw, oracle):
    with oracle.raw() as other:
        for case in CASES:
            grown = []
            for client in (raw, other):
                before = _changes(client)
                client.command(*shlex.split(case))
                grown.append(_changes(client) - before)
            assert grown[0] == grown[1], f"{case}: {grown[0]}, redis-server {grown[1]}"
