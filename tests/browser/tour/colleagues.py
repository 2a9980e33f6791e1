"""The village around the phone of the tour: colleagues who change the same cases, and the desk that plans the day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from bench.demo.faults import DEMO_PIN
from field_client.cases import NewCase
from field_client.device import Device
from sync.record import Record
from tests.browser.flows import WORKER
from tests.browser.served_demo import VILLAGE, ServedDemo

PERMIT = "residence-permit"
FAMILY = 3
GOING_ON = ("processing", "transferred", "answered")
PHONES = ("19900000033", "19900000044")


class Colleagues:
    """Two workers who cover the grid of the phone's owner today, each with a device of their own."""

    def __init__(self, demo: ServedDemo, first: Device, second: Device, owner: Device) -> None:
        self._demo = demo
        self.first = first
        self.second = second
        self._owner = owner

    @property
    def grid(self) -> str:
        """The grid of the phone's owner."""
        return self._owner.scope.villages[0].grids[0]

    def plan(self, window: str) -> None:
        """Who is at the window today."""
        day = self.first.today().isoformat()
        self._post(f"/villages/{VILLAGE}/rota", day=day, window=[window], leave=[], note="演示排班")

    def cover(self) -> None:
        """Both cover the grid today, and know its records from then on."""
        day = self.first.today().isoformat()
        for device in (self.first, self.second):
            self._post(
                f"/villages/{VILLAGE}/assignments",
                worker=device.worker,
                grid=self.grid,
                from_day=day,
                to_day=day,
                cover=True,
                reason="演示：去培训半天",
            )
            device.sync()

    @property
    def owner(self) -> str:
        """The worker whose phone goes on tour."""
        return self._owner.worker

    def home(self) -> Record:
        """A household of the grid that is due, with a family."""
        for due in self.first.households.due(limit=200):
            home = due.household
            if home.grid == self.grid and len(self.first.households.residents(home.id)) >= FAMILY:
                return home
        raise LookupError("no household with a family")

    def cases(self) -> list[Record]:
        """Cases of the grid that are under way."""
        return [
            one
            for one in self.first.view.of_kind("case")
            if one.grid == self.grid and one.void is None and one.values["state"] in GOING_ON
        ]

    def permit(self) -> Record:
        """The case that was captured twice: taken along, with a slip."""
        return next(
            one
            for one in self.first.view.of_kind("case")
            if one.values["item"] == PERMIT and one.grid == self.grid
        )

    def disagree(self) -> None:
        """Two phone numbers for the applicant of each of two cases, and one resident's matter captured twice."""
        for case in self.cases()[:2]:
            self.first.change("case", case.id, {"applicant_phone": PHONES[0]})
            self.second.change("case", case.id, {"applicant_phone": PHONES[1]})
        home = self.home()
        resident = self.first.households.residents(home.id)[0]
        for device in (self.first, self.second):
            device.cases.new(
                NewCase(
                    item=PERMIT,
                    household=home.id,
                    resident=resident.id,
                    answers={"present_address": str(home.values["address"]), "reason": "务工"},
                    materials={"identity-card": "copy", "photo": "missing", "residence-evidence": "copy"},
                )
            )
        self.first.sync()
        self.second.sync()

    def settle(self) -> None:
        """A colleague chooses first, in the conflict that the phone's owner settles without a network."""
        self.first.sync()
        conflict = self.first.settling.conflicts()[0]
        self.first.settling.choose(conflict.id, PHONES[0])
        self.first.sync()

    def _post(self, path: str, **body: Any) -> None:
        with closing(self._demo.sign_in(f"{VILLAGE}-lead")) as lead:
            lead.post(f"/api/v1{path}", json=body).raise_for_status()


@contextmanager
def colleagues(demo: ServedDemo, folder: Path) -> Iterator[Colleagues]:
    """Enrolled, synced, and not at odds with anybody yet."""
    devices = [Device(folder / f"device-{number}.db", DEMO_PIN) for number in range(3)]
    for device, username in zip(devices, (f"{VILLAGE}-w2", f"{VILLAGE}-w3", WORKER), strict=True):
        device.enrol(demo.address, username, demo.password(username), f"演示设备 {username[-2:]}")
        device.sync()
    around = Colleagues(demo, *devices)
    around.cover()
    around.plan(around.first.worker)
    yield around
    for device in devices:
        device.close()
