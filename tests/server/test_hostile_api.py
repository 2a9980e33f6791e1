"""Calls that mean ill: keys of another's phone, numbers beyond every calendar, floods of sign-ins, endless words."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server.api.desk import masked
from sync.sealing import SEAL_RANDOM_BYTES, seal
from tests.server.desk_village import DeskVillage, desk_village, told
from tests.server.served_village import ServedVillage, served_village
from tests.server.sync_device import API, Refused, SyncDevice
from tests.server.sync_village import (
    GRID_1,
    NUMBER,
    PASSWORD,
    VILLAGE,
    founded_folder,
    household_id,
)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with desk_village(tmp_path) as village:
        yield village


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedVillage]:
    with served_village(founded_folder(tmp_path)) as served:
        yield served


def unlock(phone: SyncDevice, username: str, plain: bytes, *, token: str | None = None) -> bytes:
    """Ask for a data key sealed to the server that `phone` knows; without a token, as somebody without his PIN."""
    sealed = seal(phone.sealing_point, plain, os.urandom(SEAL_RANDOM_BYTES))
    body = {
        "username": username,
        "password": PASSWORD,
        "sealed_data_key": base64.b64encode(sealed).decode(),
    }
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    reply = phone.client.post(f"{API}/unlock", json=body, headers=headers)
    if reply.status_code != 200:
        raise Refused(reply.status_code, reply.json())
    return base64.b64decode(reply.json()["data_key"])


def test_the_key_of_a_colleagues_phone_is_not_unsealed(village: DeskVillage) -> None:
    wang, li = village.phone("wang"), village.phone("li")
    key = os.urandom(32)
    of_wang = wang.device.encode() + key
    assert unlock(wang, "wang", of_wang) == unlock(wang, "wang", of_wang, token=wang.token) == key
    rescue_file = li.device.encode() + b"a whole rescue file of a colleague"
    for plain, token, told_as in (
        (of_wang, None, (403, "forbidden")),
        (of_wang, wang.token, (403, "forbidden")),
        (of_wang, li.token, (422, "request-invalid")),
        (key, None, (422, "request-invalid")),
        (b"", None, (422, "request-invalid")),
        (rescue_file, None, (422, "request-invalid")),
        (b"01970000-0000-7000-8000-0000000000ff" + key, None, (401, "unknown-device")),
        (li.device.encode() + key, "no token", (401, "unknown-device")),
    ):
        with pytest.raises(Refused) as caught:
            unlock(li, "li", plain, token=token)
        assert (caught.value.status, caught.value.code) == told_as
    opened = village.rows("SELECT account, device FROM audit WHERE action = 'device.unlock'")
    assert set(opened) == {(wang.worker["id"], wang.device)}


def test_a_key_is_not_unsealed_once_its_phone_is_revoked(village: DeskVillage) -> None:
    wang = village.phone("wang")
    of_wang = wang.device.encode() + os.urandom(32)
    given = {"orders": "wipe", "reason": "丢失"}
    assert village.call("lead", "POST", f"/api/v1/devices/{wang.device}/revocation", given).status_code < 300
    for token in (None, wang.token):
        with pytest.raises(Refused) as caught:
            unlock(wang, "wang", of_wang, token=token)
        assert caught.value.code == "device-revoked"


def test_a_phone_whose_identity_a_clone_continued_is_not_shut_out(village: DeskVillage) -> None:
    li = village.phone("li")
    device, token, key = li.device, li.token, os.urandom(32)
    li.enrol(continues=True)
    assert (
        unlock(li, "li", device.encode() + key) == unlock(li, "li", device.encode() + key, token=token) == key
    )


def test_unlocking_is_throttled_as_signing_in_is(village: DeskVillage) -> None:
    wang = village.phone("wang")
    body = {"username": "wang", "password": "guess", "sealed_data_key": ""}
    codes = [wang.client.post(f"{API}/unlock", json=body).json()["type"] for _ in range(12)]
    assert codes[0] == "wrong-password" and codes[-1] == "too-many-attempts"


@pytest.mark.parametrize("after", [2**63, 10**30])
def test_a_number_beyond_the_database_is_refused_in_words(village: DeskVillage, after: int) -> None:
    assert village.call("admin", "GET", f"/api/v1/audit?after={after}").status_code == 422


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("what", ["reconciliation?day=", "overdue?day=", "rota?first=", "rota?last="])
def test_a_day_beyond_the_calendar_is_refused_in_words(village: DeskVillage, what: str, day: str) -> None:
    assert told(village.call("lead", "GET", what + day)) == (422, "request-invalid", ["day"])


def test_a_range_of_endless_digits_is_the_whole_segment(village: DeskVillage) -> None:
    wang = village.phone("wang")
    digest = wang.call("GET", "/segments", params={"village": VILLAGE}).json()["segments"][0]["digest"]
    reply = wang.call("GET", f"/segments/{digest}", headers={"range": f"bytes={'1' * 5000}-"})
    assert reply.status_code == 200


def test_a_status_keeps_no_endless_words(village: DeskVillage) -> None:
    wang = village.phone("wang")
    whole = {"counter": 0, "digest": "0" * 64}
    for more in (
        {"digest": "x" * 65},
        {"oldest_pending": "x" * 41},
        {"diverged_parts": ["x" * 65]},
        {"diverged_parts": ["x"] * 201},
    ):
        with pytest.raises(Refused) as caught:
            wang.call("POST", "/status", json=whole | more)
        assert caught.value.code == "unreadable-body"


def test_thousands_of_problems_are_told_as_a_hundred(village: DeskVillage) -> None:
    wang = village.phone("wang")
    wang.create("household", **{f"x{number}": 1 for number in range(5000)})
    assert len(wang.push()[0]["problems"]) == 100


def test_a_set_does_not_grow_without_end(village: DeskVillage) -> None:
    wang, household = village.phone("wang"), household_id(GRID_1, 0)
    outcomes = []
    for part in range(3):
        wang.change(household, tags={"add": [f"{part}-{number}" for number in range(250)]})
        outcomes += wang.push()
    assert [entry["outcome"] for entry in outcomes] == ["applied", "applied", "rejected"]
    assert [problem["code"] for problem in outcomes[2]["problems"]] == ["too-many"]


def test_a_number_within_a_text_is_masked_too() -> None:
    spaced = f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}"
    shown = masked({"note": f"身份证{NUMBER}，又写作{spaced}。"})
    assert NUMBER[6:14] not in shown["note"] and shown["note"].startswith(f"身份证{NUMBER[:6]}")


def test_a_flood_of_sign_ins_is_told_to_wait(served: ServedVillage) -> None:
    async def flood() -> list[int]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=served.client.base_url, timeout=30, limits=limits) as client:
            calls = [
                client.post("/api/v1/sessions", json={"username": f"nobody-{number}", "password": "wrong"})
                for number in range(200)
            ]
            replies = await asyncio.gather(*calls)
            assert all("retry-after" in reply.headers for reply in replies if reply.status_code == 503)
            return [reply.status_code for reply in replies]

    statuses = asyncio.run(flood())
    assert set(statuses) == {401, 503}
    given = {"username": "wang", "password": PASSWORD}
    assert served.client.post("/api/v1/sessions", json=given).status_code == 201
