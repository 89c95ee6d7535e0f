"""Fixtures of the black-box tests. Run them with ./test, or `/usr/bin/python3 -m pytest tests` after tools/build.

server          one Zedis process shared by the tests of a file; every test finds it empty
client, raw     a redis-py client and a RawClient (RESP2) of it; raw3 speaks RESP3
many            a Zedis process of four workers, shared and emptied likewise
start_server    starts a Zedis process of the test's own: start_server("--maxmemory", "10mb", threads=1)
oracle          a real redis-server shared by the tests of a file, emptied likewise
start_oracle    starts a redis-server of the test's own
threads         how many worker threads `server` has; --threads 1,4 runs what uses it once for each

Every server is stopped when its test or file ends. If it crashed, does not end or reports a sanitizer's finding, the test
fails; a failing test shows the end of the log of each server that it used.

Markers: slow (left out by ./test quick and under sanitizers), release_only (left out under sanitizers, for figures of
memory and time), observes (names the directives whose effect a test shows; test_directives.py checks that each has one).
"""
import os
import shlex

import pytest

from waiting import TIME_FACTOR
from zedis_server import Server, ServerFailure, start_redis


def pytest_addoption(parser):
    group = parser.getgroup("zedis")
    group.addoption("--server-args", default="", help="arguments for every Zedis server, as on a command line")
    group.addoption("--part", default="1/1", help="2/3: the second of three parts of the tests, which may run at once")
    group.addoption("--threads", default="2", help="worker threads of Zedis; several separated by commas")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than a few seconds; not in ./test quick, not under sanitizers")
    config.addinivalue_line("markers", "observes(name, ...): shows what these directives do, see test_directives.py")
    config.addinivalue_line("markers", "release_only: figures of memory or time that sanitizers falsify")


def pytest_collection_modifyitems(config, items):
    # The tests of each file are dealt out in turn, so that the parts take about the same time.
    number, parts = map(int, config.getoption("--part").split("/"))
    wanted = items[number - 1 :: parts]
    if os.environ.get("ZEDIS_SANITIZED"):
        wanted = [item for item in wanted if not item.get_closest_marker("release_only")]
    left_out = set(items) - set(wanted)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    items[:] = wanted


def pytest_generate_tests(metafunc):
    if "threads" in metafunc.fixturenames:
        counts = [int(count) for count in metafunc.config.getoption("--threads").split(",")]
        metafunc.parametrize("threads", counts, scope="module", ids=[f"threads{count}" for count in counts])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed and call.when in ("setup", "call"):
        for name, value in getattr(item, "funcargs", {}).items():
            for server in value.servers if isinstance(value, Starter) else [value]:
                if isinstance(server, Server) and server.log():
                    report.sections.append((f"log of {name} ({server.binary})", server.log_tail()))


class Starter:
    """Calls start servers; stop_all() stops them, and raises what the first of those that failed had to say."""

    def __init__(self, start):
        self.start = start
        self.servers = []

    def __call__(self, *args, **options):
        server = self.start(*args, **options)
        self.servers.append(server)
        return server

    def stop_all(self):
        failures = []
        for server in self.servers:
            try:
                server.stop()
            except ServerFailure as failure:
                failures.append(failure)
        self.servers.clear()
        if failures:
            raise failures[0]


class Shared:
    """The server that the tests of one file share; one that has died is replaced for the next test."""

    def __init__(self, start):
        self.start = start
        self.server = None

    def empty(self):
        self.check()  # it may have died after the last test had its replies
        if self.server is None:
            self.server = self.start()
        self.server.empty()
        return self.server

    def check(self):
        """After each test: closes its clients, and raises if it made the server crash, which the next one gets anew."""
        if self.server is None:
            return
        self.server.close_clients()
        try:
            self.server.raise_if_crashed()
        except ServerFailure:
            server, self.server = self.server, None
            server.kill()
            raise

    def stop(self):
        if self.server is not None:
            server, self.server = self.server, None
            server.stop()


def zedis_starter(config):
    extra = shlex.split(config.getoption("--server-args"))
    first = int(config.getoption("--threads").split(",")[0])

    def start(*args, config=None, threads=first):
        return Server(args=[*extra, *args], config=config, threads=threads).start()

    return start


@pytest.fixture(scope="session")
def time_factor():
    """What to multiply a deadline by: more than 1 under sanitizers."""
    return TIME_FACTOR


@pytest.fixture(scope="module")
def shared_server(request, threads):
    shared = Shared(lambda: zedis_starter(request.config)(threads=threads))
    yield shared
    shared.stop()


@pytest.fixture
def server(shared_server):
    yield shared_server.empty()
    shared_server.check()


@pytest.fixture(scope="module")
def busy(request):
    shared = Shared(lambda: zedis_starter(request.config)(threads=4))
    yield shared
    shared.stop()


@pytest.fixture
def many(busy):
    yield busy.empty()
    busy.check()


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture
def raw(server):
    return server.raw()


@pytest.fixture
def raw3(server):
    return server.raw(protocol=3)


@pytest.fixture
def start_server(request):
    starter = Starter(zedis_starter(request.config))
    yield starter
    starter.stop_all()


@pytest.fixture(scope="module")
def shared_oracle():
    shared = Shared(start_redis)
    yield shared
    shared.stop()


@pytest.fixture
def oracle(shared_oracle):
    yield shared_oracle.empty()
    shared_oracle.check()


@pytest.fixture
def start_oracle():
    starter = Starter(lambda *args: start_redis(args))
    yield starter
    starter.stop_all()
