"""The world on which a device judges and lays over: its copy, its own operations, and the facts it knows."""

from __future__ import annotations

from datetime import date

from field_client.record_copy import RecordCopy
from field_client.reference import Reference
from forms.handling.calendar import WorkingCalendar
from grid_map.days import count_day
from sync.overlay import Overlay
from sync.record import Record
from sync.scope import Scope


class DeviceWorld(Overlay):
    """An overlay that answers the rules' questions as far as the device knows.

    Where only the server knows (who ever had a grid or a record), the answer is yes: the worker is not stopped on a
    doorstep by what the device has not heard of, and the server judges again.
    """

    def __init__(
        self, copy: RecordCopy, reference: Reference, scope: Scope, device: str, worker: str
    ) -> None:
        super().__init__(copy.get, copy.children, reference.catalogue, self.worker_of)
        self._reference = reference
        self._scope = scope
        self._own = device, worker

    def worker_of(self, device: str) -> str | None:
        """Only one's own device is known by its id."""
        return self._own[1] if device == self._own[0] else None

    def village_of_grid(self, grid: str) -> str | None:
        """From the grids of the copy; a grid in scope is known even before they are."""
        for of in self._scope.villages:
            if grid in of.grids:
                return of.village
        return self._reference.grid_villages.get(grid)

    def covers_village(self, worker: str, division: str, village: str) -> bool:
        """A village in scope, or one within the worker's division."""
        return any(of.village == village for of in self._scope.villages) or village.startswith(division)

    def had_grid(self, worker: str, grid: str) -> bool:
        """A grid in scope, or one that an assignment ever gave."""
        return any(grid in of.grids for of in self._scope.villages) or any(
            record.values["worker"] == worker and record.values["grid"] == grid
            for record in self._reference.assignments
        )

    def ever_had(self, worker: str, record: Record) -> bool:
        """Only the server knows the whole history: yes."""
        return True

    def on_duty(self, worker: str, village: str, day: date) -> bool:
        """By the rota of the copy."""
        return self._reference.on_duty(worker, village, day)

    def month_closed(self, day: date, now_ms: int) -> bool:
        """By the working calendar; a month whose closing day is not published yet is open."""
        return month_closed(self._reference.calendar, day, now_ms)


def month_closed(calendar: WorkingCalendar, day: date, now_ms: int) -> bool:
    """Whether the month of a day is closed (domain notes, How visits are counted)."""
    due = calendar.month_closes_on(day.year, day.month)
    return not due.tentative and count_day(now_ms) > due.day
