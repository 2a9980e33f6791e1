"""Uploading files by tus 1.0 (tus.io): begun once, gone on with after a break from where the server has it.

Written on this device's own transport; the reason is in docs/decisions/0029.
"""

from __future__ import annotations

import base64
import hashlib

from field_client.errors import CallRefused, Unreachable
from field_client.exchange import Exchange, Step
from field_client.files import File, Files
from sync.protocol import FilesKnownReply, FilesKnownRequest, encode

CHUNK_BYTES = 256 * 1024
ASKED_MAX = 500
BEGINNINGS_MAX = 3
_GONE = frozenset({403, 404, 410})
_TUS = {"Tus-Resumable": "1.0.0"}
_OCTETS = "application/offset+octet-stream"
KEPT_FROM_UPLOAD = frozenset({"file-too-large", "file-type-refused", "image-unreadable"})


class Upload:
    """One run over the files that wait."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._files = Files(exchange.store)
        self.uploaded = 0
        self.refused: list[str] = []

    def run(self, server_ms: int) -> None:
        """Ask what the server has, upload what it has not, and let go what it has had for long."""
        files = self._files.all()
        if not files:
            return
        self._ask(files, server_ms)
        waiting = self._files.all("durable_ms IS NULL")
        for done, file in enumerate(waiting):
            self._exchange.step(Step("file", done, len(waiting)))
            self._one(file)
        if waiting:
            self._exchange.step(Step("file", len(waiting), len(waiting)))
            self._ask(self._files.all(), server_ms)
        self._files.forget(server_ms)

    def _ask(self, files: list[File], server_ms: int) -> None:
        digests, durable = [file.digest for file in files], []
        for at in range(0, len(digests), ASKED_MAX):
            durable += self._known(digests[at : at + ASKED_MAX])
        self._files.take_durable(durable, server_ms)

    def _known(self, digests: list[str]) -> list[str]:
        exchange, body = self._exchange, encode(FilesKnownRequest(digests))
        reply = exchange.call(
            lambda: exchange.transport.post("/files/known", body, FilesKnownReply, exchange.identity.token)
        )
        return reply.durable

    def _one(self, file: File) -> None:
        content = self._files.content(file.digest)
        if content is None:
            return
        try:
            self._send(file, content)
            self.uploaded += 1
        except CallRefused as refused:
            if refused.code not in KEPT_FROM_UPLOAD:
                raise
            # it stays here, and its worker is told; the others go on
            self.refused.append(refused.message)

    def _send(self, file: File, content: bytes) -> None:
        upload = file.upload
        for _ in range(BEGINNINGS_MAX):
            if upload is None:
                upload = self._begin(file)
            try:
                self._go_on(upload, content)
                return
            except CallRefused as refused:
                # an upload that expired, or whose bytes were not this file's, is begun again
                if refused.status not in _GONE and refused.code != "file-digest-mismatch":
                    raise
                self._files.begun(file.digest, None)
                upload = None
        raise Unreachable("an upload that the server does not keep")

    def _begin(self, file: File) -> str:
        told = {"digest": file.digest, "type": file.type}
        metadata = ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items()
        )
        headers = {"Upload-Length": str(file.bytes), "Upload-Metadata": metadata}
        upload = self._call("POST", "/files", headers, b"")["location"].partition("/sync/v1")[2]
        self._files.begun(file.digest, upload)
        return upload

    def _go_on(self, upload: str, content: bytes) -> None:
        offset = self._offset(upload)
        while offset < len(content):
            chunk = content[offset : offset + CHUNK_BYTES]
            checksum = base64.b64encode(hashlib.sha256(chunk).digest()).decode()
            headers = {
                "Upload-Offset": str(offset),
                "Upload-Checksum": f"sha256 {checksum}",
                "Content-Type": _OCTETS,
            }
            try:
                offset = int(self._call("PATCH", upload, headers, chunk)["upload-offset"])
            except CallRefused as refused:
                if refused.status != 409:
                    raise
                # a reply was lost: the server has more than it could say
                offset = self._offset(upload)

    def _offset(self, upload: str) -> int:
        return int(self._call("HEAD", upload, {}, None)["upload-offset"])

    def _call(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> dict[str, str]:
        exchange = self._exchange
        return exchange.call(
            lambda: exchange.transport.headers_of(
                method, path, {**_TUS, **headers}, body, exchange.identity.token
            )
        )
