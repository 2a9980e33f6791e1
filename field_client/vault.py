"""The vault: one data key of 32 random bytes, under which everything personal on this device is sealed.

Each seal says of what it is and where it stands (its place), so that sealed values cannot be changed for one another.
How the data key is kept is in `key_box`.
"""

from __future__ import annotations

import os
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync.cipher import KEY_BYTES, cipher_of
from sync.sealing import SEAL_RANDOM_BYTES, seal

_WHOLE_FILE = b"allpost-field-whole-file"


class Values(Protocol):
    """How values lie in the device's main file."""

    def seal(self, place: str, plain: bytes) -> bytes:
        """The value as it lies there."""

    def open(self, place: str, lying: bytes) -> bytes:
        """The value. SealError where it is not what was put in this place."""


class AsTheyAre:
    """The whole file is encrypted already (SQLCipher)."""

    def seal(self, place: str, plain: bytes) -> bytes:
        return plain

    def open(self, place: str, lying: bytes) -> bytes:
        return bytes(lying)


class Vault:
    """A data key at work."""

    def __init__(self, cipher: str, data_key: bytes) -> None:
        self.cipher = cipher
        self.data_key = data_key
        self._cipher = cipher_of(cipher, data_key)

    def seal(self, place: str, plain: bytes) -> bytes:
        """The cipher's bytes, bound to the place."""
        return self._cipher.seal(plain, place.encode(), os.urandom(self._cipher.nonce_bytes))

    def open(self, place: str, lying: bytes) -> bytes:
        """The plain bytes. SealError where they were not sealed for this place under this key."""
        return self._cipher.open(bytes(lying), place.encode())

    def whole_file_key(self) -> bytes:
        """The key under which SQLCipher keeps a whole file: another one than the key of single values."""
        return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=_WHOLE_FILE).derive(self.data_key)

    def sealed_to(self, server_point: bytes, device: str) -> bytes:
        """The data key for the server only, under this device's id (docs/protocol.md, Unlock)."""
        return seal(server_point, device.encode() + self.data_key, os.urandom(SEAL_RANDOM_BYTES))


def new_vault(cipher: str) -> Vault:
    """A vault under a new data key."""
    return Vault(cipher, os.urandom(KEY_BYTES))
