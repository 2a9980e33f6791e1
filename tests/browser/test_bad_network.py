"""The network on purpose does what it says, or the drills that use it would show nothing."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.browser.bad_network import BadNetwork, Weather

BODY = b"x" * 20_000


class _Counting(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = 0

    def do_GET(self) -> None:
        type(self).seen += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def network() -> Iterator[BadNetwork]:
    _Counting.seen = 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Counting)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    network = BadNetwork(server.server_port)
    try:
        yield network
    finally:
        network.close()
        server.shutdown()
        thread.join()
        server.server_close()


def test_in_fine_weather_everything_passes(network: BadNetwork) -> None:
    with httpx.Client(base_url=network.address) as client:
        assert [client.get("/").content == BODY for _ in range(20)] == [True] * 20
    assert network.cuts == 0


def test_losses_are_before_and_after_the_request_arrived(network: BadNetwork) -> None:
    network.lose(0.5)
    arrived = 0
    for _ in range(60):
        try:
            arrived += httpx.get(network.address).content == BODY
        except httpx.TransportError:
            continue
    assert 10 < arrived < 50
    # some requests reached the server whose replies did not reach the client
    assert arrived < _Counting.seen < 60


@pytest.mark.parametrize("mode", ["refused", "black_hole"])
def test_a_server_that_is_gone(network: BadNetwork, mode: str) -> None:
    network.set(Weather(mode=mode))  # type: ignore[arg-type]
    with pytest.raises(httpx.TransportError):
        httpx.get(network.address, timeout=0.5)


def test_a_gateway_with_an_error_page(network: BadNetwork) -> None:
    network.set(Weather(mode="error_page"))
    assert httpx.get(network.address).status_code == 502
