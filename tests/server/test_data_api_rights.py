"""Every call of the data API, by role and by scope: who may, and that the refusal says nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.roles import Role
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_village import NEXT_VILLAGE, TOWN, VILLAGE

# x = let in, . = forbidden. window: a worker whom today's rota puts at the window; worker: not on duty.
# The worker of the table has a phone and no operations that are anybody's to settle.
MATRIX = """
call                            worker window lead clerk supervisor admin
GET reconciliation              .      x      x    .     .          .
POST signatures                 .      x      .    .     .          .
POST signatures/countersignature .     x      .    .     .          .
GET tallies                     x      x      x    .     x          .
GET overdue                     .      .      x    .     x          .
GET unsettled                   x      x      x    .     .          .
GET conflicts                   .      x      .    .     .          .
GET duplicates                  .      x      .    .     .          .
GET rota                        x      x      x    .     .          .
POST rota                       .      .      x    .     .          .
GET devices                     .      x      x    .     .          x
POST revocation                 .      .      x    .     .          x
POST mend                       x      x      .    .     .          .
GET audit                       .      .      .    .     .          x
"""
ROWS = [line.rsplit(maxsplit=6) for line in MATRIX.strip().splitlines()]
CELLS = [
    (row[0].strip(), role, cell) for row in ROWS[1:] for role, cell in zip(ROWS[0][1:], row[1:], strict=True)
]
PERSON = {
    "worker": "wang",
    "window": "li",
    "lead": "lead",
    "clerk": "clerk",
    "supervisor": "supervisor",
    "admin": "admin",
}


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskVillage]:
    """Li is at the window; wang and the lead have phones, and wang's first operation was rejected."""
    with desk_village(tmp_path_factory.mktemp("rights")) as village:
        village.rota(village.today, "li")
        village.add_account("far-admin", Role.CITY_ADMINISTRATOR, "330402")
        wang = village.phone("wang")
        wang.create("household", name="x")
        wang.push()
        village.phone("lead")
        village.device = wang.device  # type: ignore[attr-defined]
        yield village


def ask(village: DeskVillage, call: str, person: str, where: str) -> int:
    method, noun = call.split(" ", 1)
    device = village.device  # type: ignore[attr-defined]
    day = village.today.isoformat()
    path, body = {
        "reconciliation": ("reconciliation", None),
        "signatures": ("signatures", {"day": day}),
        "signatures/countersignature": (f"signatures/{day}/countersignature", None),
        "tallies": ("tallies?month=2026-11", None),
        "rota": ("rota", None if method == "GET" else {"day": day, "window": [village.workers["li"]]}),
        "devices": (f"/api/v1/devices?village={where}", None),
        "revocation": (f"/api/v1/devices/{device}/revocation", {"orders": "lock", "reason": "丢失"}),
        "mend": (f"/api/v1/unsettled/{device}/1/mend", {}),
        "audit": (f"/api/v1/audit?division={where}", None),
    }.get(noun, (noun, None))
    if not path.startswith("/"):
        path = f"/api/v1/villages/{where}/{path}"
    return village.call(person, method, path, body).status_code


@pytest.mark.parametrize(("call", "role", "cell"), CELLS)
def test_in_the_own_village(village: DeskVillage, call: str, role: str, cell: str) -> None:
    status = ask(village, call, PERSON[role], VILLAGE)
    # let in is whatever is no refusal of the right: a day may not be signable, a mend not be right yet
    assert (status == 403) is (cell == "."), status
    assert status < 500 and status not in (401, 404, 405)


@pytest.mark.parametrize(
    "call", sorted({call for call, _, _ in CELLS if "revocation" not in call and "mend" not in call})
)
@pytest.mark.parametrize("role", PERSON)
def test_in_another_village(village: DeskVillage, call: str, role: str) -> None:
    status = ask(village, call, PERSON[role], NEXT_VILLAGE)
    everywhere = {
        "supervisor": {"GET tallies", "GET overdue"},  # of the same town
        "admin": {"GET devices", "GET audit"},
        # one's own figures are one's own wherever one is; there are none here
        "worker": {"GET tallies"},
        "window": {"GET tallies"},
        "lead": {"GET tallies"},
    }
    assert (status == 403) is (call not in everywhere.get(role, set())), status


def test_another_city_is_nobodys(village: DeskVillage) -> None:
    for call in ("GET devices", "GET audit"):
        assert ask(village, call, "far-admin", VILLAGE) == 403
        assert ask(village, call, "far-admin", "330402") == 200
    assert ask(village, "POST revocation", "far-admin", VILLAGE) == 403
    page = village.call("far-admin", "GET", "/api/v1/audit?limit=1000").json()
    assert {entry.get("village") for entry in page["entries"]} <= {None, "330402"}
    assert ask(village, "GET devices", "lead", TOWN) == 403


@pytest.mark.parametrize("call", sorted({call for call, _, _ in CELLS}))
def test_without_a_session_nothing_is_told(village: DeskVillage, call: str) -> None:
    village.tokens["nobody"] = ("forged", village.now_ms + 1_000_000)
    assert ask(village, call, "nobody", VILLAGE) == 401


def test_every_call_is_in_the_openapi_document_with_a_chinese_summary(village: DeskVillage) -> None:
    document = village.client.get("/schema/openapi.json").json()
    calls = {
        (method, path): call
        for path, methods in document["paths"].items()
        if path.startswith("/api/v1")
        for method, call in methods.items()
        if method in ("get", "post", "delete", "put", "patch")
    }
    assert len(calls) >= 20
    for of, call in calls.items():
        assert any("\u4e00" <= sign <= "\u9fff" for sign in call["summary"]), of
        assert call["tags"], of
    assert ("post", "/api/v1/villages/{village}/signatures/{day}/countersignature") in calls
    assert ("post", "/api/v1/unsettled/{device}/{counter}/mend") in calls
