"""The bytes are the truth: cut, kept and hashed as they came; order is proven, and nothing blocks the queue."""

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.apply import Outcome
from sync.chain import digest_of
from sync.cursor import START, cursor_text, cursor_version
from sync.errors import CursorExpired, HistoryForked, OperationsMissing, TooLarge, Unreadable, WrongCounter
from sync.operation import (
    OPERATION_BYTES_MAX,
    Operation,
    exact_bytes,
    raw_form,
    read_operation,
    replace_surrogates,
)
from sync.protocol import PushRequest
from sync.statehash import EMPTY, part_hash, record_hash
from tests.sync.memory_phone import Phone, village

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
SOUND = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
SPACES = st.text(" \n\r\t", max_size=3)
WHOLE: dict[str, Any] = {
    "id": "0192f6c5-0000-7000-8000-000000000001",
    "format": 1,
    "counter": 1,
    "previous": "0" * 64,
    "clock": "2026-11-23T08:00:00.000Z/0000",
    "offset_ms": 0,
    "kind": "household",
    "record": "0192f6c5-0000-7000-8000-000000000001",
    "village": "330481106222",
    "action": "create",
}


def written(value: Any, spaces: Any, escape: bool) -> str:
    """JSON with blanks wherever JSON allows them."""
    if isinstance(value, dict):
        members = [
            f"{spaces()}{json.dumps(key, ensure_ascii=escape)}{spaces()}:{written(member, spaces, escape)}"
            for key, member in value.items()
        ]
        return spaces() + "{" + (",".join(members) or spaces()) + "}" + spaces()
    if isinstance(value, list):
        return spaces() + "[" + ",".join(written(member, spaces, escape) for member in value) + "]" + spaces()
    return str(spaces()) + json.dumps(value, ensure_ascii=escape) + str(spaces())


@settings(max_examples=40)
@given(st.data(), st.lists(st.dictionaries(TEXT, SOUND, max_size=3), min_size=1, max_size=3), st.booleans())
def test_exact_bytes_keep_their_digest_in_whatever_they_come_wrapped(
    data: st.DataObject, strange: list[dict[str, Any]], escape: bool
) -> None:
    def spaces() -> str:
        return data.draw(SPACES)

    exact = [
        written(more | WHOLE | {"counter": place, "fields": more}, spaces, escape).strip(" \n\r\t").encode()
        for place, more in enumerate(strange, 1)
    ]
    around = (
        b'{"newer":[{"operations":[]}],"operations":[ ' + b" ,\n".join(exact) + b' ] ,"newest":{"a":"]"}}'
    )
    found = [read_operation(bytes(raw)) for raw in msgspec.json.decode(around, type=PushRequest).operations]
    assert [arrived.exact for arrived in found] == exact
    assert [arrived.digest for arrived in found] == [digest_of(one) for one in exact]
    for arrived, more in zip(found, strange, strict=True):
        assert arrived.fault is None
        assert arrived.operation is not None
        assert arrived.operation.fields == more


@given(st.dictionaries(TEXT, SOUND, max_size=4))
def test_what_our_devices_write_is_read_back_without_fault(fields: dict[str, Any]) -> None:
    operation = msgspec.convert(WHOLE | {"fields": fields}, Operation)
    arrived = read_operation(exact_bytes(operation))
    assert (arrived.operation, arrived.fault) == (operation, None)


@given(
    st.sampled_from(["1.5", "1e3", "-0.0", "9007199254740992", "-9007199254740992", "18446744073709551616"]),
    st.integers(0, 20),
)
def test_a_number_that_javascript_would_change_is_a_fault_at_any_depth(number: str, depth: int) -> None:
    nested = "[" * depth + number + "]" * depth
    for place in ("fields", "seen"):
        text = json.dumps(WHOLE, separators=(",", ":"))[:-1] + f',"{place}":{{"a":{nested}}}}}'
        assert read_operation(text.encode()).fault is not None


@pytest.mark.parametrize("depth", [33, 500, 900, 2000, 30000])
def test_nesting_breaks_neither_the_server_nor_the_queue(depth: int) -> None:
    text = json.dumps(WHOLE)[:-1] + ',"fields":{"a":' + "[" * depth + "]" * depth + "}}"
    try:
        arrived = read_operation(text.encode())
    except Unreadable:
        arrived = read_operation(raw_form(1, text.encode()))
    assert arrived.counter == 1
    assert arrived.fault is not None


