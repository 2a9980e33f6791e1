"""What the reference and common parts say: the catalogue, the working calendar, grids, rota, assignments, names."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from field_client.record_copy import RecordCopy
from forms.catalogue import Catalogue, Department, Item
from forms.definition import Form
from forms.handling.calendar import WorkingCalendar, published_calendar
from sync.ids import derived
from sync.kinds import REFERENCE_VILLAGE
from sync.record import Record

T = TypeVar("T")


class Reference:
    """Facts read from the copy once, each when it is first asked for; made anew after every pull."""

    def __init__(self, copy: RecordCopy) -> None:
        self._copy = copy

    @cached_property
    def catalogue(self) -> Catalogue:
        """The published catalogue in all its versions; empty before the first sync."""
        return Catalogue(
            version=max((record.revision for record in self._standing("item")), default=0),
            departments=tuple(self._definitions("department", Department)),
            items=tuple(self._definitions("item", Item)),
            forms=tuple(self._definitions("form", Form)),
        )

    @cached_property
    def calendar(self) -> WorkingCalendar:
        """The published working calendar; that of the program where none was published."""
        found = list(self._definitions("calendar", WorkingCalendar))
        return max(found, key=lambda calendar: calendar.last_year) if found else published_calendar()

    @cached_property
    def grid_villages(self) -> dict[str, str]:
        """The village of each grid that this device knows of."""
        return {str(grid.values["key"]): grid.village for grid in self._standing("grid")}

    @cached_property
    def grid_names(self) -> dict[str, str]:
        """The name of each grid, by its code."""
        return {str(grid.values["key"]): _grid_name(grid.values) for grid in self._standing("grid")}

    @cached_property
    def assignments(self) -> list[Record]:
        """Who has which grid, and had."""
        return self._standing("assignment")

    @cached_property
    def windows(self) -> dict[tuple[str, str], frozenset[str]]:
        """The workers at a village's window, by village and day (ISO text)."""
        return {
            (rota.village, str(rota.values["day"])): frozenset(rota.values.get("window", ()))
            for rota in self._standing("rota")
        }

    @cached_property
    def worker_names(self) -> dict[str, str]:
        """The name of each worker that this device knows of, by account.

        A worker's record is named by the account or derived from it; accounts are met in assignments and the rota.
        """
        accounts = {record.values["worker"] for record in self.assignments}
        for rota in self._standing("rota"):
            accounts.update(rota.values.get("window", ()), rota.values.get("leave", ()))
        account_of = {derived("worker", account): account for account in accounts}
        return {
            account_of.get(worker.id, worker.id): str(worker.values["name"])
            for worker in self._standing("worker")
        }

    def on_duty(self, worker: str, village: str, day: date) -> bool:
        """Whether the rota puts a worker at the village's window on a day."""
        return worker in self.windows.get((village, day.isoformat()), frozenset())

    def village_name(self, village: str) -> str:
        """The name of a division; its code where it is not known here."""
        return self._village_names.get(village, village)

    @cached_property
    def _village_names(self) -> dict[str, str]:
        names = {}
        for division in self._standing("division"):
            definition = division.values["definition"]
            names[str(division.values["key"])] = str(definition.get("name", division.values["key"]))
        return names

    def _standing(self, kind: str) -> list[Record]:
        return [record for record in self._copy.read("kind = ?", (kind,)) if record.void is None]

    def _definitions(self, kind: str, wanted: type[T]) -> list[T]:
        """Definitions of a kind; one that a newer server made in a way unknown here is left out."""
        found = []
        for record in self._copy.read("kind = ? AND home = ?", (kind, REFERENCE_VILLAGE)):
            if record.void is None:
                try:
                    found.append(msgspec.convert(record.values["definition"], wanted))
                except (msgspec.ValidationError, ValueError):
                    continue
        return found


def _grid_name(values: dict[str, Any]) -> str:
    definition = values["definition"]
    properties = definition.get("properties", definition)
    return str(properties.get("name", values["key"]))
