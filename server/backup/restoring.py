"""Restoring a backup into a data folder, and the drill that proves that a backup can be restored.

Invariants
- Nothing of the present folder is deleted: it moves aside. Until the new store is whole nothing moves at all.
- The present revocation log is applied, never replaced; without it phones wait to be confirmed.
- Every restore begins a new epoch.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import msgspec

from server import revocations_log
from server.backup import swap
from server.backup.manifest import Manifest, Progress, counts_of, every_backup, read_manifest, verify
from server.backup.staging import Present, stage
from server.catching_up import CaughtUp
from server.check.checking import check_store
from server.check.fault import Fault
from server.cli_messages import CommandError
from server.settings import Settings
from server.store.connection import Ownership, open_reader
from sync.clock import moment, moment_ms

AGE_DAYS_MAX = 30
"""Devices keep what was acknowledged for 30 days (sync protocol, "Epochs and receipts")."""
DAY_MS = 86_400_000


class AheadOf(msgspec.Struct, frozen=True):
    """A phone of which the store before had more: it offers `operations` again, or enrols anew (`unknown`)."""

    device: str
    name: str
    operations: int
    unknown: bool


class Restored(msgspec.Struct, kw_only=True, frozen=True):
    """What a restore did: from when, where the old store lies, what the log brought, which phones are ahead."""

    made_at: str
    aside: Path
    caught_up: CaughtUp
    ahead: list[AheadOf] | None


class Drilled(msgspec.Struct, kw_only=True, frozen=True):
    """What a drill found; no faults and no exception: the backup can be restored."""

    made_at: str
    counts: dict[str, int]
    faults: list[Fault]


def meant_backup(path: Path) -> tuple[Path, Manifest]:
    """A backup, or the newest one of a folder of backups. BackupDamaged."""
    inside = every_backup(path)
    backup = inside[-1] if inside else path
    return backup, read_manifest(backup)


def restore(
    settings: Settings,
    path: Path,
    now_ms: int,
    progress: Progress,
    *,
    passphrase: bytes | None = None,
    log: Path | None = None,
    older: bool = False,
) -> Restored:
    """Bring a backup back. `log`: a revocation log kept elsewhere; `older`: also one of more than 30 days.

    Raises CommandError, BackupDamaged, StoreInUse.
    """
    backup, manifest = meant_backup(path)
    _refuse_old(manifest, now_ms, older)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Ownership(settings.database_path):
        if swap.is_unfinished(settings.data):
            raise swap.RestoreUnfinished(settings.data)
        verify(backup, manifest, progress)
        folder = settings.data / swap.STAGE
        shutil.rmtree(folder, ignore_errors=True)
        _refuse_full(manifest, settings.data)
        folder.mkdir(mode=0o700)
        present = _present(settings, passphrase, log)
        closes_on = settings.month_closes_on_working_day
        caught_up, _ = stage(backup, manifest, folder, present, now_ms, progress, closes_on)
        ahead = _ahead(settings.database_path, folder / swap.STORE)
        name = moment(now_ms)[:19].replace(":", "").replace("-", "")
        aside = swap.begin(settings.data, f"before-restore-{name}Z")
    return Restored(made_at=manifest.made_at, aside=aside, caught_up=caught_up, ahead=ahead)


def finish_restore(settings: Settings) -> Path:
    """Finish a restore that was interrupted while it moved things; where the old store lies. CommandError."""
    with Ownership(settings.database_path):
        if not swap.is_unfinished(settings.data):
            raise CommandError("没有中断的恢复 / there is no restore to finish")
        return swap.finish(settings.data)


def drill(
    settings: Settings,
    path: Path,
    now_ms: int,
    progress: Progress,
    *,
    passphrase: bytes | None = None,
    inside: Path | None = None,
) -> Drilled:
    """Restore into a folder of its own, check everything there, remove it. Beside a running server too."""
    backup, manifest = meant_backup(path)
    verify(backup, manifest, progress)
    with tempfile.TemporaryDirectory(prefix="allpost-drill-", dir=inside) as made:
        folder = Path(made)
        _refuse_full(manifest, folder)
        present = _present(settings, passphrase, None)
        closes_on = settings.month_closes_on_working_day
        _, keys = stage(backup, manifest, folder, present, now_ms, progress, closes_on)
        with closing(open_reader(folder / swap.STORE)) as db:
            db.execute("BEGIN")
            counts = counts_of(lambda query: int(db.execute(query).fetchone()[0]))
            faults = list(check_store(db, keys, folder, now_ms, closes_on, progress))
    return Drilled(made_at=manifest.made_at, counts=counts, faults=faults)


def _present(settings: Settings, passphrase: bytes | None, log: Path | None) -> Present:
    return Present(settings.keys_path, log or settings.data / revocations_log.FILE, passphrase)


def _refuse_old(manifest: Manifest, now_ms: int, older: bool) -> None:
    days = (now_ms - moment_ms(manifest.made_at)) // DAY_MS
    if days > AGE_DAYS_MAX and not older:
        raise CommandError(
            f"备份已有 {days} 天。设备只保留 {AGE_DAYS_MAX} 天内已送达的记录，更早的无法补报，将在对账中显示为缺失。"
            "确要恢复请加 --older / "
            f"this backup is {days} days old; phones keep what was delivered for {AGE_DAYS_MAX} days, so what is older "
            "stays missing and shows in the reconciliation: --older restores it all the same"
        )


def _refuse_full(manifest: Manifest, folder: Path) -> None:
    needed = 2 * sum(part.bytes for part in manifest.parts)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise CommandError(
            f"磁盘空间不足：需要 {needed} 字节，只有 {free} / not enough room: {needed} bytes needed, {free} free"
        )


def _ahead(before: Path, after: Path) -> list[AheadOf] | None:
    """Which phones the store before had more of; None where it cannot be read any more."""
    if not before.exists():
        return None
    query = "SELECT id, name, acknowledged FROM devices WHERE nature = 'phone' ORDER BY id"
    try:
        with closing(open_reader(before)) as old, closing(open_reader(after)) as new:
            known = {device: acknowledged for device, _, acknowledged in new.execute(query)}
            rows = old.execute(query).fetchall()
    except sqlite3.DatabaseError:
        return None
    return [
        AheadOf(device, name, acknowledged - known.get(device, 0), device not in known)
        for device, name, acknowledged in rows
        if acknowledged > known.get(device, 0) or device not in known
    ]
