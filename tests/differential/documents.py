"""Whether two answers to COMMAND DOCS say the same, but for what is worded by each server itself: summary, complexity and
the texts of the history. What came after 7.0 is left out."""

_ORACLE_VERSION = (7, 0, 15)

# Commands that are deprecated since, or only in later versions of Redis.
DEPRECATED_LATER = {b"setnx", b"setex", b"psetex", b"quit"}


# Commands whose arguments have other names since 7.2.
RENAMED_ARGUMENTS = {b"hset", b"hmset"}


def _is_newer(version):
    return tuple(int(part) for part in version.split(b".")) > _ORACLE_VERSION


def as_dict(value):
    """A map, or in RESP2 the flat array that stands for one."""
    return dict(zip(value[::2], value[1::2])) if value and not isinstance(value[0], tuple) else dict(value)


def arguments_of(document):
    """The arguments as nested tuples, in the order of the reply."""
    return [_argument(as_dict(argument)) for argument in document.get(b"arguments", ())
            if not _is_newer(as_dict(argument).get(b"since", b"0"))]


def _argument(fields):
    shown = [(name, value if name != b"flags" else sorted(value)) for name, value in fields.items() if name != b"arguments"]
    return shown + ([(b"arguments", arguments_of(fields))] if b"arguments" in fields else [])


def _versions(document):
    return sorted(entry[0] for entry in document.get(b"history", ()) if not _is_newer(entry[0]))


def difference(name, theirs, ours):
    """What differs in the documents of a command, or None."""
    theirs, ours = as_dict(theirs), as_dict(ours)
    for field in (b"summary", b"since", b"group"):
        if not ours.get(field):
            return field
    if (b"complexity" in theirs) != (b"complexity" in ours):
        return b"complexity"
    same = [b"since", b"group"] + ([] if name in DEPRECATED_LATER else [b"doc_flags", b"deprecated_since", b"replaced_by"])
    for field in same:
        if theirs.get(field) != ours.get(field):
            return field
    if name not in RENAMED_ARGUMENTS and arguments_of(theirs) != arguments_of(ours):
        return b"arguments"
    if _versions(theirs) != _versions(ours):
        return b"history"
    their_subcommands, our_subcommands = (as_dict(document.get(b"subcommands", [])) for document in (theirs, ours))
    for subcommand in their_subcommands.keys() & our_subcommands.keys():
        found = difference(subcommand, their_subcommands[subcommand], our_subcommands[subcommand])
        if found:
            return subcommand + b" " + found
    return None
