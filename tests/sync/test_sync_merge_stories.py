"""Two people and one record: what stands, what is kept beside it, and what is never lost (protocol, Merge)."""

from sync.apply import Outcome
from sync.record import LONG_TEXT_BYTES, SEEN_DIGEST, Stamp
from tests.sync.memory_phone import Phone, village
from tests.sync.memory_world import GRID, MINUTE_MS


def two_phones() -> tuple[Phone, Phone]:
    """Two workers of the same grid; the second captures a minute later."""
    first, second = Phone("phone-1", "w1"), Phone("phone-2", "w2")
    second.later()
    return first, second


def test_ones_own_chain_of_offline_edits_never_conflicts_with_itself() -> None:
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    for number in ("13800000001", "13800000002", "13800000003"):
        phone.change(household, phone=number)
    assert [applied.outcome for applied in phone.sync(intake)] == [Outcome.APPLIED] * 3
    assert phone.see(household).values["phone"] == "13800000003"
    assert phone.see(household).revision == 4


def test_the_later_clock_wins_whoever_arrives_first() -> None:
    for reverse in (False, True):
        early, late = two_phones()
        intake, household = village(early, late)
        early.change(household, phone="13800000001")
        late.change(household, phone="13800000002")
        order = [late, early] if reverse else [early, late]
        outcomes = {phone.author.device: phone.push(intake)[0] for phone in order}
        record = intake.world.get(household)
        assert record is not None
        assert record.values["phone"] == "13800000002"
        assert record.clocks["phone"].device == "phone-2"
        loser = outcomes["phone-1"]
        assert loser.overruled == (["phone"] if reverse else [])
        assert outcomes[order[1].author.device].outcome == Outcome.MERGED


def test_the_same_value_from_two_people_is_no_disagreement() -> None:
    first, second = two_phones()
    intake, household = village(first, second)
    first.change(household, phone="13800000001")
    second.change(household, phone="13800000001")
    assert first.push(intake)[0].outcome == Outcome.APPLIED
    merged = second.push(intake)[0]
    assert (merged.outcome, merged.overruled, merged.conflicts) == (Outcome.MERGED, [], [])
    assert merged.revision == 3


def test_what_a_worker_saw_and_changed_stands_even_with_a_slow_clock() -> None:
    """The seen value is the proof; a clock an hour slow is no reason to undo a deliberate change."""
    fast, slow = two_phones()
    intake, household = village(fast, slow)
    fast.change(household, phone="13800000001")
    fast.push(intake)
    slow.copy = intake.world.records()  # sees it, but does not follow its clock
    slow.now_ms -= 60 * MINUTE_MS
    slow.change(household, phone="13800000002")
    assert slow.push(intake)[0].outcome == Outcome.APPLIED
    record = intake.world.get(household)
    assert record is not None
    assert record.values["phone"] == "13800000002"
    assert record.clocks["phone"] == Stamp("2026-11-23T08:00:00.000Z/0000", "phone-2")


def test_a_tie_of_clocks_is_broken_by_the_device() -> None:
    for reverse in (False, True):
        first, second = Phone("phone-1", "w1"), Phone("phone-2", "w2")
        intake, household = village(first, second)
        first.change(household, note="甲")
        second.change(household, note="乙")
        for phone in [second, first] if reverse else [first, second]:
            phone.push(intake)
        record = intake.world.get(household)
        assert record is not None
        assert record.values["note"] == "乙"


def test_a_long_text_is_seen_by_its_digest() -> None:
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    phone.change(household, note="敭" * 100)
    phone.change(household, note="另一段")
    assert phone.pending[1].seen["note"].startswith(SEEN_DIGEST)
    assert [applied.outcome for applied in phone.push(intake)] == [Outcome.APPLIED, Outcome.APPLIED]


def test_the_limit_of_a_long_text_counts_bytes_not_characters() -> None:
    phone = Phone("phone-1", "w1")
    _, household = village(phone)
    phone.change(household, note="x" * LONG_TEXT_BYTES)
    phone.change(household, note="敭" * 85 + "xx")  # 257 bytes
    phone.change(household, note="")
    assert phone.pending[1].seen["note"] == "x" * LONG_TEXT_BYTES
    assert len(phone.pending[2].seen["note"]) == len(SEEN_DIGEST) + 64


def test_a_set_takes_what_both_added() -> None:
    first, second = two_phones()
    intake, household = village(first, second)
    first.change(household, tags={"add": ["empty_nest", "low_income"]})
    second.change(household, tags={"add": ["empty_nest"], "remove": ["never_there"]})
    assert first.push(intake)[0].outcome == Outcome.APPLIED
    assert second.push(intake)[0].outcome == Outcome.APPLIED
    second.pull(intake)
    second.change(household, tags={"remove": ["low_income"]})
    second.sync(intake)
    assert second.see(household).values["tags"] == ["empty_nest"]


def test_a_set_written_whole_at_creation_is_sorted_and_single() -> None:
    phone = Phone("phone-1", "w1")
    intake, _ = village(phone)
    made = phone.create("household", name="沈", address="2号", grid=GRID, tags=["b", "a", "b"])
    phone.sync(intake)
    assert phone.see(made).values["tags"] == ["a", "b"]


def test_a_void_needs_a_reason_and_erases_nothing() -> None:
    hasty, phone = two_phones()
    intake, household = village(hasty, phone)
    hasty.void(household, "  ")
    assert hasty.push(intake)[0].problems[0].pointer == "/reason"
    phone.void(household, "重复登记")
    phone.sync(intake)
    shown = phone.see(household)
    assert shown.void is not None
    assert (shown.void.reason, shown.void.by) == ("重复登记", "w2")
    assert shown.values["name"] == "金敭"


