"""Items are found by what residents and workers type."""

from datetime import date

import pytest

from forms.catalogue import Catalogue, Mode, load_catalogue
from forms.search import search

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def _numbers(catalogue: Catalogue, text: str) -> list[int]:
    return [item.number for item in search(catalogue, text, TODAY)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("老人补贴", 60),
        ("glbt", 60),
        ("gaolingbutie", 60),
        ("低保", 56),
        ("dibao", 56),
        ("最低生活保障", 56),
        ("临时救助", 59),
        ("住院", 13),
        ("zybx", 13),
        ("zhuyuan", 13),
        ("残疾证", 71),
        ("cjz", 71),
        ("准生证", 66),
        ("办酒席", 104),
        ("路灯不亮", 110),
        ("ludeng", 110),
        ("造房子", 82),
        ("死猪", 116),
        ("独居老人", 118),
        ("13", 13),
        ("124", 124),
        ("old-age allowance", 60),
        ("ＤＩＢＡＯ", 56),
        ("  低 保 ", 56),
    ],
)
def test_the_first_hit(catalogue: Catalogue, text: str, first: int) -> None:
    assert _numbers(catalogue, text)[0] == first


def test_a_short_name_of_a_department_finds_its_items_first(catalogue: Catalogue) -> None:
    found = search(catalogue, "医保", TODAY)
    assert len(found) >= 20
    assert all(item.department == "medical-insurance" for item in found[:20])
    assert {item.department for item in search(catalogue, "医保", TODAY)[:5]} == {"medical-insurance"}


def test_the_name_counts_before_what_it_is_called_and_that_before_its_department(
    catalogue: Catalogue,
) -> None:
    found = _numbers(catalogue, "医保")
    assert found[0] == 2  # 医保电子凭证申领, by its name
    assert found.index(8) < found.index(11)  # 医保缴费 inside a name, before the department alone
    assert _numbers(catalogue, "宅基地")[:2] == [117, 82]  # begins with it, and has it inside


def test_characters_in_their_order_are_enough(catalogue: Catalogue) -> None:
    assert 65 in _numbers(catalogue, "老年服务补贴")
    assert 68 in _numbers(catalogue, "农村计生奖励") + _numbers(catalogue, "农村计划奖励")


def test_all_words_must_match(catalogue: Catalogue) -> None:
    found = _numbers(catalogue, "民政 补贴")
    assert 65 in found
    assert all(item.department == "civil-affairs" for item in search(catalogue, "民政 补贴", TODAY))
    assert _numbers(catalogue, "民政 路灯") == []


def test_department_and_mode_narrow(catalogue: Catalogue) -> None:
    found = search(catalogue, "老年", TODAY, department="civil-affairs", mode=Mode.DIRECT)
    assert [item.number for item in found] == [55]
    assert [item.mode for item in search(catalogue, "", TODAY, mode=Mode.VISIT)] == [Mode.VISIT] * 8


def test_no_text_is_everything_by_number_and_nonsense_is_nothing(catalogue: Catalogue) -> None:
    assert _numbers(catalogue, "") == list(range(1, 125))
    assert _numbers(catalogue, "qqqq") == []
    assert _numbers(catalogue, "、、") == list(range(1, 125))


def test_only_what_is_in_force(catalogue: Catalogue) -> None:
    assert search(catalogue, "低保", date(2019, 12, 31)) == []
