"""What a push refuses at the call: nothing half done, and the device's way on is gone to its end (issue: bad input)."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from sync.chain import digest_of
from sync.operation import OPERATION_BYTES_MAX, Operation, exact_bytes
from tests.server.sync_device import API, Refused, SyncDevice
from tests.server.sync_village import (
    GRID_1,
    TinyVillage,
    faults_of,
    household_id,
    small_catalogue,
    tiny_village,
)

HOUSEHOLD = household_id(GRID_1, 0)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path) as village:
        yield village


@pytest.fixture
def wang(village: TinyVillage) -> SyncDevice:
    return enrolled(village, "wang")


def enrolled(village: TinyVillage, username: str) -> SyncDevice:
    device = SyncDevice(village.client, username, lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    device.sync()
    return device


def state(village: TinyVillage) -> list[list[tuple[Any, ...]]]:
    """Everything that a push may change."""
    tables = ("batches", "records", "villages", "unsettled", "known_ids", "tallies", "departures", "arrivals")
    return [
        *(village.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in tables if table != "villages"),
        village.rows("SELECT * FROM villages ORDER BY 1"),
        village.rows("SELECT id, acknowledged, digest, unsettled FROM devices ORDER BY id"),
    ]


def refused(village: TinyVillage, device: SyncDevice, content: bytes, **headers: str) -> Refused:
    """The refusal of a push, with nothing changed by it."""
    before = state(village)
    with pytest.raises(Refused) as caught:
        device.call("POST", "/push", content=content, headers=headers)
    assert state(village) == before
    assert caught.value.problem["next"]
    return caught.value


def body_of(device: SyncDevice, first: int = 0) -> bytes:
    return b'{"operations":[%b]}' % b",".join(device.captured[first:])


def notes(device: SyncDevice, count: int) -> list[Operation]:
    return [device.change(HOUSEHOLD, note=f"第{number}次") for number in range(count)]


def note_on_server(village: TinyVillage) -> object:
    return village.record(HOUSEHOLD).values.get("note")


@pytest.mark.parametrize(
    "content",
    [b"", b"not json", b"[]", b'{"operations":5}', b'{"operations":[1]}', b'{"operations":[{"counter":1}]}',
     b'{"operations":[{}]}', b'{"outcomes_after":"x"}', b'{"outcomes_after":18446744073709551616}',
     b"null", b'{"operations":[', b'\xff\xfe{}'],
)  # fmt: skip
def test_a_body_that_is_no_batch(village: TinyVillage, wang: SyncDevice, content: bytes) -> None:
    assert refused(village, wang, content).code == "unreadable-body"
    notes(wang, 1)
    assert [entry["outcome"] for entry in wang.push()] == ["applied"]


def test_a_body_that_is_not_utf_8(village: TinyVillage, wang: SyncDevice) -> None:
    notes(wang, 1)
    in_gb18030 = body_of(wang).replace("第".encode(), "第".encode("gb18030"))
    assert refused(village, wang, in_gb18030).code == "unreadable-body"
    wang.push()
    assert note_on_server(village) == "第0次"


def test_too_many_operations_are_halved_until_they_fit(village: TinyVillage, wang: SyncDevice) -> None:
    notes(wang, 501)
    told = refused(village, wang, body_of(wang))
    assert (told.status, told.code) == (413, "batch-too-large")
    wang.push(limit=251)
    assert note_on_server(village) == "第500次" and faults_of(village) == []


def test_too_many_bytes_are_halved_until_they_fit(village: TinyVillage, wang: SyncDevice) -> None:
    for number in range(60):
        wang.change(HOUSEHOLD, note=f"{number}" + "字" * 7000)
    told = refused(village, wang, body_of(wang))
    assert (told.status, told.code) == (413, "batch-too-large")
    wang.push(limit=30)
    assert str(note_on_server(village)).startswith("59")


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_is_not_unpacked(village: TinyVillage, wang: SyncDevice, encoding: str) -> None:
    bomb = b'{"operations":[' + b" " * 300_000_000 + b"]}"
    packed = gzip.compress(bomb, 9) if encoding == "gzip" else zstandard.compress(bomb, 3)
    assert len(packed) < 1_000_000
    told = refused(village, wang, packed, **{"content-encoding": encoding})
    assert (told.status, told.code) == (413, "decompression-too-large")
    notes(wang, 3)
    body = gzip.compress(body_of(wang)) if encoding == "gzip" else zstandard.compress(body_of(wang))
    reply = wang.call("POST", "/push", content=body, headers={"content-encoding": encoding}).json()
    assert reply["acknowledged"] == 3


@pytest.mark.parametrize(
    ("encoding", "code"),
    [("gzip", "bad-encoding"), ("zstd", "bad-encoding"), ("br", "unsupported-media"),
     ("deflate, gzip", "unsupported-media")],
)  # fmt: skip
def test_an_encoding_that_is_not_what_it_says(
    village: TinyVillage, wang: SyncDevice, encoding: str, code: str
) -> None:
    notes(wang, 1)
    assert refused(village, wang, body_of(wang), **{"content-encoding": encoding}).code == code
    cut = gzip.compress(body_of(wang))[:-9]
    assert refused(village, wang, cut, **{"content-encoding": "gzip"}).code == "bad-encoding"
    wang.push()
    assert note_on_server(village) == "第0次"


def test_a_forged_token_enrols_anew_and_brings_everything(village: TinyVillage, wang: SyncDevice) -> None:
    notes(wang, 2)
    wang.push(limit=1)
    notes(wang, 1)
    wang.token = "forged"
    assert refused(village, wang, body_of(wang)).code == "unknown-device"
    old = wang.device
    wang.enrol_anew()
    assert [entry["outcome"] for entry in wang.push()] == ["applied"] * 3
    assert note_on_server(village) == "第0次" and village.record(HOUSEHOLD).revision == 4
    closed = village.rows("SELECT closed_ms IS NOT NULL FROM devices WHERE id = ?", old)
    assert closed == [(1,)] and faults_of(village) == []


def test_without_a_token(village: TinyVillage) -> None:
    reply = village.client.post(f"{API}/push", content=b'{"operations":[]}')
    assert (reply.status_code, reply.json()["type"]) == (401, "bad-token")


def test_another_devices_chain_under_ones_own_token(village: TinyVillage, wang: SyncDevice) -> None:
    li = enrolled(village, "li")
    notes(wang, 2)
    assert refused(village, li, body_of(wang)).code == "history-forked"
    wang.push()
    assert [entry["outcome"] for entry in wang.outcomes.values()] == ["applied", "applied"]


def test_a_wrong_counter_inside_a_batch(village: TinyVillage, wang: SyncDevice) -> None:
    notes(wang, 3)
    skipping = b'{"operations":[%b,%b]}' % (wang.captured[0], wang.captured[2])
    assert refused(village, wang, skipping).code == "wrong-counter"
    backwards = b'{"operations":[%b,%b]}' % (wang.captured[1], wang.captured[0])
    assert refused(village, wang, backwards).code == "wrong-counter"
    wang.push()
    assert note_on_server(village) == "第2次"


def test_counters_begin_at_one(village: TinyVillage, wang: SyncDevice) -> None:
    (only,) = notes(wang, 1)
    zero = exact_bytes(msgspec.structs.replace(only, counter=0))
    assert refused(village, wang, b'{"operations":[%b]}' % zero).code == "wrong-counter"


def test_a_gap_says_where_to_go_on(village: TinyVillage, wang: SyncDevice) -> None:
    notes(wang, 5)
    wang.push_body(wang.captured[:2])
    told = refused(village, wang, body_of(wang, first=3))
    assert (told.status, told.code) == (409, "operations-missing")
    assert told.problem["acknowledged"] == 2
    assert told.problem["digest"] == digest_of(wang.captured[1])
    reply = wang.push_body(wang.captured[told.problem["acknowledged"] :])
    assert reply["acknowledged"] == 5 and note_on_server(village) == "第4次"


def test_two_phones_with_one_identity_fork_and_both_are_kept(village: TinyVillage, wang: SyncDevice) -> None:
    notes(wang, 2)
    clone = enrolled(village, "wang")
    for name in ("device", "token", "author", "signing_key", "copy"):
        setattr(clone, name, getattr(wang, name))
    clone.captured, clone.operations = list(wang.captured), list(wang.operations)
    wang.push()
    made = clone.create("household", name="克隆机登记的户", address="演示路8号", grid=GRID_1)
    notes(wang, 1)
    wang.push()
    assert refused(village, clone, body_of(clone)).code == "history-forked"
    before = village.record(HOUSEHOLD).revision
    clone.enrol_anew()
    assert [entry["outcome"] for entry in clone.push()] == ["applied"] * 3
    assert village.record(made.record).by == wang.worker["id"]
    assert village.record(HOUSEHOLD).revision == before, "what the first phone brought is not applied again"
    assert faults_of(village) == []


def test_an_altered_operation_forks_where_it_was_altered(village: TinyVillage, wang: SyncDevice) -> None:
    notes(wang, 3)
    altered = [wang.captured[0].replace("第0次".encode(), "第9次".encode()), *wang.captured[1:]]
    assert refused(village, wang, b'{"operations":[%b]}' % b",".join(altered)).code == "history-forked"
    wang.push()
    repeated = b'{"operations":[%b]}' % altered[0]
    assert refused(village, wang, repeated).code == "history-forked"


def test_one_operation_that_is_too_large_goes_as_raw(village: TinyVillage, wang: SyncDevice) -> None:
    """A device refuses it at capture; one that did not still gets rid of it, and what follows is not blocked."""
    notes(wang, 1)
    huge = wang.captured[0][:-1] + b',"more":"%b"}' % (b"x" * OPERATION_BYTES_MAX)
    assert refused(village, wang, b'{"operations":[%b]}' % huge).code == "batch-too-large"
    raw = msgspec.json.encode({"counter": 1, "raw": base64.b64encode(huge).decode()})
    reply = wang.push_body([raw])
    assert reply["outcomes"][0]["outcome"] == "rejected" and reply["digest"] == digest_of(huge)
