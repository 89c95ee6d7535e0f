"""TLS: redis-cli --tls, redis-py and Python's ssl against a server with certificates of our own."""
import shutil
import socket
import ssl
import subprocess
import threading

import pytest
import redis

from certificates import Certificates
from program import refusal
from raw_client import Error, RawClient, encode
from waiting import WAIT_SECONDS_MAX, wait_until
from zedis_server import free_port


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def start_tls(start_server, certificates):
    """Starts a server with a plain and a TLS port: (server, the TLS port)."""

    def start(*args, **options):
        port = free_port()
        server = start_server("--tls-port", port, "--tls-cert-file", certificates.server.certificate, "--tls-key-file",
                              certificates.server.key, "--tls-ca-cert-file", certificates.authority.certificate, *args,
                              **options)
        return server, port

    return start


def context_for(certificates, pair=None, **limits):
    context = ssl.create_default_context(cafile=certificates.authority.certificate)
    if pair is not None:
        context.load_cert_chain(pair.certificate, pair.key)
    for name, value in limits.items():
        setattr(context, name, value)
    return context


def connect(port, context):
    plain = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS_MAX)
    return context.wrap_socket(plain, server_hostname="localhost")


def ask(stream, *command):
    """The first line of the reply, or None if the server refuses to talk."""
    try:
        stream.sendall(encode(*command))
        return stream.makefile("rb").readline() or None
    except (OSError, ssl.SSLError):
        return None


def refuses(port, context):
    try:
        with connect(port, context) as stream:
            return ask(stream, "PING") is None
    except (OSError, ssl.SSLError):
        return True


def client_of(certificates, port, **options):
    return redis.Redis(port=port, ssl=True, ssl_ca_certs=str(certificates.authority.certificate),
                       ssl_certfile=str(certificates.client.certificate), ssl_keyfile=str(certificates.client.key), **options)


@pytest.mark.observes("tls-port", "tls-cert-file", "tls-key-file", "tls-ca-cert-file")
def test_both_ports_serve_the_same_data(start_tls, certificates):
    server, port = start_tls()
    client = client_of(certificates, port)
    assert client.set("greeting", "hello")
    assert server.client().get("greeting") == b"hello"
    assert server.raw().command("CONFIG", "GET", "tls-port") == [b"tls-port", str(port).encode()]
    assert f"listener1:name=tls,bind=127.0.0.1,port={port}".encode() in server.raw().command("INFO", "server")


