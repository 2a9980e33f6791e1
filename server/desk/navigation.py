"""Which pages there are for whom: the left column of the frame, and where a person lands who signs in."""

from __future__ import annotations

from typing import NamedTuple

from server.desk.visitor import Visitor
from server.roles import Action, Role
from server.store.accounts import Account


class Entry(NamedTuple):
    """A page in the left column; `waiting` names a number of the frame that stands beside it."""

    key: str
    zh: str
    en: str
    path: str
    action: Action
    waiting: str = ""


VILLAGE = (
    Entry("inbox", "收件", "Inbox", "inbox", Action.CASE_READ, "waiting"),
    Entry("rejected", "退回与待改", "To be mended", "rejected", Action.OPERATION_MEND, "unsettled"),
    Entry("conflicts", "冲突与重复", "Conflicts and duplicates", "conflicts", Action.CONFLICT_SETTLE, "open"),
    Entry("proxy", "代办", "Proxy cases", "proxy", Action.CASE_ADVANCE),
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
    Entry("queue", "待审", "Queue", "queue", Action.CASE_DECIDE),
    Entry("coverage", "覆盖与走访", "Coverage and visits", "coverage", Action.COVERAGE_READ),
    Entry("cases", "办件统计", "Case figures", "cases", Action.CASE_FIGURES_READ),
    Entry("items", "事项使用", "Item use", "items", Action.TALLIES_READ),
    Entry("devices", "设备", "Devices", "devices", Action.COVERAGE_READ),
    Entry("devices", "设备", "Devices", "devices", Action.DEVICE_LIST),  # the administrator's, who reads no coverage
    Entry("exports", "导出", "Exports", "exports", Action.TALLIES_READ),
)
OF_TOWN_ROLES = frozenset({Role.TOWN_CLERK, Role.TOWN_SUPERVISOR, Role.CITY_ADMINISTRATOR})


def address_of(place: str, path: str = "") -> str:
    """The address of a place's page: `/desk/v/<village>/…`, `/desk/t/<town or city>/…`."""
    return f"/desk/{'v' if len(place) == 12 else 't'}/{place}/{path}"


def entries_for(visitor: Visitor) -> list[Entry]:
    """The pages that this visitor may open at this place."""
    entries = VILLAGE if len(visitor.place) == 12 else TOWN
    return [entry for entry in entries if entry.action in _ASKED_ELSEWHERE or _may(visitor, entry.action)]


def _may(visitor: Visitor, action: Action) -> bool:
    departments = visitor.account.departments
    return visitor.may(action) or any(visitor.may(action, department=of) for of in departments)


_ASKED_ELSEWHERE: frozenset[Action] = frozenset()


def home_of(account: Account) -> str:
    """Where somebody lands: the window's pages of the own village, the town's of the own town."""
    return address_of(account.division)
