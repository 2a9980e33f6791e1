"""keys.json under a passphrase: scrypt (N = 2^15, r = 8, p = 1) and AES-256-GCM.

0..15    "ALLPOST-KEYS-1\\n" and a line feed's worth of padding (zero)
16..31   salt
32..43   nonce
44..     ciphertext and tag; additional data: the first 16 bytes
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from server.cli_messages import CommandError

_HEAD = b"ALLPOST-KEYS-1\n\0"
_SALT_BYTES, _NONCE_BYTES = 16, 12
PASSPHRASE_BYTES_MIN = 12


def sealed_keys(plain: bytes, passphrase: bytes) -> bytes:
    """The key file under a passphrase. CommandError for one that is too short."""
    if len(passphrase) < PASSPHRASE_BYTES_MIN:
        raise CommandError(
            f"口令太短，至少 {PASSPHRASE_BYTES_MIN} 个字节 / the passphrase needs at least {PASSPHRASE_BYTES_MIN} bytes"
        )
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    return _HEAD + salt + nonce + _cipher(passphrase, salt).encrypt(nonce, plain, _HEAD)


def opened_keys(sealed: bytes, passphrase: bytes) -> bytes:
    """The key file again. CommandError for another passphrase, or altered bytes."""
    at = len(_HEAD) + _SALT_BYTES
    salt, nonce = sealed[len(_HEAD) : at], sealed[at : at + _NONCE_BYTES]
    try:
        return _cipher(passphrase, salt).decrypt(nonce, sealed[at + _NONCE_BYTES :], _HEAD)
    except (InvalidTag, ValueError):
        raise CommandError("口令不对，或密钥文件已损坏 / a wrong passphrase, or a damaged key file") from None


def _cipher(passphrase: bytes, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase))
