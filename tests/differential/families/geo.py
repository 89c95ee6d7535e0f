"""Places in sorted sets: scores, positions, distances, and searches with the order of their results."""

from ..grammar import INT64_MAX, command

# Around these, so that searches find something: a city, the date line, the equator at Greenwich, both ends of the map.
_CENTRES = [(13.361389, 38.115556), (180, 0), (-180, 10), (0, 0), (2.35, 48.85), (-179.99, -40), (100, 85), (-60, -85), (151.2, -33.87), (30, 70)]
_LIMITS = [180, -180, "180.0000001", 85.05112878, -85.05112878, "85.05112879", "-85.05112879", 0, "-0", 90, -90, 1e-9, "1e-400", "1e400"]
_NOT_NUMBERS = ["", "abc", "nan", "1,5", " 1", "1 ", "0x10", b"1\x00"]
_UNITS = ["m", "km", "ft", "mi"]


def _coordinate(r, middle, spread):
    return f"{middle + r.rng.uniform(-spread, spread):.{r.pick([0, 3, 6, 15])}f}"


def _place(r):
    """Mostly near one of the centres; several at the very same."""
    form = r.between(0, 19)
    if form == 0:
        return [r.pick(_LIMITS), r.pick(_LIMITS)]
    if form == 1:
        return r.pick([[r.pick(_NOT_NUMBERS), 1], [1, r.pick(_NOT_NUMBERS)]])
    longitude, latitude = r.pick(_CENTRES)
    if form < 5:
        return [longitude, latitude]
    spread = r.pick([0.0001, 0.01, 1, 1, 10, 40])
    return [_coordinate(r, longitude, spread), _coordinate(r, latitude, spread)]


def _member(r):
    return f"m{r.between(0, 60)}" if r.chance(0.85) else r.element()


def _key(r):
    return r.key("zset")


def _unit(r):
    return r.case(r.pick(_UNITS)) if r.chance(0.96) else r.pick(["", "cm", "metres", "k"])


def _size(r):
    if r.chance(0.9):
        return r.pick([0, 0.5, 1, 7, 10, 50, 100, 500, 1000, 3000, 5000, 20000, "123.456", 1e6, 1e7, 2.1e7])
    return r.pick([-1, "-0", "inf", "-inf", "1e300", "1e-300", *_NOT_NUMBERS])


def _count(r):
    if r.chance(0.9):
        return r.pick([1, 2, 3, 5, 8, 10, 40, 100])
    return r.pick([0, -1, INT64_MAX, 2**63, "", "abc", "1.5"])


@command("geo", weight=5)
def geoadd(r):
    options = [r.case(r.pick(["NX", "XX", "CH", "CH"])) for _ in range(r.pick([0, 0, 0, 1, 2]))]
    places = [word for _ in range(r.between(1, 4)) for word in [*_place(r), _member(r)]]
    return ["GEOADD", _key(r), *options, *places]


@command("geo", weight=4, mangle=False)
def geoadd_many(r):
    """All over the world, or all in one region, some of them at one place."""
    longitude, latitude = r.pick(_CENTRES)
    spread = r.pick([0.01, 1, 30, 400])
    words = []
    for n in range(r.pick([5, 30, 127, 129, 400])):
        if spread == 400:
            words += [f"{r.rng.uniform(-180, 180):.6f}", f"{r.rng.uniform(-85.05, 85.05):.6f}"]
        else:
            x, y = longitude + r.rng.uniform(-spread, spread), latitude + r.rng.uniform(-spread, spread)
            if n % 7 == 0:
                x, y = longitude, latitude
            words += [f"{min(180, max(-180, x)):.9f}", f"{min(85.05, max(-85.05, y)):.9f}"]
        words.append(f"m{n}" if r.chance(0.9) else f"a member with a long name {n}")
    return ["GEOADD", _key(r), *words]


@command("geo", weight=3)
def geopos(r):
    return ["GEOPOS", _key(r), *(_member(r) for _ in range(r.between(0, 4)))]


@command("geo", weight=3)
def geohash(r):
    return ["GEOHASH", _key(r), *(_member(r) for _ in range(r.between(0, 4)))]


@command("geo", weight=3)
def geodist(r):
    return ["GEODIST", _key(r), _member(r), _member(r), *([_unit(r)] if r.chance(0.5) else [])]


def _results(r, with_parts=True):
    options = []
    if with_parts:
        options += [[r.case(word)] for word in ("WITHCOORD", "WITHDIST", "WITHHASH") if r.chance(0.4)]
    if r.chance(0.5):
        options.append([r.case(r.pick(["ASC", "DESC"]))])
    if r.chance(0.4):
        options.append([r.case("COUNT"), _count(r), *([r.case("ANY")] if r.chance(0.4) else [])])
    elif r.chance(0.05):
        options.append(["ANY"])
    return options


def _start(r):
    return ["FROMMEMBER", _member(r)] if r.chance(0.4) else ["FROMLONLAT", *_place(r)]


def _area(r):
    if r.chance(0.5):
        return ["BYRADIUS", _size(r), _unit(r)]
    return ["BYBOX", _size(r), _size(r), _unit(r)]


def _shuffled(r, options):
    r.rng.shuffle(options)
    return [word for option in options for word in option]


def _search(r, options):
    options += [_start(r), _area(r)]
    if r.chance(0.06):
        options.append(r.pick([_start(r), _area(r), ["FROMMEMBER"], ["BYRADIUS", 1], ["foo"], ["STOREDIST"], ["STORE", "zset:1"], ["COUNT"]]))
    if r.chance(0.04):
        options.pop(r.between(0, len(options) - 1))
    return _shuffled(r, options)


@command("geo", weight=12)
def geosearch(r):
    return ["GEOSEARCH", _key(r), *_search(r, _results(r))]


@command("geo", weight=4)
def geosearchstore(r):
    options = _results(r, with_parts=r.chance(0.05))
    if r.chance(0.3):
        options.append([r.case("STOREDIST")])
    return ["GEOSEARCHSTORE", _key(r), _key(r), *_search(r, options)]


def _stored(r):
    if r.chance(0.6):
        return _results(r)
    return [*_results(r, with_parts=r.chance(0.05)), [r.case(r.pick(["STORE", "STOREDIST"])), _key(r)]]


@command("geo", weight=4)
def georadius(r):
    name = r.pick(["GEORADIUS", "GEORADIUS", "GEORADIUS_RO"])
    return [name, _key(r), *_place(r), _size(r), _unit(r), *_shuffled(r, _stored(r))]


@command("geo", weight=4)
def georadiusbymember(r):
    name = r.pick(["GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO"])
    return [name, _key(r), _member(r), _size(r), _unit(r), *_shuffled(r, _stored(r))]


@command("geo", weight=2)
def scores_that_no_place_has(r):
    score = r.pick([0, -1, -0.5, 1.5, 2**52, 2**53, 2**54 - 1, "1e300", "-1e300", "inf", "-inf", 3479099956230698, r.between(0, 2**52)])
    return ["ZADD", _key(r), score, _member(r)]


@command("geo", weight=2)
def look(r):
    key = _key(r)
    return r.pick([["ZRANGE", key, 0, -1, "WITHSCORES"], ["ZCARD", key], ["DEL", key], ["ZREM", key, _member(r)], ["TTL", key], ["EXPIRE", key, 100000],
                   ["OBJECT", "ENCODING", key], ["ZSCORE", key, _member(r)]])
