"""A village's day for the pages and the printed sheet: the rows, what is open, who signed, what came afterwards."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from datetime import date, time, timedelta

import msgspec

from server.desk.places import place_name
from server.desk.views.published import calendar
from server.desk.visitor import Visitor
from server.keys import Keys
from server.reconciliation import LABELS, Row
from server.roles import Action, may, require
from server.signing import Reconciliation, Signature, reconciliation_of, signature_id
from server.store import rota
from server.store.accounts import account_by_id, actor_of
from server.store.late_arrivals import LateArrivals, late_counts
from server.store.matters import OpenMatters
from server.store.places import village_range
from server.store.records import record_in
from server.store.signed_days import SignedDay, signed_between, unsigned_between
from sync.clock import moment

HISTORY_DAYS = 31
HANDED_OVER_DAYS_MAX = 14
"""How far back an unsigned or uncountersigned day is offered first; older ones stand in the history."""
OFFERED_MAX = 2


class SheetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A device's row, with what was said of it: `reason` as signed, `late` what arrived after the signing.

    `signed`: the row's numbers as they were signed (captured, arrived, in_transit, missing, unsettled), by name.
    """

    row: Row
    label_zh: str
    label_en: str
    reason: str | None = None
    signed: dict[str, int] | None = None
    late: int | None = None

    @property
    def changed(self) -> bool:
        """Whether the numbers of today are not those that were signed."""
        return self.signed is not None and any(
            getattr(self.row, name) != value for name, value in self.signed.items()
        )


class DaySheet(msgspec.Struct, frozen=True, kw_only=True):
    """A day as it is shown and printed.

    window      the names of those whom the rota puts at the window of that day
    report_from the moment from which a phone's report of the day counts
    open        what is open now; `open_signed` what was open when it was signed
    seen        what the figures come to: a signature names it, so nobody signs others than were shown
    """

    village: str
    village_name: str
    day: date
    working_day: bool
    tentative: bool
    window: list[str]
    report_from: str
    rows: list[SheetRow]
    open: OpenMatters
    open_signed: OpenMatters | None
    unsettled: int
    unexplained: list[str]
    signature: Signature | None
    late: LateArrivals | None
    may_sign: bool
    may_countersign: bool
    seen: str

    @property
    def green(self) -> int:
        """How many devices the chain proves to be complete."""
        return sum(one.row.green for one in self.rows)


class HistoryDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day in the list. `state`: unsigned, signed (not countersigned), closed. `late`: arrived after the signing."""

    day: date
    working_day: bool
    tentative: bool
    state: str
    outgoing_name: str | None = None
    incoming_name: str | None = None
    signed_at: str | None = None
    countersigned_at: str | None = None
    late: int = 0
    arrived: int = 0
    window: int = 0


class History(msgspec.Struct, frozen=True):
    """Some weeks of days, the latest first; `earlier` and `later` end the weeks beside them (None: there are none)."""

    days: list[HistoryDay]
    earlier: date
    later: date | None


class OpenDay(msgspec.Struct, frozen=True):
    """An earlier day that this visitor can close, or a lead should see closed; `step`: sign or countersign."""

    day: date
    step: str
    mine: bool


class Waiting(msgspec.Struct, frozen=True):
    """The open days as a page offers them: the last one and this visitor's own first, how many others there are."""

    first: list[OpenDay]
    others: int


def may_look(db: sqlite3.Connection, visitor: Visitor, day: date) -> bool:
    """The lead and today's window look at each day; whoever was at the window of a day at that one."""
    if visitor.may(Action.RECONCILIATION_READ):
        return True
    then = actor_of(visitor.account, on_duty=_at_window(db, visitor, day))
    return may(then, Action.RECONCILIATION_READ, visitor.place)


def require_look(db: sqlite3.Connection, visitor: Visitor, day: date) -> None:
    """Raises ProblemError("forbidden") where `may_look` says no."""
    if not may_look(db, visitor, day):
        require(visitor.actor, Action.RECONCILIATION_READ, visitor.place)


