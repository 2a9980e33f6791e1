"""Materials and the one-off notice, receipt numbers, and suspected duplicates."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_2

from forms.catalogue import Finish, Item, Material, Mode, TimeLimit
from forms.handling.duplicates import duplicate_fingerprint
from forms.handling.materials import (
    MATERIAL_LABELS,
    MaterialState,
    check_materials,
    needed_materials,
    one_off_notice,
)
from forms.handling.receipt import (
    OfficialNumber,
    ProvisionalNumber,
    belongs_to,
    grouped,
    official_number,
    provisional_number,
    read_number,
    short_id,
)

TOLD = date(2026, 11, 23)
CASE = UUID("0192f6c5-7a10-7cc1-98c4-dc0c0c07398f")
VILLAGE = "330481106222"
villages = st.integers(10**11, 10**12 - 1).map(str)
cases = st.uuids(version=4)
days = st.dates(date(2020, 1, 1), date(2099, 12, 31))


def item(*, duplicate_key: tuple[str, ...] = (), key: str = "reimbursement", note: str | None = None) -> Item:
    return Item(
        key=key,
        number=1,
        version=1,
        department="医保",
        name="医疗费用报销",
        mode=Mode.PROXY,
        finish=Finish.HANDED_UP,
        limit=TimeLimit(),
        form="form",
        effective_from=date(2020, 1, 1),
        materials=(
            Material(key="id", name="身份证", necessity="required", copies="原件1份"),
            Material(key="invoice", name="发票"),
            Material(key="proxy", name="委托书", necessity="conditional", condition="他人代办时"),
        ),
        materials_note=note,
        duplicate_key=duplicate_key,
    )


def test_a_conditional_material_is_needed_only_when_its_condition_holds() -> None:
    assert [material.key for material in needed_materials(item())] == ["id", "invoice"]
    assert [material.key for material in needed_materials(item(), {"proxy"})] == ["id", "invoice", "proxy"]


def test_everything_missing_is_told_at_once_and_nothing_is_made_up() -> None:
    states = {"id": "missing", "invoice": "missing", "proxy": "missing"}
    notice = one_off_notice(item(), states, TOLD, {"proxy"})
    assert notice.ready
    assert notice.text == (
        "您申请的“医疗费用报销”还缺以下3项材料，请一次补齐：\n"
        "1. 身份证（规格份数：原件1份）\n"
        "2. 发票\n"
        "3. 委托书（适用情形：他人代办时）\n"
        "告知日期：2026年11月23日"
    )
    assert (notice.item, notice.item_version, notice.told_on) == ("reimbursement", 1, TOLD)
    assert "说明：另按诉求提供" in one_off_notice(item(note="另按诉求提供"), states, TOLD).text


@pytest.mark.parametrize("state", ["original_seen", "copy", "photo"])
def test_what_is_there_is_not_asked_for(state: str) -> None:
    notice = one_off_notice(item(), {"id": state, "invoice": "missing", "proxy": "missing"}, TOLD)
    assert [material.key for material in notice.missing] == ["invoice"]


def test_a_notice_that_could_not_be_complete_is_not_ready() -> None:
    notice = one_off_notice(item(), {"id": "missing"}, TOLD)
    assert not notice.ready
    assert [material.key for material in notice.unchecked] == ["invoice"]
    assert "尚未核对：发票" in notice.text
    nothing_seen = one_off_notice(item(), {}, TOLD)
    assert "齐全" not in nothing_seen.text
    complete = one_off_notice(item(), {"id": "copy", "invoice": "photo"}, TOLD)
    assert not complete.ready
    assert "“医疗费用报销”所需材料齐全。" in complete.text


def test_materials_written_down_wrongly_are_all_named() -> None:
    found = check_materials(item(), {"id": "copy", "passport": "copy", "invoice": "lost"})
    assert [(problem.pointer, problem.code) for problem in found] == [
        ("/materials/passport", "unknown-material"),
        ("/materials/invoice", "unknown-material-state"),
    ]
    assert set(MATERIAL_LABELS) == set(MaterialState)


def test_a_slip_as_it_is_printed() -> None:
    number = provisional_number(VILLAGE, TOLD, CASE)
    assert len(number) == 27
    assert grouped(number) == f"330481106222-261123-{short_id(CASE)}-{number[-1]}"
    assert grouped(official_number(VILLAGE, 2026, 123))[:-1] == "330481106222-2026-000123-"


@given(villages, days, cases)
def test_a_slip_reads_back_to_its_case(village: str, day: date, case: UUID) -> None:
    number = provisional_number(village, day, case)
    read = read_number(grouped(number))
    assert read == ProvisionalNumber(village, day, short_id(case))
    assert belongs_to(read, case)


@given(villages, st.integers(2000, 2999), st.integers(1, 999_999))
def test_an_official_number_reads_back(village: str, year: int, sequence: int) -> None:
    number = official_number(village, year, sequence)
    assert read_number(grouped(number)) == OfficialNumber(village, year, sequence)


@given(villages, days, cases, st.integers(0, 25), st.integers(1, 9))
def test_one_wrong_digit_is_found(village: str, day: date, case: UUID, place: int, shift: int) -> None:
    number = provisional_number(village, day, case)
    wrong = str((int(number[place]) + shift) % 10)
    assert read_number(number[:place] + wrong + number[place + 1 :]) is None


@given(villages, days, cases, st.integers(0, 24))
def test_two_neighbours_exchanged_are_found(village: str, day: date, case: UUID, place: int) -> None:
    number = provisional_number(village, day, case)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert (read_number(swapped) is None) is (swapped != number)


def test_what_a_hand_types_is_understood() -> None:
    number = next(
        number
        for number in (provisional_number(VILLAGE, TOLD, UUID(int=n)) for n in range(100))
        if number[-1] == "X"
    )
    wide = str.maketrans("0123456789X", "０１２３４５６７８９ｘ")
    assert read_number(f" {grouped(number).translate(wide)} ") == read_number(number)
    assert read_number(number) is not None


@pytest.mark.parametrize("typed", ["", "330481106222", "X" * 27, "abc", "1" * 400])
def test_what_cannot_be_a_number_is_none(typed: str) -> None:
    assert read_number(typed) is None


def test_a_day_that_does_not_exist_is_no_number() -> None:
    genuine = provisional_number(VILLAGE, date(2026, 2, 28), CASE)
    digits = genuine[:12] + "260230" + genuine[18:26]
    assert read_number(digits + mod_11_2.calc_check_digit(digits)) is None


@pytest.mark.parametrize(
    ("village", "year", "sequence"),
    [("33048110622", 2026, 1), ("３３０４８１１０６２２２", 2026, 1), (VILLAGE, 26, 1), (VILLAGE, 2026, 0)],
)
def test_a_part_that_does_not_fit_is_refused(village: str, year: int, sequence: int) -> None:
    with pytest.raises(ValueError, match=r"区划代码|越界"):
        official_number(village, year, sequence)


HOSPITAL = item(duplicate_key=("hospital", "discharged_on"))
STAY = {"hospital": "海宁市人民医院", "discharged_on": "2026-11-01", "amount": 12300}


def test_two_stays_of_one_person_are_two_cases() -> None:
    first = duplicate_fingerprint(HOSPITAL, "resident-1", STAY)
    assert first == duplicate_fingerprint(HOSPITAL, "resident-1", STAY | {"amount": 1})
    assert first != duplicate_fingerprint(HOSPITAL, "resident-1", STAY | {"discharged_on": "2026-11-02"})
    assert first != duplicate_fingerprint(HOSPITAL, "resident-2", STAY)
    assert first != duplicate_fingerprint(
        item(duplicate_key=HOSPITAL.duplicate_key, key="other"), "resident-1", STAY
    )


def test_without_a_duplicate_key_the_person_alone_tells_apart() -> None:
    assert duplicate_fingerprint(item(), "resident-1", STAY) == duplicate_fingerprint(
        item(), "resident-1", {}
    )
    assert duplicate_fingerprint(item(), "resident-1", {}) != duplicate_fingerprint(item(), "resident-2", {})


@pytest.mark.parametrize("written", [" 海宁市 人民医院", "海宁市人民医院\u3000"])
def test_spaces_and_width_do_not_hide_a_duplicate(written: str) -> None:
    typed = duplicate_fingerprint(HOSPITAL, "resident-1", STAY | {"hospital": written})
    assert typed == duplicate_fingerprint(HOSPITAL, "resident-1", STAY)
    wide = item(duplicate_key=("code",))
    assert duplicate_fingerprint(wide, "r", {"code": "ＡＢ１"}) == duplicate_fingerprint(
        wide, "r", {"code": "ab1"}
    )


def test_an_answer_that_is_not_given_equals_only_another_that_is_not() -> None:
    without = {"hospital": "海宁市人民医院"}
    missing = duplicate_fingerprint(HOSPITAL, "r", without)
    assert missing == duplicate_fingerprint(HOSPITAL, "r", without | {"discharged_on": ""})
    assert missing == duplicate_fingerprint(HOSPITAL, "r", without | {"discharged_on": None})
    assert missing != duplicate_fingerprint(HOSPITAL, "r", STAY)
    assert missing != duplicate_fingerprint(HOSPITAL, "r", {"discharged_on": "海宁市人民医院"})


def test_the_order_of_choices_does_not_matter() -> None:
    chosen = item(duplicate_key=("kinds",))
    one, other = (duplicate_fingerprint(chosen, "r", {"kinds": kinds}) for kinds in (["a", "b"], ["b", "a"]))
    assert one == other
    assert one != duplicate_fingerprint(chosen, "r", {"kinds": ["a"]})