def test_redis_cli(start_tls, certificates):
    _, port = start_tls()
    base = ["redis-cli", "-p", str(port), "--tls", "--cacert", certificates.authority.certificate, "--cert",
            certificates.client.certificate, "--key", certificates.client.key]
    done = subprocess.run([*base, "SET", "a", "1"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "OK\n"), done.stderr
    done = subprocess.run([*base, "INCRBY", "a", "41"], capture_output=True, text=True, timeout=60)
    assert done.stdout == "42\n"


def test_values_larger_than_any_buffer_in_both_directions(start_tls, certificates):
    _, port = start_tls(threads=2)
    client = client_of(certificates, port)
    value = bytes(range(256)) * (5 << 12)  # 5 MiB
    assert client.set("large", value)
    assert client.get("large") == value
    with client.pipeline(transaction=False) as pipe:
        for number in range(2000):
            pipe.set(f"key:{number}", "v" * number)
        for number in range(2000):
            pipe.get(f"key:{number}")
        replies = pipe.execute()
    assert [len(reply) for reply in replies[2000:]] == list(range(2000))


def test_a_reader_that_is_slow_gets_everything(start_tls, certificates):
    """What the socket does not take is queued, as records of which OpenSSL has begun some."""
    server, port = start_tls()
    value = b"0123456789" * 100_000
    server.client().set("large", value)
    with connect(port, context_for(certificates, certificates.client)) as stream:
        for _ in range(16):
            stream.sendall(encode("GET", "large"))
        wait_until(lambda: server.client().info("clients")["client_recent_max_output_buffer"] > 0, "output waits for the client")
        file = stream.makefile("rb")
        for _ in range(16):
            assert file.readline() == b"$1000000\r\n"
            assert file.read(1_000_002) == value + b"\r\n"


@pytest.mark.observes("tls-auth-clients")
def test_certificates_of_clients(start_tls, certificates):
    server, port = start_tls()
    stranger = context_for(certificates, certificates.stranger)
    mine = context_for(certificates, certificates.client)
    none = context_for(certificates)
    assert refuses(port, none) and refuses(port, stranger) and not refuses(port, mine)
    server.raw().command("CONFIG", "SET", "tls-auth-clients", "optional")
    assert not refuses(port, none) and refuses(port, stranger) and not refuses(port, mine)
    server.raw().command("CONFIG", "SET", "tls-auth-clients", "no")
    assert not refuses(port, none) and not refuses(port, stranger)


@pytest.mark.observes("tls-ca-cert-dir")
def test_a_folder_of_authorities(start_server, certificates, tmp_path):
    done = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", certificates.authority.certificate],
                          capture_output=True, text=True, check=True, timeout=60)
    shutil.copy(certificates.authority.certificate, tmp_path / f"{done.stdout.strip()}.0")
    port = free_port()
    start_server("--tls-port", port, "--tls-cert-file", certificates.server.certificate, "--tls-key-file",
                 certificates.server.key, "--tls-ca-cert-dir", tmp_path)
    assert not refuses(port, context_for(certificates, certificates.client))
    assert refuses(port, context_for(certificates, certificates.stranger))


@pytest.mark.observes("tls-protocols")
def test_protocols(start_tls, certificates):
    _, port = start_tls("--tls-protocols", "TLSv1.2")
    with connect(port, context_for(certificates, certificates.client)) as stream:
        assert stream.version() == "TLSv1.2"
    assert refuses(port, context_for(certificates, certificates.client, minimum_version=ssl.TLSVersion.TLSv1_3))
    _, port = start_tls()
    with connect(port, context_for(certificates, certificates.client)) as stream:
        assert stream.version() == "TLSv1.3"


@pytest.mark.observes("tls-ciphers", "tls-ciphersuites", "tls-prefer-server-ciphers")
def test_ciphers(start_tls, certificates):
    _, port = start_tls("--tls-ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256",
                        "--tls-ciphersuites", "TLS_AES_128_GCM_SHA256", "--tls-prefer-server-ciphers", "yes")
    with connect(port, context_for(certificates, certificates.client)) as stream:
        assert stream.cipher()[0] == "TLS_AES_128_GCM_SHA256"
    older = context_for(certificates, certificates.client, maximum_version=ssl.TLSVersion.TLSv1_2)
    older.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384")
    with connect(port, older) as stream:
        assert stream.cipher()[0] == "ECDHE-ECDSA-AES256-GCM-SHA384"  # the server's choice
    older.set_ciphers("ECDHE-ECDSA-CHACHA20-POLY1305")
    assert refuses(port, older)


@pytest.mark.observes("tls-session-caching", "tls-session-cache-size", "tls-session-cache-timeout")
def test_sessions_are_resumed_if_they_are_cached(start_tls, certificates):
    def resumed(port):
        context = context_for(certificates, certificates.client, maximum_version=ssl.TLSVersion.TLSv1_2)
        context.options |= ssl.OP_NO_TICKET
        with connect(port, context) as first:
            ask(first, "PING")
            session = first.session
        plain = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS_MAX)
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as second:
            assert ask(second, "PING") == b"+PONG\r\n"
            return second.session_reused

    _, port = start_tls("--tls-session-cache-size", 100, "--tls-session-cache-timeout", 60)
    assert resumed(port)
    server, port = start_tls("--tls-session-caching", "no")
    assert not resumed(port)
    # One that is over its time at once.
    server.raw().command("CONFIG", "SET", "tls-session-caching", "yes", "tls-session-cache-timeout", "0")
    assert server.raw().command("CONFIG", "GET", "tls-session-cache-timeout")[1] == b"0"


