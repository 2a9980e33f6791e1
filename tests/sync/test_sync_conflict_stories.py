"""Two people and one case: the first value stands, the other is offered, and a person chooses (protocol, Merge)."""

from datetime import date

from sync.apply import Applied, Outcome
from sync.record import Record
from tests.sync.memory_phone import Phone, village
from tests.sync.memory_world import GRID, VILLAGE, Intake

TODAY = date(2026, 11, 23)


class Counter:
    """A village with three workers who all have the same case, and a window on duty."""

    def __init__(self, item: str = "allowance", state: str = "registered") -> None:
        self.first, self.second, self.third = (Phone(f"phone-{n}", f"w{n}") for n in (1, 2, 3))
        self.window = Phone("desk-1", "w9")
        self.everybody = (self.first, self.second, self.third, self.window)
        self.intake, self.household = village(*self.everybody)
        self.intake.world.duty.add(("w9", VILLAGE, TODAY))
        self.case = self.first.create(
            "case",
            item=item,
            item_version=1,
            state=state,
            household=self.household,
            applicant_name="王敭",
            first_contact="w1",
            holder="w1",
            captured_at="2026-11-23T08:00:00Z",
            phone="13900000000",
        )
        self.first.push(self.intake)
        self.pull()

    def pull(self) -> None:
        for phone in self.everybody:
            phone.pull(self.intake)
            phone.later()

    def disagree(self) -> str:
        """Two phones captured offline: 1 pushes first; the id of the conflict that 2 opens."""
        self.first.change(self.case, phone="13800000001")
        self.second.change(self.case, phone="13800000002")
        assert self.first.push(self.intake)[0].outcome == Outcome.APPLIED
        applied = self.second.push(self.intake)[0]
        assert applied.outcome == Outcome.CONFLICT
        return applied.conflicts[0]

    def get(self, record: str) -> Record:
        found = self.intake.world.get(record)
        assert found is not None
        return found


def problems_of(applied: Applied) -> list[str]:
    return [problem.code for problem in applied.problems]


def test_the_first_value_stands_and_the_conflict_shows_all_three() -> None:
    at = Counter()
    conflict = at.get(at.disagree())
    case = at.get(at.case)
    assert case.values["phone"] == "13800000001"
    assert case.conflicts == [conflict.id]
    assert case.revision == 3
    assert conflict.values["seen"] == "13900000000"
    assert conflict.values["standing"] == "13800000001"
    assert conflict.values["standing_by"][:2] == ["phone-1", "w1"]
    assert [(offer["value"], offer["worker"]) for offer in conflict.values["offered"]] == [
        ("13800000002", "w2")
    ]
    assert (conflict.village, conflict.grid, conflict.holder) == (VILLAGE, GRID, "w1")


def test_where_only_some_fields_conflict_the_others_apply() -> None:
    at = Counter()
    at.first.change(at.case, phone="13800000001")
    at.second.change(at.case, phone="13800000002", note="带身份证")
    at.first.push(at.intake)
    applied = at.second.push(at.intake)[0]
    assert applied.outcome == Outcome.CONFLICT
    assert at.get(at.case).values["note"] == "带身份证"


def test_further_edits_of_the_opener_join_the_conflict() -> None:
    at = Counter()
    at.first.change(at.case, phone="13800000001")
    at.second.change(at.case, phone="13800000002")
    at.second.change(at.case, phone="13800000003")
    at.first.push(at.intake)
    opened, joined = at.second.push(at.intake)
    assert opened.conflicts == joined.conflicts
    conflict = at.get(opened.conflicts[0])
    assert [offer["value"] for offer in conflict.values["offered"]] == ["13800000003"]
    assert at.get(at.case).values["phone"] == "13800000001"


def test_a_third_party_joins_beside_the_others() -> None:
    at = Counter()
    at.third.change(at.case, phone="13800000003")
    opened = at.disagree()
    assert at.third.push(at.intake)[0].conflicts == [opened]
    offers = [(offer["device"], offer["value"]) for offer in at.get(opened).values["offered"]]
    assert offers == [("phone-2", "13800000002"), ("phone-3", "13800000003")]
    assert at.get(at.case).conflicts == [opened]


def test_whoever_saw_the_standing_value_may_change_it_and_the_conflict_follows() -> None:
    at = Counter()
    opened = at.disagree()
    at.pull()
    at.third.change(at.case, phone="13800000009")
    assert at.third.push(at.intake)[0].outcome == Outcome.APPLIED
    conflict = at.get(opened)
    assert conflict.values["standing"] == "13800000009"
    assert conflict.values["standing_by"][:2] == ["phone-3", "w3"]


