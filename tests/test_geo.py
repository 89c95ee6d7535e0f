"""Places: polygons, which redis-server 7.0.15 does not know, and what a comparison of replies cannot see."""
import math
import random

import pytest

from raw_client import Error
from waiting import nearly

SICILY = ["13.361389", "38.115556", "Palermo", "15.087269", "37.502669", "Catania"]
SQUARE = [0, 0, 10, 0, 10, 10, 0, 10]


def add(raw, key, places):
    words = [word for name, (longitude, latitude) in places.items() for word in (longitude, latitude, name)]
    for at in range(0, len(words), 3000):
        raw.command("GEOADD", key, *words[at : at + 3000])


def stored_places(raw, key, names):
    return {name: tuple(float(x) for x in place) for name, place in zip(names, raw.command("GEOPOS", key, *names))}


def random_places(r, count, longitudes=(-180, 180), latitudes=(-85, 85)):
    return {f"m{n}": (r.uniform(*longitudes), r.uniform(*latitudes)) for n in range(count)}


def distance(one, other):
    a, b = (tuple(map(math.radians, place)) for place in (one, other))
    h = math.sin((b[1] - a[1]) / 2) ** 2 + math.cos(a[1]) * math.cos(b[1]) * math.sin((b[0] - a[0]) / 2) ** 2
    return 2 * 6372797.560856 * math.asin(math.sqrt(h))


def in_polygon(place, corners):
    """By the winding of the corners around the place: the sum of the angles under which it sees the edges."""
    total = 0
    for a, b in zip(corners, corners[1:] + corners[:1]):
        angle = math.atan2(b[1] - place[1], b[0] - place[0]) - math.atan2(a[1] - place[1], a[0] - place[0])
        total += (angle + math.pi) % (2 * math.pi) - math.pi
    return round(total / (2 * math.pi)) % 2 == 1


def test_the_example_of_the_manual(raw):
    assert raw.command("GEOADD", "Sicily", *SICILY) == 2
    assert raw.command("GEODIST", "Sicily", "Palermo", "Catania") == b"166274.1516"
    assert raw.command("GEOHASH", "Sicily", "Palermo", "Catania", "x") == [b"sqc8b49rny0", b"sqdtr74hyu0", None]
    assert raw.command("GEORADIUS", "Sicily", 15, 37, 100, "km") == [b"Catania"]
    assert raw.command("GEOSEARCH", "Sicily", "FROMLONLAT", 15, 37, "BYBOX", 400, 400, "km", "ASC", "WITHDIST") == [
        [b"Catania", b"56.4413"], [b"Palermo", b"190.4424"]]


@pytest.mark.parametrize("seed", range(5))
def test_circles_are_those_that_are_so_near(raw, seed):
    r = random.Random(seed)
    add(raw, "k", random_places(r, 2000, (-20, 40), (30, 60)))
    places = stored_places(raw, "k", [f"m{n}" for n in range(2000)])
    for _ in range(20):
        centre, radius = (r.uniform(-20, 40), r.uniform(30, 60)), r.choice([1e3, 5e4, 2e5, 1e6])
        expected = {name.encode() for name, place in places.items() if distance(place, centre) <= radius}
        found = raw.command("GEOSEARCH", "k", "FROMLONLAT", *centre, "BYRADIUS", radius, "m")
        assert len(found) == len(expected) and set(found) == expected


@pytest.mark.parametrize("seed", range(5))
def test_polygons_are_what_is_within_them(raw, seed):
    r = random.Random(seed)
    add(raw, "k", random_places(r, 3000))
    places = stored_places(raw, "k", [f"m{n}" for n in range(3000)])
    for _ in range(20):
        middle, spread = (r.uniform(-150, 150), r.uniform(-70, 70)), r.choice([5, 30, 170])
        corners = [(max(-180, min(180, middle[0] + r.uniform(-spread, spread))), max(-85, min(85, middle[1] + r.uniform(-spread, spread))))
                   for _ in range(r.choice([3, 4, 7]))]
        expected = {name.encode() for name, place in places.items() if in_polygon(place, corners)}
        found = raw.command("GEOSEARCH", "k", "BYPOLYGON", len(corners), *(word for corner in corners for word in corner))
        assert len(found) == len(expected) and set(found) == expected


