"""Which official number belongs to which case.

Invariants
- A number is given inside the write that puts it into its case, so neither stands without the other.
- The next one follows the highest that was ever given in its village and year. A restored store does not know what
  was given after its backup, and those numbers are on paper already: it goes on `SKIPPED_AFTER_RESTORE` further.
"""

from __future__ import annotations

import sqlite3

from server.store import epochs
from sync.clock import moment_ms

SKIPPED_AFTER_RESTORE = 1000
"""Far more than a village gives between two backups: it has 3.5 to 17.6 cases a working day (domain notes)."""


def next_sequence(db: sqlite3.Connection, village: str, year: int) -> int:
    """The running number that comes next in a village's year."""
    last = db.execute(
        "SELECT sequence, issued_ms FROM official_numbers WHERE village = ? AND year = ?"
        " ORDER BY sequence DESC LIMIT 1",
        (village, year),
    ).fetchone()
    sequence, issued_ms = (0, _began_ms(year)) if last is None else last
    return int(sequence) + 1 + (SKIPPED_AFTER_RESTORE if _restored_since(db, issued_ms) else 0)


def keep(db: sqlite3.Connection, village: str, year: int, sequence: int, record: str, now_ms: int) -> None:
    """Give a number to a case. IntegrityError for one that is given, or a case that has one."""
    db.execute(
        "INSERT INTO official_numbers VALUES (?, ?, ?, ?, ?)", (village, year, sequence, record, now_ms)
    )


def sequence_of(db: sqlite3.Connection, record: str) -> tuple[str, int, int] | None:
    """Village, year and running number of a case."""
    row: tuple[str, int, int] | None = db.execute(
        "SELECT village, year, sequence FROM official_numbers WHERE record = ?", (record,)
    ).fetchone()
    return row


def record_of(db: sqlite3.Connection, village: str, year: int, sequence: int) -> str | None:
    """The case that has a number."""
    row = db.execute(
        "SELECT record FROM official_numbers WHERE village = ? AND year = ? AND sequence = ?",
        (village, year, sequence),
    ).fetchone()
    return None if row is None else str(row[0])


def captured_on(db: sqlite3.Connection, village: str, day: str) -> list[str]:
    """The cases of a village that were captured on a day, by their corrected time, oldest first."""
    rows = db.execute(
        "SELECT record FROM cases WHERE village = ? AND captured_day = ? ORDER BY captured_ms, record",
        (village, day),
    )
    return [record for (record,) in rows]


def _restored_since(db: sqlite3.Connection, issued_ms: int) -> bool:
    """Whether the store came back from a backup after a moment (it was founded in its first epoch)."""
    every = epochs.every(db)
    return len(every) > 1 and every[-1].began_ms > issued_ms


def _began_ms(year: int) -> int:
    """The first moment of a year in Haining."""
    return moment_ms(f"{year}-01-01T00:00:00.000+08:00")
