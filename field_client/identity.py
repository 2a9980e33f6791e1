"""Who a device is to the server: the identity of one enrolment, its keys, and what it keeps of the server's."""

from __future__ import annotations

import base64

import msgspec

from field_client.errors import NotEnrolled
from field_client.store import Store
from field_client.times import Times
from sync.protocol import Limits, PublicKey, WorkerCard
from sync.sealing import PRIVATE_KEY_RANDOM_BYTES, point_of, private_key, private_key_from_scalar, scalar_of
from sync.world import Author


class Keys(msgspec.Struct, frozen=True):
    """The two private keys of an identity, as hexadecimal scalars."""

    signing: str
    sealing: str

    def public(self) -> tuple[str, str]:
        """The public keys (signing, sealing) as they travel: Base64 of the uncompressed points."""
        return _point(self.signing), _point(self.sealing)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """One enrolment. `server` is its address, `certificate` the path of the authority that it is trusted by."""

    server: str
    certificate: str | None
    device: str
    token: str
    epoch: str
    worker: WorkerCard
    limits: Limits
    keys: Keys
    server_signing: PublicKey
    server_sealing: PublicKey
    device_name: str

    @property
    def author(self) -> Author:
        """As judging and merging name who captured something."""
        return Author(self.device, self.worker.id, self.worker.role, self.worker.division)


def new_keys(times: Times) -> Keys:
    """Two new P-256 keys."""
    signing, sealing = (private_key(times.random(PRIVATE_KEY_RANDOM_BYTES)) for _ in range(2))
    return Keys(scalar_of(signing).hex(), scalar_of(sealing).hex())


def identity_of(store: Store) -> Identity:
    """The store's identity. NotEnrolled if it has none."""
    identity = store.meta("identity", Identity)
    if identity is None:
        raise NotEnrolled()
    return identity


def _point(scalar: str) -> str:
    return base64.b64encode(point_of(private_key_from_scalar(bytes.fromhex(scalar)))).decode()
