"""The demonstration catalogue: all of it, nothing invented, and as its source says."""

import re
from datetime import date
from importlib import resources

import msgspec
import pytest

from forms.catalogue import (
    Catalogue,
    Finish,
    Item,
    Mode,
    Source,
    TimeLimit,
    catalogue_from_json,
    catalogue_to_json,
    load_catalogue,
)
from forms.catalogue_check import catalogue_problems
from forms.check import compiled_form
from forms.definition import Field, FieldType

TODAY = date(2026, 11, 23)

FULL_DEPTH = {
    "resident-medical-insurance-enrolment",
    "medical-insurance-long-term-elsewhere",
    "inpatient-expense-reimbursement",
    "long-term-care-assessment",
    "public-rental-application",
    "resident-pension-enrolment",
    "pension-eligibility-verification",
    "resident-pension-claim",
    "subsistence-allowance",
    "temporary-assistance",
    "old-age-allowance",
    "birth-registration",
    "disability-certificate",
    "rural-veteran-old-age-subsidy",
    "migrant-residence-registration",
    "rental-house-report",
    "homestead-building-application",
    "party-member-hardship",
    "dispute-report",
    "flood-evacuation-registration",
    "street-lamp-repair",
    "farmland-subsidy-declaration",
    "elderly-care-visit",
    "new-employment-union",
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def _fields(catalogue: Catalogue, item: Item) -> list[Field]:
    form = catalogue.form(item.form)
    assert form is not None
    return [one for field in form.fields for one in (field, *field.columns)]


def test_124_items_numbered_1_to_124(catalogue: Catalogue) -> None:
    assert catalogue.label == "演示目录"
    assert [item.number for item in catalogue.in_force(TODAY)] == list(range(1, 125))
    assert len({item.key for item in catalogue.items}) == 124
    assert len(catalogue.departments) == 16


def test_modes_and_where_they_finish_are_the_source_s(catalogue: Catalogue) -> None:
    modes = [item.mode for item in catalogue.items]
    assert (modes.count(Mode.DIRECT), modes.count(Mode.PROXY)) == (23, 59)
    direct = [item.finish for item in catalogue.items if item.mode is Mode.DIRECT]
    assert direct.count(Finish.ONLINE) == 14
    assert all(item.finish is Finish.HANDED_UP for item in catalogue.items if item.mode is Mode.PROXY)
    assert sum(item.name_source is Source.SEEN for item in catalogue.items) == 51
    assert sum(item.name_source is Source.REWORDED for item in catalogue.items) == 6


def test_it_holds_together(catalogue: Catalogue) -> None:
    assert catalogue_problems(catalogue) == []
    for form in catalogue.forms:
        assert compiled_form(catalogue, form.key).form is form


def test_what_is_not_known_stays_empty(catalogue: Catalogue) -> None:
    assert all(item.official_code is None for item in catalogue.items)
    for item in catalogue.items:
        for material in item.materials:
            assert material.copies is None
            assert material.source is None
            assert material.review_points is None
            if item.depth == "brief" and material.key != "marriage-certificate":
                assert material.necessity is None
        assert item.materials or item.materials_note == "按诉求"


def test_assumed_limits_are_demonstrations_and_seen_ones_say_where(catalogue: Catalogue) -> None:
    assert sum(item.limit.demonstration for item in catalogue.items) == 120
    for item in catalogue.items:
        assert item.limit.demonstration is (item.limit_source is Source.PLACEHOLDER)
        if not item.limit.demonstration:
            assert item.limit.source_note is not None
            assert "所见" in item.limit.source_note


def test_limits_of_every_shape(catalogue: Catalogue) -> None:
    def limit(key: str) -> TimeLimit:
        item = catalogue.current(key, TODAY)
        assert item is not None
        return item.limit

    assert limit("medical-insurance-enquiry").immediate
    proxy = limit("outpatient-expense-reimbursement").stages
    assert [(stage.days, stage.counting, stage.pausable) for stage in proxy] == [(20, "working", True)]
    levels = limit("disabled-living-subsidy").stages
    assert [(stage.days, stage.pausable) for stage in levels] == [
        (10, True),
        (10, True),
        (10, True),
        (5, False),
    ]
    assert limit("temporary-assistance").source_note == "急难24h先行"
    request = limit("dispute-report")
    assert (request.statutory, request.immediate, request.stages) == (False, False, ())


def test_24_items_in_full_depth_one_a_department_and_every_type_and_feature(catalogue: Catalogue) -> None:
    full = [item for item in catalogue.items if item.depth == "full"]
    assert {item.key for item in full} == FULL_DEPTH
    assert len(full) == 24
    assert {item.department for item in full} == {one.key for one in catalogue.departments}
    fields = [field for item in full for field in _fields(catalogue, item)]
    assert {field.type for field in fields} == set(FieldType)
    tables = [field for field in fields if field.type is FieldType.REPEAT]
    for feature in ("pattern", "minimum", "maximum", "max_length", "unit", "hint", "prefill", "visible_when"):
        assert any(getattr(field, feature) is not None for field in fields), feature
    assert any(field.constraints for field in fields)
    assert any(field.key == "family" for field in tables)
    assert any(column.visible_when for table in tables for column in table.columns)
    assert all(item.name_en for item in full)
    labelled = [field for field in fields if field.type is not FieldType.IDENTITY_NUMBER]
    assert sum(field.label.en is not None for field in labelled) > 0.8 * len(labelled)


def test_options_are_marked_as_put_in_for_the_demonstration(catalogue: Catalogue) -> None:
    for item in catalogue.items:
        for field in _fields(catalogue, item):
            assert field.options_demonstration is bool(field.options)


def test_brief_items_demand_nothing_that_their_source_does_not(catalogue: Catalogue) -> None:
    for item in catalogue.items:
        if item.depth == "brief":
            required = {field.key for field in _fields(catalogue, item) if field.required}
            assert required <= {"description"}


def test_only_the_building_permission_is_a_licence(catalogue: Catalogue) -> None:
    assert [item.key for item in catalogue.items if item.licence] == ["homestead-building-application"]


def test_it_travels(catalogue: Catalogue) -> None:
    data = catalogue_to_json(catalogue)
    assert catalogue_from_json(data) == catalogue
    assert b"null" not in data
    item = catalogue.items[0]
    assert msgspec.json.decode(msgspec.json.encode(item), type=Item) == item
    form = catalogue.forms[0]
    assert msgspec.json.decode(msgspec.json.encode(form), type=type(form)) == form


def test_an_older_client_reads_a_newer_catalogue() -> None:
    assert catalogue_from_json(b'{"version": 7, "colour": "red"}') == Catalogue(version=7)
    with pytest.raises(msgspec.ValidationError):
        catalogue_from_json(b'{"version": "seven"}')


def test_departments_stand_in_the_order_of_their_items(catalogue: Catalogue) -> None:
    items = sorted(catalogue.items, key=lambda item: item.number)
    met = list(dict.fromkeys(item.department for item in items))
    assert [department.key for department in catalogue.departments] == met


def test_every_data_file_is_one_department_s_and_sorted_as_numbered() -> None:
    folder = resources.files("forms") / "demonstration"
    names = {entry.name for entry in folder.iterdir()}
    for name in names - {"catalogue.json"}:
        part = msgspec.json.decode((folder / name).read_bytes())
        assert {item["department"] for item in part["items"]} == {name.removesuffix(".json")}
        numbers = [item["number"] for item in part["items"]]
        assert numbers == sorted(numbers)


def test_no_number_of_a_person_stands_in_the_data() -> None:
    folder = resources.files("forms") / "demonstration"
    for entry in folder.iterdir():
        text = entry.read_text(encoding="utf-8")
        assert not re.search(r"\d{17}[\dXx]|1[3-9]\d{9}", text), entry.name