def day_sheet(
    db: sqlite3.Connection, keys: Keys, visitor: Visitor, day: date, *, report_after: time
) -> DaySheet:
    """The day for whoever may look at it; `report_after` is the setting. Raises ProblemError: forbidden."""
    require_look(db, visitor, day)
    village = visitor.place
    found = reconciliation_of(db, keys, report_after, village, day, visitor.now_ms)
    signature = found.signature
    return DaySheet(
        village=village,
        village_name=place_name(db, keys, village),
        day=day,
        working_day=calendar().assume_working_day(day),
        tentative=not calendar().covers(day),
        window=_names(db, _window(db, village, day)),
        report_from=found.report_from,
        rows=_rows(db, keys, found, day),
        open=found.open,
        open_signed=None if signature is None else _open_signed(signature),
        unsettled=sum(row.unsettled for row in found.rows),
        unexplained=found.unexplained,
        signature=signature,
        late=found.late,
        may_sign=signature is None and day <= visitor.today and _at_window(db, visitor, day),
        may_countersign=_may_countersign(db, visitor, day, signature),
        seen=seen_of(found),
    )


def seen_of(found: Reconciliation) -> str:
    """What a signature is about, in short: it changes when a number or what is proven does."""
    numbers = [
        (row.device, row.standing, row.captured, row.arrived, row.missing, row.unsettled, row.needs_reason)
        for row in found.rows
    ]
    return hashlib.sha256(msgspec.json.encode([numbers, found.open])).hexdigest()[:16]


def open_days(db: sqlite3.Connection, visitor: Visitor) -> list[OpenDay]:
    """The earlier days that are not signed or not countersigned, the latest first: a handover begins with them."""
    first = (visitor.today - timedelta(days=HANDED_OVER_DAYS_MAX)).isoformat()
    last = (visitor.today - timedelta(days=1)).isoformat()
    villages = village_range(visitor.place)
    found = []
    for unsigned in unsigned_between(db, villages, first, last):
        day = date.fromisoformat(unsigned.day)
        found.append(OpenDay(day, "sign", _at_window(db, visitor, day)))
    for signed in signed_between(db, villages, first, last):
        if signed.incoming is None:
            day = date.fromisoformat(signed.day)
            mine = signed.outgoing != visitor.account.id and _at_window(db, visitor, day, visitor.today)
            found.append(OpenDay(day, "countersign", mine))
    return sorted(found, key=lambda one: one.day, reverse=True)


def waiting_days(db: sqlite3.Connection, visitor: Visitor, shown: date) -> Waiting:
    """What a handover begins with, but for the day that is shown anyway."""
    found = [one for one in open_days(db, visitor) if one.day != shown]
    first = [one for place, one in enumerate(found) if one.mine or place == 0][:OFFERED_MAX]
    return Waiting(first, len(found) - len(first))


def own_days(db: sqlite3.Connection, visitor: Visitor) -> list[OpenDay]:
    """The earlier days that wait for this visitor's own signature."""
    return [one for one in open_days(db, visitor) if one.mine]


def own_open_day(db: sqlite3.Connection, visitor: Visitor) -> date | None:
    """The day that somebody who may not look at today's is still to sign: the last one at the window."""
    if visitor.may(Action.RECONCILIATION_READ):
        return None
    return next((one.day for one in own_days(db, visitor) if one.step == "sign"), None)


