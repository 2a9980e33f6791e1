"""The audit log: who did or read what, when. Rows are added and never changed; triggers refuse anything else.

Invariant: `detail` holds codes, numbers and ids, never a resident's name, number, address or answers.
"""

import sqlite3
from collections.abc import Mapping

import msgspec

_COLUMNS = "id, time, account, device, action, subject_kind, subject, village, detail"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done or read. `time` is a moment in UTC; `action` one of `server.roles.Action` or `sign_in.*`."""

    id: int = 0
    time: str
    action: str
    account: str | None = None
    device: str | None = None
    subject_kind: str | None = None
    subject: str | None = None
    village: str | None = None
    detail: Mapping[str, object] = msgspec.field(default_factory=dict)


def record(db: sqlite3.Connection, entry: Entry) -> None:
    """Append an entry, in the transaction of what it tells of; the id is given by the log."""
    db.execute(
        "INSERT INTO audit (time, account, device, action, subject_kind, subject, village, detail) "
        "VALUES (?,?,?,?,?,?,?,?)",
        (
            entry.time,
            entry.account,
            entry.device,
            entry.action,
            entry.subject_kind,
            entry.subject,
            entry.village,
            msgspec.json.encode(entry.detail).decode(),
        ),
    )


def entries(
    db: sqlite3.Connection,
    *,
    after: int = 0,
    limit: int = 1000,
    division: str = "",
    subject: str | None = None,
) -> list[Entry]:
    """Entries in the order in which they were written; `division` is the start of a village's code."""
    where: list[str] = ["id > ?"]
    values: list[int | str] = [after]
    if division:
        where.append("village >= ? AND village < ?")
        values += [division, division + ":"]
    if subject is not None:
        where.append("subject = ?")
        values.append(subject)
    query = f"SELECT {_COLUMNS} FROM audit WHERE {' AND '.join(where)} ORDER BY id LIMIT ?"
    return [_entry(row) for row in db.execute(query, (*values, limit))]


def _entry(row: tuple[object, ...]) -> Entry:
    names = _COLUMNS.split(", ")
    fields = dict(zip(names, row, strict=True))
    fields["detail"] = msgspec.json.decode(str(fields["detail"]))
    return msgspec.convert(fields, Entry)
