"""Which pages there are for whom: the left column of the frame, and where a person lands who signs in."""

from __future__ import annotations

from typing import NamedTuple

from server.desk.visitor import Visitor
from server.roles import Action


class Entry(NamedTuple):
    """A page in the left column; `waiting` names a number of the frame that stands beside it.

    action   the right that it needs; None for a page of names that everybody at this place may open
    """

    key: str
    zh: str
    en: str
    path: str
    action: Action | None
    waiting: str = ""


VILLAGE = (
    Entry("inbox", "收件", "Inbox", "inbox", Action.CASE_READ, "waiting"),
    Entry("rejected", "退回与待改", "To be mended", "rejected", Action.OPERATION_MEND, "unsettled"),
    Entry("conflicts", "冲突与重复", "Conflicts and duplicates", "conflicts", Action.CONFLICT_SETTLE, "open"),
    Entry("proxy", "代办", "Proxy cases", "proxy", Action.CASE_ADVANCE),
    Entry("ratings", "好差评", "Ratings", "ratings", Action.RATING_READ),
    Entry("reconciliation", "对账", "Reconciliation", "reconciliation", Action.RECONCILIATION_READ),
    Entry("rota", "轮值", "Rota", "rota", Action.ROTA_READ),
    Entry("grids", "网格与走访类别", "Grids and visit classes", "grids", Action.ASSIGNMENT_WRITE),
    Entry("coverage", "覆盖与走访", "Coverage and visits", "coverage", Action.COVERAGE_READ),
    Entry("case-figures", "办件统计", "Case figures", "case-figures", Action.CASE_FIGURES_READ),
    Entry("workers", "每人统计", "Figures by worker", "workers", Action.WORKER_FIGURES_READ),
    Entry("mine", "我的统计", "My figures", "mine", Action.SYNC_STATUS),
    Entry("devices", "设备", "Devices", "devices", Action.DEVICE_LIST),
    Entry("residents", "居民查询", "Residents", "residents", Action.RESIDENT_READ),
)
TOWN = (
    Entry("queue", "待审", "Queue", "queue", Action.CASE_DECIDE, "to-decide"),
    Entry("coverage", "覆盖与走访", "Coverage and visits", "coverage", Action.COVERAGE_READ),
    Entry("cases", "办件统计", "Case figures", "cases", Action.CASE_FIGURES_READ),
    Entry("devices", "设备", "Devices", "devices", Action.COVERAGE_READ),
    Entry("devices", "设备", "Devices", "devices", Action.DEVICE_LIST),  # the administrator's
    Entry("places", "村社", "Villages", "places", None),
)


def address_of(place: str, path: str = "") -> str:
    """The address of a place's page: `/desk/v/<village>/…`, `/desk/t/<town or city>/…`."""
    return f"/desk/{'v' if len(place) == 12 else 't'}/{place}/{path}"


def entries_for(visitor: Visitor) -> list[Entry]:
    """The pages that this visitor may open at this place."""
    entries = VILLAGE if len(visitor.place) == 12 else TOWN
    return [entry for entry in entries if entry.action is None or _may(visitor, entry.action)]


def _may(visitor: Visitor, action: Action) -> bool:
    departments = visitor.account.departments
    return visitor.may(action) or any(visitor.may(action, department=of) for of in departments)


def home_path(visitor: Visitor) -> str:
    """Where somebody lands: in a village the inbox for whom today's rota puts at the window, else the first page of
    the own place; in a town the first page there is, in the city the list of its towns."""
    if len(visitor.place) == 12:
        return address_of(visitor.place, "inbox" if visitor.actor.on_duty else "home")
    entries = [entry for entry in entries_for(visitor) if entry.action is not None]
    at_city = len(visitor.place) == 6 or not entries
    return address_of(visitor.place, "places" if at_city else entries[0].path)
