"""`POST /sync/v1/enrol`: account, password and public keys → a device with its token, scope and the server's keys."""

from __future__ import annotations

import base64
import binascii
import os
import sqlite3

from cryptography.hazmat.primitives.asymmetric import ec
from litestar import Response, post
from litestar.di import NamedDependency

from forms.problem import Problem
from server.api.sync.wire import (
    AnyRequest,
    SyncServer,
    asked_of_clients,
    body_of,
    decoded,
    heading,
    renewed_scope,
    reply,
)
from server.auth import SignIn, address_of, check_password, new_token, token_hash
from server.passwords import Passwords
from server.problem import ProblemError
from server.roles import Action, require
from server.store import confirmations, devices
from server.store.accounts import Account, account_by_id, actor_of
from server.store.audit import Entry, record
from server.store.standing import NO_ORDERS
from sync.clock import moment
from sync.ids import uuid7
from sync.protocol import EnrolReply, EnrolRequest, WorkerCard, encode


@post(
    "/enrol",
    status_code=200,
    summary="登记设备",
    description="同一公钥再次登记得到同一设备编号；凭证只出示一次。",
)
async def post_enrol(
    request: AnyRequest,
    server: NamedDependency[SyncServer],
    passwords: NamedDependency[Passwords],
) -> Response[bytes]:
    wanted = decoded(await body_of(request, server.settings.batch_bytes_max), EnrolRequest)
    _check_keys(wanted)
    now_ms = server.clock()
    account = await _account_of(server, wanted, passwords, now_ms, address_of(request))
    if account.closed_at is not None:
        raise ProblemError("forbidden")
    require(actor_of(account), Action.DEVICE_ENROL, account.division)
    token = new_token()
    message = await server.store.write(lambda db: _enrolled(server, db, account, wanted, token, now_ms))
    return reply(request, encode(message))


def _check_keys(wanted: EnrolRequest) -> None:
    problems = []
    for pointer, key in (("/signing_key", wanted.signing_key), ("/sealing_key", wanted.sealing_key)):
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.b64decode(key, validate=True))
        except (ValueError, binascii.Error):
            problems.append(
                Problem(
                    pointer=pointer,
                    code="wrong-key",
                    message="不是 P-256 公钥（65 字节，Base64）",
                    message_en="not a P-256 public key (65 bytes in Base64)",
                )
            )
    if problems:
        raise ProblemError("request-invalid", problems=problems)


async def _account_of(
    server: SyncServer, wanted: EnrolRequest, passwords: Passwords, now_ms: int, address: str
) -> Account:
    """By password; or by a token that is still known, for a device that has to enrol anew."""
    if wanted.token is None:
        given = SignIn(wanted.username, wanted.password)
        return await check_password(server.store, passwords, server.settings, now_ms, given, address)
    hashed = token_hash(wanted.token)

    def by_token(db: sqlite3.Connection) -> Account | None:
        device = devices.by_token(db, hashed)
        if device is None or not device.in_standing:
            return None
        if device.orders != NO_ORDERS:  # or a locked phone would read on under another identity
            raise ProblemError("device-locked")
        return account_by_id(db, device.worker)

    account = await server.store.read(by_token)
    if account is None:
        raise ProblemError("unknown-device")
    return account


def _enrolled(
    server: SyncServer,
    db: sqlite3.Connection,
    account: Account,
    wanted: EnrolRequest,
    token: str,
    now_ms: int,
) -> EnrolReply:
    known = devices.by_signing_key(db, wanted.signing_key)
    if known is not None and known.worker != account.id:
        raise ProblemError("forbidden")
    continued = _continued(db, account, wanted)
    if known is None:
        identifier = uuid7(now_ms, os.urandom(10))
        devices.insert(
            db,
            identifier,
            account.id,
            account.division,
            wanted.device_name[:64],
            (wanted.signing_key, wanted.sealing_key),
            now_ms,
            app_version=wanted.app_version[:64],
            continues=continued,
        )
        confirmations.doubt_enrolled(db, identifier, now_ms, continued[0] if continued else None)
        if continued is not None:
            devices.close(db, continued[0], now_ms)
    elif known.revoked_ms is not None:
        raise ProblemError("device-revoked")
    else:
        identifier = known.id
    devices.set_token(db, identifier, token_hash(token))
    record(db, Entry(time=moment(now_ms), action=Action.DEVICE_ENROL, account=account.id, device=identifier,
                     village=account.division, detail={"continues": continued[0]} if continued else {}))  # fmt: skip
    device = devices.by_id(db, identifier)
    if device is None:
        raise ProblemError("unknown-device")
    return EnrolReply(
        **heading(db, now_ms),
        device=identifier,
        token=token,
        worker=WorkerCard(account.id, account.name, account.role, account.division),
        scope=renewed_scope(server, db, device, now_ms),
        **asked_of_clients(server),
    )


def _continued(db: sqlite3.Connection, account: Account, wanted: EnrolRequest) -> tuple[str, int] | None:
    """The identity that is continued; one that this server never knew (before a restore) is noted all the same."""
    if wanted.continues is None:
        return None
    before = devices.by_id(db, wanted.continues.device)
    if before is not None and before.worker != account.id:
        raise ProblemError("forbidden")
    return wanted.continues.device, wanted.continues.counter
