"""The small world of `tests/vectors/rules.json`: records, and the facts that rules ask for."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from forms.catalogue import Catalogue
from sync.apply import target_of
from sync.judge import Verdict, judge
from sync.operation import Operation
from sync.overlay import Overlay
from sync.record import Record, parent_of
from sync.world import Author


class RulesWorld(Overlay):
    """Answers from the vector; whatever only a server knows is answered with yes, as on a device."""

    def __init__(self, told: dict[str, Any]) -> None:
        records = {record.id: record for record in msgspec.convert(told["records"], list[Record])}
        super().__init__(
            records.get,
            lambda parent: [record for record in records.values() if parent_of(record) == parent],
            msgspec.convert(told["catalogue"], Catalogue),
            lambda device: None,
        )
        self._told = told

    def village_of_grid(self, grid: str) -> str | None:
        found: str | None = self._told["grids"].get(grid)
        return found

    def covers_village(self, worker: str, division: str, village: str) -> bool:
        return village.startswith(division)

    def on_duty(self, worker: str, village: str, day: date) -> bool:
        return [worker, village, day.isoformat()] in self._told["on_duty"]

    def month_closed(self, day: date, now_ms: int) -> bool:
        return day.isoformat() < self._told["months_open_from"]


def judged(told: dict[str, Any], case: dict[str, Any]) -> Verdict:
    """What the rules say to the operation of a case."""
    world, operation = RulesWorld(told), msgspec.convert(case["operation"], Operation)
    record = target_of(world, operation)
    return judge(operation, msgspec.convert(case["author"], Author), world, record, told["now_ms"])
