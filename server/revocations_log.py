"""The revocation log: what must outlive a restore of the database, in a file beside it that a restore applies.

`DATA/revocations.log` (mode 0600) holds a line of JSON for each thing that takes a right or a record away:

  begin          the log begins here: {epoch}
  revoke         {device, orders, revoked: true, reason, by, enrolment}: revoked, with orders
  orders         the same of a device that is not (or no longer) revoked
  close-account  {account}
  scope-loss     {worker, grid, after_day}: an assignment ended or was taken back
  erase          what an erasure needs to be carried out again
  confirm        {device}: an administrator confirmed a device after the log was lost
  epoch          {epoch, why}

Invariants
- A line is on the disk before the transaction that it tells of commits (`append` runs inside it), so there is no such
  commit without its line. A line whose commit failed is carried out at the next start: applying is idempotent.
- Each line names its number and the SHA-256 of all before it and itself, so a file that was cut or altered is noticed;
  the database remembers number and hash of the newest line that it knows (`meta`).
- Writers take turns at SQLite's lock: `append` works inside a write transaction only.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from sync.clock import moment

FILE = "revocations.log"
BEGIN = "begin"
_REMEMBERED, _OWED = "revocations", "revocations_owed"


class LogDamaged(Exception):
    """A line of the log was altered, cut out, or cannot be read; `good` lines stand before it."""

    def __init__(self, path: Path, good: int) -> None:
        super().__init__(
            f"停用记录 {path} 第 {good + 1} 行与前面不衔接，可能被改动或截断 / "
            f"line {good + 1} of the revocation log does not follow from those before it"
        )
        self.good = good


class Line(msgspec.Struct, frozen=True):
    """One line: its number from 1 on, when, what, and the chain up to here."""

    number: int
    at: str
    kind: str
    body: dict[str, Any]
    chain: str = ""


class Known(msgspec.Struct, frozen=True):
    """How far a database, or a file, goes."""

    number: int = 0
    chain: str = ""


def append(db: sqlite3.Connection, kind: str, body: Mapping[str, object], now_ms: int) -> None:
    """Write a line durably, and have the database remember it; inside the write transaction that it tells of."""
    path, known = path_of(db), remembered(db) or Known()
    last = _last_of(path)
    if last.number > known.number:
        _owe(
            db, known.number
        )  # of a commit that failed: the chain goes on from it, and it is carried out later
        known = last
    line = _chained(Line(known.number + 1, moment(now_ms), kind, dict(body)), known.chain)
    _write(path, line)
    _remember(db, Known(line.number, line.chain))


def path_of(db: sqlite3.Connection) -> Path:
    """The log beside a connection's database, so that a scratch store has a log of its own."""
    file = db.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0]
    return Path(file).with_name(FILE)


def read_log(path: Path, good: int | None = None) -> list[Line]:
    """All lines, or the first `good`; none if there is no file. Raises LogDamaged.

    A last line that the power cut short never counted.
    """
    lines: list[Line] = []
    chain = ""
    for raw in _raw_lines(path)[:good]:
        try:
            line = msgspec.json.decode(raw, type=Line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise LogDamaged(path, len(lines)) from error
        follows = line.number == len(lines) + 1
        if not follows or _chained(line, chain) != line:
            raise LogDamaged(path, len(lines))
        chain = line.chain
        lines.append(line)
    return lines


def remembered(db: sqlite3.Connection) -> Known | None:
    """How far the database knows the log; None if it never had one."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_REMEMBERED,)).fetchone()
    return None if row is None else msgspec.json.decode(row[0], type=Known)


def carried_out(db: sqlite3.Connection) -> int:
    """How many lines the database has carried out, or knows of its own; those from there on are owed."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (_OWED,)).fetchone()
    known = remembered(db) or Known()
    return known.number if row is None else min(int(row[0]), known.number)


def _owe(db: sqlite3.Connection, after: int) -> None:
    """Lines after this one are in the log and not in the database, whatever comes behind them."""
    db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (_OWED, str(after)))


def remember(db: sqlite3.Connection, lines: list[Line]) -> None:
    """The database knows, and has carried out, all these lines now."""
    db.execute("DELETE FROM meta WHERE key = ?", (_OWED,))
    last = lines[-1] if lines else None
    _remember(db, Known() if last is None else Known(last.number, last.chain))


def holds(lines: list[Line], known: Known) -> bool:
    """Whether the log goes at least as far as a database knows it, by the same lines."""
    if known.number == 0:
        return True
    return len(lines) >= known.number and lines[known.number - 1].chain == known.chain


def _chained(line: Line, before: str) -> Line:
    said = msgspec.json.encode([before, line.number, line.at, line.kind, line.body])
    return msgspec.structs.replace(line, chain=hashlib.sha256(said).hexdigest())


def _raw_lines(path: Path) -> list[bytes]:
    whole, _, _cut = path.read_bytes().rpartition(b"\n") if path.exists() else (b"", b"", b"")
    return whole.split(b"\n") if whole else []


def _last_of(path: Path) -> Known:
    raw = _raw_lines(path)
    if not raw:
        return Known()
    try:
        line = msgspec.json.decode(raw[-1], type=Line)
    except msgspec.MsgspecError as error:
        raise LogDamaged(path, len(raw) - 1) from error
    return Known(line.number, line.chain)


def _write(path: Path, line: Line) -> None:
    """Append and wait for the disk; what a power cut left of a line before is cut away."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        content = b"\n".join([*_raw_lines(path), b""])
        os.ftruncate(descriptor, len(content))
        os.pwrite(descriptor, msgspec.json.encode(line) + b"\n", len(content))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _remember(db: sqlite3.Connection, known: Known) -> None:
    db.execute(
        "INSERT OR REPLACE INTO meta VALUES (?, ?)", (_REMEMBERED, msgspec.json.encode(known).decode())
    )
