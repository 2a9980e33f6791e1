"""The vectors that every implementation passes, passed by this one (docs/protocol.md, Conformance)."""

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forms.catalogue import Catalogue
from sync.chain import chain, digest_of, first_previous
from sync.clock import (
    adopted,
    capped,
    corrected_ms,
    is_clock,
    moment_ms,
    next_reading,
    parse_clock,
    set_back,
)
from sync.errors import Unreadable
from sync.field_checks import cleared_problems, field_problems, strange_moments
from sync.kinds import KINDS
from sync.merge import merge_change, merge_void
from sync.operation import (
    OPERATION_BYTES_MAX,
    Operation,
    raw_form,
    read_operation,
    replace_surrogates,
)
from sync.overlay import Overlay
from sync.protocol import PushRequest
from sync.record import Record, Stamp, parent_of, part_of, record_bytes, seen_form
from sync.scope import part_in_scope
from sync.statehash import hash_text, part_hash, record_hash
from sync.world import Author
from tests.sync.rules_world import judged

FOLDER = Path(__file__).parent.parent / "vectors"


def vectors(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


CLOCK, OPERATIONS, MERGE = vectors("clock"), vectors("operations"), vectors("merge")
STATE_HASH, SCOPE, OVERLAY = vectors("state_hash"), vectors("scope"), vectors("overlay")
FIELDS, RULES = vectors("fields"), vectors("rules")


def test_clock_readings() -> None:
    for case in CLOCK["readings"]:
        assert str(next_reading(parse_clock(case["last"]), case["now_ms"])) == case["next"]
    for case in CLOCK["adoption"]:
        found = adopted(parse_clock(case["last"]), parse_clock(case["other"]), case["now_ms"])
        assert str(found) == case["adopted"]
    for case in CLOCK["setting_back"]:
        assert str(set_back(parse_clock(case["last"]), case["server_ms"])) == case["after"]
    for case in CLOCK["capping"]:
        assert capped(case["clock"], case["receipt_ms"]) == case["counts_as"]


def test_clock_texts() -> None:
    assert all(map(is_clock, CLOCK["valid"]))
    assert not any(map(is_clock, CLOCK["invalid"]))
    assert [str(parse_clock(text)) for text in CLOCK["valid"]] == CLOCK["valid"]
    assert sorted(CLOCK["in_order"]) == CLOCK["in_order"] == sorted(CLOCK["in_order"], key=parse_clock)
    for case in CLOCK["moments"]:
        assert moment_ms(case["text"]) == case["unix_ms"]
    for case in CLOCK["corrected"]:
        assert corrected_ms(case["said_ms"], case["offset_ms"]) == case["corrected_ms"]


def test_the_digest_chain() -> None:
    exact = [case["exact"].encode() for case in OPERATIONS["chain"]]
    names = [case["previous"] for case in OPERATIONS["chain"]] + [OPERATIONS["chain"][-1]["digest"]]
    assert chain(OPERATIONS["device"], exact) == names
    assert names[0] == hashlib.sha256(OPERATIONS["device"].encode()).hexdigest()
    assert first_previous(OPERATIONS["device"]) == names[0]
    for case in OPERATIONS["chain"]:
        arrived = read_operation(case["exact"].encode())
        assert (arrived.fault, arrived.previous, arrived.digest) == (None, case["previous"], case["digest"])
        assert arrived.operation is not None


def test_exact_bytes_are_cut_out_of_the_body_as_they_came() -> None:
    for case in OPERATIONS["cut"]:
        found = msgspec.json.decode(case["body"].encode(), type=PushRequest).operations
        assert [bytes(one).decode() for one in found] == case["operations"]


@pytest.mark.parametrize("case", OPERATIONS["faults"], ids=lambda case: case["why"])
def test_a_faulty_operation_keeps_its_place_and_its_digest(case: dict[str, str]) -> None:
    arrived = read_operation(case["exact"].encode())
    assert (arrived.counter, arrived.fault, arrived.digest) == (10, case["fault"], case["digest"])


def test_what_can_be_read_of_an_operation() -> None:
    for case in OPERATIONS["no_faults"]:
        assert read_operation(case["exact"].encode()).fault is None, case["why"]
    for case in OPERATIONS["place_only"]:
        arrived = read_operation(case["exact"].encode())
        assert (arrived.operation, arrived.counter) == (None, 10), case["why"]
        assert arrived.fault
    for case in OPERATIONS["unreadable"]:
        with pytest.raises(Unreadable):
            read_operation(case["exact"].encode())


def test_the_raw_form_is_always_taken_in() -> None:
    raw = OPERATIONS["raw"]
    sent = raw["sent"].encode()
    assert raw_form(raw["counter"], raw["exact"].encode()) == sent
    arrived = read_operation(sent)
    assert arrived.exact == raw["exact"].encode()
    assert (arrived.counter, arrived.digest) == (raw["counter"], raw["digest"])
    assert (arrived.operation, arrived.previous, digest_of(arrived.exact)) == (None, None, raw["digest"])
    assert OPERATIONS["operation_bytes_max"] == OPERATION_BYTES_MAX


def test_lone_surrogates_are_replaced_at_capture() -> None:
    for case in OPERATIONS["surrogates"]:
        units = b"".join(unit.to_bytes(2, "little") for unit in case["typed_utf16"])
        assert replace_surrogates(units.decode("utf-16-le", "surrogatepass")) == case["stored"]


@pytest.mark.parametrize("case", MERGE["cases"], ids=lambda case: case["name"])
def test_merging(case: dict[str, Any]) -> None:
    record = msgspec.convert(case["record"], Record)
    operation = msgspec.convert(case["operation"], Operation)
    stamp = Stamp(operation.clock, case["device"])
    if operation.action == "void":
        merged = merge_void(record, operation, case["worker"], stamp)
    else:
        merged = merge_change(record, operation, stamp, frozenset(case["contested"]))
    assert record == msgspec.convert(case["after"], Record)
    assert msgspec.to_builtins(merged) == {
        name: case[name] for name in ("others_changed", "overruled", "disagreements", "set_fields")
    }


def test_values_as_seen() -> None:
    for case in MERGE["seen_forms"]:
        assert seen_form(case["value"]) == case["seen"]


@pytest.mark.parametrize("story", OVERLAY["stories"], ids=lambda story: story["name"])
def test_overlay(story: dict[str, Any]) -> None:
    copy = {record["id"]: msgspec.convert(record, Record) for record in story["copy"]}
    overlay = Overlay(
        copy.get,
        lambda parent: [record for record in copy.values() if parent_of(record) == parent],
        msgspec.convert(OVERLAY["catalogue"], Catalogue),
        lambda device: OVERLAY["worker"] if device == OVERLAY["device"] else None,
    )
    author = Author(OVERLAY["device"], OVERLAY["worker"], "worker", "")
    changed = overlay.lay(msgspec.convert(story["pending"], list[Operation]), author, OVERLAY["now_ms"])
    shown = [json.loads(record_bytes(record)) for _, record in sorted(changed.items())]
    assert shown == story["changed"]
    assert [json.loads(record_bytes(record)) for record in copy.values()] == story["copy"]


def test_state_hashes() -> None:
    for case in STATE_HASH["records"]:
        assert hash_text(record_hash(case["id"], case["version"])) == case["hash"]
    for case in STATE_HASH["parts"]:
        assert hash_text(part_hash((record, version) for record, version in case["records"])) == case["hash"]


def test_scope() -> None:
    for case in SCOPE["parts"]:
        whole = {
            "id": "r",
            "village": "v",
            "by": "w",
            "created": ["", ""],
            "origin": ["", 1],
            "values": {},
        } | {name: case[name] for name in ("kind", "grid")}
        assert part_of(msgspec.convert(whole, Record)) == case["part"], case["why"]
    for case in SCOPE["cases"]:
        counted = part_in_scope(
            case["part"], case["holder"], case["granted"], frozenset(case["grids"]), case["worker"]
        )
        assert counted == case["counts_as"], case["why"]


@pytest.mark.parametrize("case", FIELDS["cases"], ids=lambda case: case["why"])
def test_fields(case: dict[str, Any]) -> None:
    kind, fields = KINDS[case["kind"]], case["fields"]
    found = [
        *field_problems(kind, fields),
        *cleared_problems(kind, fields, creating=case["action"] == "create"),
        *strange_moments(kind, fields),
    ]
    assert msgspec.to_builtins(found) == case["problems"]


@pytest.mark.parametrize("case", RULES["cases"], ids=lambda case: case["why"])
def test_rules(case: dict[str, Any]) -> None:
    verdict = judged(RULES["world"], case)
    assert msgspec.to_builtins(verdict.problems) == case["problems"]
    assert msgspec.to_builtins(verdict.remarks) == case["remarks"]
    assert verdict.waits_for is None
