"""What a device shows: its last known copy of the server's records with its own operations laid over it.

Invariant: where nobody else writes, this equals what the server will hold, because both let an operation take effect by
the same function (`apply.take_effect`). A rejected or held operation is laid over too, until a person settles it: what
the worker captured stays in the worker's sight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

import msgspec

from forms.catalogue import Catalogue
from sync.apply import moves_along, take_effect, target_of
from sync.kinds import KINDS
from sync.operation import Action, Operation
from sync.record import Record, parent_of
from sync.world import Author


class Overlay:
    """A world over a device's copy: reads fall through, what is put stays here (`changed`).

    copy       the record of an id in the copy, or None
    children   the records of the copy that move with the one named
    """

    def __init__(
        self,
        copy: Callable[[str], Record | None],
        children: Callable[[str], Iterable[Record]],
        catalogue: Catalogue,
        worker_of: Callable[[str], str | None],
    ) -> None:
        self.catalogue = catalogue
        self.changed: dict[str, Record] = {}
        self._copy = copy
        self._children = children
        self._worker_of = worker_of

    def lay(self, operations: Iterable[Operation], author: Author, now_ms: int) -> dict[str, Record]:
        """Lay operations over the copy, in order; the records that they change, by id."""
        for operation in operations:
            record = target_of(self, operation)
            known = operation.kind in KINDS and (record is None or record.kind == operation.kind)
            if known and (record is not None or operation.action == Action.CREATE):
                take_effect(self, operation, author, record, now_ms)
        return self.changed

    def get(self, record: str) -> Record | None:
        """The laid-over record, or a copy of its own of the one below."""
        if record in self.changed:
            return self.changed[record]
        below = self._copy(record)
        return None if below is None else _own(below)

    def find(self, record: str) -> Record | None:
        """A device knows of no other place."""
        return self.get(record)

    def grid_of(self, record: str) -> str | None:
        """As it is laid over."""
        found = self.changed.get(record) or self._copy(record)
        return None if found is None else found.grid

    def put(self, record: Record, fingerprint: str | None) -> None:
        """Keep a laid-over record."""
        self.changed[record.id] = record

    def followers(self, record: Record) -> list[Record]:
        """Those of the copy and those laid over it."""
        found = {child.id: self.changed.get(child.id) or _own(child) for child in self._children(record.id)}
        found |= self.changed
        return [
            other for other in found.values() if parent_of(other) == record.id and moves_along(self, other)
        ]

    def open_with_fingerprint(self, fingerprint: str) -> list[str]:
        """Suspected duplicates are found by the server, which sees everybody's cases."""
        return []

    def person_key(self, identity_number: str) -> str:
        """No fingerprints are compared here."""
        return ""

    def worker_of(self, device: str) -> str | None:
        """As far as the device knows."""
        return self._worker_of(device)

    def name_of(self, worker: str) -> str | None:
        """Not judged here."""
        return worker

    def village_of_grid(self, grid: str) -> str | None:
        """Not judged here."""
        return None

    def covers_village(self, worker: str, division: str, village: str) -> bool:
        """Not judged here."""
        return True

    def ever_had(self, worker: str, record: Record) -> bool:
        """Not judged here."""
        return True

    def ever_shown(self, worker: str, record: Record) -> bool:
        """Not judged here."""
        return True

    def had_grid(self, worker: str, grid: str) -> bool:
        """Not judged here."""
        return True

    def on_duty(self, worker: str, village: str, day: date) -> bool:
        """Not judged here."""
        return False

    def month_closed(self, day: date, now_ms: int) -> bool:
        """Not judged here."""
        return False


def _own(record: Record) -> Record:
    return msgspec.convert(msgspec.to_builtins(record), Record)
