"""How a device stands, told without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from field_client.lease import Lease, lease_of
from field_client.record_copy import RecordCopy
from field_client.storage import storage_left_bytes
from field_client.times import Anchor, read_times
from sync.clock import moment
from sync.scope import VillageScope

if TYPE_CHECKING:
    from field_client.device import Device

FULL_BELOW_BYTES = 100 * 1024 * 1024


class DeviceStatus(msgspec.Struct, kw_only=True):
    """What `allpost-field status` shows. `counts` are operations by state, `records` what the copy holds by kind.

    `offset_ms` is the phone's clock minus the server's as far as it is known; `jumped_ms` a jump noticed since.
    """

    device: str
    device_name: str
    worker: str
    worker_name: str
    role: str
    server: str
    villages: list[VillageScope]
    counts: dict[str, int]
    oldest_waiting: str | None
    last_contact: str | None
    lease: Lease
    orders: str
    offset_ms: int
    jumped_ms: int
    records: dict[str, int]
    storage_left_bytes: int
    warnings: list[str]


def device_status(device: Device) -> DeviceStatus:
    """The device's own account of itself."""
    store, identity = device.store, device.identity
    reading = read_times(device.times, store.meta("anchor", Anchor))
    lease = lease_of(store, reading.corrected_ms, identity.limits)
    oldest_ms, contact_ms = device.outbox.oldest_waiting_ms(), store.meta("last_contact_ms", int)
    status = DeviceStatus(
        device=identity.device,
        device_name=identity.device_name,
        worker=identity.worker.id,
        worker_name=identity.worker.name,
        role=identity.worker.role,
        server=identity.server,
        villages=list(device.scope.villages),
        counts=device.outbox.counts(),
        oldest_waiting=None if oldest_ms is None else moment(oldest_ms),
        last_contact=None if contact_ms is None else moment(contact_ms),
        lease=lease,
        orders=store.head.get("orders", str) or "none",
        offset_ms=reading.offset_ms,
        jumped_ms=reading.anchor.jumped_ms,
        records=RecordCopy(store).counts(),
        storage_left_bytes=storage_left_bytes(store.path),
        warnings=[],
    )
    status.warnings = warnings(status, reading.corrected_ms, oldest_ms)
    return status


def warnings(status: DeviceStatus, now_ms: int, oldest_ms: int | None) -> list[str]:
    """What the worker should know before going on."""
    found = []
    if oldest_ms is not None and now_ms - oldest_ms > 24 * 3600 * 1000:
        found.append("有记录超过一天没有上报，登记时间可能影响受理和待遇起算，请尽快同步")
    if abs(status.offset_ms) > 10 * 60 * 1000:
        found.append("手机时间与服务器相差较大，已按校正后的时间计，请校准手机时间")
    if status.jumped_ms:
        found.append("手机时间被调整过，已按实际经过的时间校正")
    if status.lease.days is not None and status.lease.days >= status.lease.days_max:
        found.append("已接近或超过离线期限，请尽快联网，否则只能登记、不能查看")
    if status.storage_left_bytes < FULL_BELOW_BYTES:
        found.append("存储空间不足100MB，请清理")
    return found
