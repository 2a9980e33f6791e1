"""Who may read a file, by phone and at a desk, as a matrix; and that each read is in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from server.roles import Role
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.pictures import begin, call, digest_of, known, picture, upload
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import GRID_1, GRID_2, TOWN, VILLAGE, household_id, resident_id

FILES = {name: picture(300 + at) for at, name in enumerate(("case", "handed", "visit", "joint", "unnamed"))}
DIGEST = {name: digest_of(plain) for name, plain in FILES.items()}

PHONES = """
file     wang li lead neighbour
case     x    .  .    .
handed   x    x  .    .
visit    x    .  .    .
joint    x    .  .    .
unnamed  x    .  .    .
"""
DESKS = """
file     wang li lead neighbour clerk other_clerk supervisor admin
case     x    .  x    .         x     .           .          .
handed   .    x  x    .         x     .           .          .
visit    x    .  x    .         .     .           .          .
joint    x    x  x    .         .     .           .          .
unnamed  .    .  .    .         .     .           .          .
"""


def cells(matrix: str) -> list[tuple[str, str, bool]]:
    head, *rows = [line.split() for line in matrix.strip().splitlines()]
    return [(row[0], who, cell == "x") for row in rows for who, cell in zip(head[1:], row[1:], strict=True)]


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskVillage]:
    with desk_village(tmp_path_factory.mktemp("rights")) as village:
        yield village


@pytest.fixture(scope="module")
def phones(village: DeskVillage) -> dict[str, SyncDevice]:
    """A case in wang's grid, one handed to li, a visit of wang's, one of wang's with li; and a file of no record."""
    for username, departments in (("clerk", '["civil"]'), ("other_clerk", '["police"]')):
        if username not in village.workers:
            village.workers[username] = village.add_account(username, Role.TOWN_CLERK, TOWN)
        account = village.workers[username]
        village.store.write_now(
            lambda db, at=(departments, account): db.execute(
                "UPDATE accounts SET departments = ? WHERE id = ?", at
            )
        )
    phones = {who: village.phone(who) for who in ("wang", "li", "lead", "neighbour")}
    wang = phones["wang"]
    village.capture_case(wang, files=[DIGEST["case"]])
    handed = village.capture_case(wang, files=[DIGEST["handed"]], resident=resident_id(GRID_1, 1, 0))
    captured = {
        "worker": wang.worker["id"],
        "grid": GRID_1,
        "household": household_id(GRID_1, 0),
        "outcome": "met",
    }
    wang.create("visit", **captured, started_at=village.moment(), photos=[DIGEST["visit"]])
    li = village.workers["li"]
    wang.create("visit", **captured, started_at=village.moment(1), companions=[li], signature=DIGEST["joint"])
    wang.sync()
    village.later()
    entry = {"giver": wang.worker["id"], "receiver": li, "reason": "请假", "at": village.moment()}
    wang.change(handed, holder=li, handovers=[entry])
    assert all(outcome["outcome"] == "applied" for outcome in wang.sync())
    for plain in FILES.values():
        assert upload(wang, plain).status_code == 204
    return phones


@pytest.mark.parametrize(("name", "who", "allowed"), cells(PHONES))
def test_a_phone_gets_what_its_scope_names(
    phones: dict[str, SyncDevice], name: str, who: str, allowed: bool
) -> None:
    reply = call(phones[who], "GET", f"/sync/v1/files/{DIGEST[name]}")
    if who == "wang":
        assert reply.status_code == 200  # whoever brought a file
    else:
        assert (reply.status_code == 200) is allowed
        assert allowed or (reply.status_code, reply.json()["type"]) == (404, "not-found")


@pytest.mark.parametrize(("name", "who", "allowed"), cells(DESKS))
def test_a_desk_gets_what_it_may_see(
    village: DeskVillage, phones: dict[str, SyncDevice], name: str, who: str, allowed: bool
) -> None:
    reply = village.call(who, "GET", f"/api/v1/files/{DIGEST[name]}")
    if allowed:
        assert (reply.status_code, reply.content) == (200, FILES[name])
        assert reply.headers["content-disposition"].startswith("attachment; ")
        assert reply.headers["content-security-policy"] == "default-src 'none'; sandbox"
    else:
        assert (reply.status_code, reply.json()["type"]) == (404, "not-found")


def test_each_read_is_audited_and_a_refused_one_is_none(
    village: DeskVillage, phones: dict[str, SyncDevice]
) -> None:
    def reads() -> list[tuple[Any, ...]]:
        return village.rows(
            "SELECT account, device, subject, village FROM audit WHERE action = 'file.read' ORDER BY id"
        )

    before = len(reads())
    village.call("lead", "GET", f"/api/v1/files/{DIGEST['case']}")
    call(phones["li"], "GET", f"/sync/v1/files/{DIGEST['handed']}")
    village.call("supervisor", "GET", f"/api/v1/files/{DIGEST['case']}")
    call(phones["neighbour"], "GET", f"/sync/v1/files/{DIGEST['case']}")
    assert reads()[before:] == [
        (village.workers["lead"], None, DIGEST["case"], VILLAGE),
        (village.workers["li"], phones["li"].device, DIGEST["handed"], VILLAGE),
    ]


def test_what_is_no_digest_is_not_found(village: DeskVillage, phones: dict[str, SyncDevice]) -> None:
    for strange in ("0" * 64, "..%2fkeys.json", "%2e%2e", DIGEST["case"].upper(), DIGEST["case"][:63]):
        assert village.call("lead", "GET", f"/api/v1/files/{strange}").status_code == 404
        assert call(phones["wang"], "GET", f"/sync/v1/files/{strange}").status_code == 404


def test_knowing_a_digest_does_not_make_its_file_ones_own(
    village: DeskVillage, phones: dict[str, SyncDevice]
) -> None:
    li = phones["li"]
    begin(li, FILES["case"])
    assert known(li, DIGEST["case"]) == [DIGEST["case"]]
    assert call(li, "GET", f"/sync/v1/files/{DIGEST['case']}").status_code == 404


def test_a_revoked_phone_hands_its_files_over_and_reads_none(village: DeskVillage) -> None:
    phone = village.phone("li")
    captured = {
        "worker": phone.worker["id"],
        "grid": GRID_2,
        "household": household_id(GRID_2, 0),
        "outcome": "met",
    }
    plain = picture(350)
    phone.create("visit", **captured, started_at=village.moment(), photos=[digest_of(plain)])
    phone.sync()
    village.store.write_now(
        lambda db: db.execute("UPDATE devices SET revoked_ms = 1 WHERE id = ?", (phone.device,))
    )
    assert upload(phone, plain).status_code == 204
    assert known(phone, digest_of(plain)) == [digest_of(plain)]
    reply = call(phone, "GET", f"/sync/v1/files/{digest_of(plain)}")
    assert (reply.status_code, reply.json()["type"]) == (403, "device-revoked")