@pytest.mark.observes("tls-key-file-pass")
def test_a_key_with_a_passphrase(start_server, certificates):
    pair = certificates.signed("protected", passphrase="open sesame")
    port = free_port()
    files = ["--tls-port", port, "--tls-cert-file", pair.certificate, "--tls-key-file", pair.key, "--tls-auth-clients", "no"]
    server = start_server(*files, "--tls-key-file-pass", "open sesame")
    assert not refuses(port, context_for(certificates))
    assert "open sesame" not in server.log()
    complaint = refusal("--port", free_port(), *files, "--tls-key-file-pass", "wrong")
    assert complaint.startswith("tls-port: tls-key-file '") and "wrong" not in complaint


@pytest.mark.observes("tls-dh-params-file")
def test_parameters_for_diffie_hellman(start_tls, tmp_path):
    parameters = tmp_path / "dh.pem"
    subprocess.run(["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out",
                    str(parameters)], check=True, capture_output=True, timeout=60)
    server, _ = start_tls("--tls-dh-params-file", parameters)
    reply = server.raw().command("CONFIG", "SET", "tls-dh-params-file", "/nowhere/dh.pem")
    assert isinstance(reply, Error) and b"Unable to update TLS configuration" in reply
    assert "tls-dh-params-file '/nowhere/dh.pem': " in server.log()


def test_certificates_are_replaced_while_it_runs(start_tls, certificates):
    server, port = start_tls()
    old = connect(port, context_for(certificates, certificates.client))
    assert certificates.subject_shown_by(port) == "server"
    fresh = certificates.signed("fresh")
    assert server.raw().command("CONFIG", "SET", "tls-cert-file", fresh.certificate, "tls-key-file", fresh.key) == b"OK"
    assert certificates.subject_shown_by(port) == "fresh"
    # The same names, other contents.
    newer = certificates.signed("newer")
    shutil.copy(newer.certificate, fresh.certificate)
    shutil.copy(newer.key, fresh.key)
    assert server.raw().command("CONFIG", "SET", "tls-cert-file", fresh.certificate) == b"OK"
    assert certificates.subject_shown_by(port) == "newer"
    assert ask(old, "PING") == b"+PONG\r\n"  # who is there stays


def test_a_change_that_is_wrong_leaves_all_as_it_was(start_tls, certificates):
    server, port = start_tls()
    raw = server.raw()
    for name, value in (("tls-cert-file", "/nowhere/a.crt"), ("tls-key-file", str(certificates.client.key)),
                        ("tls-protocols", "SSLv2"), ("tls-ciphers", "none-such"), ("tls-ca-cert-file", "")):
        reply = raw.command("CONFIG", "SET", name, value)
        assert isinstance(reply, Error) and b"Unable to update TLS configuration. Check server logs." in reply, name
        assert raw.command("CONFIG", "GET", name)[1] != value.encode()
    assert not refuses(port, context_for(certificates, certificates.client))


def test_the_port_opens_moves_and_closes(start_tls, certificates):
    server, first = start_tls()
    mine = context_for(certificates, certificates.client)
    second = free_port()
    assert server.raw().command("CONFIG", "SET", "tls-port", second) == b"OK"
    assert not refuses(second, mine) and refuses(first, mine)
    assert server.raw().command("CONFIG", "SET", "tls-port", 0) == b"OK"
    assert refuses(second, mine)
    assert server.raw().command("CONFIG", "SET", "tls-port", first) == b"OK"
    assert not refuses(first, mine)