def test_each_own_pending_operation_counts_as_one_revision() -> None:
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    phone.change(household, note="a")
    phone.change(household, note="b")
    phone.void(household)
    assert phone.pending[2].seen == {"revision": 3}
    assert [applied.outcome for applied in phone.push(intake)] == [Outcome.APPLIED] * 3


def test_a_void_of_something_that_changed_meanwhile_is_a_conflict() -> None:
    first, second = two_phones()
    intake, household = village(first, second)
    first.change(household, note="刚改过")
    second.void(household)
    first.push(intake)
    applied = second.push(intake)[0]
    assert applied.outcome == Outcome.CONFLICT
    record = intake.world.get(household)
    assert record is not None
    assert record.void is None
    assert record.conflicts == applied.conflicts


def test_two_voids_agree() -> None:
    first, second = two_phones()
    intake, household = village(first, second)
    first.void(household, "搬走了")
    second.void(household, "登记错了")
    assert first.push(intake)[0].outcome == Outcome.APPLIED
    assert second.push(intake)[0].outcome == Outcome.MERGED
    record = intake.world.get(household)
    assert record is not None
    assert record.void is not None
    assert record.void.reason == "搬走了"


def test_a_change_to_a_voided_record_is_applied_and_listed() -> None:
    first, second = two_phones()
    intake, household = village(first, second)
    first.void(household)
    second.change(household, note="还在")
    first.push(intake)
    applied = second.push(intake)[0]
    assert applied.outcome == Outcome.APPLIED
    assert [remark.code for remark in applied.remarks] == ["record-voided"]


def test_a_clock_far_ahead_counts_as_its_receipt() -> None:
    wrong, right = two_phones()
    intake, household = village(wrong, right)
    wrong.now_ms += 365 * 24 * 60 * MINUTE_MS
    wrong.change(household, phone="13800000001")
    wrong.push(intake, right.now_ms)
    right.later(5 * MINUTE_MS)
    right.change(household, phone="13800000002")
    right.push(intake)
    record = intake.world.get(household)
    assert record is not None
    assert record.values["phone"] == "13800000002"


def test_clearing_a_field_is_a_change_like_any_other() -> None:
    first, second = two_phones()
    intake, household = village(first, second)
    first.change(household, phone=None)
    first.push(intake)
    second.change(household, phone="13800000002")
    second.push(intake)
    second.pull(intake)
    assert second.see(household).values["phone"] == "13800000002"
    second.change(household, phone=None)
    second.sync(intake)
    assert "phone" not in second.see(household).values


def test_a_change_to_a_merged_resident_reaches_the_survivor() -> None:
    first, second = two_phones()
    intake, household = village(first, second)
    twin, kept = (first.create("resident", household=household, name="王") for _ in range(2))
    first.sync(intake)
    second.pull(intake)
    first.change(twin, merged_into=kept)
    first.push(intake)
    second.change(twin, phone="13800000002")
    applied = second.push(intake)[0]
    assert applied.outcome == Outcome.APPLIED
    assert [remark.code for remark in applied.remarks] == ["record-merged"]
    survivor, merged = intake.world.get(kept), intake.world.get(twin)
    assert survivor is not None
    assert merged is not None
    assert survivor.values["phone"] == "13800000002"
    assert "phone" not in merged.values


def test_a_void_of_a_merged_resident_does_not_take_the_survivor() -> None:
    first, second = two_phones()
    intake, household = village(first, second)
    twin, kept = (first.create("resident", household=household, name="王") for _ in range(2))
    first.sync(intake)
    first.change(twin, merged_into=kept)
    first.sync(intake)
    second.pull(intake)
    second.void(twin)
    second.sync(intake)
    assert second.see(kept).void is None
    assert second.see(twin).void is not None


def test_nobody_is_merged_in_a_circle_or_into_a_household() -> None:
    phone = Phone("phone-1", "w1")
    intake, household = village(phone)
    one, two = (phone.create("resident", household=household, name="王") for _ in range(2))
    phone.sync(intake)
    phone.change(one, merged_into=two)
    phone.sync(intake)
    for survivor, code in (
        (one, "merged-into-itself"),
        (two, "merged-into-itself"),
        (household, "wrong-kind"),
    ):
        colleague = Phone(f"phone-of-{code}-{survivor}", "w2")
        colleague.pull(intake)
        colleague.change(two, merged_into=survivor)
        assert [problem.code for problem in colleague.sync(intake)[0].problems] == [code], survivor


def test_edits_to_the_very_same_value_follow_the_order_of_arrival() -> None:
    """A person's change of what they saw stands, whatever another's clock says (docs/decisions/0005)."""
    for order, standing in (("AAB", "乙"), ("ABA", "丙"), ("BAA", "丙")):
        first, second = Phone("phone-1", "w1"), Phone("phone-2", "w2")
        intake, household = village(first, second)
        first.change(household, note="甲")
        first.sync(intake)
        second.pull(intake)
        first.change(household, note="乙")
        first.change(household, note="丙")
        second.later()
        second.change(household, note="乙")
        of_first, of_second = iter(first.captured[1:]), iter(second.captured)
        for turn in order:
            phone, waiting = (first, of_first) if turn == "A" else (second, of_second)
            intake.push(phone.author, [next(waiting)])
        record = intake.world.get(household)
        assert record is not None
        assert record.values["note"] == standing, order
