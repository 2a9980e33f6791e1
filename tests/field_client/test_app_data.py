"""The phone app shares data with the Python packages, and never lags behind them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from sync.field_checks import field_problems
from sync.kinds import KINDS

APP = Path(__file__).parents[2] / "field_client" / "app"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_app_data", APP / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_files_are_up_to_date(generate: ModuleType) -> None:
    assert [path.name for path in generate.stale()] == [], "run python field_client/app/generate.py"


def test_each_kind_is_described_with_all_of_its_fields(generate: ModuleType) -> None:
    described = generate.kinds()["kinds"]
    assert {name: set(kind["fields"]) for name, kind in described.items()} == {
        name: set(kind.types) for name, kind in KINDS.items()
    }


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("household", "phone", "1" * 201),
        ("household", "status", "gone"),
        ("resident", "household", "short"),
        ("resident", "birth_date", "1960-02-30"),
        ("round", "started_at", "2026-11-23T08:00:00"),
        ("visit", "written_up_later", "yes"),
        ("visit", "signature", "ab"),
        ("visit", "findings", [{"id": "f"}]),
        ("case", "item_version", "1"),
    ],
)
def test_the_types_that_the_phone_checks_are_those_that_the_server_refuses(
    generate: ModuleType, kind: str, field: str, value: object
) -> None:
    """Each form of type has one case here that is refused; the phone's own test has the same cases."""
    assert [one.code for one in field_problems(KINDS[kind], {field: value})] == ["wrong-type"]
    assert field in generate.kinds()["kinds"][kind]["fields"]


def test_a_file_that_differs_is_named(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "ENGINE", tmp_path)
    assert generate.main(["--check"]) == 1
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    kinds = tmp_path / "data" / "kinds.json"
    kinds.write_text("{}", encoding="utf-8")
    assert [path.name for path in generate.stale()] == ["kinds.json"]
