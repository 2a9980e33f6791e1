"""One call to the server: bytes out, a message or an error of `errors` back. It never tries again by itself.

A reply counts only for the request that asked for it: calls are made one after another, and one that timed out has
its connection closed, so that its reply can never be read later.
"""

from __future__ import annotations

import ssl
from typing import Any, TypeVar

import httpx
import msgspec
import zstandard

from field_client.errors import CallRefused, FieldError, ServerBusy, Unreachable
from field_client.times import Anchor, Times, measured
from sync.clock import moment_ms

T = TypeVar("T")
COMPRESSED_FROM_BYTES = 1024
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
BUSY = frozenset({429, 502, 503, 504, 507})


class _Timed(msgspec.Struct):
    time: str


class Transport:
    """The server at an address. `inner` replaces the network, for faults on purpose."""

    def __init__(
        self,
        server: str,
        times: Times,
        certificate: str | None = None,
        inner: httpx.BaseTransport | None = None,
    ) -> None:
        self._times = times
        self._own = inner is None
        self._client = httpx.Client(
            base_url=server.rstrip("/") + "/sync/v1",
            timeout=TIMEOUT,
            transport=inner,
            # reading the trusted authorities costs more than a whole exchange without TLS
            verify=_trusted(certificate) if server.startswith("https") else False,
            headers={"User-Agent": "allpost-field"},
        )
        self.bytes_sent = 0
        self.bytes_received = 0
        self.requests = 0
        self.measured: Anchor | None = None
        """Both clocks and the offset, as the last reply gave them."""

    def close(self) -> None:
        """Close every connection. A network that was given belongs to whoever gave it."""
        if self._own:
            self._client.close()

    def post(
        self,
        path: str,
        body: bytes,
        reply: type[T],
        token: str | None = None,
        content_type: str = "application/json",
    ) -> T:
        """Send a message; one in JSON that is worth it goes compressed."""
        headers = {"Content-Type": content_type}
        if len(body) >= COMPRESSED_FROM_BYTES and content_type == "application/json":
            body = zstandard.ZstdCompressor(level=6).compress(body)
            headers["Content-Encoding"] = "zstd"
        return self._decoded(self._call("POST", path, token, headers, body), reply)

    def get(self, path: str, reply: type[T], token: str, **query: str | int) -> T:
        """Ask for a message."""
        return self._decoded(self._call("GET", path, token, {}, None, query), reply)

    def get_bytes(self, path: str, token: str) -> bytes:
        """Ask for bytes as they are."""
        return self._call("GET", path, token, {}, None).content

    def headers_of(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None, token: str
    ) -> dict[str, str]:
        """A call whose reply is its headers (an upload)."""
        return dict(self._call(method, path, token, headers, body, measured=False).headers)

    def _call(
        self,
        method: str,
        path: str,
        token: str | None,
        headers: dict[str, str],
        body: bytes | None,
        query: dict[str, str | int] | None = None,
        measured: bool = True,
    ) -> httpx.Response:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self.requests += 1
        self.bytes_sent += len(body or b"")
        sent_ms = self._times.wall_ms()
        try:
            response = self._client.request(method, path, headers=headers, content=body, params=query)
        except (httpx.HTTPError, OSError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error
        except zstandard.ZstdError as error:
            raise Unreachable(f"a reply that was cut off: {error}") from error
        self.bytes_received += response.num_bytes_downloaded
        if not response.is_success:
            raise _refusal(response)
        if measured and (method == "POST" or "json" in response.headers.get("Content-Type", "")):
            self._measure(response, sent_ms)
        return response

    def _measure(self, response: httpx.Response, sent_ms: int) -> None:
        try:
            server_ms = moment_ms(msgspec.json.decode(response.content, type=_Timed).time)
        except (msgspec.MsgspecError, ValueError) as error:
            raise Unreachable("the reply is none of this protocol") from error
        self.measured = measured(self._times, sent_ms, server_ms)

    @staticmethod
    def _decoded(response: httpx.Response, reply: type[T]) -> T:
        try:
            return msgspec.json.decode(response.content, type=reply)
        except msgspec.MsgspecError as error:
            raise Unreachable(f"the reply cannot be read: {error}") from error


def _trusted(certificate: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


def _refusal(response: httpx.Response) -> FieldError:
    try:
        document: dict[str, Any] = msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        document = {}
    code = str(document.get("type", "")).rpartition("/")[2]
    busy = response.status_code in BUSY or response.status_code >= 500
    if busy and code not in ("too-many-attempts", "store-full"):
        return ServerBusy(response.status_code, _retry_after(response))
    return CallRefused(response.status_code, code, document)


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
