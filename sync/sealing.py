"""Sealing, signing and encrypted blobs, as any phone browser's WebCrypto does them too.

Keys are P-256. A public key travels as its uncompressed point (65 bytes, base64 in JSON), which WebCrypto
imports as "raw". Signatures are r ‖ s (64 bytes, IEEE P1363, WebCrypto's form), not DER.

Sealed to a public key (`seal`):

    0       version, 1
    1..65   ephemeral public key, uncompressed point
    66..77  nonce
    78..    AES-256-GCM ciphertext and 16-byte tag, no additional data

    AES key = HKDF-SHA-256(ECDH(ephemeral, recipient): the x coordinate, 32 bytes;
                           salt empty, info "allpost-seal-1", 32 bytes)

Blob under a data key (`BlobKey`):

    0       version, which names the cipher: 1 aes-256-gcm, 2 sm4-ctr-hmac-sm3
    1..4    key id: first 4 bytes of SHA-256("allpost-blob-key" ‖ key)
    5..     what that cipher sealed (`sync/cipher.py`); the additional data says what the blob is

Pure: randomness comes in as bytes; ECDSA nonces are those of RFC 6979.
"""

import hashlib

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sync.cipher import AES_256_GCM, SM4_CTR_HMAC_SM3, Cipher, SealError, cipher_of

__all__ = [
    "BlobKey",
    "PrivateKey",
    "SealError",
    "blob_key_id",
    "key_id",
    "point_of",
    "private_key",
    "private_key_from_scalar",
    "scalar_of",
    "seal",
    "sign",
    "unseal",
    "verify",
]

KEY_BYTES = 32
NONCE_BYTES = 12
POINT_BYTES = 65
# 8 bytes more than the group's order, so that the remainder is not biased (FIPS 186-5, A.2.1)
PRIVATE_KEY_RANDOM_BYTES = 40
SEAL_RANDOM_BYTES = PRIVATE_KEY_RANDOM_BYTES + NONCE_BYTES

_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_VERSION = b"\x01"
_SEAL_INFO = b"allpost-seal-1"
_BLOB_CIPHERS = {b"\x01": AES_256_GCM, b"\x02": SM4_CTR_HMAC_SM3}
_SIGNATURE = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)

PrivateKey = ec.EllipticCurvePrivateKey


def private_key(randomness: bytes) -> PrivateKey:
    """A new P-256 private key from at least PRIVATE_KEY_RANDOM_BYTES random bytes."""
    if len(randomness) < PRIVATE_KEY_RANDOM_BYTES:
        raise ValueError(f"a private key needs {PRIVATE_KEY_RANDOM_BYTES} random bytes")
    return ec.derive_private_key(int.from_bytes(randomness, "big") % (_ORDER - 1) + 1, _CURVE)


def private_key_from_scalar(scalar: bytes) -> PrivateKey:
    """The private key stored as its 32-byte scalar. Raises ValueError for a number that is none."""
    return ec.derive_private_key(int.from_bytes(scalar, "big"), _CURVE)


def scalar_of(private: PrivateKey) -> bytes:
    """The 32 secret bytes from which `private_key_from_scalar` makes the key again."""
    return private.private_numbers().private_value.to_bytes(KEY_BYTES, "big")


def point_of(private: PrivateKey) -> bytes:
    """The public key as its uncompressed point, 65 bytes."""
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def key_id(point: bytes) -> str:
    """How a public key is named in receipts and enrolment: 16 hexadecimal digits of its point's SHA-256."""
    return hashlib.sha256(point).hexdigest()[:16]


def seal(recipient: bytes, plain: bytes, randomness: bytes) -> bytes:
    """Encrypt for the holder of `recipient` (a point) only. Raises ValueError for a point off the curve.

    randomness: SEAL_RANDOM_BYTES fresh random bytes, never used twice.
    """
    if len(randomness) != SEAL_RANDOM_BYTES:
        raise ValueError(f"sealing needs {SEAL_RANDOM_BYTES} random bytes")
    ephemeral = private_key(randomness[:PRIVATE_KEY_RANDOM_BYTES])
    nonce = randomness[PRIVATE_KEY_RANDOM_BYTES:]
    cipher = _seal_cipher(ephemeral, recipient)
    return _VERSION + point_of(ephemeral) + nonce + cipher.encrypt(nonce, plain, None)


