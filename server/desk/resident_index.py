"""Finding a resident by a part of a name, a phone or an address, though bodies are encrypted: an index in memory.

Invariants
- Built for a village when somebody at its window first looks somebody up; then only what changed is read.
- It holds exactly the households and residents that the store has: where the numbers differ (somebody left the village
  or was erased) it is built anew, so nobody is found who is gone.
- At most `VILLAGES_MAX` villages, each forgotten after `IDLE_SECONDS_MAX` without a question; never on a disk. Identity
  numbers are not in it: those are found by their keyed hash.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from server.keys import Keys
from server.store.people_list import people_count, people_since
from sync.record import Record

VILLAGES_MAX = 16
IDLE_SECONDS_MAX = 900
FOUND_MAX = 50


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A household or a resident as it is searched; `household` is the resident's own."""

    id: str
    kind: str
    household: str
    name: str
    phone: str
    address: str
    gone: bool


class Match(msgspec.Struct, frozen=True):
    """A resident who was found, or a household none of whose residents is written down."""

    entry: Entry
    home: Entry | None


class _Village:
    """One village's entries, by id, and the version up to which they were read."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.version = 0
        self.asked = 0.0


class ResidentIndex:
    """The villages that were asked about lately. Its methods may be called from any reader thread."""

    def __init__(self, keys: Keys, seconds: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._seconds = seconds
        self._villages: OrderedDict[str, _Village] = OrderedDict()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def find(self, db: sqlite3.Connection, village: str, text: str) -> tuple[list[Match], bool]:
        """Whoever's name, phone or address has every word of `text`; whether there were more than `FOUND_MAX`."""
        words = [_folded(word) for word in text.split()]
        if not words:
            return [], False
        with self._lock:
            found = list(self._matching(self._current(db, village).entries, words))
        found.sort(
            key=lambda match: (match.entry.gone, match.home.address if match.home else "", match.entry.name)
        )
        return found[:FOUND_MAX], len(found) > FOUND_MAX

    def kept(self) -> list[str]:
        """The villages that are in memory now."""
        with self._lock:
            self._forget_idle()
            return list(self._villages)

    def _current(self, db: sqlite3.Connection, village: str) -> _Village:
        self._forget_idle()
        known = self._villages.get(village) or _Village()
        self._read(db, village, known)
        if len(known.entries) != people_count(db, village):
            known = _Village()
            self._read(db, village, known)
        known.asked = self._seconds()
        self._villages[village] = known
        self._villages.move_to_end(village)
        self._forget_later()
        while len(self._villages) > VILLAGES_MAX:
            self._villages.popitem(last=False)
        return known

    def _read(self, db: sqlite3.Connection, village: str, known: _Village) -> None:
        for version, record in people_since(db, self._keys, village, known.version):
            known.entries[record.id] = _entry(record)
            known.version = version

    def _forget_idle(self) -> None:
        oldest = self._seconds() - IDLE_SECONDS_MAX
        for village in [name for name, known in self._villages.items() if known.asked < oldest]:
            del self._villages[village]

    def _forget_later(self) -> None:
        """Look again once the last village may be idle: what is in memory goes also where nobody asks any more."""
        if self._timer is not None and self._timer.is_alive():
            return
        self._timer = threading.Timer(IDLE_SECONDS_MAX + 1, self._look_again)
        self._timer.daemon = True
        self._timer.start()

    def _look_again(self) -> None:
        with self._lock:
            self._forget_idle()
            self._timer = None
            if self._villages:
                self._forget_later()

    def _matching(self, entries: dict[str, Entry], words: list[str]) -> Iterator[Match]:
        inhabited = set()
        for entry in entries.values():
            if entry.kind == "resident":
                inhabited.add(entry.household)
                home = entries.get(entry.household)
                whole = f"{entry.name}\n{entry.phone}" + (f"\n{home.phone}\n{home.address}" if home else "")
                if all(word in whole for word in words):
                    yield Match(entry, home)
        for entry in entries.values():
            if entry.kind == "household" and entry.id not in inhabited:
                whole = f"{entry.name}\n{entry.phone}\n{entry.address}"
                if all(word in whole for word in words):
                    yield Match(entry, entry)


def _entry(record: Record) -> Entry:
    values = record.values
    return Entry(
        id=record.id,
        kind=record.kind,
        household=str(values.get("household") or record.id),
        name=_folded(str(values.get("name") or "")),
        phone=_folded(str(values.get("phone") or "")),
        address=_folded(address_of_home(values)),
        gone=record.void is not None
        or values.get("status", "present") != "present"
        or "merged_into" in values,
    )


def address_of_home(values: Mapping[str, Any]) -> str:
    """A household's address, with its house number where the address does not have it already."""
    address, number = str(values.get("address") or ""), str(values.get("house_number") or "")
    return address if number in address else f"{address} {number}".strip()


def _folded(text: str) -> str:
    return text.casefold().replace("-", "")