def history(db: sqlite3.Connection, keys: Keys, visitor: Visitor, last: date) -> History:
    """The days up to `last`, the latest first: every working day, and whatever else was worked or signed."""
    first = last - timedelta(days=HISTORY_DAYS - 1)
    stretch = village_range(visitor.place), first.isoformat(), last.isoformat()
    signed = {one.day: one for one in signed_between(db, *stretch)}
    unsigned = {one.day: one for one in unsigned_between(db, *stretch)}
    listed = []
    for back in range(HISTORY_DAYS):
        day = last - timedelta(days=back)
        text = day.isoformat()
        if text in signed:
            listed.append(_signed_day(db, keys, day, signed[text]))
        elif text in unsigned or calendar().assume_working_day(day):
            was = unsigned.get(text)
            listed.append(
                HistoryDay(
                    day=day,
                    working_day=calendar().assume_working_day(day),
                    tentative=not calendar().covers(day),
                    state="unsigned" if was is not None else "nothing",
                    arrived=was.arrived if was is not None else 0,
                    window=was.window if was is not None else 0,
                )
            )
    later = min(last + timedelta(days=HISTORY_DAYS), visitor.today)
    return History(listed, first - timedelta(days=1), later if last < visitor.today else None)


def _signed_day(db: sqlite3.Connection, keys: Keys, day: date, signed: SignedDay) -> HistoryDay:
    record = record_in(db, keys, signed.village, signed.record)
    late = {} if record is None else late_counts(db, signed.village, signed.day, record)
    names = dict(
        zip(("outgoing", "incoming"), _names(db, [signed.outgoing, signed.incoming or ""]), strict=True)
    )
    return HistoryDay(
        day=day,
        working_day=calendar().assume_working_day(day),
        tentative=not calendar().covers(day),
        state="signed" if signed.incoming is None else "closed",
        outgoing_name=names["outgoing"],
        incoming_name=names["incoming"] or None,
        signed_at=moment(signed.signed_ms),
        countersigned_at=None if signed.countersigned_ms is None else moment(signed.countersigned_ms),
        late=sum(late.values()),
    )


def _rows(db: sqlite3.Connection, keys: Keys, found: Reconciliation, day: date) -> list[SheetRow]:
    signed = None
    late: dict[str, int] = {}
    if found.signature is not None:
        signed = record_in(db, keys, found.village, signature_id(found.village, day))
    if signed is not None:
        late = late_counts(db, found.village, found.day, signed)
    reasons = {} if found.signature is None else found.signature.reasons
    then = {} if found.signature is None else _numbers_signed(found.signature)
    return [
        SheetRow(
            row=row,
            label_zh=LABELS[row.standing][0],
            label_en=LABELS[row.standing][1],
            reason=reasons.get(row.device),
            signed=then.get(row.device),
            late=late.get(row.device, 0) if signed is not None else None,
        )
        for row in found.rows
    ]


_NUMBERS = ("captured", "arrived", "in_transit", "missing", "unsettled")


def _numbers_signed(signature: Signature) -> dict[str, dict[str, int]]:
    """The numbers of each signed row; figures come from whoever signed, so what has not their form is left out."""
    rows = signature.figures.get("rows")
    return {
        str(row.get("device")): {name: row[name] for name in _NUMBERS}
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and all(isinstance(row.get(name), int) for name in _NUMBERS)
    }


def _open_signed(signature: Signature) -> OpenMatters | None:
    try:
        return msgspec.convert(signature.figures.get("open"), OpenMatters)
    except msgspec.ValidationError:
        return None


def _may_countersign(
    db: sqlite3.Connection, visitor: Visitor, day: date, signature: Signature | None
) -> bool:
    if signature is None or signature.incoming is not None or signature.outgoing == visitor.account.id:
        return False
    return _at_window(db, visitor, day, visitor.today)


def _at_window(db: sqlite3.Connection, visitor: Visitor, *days: date) -> bool:
    return any(rota.at_window(db, visitor.place, day.isoformat(), visitor.account.id) for day in days)


def _window(db: sqlite3.Connection, village: str, day: date) -> list[str]:
    text = day.isoformat()
    return list(dict.fromkeys(who for of in rota.between(db, village, text, text) for who in of.window))


def _names(db: sqlite3.Connection, accounts: Iterable[str]) -> list[str]:
    found = ((account, account_by_id(db, account)) for account in accounts)
    return [account if known is None else known.name for account, known in found]
