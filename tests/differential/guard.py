"""Refuses generated commands whose outcome depends on timing or that take too much memory."""

_RELATIVE = {b"expire": 1000, b"pexpire": 1, b"setex": 1000, b"psetex": 1}
_ABSOLUTE = {b"expireat": 1000, b"pexpireat": 1}
_OPTION_UNITS = {b"ex": 1000, b"px": 1, b"exat": 1000, b"pxat": 1}

# Shorter relative times might run out while a sequence runs; absolute ones must be clearly past or future.
_RELATIVE_MS_MIN = 600_000
_NOW_MS = (1_500_000_000_000, 4_000_000_000_000)
_BYTES_MAX = 1 << 17
_STRING_LIMIT = 512 << 20


def _integer(argument):
    try:
        return int(argument) if argument == str(int(argument)).encode() else None
    except ValueError:
        return None


def _relative_is_safe(argument, unit_ms):
    value = _integer(argument)
    return value is None or value <= 0 or value * unit_ms >= _RELATIVE_MS_MIN


def _absolute_is_safe(argument, unit_ms):
    value = _integer(argument)
    return value is None or not _NOW_MS[0] <= value * unit_ms <= _NOW_MS[1]


def _times_are_safe(name, arguments, used):
    """`used`: relative times of this sequence; comparing two equal ones (GT, LT) would be a race."""
    if len(arguments) > 2 and name in _RELATIVE:
        if not _relative_is_safe(arguments[2], _RELATIVE[name]):
            return False
        if name in (b"expire", b"pexpire"):
            value = _integer(arguments[2])
            if value is not None and value > 0:
                value *= _RELATIVE[name]
                compares = any(option.lower() in (b"gt", b"lt") for option in arguments[3:])
                if compares and any(abs(value - other) < 60_000 for other in used):
                    return False
                used.add(value)
    if len(arguments) > 2 and name in _ABSOLUTE:
        return _absolute_is_safe(arguments[2], _ABSOLUTE[name])
    if name in (b"restore", b"restore-asking") and len(arguments) > 2:
        if any(word.lower() == b"absttl" for word in arguments[4:]):
            return _absolute_is_safe(arguments[2], 1)
        return _relative_is_safe(arguments[2], 1)
    if name in (b"set", b"getex"):
        for word, value in zip(arguments[1:], arguments[2:]):
            unit_ms = _OPTION_UNITS.get(word.lower())
            if unit_ms is None:
                continue
            absolute = word.lower().endswith(b"at")
            if not (_absolute_is_safe if absolute else _relative_is_safe)(value, unit_ms):
                return False
            if not absolute and _integer(value) is not None:
                used.add(_integer(value) * unit_ms)
    if name in _RELATIVE and len(arguments) > 2 and _integer(arguments[2]) is not None:
        used.add(_integer(arguments[2]) * _RELATIVE[name])
    return True


def _memory_is_bounded(name, arguments):
    if name == b"setrange" and len(arguments) > 2:
        offset = _integer(arguments[2])
        return offset is None or offset < _BYTES_MAX or offset > _STRING_LIMIT
    if name == b"setbit" and len(arguments) > 2:
        offset = _integer(arguments[2])
        return offset is None or offset < _BYTES_MAX * 8 or offset >= _STRING_LIMIT * 8
    if name == b"bitfield":
        for argument in arguments[2:]:
            offset = _integer(argument.lstrip(b"#"))
            width = 64 if argument.startswith(b"#") else 1
            if offset is not None and _BYTES_MAX * 8 // width <= offset < _STRING_LIMIT * 8:
                return False
    return True


def is_safe(arguments, used):
    name = arguments[0].lower()
    if name in (b"debug", b"shutdown", b"client", b"config"):
        return True  # Their generators make only what is harmless.
    return _memory_is_bounded(name, arguments) and _times_are_safe(name, arguments, used)
