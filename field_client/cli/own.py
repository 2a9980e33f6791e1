"""log: the worker's own day."""

from __future__ import annotations

from typing import Annotated

import typer

from field_client.cli.household import shown
from field_client.cli.session import app, console, day_typed, opened, show


@app.command()
def log(
    day: Annotated[str | None, typer.Option("--day", help="日期，默认今天，如 2026-11-23")] = None,
) -> None:
    """一天的民情日志，由当天登记自动汇成。 (The day's log, out of what was captured.)"""
    with opened() as device:
        found = device.day_log.of(device.today() if day is None else day_typed(day))
        show(
            {
                "day": found.day,
                "text": found.text,
                "rounds": found.rounds,
                "households": found.households,
                "waiting": found.waiting,
                "visits": [shown(one) for one in found.visits],
                "cases": [shown(one) for one in found.cases],
            },
            lambda: console.print(found.text, markup=False),
        )
