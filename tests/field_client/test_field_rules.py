"""The device's small rules, each by itself: what it keeps, forgets, rewrites, sees, and how it tries again."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from field_client.answers import typed_answers
from field_client.capture import clean, set_change
from field_client.errors import CallRefused, Refused, ServerBusy, Unreachable
from field_client.outbox import KEPT_MS, Outbox, rewritten
from field_client.record_copy import FeedEntry, Held, gone_counts, replaces
from field_client.search import initials, matches, search_text
from field_client.transport import Transport
from forms.definition import Field, FieldType, Form, Label, Option
from forms.problem import Problem
from sync.chain import digest_of, first_previous
from sync.protocol import OutcomeEntry, PushReply
from tests.field_client.field_world import Phone, TestTimes
from tests.server.sync_village import GRID_1, NOW_MS, VILLAGE, household_id

Make = Callable[..., Phone]
HOME = household_id(GRID_1, 0)


def row(home: str, version: int, revision: int) -> tuple[str, str, str, str, int, int, None, None, bytes]:
    return ("id", home, "household", "part", version, revision, None, None, b"{}")


def test_within_a_feed_the_version_decides_across_feeds_the_revision() -> None:
    held = Held("a", version=9, revision=4, part="p")
    assert replaces(held, row("a", 10, 4)) and not replaces(held, row("a", 9, 5))
    assert replaces(held, row("b", 1, 5)) and not replaces(held, row("b", 99, 4))


def test_a_departure_through_another_feed_needs_a_higher_revision() -> None:
    held = Held("a", version=9, revision=4, part="p")
    assert not gone_counts(held, "b", FeedEntry("id", 99, revision=4, gone=True))
    assert gone_counts(held, "b", FeedEntry("id", 1, revision=5, gone=True))
    assert gone_counts(held, "a", FeedEntry("id", 10, revision=4, gone=True))
    assert not gone_counts(held, "a", FeedEntry("id", 8, revision=4, gone=True))


def test_rewriting_changes_counter_and_previous_only() -> None:
    exact = '{"id":"x","counter":7,"previous":"old","fields":{"名":"值"},"later":{"b":1,"a":[2]}}'.encode()
    after = rewritten(exact, 2, "new")
    assert after == exact.replace(b'"counter":7', b'"counter":2').replace(b'"old"', b'"new"')


def test_everything_kept_is_rewritten_as_one_chain(phone: Make) -> None:
    wang = phone().enrol()
    ids = [wang.device.households.ask(VILLAGE, f"{number}").entry.id for number in range(4)]
    outbox = Outbox(wang.device.store)
    outbox.acknowledge(2, NOW_MS)
    assert outbox.rewrite("another") == 4
    entries = outbox.entries()
    assert [one.id for one in entries] == ids and {one.state for one in entries} == {"waiting"}
    previous = first_previous("another")
    for counter, entry in enumerate(entries, start=1):
        assert (entry.operation.counter, entry.operation.previous) == (counter, previous)
        previous = digest_of(entry.exact)
    assert outbox.chain("another").digest == previous


def test_only_old_confirmed_and_settled_operations_are_forgotten_and_the_chain_goes_on(phone: Make) -> None:
    wang = phone().enrol()
    device = wang.device.identity.device
    for number in range(5):
        wang.device.households.ask(VILLAGE, f"{number}")
    wang.device.sync()
    outbox = Outbox(wang.device.store)
    assert outbox.forget(5, NOW_MS + KEPT_MS, device) == 0
    outbox.take_outcomes([OutcomeEntry(counter=4, outcome="held")], 1)
    assert outbox.forget(5, NOW_MS + KEPT_MS + 1, device) == 3
    assert [one.counter for one in outbox.entries()] == [4, 5]
    assert outbox.digest_at(3, device) is not None and outbox.digest_at(2, device) is None
    wang.device.households.ask(VILLAGE, "以后")
    assert wang.device.sync().enrolled_anew == []


def test_an_acknowledgement_with_another_digest_counts_for_nothing(phone: Make) -> None:
    wang = phone().enrol()
    wang.device.households.ask(VILLAGE, "一")
    before = wang.device.identity.device

    def lie(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/push") and wang.device.identity.device == before:
            body = json.loads(wang.network.inner.handle_request(request).read())
            return httpx.Response(200, json={**body, "digest": "0" * 64}, request=request)
        return None

    wang.network.fault = lie
    report = wang.device.sync()
    assert len(report.enrolled_anew) == 1 and report.counts == {"applied": 1}


def test_a_gap_is_filled_from_where_the_server_is(phone: Make) -> None:
    wang = phone().enrol()
    for number in range(3):
        wang.device.households.ask(VILLAGE, f"{number}")
    Outbox(wang.device.store).acknowledge(2, NOW_MS)
    report = wang.device.sync()
    assert (report.counts, report.enrolled_anew) == ({"applied": 3}, [])


def test_seen_is_what_the_worker_saw_own_edits_included(phone: Make) -> None:
    wang = phone().enrol()
    first = wang.device.households.change(HOME, {"note": "长" * 200, "tags": ["b", "a"]}).entry.operation
    second = wang.device.households.change(
        HOME, {"note": "短", "tags": ["b", "c"], "name": "001组0户"}
    ).entry.operation
    assert first.seen == {"note": None} and first.fields["tags"] == {"add": ["a", "b"]}
    assert str(second.seen["note"]).startswith("sha256:") and second.fields["tags"] == {
        "add": ["c"],
        "remove": ["a"],
    }
    assert set(second.fields) == {"note", "tags"}
    void = wang.device.void("household", HOME, "登记重复").entry.operation
    assert void.seen == {"revision": 3}
    with pytest.raises(Refused, match="没有改动"):
        wang.device.households.change(household_id(GRID_1, 1), {"name": "001组1户"})


def test_what_may_not_travel_is_refused_or_replaced_at_capture(phone: Make) -> None:
    wang = phone().enrol()
    assert clean({"a": ["x\ud800y"]}) == {"a": ["x�y"]}
    for number in (1.5, 2**53):
        with pytest.raises(Refused):
            clean({"a": number})
    with pytest.raises(Refused) as refused:
        wang.device.create("request", VILLAGE, {"text": "字" * 30_000}, anyway=True)
    assert refused.value.problems[0].code == "operation-too-large"
    assert wang.device.outbox.counts() == {}


def test_sets_say_only_what_changed() -> None:
    assert set_change(["a", "b"], ["b", "c"]) == {"add": ["c"], "remove": ["a"]}
    assert set_change(["a"], {"add": ["a"]}) == {}


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [(503, {"Retry-After": "7"}, ServerBusy), (500, {}, ServerBusy), (403, {}, CallRefused)],
)
def test_refusals_are_told_apart(status: int, headers: dict[str, str], error: type[Exception]) -> None:
    document = {"type": "forbidden", "title": "没有这项操作的权限"}
    answer = httpx.MockTransport(lambda request: httpx.Response(status, headers=headers, json=document))
    transport = Transport("http://server", TestTimes(lambda: NOW_MS), inner=answer)
    with pytest.raises(error) as refused:
        transport.post("/push", b"{}", PushReply)
    if isinstance(refused.value, ServerBusy):
        assert refused.value.retry_after_seconds == (7.0 if headers else None)


def test_a_reply_that_is_none_of_this_protocol_is_no_reply() -> None:
    answer = httpx.MockTransport(lambda request: httpx.Response(200, text="<html>请登录无线网络</html>"))
    transport = Transport("http://server", TestTimes(lambda: NOW_MS), inner=answer)
    with pytest.raises(Unreachable):
        transport.post("/push", b"{}", PushReply)


def test_waiting_as_long_as_the_server_says_then_going_on(phone: Make) -> None:
    wang = phone().enrol()
    waited: list[float] = []
    wang.device._sleep = waited.append
    answers = [
        httpx.Response(503, headers={"Retry-After": "9"}, json={"type": "server-busy"}),
        httpx.Response(429, headers={"Retry-After": "3"}, json={"type": "slow-down"}),
    ]
    wang.network.fault = lambda request: answers.pop(0) if answers else None
    wang.device.sync()
    assert waited == [9.0, 3.0]


def test_pinyin_initials_hold_for_rare_characters() -> None:
    assert initials("沈建国") == "sjg" and initials("金敭") == "jy" and initials("A区3号") == "aq3h"
    text = search_text("household", {"name": "沈建国", "house_number": "3组12号", "phone": "139-0000-4321"})
    assert all(matches(text, query) for query in ("沈", "sjg", "12号", "4321", "沈 3组"))
    assert not matches(text, "王")


def test_typed_answers_follow_the_types_of_the_form() -> None:
    options = (Option(key="a", label=Label(zh="甲")), Option(key="b", label=Label(zh="乙")))
    kinds = {
        "t": FieldType.TEXT, "n": FieldType.NUMBER, "m": FieldType.MONEY, "y": FieldType.YES_NO,
        "i": FieldType.IDENTITY_NUMBER, "c": FieldType.CHOICE, "s": FieldType.MULTIPLE_CHOICE,
    }  # fmt: skip
    choices = {"c": options, "s": options}
    fields = [
        Field(key=key, type=kind, label=Label(zh=key), options=choices.get(key, ()))
        for key, kind in kinds.items()
    ]
    fields.append(Field(key="r", type=FieldType.REPEAT, label=Label(zh="r"), columns=tuple(fields[:3])))
    typed = {
        "t": "12", "n": "12", "m": "12.5元", "y": "是", "i": "33049919600202003x", "c": "乙", "s": "甲,b",
        "r/1/n": "3", "r/1/m": "-1", "z": "?",
    }  # fmt: skip
    assert typed_answers(Form(key="f", fields=tuple(fields)), typed) == {
        "t": "12", "n": 12, "m": 1250, "y": True, "i": "33049919600202003X", "c": "b", "s": ["a", "b"],
        "r/1/n": 3, "r/1/m": -100, "z": "?",
    }  # fmt: skip


def test_a_draft_survives_a_restart(phone: Make, tmp_path: Path) -> None:
    wang = phone().enrol()
    wang.device.visits.start(HOME)
    opened = wang.restart().visits.open_visit()
    assert opened is not None and opened.household == HOME
    wang.device.visits.finish({"outcome": "met"})
    assert wang.restart().visits.open_visit() is None and tmp_path.exists()


def test_what_nobody_has_to_settle_is_laid_over_no_more(phone: Make) -> None:
    wang = phone().enrol()
    for number in range(2):
        wang.device.households.ask(VILLAGE, f"{number}")
    wang.device.sync()
    outbox = Outbox(wang.device.store)
    with wang.device.store.transaction() as connection:
        connection.execute("UPDATE outbox SET laid = 1")
    entries = [
        OutcomeEntry(
            counter=counter,
            outcome="rejected",
            problems=[Problem(pointer="", code=code, message="", message_en="")],
        )
        for counter, code in ((1, "id-taken"), (2, "phone-form"))
    ]
    outbox.take_outcomes(entries, 0)
    assert [entry.laid for entry in outbox.entries()] == [False, True]
