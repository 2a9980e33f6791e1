"""What a device may hold: the grids that its worker has, what the worker has in hand, and what names no resident.

Invariant: `in_scope` on both sides is the same function of the same facts, so a device can drop by itself what it may
no longer hold, and the server never sends what it would drop.
"""

from __future__ import annotations

import msgspec


class VillageScope(msgspec.Struct, frozen=True):
    """One village that a device follows: the grids whose records it may hold."""

    village: str
    grids: tuple[str, ...] = ()


class Scope(msgspec.Struct, frozen=True):
    """A worker's scope. `number` is higher with every change of it, within an epoch."""

    number: int
    worker: str
    villages: tuple[VillageScope, ...]

    def grids(self, village: str) -> frozenset[str]:
        """The grids of a village in this scope; empty where it only follows what its worker has in hand."""
        return frozenset(grid for of in self.villages if of.village == village for grid in of.grids)


OWN = "own"
COMMON = "common"
HOLDER_ONLY = "-"


def part_in_scope(
    part: str, holder: str | None, granted: bool, grids: frozenset[str], worker: str
) -> str | None:
    """The part under which a device counts a record: its grid, `common`, `own`; None if it may not hold it.

    `part` is the record's own (`record.part_of`); `granted` says that something in the worker's hand needs the record.
    """
    if part in grids or part == COMMON:
        return part
    return OWN if granted or holder == worker else None
