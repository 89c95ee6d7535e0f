"""What tests of waiting clients share."""
from raw_client import encode
from waiting import wait_until


def blocked_clients(client):
    return int(client.info("clients")["blocked_clients"])


def wait_for_blocked(client, count):
    wait_until(lambda: blocked_clients(client) == count, lambda: f"{count} clients should wait, {blocked_clients(client)} do")


class Party:
    """Connections of one server, of which each may wait for something."""

    def __init__(self, server):
        self.server = server
        self.client = server.client()
        self.waiting = 0

    def wait(self, *args, protocol=2):
        """A new connection that has sent this command and waits by now, behind all others that do."""
        return self.begin(self.server.raw(protocol=protocol), *args)

    def begin(self, raw, *args):
        before = blocked_clients(self.client)
        raw.send_raw(encode(*args))
        wait_for_blocked(self.client, before + 1)
        return raw
