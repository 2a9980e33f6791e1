"""The tiny village with rounds and visits whose counts are known: what the pages of figures are held to.

In November, in grid 1: wang's round with household 0 met (twice on that day), household 1 not home, household 2 met;
li came along on the first of these visits and opened a round of her own for it. In October, told after its closing: one
visit of wang's to household 0. Li's round in grid 2 met household 0. Each captured one case; li's is taken to the town.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import DAY_MS, GRID_1, GRID_2, VILLAGE, household_id, resident_id

HERE, TOWN_PAGES = f"/desk/v/{VILLAGE}", f"/desk/t/{VILLAGE[:9]}"
LATE_DAYS = 34  # 20 October, whose month closed early in November


class WalkedVillage:
    """The village, and the ids of what was captured in it."""

    def __init__(self, village: DeskVillage) -> None:
        self.village = village
        self.wang, self.li = village.phone("wang"), village.phone("li")
        mine = self._round(self.wang, GRID_1)
        self.met = self._visit(self.wang, mine, GRID_1, 0, companions=[self.li.worker["id"]])
        self.again = self._visit(self.wang, mine, GRID_1, 0)
        self.not_home = self._visit(self.wang, mine, GRID_1, 1, outcome="not_home")
        self._visit(self.wang, mine, GRID_1, 2)
        late = self._round(self.wang, GRID_1, -LATE_DAYS * DAY_MS)
        self.late = self._visit(self.wang, late, GRID_1, 0, shift_ms=-LATE_DAYS * DAY_MS)
        hers = self._round(self.li, GRID_2)
        self._visit(self.li, hers, GRID_2, 0, note="王老太说屋顶漏水")
        self.direct = village.capture_case(self.wang, resident=resident_id(GRID_1, 0, 0))
        self.proxy = village.capture_case(
            self.li, "permit", resident=resident_id(GRID_2, 0, 0), answers__hospital="一院"
        )
        for phone in (self.wang, self.li):
            assert {entry["outcome"] for entry in phone.push()} == {"applied"}

    def _round(self, phone: SyncDevice, grid: str, shift_ms: int = 0) -> str:
        self.village.later()
        at = self.village.moment(shift_ms)
        return phone.create("round", worker=phone.worker["id"], grid=grid, started_at=at).record

    def _visit(
        self, phone: SyncDevice, walk: str, grid: str, number: int, shift_ms: int = 0, **more: Any
    ) -> str:
        self.village.later()
        fields = {
            "round": walk,
            "worker": phone.worker["id"],
            "grid": grid,
            "household": household_id(grid, number),
            "outcome": "met",
            "started_at": self.village.moment(shift_ms),
        }
        return phone.create("visit", **(fields | more)).record


@contextmanager
def walked_village(folder: Path) -> Iterator[WalkedVillage]:
    """A running village in which all of it has arrived."""
    with desk_village(folder) as village:
        yield WalkedVillage(village)