def unseal(private: PrivateKey, sealed: bytes) -> bytes:
    """What was sealed to this key. Raises SealError."""
    if sealed[:1] != _VERSION:
        raise SealError("not a sealed message of version 1")
    ephemeral, nonce = sealed[1 : 1 + POINT_BYTES], sealed[1 + POINT_BYTES : 1 + POINT_BYTES + NONCE_BYTES]
    try:
        cipher = _seal_cipher(private, ephemeral)
        return cipher.decrypt(nonce, sealed[1 + POINT_BYTES + NONCE_BYTES :], None)
    except (InvalidTag, ValueError) as error:
        raise SealError("sealed to another key, cut or altered") from error


def sign(private: PrivateKey, message: bytes) -> bytes:
    """ECDSA P-256 / SHA-256 signature, r ‖ s, 64 bytes."""
    r, s = decode_dss_signature(private.sign(message, _SIGNATURE))
    return r.to_bytes(KEY_BYTES, "big") + s.to_bytes(KEY_BYTES, "big")


def verify(point: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the holder of `point` signed `message`; False also for what is no point or signature."""
    if len(signature) != 2 * KEY_BYTES:
        return False
    r, s = int.from_bytes(signature[:KEY_BYTES], "big"), int.from_bytes(signature[KEY_BYTES:], "big")
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
        public.verify(encode_dss_signature(r, s), message, _SIGNATURE)
    except (InvalidSignature, ValueError):
        return False
    return True


class BlobKey:
    """A data key at work: the key's id stands in front, so that old keys stay readable.

    New blobs are made under `cipher`; a blob's version says which one it was made under, so those of the other
    cipher stay readable too.
    """

    __slots__ = ("_ciphers", "_new", "id")

    def __init__(self, key: bytes, cipher: str = AES_256_GCM) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a data key has {KEY_BYTES} bytes")
        self.id = hashlib.sha256(b"allpost-blob-key" + key).digest()[:4]
        self._ciphers = {version: cipher_of(name, key) for version, name in _BLOB_CIPHERS.items()}
        self._new = _version_of(cipher)

    @property
    def nonce_bytes(self) -> int:
        """How many random bytes `encrypt` needs."""
        return self._ciphers[self._new].nonce_bytes

    def encrypt(self, plain: bytes, aad: bytes, nonce: bytes) -> bytes:
        """The blob; `nonce` is `nonce_bytes` fresh random bytes, `aad` must be said again to decrypt."""
        return self._new + self.id + self._ciphers[self._new].seal(plain, aad, nonce)

    def decrypt(self, blob: bytes, aad: bytes) -> bytes:
        """Raises SealError when key, `aad` or bytes are not those of `encrypt`."""
        if blob[1:5] != self.id:
            raise SealError("a blob of another key")
        return self._cipher_of(blob).open(blob[5:], aad)

    def _cipher_of(self, blob: bytes) -> Cipher:
        cipher = self._ciphers.get(blob[:1])
        if cipher is None:
            raise SealError("a blob of another version")
        return cipher


def blob_key_id(blob: bytes) -> bytes:
    """The id of the key that a blob is under. Raises SealError for what is no blob."""
    if blob[:1] not in _BLOB_CIPHERS or len(blob) < 33:
        raise SealError("not a blob of a version that is known here")
    return blob[1:5]


def _version_of(cipher: str) -> bytes:
    for version, name in _BLOB_CIPHERS.items():
        if name == cipher:
            return version
    raise ValueError(f"no blobs are made under {cipher}")


def _seal_cipher(private: PrivateKey, point: bytes) -> AESGCM:
    public = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
    shared = private.exchange(ec.ECDH(), public)
    return AESGCM(HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=_SEAL_INFO).derive(shared))
