"""Who may read a file: whoever may read a record that names it, and the worker whose device brought it."""

from __future__ import annotations

import sqlite3

from grid_map.days import count_day
from server.keys import Keys
from server.roles import Action, may
from server.settling import authors_of
from server.store import files, rota, scopes
from server.store.accounts import Account, actor_of
from server.store.devices import Device
from server.store.file_names import naming
from server.store.files import File
from server.store.knowledge import Knowledge
from server.store.records import record_in
from sync.record import Record
from sync.scope import Scope, part_in_scope


def file_for_device(
    db: sqlite3.Connection, device: Device, scope: Scope, digest: str
) -> tuple[File, str] | None:
    """The file and the village by which the device may have it; None where it may not, or where there is none."""
    file = files.file_of(db, digest)
    if file is None:
        return None
    for village, record in naming(db, digest):
        if scopes.follows(scope, village) and _in_scope(db, scope, village, record):
            return file, village
    return (file, device.village) if files.brought_by(db, digest, device.worker) else None


def _in_scope(db: sqlite3.Connection, scope: Scope, village: str, record: str) -> bool:
    row = db.execute(
        "SELECT part, holder, EXISTS (SELECT 1 FROM grants g WHERE g.village = r.village AND g.worker = ?"
        " AND g.record = r.id) FROM records r WHERE village = ? AND id = ?",
        (scope.worker, village, record),
    ).fetchone()
    if row is None:
        return False
    part, holder, granted = row
    return part_in_scope(part, holder, bool(granted), scope.grids(village), scope.worker) is not None


def file_for_account(
    db: sqlite3.Connection, keys: Keys, knowledge: Knowledge, account: Account, digest: str, now_ms: int
) -> tuple[File, str] | None:
    """The file and the village by which an account may have it at a desk. Runs in a store write (the catalogue)."""
    file = files.file_of(db, digest)
    if file is None:
        return None
    for village, identifier in naming(db, digest):
        record = record_in(db, keys, village, identifier)
        if record is not None and _may_read(db, keys, knowledge, account, record, now_ms):
            return file, village
    return None


def _may_read(
    db: sqlite3.Connection, keys: Keys, knowledge: Knowledge, account: Account, record: Record, now_ms: int
) -> bool:
    """By the right to the case or visit; a conflict's files by the right to what it is about, or as its author."""
    owners, subject = {record.holder or ""}, record
    if record.kind == "conflict":
        owners |= authors_of(record)
        found = record_in(db, keys, record.village, record.values["subject"])
        if found is None:
            return False
        subject = found
        owners.add(subject.holder or "")
    on_duty = rota.at_window(db, subject.village, count_day(now_ms).isoformat(), account.id)
    actor = actor_of(account, on_duty=on_duty)
    match subject.kind:
        case "case":
            department = _department(db, knowledge, subject)
            return may(actor, Action.CASE_READ, subject.village, owners=owners, department=department)
        case "visit":
            owners |= {subject.by, subject.values["worker"], *subject.values.get("companions", ())}
            return may(actor, Action.VISIT_READ, subject.village, owners=owners)
    return False


def _department(db: sqlite3.Connection, knowledge: Knowledge, case: Record) -> str | None:
    item = knowledge.catalogue(db).item(case.values["item"], case.values["item_version"])
    return None if item is None else item.department
