"""The generators of every command family; importing this package registers them all."""

from . import (bits, blocking, collections, connection, dump, geo, hashes, hyperloglog, keys, lists, protocol, server, sets, sort, sorted_sets,  # noqa: F401
               streams, strings, transactions)

NAMES = ["connection", "protocol", "strings", "bits", "geo", "hyperloglog", "keys", "dump", "lists", "sets", "sorted_sets", "hashes", "streams", "sort", "server", "transactions", "blocking", "mixed"]

# A family made of others: commands that meet each other's keys.
MADE_OF = {"mixed": ["strings", "bits", "geo", "hyperloglog", "keys", "dump", "lists", "sets", "sorted_sets", "hashes", "streams", "sort"],
           "dump": ["dump", "strings", "lists", "sets", "sorted_sets", "hashes", "streams"]}
