"""Enrolling, and enrolling anew: new keys, the same worker, everything kept carried over under its ids.

Invariants
- Keys are on the disk before they are sent: a lost reply and a repeat give the same device, not two.
- The new identity, the rewritten chain and the end of the old identity are one transaction.
"""

from __future__ import annotations

import msgspec

from field_client.errors import CallRefused
from field_client.exchange import Exchange, Step
from field_client.identity import Identity, Keys, new_keys
from field_client.outbox import Outbox
from field_client.scope import take_scope
from field_client.standing import keep_standing
from field_client.store import WANTED_CIPHER, Store
from sync.protocol import Continues, EnrolReply, EnrolRequest, encode

APP_VERSION = "allpost-field 0.1.0"


class Credentials(msgspec.Struct, frozen=True):
    """An account and its password; kept nowhere."""

    username: str
    password: str


class Enrolled(msgspec.Struct, frozen=True):
    """What an enrolment did: how many operations were carried over, from which identity."""

    device: str
    continues: str | None
    carried_over: int


def enrol(
    store: Store,
    exchange: Exchange,
    server: str,
    certificate: str | None,
    device_name: str,
    credentials: Credentials | None,
) -> Enrolled:
    """Enrol with an account; an identity that this store has already is continued and closed."""
    before = store.meta("identity", Identity) or store.meta("salvaged_identity", Identity)
    keys = store.meta("pending_keys", Keys)
    if keys is None:
        keys = new_keys(exchange.times)
        store.set_meta("pending_keys", keys)
    reply = _ask(exchange, _request(store, before, keys, device_name, credentials))
    identity = Identity(
        server=server,
        certificate=certificate,
        device=reply.device,
        token=reply.token,
        epoch=reply.epoch,
        worker=reply.worker,
        limits=reply.limits,
        keys=keys,
        server_signing=reply.signing,
        server_sealing=reply.sealing,
        device_name=device_name,
    )
    with store.transaction():
        other_worker = before is not None and before.worker.id != reply.worker.id
        carried = 0 if other_worker else Outbox(store).rewrite(reply.device)
        store.set_meta("identity", identity)
        keep_standing(store)
        store.head.put("orders", None)
        if before is None and reply.limits.cipher != store.vault.cipher:
            store.head.put(WANTED_CIPHER, reply.limits.cipher)
        take_scope(store, reply.scope)
        store.set_meta("pending_keys", None)
        store.set_meta("salvaged_identity", None)
    return Enrolled(reply.device, None if before is None else before.device, carried)


def _request(
    store: Store, before: Identity | None, keys: Keys, device_name: str, credentials: Credentials | None
) -> EnrolRequest:
    signing, sealing = keys.public()
    continues = None
    if before is not None:
        continues = Continues(before.device, Outbox(store).chain(before.device).counter)
    return EnrolRequest(
        username="" if credentials is None else credentials.username,
        password="" if credentials is None else credentials.password,
        token=None if before is None or credentials is not None else before.token,
        device_name=device_name,
        signing_key=signing,
        sealing_key=sealing,
        app_version=APP_VERSION,
        continues=continues,
    )


def _ask(exchange: Exchange, request: EnrolRequest) -> EnrolReply:
    exchange.step(Step("enrol", 0, 1))
    reply = exchange.call(lambda: exchange.transport.post("/enrol", encode(request), EnrolReply))
    exchange.step(Step("enrol", 1, 1))
    return reply


def enrol_anew(store: Store, exchange: Exchange, credentials: Credentials | None) -> Enrolled:
    """Go on under a new identity of the same worker: by the token that is known, else by the password.

    CallRefused where the server knows the token no more and no password is at hand: the worker enrols by hand.
    """
    identity = exchange.identity
    where = identity.server, identity.certificate, identity.device_name
    try:
        return enrol(store, exchange, *where, None)
    except CallRefused:
        if credentials is None:
            raise
        return enrol(store, exchange, *where, credentials)
