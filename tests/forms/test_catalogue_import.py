"""A city's own catalogue: every mistake is told at once, with its place."""

from typing import Any

import msgspec
import pytest

from forms.catalogue import catalogue_to_json, load_catalogue
from forms.catalogue_import import import_catalogue


def _document() -> dict[str, Any]:
    return {
        "version": 1,
        "departments": [{"key": "d", "name": "部门"}],
        "items": [
            {
                "key": "item",
                "number": 1,
                "version": 1,
                "department": "d",
                "name": "事项",
                "mode": "proxy",
                "finish": "handed_up",
                "form": "form",
                "limit": {"stages": [{"key": "s", "name": "办理", "days": 5}]},
                "materials": [{"key": "m", "name": "身份证"}],
                "duplicate_key": ["a"],
                "effective_from": "2026-01-01",
                "effective_to": "2026-12-31",
            }
        ],
        "forms": [
            {
                "key": "form",
                "fields": [
                    {"key": "a", "type": "text", "label": {"zh": "甲"}},
                    {"key": "n", "type": "number", "label": {"zh": "数"}, "minimum": 1, "maximum": 5},
                    {
                        "key": "c",
                        "type": "choice",
                        "label": {"zh": "选"},
                        "options": [{"key": "x", "label": {"zh": "某"}}],
                    },
                    {
                        "key": "rows",
                        "type": "repeat",
                        "label": {"zh": "表"},
                        "columns": [
                            {"key": "p", "type": "text", "label": {"zh": "一"}},
                            {
                                "key": "q",
                                "type": "text",
                                "label": {"zh": "二"},
                                "visible_when": "row.p == answers.a",
                            },
                        ],
                    },
                ],
            }
        ],
    }


def _import(document: dict[str, Any]) -> list[tuple[str, str]]:
    catalogue, found = import_catalogue([msgspec.json.encode(document)])
    assert (catalogue is None) is bool(found)
    assert all(problem.message and problem.message_en for problem in found)
    return sorted((problem.pointer, problem.code) for problem in found)


def test_a_right_document_is_taken_in() -> None:
    assert _import(_document()) == []


def test_the_demonstration_catalogue_can_be_imported() -> None:
    catalogue, found = import_catalogue([catalogue_to_json(load_catalogue())])
    assert found == []
    assert catalogue == load_catalogue()


def test_several_documents_are_one_catalogue() -> None:
    whole = _document()
    forms = {"forms": whole.pop("forms")}
    catalogue, found = import_catalogue([msgspec.json.encode(whole), msgspec.json.encode(forms)])
    assert found == []
    assert catalogue is not None
    assert catalogue.form("form") is not None


@pytest.mark.parametrize("document", [b"", b"[]", b"{", b'"\xff"', b'{"version": 1} trailing'])
def test_what_is_not_a_json_object_is_said_to_be_none(document: bytes) -> None:
    catalogue, found = import_catalogue([msgspec.json.encode(_document()), document])
    assert catalogue is None
    assert [problem.code for problem in found] == ["json"]
    assert "第2个文件" in found[0].message


def test_every_mistake_of_shape_at_once() -> None:
    document = _document()
    document["version"] = "one"
    document["extra"] = 1
    item = document["items"][0]
    del item["name"]
    item["mode"] = "magic"
    item["effective_from"] = "yesterday"
    item["materials"] = [{"key": "m", "name": 5, "necessity": "maybe"}]
    item["limit"] = 20
    document["forms"][0]["fields"][0]["columns"] = "none"
    assert _import(document) == [
        ("/extra", "unknown-name"),
        ("/forms/0/fields/0/columns", "type"),
        ("/items/0/effective_from", "type"),
        ("/items/0/limit", "type"),
        ("/items/0/materials/0/name", "type"),
        ("/items/0/materials/0/necessity", "type"),
        ("/items/0/mode", "type"),
        ("/items/0/name", "missing"),
        ("/version", "type"),
    ]


ITEM_MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"department": "x"}, "/items/0/department", "department-unknown"),
    ({"form": "x"}, "/items/0/form", "form-unknown"),
    ({"duplicate_key": ["a", "zz"]}, "/items/0/duplicate_key/1", "path-unknown"),
    ({"duplicate_key": ["rows"]}, "/items/0/duplicate_key/0", "path-unknown"),
    ({"number": 0}, "/items/0/number", "number-range"),
    ({"name": " "}, "/items/0/name", "name-empty"),
    ({"key": "Ünique"}, "/items/0/key", "key-form"),
    ({"official_code": "x" * 65}, "/items/0/official_code", "official-code-length"),
    ({"effective_to": "2025-12-31"}, "/items/0/effective_to", "effective-dates"),
    (
        {"materials": [{"key": "m", "name": "甲"}, {"key": "m", "name": "乙"}]},
        "/items/0/materials/1",
        "key-repeated",
    ),
    (
        {"limit": {"immediate": True, "stages": [{"key": "s", "name": "办理", "days": 5}]}},
        "/items/0/limit/stages",
        "limit-immediate",
    ),
    (
        {"limit": {"stages": [{"key": "s", "name": "办理", "days": -1}]}},
        "/items/0/limit/stages/0/days",
        "limit-days",
    ),
]


@pytest.mark.parametrize(("change", "pointer", "code"), ITEM_MISTAKES, ids=lambda value: str(value)[:40])
def test_mistakes_of_an_item(change: dict[str, Any], pointer: str, code: str) -> None:
    document = _document()
    document["items"][0].update(change)
    assert _import(document) == [(pointer, code)]


def test_an_official_code_is_opaque() -> None:
    document = _document()
    document["items"][0]["official_code"] = "〇〇/随便-什么 x" * 5
    assert _import(document) == []


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2027-01-01", None, []),
        ("2026-12-31", None, [("/items/1/effective_from", "versions-overlap")]),
    ],
)
def test_versions_follow_each_other(first: str, last: str | None, expected: list[tuple[str, str]]) -> None:
    document = _document()
    later = {**document["items"][0], "version": 2, "effective_from": first, "effective_to": last}
    document["items"].append(later)
    assert _import(document) == expected


def test_two_items_do_not_share_a_number_nor_a_version_of_one_key() -> None:
    document = _document()
    document["items"].append({**document["items"][0], "key": "other"})
    assert _import(document) == [("/items/1/number", "number-repeated")]
    document["items"][1]["key"] = "item"
    assert ("/items/1", "key-repeated") in _import(document)
