"""A village with proxy items, a town with two clerks, and the steps of a proxy case at their desks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from forms.catalogue import Department, Finish, Item, Material, Mode, Stage, TimeLimit
from forms.handling.calendar import published_calendar
from server.founding import publish_reference
from server.new_account import made_account, store_account
from server.passwords import Passwords
from server.roles import Role
from server.store.accounts import Account
from sync.record import Record
from tests.server.desk_pages_client import Browser
from tests.server.desk_village import DeskVillage
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import DAY_MS, NOW_MS, PASSWORD, TOWN, VILLAGE, item, small_catalogue

QUEUE = f"/desk/t/{TOWN}/queue"


def _material(key: str, name: str) -> Material:
    return Material(
        key=key, name=name, necessity="required", condition=None, copies=None, source=None, review_points=None
    )


def proxy_items() -> tuple[Item, ...]:
    """A subsidy of ten working days with two materials, and a licence of another department."""
    limit = TimeLimit(stages=(Stage(key="handling", name="办理", days=10),))
    materials = (_material("identity-card", "身份证"), _material("household-register", "户口簿"))
    subsidy = item("subsidy", Mode.PROXY, Finish.HANDED_UP, materials=materials)
    licence = item("licence", Mode.PROXY, Finish.HANDED_UP, materials=materials, licence=True)
    return (
        msgspec.structs.replace(subsidy, limit=limit, name="高龄津贴"),
        msgspec.structs.replace(licence, limit=limit, name="建房许可", department="housing"),
    )


class ProxyVillage(DeskVillage):
    """A desk village whose catalogue has `proxy_items`, with a second clerk for housing."""

    def more(self) -> None:
        catalogue = small_catalogue(self.today, extra=proxy_items())
        departments = (*catalogue.departments, Department(key="housing", name="住建"))
        catalogue = msgspec.structs.replace(catalogue, departments=departments)
        intake = self.desk_intake()
        self.store.write_now(
            lambda db: publish_reference(intake, db, catalogue, published_calendar(), [], NOW_MS)
        )
        passwords = Passwords(self.settings)
        hashed = passwords.hash_now(PASSWORD)
        passwords.close()
        for name, department in (("housing_clerk", "housing"), ("clerk2", "civil")):
            account = Account(
                username=name, name=name, role=Role.TOWN_CLERK, division=TOWN, departments=(department,)
            )
            made = made_account(account, NOW_MS)
            self.workers[name] = made.id
            self.store.write_now(lambda db, made=made: store_account(db, made, hashed, by=None))

    def desk_intake(self) -> Any:
        """The application's own intake, as it remembers what it has read."""
        return self.app.dependencies["desk"].dependency().intake

    def entrusted(self, phone: SyncDevice, item: str = "subsidy", **more: Any) -> str:
        """A proxy case captured on a phone and synced; its id."""
        case = self.capture_case(phone, item, state="entrusted", applicant_name="王阿婆", **more)
        phone.sync()
        return case

    def case(self, case: str) -> dict[str, Any]:
        """The values of a record as the server has it."""
        return self.record(case).values

    def of_kind(self, kind: str) -> list[Record]:
        """Every record of a kind in the village."""
        return [record for _, record in self.records(VILLAGE).values() if record.kind == kind]


class Way:
    """The steps of a case at the desks. `window` is the lead, whom the rota puts there."""

    def __init__(self, village: ProxyVillage) -> None:
        self.village = village
        self.sign_in()

    def sign_in(self) -> None:
        """Both at their desks."""
        self.window, self.clerk = Browser(self.village, "lead"), Browser(self.village, "clerk")

    def days_later(self, days: int) -> None:
        """Another day, by which everybody has to sign in again; the lead is at the window from the rota."""
        self.village.now_ms += days * DAY_MS
        self.sign_in()

    def receive(self, *cases: str) -> httpx.Response:
        return self.ticked("receive", "receive", list(cases))

    def hand_up(self, *cases: str, **more: str) -> httpx.Response:
        return self.ticked("hand-up", "hand-up", list(cases), **more)

    def ticked(self, tab: str, act: str, cases: list[str], **more: str) -> httpx.Response:
        """Tick cases in a tab of the window and send."""
        self.village.later()
        page = self.window.get(f"proxy?tab={tab}")
        return self.window.send(page, f"proxy/{act}", case=cases, **more)

    def at_window(self, case: str, act: str, **typed: Any) -> httpx.Response:
        """A form of the case's page at the window."""
        self.village.later()
        page = self.window.get(f"proxy/cases/{case}")
        return self.window.send(page, f"proxy/cases/{case}/{act}", **typed)

    def at_town(self, case: str, act: str, clerk: Browser | None = None, **typed: Any) -> httpx.Response:
        """A form of the case's page at the town."""
        self.village.later()
        by, address = clerk or self.clerk, f"/desk/t/{TOWN}/cases/{VILLAGE}/{case}"
        return by.send(by.get(address), f"{address}/{act}", **typed)

    def to_town(self, phone: SyncDevice, item: str = "subsidy", **more: Any) -> str:
        """A case that the village has just handed up."""
        case = self.village.entrusted(phone, item, **more)
        assert self.receive(case).status_code == 200
        assert self.hand_up(case).status_code == 200
        return case


@contextmanager
def proxy_village(folder: Path) -> Iterator[ProxyVillage]:
    """A running village with proxy items and clerks."""
    village = ProxyVillage(folder)
    try:
        with village.client:
            village.more()
            yield village
    finally:
        village.store.close()