def test_a_polygon_with_all_options(raw):
    raw.command("GEOADD", "k", 5, 5, "middle", 1, 1, "corner", 11, 5, "outside")
    search = ["GEOSEARCH", "k", "BYPOLYGON", 4, *SQUARE]
    assert raw.command(*search, "ASC") == [b"middle", b"corner"]
    assert raw.command(*search, "DESC", "COUNT", 1) == [b"corner"]
    assert len(raw.command(*search, "COUNT", 1, "ANY")) == 1
    (name, metres, score, place), _ = raw.command("GEOSEARCH", "k", "WITHCOORD", "WITHHASH", "ASC", "WITHDIST", "bypolygon", 4, *SQUARE)
    assert name == b"middle"
    assert str(score).encode() == raw.command("ZSCORE", "k", "middle")
    assert abs(float(place[0]) - 5) < 1e-5 and abs(float(place[1]) - 5) < 1e-5
    # The middle of the corners on the sphere is a little to the north of 5 degrees.
    assert 0 < float(metres) < 3000
    assert raw.command("GEOSEARCH", "missing", "BYPOLYGON", 3, *SQUARE[:6]) == []


def test_storing_what_is_within_a_polygon(raw):
    raw.command("GEOADD", "k", 5, 5, "middle", 1, 1, "corner", 11, 5, "outside")
    assert raw.command("GEOSEARCHSTORE", "t", "k", "BYPOLYGON", 4, *SQUARE) == 2
    assert set(raw.command("ZRANGE", "t", 0, -1)) == {b"middle", b"corner"}
    assert raw.command("ZSCORE", "t", "middle") == raw.command("ZSCORE", "k", "middle")
    assert raw.command("GEOSEARCHSTORE", "t", "k", "BYPOLYGON", 4, *SQUARE, "STOREDIST", "ASC") == 2
    assert raw.command("ZRANGE", "t", 0, -1) == [b"middle", b"corner"]
    assert raw.command("GEOSEARCHSTORE", "t", "k", "BYPOLYGON", 3, 50, 50, 60, 50, 50, 60) == 0
    assert raw.command("EXISTS", "t") == 0


@pytest.mark.parametrize("arguments, error", [
    (["BYPOLYGON", 2, 0, 0, 1, 1], b"ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"),
    (["BYPOLYGON", 3, 0, 0, 1, 1], b"ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"),
    (["BYPOLYGON", -1, 0, 0, 1, 1, 2, 2], b"ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"),
    (["BYPOLYGON", 2**62, 0, 0, 1, 1, 2, 2], b"ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"),
    (["BYPOLYGON", "x", 0, 0, 1, 1, 2, 2], b"ERR invalid number of vertices"),
    (["BYPOLYGON", 3, 200, 1, 1, 1, 2, 2], b"ERR invalid longitude,latitude pair 200.000000,1.000000"),
    (["BYPOLYGON", 3, 0, 0, 1, 1, 2, "x"], b"ERR value is not a valid float"),
    (["BYPOLYGON", 3, 0, 0, 1, 1, 2, 2, "FROMLONLAT", 1, 1], b"ERR syntax error"),
    (["FROMLONLAT", 1, 1, "BYPOLYGON", 3, 0, 0, 1, 1, 2, 2], b"ERR syntax error"),
    (["FROMMEMBER", "a", "BYPOLYGON", 3, 0, 0, 1, 1, 2, 2], b"ERR syntax error"),
    (["BYPOLYGON", 3, 0, 0, 1, 1, 2, 2, "FROMMEMBER", "a"], b"ERR syntax error"),
    (["BYPOLYGON", 3, 0, 0, 1, 1, 2, 2, "BYRADIUS", 1, "m"], b"ERR syntax error"),
    (["BYRADIUS", 1, "m", "BYPOLYGON", 3, 0, 0, 1, 1, 2, 2], b"ERR syntax error"),
    (["BYBOX", 1, 1, "m", "BYPOLYGON", 3, 0, 0, 1, 1, 2, 2], b"ERR syntax error"),
    (["BYPOLYGON", 3, 0, 0, 1, 1, 2, 2, "m"], b"ERR syntax error"),
    (["FROMMEMBER", "a", "COUNT", 1, "ANY"], b"ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for GeoSearch"),
    (["BYRADIUS", 1, "m", "COUNT", 1], b"ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GeoSearch"),
    (["BYPOLYGON", 3, 0, 0, 1, 1, 2, 2, "ANY"], b"ERR the ANY argument requires COUNT argument"),
])
def test_mistakes(raw, arguments, error):
    raw.command("GEOADD", "k", 1, 1, "a")
    assert raw.command("GeoSearch", "k", *arguments) == error


