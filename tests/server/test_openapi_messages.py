"""The description served says what the sync's calls take and answer, so that a client can make its types from it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import zstandard

from tests.server.sync_device import Refused, SyncDevice
from tests.server.sync_village import GRID_1, PASSWORD, VILLAGE, TinyVillage, small_catalogue, tiny_village

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```json (\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
BODIES = {
    "/enrol": "Enrol",
    "/push": "Push",
    "/unlock": "Unlock",
    "/status": "Status",
    "/orders": "Orders",
    "/files/known": "FilesKnown",
}
ANSWERS = {"/changes": "ChangesPage", "/segments": "SegmentList"} | {
    path: f"{name}Reply" for path, name in (BODIES | {"/rescue": "Rescue"}).items()
}


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path_factory.mktemp("messages")) as village:
        yield village


@pytest.fixture(scope="module")
def document(village: TinyVillage) -> dict[str, Any]:
    served: dict[str, Any] = village.client.get("/schema/openapi.json").json()
    return served


@pytest.fixture(scope="module")
def device(village: TinyVillage) -> SyncDevice:
    device = SyncDevice(village.client, "wang", lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    return device


def mistakes(document: dict[str, Any], name: str, message: Any) -> list[str]:
    """What is wrong with a message by its schema."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return [str(one) for one in jsonschema_rs.Draft202012Validator(schema).iter_errors(message)]


def name_of(content: dict[str, Any]) -> str:
    return str(content["application/json"]["schema"]["$ref"]).rpartition("/")[2]


def test_every_call_of_the_sync_names_its_messages(document: dict[str, Any]) -> None:
    calls = {
        path.removeprefix("/sync/v1"): call
        for path, methods in document["paths"].items()
        for call in methods.values()
        if path.startswith("/sync/v1")
    }
    octets = calls["/rescue"].pop("requestBody")["content"]
    assert octets["application/octet-stream"]["schema"]["format"] == "binary"
    asked = {
        path: name_of(call["requestBody"]["content"]) for path, call in calls.items() if "requestBody" in call
    }
    assert asked == {path: f"{name}Request" for path, name in BODIES.items()}
    answered = {path: name_of(calls[path]["responses"]["200"]["content"]) for path in ANSWERS}
    assert answered == ANSWERS
    segment, live = calls.pop("/segments/{digest}")["responses"], calls.pop("/live")["responses"]
    assert all("application/zstd" in segment[status]["content"] for status in ("200", "206"))
    assert "text/event-stream" in live["200"]["content"]
    assert "image/*" in calls.pop("/files/{digest}")["responses"]["200"]["content"]
    assert calls.keys() == ANSWERS.keys()


def test_every_call_may_be_refused_in_the_one_shape(document: dict[str, Any]) -> None:
    calls = [call for methods in document["paths"].values() for call in methods.values()]
    assert len(calls) > 30
    for call in calls:
        refusals = {status: told for status, told in call["responses"].items() if status[0] in "45"}
        assert refusals == {wild: {"$ref": "#/components/responses/Refused"} for wild in ("4XX", "5XX")}
    assert list(document["components"]["responses"]["Refused"]["content"]) == ["application/problem+json"]


def test_every_reference_of_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    schemas, responses = document["components"]["schemas"], document["components"]["responses"]
    for kind, name in re.findall(r'"#/components/(\w+)/(\w+)"', json.dumps(document)):
        assert name in {"schemas": schemas, "responses": responses}[kind]


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_every_example_of_the_protocol_page_is_valid(document: dict[str, Any], name: str, text: str) -> None:
    name = "ProblemDocument" if name == "problem" else name
    assert mistakes(document, name, json.loads(text)) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("PushRequest", {"operations": [{"counter": 1}]}),
        ("PushRequest", {"operations": [{"counter": 1, "raw": "eyI=", "id": "x"}]}),
        ("ChangesPage", {"records": [{"id": "x", "version": 1, "revision": 1}], "more": False}),
        ("StatusRequest", {"counter": "1", "digest": ""}),
        ("EnrolRequest", {"username": "wang"}),
    ],
)
def test_what_is_no_message_is_none_by_its_schema(document: dict[str, Any], name: str, message: Any) -> None:
    assert mistakes(document, name, message)


def test_what_the_server_answers_is_as_described(document: dict[str, Any], device: SyncDevice) -> None:
    device.create("household", name="户", address="路1号", grid=GRID_1)
    operation = json.loads(device.captured[-1])
    assert mistakes(document, "Operation", operation) == []
    listed = device.call("GET", "/segments", params={"village": VILLAGE}).json()
    pushed = device.call("POST", "/push", json={"operations": [operation]}).json()
    status = {"counter": 1, "digest": pushed["digest"]}
    page = device.call("GET", "/changes", params={"village": VILLAGE, "after": listed["cursor"]}).json()
    assert page["records"]
    for name, message in (
        ("SegmentList", listed),
        ("PushReply", pushed),
        ("ChangesPage", page),
        ("StatusReply", device.call("POST", "/status", json=status).json()),
    ):
        assert mistakes(document, name, message) == []


def test_a_line_of_a_segment_is_as_described(document: dict[str, Any], device: SyncDevice) -> None:
    listed = device.call("GET", "/segments", params={"village": VILLAGE}).json()
    (segment,) = [one for one in listed["segments"] if one["part"] == GRID_1]
    body = device.call("GET", f"/segments/{segment['digest']}").content
    lines = zstandard.ZstdDecompressor().decompressobj().decompress(body).splitlines()
    assert len(lines) == segment["records"] > 0
    assert [fault for line in lines for fault in mistakes(document, "FeedRecord", json.loads(line))] == []


def refused(village: TinyVillage, path: str, **more: Any) -> httpx.Response:
    reply = village.client.request(*path.split(), **more)
    assert reply.headers["content-type"].startswith("application/problem+json")
    return reply


def test_a_refusal_is_as_described(document: dict[str, Any], village: TinyVillage) -> None:
    for reply in (
        refused(village, "POST /sync/v1/push", content=b"x"),
        refused(
            village, "POST /sync/v1/enrol", json={"device_name": "", "signing_key": "", "sealing_key": ""}
        ),
        refused(village, "POST /api/v1/sessions", json={"username": 1}),
    ):
        assert reply.status_code >= 400
        assert mistakes(document, "ProblemDocument", reply.json()) == []


def test_a_number_that_no_database_holds_is_refused(device: SyncDevice) -> None:
    for told in ({"counter": 2**63}, {"counter": 1, "outcomes_after": 2**63}, {"counter": -1}):
        with pytest.raises(Refused) as refused:
            device.call("POST", "/status", json={"digest": "", **told})
        assert refused.value.code == "unreadable-body"


def test_a_key_that_is_no_base64_is_refused(device: SyncDevice) -> None:
    message = {"username": "wang", "password": PASSWORD, "sealed_data_key": "钥匙"}
    with pytest.raises(Refused) as refused:
        device.call("POST", "/unlock", json=message)
    assert refused.value.code == "request-invalid"