def test_only_tls(start_server, certificates):
    """The plain port may be closed."""
    port = free_port()
    server = start_server("--tls-port", port, "--tls-cert-file", certificates.server.certificate, "--tls-key-file",
                          certificates.server.key, "--tls-auth-clients", "no")
    assert server.raw().command("CONFIG", "SET", "port", 0) == b"OK"
    with connect(port, context_for(certificates)) as stream:
        assert ask(stream, "PING") == b"+PONG\r\n"


def test_what_keeps_it_from_starting(certificates):
    pair = ["--tls-cert-file", certificates.server.certificate, "--tls-key-file", certificates.server.key]
    start = ["--port", free_port(), "--tls-port", free_port()]
    assert "no tls-cert-file is configured" in refusal(*start)
    assert "tls-cert-file '/nowhere': " in refusal(*start, "--tls-cert-file", "/nowhere", "--tls-key-file", "/nowhere")
    assert "needs tls-ca-cert-file or tls-ca-cert-dir" in refusal(*start, *pair)
    assert "tls-protocols 'SSLv3': " in refusal(*start, *pair, "--tls-auth-clients", "no", "--tls-protocols", "SSLv3")
    assert "tls-key-file '" in refusal(*start, "--tls-cert-file", certificates.server.certificate, "--tls-key-file",
                                       certificates.client.key, "--tls-auth-clients", "no")


def test_rubbish_instead_of_a_handshake(start_tls, certificates):
    server, port = start_tls()
    for rubbish in (b"PING\r\n", b"\x16\x03\x01\xff\xff" + b"\x00" * 300, b"\x16\x03\x01\x00\x02\x01\x00", b"\x00" * 5000):
        with socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS_MAX) as stream:
            try:
                stream.sendall(rubbish)
                stream.shutdown(socket.SHUT_WR)
                while stream.recv(4096):
                    pass
            except OSError:  # it may be closed at any point
                pass
    # Who connects and says nothing keeps nobody waiting.
    with socket.create_connection(("127.0.0.1", port)):
        assert not refuses(port, context_for(certificates, certificates.client))
    wait_until(lambda: server.client().info("clients")["connected_clients"] <= 2, "broken connections are closed")


@pytest.mark.observes("max-new-tls-connections-per-cycle")
def test_many_at_once(start_tls, certificates):
    server, port = start_tls("--max-new-tls-connections-per-cycle", 5, threads=2)
    context = context_for(certificates, certificates.client)
    failures = []

    def work(number):
        try:
            with connect(port, context) as stream:
                file = stream.makefile("rb")
                for step in range(50):
                    stream.sendall(encode("INCR", "counter"))
                    assert file.readline().startswith(b":"), step
        except Exception as failure:  # told by the main thread
            failures.append((number, failure))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert server.client().get("counter") == b"800"


def test_an_end_with_data_before_it_is_seen(start_tls, certificates):
    """The last requests and the goodbye arrive together: both count."""
    server, port = start_tls()
    stream = connect(port, context_for(certificates, certificates.client))
    stream.sendall(b"".join(encode("RPUSH", "list", number) for number in range(100)))
    try:
        stream.unwrap()
    except ssl.SSLError:  # replies come behind the goodbye
        pass
    stream.close()
    wait_until(lambda: server.client().llen("list") == 100, "all that was sent has run")


def test_ipv6(start_server, certificates):
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    port = free_port()
    start_server("--tls-port", port, "--tls-cert-file", certificates.server.certificate, "--tls-key-file",
                 certificates.server.key, "--tls-auth-clients", "no", "--bind", "127.0.0.1", "::1")
    plain = socket.create_connection(("::1", port), timeout=WAIT_SECONDS_MAX)
    with context_for(certificates).wrap_socket(plain, server_hostname="localhost") as stream:
        assert ask(stream, "PING") == b"+PONG\r\n"


def test_the_plain_port_does_not_speak_tls(start_tls, certificates):
    server, _ = start_tls()
    assert refuses(server.port, context_for(certificates, certificates.client))
    with RawClient(server.port) as raw:
        assert raw.command("PING") == b"PONG"
