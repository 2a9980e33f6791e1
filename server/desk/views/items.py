"""An item as somebody asks about it at the window: who may apply, what to bring, where it ends, and when."""

from __future__ import annotations

import sqlite3
from datetime import date

import msgspec

from forms.catalogue import Catalogue, Finish, Item, Mode
from forms.definition import Label
from forms.handling.clocks import Milestones
from forms.handling.explanation import explain
from forms.handling.limits import PROMISE_LABELS, promise
from forms.search import search
from server.desk.views.case_words import mode_label
from server.desk.views.published import calendar, catalogue_of
from server.keys import Keys
from server.problem import ProblemError

WHERE_IT_ENDS = {
    Finish.DOORSTEP: Label(zh="村社当场可办结", en="the village finishes it on the spot"),
    Finish.ONLINE: Label(
        zh="村社窗口办，要用部门系统（待联办）", en="at the window, in a department's system"
    ),
    Finish.HANDED_UP: Label(zh="代办：村社收件，报送镇街", en="received here and handed up to the town"),
}


class ItemShown(msgspec.Struct, frozen=True, kw_only=True):
    """An item with its words.

    expected     the day by which it would be done if it were captured today; None: no date can be said
    visit        it is recorded inside a visit, so a window cannot capture it
    """

    item: Item
    department: str
    mode: Label
    ends: Label
    kind: Label
    expected: date | None
    tentative: bool
    explanation: Label
    visit: bool


class ItemList(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found. `label` says what sort of catalogue it is (演示目录)."""

    items: list[ItemShown]
    departments: list[tuple[str, str]]
    label: str | None


def items_found(db: sqlite3.Connection, keys: Keys, text: str, department: str, today: date) -> ItemList:
    """The items in force today that are meant by what people say (老人补贴, glbt, 医保); all where nothing is."""
    catalogue = catalogue_of(db, keys)
    known = {item.department for item in catalogue.in_force(today)}
    found = search(catalogue, text, today, department if department in known else None)
    return ItemList(
        items=[_shown(catalogue, item, today) for item in found],
        departments=[(one.key, one.name) for one in catalogue.departments if one.key in known],
        label=catalogue.label,
    )


def item_today(db: sqlite3.Connection, keys: Keys, key: str, today: date) -> ItemShown:
    """An item in force today. ProblemError not-found for what is none."""
    catalogue = catalogue_of(db, keys)
    item = catalogue.current(key, today)
    if item is None:
        raise ProblemError("not-found")
    return _shown(catalogue, item, today)


def _shown(catalogue: Catalogue, item: Item, today: date) -> ItemShown:
    department = catalogue.department(item.department)
    milestones = Milestones(received_on=today)
    promised = promise(item, milestones, calendar())
    return ItemShown(
        item=item,
        department=item.department if department is None else department.name,
        mode=mode_label(item.mode.value),
        ends=WHERE_IT_ENDS[item.finish],
        kind=PROMISE_LABELS[promised.kind],
        expected=promised.due_on,
        tentative=promised.tentative,
        explanation=explain(item, milestones, promised),
        visit=item.mode is Mode.VISIT,
    )
