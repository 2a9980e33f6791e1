"""What a window has to settle, brought about by two devices on a served demonstration: all of it captured for real."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

from field_client.cases import NewCase
from field_client.device import Device
from grid_map.days import count_day
from server.clock import unix_ms
from tests.browser.served_demo import VILLAGE, ServedDemo

PIN = "258036"
WORKER = f"{VILLAGE}-w1"
ITEM = "old-age-allowance-annual-review"
HOSTILE = "<img src=x onerror=alert(1)>"


class Troubles(NamedTuple):
    """The case with conflicts in its note and phone, and the resident whose cases look like one matter."""

    case: str
    resident: str
    resident_name: str


def at_window(demo: ServedDemo) -> list[str]:
    """The usernames of those whom the rota puts at today's window."""
    with sqlite3.connect(demo.data / "allpost.db") as db:
        rows = db.execute(
            "SELECT a.username FROM rotas r JOIN accounts a ON a.id = r.worker WHERE r.village = ? AND r.day = ?"
            " AND r.duty = 'window' ORDER BY a.username",
            (VILLAGE, count_day(unix_ms()).isoformat()),
        ).fetchall()
    return [username for (username,) in rows]


def make_troubles(demo: ServedDemo, folder: Path, times: int = 1) -> list[Troubles]:
    """A worker with two phones, so many times: two fields set differently, two cases of one matter, entries that
    are not accepted.
    """
    phones = [Device(folder / f"{name}.db", PIN, pin_iterations=1000) for name in ("first", "second")]
    for phone, name in zip(phones, ("甲的手机", "旧手机"), strict=True):
        phone.enrol(demo.address, WORKER, demo.password(WORKER), name)
        phone.sync()
    made = [_trouble(*phones, nth) for nth in range(times)]
    for phone in phones:
        phone.close()
    return made


def _trouble(first: Device, second: Device, nth: int) -> Troubles:
    grid = first.scope.villages[0].grids[0]
    homes = [home for home in first.households.search("") if home.grid == grid]
    home, resident = [(home, people[0]) for home in homes if (people := first.households.residents(home.id))][
        nth
    ]
    day = first.today().isoformat()
    new = NewCase(
        item=ITEM,
        resident=resident.id,
        answers={"reviewed_on": day},
        materials={"identity-card": "original_seen"},
    )
    case = first.cases.new(new).record.id
    first.change("case", case, {"applicant_phone": "13900000000"})
    first.sync()
    second.sync()
    first.change("case", case, {"note": "白天不在家，傍晚再联系", "applicant_phone": "13900000001"})
    second.change("case", case, {"note": f"女儿代办 {HOSTILE}", "applicant_phone": "13900000002"})
    second.cases.new(new)
    first.change("household", home.id, {"phone": "12", "nonsense": HOSTILE}, anyway=True)
    second.create("task", VILLAGE, {"holder": second.worker}, anyway=True)
    for phone in (first, second, first):
        phone.sync()
    return Troubles(case, resident.id, str(resident.values["name"]))
