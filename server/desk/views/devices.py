"""Phones as pages show them: how each stands in words, and what this visitor may do with it."""

from __future__ import annotations

import sqlite3

import msgspec

from forms.definition import Label
from grid_map.divisions import load_divisions
from server.desk.visitor import Visitor
from server.problem import ProblemError
from server.roles import Action, may
from server.store import confirmations, device_cards
from server.store.device_cards import DeviceCard
from server.store.device_list import SilentPhone, cards_of, silent_first
from server.store.places import village_range
from sync.clock import moment, moment_ms

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
SILENT_HOURS = 24
TO_WIPE = Label(zh="清除指令待送达", en="wipe not yet delivered")
TO_LOCK = Label(zh="锁定指令待送达", en="lock not yet delivered")
TOLD = Label(zh="已收到指令", en="was told")
LOCKED = Label(zh="已锁定", en="locked")
UNKNOWN = Label(zh="可能仍存有资料：未知", en="may still hold records: unknown")


class Mark(msgspec.Struct, frozen=True):
    """How a phone stands: words with the tone of the tag (good, warn, bad, soft)."""

    tone: str
    label: Label


class PhoneShown(msgspec.Struct, frozen=True, kw_only=True):
    """A phone with its marks and what may be done. `silent`: how long without contact, in words."""

    card: DeviceCard
    village_name: str
    silent: Label
    long_silent: bool
    marks: tuple[Mark, ...]
    lockable: bool
    releasable: bool
    revocable: bool
    readable: bool
    confirmable: bool

    @property
    def actions(self) -> bool:
        """Whether there is anything to do with it."""
        return self.lockable or self.releasable or self.revocable or self.readable or self.confirmable


class SilentShown(msgspec.Struct, frozen=True, kw_only=True):
    """A phone as a town sees it."""

    phone: SilentPhone
    village_name: str
    contact_at: str
    silent: Label
    long_silent: bool


def phones_of(
    db: sqlite3.Connection, visitor: Visitor, after: str | None
) -> tuple[list[PhoneShown], str | None]:
    """A page of the phones of a place, and the cursor behind it. Raises ProblemError: forbidden, not-found."""
    visitor.require(Action.DEVICE_LIST)
    try:
        cards, cursor = cards_of(db, village_range(visitor.place), after)
    except ValueError:
        raise ProblemError("not-found") from None
    unconfirmed = frozenset(confirmations.waiting(db))
    return [shown(card, visitor, card.id in unconfirmed) for card in cards], cursor


def phone_of(db: sqlite3.Connection, visitor: Visitor, device: str) -> PhoneShown:
    """One phone of the place. Raises ProblemError: forbidden, not-found."""
    visitor.require(Action.DEVICE_LIST)
    card = device_cards.of_phone(db, device)
    if card is None or not card.village.startswith(visitor.place):
        raise ProblemError("not-found")
    return shown(card, visitor, not confirmations.is_confirmed(db, device))


def silent_of(
    db: sqlite3.Connection, visitor: Visitor, after: str | None
) -> tuple[list[SilentShown], str | None]:
    """A town's phones, the longest silent first. Raises ProblemError: forbidden, not-found."""
    visitor.require(Action.COVERAGE_READ)
    try:
        phones, cursor = silent_first(db, village_range(visitor.place), after)
    except ValueError:
        raise ProblemError("not-found") from None
    listed = [
        SilentShown(
            phone=one,
            village_name=_village(one.village),
            contact_at=moment(one.contact_ms),
            silent=since(visitor.now_ms - one.contact_ms),
            long_silent=visitor.now_ms - one.contact_ms > SILENT_HOURS * HOUR_MS,
        )
        for one in phones
    ]
    return listed, cursor


def shown(card: DeviceCard, visitor: Visitor, unconfirmed: bool) -> PhoneShown:
    """A phone as this visitor sees it; rights are those at its village."""
    used = card.revoked_at is None and card.continued_at is None
    mine = card.village
    silent_ms = visitor.now_ms - moment_ms(card.contact_at)
    revokes = may(visitor.actor, Action.DEVICE_REVOKE, mine)
    return PhoneShown(
        card=card,
        village_name=_village(mine),
        silent=since(silent_ms),
        long_silent=used and silent_ms > SILENT_HOURS * HOUR_MS,
        marks=tuple(_marks(card, unconfirmed)),
        lockable=revokes and used and card.orders == "none",
        releasable=revokes and used and card.orders == "lock",
        revocable=revokes and card.wiped_at is None and card.orders != "wipe",
        readable=used and card.orders != "wipe" and may(visitor.actor, Action.DEVICE_UNLOCK_CODE, mine),
        confirmable=unconfirmed and may(visitor.actor, Action.DEVICE_CONFIRM, mine),
    )


def since(ms: int) -> Label:
    """How long ago, in words."""
    if ms < HOUR_MS:
        return Label(zh="不到 1 小时", en="less than an hour")
    if ms < 2 * DAY_MS:
        return Label(zh=f"{ms // HOUR_MS} 小时", en=f"{ms // HOUR_MS} h")
    return Label(zh=f"{ms // DAY_MS} 天", en=f"{ms // DAY_MS} days")


def _marks(card: DeviceCard, unconfirmed: bool) -> list[Mark]:
    found = []
    if card.continued_at is not None:
        found.append(Mark("soft", Label(zh="已由新登记接续", en="continued by a new enrolment")))
    if card.wiped_at is not None:
        found.append(Mark("good", Label(zh="✓ 已清除", en="✓ wiped")))
    elif card.revoked_at is not None:
        found.append(Mark("bad", Label(zh="已停用", en="revoked")))
        ordered = TO_WIPE if card.orders == "wipe" else TO_LOCK
        found.append(Mark("warn", TOLD if card.orders_told_at else ordered))
        found.append(Mark("bad", UNKNOWN))
    elif card.orders == "lock":
        found.append(Mark("warn", LOCKED if card.orders_told_at else TO_LOCK))
    if unconfirmed:
        found.append(Mark("warn", Label(zh="未确认，只能上报", en="unconfirmed: may only hand over")))
    return found or [Mark("soft", Label(zh="在用", en="in use"))]


def _village(village: str) -> str:
    found = load_divisions().get(village)
    return village if found is None else found.name
