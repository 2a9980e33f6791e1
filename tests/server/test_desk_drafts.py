"""What is typed at a desk is kept while it is typed, for whoever typed it, sealed, and no longer than it is needed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from server.erasure.erasing import Reason, erase
from server.files.keeping import Files
from server.files.sweep import sweep
from server.store.accounts import account_by_username, close_account
from server.store.drafts import KEPT_DAYS, KEPT_OF_ACCOUNT_MAX
from server.store.knowledge import Knowledge
from tests.server.desk_pages_client import Browser, hidden
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_village import DAY_MS, GRID_1, NEXT_VILLAGE, PASSWORD, VILLAGE, resident_id

PAGE = f"/desk/v/{VILLAGE}/home"
KEY = "draft of a test"
SECRET = "沈某说屋顶漏水"


@pytest.fixture
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskVillage]:
    with desk_village(tmp_path_factory.mktemp("drafts")) as running:
        yield running


def keep(one: Browser, key: str = KEY, page: str = PAGE, **typed: Any) -> int:
    fields = hidden(one.get("/desk/"), "/desk/language")
    own = {"_csrf_token": fields["_csrf_token"], "_as": fields["_as"], "_draft": key, "_page": page}
    return one.client.post("/desk/drafts", data=own | typed).status_code


def kept(one: Browser, key: str = KEY) -> dict[str, list[str]] | None:
    reply = one.client.get("/desk/drafts", params={"form": key})
    assert reply.status_code in (200, 204)
    if reply.status_code == 204:
        return None
    found: dict[str, list[str]] = {}
    for name, text in reply.json()["fields"]:
        found.setdefault(name, []).append(text)
    return found


def rows(village: DeskVillage) -> int:
    return int(
        village.store.read_now(lambda db: db.execute("SELECT count(*) FROM desk_drafts").fetchone()[0])
    )


def test_the_last_that_was_typed_is_given_back_to_its_author_alone(village: DeskVillage) -> None:
    one, other = Browser(village, "wang"), Browser(village, "li")
    assert kept(one) is None
    assert keep(one, note="屋顶") == 204
    assert keep(one, note=SECRET, choice=["甲", "乙"], **{"seen:revision": "3"}) == 204
    assert kept(one) == {"note": [SECRET], "choice": ["甲", "乙"], "seen:revision": ["3"]}
    assert kept(other) is None
    assert kept(one, "another form") is None


def test_it_lies_sealed_and_names_no_secret(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    assert keep(one, note=SECRET, password=PASSWORD) == 204
    found = kept(one)
    assert found is not None and set(found) == {"note"}

    def bodies(db: sqlite3.Connection) -> list[tuple[Any, ...]]:
        return db.execute("SELECT * FROM desk_drafts").fetchall()

    (row,) = village.store.read_now(bodies)
    assert not any(
        SECRET.encode() in (part if isinstance(part, bytes) else str(part).encode()) for part in row
    )


def test_a_form_that_is_taken_is_a_draft_no_longer(village: DeskVillage) -> None:
    one = Browser(village, "lead")
    assert keep(one, note="x") == 204 and keep(one, "other", note="y") == 204
    fields = hidden(one.get(PAGE), "/desk/language")
    reply = one.client.post("/desk/language", data=fields | {"_draft": KEY}, follow_redirects=False)
    assert reply.status_code == 303
    assert kept(one) is None and kept(one, "other") is not None


def test_a_form_that_is_refused_stays_a_draft(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    assert keep(one, note="x") == 204
    fields = hidden(one.get(PAGE), "/desk/language")
    refused = one.client.post(f"/desk/v/{VILLAGE}/rota/change", data=fields | {"_draft": KEY})
    assert refused.status_code == 403
    assert kept(one) is not None


def test_it_can_be_thrown_away(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    keep(one, note="x")
    token = hidden(one.get(PAGE), "/desk/language")
    assert one.client.post("/desk/drafts/discard", data=token | {"_draft": KEY}).status_code == 204
    assert kept(one) is None


def test_it_is_kept_for_thirty_days(village: DeskVillage) -> None:
    keep(Browser(village, "wang"), note="x")
    village.now_ms += KEPT_DAYS * DAY_MS - 1
    assert kept(Browser(village, "wang")) is not None
    village.now_ms += 1
    assert kept(Browser(village, "wang")) is None
    knowledge = Knowledge(village.keys)
    sweep(Files(village.store, village.keys, village.settings, knowledge, lambda: village.now_ms))
    assert rows(village) == 0


def test_of_too_many_the_oldest_go(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    for number in range(KEPT_OF_ACCOUNT_MAX + 2):
        village.now_ms += 1
        assert keep(one, f"form {number}", note="x") == 204
    assert rows(village) == KEPT_OF_ACCOUNT_MAX
    assert kept(one, "form 0") is None and kept(one, "form 2") is not None


@pytest.mark.parametrize(
    ("key", "page", "note", "status"),
    [
        ("", PAGE, "x", 422),
        ("k" * 201, PAGE, "x", 422),
        ("a\nb", PAGE, "x", 422),
        (KEY, PAGE, "x" * (64 * 1024), 413),
        (KEY, "/desk/v/330481101201/home", "x", 403),
        (KEY, "https://example.org/", "x", 204),
    ],
)
def test_what_is_no_draft_is_refused(
    village: DeskVillage, key: str, page: str, note: str, status: int
) -> None:
    assert keep(Browser(village, "wang"), key, page, note=note) == status


def test_erasing_a_resident_takes_the_drafts_of_the_place_along(village: DeskVillage) -> None:
    """What was typed may name the person, and no rule could find the name in it."""
    one = Browser(village, "wang")
    keep(one, note=SECRET)
    keep(Browser(village, "neighbour"), page=f"/desk/v/{NEXT_VILLAGE}/home", note="elsewhere")
    before = rows(village)

    def order(db: sqlite3.Connection) -> None:
        knowledge = Knowledge(village.keys)
        erase(
            db,
            village.keys,
            knowledge,
            resident_id(GRID_1, 0, 0),
            Reason.CONSENT_WITHDRAWN,
            (),
            village.now_ms,
            by=None,
        )

    village.store.write_now(order)
    assert kept(one) is None
    assert rows(village) == before - 1


def test_an_account_that_is_closed_leaves_none(village: DeskVillage) -> None:
    keep(Browser(village, "wang"), note="x")

    def close(db: sqlite3.Connection) -> None:
        found = account_by_username(db, "wang")
        assert found is not None
        close_account(db, found.id, village.moment())

    village.store.write_now(close)
    assert rows(village) == 0
