"""What a new database starts with: an epoch, and the reference feed (catalogue, calendar, divisions)."""

from __future__ import annotations

import os
import sqlite3

import msgspec

from forms.catalogue import Catalogue
from forms.handling.calendar import WorkingCalendar
from grid_map.divisions import Division
from server.clock import unix_ms
from server.intake import Intake
from server.keys import Keys
from server.own_device import Draft, own_device, write_operations
from server.store import epochs
from server.store.changes import epoch_of
from server.store.devices import IMPORT
from server.store.records import record_in
from sync.ids import derived
from sync.kinds import REFERENCE_VILLAGE
from sync.protocol import OutcomeEntry


def ensure_epoch(db: sqlite3.Connection) -> None:
    """Give a new database its epoch."""
    db.execute("INSERT OR IGNORE INTO meta VALUES ('epoch', ?)", (os.urandom(6).hex(),))
    epochs.note(db, epoch_of(db), unix_ms(), "founded")


def publish_reference(
    intake: Intake,
    db: sqlite3.Connection,
    catalogue: Catalogue,
    calendar: WorkingCalendar,
    divisions: list[Division],
    now_ms: int,
) -> list[OutcomeEntry]:
    """Publish what is not published yet; what is there already, unchanged, is left alone.

    A new version of an item is a record beside the older ones, so a case keeps the one it was captured under.
    """
    wanted = [
        *_definitions(catalogue),
        _draft("calendar", calendar.version, 1, calendar),
        *(_draft("division", of.code, 1, of) for of in divisions),
    ]
    rows = db.execute("SELECT id FROM records WHERE village = ?", (REFERENCE_VILLAGE,)).fetchall()
    there = {identifier for (identifier,) in rows}
    missing = [draft for draft in wanted if draft.record not in there]
    device = own_device(db, IMPORT, "资料导入", REFERENCE_VILLAGE, now_ms, IMPORT)
    return write_operations(intake, db, device, missing, now_ms)


def changed_in_place(db: sqlite3.Connection, keys: Keys, catalogue: Catalogue) -> list[str]:
    """What a catalogue says otherwise than it was published: a case keeps what it was captured under."""
    changed = []
    for draft in _definitions(catalogue):
        published = record_in(db, keys, REFERENCE_VILLAGE, draft.record)
        as_stored = msgspec.json.decode(msgspec.json.encode(draft.fields["definition"]))
        if published is not None and published.values["definition"] != as_stored:
            changed.append(f"{draft.kind} {draft.fields['key']} {draft.fields['version']}")
    return changed


def _definitions(catalogue: Catalogue) -> list[Draft]:
    return [
        *(_draft("department", of.key, 1, of) for of in catalogue.departments),
        *(_draft("form", of.key, 1, of) for of in catalogue.forms),
        *(_draft("item", of.key, of.version, of) for of in catalogue.items),
    ]


def _draft(kind: str, key: str, version: int, definition: object) -> Draft:
    return Draft(
        kind=kind,
        village=REFERENCE_VILLAGE,
        record=derived("reference", kind, key, str(version)),
        fields={"key": key, "version": version, "definition": msgspec.to_builtins(definition)},
    )
