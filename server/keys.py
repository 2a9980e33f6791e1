"""The server's keys: a file beside the database, never in it.

`keys.json` (mode 0600) holds, oldest first,
  data     keys of 32 bytes for batches, segments and identity numbers at rest
  signing  ECDSA P-256 keys for receipts
  sealing  ECDH P-256 keys to which devices seal their data keys and rescue files
  lookup   the one HMAC-SHA-256 key by which identity numbers are found
The newest of each is used for new work, the older ones only to read; so a rotation rewrites nothing. New blobs are
made under the setting `cipher`; every blob says which one it is under, so a change of it rewrites nothing either. The
lookup key does not rotate: every stored hash depends on it.
"""

import base64
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from server.private_file import others_can_read, write_private
from sync.cipher import AES_256_GCM
from sync.sealing import (
    KEY_BYTES,
    PRIVATE_KEY_RANDOM_BYTES,
    BlobKey,
    PrivateKey,
    SealError,
    blob_key_id,
    key_id,
    point_of,
    private_key,
    private_key_from_scalar,
    scalar_of,
    sign,
    unseal,
)


class KeyFileError(Exception):
    """The key file is missing, readable by others, or damaged."""


class StoredKeys(msgspec.Struct, forbid_unknown_fields=True):
    """keys.json: base64 of 32 bytes each, oldest first."""

    data: list[bytes]
    signing: list[bytes]
    sealing: list[bytes]
    lookup: bytes


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A P-256 key pair; `id` names it in receipts, `public` is its point in base64 (WebCrypto: "raw")."""

    private: PrivateKey
    point: bytes
    id: str
    public: str

    @staticmethod
    def of(scalar: bytes) -> "KeyPair":
        private = private_key_from_scalar(scalar)
        point = point_of(private)
        return KeyPair(private, point, key_id(point), base64.b64encode(point).decode("ascii"))


@dataclass(slots=True)
class Keys:
    """The keys at work. `encrypt_blob` and `lookup_hash` are on the push path."""

    stored: StoredKeys
    cipher: str = AES_256_GCM
    signing: list[KeyPair] = field(init=False)
    sealing: list[KeyPair] = field(init=False)
    _data: BlobKey = field(init=False)
    _data_by_id: dict[bytes, BlobKey] = field(init=False)

    def __post_init__(self) -> None:
        self.signing = [KeyPair.of(scalar) for scalar in self.stored.signing]
        self.sealing = [KeyPair.of(scalar) for scalar in self.stored.sealing]
        data = [BlobKey(key, self.cipher) for key in self.stored.data]
        self._data = data[-1]
        self._data_by_id = {key.id: key for key in data}

    @property
    def data_ids(self) -> list[str]:
        """The ids (8 hexadecimal digits) of the data keys, oldest first."""
        return [key.hex() for key in self._data_by_id]

    def encrypt_blob(self, plain: bytes, aad: bytes) -> bytes:
        """Under the newest data key; `aad` says which table and row it belongs to."""
        return self._data.encrypt(plain, aad, os.urandom(self._data.nonce_bytes))

    def decrypt_blob(self, blob: bytes, aad: bytes) -> bytes:
        """Raises SealError for an altered blob, another `aad`, or a key that is not in the file."""
        key = self._data_by_id.get(blob_key_id(blob))
        if key is None:
            raise SealError(f"the data key {blob[1:5].hex()} is not in the key file")
        return key.decrypt(blob, aad)

    def lookup_hash(self, identity_number: str) -> bytes:
        """The keyed hash under which a (normalised) identity number is found: 32 bytes."""
        return hmac.digest(self.stored.lookup, identity_number.encode(), "sha256")

    def sign(self, message: bytes) -> tuple[str, bytes]:
        """The newest signing key's id and its signature (r ‖ s)."""
        return self.signing[-1].id, sign(self.signing[-1].private, message)

    def unseal(self, sealed: bytes) -> bytes:
        """What a device sealed to any of the sealing keys. Raises SealError."""
        for pair in reversed(self.sealing):
            try:
                return unseal(pair.private, sealed)
            except SealError:
                continue
        raise SealError("sealed to none of this server's keys, cut or altered")


def new_keys() -> Keys:
    return Keys(
        StoredKeys(
            data=[secrets.token_bytes(KEY_BYTES)],
            signing=[_new_scalar()],
            sealing=[_new_scalar()],
            lookup=secrets.token_bytes(KEY_BYTES),
        )
    )


def rotated(keys: Keys) -> Keys:
    """The same keys with a new one of each rotating kind at the end."""
    stored = keys.stored
    return Keys(
        StoredKeys(
            data=[*stored.data, secrets.token_bytes(KEY_BYTES)],
            signing=[*stored.signing, _new_scalar()],
            sealing=[*stored.sealing, _new_scalar()],
            lookup=stored.lookup,
        ),
        keys.cipher,
    )


def load_keys(path: Path, cipher: str = AES_256_GCM) -> Keys:
    """The keys of the file; new blobs are made under `cipher`. Raises KeyFileError with a message for the operator."""
    if not path.exists():
        raise KeyFileError(
            f"找不到密钥文件 {path}，请先运行 allpost-server init / no key file: run init first"
        )
    if others_can_read(path):
        raise KeyFileError(
            f"密钥文件 {path} 可被其他用户读取，请运行 chmod 600 {path} / others can read the key file"
        )
    try:
        return Keys(msgspec.json.decode(path.read_bytes(), type=StoredKeys), cipher)
    except (msgspec.MsgspecError, ValueError, IndexError) as error:
        raise KeyFileError(
            f"密钥文件 {path} 已损坏，请从备份恢复 / the key file is damaged, restore a backup: {error}"
        ) from error


def save_keys(keys: Keys, path: Path, *, replace: bool = False) -> None:
    """Write the key file.

    Raises KeyFileError when it exists and `replace` is False: overwritten keys are lost data.
    """
    if path.exists() and not replace:
        raise KeyFileError(f"密钥文件 {path} 已存在，不会覆盖 / the key file exists and is not overwritten")
    write_private(path, msgspec.json.format(msgspec.json.encode(keys.stored)))


def _new_scalar() -> bytes:
    return scalar_of(private_key(secrets.token_bytes(PRIVATE_KEY_RANDOM_BYTES)))
