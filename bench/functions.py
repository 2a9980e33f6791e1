"""What single steps cost in one process: no goals, but a change that makes one ten times slower is seen here."""

from __future__ import annotations

import random
import timeit
from collections.abc import Callable
from datetime import date
from typing import Any

from forms.catalogue import load_catalogue
from forms.check import compiled_form
from forms.search import search
from grid_map.divisions import load_divisions
from grid_map.tessellation import tessellate
from grid_map.visit_classes import load_visit_classes
from grid_map.walking_order import Stop, walking_order
from server.demo.city import village_facts

DAY = date(2026, 11, 23)
VILLAGE = "330481106222"


def measure() -> list[dict[str, Any]]:
    """The best of five repeats of each step, in microseconds."""
    classes, catalogue = load_visit_classes(), load_catalogue()
    form = compiled_form(
        catalogue, next(item.form for item in catalogue.items if item.key == "temporary-assistance")
    )
    made = random.Random(1)
    stops = [
        Stop(str(number), f"{number}号", 120.6 + made.random() / 100, 30.4 + made.random() / 100)
        for number in range(60)
    ]
    steps: list[tuple[str, int, Callable[[], object]]] = [
        (
            "next due day of a household",
            20_000,
            lambda: classes.next_due_day("hardship", date(2026, 3, 5), DAY),
        ),
        ("checking one answer", 20_000, lambda: form.check_answer("amount", 120_000, DAY)),
        ("searching the 124 items", 200, lambda: search(catalogue, "老人补贴", DAY)),
        ("walking order of 60 households", 3, lambda: walking_order(stops)),
        ("cutting the city into 1,175 grids", 1, lambda: tessellate(load_divisions(), 3)),
        ("making a village's demonstration data", 1, lambda: list(village_facts(VILLAGE, 9, DAY))),
    ]
    return [{"step": name, "microseconds": _best(step, number)} for name, number, step in steps]


def _best(step: Callable[[], object], number: int) -> float:
    step()
    return min(timeit.repeat(step, number=number, repeat=5)) / number * 1e6
