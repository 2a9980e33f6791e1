"""The divisions that come with the package, and importing others."""

import unicodedata
from collections import Counter
from datetime import date

import pytest

from grid_map.divisions import (
    Division,
    Divisions,
    full_code,
    load_divisions,
    read_divisions,
    short_code,
    within,
)
from grid_map.problems import BadInputError

HEADER = "code\tname\tkind\tparent\teffective_from\teffective_to\n"


def test_the_city_has_12_towns_and_236_units() -> None:
    kinds = Counter(d.kind for d in load_divisions())
    assert kinds == {"city": 1, "town": 12, "community": 92, "village": 142, "pseudo": 2}
    assert len(load_divisions().units_of("330481")) == 236
    assert len(load_divisions().towns()) == 12


def test_the_third_segment_of_a_code_says_the_kind() -> None:
    by_digit = {"0": "community", "2": "village", "4": "pseudo"}
    units = load_divisions().units_of("330481000000")
    assert all(unit.kind == by_digit[unit.code[9]] for unit in units)


def test_a_rare_character_stays_whole() -> None:
    unit = load_divisions().get("330481106222")
    assert unit is not None
    assert unit.short_name == "金敭村"
    assert unicodedata.name(unit.name[1]) == "CJK UNIFIED IDEOGRAPH-656D"
    with pytest.raises(UnicodeEncodeError):
        unit.name.encode("gb2312")
    assert [d.code for d in load_divisions().search("敭")] == ["330481106222"]


def test_ten_stems_repeat_but_no_display_name_does() -> None:
    divisions = load_divisions()
    units = divisions.units_of("330481")
    stems = Counter(u.short_name.removesuffix("社区").removesuffix("村") for u in units)
    assert sum(1 for n in stems.values() if n > 1) == 10
    assert len({divisions.display_name(u.code) for u in units}) == 236


def test_display_names_show_town_and_kind() -> None:
    divisions = load_divisions()
    assert divisions.display_name("330481106222") == "丁桥镇·金敭村"
    assert divisions.display_name("330481103400") == "长安镇·对外综合开发区社区（功能区）"
    assert divisions.display_name("330481106") == "丁桥镇"
    assert divisions.display_name("990000000000") == "990000000000"


def test_a_name_that_repeats_is_found_in_both_places_and_narrowed_by_its_town() -> None:
    divisions = load_divisions()
    assert {divisions.display_name(d.code) for d in divisions.search("双联")} == {
        "许村镇·双联村",
        "海昌街道·双联社区",
    }
    assert [divisions.display_name(d.code) for d in divisions.search("双联 许村")] == ["许村镇·双联村"]
    assert divisions.search("丁桥村")[0].short_name == "丁桥村"
    assert divisions.search("   ") == ()


def test_the_name_itself_comes_before_names_that_begin_with_it() -> None:
    named = {"330481106201": "西东村桥村委会", "330481106202": "东村桥村委会", "330481106203": "东村委会"}
    divisions = Divisions(Division(code, name, "village", "330481106000") for code, name in named.items())
    assert [d.code[-1] for d in divisions.search("东村")] == ["3", "2", "1"]
    assert [d.code[-1] for d in divisions.search("东村", limit=1)] == ["3"]


@pytest.mark.parametrize(
    ("code", "ancestor", "expected"),
    [
        ("330481106222", "330481106", True),
        ("330481106222", "330481106000", True),
        ("330481106222001", "330481106222", True),
        ("330481106222001", "330481", True),
        ("330481106222", "330481106222", True),
        ("330481106222", "330481107", False),
        ("330481106", "330481106222", False),
        ("330481000000", "330481106000", False),
    ],
)
def test_within_works_on_every_form_of_a_code(code: str, ancestor: str, expected: bool) -> None:
    assert within(code, ancestor) is expected


def test_codes_have_a_full_and_a_short_form() -> None:
    assert full_code("330481106") == "330481106000"
    assert [short_code(c) for c in ("330481000000", "330481106000", "330481106222")] == [
        "330481",
        "330481106",
        "330481106222",
    ]


def test_units_of_a_town_and_of_a_unit() -> None:
    divisions = load_divisions()
    assert len(divisions.units_of("330481106")) == 16
    assert [u.code for u in divisions.units_of("330481106222")] == ["330481106222"]
    assert [t.code for t in divisions.children("330481")] == [t.code for t in divisions.towns()]


def test_a_division_is_in_force_between_its_days() -> None:
    unit = Division("330481106999", "试", "village", "330481106000", date(2026, 1, 1), date(2026, 6, 30))
    assert [unit.in_force(date(2026, m, 30)) for m in (3, 6, 7)] == [True, True, False]
    assert not unit.in_force(date(2025, 12, 31))


def test_an_import_tells_every_mistake_at_once() -> None:
    rows = [
        "330481000000\t海宁市\tcity\t\t\t",
        "33048110600\t\ttown\t330481000000\t\t",
        "330481106222\t金敭村\thamlet\t330481999000\t2026-13-01\t",
        "330481000000\t又一个\tcity\t\t2026-02-01\t2026-01-01",
    ]
    with pytest.raises(BadInputError) as caught:
        read_divisions(HEADER + "\n".join(rows))
    assert [(p.pointer, p.code) for p in caught.value.problems] == [
        ("/rows/2/code", "code"),
        ("/rows/2/name", "required"),
        ("/rows/3/kind", "kind"),
        ("/rows/3/parent", "parent"),
        ("/rows/3/effective_from", "date"),
        ("/rows/4/code", "repeated"),
        ("/rows/4/effective_to", "period"),
    ]
    assert "区划代码应为 12 位数字" in caught.value.problems[0].message


@pytest.mark.parametrize("text", ["", "code\tname\n1\t2\n", "code\n"])
def test_missing_columns_are_named(text: str) -> None:
    with pytest.raises(BadInputError, match="缺少列"):
        read_divisions(text)


def test_a_row_that_is_too_short_or_too_long_is_a_problem_and_not_a_crash() -> None:
    for row, code in (("330481000000", "required"), ("330481000000\t海宁市\tcity\t\t\t\textra", "columns")):
        with pytest.raises(BadInputError) as caught:
            read_divisions(f"{HEADER}{row}\n")
        assert code in [p.code for p in caught.value.problems]
