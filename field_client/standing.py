"""The standing: what the clear file says of the device, so that it can speak to the server while its PIN is away."""

from __future__ import annotations

import base64
import os

from field_client.head import Head, Standing
from field_client.identity import Identity
from field_client.key_box import machine_key, measured_iterations
from field_client.opening import RECOVERY_PLACE, new_recovery
from field_client.receipts import keep_server_key
from field_client.store import Store
from sync.cipher import cipher_of
from sync.protocol import PublicKey
from sync.sealing import SEAL_RANDOM_BYTES, PrivateKey, private_key_from_scalar, seal

OFFSET, CONTACT = "offset_ms", "last_contact_ms"
_SIGNING = b"allpost-signing-key"


def keep_standing(store: Store) -> None:
    """Bring the standing into step with the identity: after enrolling, and when the server has another sealing key.

    Called in the transaction that changes the identity, or by itself.
    """
    identity = store.meta("identity", Identity)
    if identity is None:
        return
    known = store.head.standing
    with store.transaction():
        keep_server_key(store, identity.server_signing)
        same = known is not None and known.device == identity.device
        sealed = same and known is not None and known.sealing_key == identity.server_sealing.id
        standing = Standing(
            device=identity.device,
            server=identity.server,
            certificate=identity.certificate,
            epoch=identity.epoch,
            signing_key=known.signing_key if same and known is not None else _wrapped(store, identity),
            sealing_key=identity.server_sealing.id,
            sealed_data_key=known.sealed_data_key
            if sealed and known is not None
            else _sealed(store, identity),
            signing=_keys(known, identity.server_signing),
            rescue_bytes=identity.limits.rescue_bytes,
        )
        if standing != known:
            store.head.put("standing", standing)
        if not same and store.head.get("recovery_code", bytes) is None:
            # the code told under the identity before is forgotten here; this one gets a code of its own
            renew_recovery(store)


def renew_recovery(store: Store) -> None:
    """A new recovery code, to be told to the server."""
    cost = store.pin_iterations or measured_iterations()
    new_recovery(store.head, store.vault, machine_key(store.path), cost)


def recovery_to_tell(store: Store, identity: Identity) -> str | None:
    """The recovery code for the server only, under this device's id (Base64); None once it was told."""
    lying = store.head.get("recovery_code", bytes)
    if lying is None:
        return None
    code = store.vault.open(RECOVERY_PLACE, lying)
    point = base64.b64decode(identity.server_sealing.key)
    return base64.b64encode(
        seal(point, identity.device.encode() + code, os.urandom(SEAL_RANDOM_BYTES))
    ).decode()


def signing_key(head: Head, standing: Standing, key: bytes) -> PrivateKey:
    """The device's own signing key. `key`: the machine's."""
    header = head.header
    assert header is not None
    return private_key_from_scalar(cipher_of(header.cipher, key).open(standing.signing_key, _SIGNING))


def _wrapped(store: Store, identity: Identity) -> bytes:
    cipher = cipher_of(store.vault.cipher, machine_key(store.path))
    return cipher.seal(bytes.fromhex(identity.keys.signing), _SIGNING, os.urandom(cipher.nonce_bytes))


def _sealed(store: Store, identity: Identity) -> bytes:
    return store.vault.sealed_to(base64.b64decode(identity.server_sealing.key), identity.device)


def _keys(known: Standing | None, newest: PublicKey) -> list[PublicKey]:
    before = [] if known is None else known.signing
    return [*(one for one in before if one.id != newest.id), newest]
