"""Segments, the live hint, and the data key behind a forgotten PIN."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from grid_map.days import count_day
from server.clock import unix_ms
from sync.sealing import SEAL_RANDOM_BYTES, seal
from tests.server.served_village import ServedVillage, served_village
from tests.server.sync_device import API, Refused, SyncDevice
from tests.server.sync_village import (
    GRID_1,
    PASSWORD,
    VILLAGE,
    TinyVillage,
    founded_folder,
    household_id,
    small_catalogue,
    tiny_village,
)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path) as village:
        yield village


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedVillage]:
    with served_village(founded_folder(tmp_path_factory.mktemp("served"))) as served:
        yield served


def enrolled(village: TinyVillage, username: str) -> SyncDevice:
    device = SyncDevice(village.client, username, lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    return device


def test_a_segment_resumes_where_it_broke(village: TinyVillage) -> None:
    wang = enrolled(village, "wang")
    listed = wang.call("GET", "/segments", params={"village": VILLAGE}).json()
    assert {segment["part"] for segment in listed["segments"]} == {GRID_1, "common"}
    for segment in listed["segments"]:
        path = f"/segments/{segment['digest']}"
        whole = wang.call("GET", path)
        assert hashlib.sha256(whole.content).hexdigest() == segment["digest"]
        assert len(whole.content) == segment["bytes"]
        rest = wang.call("GET", path, headers={"range": "bytes=10-"})
        assert (rest.status_code, rest.content) == (206, whole.content[10:])
        size = segment["bytes"]
        assert rest.headers["content-range"] == f"bytes 10-{size - 1}/{size}"


def test_a_segment_is_given_in_scope_only(village: TinyVillage) -> None:
    wang, li = enrolled(village, "wang"), enrolled(village, "li")
    listed = wang.call("GET", "/segments", params={"village": VILLAGE}).json()
    digest = next(segment["digest"] for segment in listed["segments"] if segment["part"] == GRID_1)
    for other in (digest, "0" * 64, "no-digest"):
        with pytest.raises(Refused) as caught:
            li.call("GET", f"/segments/{other}")
        assert (caught.value.status, caught.value.code) == (404, "not-found")


def test_a_forgotten_pin_is_answered_with_the_data_key(village: TinyVillage) -> None:
    wang = enrolled(village, "wang")
    data_key = os.urandom(32)
    plain = wang.device.encode() + data_key
    sealed = base64.b64encode(seal(wang.sealing_point, plain, os.urandom(SEAL_RANDOM_BYTES))).decode()
    body = {"username": "wang", "password": PASSWORD, "sealed_data_key": sealed}
    reply = wang.call("POST", "/unlock", json=body).json()
    assert base64.b64decode(reply["data_key"]) == data_key
    assert village.rows("SELECT count(*) FROM audit WHERE action = 'device.unlock'") == [(1,)]
    for change, code in (
        ({"password": "wrong"}, "wrong-password"),
        ({"username": "li"}, "forbidden"),
        ({"sealed_data_key": base64.b64encode(os.urandom(150)).decode()}, "request-invalid"),
        ({"sealed_data_key": "!"}, "request-invalid"),
    ):
        with pytest.raises(Refused) as caught:
            wang.call("POST", "/unlock", json=body | change)
        assert caught.value.code == code


def test_a_push_is_told_to_whoever_listens(served: ServedVillage) -> None:
    device = SyncDevice(served.client, "wang", unix_ms, small_catalogue(count_day(unix_ms())))
    device.enrol()
    device.sync()
    heard: list[str] = []
    listening, done = threading.Event(), threading.Event()

    def listen() -> None:
        with (
            httpx.Client(base_url=str(served.client.base_url), timeout=20) as client,
            client.stream(
                "GET",
                f"{API}/live",
                params={"village": VILLAGE},
                headers={"authorization": f"Bearer {device.token}"},
            ) as events,
        ):
            for line in events.iter_lines():
                if line.startswith("data:"):
                    heard.append(line)
                    listening.set()
                    if len(heard) == 2:
                        break
        done.set()

    listener = threading.Thread(target=listen)
    listener.start()
    assert listening.wait(15)
    device.change(household_id(GRID_1, 0), note="有人来")
    device.push()
    assert done.wait(15), heard
    listener.join()
    first, second = (int(line.rpartition(":")[2].rstrip("}")) for line in heard)
    assert second == first + 1
