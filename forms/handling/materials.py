"""The materials of a case: what was seen at capture, and telling once, in full, what is missing.

一次性告知: domain notes, Handling a case. A catalogue may not know whether a material is always needed
(必要性未载明); it counts as needed, as it stands in the list. A conditional one counts when its condition is
said to hold: that is a person's judgement.
"""

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from forms.catalogue import Item, Material
from forms.definition import Label
from forms.problem import Problem, pointer_to


class MaterialState(StrEnum):
    """How a material was met at capture."""

    ORIGINAL_SEEN = "original_seen"
    COPY = "copy"
    PHOTO = "photo"
    MISSING = "missing"


MATERIAL_LABELS: Final = {
    MaterialState.ORIGINAL_SEEN: Label(zh="已验原件", en="original seen"),
    MaterialState.COPY: Label(zh="复印件", en="copy"),
    MaterialState.PHOTO: Label(zh="照片", en="photo"),
    MaterialState.MISSING: Label(zh="缺", en="missing"),
}


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A one-off notice: all that is missing, told on one day in writing (`text`).

    `unchecked` are needed materials that nobody has looked at. While there are any the notice is not
    `ready`: it could not be complete.
    """

    item: str
    item_version: int
    told_on: date
    missing: tuple[Material, ...]
    unchecked: tuple[Material, ...]
    text: str

    @property
    def ready(self) -> bool:
        """Whether it may be given: everything was looked at, and something is missing."""
        return bool(self.missing) and not self.unchecked


def needed_materials(item: Item, applying: Collection[str] = ()) -> tuple[Material, ...]:
    """The materials that a case needs; `applying`: the keys of conditional ones whose condition holds."""
    return tuple(
        material
        for material in item.materials
        if material.necessity != "conditional" or material.key in applying
    )


def said_to_apply(item: Item, states: Mapping[str, str]) -> frozenset[str]:
    """The conditional materials whose condition was said to hold: those of which it was written how they were met."""
    return frozenset(
        material.key
        for material in item.materials
        if material.necessity == "conditional" and material.key in states
    )


def check_materials(item: Item, states: Mapping[str, str]) -> list[Problem]:
    """Problems of what was written down: `unknown-material`, `unknown-material-state`; pointers by key."""
    keys = {material.key for material in item.materials}
    problems = []
    for key, state in states.items():
        pointer = pointer_to("materials", key)
        if key not in keys:
            problems.append(
                Problem(
                    pointer=pointer,
                    code="unknown-material",
                    message="事项材料清单中没有这一项",
                    message_en="the item lists no such material",
                )
            )
        if state not in MaterialState.__members__.values():
            problems.append(
                Problem(
                    pointer=pointer,
                    code="unknown-material-state",
                    message="材料状态应为已验原件、复印件、照片或缺",
                    message_en="a material is original_seen, copy, photo or missing",
                )
            )
    return problems


def missing_materials(
    item: Item, states: Mapping[str, str], applying: Collection[str] = ()
) -> tuple[Material, ...]:
    """The needed materials that were looked for and not there."""
    needed = needed_materials(item, applying)
    return tuple(material for material in needed if states.get(material.key) == MaterialState.MISSING)


def unchecked_materials(
    item: Item, states: Mapping[str, str], applying: Collection[str] = ()
) -> tuple[Material, ...]:
    """The needed materials that nobody has looked at yet."""
    return tuple(material for material in needed_materials(item, applying) if material.key not in states)


def one_off_notice(
    item: Item, states: Mapping[str, str], told_on: date, applying: Collection[str] = ()
) -> Notice:
    """The notice of everything missing at once (for licences: 行政许可法 art. 32)."""
    missing = missing_materials(item, states, applying)
    unchecked = unchecked_materials(item, states, applying)
    return Notice(
        item=item.key,
        item_version=item.version,
        told_on=told_on,
        missing=missing,
        unchecked=unchecked,
        text=_text(item, missing, unchecked, told_on),
    )


def _text(item: Item, missing: tuple[Material, ...], unchecked: tuple[Material, ...], told_on: date) -> str:
    lines = []
    if missing:
        lines.append(f"您申请的“{item.name}”还缺以下{len(missing)}项材料，请一次补齐：")
        lines += [f"{number}. {_described(material)}" for number, material in enumerate(missing, start=1)]
    elif not unchecked:
        lines.append(f"“{item.name}”所需材料齐全。")
    if unchecked:
        lines.append("尚未核对：" + "、".join(material.name for material in unchecked))
    if item.materials_note:
        lines.append(f"说明：{item.materials_note}")
    lines.append(f"告知日期：{told_on.year}年{told_on.month}月{told_on.day}日")
    return "\n".join(lines)


def _described(material: Material) -> str:
    # What the catalogue does not know is left out, never filled in.
    known = [
        f"{title}：{text}"
        for title, text in (
            ("适用情形", material.condition),
            ("规格份数", material.copies),
            ("材料来源", material.source),
            ("审查要点", "、".join(material.review_points or ())),
        )
        if text
    ]
    return material.name + (f"（{'；'.join(known)}）" if known else "")
