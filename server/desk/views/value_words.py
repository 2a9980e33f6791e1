"""Any field of any record in words: its label, its value, names for ids; identity numbers masked wherever they stand.

The desk's side of what `field_client/app/src/engine/device/value_texts.ts` tells on a phone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from forms.catalogue import Item
from forms.codes import mask_identity_number
from forms.definition import Label
from forms.handling.materials import MATERIAL_LABELS, MaterialState
from grid_map.visit_classes import load_visit_classes
from server.api.desk import masked
from server.desk.language import HAINING
from server.desk.views.answers_shown import ANSWERS, AnswerShown, answers_shown
from server.desk.views.case_words import NO, TASK_STATES, TASKS, YES, state_label
from server.desk.views.people import person
from server.desk.views.published import catalogue_of
from server.keys import Keys
from server.store.grid_shapes import grids_of
from server.store.places import village_range
from server.store.records import record_found
from sync.field_checks import field_type
from sync.field_labels import label_of
from sync.field_types import Moment, Reference
from sync.kinds import KINDS
from sync.record import Record

EMPTY: Final = Label(zh="（空）", en="(empty)")
LONG: Final = Label(zh="（较长的文字）", en="(a long text)")
NOT_TAKEN_BACK: Final = Label(zh="不撤销", en="not taken back")
MATERIALS: Final = "materials/"
VILLAGE_DIGITS: Final = 12
WORKERS: Final = frozenset(
    {"worker", "companions", "holder", "first_contact", "outgoing", "incoming", "window", "leave"}
)
KIND_WORDS: Final = {
    "household": "household", "resident": "resident", "round": "round", "visit": "visit", "case": "case",
    "task": "task", "request": "request", "conflict": "conflict", "duplicate": "suspected duplicate",
    "reading": "look at a number", "rota": "rota", "assignment": "assignment", "day-signature": "signature",
}  # fmt: skip
ACTIONS: Final = {
    "create": Label(zh="登记", en="captured"),
    "change": Label(zh="修改", en="changed"),
    "void": Label(zh="撤销", en="taken back"),
}


def _words(**of: tuple[str, str]) -> dict[str, Label]:
    return {key: Label(zh=zh, en=en) for key, (zh, en) in of.items()}


VALUES: Final[Mapping[str, Mapping[str, Label]]] = {
    "outcome": _words(
        met=("见到", "met"),
        not_home=("未遇", "nobody home"),
        phone=("电话联系", "by phone"),
        service_point=("服务点见面", "at a service point"),
        seen=("见到住处", "saw the place"),
    ),
    "disposition": _words(
        on_the_spot=("当场处理", "settled on the spot"),
        taken_along=("带回", "taken along"),
        reported=("上报", "reported"),
    ),
    "status": _words(
        present=("在住", "lives here"), moved_out=("已迁出", "moved out"), deceased=("已故", "deceased")
    ),
    "sex": _words(male=("男", "male"), female=("女", "female")),
    "task/type": TASKS,
    "task/state": TASK_STATES,
    "decision": _words(linked=("是同一件事", "the same matter"), separate=("是两件事", "two matters")),
    "visit_class": {one.key: Label(zh=one.label, en=one.label_en) for one in load_visit_classes()},
}
"""What people call the values that a field can have, by field or by kind and field."""


class FieldWords:
    """Words for the records of one village, on one snapshot."""

    def __init__(self, db: sqlite3.Connection, keys: Keys, village: str) -> None:
        self.db = db
        self.keys = keys
        self.village = village
        self._catalogue = catalogue_of(db, keys)

    def kind(self, kind: str | None) -> Label:
        """A kind of record."""
        known = KINDS.get(kind or "")
        return Label(zh="读不出", en="unreadable") if kind is None else Label(
            zh=known.label if known else kind, en=KIND_WORDS.get(kind, kind)
        )  # fmt: skip

    def label(self, kind: str, field: str, values: Mapping[str, Any]) -> Label:
        """What a field is called; an answer by its question, a material by its name. `values`: the record's."""
        if field == "void":
            return ACTIONS["void"]
        if field.startswith(ANSWERS) and (answer := self._answer(field, True, values)) is not None:
            return answer.label
        if field.startswith(MATERIALS):
            return self._material(field.removeprefix(MATERIALS), values)
        known = KINDS.get(kind)
        zh = label_of(known, field) if known is not None else field
        return Label(zh=zh, en=field.replace("_", " "))

    def text(self, kind: str, field: str, value: Any, values: Mapping[str, Any]) -> Label:
        """A value as people read it."""
        if field == "void":
            zh = masked(str(value))
            return NOT_TAKEN_BACK if value is None else Label(zh=f"撤销：{zh}", en=f"taken back: {zh}")
        if value is None or value in ("", [], {}):
            return EMPTY
        if field.startswith(ANSWERS) and (answer := self._answer(field, value, values)) is not None:
            return _plain(answer.text, answer.text_en) if not answer.digests else _files(len(answer.digests))
        match value:
            case bool():
                return YES if value else NO
            case list():
                return _joined([self.text(kind, field, one, values) for one in value])
            case dict():
                return self._object(kind, field, value, values)
            case int():
                return Label(zh=str(value))
            case _:
                return self._single(kind, field, str(value))

    def title(self, identifier: str | None) -> str:
        """The record with this id in a few words; empty for one that is not here."""
        record = record_found(self.db, self.keys, self.village, identifier) if identifier else None
        return "" if record is None else self.title_of(record)

    def title_of(self, record: Record) -> str:
        """A record in a few words: whose it is, or what."""
        values = record.values
        if record.kind == "case":
            person_named = self.title(values.get("resident")) or values.get("applicant_name", "")
            return " ".join(filter(None, [self.item_name(values), str(masked(person_named))]))
        if record.kind == "visit":
            return self.title(values.get("household")) or str(masked(values.get("place", "")))
        names = (values.get(name) for name in ("name", "title", "text", "key", "day"))
        return str(masked(next((str(name)[:40] for name in names if name), record.id[:8])))

    def item(self, values: Mapping[str, Any]) -> Item | None:
        """The item of a case or a visit; None for one that is not in the catalogue."""
        key, version = values.get("item"), values.get("item_version")
        if not isinstance(key, str) or not isinstance(version, int):
            return None
        return self._catalogue.item(key, version)

    def item_name(self, values: Mapping[str, Any]) -> str:
        """Its name, or its key."""
        item = self.item(values)
        return str(values.get("item") or "") if item is None else item.name

    def person(self, account: str | None) -> str:
        """A person's name."""
        found = person(self.db, account)
        return "" if found is None else found.name

    def _grid(self, code: str) -> str:
        grids = grids_of(self.db, self.keys, village_range(code[:VILLAGE_DIGITS]))
        return next((grid.name for grid in grids if grid.code == code), code)

    def _answer(self, field: str, value: Any, values: Mapping[str, Any]) -> AnswerShown | None:
        item = self.item(values)
        form = None if item is None else self._catalogue.form(item.form)
        return next(iter(answers_shown(form, {field: value})), None)

    def _material(self, key: str, values: Mapping[str, Any]) -> Label:
        item = self.item(values)
        named = next((one.name for one in item.materials if one.key == key), key) if item else key
        return Label(zh=f"材料：{named}", en=f"Material: {named}")

    def _single(self, kind: str, field: str, value: str) -> Label:
        if value.startswith("sha256:"):
            return LONG
        if "identity_number" in field:
            return Label(zh=mask_identity_number(value))
        worded = VALUES.get(f"{kind}/{field}", VALUES.get(field, {})).get(value)
        if worded is not None:
            return worded
        if field == "grid":
            return Label(zh=self._grid(value))
        if field in WORKERS:
            return Label(zh=self.person(value))
        if field == "item":
            return Label(zh=next((one.name for one in reversed(self._catalogue.versions(value))), value))
        if kind == "case" and field == "state":
            return state_label(value)
        if field.startswith(MATERIALS) and value in MaterialState.__members__.values():
            return MATERIAL_LABELS[MaterialState(value)]
        return self._typed(kind, field, value)

    def _typed(self, kind: str, field: str, value: str) -> Label:
        known = KINDS.get(kind)
        wanted = None if known is None else field_type(known, field)
        if wanted == (Reference | None) or wanted == (list[Reference] | None):
            return Label(zh=self.title(value) or "另一条记录", en=self.title(value) or "another record")
        if wanted == (Moment | None):
            return Label(zh=moment_text(value))
        return Label(zh=str(masked(value)))

    def _object(self, kind: str, field: str, value: dict[str, Any], values: Mapping[str, Any]) -> Label:
        known = KINDS.get(kind)
        if known is not None and field in known.sets:
            told = [
                (word, self.text(kind, field, value[name], values))
                for name, word in (("add", ("增加", "add ")), ("remove", ("去掉", "remove ")))
                if value.get(name)
            ]
            return _plain(
                "；".join(word[0] + one.zh for word, one in told),
                "; ".join(word[1] + (one.en or one.zh) for word, one in told),
            )
        if field == "location":
            return Label(zh="已定位", en="located")
        if field == "handovers":
            return Label(zh=f"{self.person(value.get('giver'))} → {self.person(value.get('receiver'))}")
        parts = [str(masked(one)) for one in value.values() if isinstance(one, str | int)]
        return Label(zh="、".join(parts) or "…")


def moment_text(value: str) -> str:
    """A moment as it is said in Haining; what is none stays as it is."""
    try:
        return datetime.fromisoformat(value).astimezone(HAINING).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return str(masked(value))


def _plain(zh: str, en: str) -> Label:
    return Label(zh=zh, en=en if en != zh else None)


def _files(count: int) -> Label:
    return Label(zh=f"附件 {count} 个", en=f"{count} files")


def _joined(labels: list[Label]) -> Label:
    return _plain("、".join(one.zh for one in labels), ", ".join(one.en or one.zh for one in labels))