def test_an_operation_over_the_limit_is_refused_at_capture_and_taken_in_raw() -> None:
    operation = msgspec.convert(WHOLE | {"fields": {"note": "敭" * (OPERATION_BYTES_MAX // 3)}}, Operation)
    with pytest.raises(TooLarge):
        exact_bytes(operation)
    exact = msgspec.json.encode(operation)
    with pytest.raises(TooLarge):
        read_operation(exact)
    arrived = read_operation(raw_form(1, exact))
    assert (arrived.exact, arrived.counter) == (exact, 1)


def test_a_lone_surrogate_is_refused_unless_it_was_replaced() -> None:
    typed = "a\ud83d"
    with pytest.raises(Unreadable):
        exact_bytes(msgspec.convert(WHOLE | {"fields": {"note": typed}}, Operation))
    fields = {"note": replace_surrogates(typed)}
    assert exact_bytes(msgspec.convert(WHOLE | {"fields": fields}, Operation))


@given(st.text(max_size=10))
def test_replacing_surrogates_leaves_utf8_and_touches_nothing_else(text: str) -> None:
    replaced = replace_surrogates(text)
    replaced.encode()
    if not any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        assert replaced == text


def test_raw_bytes_that_are_no_base64_are_unreadable() -> None:
    for raw in (
        '{"counter":1,"raw":"@@"}',
        '{"counter":1,"raw":"户"}',
        '{"counter":1,"raw":5}',
        '{"raw":"aGk="}',
    ):
        with pytest.raises(Unreadable):
            read_operation(raw.encode())
    inner = base64.b64encode(b"\xff\xfe").decode()
    assert read_operation(f'{{"counter":1,"raw":"{inner}"}}'.encode()).exact == b"\xff\xfe"


def three_operations() -> tuple[Phone, Any]:
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    for note in ("一", "二", "三"):
        phone.change(household, note=note)
    return phone, intake


def test_pushing_again_changes_nothing_and_tells_the_same() -> None:
    phone, intake = three_operations()
    first = intake.push(phone.author, phone.captured)
    before, versions = dict(intake.world.bodies), dict(intake.world.versions)
    assert intake.push(phone.author, phone.captured) == first
    assert intake.push(phone.author, phone.captured[1:]) == first[1:]
    assert (intake.world.bodies, intake.world.versions) == (before, versions)


def test_the_same_operations_under_a_new_identity_change_nothing() -> None:
    """Enrolled anew after a fork: same ids, new counters and previous."""
    phone, intake = three_operations()
    outcomes = intake.push(phone.author, phone.captured)
    before = dict(intake.world.bodies)
    again = Phone("phone-1b", "w1")
    for exact in phone.captured:
        old = msgspec.json.decode(exact)
        again.capture(**{name: old[name] for name in old if name not in ("counter", "previous")})
    assert again.push(intake) == outcomes
    assert intake.world.bodies == before


def test_a_gap_says_where_to_go_on() -> None:
    phone, intake = three_operations()
    intake.push(phone.author, phone.captured[:1])
    with pytest.raises(OperationsMissing) as missing:
        intake.push(phone.author, phone.captured[2:])
    assert (missing.value.acknowledged, missing.value.digest) == (1, digest_of(phone.captured[0]))
    assert [applied.outcome for applied in intake.push(phone.author, phone.captured[1:])] == [
        Outcome.APPLIED
    ] * 2


def test_a_clone_and_a_skipped_counter_are_noticed() -> None:
    phone, intake = three_operations()
    intake.push(phone.author, phone.captured[:2])
    clone = Phone("phone-1", "w1")
    clone.pull(intake)
    record = next(iter(intake.world.bodies))
    clone.change(record, note="别的")
    with pytest.raises(HistoryForked):
        intake.push(clone.author, clone.captured)
    with pytest.raises(WrongCounter):
        intake.push(phone.author, [phone.captured[0], phone.captured[2]])
    altered = phone.captured[2].replace(b"\xe4\xb8\x89", b"\xe4\xba\x94")
    intake.push(phone.author, [altered])
    with pytest.raises(HistoryForked):
        intake.push(phone.author, phone.captured[2:])


@given(st.text(min_size=1, max_size=12), st.integers(0, 2**53), st.integers(0, 99), st.integers(0, 99))
def test_a_cursor_comes_back_as_it_went(epoch: str, version: int, before: int, after: int) -> None:
    text = cursor_text(epoch, version)
    assert cursor_version(text, epoch, version + after, version - before) == version
    for newest, oldest in ((version - 1, 0), (version + 9, version + 1)):
        with pytest.raises(CursorExpired):
            cursor_version(text, epoch, newest, oldest)
    with pytest.raises(CursorExpired):
        cursor_version(text, epoch + "x", version, version)


@pytest.mark.parametrize("text", [START, "e", "e.", "e.-1", "e.1.5", "e.x", ".", "e." + "9" * 5000])
def test_what_is_no_cursor_is_expired(text: str) -> None:
    with pytest.raises(CursorExpired):
        cursor_version(text, "e", 10, 0)


@given(st.dictionaries(st.uuids().map(str), st.integers(1, 2**53), max_size=8), st.randoms())
def test_a_state_hash_does_not_depend_on_the_order(records: dict[str, int], random: Any) -> None:
    pairs = list(records.items())
    whole = part_hash(pairs)
    random.shuffle(pairs)
    assert part_hash(pairs) == whole
    kept = EMPTY
    for record, version in pairs:  # kept up to date record by record, as a store does
        kept ^= record_hash(record, version - 1)
        kept ^= record_hash(record, version - 1) ^ record_hash(record, version)
    assert kept == whole
