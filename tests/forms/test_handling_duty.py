"""First contact, formal handover, withdrawal and supplements: who has a case in hand, and what must be said."""

from datetime import UTC, date, datetime

import pytest

from forms.handling.calendar import published_calendar
from forms.handling.case_clock import pauses_of
from forms.handling.clocks import PauseKind
from forms.handling.duty import (
    Fields,
    capacities,
    check_duty,
    first_contact,
    hand_over,
    has_held,
    responsible,
)
from forms.handling.interruptions import (
    answer_supplement,
    ask_supplement,
    check_pauses,
    go_on,
    still_missing,
    stop_clock,
    withdraw,
)
from forms.handling.states import Actor

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)
HOLDER = frozenset({Actor.WORKER})
TOWN = frozenset({Actor.TOWN_CLERK})


def codes(values: Fields, fields: Fields, actors: frozenset[Actor] = HOLDER) -> list[str]:
    return [problem.code for problem in check_duty(values, fields, actors)]


def test_who_is_asked_first_is_responsible_until_it_is_handed_over() -> None:
    case = first_contact("甲")
    assert responsible(case) == "甲"
    assert responsible({"first_contact": "甲"}) == "甲"
    case |= hand_over(case, "乙", "甲休假", AT)
    assert responsible(case) == "乙"
    assert case["first_contact"] == "甲"
    assert case["handovers"] == [{"giver": "甲", "receiver": "乙", "reason": "甲休假", "at": AT.isoformat()}]


def test_what_was_done_before_a_handover_still_counts_as_the_holders() -> None:
    case = first_contact("甲")
    case |= hand_over(case, "乙", "甲休假", AT)
    case |= hand_over(case, "丙", "乙外出", LATER)
    assert [has_held(case, worker) for worker in "甲乙丙丁"] == [True, True, True, False]
    assert capacities(case, "乙") == {Actor.WORKER}
    assert capacities(case, "丁") == frozenset()
    assert capacities(case, "丁", on_duty=True) == {Actor.WINDOW}
    assert capacities(case, "镇", town_clerk=True) == {Actor.TOWN_CLERK}


def test_a_handover_in_order_passes_and_each_fault_is_named() -> None:
    case = first_contact("甲")
    good = hand_over(case, "乙", "甲休假", AT)
    assert codes(case, good) == []
    assert codes(case, {"holder": "乙"}) == ["handover-required"]
    assert codes(case, hand_over(case, "乙", "  ", AT)) == ["handover-reason"]
    assert codes(case, hand_over(case, "甲", "甲休假", AT)) == ["same-holder"]
    assert codes(case, good | {"holder": "丙"}) == ["handover-required"]
    assert codes(case, good, TOWN) == ["wrong-actor"]
    assert codes(case, hand_over(case, "甲", "", AT), TOWN) == ["wrong-actor", "same-holder"]


def test_past_handovers_are_not_rewritten() -> None:
    case = first_contact("甲")
    case |= hand_over(case, "乙", "甲休假", AT)
    forged = hand_over(case, "丙", "乙外出", LATER)
    forged["handovers"][0] = {**forged["handovers"][0], "reason": "另一个原因"}
    assert codes(case, forged) == ["handover-changed"]
    assert codes(
        case, {"holder": "丙", "handovers": [hand_over(case, "丙", "原因", LATER)["handovers"][1]]}
    ) == ["handover-changed"]


@pytest.mark.parametrize(
    "state", ["withdrawn", "not_accepted", "refused", "terminated", "transferred", "supplementing"]
)
def test_such_states_need_a_reason(state: str) -> None:
    for reason in ({}, {"reason": ""}, {"reason": " "}, {"reason": None}):
        assert codes({}, {"state": state, **reason}) == ["reason-required"]
    assert codes({}, {"state": state, "reason": "材料不符"}) == []
    assert codes({}, {"state": "received"}) == []


def test_a_supplement_stops_the_clock_until_it_is_answered() -> None:
    case: Fields = {"state": "processing", "materials/id-card": "copy", "materials/photo": "photo"}
    asked = ask_supplement(case, ["photo"], "照片不清", AT)
    assert asked["state"] == "supplementing"
    assert codes(case, asked, TOWN) == []
    case |= asked
    assert still_missing(case, {}) == ["photo"]
    (pause,) = pauses_of(case)
    assert pause.stops(date(2026, 11, 24))
    assert pause.ends is None
    answer = answer_supplement(case, LATER) | {"materials/photo": "original_seen"}
    assert still_missing(case, answer) == []
    case |= answer
    assert case["state"] == "processing"
    (pause,) = pauses_of(case)
    assert (pause.begins, pause.ends) == (date(2026, 11, 23), date(2026, 11, 30))
    stopped = [day for day in range(20, 31) if pause.stops(date(2026, 11, day))]
    assert stopped == [24, 25, 26, 27, 28, 29, 30]
    assert published_calendar().is_working_day(date(2026, 11, 30))


def test_asking_leaves_the_case_as_it_was_until_it_is_applied() -> None:
    case: Fields = {"pauses": [{"reason": "supplement", "start": AT.isoformat()}]}
    answer_supplement(case, LATER)
    withdraw(case, "不办了", LATER)
    assert case == {"pauses": [{"reason": "supplement", "start": AT.isoformat()}]}


def test_each_kind_of_pause_ends_by_itself() -> None:
    case = stop_clock({}, PauseKind.PUBLIC_NOTICE, AT)
    assert go_on(case, PauseKind.EXPERT_REVIEW, LATER) == {}
    case |= stop_clock(case, PauseKind.EXPERT_REVIEW, AT)
    case |= go_on(case, PauseKind.PUBLIC_NOTICE, LATER)
    assert [pause.ends for pause in pauses_of(case)] == [date(2026, 11, 30), None]


def test_a_withdrawal_says_why_and_ends_the_pause() -> None:
    case = stop_clock({}, PauseKind.SUPPLEMENT, AT)
    fields = withdraw(case, "申请人改到外地办理", LATER)
    assert fields["state"] == "withdrawn"
    assert fields["pauses"] == [{**case["pauses"][0], "end": LATER.isoformat()}]
    assert codes(case, fields) == []
    assert "pauses" not in withdraw({}, "不办了", AT)
    assert codes({}, withdraw({}, "", AT)) == ["reason-required"]


def test_pauses_that_cannot_be_are_named() -> None:
    begun = {"reason": "supplement", "start": AT.isoformat()}
    assert check_pauses({"pauses": [begun]}) == []
    assert check_pauses({}) == []
    reversed_pause = {"reason": "supplement", "start": LATER.isoformat(), "end": AT.isoformat()}
    found = check_pauses({"pauses": [reversed_pause, begun, begun]})
    assert [(problem.pointer, problem.code) for problem in found] == [
        ("/pauses/0", "pause-order"),
        ("/pauses/2", "pause-open-twice"),
    ]
    assert found[0].message == "补正的结束早于开始"