def test_either_author_or_the_window_settles_and_the_case_gets_the_choice() -> None:
    for settler in ("second", "window"):
        at = Counter()
        opened = at.disagree()
        at.pull()
        phone: Phone = getattr(at, settler)
        phone.change(opened, choice={"value": "13800000002"})
        assert phone.push(at.intake)[0].outcome == Outcome.APPLIED
        case = at.get(at.case)
        assert (case.values["phone"], case.conflicts) == ("13800000002", [])
        assert case.clocks["phone"].device == phone.author.device
        assert at.get(opened).values["settled_by"] == phone.author.worker


def test_a_bystander_settles_nothing() -> None:
    at = Counter()
    opened = at.disagree()
    at.pull()
    at.third.change(opened, choice={"value": "13800000002"})
    assert problems_of(at.third.push(at.intake)[0]) == ["no-right"]
    assert at.get(at.case).values["phone"] == "13800000001"


def test_a_later_settlement_that_has_not_seen_the_first_says_by_whom() -> None:
    at = Counter()
    opened = at.disagree()
    at.pull()
    at.window.change(opened, choice={"value": "13800000002"})
    at.second.change(opened, choice={"value": "13800000001"})
    at.window.push(at.intake)
    late = at.second.push(at.intake)[0]
    assert problems_of(late) == ["already-settled"]
    assert "w9" in late.problems[0].message
    assert at.get(at.case).values["phone"] == "13800000002"


def test_a_settlement_that_was_seen_can_be_undone() -> None:
    at = Counter()
    opened = at.disagree()
    at.pull()
    at.window.change(opened, choice={"value": "13800000002"})
    at.window.push(at.intake)
    at.pull()
    at.second.change(opened, choice={"value": "13800000001"})
    assert at.second.push(at.intake)[0].outcome == Outcome.APPLIED
    assert at.get(at.case).values["phone"] == "13800000001"


def test_a_settlement_is_not_undone_under_a_newer_value_that_nobody_looked_at() -> None:
    at = Counter()
    opened = at.disagree()
    at.pull()
    at.window.change(opened, choice={"value": "13800000002"})
    at.window.push(at.intake)
    at.pull()
    at.second.change(opened, choice={"value": "13800000001"})
    at.third.change(at.case, phone="13800000009")
    at.third.push(at.intake)
    assert problems_of(at.second.push(at.intake)[0]) == ["changed-since-settled"]
    assert at.get(at.case).values["phone"] == "13800000009"


def test_a_choice_is_of_the_fields_own_type() -> None:
    at = Counter()
    opened = at.disagree()
    at.pull()
    for choice, code in (
        ({"value": ["13800000001"]}, "wrong-type"),
        ({}, "wrong-type"),
        ("13800000001", "wrong-type"),
        (None, "wrong-type"),
    ):
        phone = Phone(f"phone-{choice}", "w1")
        phone.pull(at.intake)
        phone.change(opened, choice=choice)
        assert problems_of(phone.push(at.intake)[0]) == [code]


def test_two_different_moves_from_one_state_are_a_conflict() -> None:
    at = Counter("permit", "entrusted")
    at.first.change(at.case, state="received")
    at.window.change(at.case, state="withdrawn", reason="本人撤回")
    assert at.first.push(at.intake)[0].outcome == Outcome.APPLIED
    applied = at.window.push(at.intake)[0]
    assert applied.outcome == Outcome.CONFLICT
    conflict = at.get(applied.conflicts[0])
    assert (conflict.values["field"], conflict.values["seen"]) == ("state", "entrusted")
    at.pull()
    at.window.change(conflict.id, choice={"value": "archived"})
    assert problems_of(at.window.push(at.intake)[0]) == ["not-offered"]
    at.first.change(conflict.id, choice={"value": "withdrawn"})
    at.first.push(at.intake)
    assert at.get(at.case).values["state"] == "withdrawn"


def test_the_same_move_twice_agrees() -> None:
    at = Counter("permit", "entrusted")
    at.first.change(at.case, state="received")
    at.window.change(at.case, state="received")
    assert at.first.push(at.intake)[0].outcome == Outcome.APPLIED
    assert at.window.push(at.intake)[0].outcome == Outcome.MERGED


def test_a_void_conflict_settled_for_the_void_takes_the_case_back() -> None:
    for reason in ("重复", None):
        at = Counter()
        at.first.change(at.case, phone="13800000001")
        at.second.void(at.case, "重复")
        at.first.push(at.intake)
        opened = at.second.push(at.intake)[0].conflicts[0]
        at.pull()
        at.second.change(opened, choice={"value": reason})
        assert at.second.push(at.intake)[0].outcome == Outcome.APPLIED
        assert (at.get(at.case).void is not None) == (reason is not None)


def hand_over(at: Counter, phone: Phone, receiver: str) -> Applied:
    entry = {"giver": "w1", "receiver": receiver, "reason": "请假", "at": "2026-11-23T08:10:00Z"}
    phone.change(at.case, holder=receiver, handovers=[entry])
    return phone.push(at.intake)[0]