def test_storing_over_the_source(raw):
    for count in (20, 1000):
        r = random.Random(count)
        add(raw, "k", random_places(r, count, (0, 10), (0, 10)))
        expected = raw.command("GEOSEARCH", "k", "FROMLONLAT", 5, 5, "BYRADIUS", 300, "km", "ASC")
        assert 0 < len(expected) < count
        assert raw.command("GEOSEARCHSTORE", "k", "k", "FROMLONLAT", 5, 5, "BYRADIUS", 300, "km", "STOREDIST") == len(expected)
        assert raw.command("ZRANGE", "k", 0, -1) == expected
        raw.command("DEL", "k")


def test_a_target_loses_its_time_to_live_and_its_type(raw):
    raw.command("GEOADD", "k", *SICILY)
    raw.command("SET", "t", "text", "EX", 1000)
    assert raw.command("GEORADIUS", "k", 15, 37, 200, "km", "STORE", "t") == 2
    assert raw.command("TYPE", "t") == b"zset"
    assert raw.command("TTL", "t") == -1
    raw.command("EXPIRE", "k", 1000)
    raw.command("GEOADD", "k", 1, 1, "more")
    assert nearly(raw.command("TTL", "k"), 1000)


def test_one_target_of_each_kind(raw):
    """Redis takes the last of several STOREs; here they are refused, because dispatch locks the first."""
    raw.command("GEOADD", "k", *SICILY)
    search = ["GEORADIUS", "k", 15, 37, 200, "km"]
    assert raw.command(*search, "STORE", "a", "STOREDIST", "b") == 2
    assert raw.command("EXISTS", "a", "b") == 1
    assert raw.command(*search, "STORE", "a", "STORE", "b") == b"ERR syntax error"
    assert raw.command("GEORADIUSBYMEMBER", "k", "STORE", 200, "km", "STORE", "b") == b"ERR could not decode requested zset member"
    raw.command("GEOADD", "k", 15, 37, "STORE")
    assert raw.command("GEORADIUSBYMEMBER", "k", "STORE", 200, "km", "STORE", "STORE") == 3
    assert raw.command("ZCARD", "STORE") == 3


def test_results_in_resp3(raw3):
    raw3.command("GEOADD", "k", 0, 0, "a")
    raw3.send_raw(b"GEOPOS k a x\r\nGEODIST k a a\r\nGEODIST k a x\r\n")
    position = raw3.read_reply_bytes()
    assert position.startswith(b"*2\r\n*2\r\n,0.0000026") and position.endswith(b"\r\n_\r\n")
    assert raw3.read_reply_bytes() == b"$6\r\n0.0000\r\n"
    assert raw3.read_reply_bytes() == b"_\r\n"


def test_a_set_without_places(raw):
    """Any score names a place; commands do not fail."""
    raw.command("ZADD", "k", "-inf", "a", "inf", "b", -1, "c", 1.5, "d", "1e300", "e")
    assert len(raw.command("GEOPOS", "k", *"abcde")) == 5
    assert not isinstance(raw.command("GEODIST", "k", "a", "b"), Error)
    assert not isinstance(raw.command("GEOHASH", "k", *"abcde"), Error)
    assert not isinstance(raw.command("GEOSEARCH", "k", "FROMMEMBER", "a", "BYRADIUS", 30000, "km", "WITHHASH"), Error)


def test_equal_distances_by_the_thousand(raw):
    """All at one place: sorting has nothing to go by, and must not take longer for it."""
    words = [word for n in range(20000) for word in (1, 1, f"m{n}")]
    for at in range(0, len(words), 3000):
        raw.command("GEOADD", "k", *words[at : at + 3000])
    found = raw.command("GEOSEARCH", "k", "FROMLONLAT", 1, 1, "BYRADIUS", 1, "m", "COUNT", 100)
    assert len(set(found)) == 100
    assert len(set(raw.command("GEOSEARCH", "k", "FROMLONLAT", 1, 1, "BYRADIUS", 1, "m", "ASC"))) == 20000
