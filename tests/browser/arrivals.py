"""What arrived on the server since a drill began, counted in its database: nothing lost, nothing applied twice."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from bench.demo.counting import applied_twice, on_server
from sync.operation import Operation
from tests.browser.served_demo import VILLAGE, ServedDemo


class Arrivals:
    """Counts from the moment at which it is made."""

    def __init__(self, demo: ServedDemo) -> None:
        self._demo = demo
        found = on_server(demo.data, VILLAGE)
        self._before = set(found.operations)
        self._revisions = found.revisions

    def operations(self) -> list[Operation]:
        """What phones and desks brought, by device and counter."""
        found = on_server(self._demo.data, VILLAGE)
        new = [one for identifier, one in found.operations.items() if identifier not in self._before]
        return sorted(new, key=lambda one: one.counter)

    def created(self, kind: str) -> list[Operation]:
        """The new records of a kind, by the operations that made them."""
        return [one for one in self.operations() if one.kind == kind and one.action == "create"]

    def visited(self) -> list[str]:
        """The households of the visits that arrived, sorted; one that was visited twice stands twice."""
        return sorted(str((visit.fields or {})["household"]) for visit in self.created("visit"))

    def places(self) -> list[str]:
        """The places of the visits that arrived, in the order in which they came."""
        return [str((visit.fields or {}).get("place")) for visit in self.created("visit")]

    def prove_once(self, *, continued: bool = False) -> list[dict[str, Any]]:
        """Lost 0, applied twice 0, every chain whole: by counting, by the reconciliation, by a replay of everything.

        `continued`: identities go on from others, so an operation may stand in two chains (the second time with the
        first one's outcome), and a chain that another went on with may end early. Answers the reconciliation's rows.
        """
        found = on_server(self._demo.data, VILLAGE)
        if continued:
            found.effects = Counter({one: min(1, times) for one, times in found.effects.items()})
        assert applied_twice(found, self._revisions) == 0
        rows: list[dict[str, Any]] = json.loads(self._demo.run("reconcile", "--village", VILLAGE, "--json"))[
            "rows"
        ]
        for row in rows:
            assert (row["missing"], row["in_transit"], row["unsettled"]) == (0, 0, 0), row
            assert row["captured"] == row["arrived"], row
            assert row["arrived"] == row["acknowledged"] or continued, row
        assert json.loads(self._demo.run("check", "--json"))["faults"] == []
        return rows