def test_two_handovers_that_did_not_know_of_each_other_are_a_conflict() -> None:
    at = Counter()
    at.first.change(at.case, note="x")  # a pending edit of another field does not matter
    entry = {"giver": "w1", "receiver": "w3", "reason": "转交", "at": "2026-11-23T08:11:00Z"}
    at.window.change(at.case, holder="w3", handovers=[entry])
    assert hand_over(at, at.first, "w2").outcome == Outcome.APPLIED
    applied = at.window.push(at.intake)[0]
    assert applied.outcome == Outcome.CONFLICT
    assert len(applied.conflicts) == 2


def test_a_handover_takes_the_conflicts_of_the_case_along_and_so_does_a_settled_one() -> None:
    at = Counter()
    about_phone = at.disagree()
    at.pull()
    assert hand_over(at, at.first, "w2").outcome == Outcome.APPLIED
    assert at.get(at.case).holder == "w2"
    assert at.get(about_phone).holder == "w2"


def test_a_settled_conflict_about_the_holder_puts_the_case_into_that_hand() -> None:
    at = Counter()
    entry = {"giver": "w1", "receiver": "w3", "reason": "转交", "at": "2026-11-23T08:11:00Z"}
    at.window.change(at.case, holder="w3", handovers=[entry])
    hand_over(at, at.first, "w2")
    opened = at.window.push(at.intake)[0].conflicts
    at.pull()
    about_holder = next(one for one in opened if at.get(one).values["field"] == "holder")
    at.window.change(about_holder, choice={"value": "w3"})
    at.window.push(at.intake)
    assert (at.get(at.case).values["holder"], at.get(at.case).holder) == ("w3", "w3")
    assert all(at.get(one).holder == "w3" for one in opened)


def duplicates(intake: Intake) -> list[Record]:
    return [record for record in intake.world.records().values() if record.kind == "duplicate"]


def ask(phone: Phone, resident: str, hospital: str) -> str:
    return phone.create(
        "case",
        item="permit",
        item_version=1,
        state="entrusted",
        resident=resident,
        first_contact=phone.author.worker,
        captured_at="2026-11-23T08:00:00Z",
        answers__hospital=hospital,
    )


def test_the_same_matter_captured_twice_stands_twice_and_is_flagged_once() -> None:
    first, second = Phone("phone-1", "w1"), Phone("phone-2", "w2")
    intake, household = village(first, second)
    resident = first.create("resident", household=household, name="王")
    first.sync(intake)
    second.pull(intake)
    one, other = ask(first, resident, "海宁市人民医院"), ask(second, resident, "海宁市 人民医院")
    first.push(intake)
    second.push(intake)
    flagged = duplicates(intake)
    assert [{record.values["first"], record.values["second"]} for record in flagged] == [{one, other}]
    assert flagged[0].values["workers"] == ["w1", "w2"]
    assert all(intake.world.get(case) is not None for case in (one, other))
    second.pull(intake)
    second.change(flagged[0].id, decision="separate")
    assert second.push(intake)[0].outcome == Outcome.APPLIED
    first.pull(intake)
    first.change(one, note="再看一次")
    first.push(intake)
    assert [record.values["decision"] for record in duplicates(intake)] == ["separate"]


def test_two_hospital_stays_are_two_matters() -> None:
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    resident = phone.create("resident", household=household, name="王")
    ask(phone, resident, "海宁市人民医院")
    ask(phone, resident, "海宁市中医院")
    phone.push(intake)
    assert duplicates(intake) == []


def test_a_bystander_neither_links_nor_separates() -> None:
    first, third = Phone("phone-1", "w1"), Phone("phone-3", "w3")
    intake, household = village(first, third)
    resident = first.create("resident", household=household, name="王")
    ask(first, resident, "海宁市人民医院")
    ask(first, resident, "海宁市人民医院")
    first.push(intake)
    third.pull(intake)
    third.change(duplicates(intake)[0].id, decision="linked")
    assert problems_of(third.push(intake)[0]) == ["no-right"]


def test_the_opener_stays_the_first_offer_whoever_joins() -> None:
    at = Counter()
    at.third.change(at.case, phone="13800000003")
    opened = at.disagree()
    at.third.push(at.intake)
    at.second.copy |= {opened: at.get(opened)}
    at.second.change(at.case, phone="13800000004")
    at.third.change(at.case, phone="13800000005")
    assert at.second.push(at.intake)[0].conflicts == [opened]
    assert at.third.push(at.intake)[0].conflicts == [opened]
    offers = [(offer["device"], offer["value"]) for offer in at.get(opened).values["offered"]]
    assert offers == [("phone-2", "13800000004"), ("phone-3", "13800000005")]
