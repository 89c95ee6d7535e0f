"""The generators of every command family; importing this package registers them all."""

from . import bits, collections, connection, hashes, keys, lists, protocol, server, sets, sorted_sets, streams, strings  # noqa: F401

NAMES = ["connection", "protocol", "strings", "bits", "keys", "lists", "sets", "sorted_sets", "hashes", "streams", "server", "mixed"]

# A family made of others: commands that meet each other's keys.
MADE_OF = {"mixed": ["strings", "bits", "keys", "lists", "sets", "sorted_sets", "hashes", "streams"]}
