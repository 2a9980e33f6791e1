"""The cipher of everything at rest, behind one small interface; which one is a setting (`cipher`).

    aes-256-gcm         nonce 12 ‖ ciphertext ‖ tag 16                      (NIST SP 800-38D)
    sm4-ctr-hmac-sm3    iv 16 ‖ ciphertext ‖ mac 32                         (GB/T 32907, GB/T 32905; encrypt, then MAC)

        encryption key  first 16 bytes of HMAC-SM3(key, "allpost-sm4-encrypt")
        mac key         HMAC-SM3(key, "allpost-sm4-authenticate")
        mac             HMAC-SM3(mac key, bytes of aad as u64 big-endian ‖ aad ‖ iv ‖ ciphertext)

In CTR the whole 128-bit block counts, big-endian, and wraps around. Both take a key of 32 bytes; `aad` says
what the bytes are and must be said again to open them. The length of `aad` stands in the MAC, so that no byte
can move between it and the sealed bytes.

Pure: a nonce comes in as bytes, fresh and random for each sealing. Vectors: `tests/vectors/ciphers.json`.
"""

import hmac
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.hmac import HMAC

AES_256_GCM = "aes-256-gcm"
SM4_CTR_HMAC_SM3 = "sm4-ctr-hmac-sm3"
CIPHER_NAMES = (AES_256_GCM, SM4_CTR_HMAC_SM3)
KEY_BYTES = 32
_MAC_BYTES = 32
_ENCRYPT = b"allpost-sm4-encrypt"
_AUTHENTICATE = b"allpost-sm4-authenticate"


class SealError(ValueError):
    """The bytes are not what this key sealed: cut, altered, under another key, or of a later version."""


class Cipher(Protocol):
    """One key at work. `overhead_bytes`: how much longer sealed bytes are than the plain ones."""

    @property
    def name(self) -> str: ...

    @property
    def nonce_bytes(self) -> int: ...

    @property
    def overhead_bytes(self) -> int: ...

    def seal(self, plain: bytes, aad: bytes, nonce: bytes) -> bytes:
        """The sealed bytes, nonce first. `nonce`: `nonce_bytes` fresh random bytes, never used twice."""

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """The plain bytes. Raises SealError when key, `aad` or bytes are not those of `seal`."""


class AesGcm:
    """AES-256-GCM."""

    __slots__ = ("_cipher",)
    name = AES_256_GCM
    nonce_bytes = 12
    overhead_bytes = 28

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(_checked_key(key))

    def seal(self, plain: bytes, aad: bytes, nonce: bytes) -> bytes:
        _check_nonce(nonce, self.nonce_bytes)
        return nonce + self._cipher.encrypt(nonce, plain, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[: self.nonce_bytes], sealed[self.nonce_bytes :], aad)
        except (InvalidTag, ValueError) as error:
            raise SealError("cut, altered, or meant for another place") from error


class Sm4CtrHmacSm3:
    """SM4 in counter mode, authenticated by HMAC-SM3."""

    __slots__ = ("_encrypt_key", "_keyed_mac")
    name = SM4_CTR_HMAC_SM3
    nonce_bytes = 16
    overhead_bytes = 48

    def __init__(self, key: bytes) -> None:
        self._encrypt_key = hmac_sm3(_checked_key(key), _ENCRYPT)[:16]
        # keyed once: the two compressions of the padded key are not repeated for each blob
        self._keyed_mac = HMAC(hmac_sm3(key, _AUTHENTICATE), hashes.SM3())

    def seal(self, plain: bytes, aad: bytes, nonce: bytes) -> bytes:
        _check_nonce(nonce, self.nonce_bytes)
        sealed = nonce + sm4_ctr(self._encrypt_key, nonce, plain)
        return sealed + self._mac(sealed, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        if len(sealed) < self.overhead_bytes:
            raise SealError("cut short")
        body, mac = sealed[:-_MAC_BYTES], sealed[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(body, aad)):
            raise SealError("cut, altered, or meant for another place")
        return sm4_ctr(self._encrypt_key, body[: self.nonce_bytes], body[self.nonce_bytes :])

    def _mac(self, sealed: bytes, aad: bytes) -> bytes:
        mac = self._keyed_mac.copy()
        mac.update(len(aad).to_bytes(8, "big") + aad)
        mac.update(sealed)
        return mac.finalize()


def cipher_of(name: str, key: bytes) -> Cipher:
    """The cipher of that name under a key of 32 bytes. Raises ValueError for another name or size."""
    if name == AES_256_GCM:
        return AesGcm(key)
    if name == SM4_CTR_HMAC_SM3:
        return Sm4CtrHmacSm3(key)
    raise ValueError(f"a cipher is one of {', '.join(CIPHER_NAMES)}, not {name}")


def sm4_ctr(key: bytes, iv: bytes, text: bytes) -> bytes:
    """SM4 in counter mode, both ways: a key of 16 bytes, an initial block of 16."""
    work = BlockCipher(SM4(key), modes.CTR(iv)).encryptor()
    return work.update(text) + work.finalize()


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    """HMAC (RFC 2104) with SM3: 32 bytes."""
    mac = HMAC(key, hashes.SM3())
    mac.update(message)
    return mac.finalize()


def _checked_key(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a cipher's key has {KEY_BYTES} bytes")
    return key


def _check_nonce(nonce: bytes, nonce_bytes: int) -> None:
    if len(nonce) != nonce_bytes:
        raise ValueError(f"a nonce of this cipher has {nonce_bytes} bytes")
