"""Whether this device may still show what it holds: orders of the server, and the lease without contact.

Only reading is locked, never capturing (domain notes, Privacy). Days are working days of the published calendar.
"""

from __future__ import annotations

from datetime import date

import msgspec

from field_client.errors import ReadingLocked
from field_client.record_copy import RecordCopy
from field_client.reference import Reference
from field_client.store import Store
from grid_map.days import count_day
from sync.protocol import Limits


class Lease(msgspec.Struct, frozen=True):
    """Working days since the last contact, and after how many of them reading locks; None without a contact."""

    days: int | None
    days_max: int
    tentative: bool = False

    @property
    def over(self) -> bool:
        """Whether reading is locked."""
        return self.days is not None and self.days > self.days_max


LATEST = "latest_ms"
NOTED_EVERY_MS = 10 * 60 * 1000


def note_time(store: Store, now_ms: int) -> int:
    """The latest time known, which a clock that is set back does not undo; contact with the server does."""
    latest_ms = store.head.get(LATEST, int) or 0
    if now_ms > latest_ms + NOTED_EVERY_MS:
        store.head.put(LATEST, now_ms)
    return max(now_ms, latest_ms)


def lease_of(store: Store, now_ms: int, limits: Limits) -> Lease:
    """How long the device has been out of touch."""
    last_ms, now_ms = store.meta("last_contact_ms", int), note_time(store, now_ms)
    if last_ms is None:
        return Lease(None, limits.lease_working_days)
    first, today = count_day(last_ms), count_day(now_ms)
    if today <= first:
        return Lease(0, limits.lease_working_days)
    count = _working_days(store, first, today)
    return Lease(count[0], limits.lease_working_days, count[1])


def check_reading(store: Store, now_ms: int, limits: Limits) -> None:
    """ReadingLocked where the server ordered it or the lease is over."""
    if store.head.get("orders", str) == "lock":
        raise ReadingLocked("这台设备已被锁定，暂不能查看资料", "this device is locked; reading is off")
    lease = lease_of(store, now_ms, limits)
    if lease.over:
        raise ReadingLocked(
            f"已{lease.days}个工作日没有联网，查看资料已锁定",
            f"out of touch for {lease.days} working days; reading is off",
        )


def _working_days(store: Store, first: date, today: date) -> tuple[int, bool]:
    count = Reference(RecordCopy(store)).calendar.working_days_between(first, today)
    return count.days, count.tentative
