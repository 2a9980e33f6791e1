"""Versions beside each other, days in force, and how an item stood when a case was captured."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.catalogue import Catalogue, Finish, Item, Mode, TimeLimit
from forms.standing import item_standing

LAST_DAY = date(2025, 12, 31)
NEW_DAY = date(2026, 1, 1)


def _item(key: str, number: int, version: int, first: date, last: date | None) -> Item:
    return Item(
        key=key,
        number=number,
        version=version,
        department="d",
        name=f"{key} {version}",
        mode=Mode.PROXY,
        finish=Finish.HANDED_UP,
        limit=TimeLimit(),
        form="f",
        effective_from=first,
        effective_to=last,
    )


CATALOGUE = Catalogue(
    version=3,
    items=(
        _item("a", 2, 2, NEW_DAY, None),
        _item("a", 2, 1, date(2020, 1, 1), LAST_DAY),
        _item("gone", 1, 1, date(2020, 1, 1), date(2022, 6, 30)),
        _item("once", 3, 4, date(2020, 1, 1), None),
    ),
)


def test_versions_stand_beside_each_other() -> None:
    assert [item.version for item in CATALOGUE.versions("a")] == [1, 2]
    assert CATALOGUE.item("a", 1) is not None
    assert CATALOGUE.item("a", 3) is None
    assert CATALOGUE.versions("b") == ()


@pytest.mark.parametrize(("day", "version"), [(LAST_DAY, 1), (NEW_DAY, 2), (date(2019, 12, 31), None)])
def test_the_last_day_is_in_force_and_the_next_is_the_next_version_s(day: date, version: int | None) -> None:
    item = CATALOGUE.current("a", day)
    assert (item and item.version) == version


def test_where_versions_overlap_the_newest_stands() -> None:
    """A catalogue with an overlap is not published; one that was nevertheless read is still of one mind."""
    catalogue = Catalogue(version=1, items=(_item("a", 1, 1, NEW_DAY, None), _item("a", 1, 2, NEW_DAY, None)))
    assert [item.version for item in catalogue.in_force(NEW_DAY)] == [2]


def test_the_items_of_a_day_by_number() -> None:
    assert [(item.key, item.version) for item in CATALOGUE.in_force(LAST_DAY)] == [("a", 1), ("once", 4)]
    assert [item.key for item in CATALOGUE.in_force(date(2022, 6, 30))] == ["gone", "a", "once"]


@pytest.mark.parametrize(
    ("key", "version", "captured_on", "received_on", "standing"),
    [
        ("a", 1, LAST_DAY, LAST_DAY, "current"),
        ("a", 1, LAST_DAY, NEW_DAY, "expired-after-capture"),
        ("a", 1, NEW_DAY, NEW_DAY, "expired-before-capture"),
        ("a", 2, NEW_DAY, NEW_DAY, "current"),
        ("a", 2, LAST_DAY, NEW_DAY, "newer"),
        ("a", 3, NEW_DAY, NEW_DAY, "newer"),
        ("once", 3, NEW_DAY, NEW_DAY, "unknown"),
        ("b", 1, NEW_DAY, NEW_DAY, "unknown"),
        ("gone", 1, date(2022, 6, 30), NEW_DAY, "expired-after-capture"),
        ("gone", 1, date(2022, 7, 1), NEW_DAY, "expired-before-capture"),
        # a clock ahead of the server's: received before it was captured
        ("a", 1, LAST_DAY, date(2025, 12, 1), "current"),
        ("a", 2, NEW_DAY, LAST_DAY, "current"),
    ],
)
def test_standing(key: str, version: int, captured_on: date, received_on: date, standing: str) -> None:
    assert item_standing(CATALOGUE, key, version, captured_on, received_on) == standing


@given(st.dates(date(2019, 1, 1), date(2027, 12, 31)), st.integers(0, 800))
def test_a_worker_who_used_what_was_in_force_is_never_refused(captured_on: date, days: int) -> None:
    for item in CATALOGUE.in_force(captured_on):
        received_on = captured_on + timedelta(days=days)
        standing = item_standing(CATALOGUE, item.key, item.version, captured_on, received_on)
        assert standing in ("current", "expired-after-capture")
        assert (standing == "current") is item.in_force(received_on)
