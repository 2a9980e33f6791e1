"""The item catalogue: departments, items, their materials and time limits, and the forms they use.

A catalogue is data. What comes with this package is a demonstration catalogue (演示目录); a city replaces it
by its own (`docs/catalogue.md`). A case keeps the version of the item under which it was captured, so
versions of one item stand beside each other.

`None` always means "not known" and is shown as 未载明; nothing is filled in to look complete.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any, Literal

import msgspec

from forms.definition import Form

DEMONSTRATION_LABEL = "演示目录"


class Mode(StrEnum):
    """How the village handles an item (domain notes, Handling a case)."""

    DIRECT = "direct"  # 直接办
    PROXY = "proxy"  # 代理办
    ASSIST = "assist"  # 协办
    INFORM = "inform"  # 公开告知
    REPORT = "report"  # 登记上报
    VISIT = "visit"  # a visit of a kind, its form filled inside the visit


class Finish(StrEnum):
    """Where the village can finish an item."""

    DOORSTEP = "doorstep"
    ONLINE = "online"  # at the window or with signal (待联办)
    HANDED_UP = "handed_up"


class Source(StrEnum):
    """Where a statement of the catalogue comes from."""

    SEEN = "seen"  # stands literally in a public source
    REWORDED = "reworded"  # reworded from a public source
    ASSUMED = "assumed"
    PLACEHOLDER = "placeholder"  # a figure put in for the demonstration


class Department(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A department, or a line of work, that items belong to."""

    key: str
    name: str
    name_en: str | None = None


class Material(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One material of an item, in the columns of a real guide.

    材料名称, 必要性 (with its condition), 规格份数, 材料来源, 审查要点. None = not known.
    """

    key: str
    name: str
    necessity: Literal["required", "conditional"] | None = None
    condition: str | None = None
    copies: str | None = None
    source: str | None = None
    review_points: tuple[str, ...] | None = None


class Stage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One stage of a time limit. `pausable`: its clock stops for 补正 and the like."""

    key: str
    name: str
    days: int
    counting: Literal["working", "calendar"] = "working"
    pausable: bool = True


class TimeLimit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How long an item may take, counted from the department's acceptance.

    `statutory` is False when no legal limit applies; `demonstration` marks an assumed limit, shown as
    演示时限; `source_note` keeps what its source says beyond the figures.
    """

    immediate: bool = False
    stages: tuple[Stage, ...] = ()
    statutory: bool = True
    demonstration: bool = False
    source_note: str | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One item (事项) in one version. `effective_to` is its last day in force.

    `official_code` is opaque, up to 64 characters. `duplicate_key` are the answer paths that, with the
    person, tell two open cases apart. `aliases` are what residents call it. `licence`: 行政许可法 32 applies.
    `depth` is `brief` (简表) where only the listed fields are known. `materials_note` stands where materials
    cannot be listed (按诉求). The applicant is the case's resident and not part of `form`.
    """

    key: str
    number: int
    version: int
    department: str
    name: str
    mode: Mode
    finish: Finish
    limit: TimeLimit
    form: str
    effective_from: date
    effective_to: date | None = None
    name_en: str | None = None
    official_code: str | None = None
    materials: tuple[Material, ...] = ()
    materials_note: str | None = None
    duplicate_key: tuple[str, ...] = ()
    licence: bool = False
    audience: str | None = None
    aliases: tuple[str, ...] = ()
    depth: Literal["full", "brief"] = "brief"
    name_source: Source | None = None
    limit_source: Source | None = None
    materials_source: Source | None = None

    def in_force(self, on: date) -> bool:
        """Whether this version may be used on that day."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, cache_hash=True, dict=True):
    """All departments, items in all their versions, and forms, as published together under one version."""

    version: int
    label: str | None = None
    departments: tuple[Department, ...] = ()
    items: tuple[Item, ...] = ()
    forms: tuple[Form, ...] = ()

    @cached_property
    def _versions(self) -> dict[str, list[Item]]:
        versions: dict[str, list[Item]] = {}
        for item in sorted(self.items, key=lambda item: item.version):
            versions.setdefault(item.key, []).append(item)
        return versions

    @cached_property
    def _items(self) -> dict[tuple[str, int], Item]:
        return {(item.key, item.version): item for item in reversed(self.items)}

    @cached_property
    def _departments(self) -> dict[str, Department]:
        return {department.key: department for department in self.departments}

    @cached_property
    def _forms(self) -> dict[str, Form]:
        return {form.key: form for form in self.forms}

    def versions(self, key: str) -> tuple[Item, ...]:
        """Every version of an item that this catalogue knows, oldest first; empty for an unknown key."""
        return tuple(self._versions.get(key, ()))

    def item(self, key: str, version: int) -> Item | None:
        """That version of an item, in force or not; None if unknown."""
        return self._items.get((key, version))

    def current(self, key: str, on: date) -> Item | None:
        """The newest version of an item that is in force on that day; None if there is none."""
        return next((item for item in reversed(self._versions.get(key, ())) if item.in_force(on)), None)

    def in_force(self, on: date) -> list[Item]:
        """The items of a day, each in its newest version in force, by number."""
        items = (self.current(key, on) for key in self._versions)
        return sorted((item for item in items if item is not None), key=lambda item: item.number)

    def department(self, key: str) -> Department | None:
        """The department of that key; None if unknown."""
        return self._departments.get(key)

    def form(self, key: str) -> Form | None:
        """The form of that key; None if unknown."""
        return self._forms.get(key)


def catalogue_from_json(data: bytes | str) -> Catalogue:
    """A catalogue as it travels.

    Raises `msgspec.ValidationError` at the first mistake; what it does not know is skipped, so that an older
    client reads a newer catalogue. To show a person every mistake, use `forms.catalogue_import`.
    """
    return msgspec.json.decode(data, type=Catalogue)


def catalogue_to_json(catalogue: Catalogue) -> bytes:
    """A catalogue as it travels: UTF-8 JSON without what is not known."""
    return msgspec.json.encode(catalogue)


def merge_parts(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One catalogue document out of several (a file a department): lists joined, the last value stands."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            if isinstance(value, list):
                whole.setdefault(name, []).extend(value)
            else:
                whole[name] = value
    return whole


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """The demonstration catalogue that comes with this package: 124 items, all labelled 演示目录."""
    folder = resources.files("forms") / "demonstration"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    parts = [msgspec.json.decode((folder / name).read_bytes()) for name in names]
    return msgspec.convert(merge_parts(parts), Catalogue)
