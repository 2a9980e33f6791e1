"""`Upload-Checksum` of a piece of an upload (tus 1.0, checksum extension): algorithm and digest."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from server.problem import ProblemError

ALGORITHMS = ("sha256", "sha1")
"""SHA-1 because the protocol asks every server for it; it guards a line against mistakes, nothing more."""


class Checksum:
    """A checksum that is reckoned while a piece comes in."""

    def __init__(self, header: str) -> None:
        """Raises ProblemError checksum-unsupported for another algorithm, or for what is no Base64."""
        algorithm, _, encoded = header.partition(" ")
        if algorithm not in ALGORITHMS:
            raise ProblemError("checksum-unsupported")
        try:
            self._wanted = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ProblemError("checksum-unsupported") from error
        self._sum = hashlib.new(algorithm, usedforsecurity=False)
        if len(self._wanted) != self._sum.digest_size:
            raise ProblemError("checksum-unsupported")

    def update(self, piece: bytes) -> None:
        """More of the piece."""
        self._sum.update(piece)

    def matches(self) -> bool:
        """Whether the piece is the one that was meant."""
        return hmac.compare_digest(self._sum.digest(), self._wanted)
