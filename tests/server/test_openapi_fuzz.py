"""The application never fails, whatever comes: calls drawn from its own description (schemathesis), and operations of
every kind with any content (hypothesis). A refusal is a problem with a code; only a 5xx is a fault.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.core import NOT_SET

from sync.kinds import KINDS
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import (
    GRID_1,
    NUMBER,
    PASSWORD,
    VILLAGE,
    TinyVillage,
    faults_of,
    household_id,
    resident_id,
    small_catalogue,
    tiny_village,
)

ENDLESS = "/sync/v1/live"
FEW = settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path_factory.mktemp("fuzz")) as village:
        yield village


@pytest.fixture(scope="module")
def tokens(village: TinyVillage) -> list[str]:
    """A device's, a lead's at the desk, and none that is known."""
    device = SyncDevice(village.client, "wang", lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    lead = village.client.post("/api/v1/sessions", json={"username": "lead", "password": PASSWORD})
    return [device.token, lead.json()["token"], "unknown"]


def test_calls_drawn_from_the_description(village: TinyVillage, tokens: list[str]) -> None:
    schema = schemathesis.openapi.from_dict(village.client.get("/schema/openapi.json").json())
    failed: list[str] = []
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path == ENDLESS:
            continue

        @seed(1)
        @FEW
        @given(case=operation.as_strategy(), token=st.sampled_from(tokens), body=_values())
        def call(case: Any, token: str, body: Any) -> None:
            content: dict[str, Any] = {}
            if case.method != "GET":
                content = {"json": body if case.body is NOT_SET else case.body}
            reply = village.client.request(
                case.method,
                case.formatted_path,
                params=_sent(case.query),
                headers={"authorization": f"Bearer {token}"},
                **content,
            )
            if reply.status_code >= 500:
                failed.append(
                    f"{case.method} {case.formatted_path} {case.query} {content}: {reply.status_code}"
                )

        call()
        tried += 1
    assert tried > 8 and failed == []


def _sent(query: Any) -> dict[str, str]:
    return {name: str(value).encode("utf-8", "replace").decode() for name, value in (query or {}).items()}


def _values() -> st.SearchStrategy[Any]:
    """Any JSON without lone surrogates."""
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    leaves = (
        st.none()
        | st.booleans()
        | st.integers(-(2**60), 2**60)
        | text
        | st.floats(allow_nan=False, allow_infinity=False)
    )
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
        max_leaves=6,
    )


TIME = "2026-11-23T08:00:00Z"
CLOCKS = ("2026-11-23T08:00:00.000Z/0000", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00")
LIKELY = (
    *(household_id(GRID_1, 0), resident_id(GRID_1, 0, 0), GRID_1, VILLAGE, NUMBER, *CLOCKS, TIME),
    *("2026-11-23", "registered", "permit", "met", "visit", "open", "", 1, True, None, [], {}),
    *({"add": ["x"], "remove": ["x"]}, {"value": None}, {"value": "x"}, ["x"]),
    [{"giver": "a", "receiver": "b", "reason": "", "at": TIME}],
    [{"reason": "supplement", "start": TIME}],
)
"""Values that get past the first look."""


STRANGE: dict[str, tuple[Any, ...]] = {
    "village": ("reference", "", "x"),
    "offset_ms": (-(2**53) + 1, 2**53 - 1, 86_400_000),
    "mends": (household_id(GRID_1, 0), "x"),
    "captured": CLOCKS,
    "clock": CLOCKS,
    "record": (household_id(GRID_1, 1), "x"),
}


def sound_fields(kind: str, worker: str) -> dict[str, Any]:
    """Fields of a record that would be applied, where its kind is a worker's to write."""
    household = {"household": household_id(GRID_1, 0)}
    of_kind: dict[str, dict[str, Any]] = {
        "household": {"name": "户", "address": "路", "grid": GRID_1},
        "resident": household | {"name": "人", "identity_number": NUMBER},
        "round": {"worker": worker, "grid": GRID_1, "started_at": TIME},
        "visit": household | {"worker": worker, "grid": GRID_1, "outcome": "met", "started_at": TIME},
        "case": household
        | {"item": "permit", "item_version": 1, "state": "entrusted", "captured_at": TIME}
        | {"applicant_name": "人", "holder": worker, "first_contact": worker},
        "task": household | {"title": "事", "holder": worker},
        "request": household | {"text": "事", "worker": worker, "asked_at": TIME},
        "reading": {
            "subject": resident_id(GRID_1, 0, 0),
            "field": "phone",
            "worker": worker,
            "read_at": TIME,
        },
        "rota": {"day": "2026-12-01", "window": [worker]},
        "assignment": {"worker": worker, "grid": GRID_1, "from_day": "2026-11-23", "to_day": "2026-11-24"},
        "day-signature": {"day": "2026-11-23", "outgoing": worker, "signed_at": TIME},
    }
    return of_kind.get(kind, {"key": "x", "definition": {}, "name": "x", "role": "worker"})


@pytest.mark.parametrize("number", range(40))
def test_operations_of_every_kind_with_any_content(village: TinyVillage, number: int) -> None:
    """Sound operations with up to two fields replaced by something that another field might hold."""
    drawn = random.Random(number)
    who = drawn.choice(["wang", "lead"])
    device = SyncDevice(village.client, who, lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    worker = device.worker["id"]
    known = [("household", household_id(GRID_1, 0)), ("resident", resident_id(GRID_1, 0, 0))]
    for _ in range(25):
        kind, record = drawn.choice(sorted(KINDS)), None
        parts: dict[str, Any] = {"action": "create"}
        if drawn.random() < 0.5:
            kind, record = drawn.choice(known)
            action = drawn.choice(["change", "change", "void"])
            parts = {"record": record, "action": action, "reason": "登记错了"}
        names = [*KINDS[kind].types, *(f"{family}/number" for family in KINDS[kind].families)]
        fields = {drawn.choice(names): drawn.choice((*LIKELY, worker)) for _ in range(drawn.randrange(3))}
        parts["seen"] = (
            {name: drawn.choice((None, *LIKELY)) for name in (*fields, "revision")} if record else {}
        )
        if drawn.random() < 0.2:
            name = drawn.choice(sorted(STRANGE))
            parts[name] = drawn.choice(STRANGE[name])
        sound = sound_fields(kind, worker) if record is None else {}
        operation = device.capture(**({"kind": kind, "fields": sound | fields} | parts))
        known.append((operation.kind, operation.record))
    outcomes = [entry["outcome"] for entry in device.push()]
    assert len(outcomes) == 25
    assert {"rejected"} < set(outcomes) <= {"applied", "merged", "conflict", "held", "rejected"}


def test_the_store_is_whole_after_all_that(village: TinyVillage) -> None:
    assert [fault.line() for fault in faults_of(village)] == []
