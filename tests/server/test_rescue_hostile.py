"""Rescue files of somebody who lies: nothing of them is taken in, and nobody learns which devices there are."""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sync.rescue import MAGIC
from sync.sealing import point_of, private_key
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.rescuing import hand_in, rescue_of
from tests.server.sync_device import API, SyncDevice
from tests.server.sync_village import GRID_1, faults_of, household_id

NOBODY = "0192f6c5-0000-7000-8000-0000000000ff"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with desk_village(tmp_path) as village:
        yield village


@pytest.fixture
def phone(village: DeskVillage) -> SyncDevice:
    phone = village.phone("wang")
    phone.change(household_id(GRID_1, 0), note="一")
    phone.change(household_id(GRID_1, 0), note="二")
    return phone


def told(reply: httpx.Response) -> tuple[int, str]:
    assert reply.headers["content-type"].startswith("application/problem+json"), reply.text
    assert reply.headers["cache-control"] == "no-store"
    return reply.status_code, reply.json()["type"]


def untouched(village: DeskVillage, phone: SyncDevice) -> None:
    assert village.rows("SELECT acknowledged FROM devices WHERE id = ?", phone.device) == [(0,)]
    assert village.rows("SELECT 1 FROM devices WHERE nature = 'rescue'") == []
    assert not list(village.settings.data.glob("*.tmp"))
    assert faults_of(village) == []


def test_signed_by_another_device(village: DeskVillage, phone: SyncDevice) -> None:
    other = village.phone("li")
    file = rescue_of(phone, signing=other.signing_key)
    for token in (None, other.token):
        assert told(hand_in(village.client, file, token)) == (422, "rescue-unreadable")
    untouched(village, phone)


def test_the_header_names_another_device(village: DeskVillage, phone: SyncDevice) -> None:
    other = village.phone("li")
    file = rescue_of(phone, device=other.device)
    assert told(hand_in(village.client, file)) == (403, "carrier-needed")
    assert told(hand_in(village.client, file, other.token)) == (422, "rescue-unreadable")
    untouched(village, phone)


def test_the_data_key_of_another_device(village: DeskVillage, phone: SyncDevice) -> None:
    """Whoever finds a colleague's sealed key cannot have it opened by a file of his own."""
    other = village.phone("li")
    file = rescue_of(phone, sealed_as=other.device)
    assert told(hand_in(village.client, file)) == (422, "rescue-unreadable")
    untouched(village, phone)


def test_sealed_to_another_server(village: DeskVillage, phone: SyncDevice) -> None:
    phone.sealing_point = point_of(private_key(os.urandom(40)))
    assert told(hand_in(village.client, rescue_of(phone))) == (422, "rescue-of-another-server")
    untouched(village, phone)


def test_rows_at_each_others_place_do_not_open(village: DeskVillage, phone: SyncDevice) -> None:
    swapped = {"outbox:1:open": "outbox:2:open", "outbox:2:open": "outbox:1:open"}
    reply = hand_in(village.client, rescue_of(phone, places=swapped)).json()
    assert (reply["unreadable"], reply["operations_new"]) == (2, 0)
    untouched(village, phone)


def test_a_row_at_the_place_of_a_file_is_no_file(village: DeskVillage, phone: SyncDevice) -> None:
    reply = hand_in(village.client, rescue_of(phone, places={"outbox:1:open": f"files:{'0' * 64}"})).json()
    assert (reply["unreadable"], reply["files_new"]) == (1, 0)


def test_cut_anywhere(village: DeskVillage, phone: SyncDevice) -> None:
    file = rescue_of(phone)
    for length in (
        0,
        1,
        len(MAGIC),
        len(MAGIC) + 30,
        file.index(b"\n", len(MAGIC)) + 1,
        len(file) - 64,
        len(file) - 1,
    ):
        assert told(hand_in(village.client, file[:length])) == (422, "rescue-unreadable"), length
    assert told(hand_in(village.client, file + b"\0")) == (422, "rescue-unreadable")
    untouched(village, phone)


def test_ten_megabytes_of_noise(village: DeskVillage, phone: SyncDevice) -> None:
    noise = random.Random(1).randbytes(10 * 1024 * 1024)
    for body in (noise, MAGIC + noise, MAGIC + b"{" * len(noise)):
        assert told(hand_in(village.client, body)) == (422, "rescue-unreadable")
    header = rescue_of(phone).split(b"\n")[1]
    assert told(hand_in(village.client, MAGIC + header + b"\n" + noise)) == (422, "rescue-unreadable")
    untouched(village, phone)


def test_nobody_learns_which_devices_there_are(village: DeskVillage, phone: SyncDevice) -> None:
    """Without their key, a device that is there and one that is not are told the same."""
    key = private_key(os.urandom(40))
    mine = base64.b64encode(point_of(key)).decode()
    known = hand_in(village.client, rescue_of(phone, signing=key, signing_key=mine))
    unknown = hand_in(village.client, rescue_of(phone, signing=key, signing_key=mine, device=NOBODY))
    assert told(known) == told(unknown) == (403, "carrier-needed")
    assert known.content == unknown.content


def test_a_bad_token_carries_nothing(village: DeskVillage, phone: SyncDevice) -> None:
    other = village.phone("li")
    unknown = rescue_of(phone, device=NOBODY, sealed_as=NOBODY)
    assert told(hand_in(village.client, unknown, "no such token")) == (403, "carrier-needed")
    admin = village.call(
        "admin", "POST", f"/api/v1/devices/{other.device}/revocation", {"orders": "lock", "reason": "停"}
    )
    assert admin.status_code == 201, admin.text
    assert told(hand_in(village.client, unknown, other.token)) == (403, "carrier-needed")


def test_what_is_no_octet_stream_or_compressed(village: DeskVillage, phone: SyncDevice) -> None:
    file = rescue_of(phone)
    for headers in (
        {"content-type": "application/json"},
        {"content-type": "application/octet-stream", "content-encoding": "gzip"},
    ):
        reply = village.client.post(f"{API}/rescue", content=file, headers=headers)
        assert told(reply) == (415, "unsupported-media")


def test_larger_than_the_limit_by_its_word_or_on_the_way(tmp_path: Path) -> None:
    with desk_village(tmp_path, rescue_bytes_max=3000) as village:
        phone = village.phone("wang")
        for at in range(9):
            phone.change(household_id(GRID_1, 0), note=str(at))
        file = rescue_of(phone)
        assert phone.status()["limits"]["rescue_bytes"] == 3000
        reply = hand_in(village.client, file)
        assert told(reply) == (413, "rescue-too-large") and reply.json()["rescue_bytes"] == 3000
        pieces = (file[at : at + 500] for at in range(0, len(file), 500))
        chunked = village.client.post(
            f"{API}/rescue", content=pieces, headers={"content-type": "application/octet-stream"}
        )
        assert told(chunked) == (413, "rescue-too-large")
        assert hand_in(village.client, rescue_of(phone, [1])).status_code == 200
