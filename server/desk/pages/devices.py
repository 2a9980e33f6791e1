"""`…/devices` of a village, a town or the city: phones, how they stand, and what is ordered of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from forms.problem import Problem
from server.confirming import confirm_device
from server.desk.desk import Context, Desk, DeskRequest, Gone, go_to
from server.desk.navigation import address_of
from server.desk.views.devices import phone_of, phones_of, silent_of
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action, require
from server.store import device_cards
from server.store.accounts import Account
from server.store.device_cards import DeviceCard
from server.unlock_code import UnlockCode, read_out_by_id

REASON_MAX = 200
NO_REASON = Problem(
    pointer="/reason",
    code="required",
    message="请写明原因，最多200字",
    message_en="say why, at most 200 characters",
)
NOT_SURE = Problem(
    pointer="/sure",
    code="required",
    message="请勾选“我已确认”",
    message_en="tick that you are sure",
)
SHOWN_AGAIN = frozenset({"request-invalid", "no-unlock-code", "device-revoked"})


@get(["/v/{place:str}/devices", "/t/{place:str}/devices"], include_in_schema=False)
async def devices(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    after: FromQuery[str | None] = None,
) -> Template:
    """For whoever may see a town's coverage and not its phones: names, contact, how long silent."""

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        if not visitor.may(Action.DEVICE_LIST) and len(place) < 12:
            rows, cursor = silent_of(db, visitor, after)
            return {"rows": rows, "cursor": cursor, "silent": True, "started": after is None}
        phones, cursor = phones_of(db, visitor, after)
        return {"rows": phones, "cursor": cursor, "silent": False, "started": after is None}

    return await desk.show(request, account, place, "devices/page.html", read, audit=Action.DEVICE_LIST)


@get(["/v/{place:str}/devices/{device:str}", "/t/{place:str}/devices/{device:str}"], include_in_schema=False)
async def one_device(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    device: FromPath[str],
) -> Template:
    return await _shown(request, desk, account, place, device)


@post(
    ["/v/{place:str}/devices/{device:str}/orders", "/t/{place:str}/devices/{device:str}/orders"],
    include_in_schema=False,
)
async def post_orders(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    device: FromPath[str],
) -> Template | Gone:
    """Lock, release, revoke, or revoke and wipe; with a reason, and the last two only when said to be sure."""
    typed = await _typed(request)

    def write(db: sqlite3.Connection, visitor: Visitor) -> DeviceCard:
        card = phone_of(db, visitor, device).card
        require(visitor.actor, Action.DEVICE_REVOKE, card.village)
        order, reason, by = typed.get("order", ""), _reason(typed), visitor.account.id
        if order in ("revoke", "wipe"):
            if typed.get("sure") != "1":
                raise ProblemError("request-invalid", problems=[NOT_SURE])
            orders = "wipe" if order == "wipe" else "lock"
            return device_cards.revoke(db, card, orders, reason, visitor.now_ms, by=by)
        if order not in ("lock", "none"):
            raise ProblemError("request-invalid")
        return device_cards.give_orders(db, card, order, reason, visitor.now_ms, by=by)

    return await _done(request, desk, account, place, device, write, typed)


@post(
    ["/v/{place:str}/devices/{device:str}/confirmation", "/t/{place:str}/devices/{device:str}/confirmation"],
    include_in_schema=False,
)
async def post_device_confirmation(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    device: FromPath[str],
) -> Template | Gone:
    """The phone may read again after the revocation log was lost."""

    def write(db: sqlite3.Connection, visitor: Visitor) -> DeviceCard:
        card = phone_of(db, visitor, device).card
        require(visitor.actor, Action.DEVICE_CONFIRM, card.village)
        return confirm_device(db, device, visitor.now_ms, by=visitor.account.id)

    return await _done(request, desk, account, place, device, write, {})


@post("/v/{place:str}/devices/{device:str}/unlock-code", include_in_schema=False)
async def post_code(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    place: FromPath[str],
    device: FromPath[str],
) -> Template:
    """The unlock code, shown once and kept nowhere; the audit log says who read it out and why."""
    typed = await _typed(request)

    def write(db: sqlite3.Connection, visitor: Visitor) -> UnlockCode:
        card = phone_of(db, visitor, device).card
        require(visitor.actor, Action.DEVICE_UNLOCK_CODE, card.village)
        return read_out_by_id(db, desk.keys, device, _reason(typed), visitor.now_ms, by=visitor.account.id)

    try:
        code = await desk.act(account, place, write)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await _shown(request, desk, account, place, device, error, typed)
    return await _shown(request, desk, account, place, device, code=code)


async def _typed(request: DeskRequest) -> dict[str, str]:
    form = await request.form()
    return {name: text for name, text in form.items() if isinstance(text, str)}


def _reason(typed: Mapping[str, str]) -> str:
    reason = typed.get("reason", "").strip()
    if not 1 <= len(reason) <= REASON_MAX:
        raise ProblemError("request-invalid", problems=[NO_REASON])
    return reason


async def _done(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    place: str,
    device: str,
    write: Callable[[sqlite3.Connection, Visitor], Any],
    typed: Mapping[str, str],
) -> Template | Gone:
    try:
        await desk.act(account, place, write)
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await _shown(request, desk, account, place, device, error, typed)
    return go_to(request, address_of(place, f"devices/{device}"))


async def _shown(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    place: str,
    device: str,
    wrong: ProblemError | None = None,
    typed: Mapping[str, str] | None = None,
    code: UnlockCode | None = None,
) -> Template:
    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        return {
            "phone": phone_of(db, visitor, device),
            "wrong": wrong,
            "typed": typed or {},
            "code": code,
            "audit_subject": ("device", device),
        }

    status = 200 if wrong is None else wrong.code.status
    return await desk.show(
        request,
        account,
        place,
        "devices/one.html",
        read,
        audit=Action.DEVICE_LIST,
        status=status,
    )


device_pages = [devices, one_device, post_orders, post_device_confirmation, post_code]
