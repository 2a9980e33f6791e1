"""What judging and applying an operation may ask of the copy it works on.

The server answers from its store inside the transaction; a device answers from its copy with its own pending
operations laid over it. Both run the same functions on it, which is why they come to the same result.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

import msgspec

from forms.catalogue import Catalogue
from sync.record import Record


class Author(msgspec.Struct, frozen=True):
    """Who captured an operation: the device, its worker (an account id), that account's role and division."""

    device: str
    worker: str
    role: str
    division: str

    @property
    def is_server(self) -> bool:
        """Whether this is a device of the server itself (imports, demonstration data, reference data)."""
        return self.role == "server"


class World(Protocol):
    """Records by id, and the facts that rules need. What is `put` is seen by the next `get`."""

    catalogue: Catalogue

    def get(self, record: str) -> Record | None:
        """The record as it is now, free to be changed and `put` back; None if there is none."""

    def find(self, record: str) -> Record | None:
        """`get`, wherever the record is: also in a village that its worker knows nothing of."""

    def grid_of(self, record: str) -> str | None:
        """The grid that a record is in now; None if it is in none, or not there."""

    def put(self, record: Record, fingerprint: str | None) -> None:
        """Keep a new or changed record; `fingerprint` marks an open case for `open_with_fingerprint`."""

    def followers(self, record: Record) -> list[Record]:
        """The records that move with this one (`apply.moves_along`): residents, open cases, tasks, conflicts."""

    def open_with_fingerprint(self, fingerprint: str) -> list[str]:
        """Ids of open cases that look like the same matter (`forms.handling.duplicates`)."""

    def person_key(self, identity_number: str) -> str:
        """How a person is told apart who is known by an identity number only: a resident's id, or a keyed hash."""

    def worker_of(self, device: str) -> str | None:
        """The worker of a device; None if the device is not known here."""

    def name_of(self, worker: str) -> str | None:
        """A worker's name; None if nobody has this id. A device that has not heard of somebody says the id."""

    def village_of_grid(self, grid: str) -> str | None:
        """The village of a grid; None if no such grid is known."""

    def covers_village(self, worker: str, division: str, village: str) -> bool:
        """Whether a worker belongs, or ever belonged, to a village."""

    def ever_had(self, worker: str, record: Record) -> bool:
        """Whether a worker ever had a grid that the record was in, or had the record itself in hand."""

    def ever_shown(self, worker: str, record: Record) -> bool:
        """`ever_had`, or whether a case or task in the worker's hand needs the record."""

    def had_grid(self, worker: str, grid: str) -> bool:
        """Whether a worker ever had this grid."""

    def on_duty(self, worker: str, village: str, day: date) -> bool:
        """Whether the rota puts the worker at the village's window on that day."""

    def month_closed(self, day: date, now_ms: int) -> bool:
        """Whether the month of that day is closed for amendments."""
