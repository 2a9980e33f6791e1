"""What an operation may say: the kinds of record, their fields, and who decides when two copies differ.

Invariants: no field is a floating-point number; a kind or field that is not named here is kept and rejected, so that
an older server never guesses what a newer client meant; `names_resident` decides what may leave a grid.

Field names with a `/` are families: `answers/<path>` (form answers, a field a path), `materials/<key>`,
`reasons/<device>`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from sync.field_types import (
    Answer,
    Code,
    Day,
    Digest,
    Finding,
    Handover,
    Integer,
    Interval,
    Location,
    LongText,
    MaterialState,
    Moment,
    Outcome,
    Rating,
    Reference,
    SetChange,
    Sex,
    SpecialEvent,
    Text,
    Worker,
)


class Merging(StrEnum):
    """Who prevails where two copies changed the same field to different values."""

    LATER_CLOCK = "later clock"
    A_PERSON = "a person"
    AUTHOR = "author"


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of record. A set of fields is checked as a `whole` first, and one by one only to explain what is wrong.

    `moments` are the fields that are one, `dated` those and the ones that may hold one inside.
    """

    name: str
    label: str
    merging: Merging
    names_resident: bool
    types: dict[str, Any]
    sets: frozenset[str]
    families: dict[str, Any]
    required: tuple[str, ...]
    on_create_only: frozenset[str]
    references: tuple[tuple[str, str], ...]
    whole: type[msgspec.Struct]
    moments: frozenset[str]
    dated: frozenset[str]


_DATED = (Moment, Location, SpecialEvent, list[Handover], list[Interval], dict[str, Any])


def _kind(
    name: str,
    label: str,
    merging: Merging,
    fields: dict[str, Any],
    *,
    names_resident: bool = True,
    sets: tuple[str, ...] = (),
    families: dict[str, Any] | None = None,
    required: tuple[str, ...] = (),
    on_create_only: tuple[str, ...] = (),
    references: tuple[tuple[str, str], ...] = (),
) -> Kind:
    types: dict[str, Any] = {field: kind | None for field, kind in fields.items()}
    whole = msgspec.defstruct(
        name.replace("-", "_").title(),
        [
            (field, (wanted | SetChange if field in sets else wanted) | UnsetType, UNSET)
            for field, wanted in types.items()
        ],
        forbid_unknown_fields=True,
    )
    return Kind(
        name=name,
        label=label,
        merging=merging,
        names_resident=names_resident,
        types=types,
        sets=frozenset(sets),
        families=families or {},
        required=required,
        on_create_only=frozenset(on_create_only),
        references=references,
        whole=whole,
        moments=frozenset(field for field, wanted in fields.items() if wanted is Moment),
        dated=frozenset(field for field, wanted in fields.items() if wanted in _DATED),
    )


_ALL = (
    _kind(
        "household",
        "户",
        Merging.LATER_CLOCK,
        {
            "name": Text,
            "address": Text,
            "house_number": Text,
            "grid": Code,
            "village": Code,
            "visit_class": Code,
            "visit_class_reason": Text,
            "tags": list[Code],
            "phone": Text,
            "location": Location,
            "status": Literal["present", "moved_out"],
            "special_event": SpecialEvent,
            "note": LongText,
        },
        sets=("tags",),
        required=("name", "address", "grid"),
    ),
    _kind(
        "resident",
        "居民",
        Merging.LATER_CLOCK,
        {
            "household": Reference,
            "name": Text,
            "sex": Sex,
            "birth_date": Day,
            "identity_number": Text,
            "phone": Text,
            "relation": Text,
            "status": Literal["present", "moved_out", "deceased"],
            "tags": list[Code],
            "note": LongText,
            "merged_into": Reference,
        },
        sets=("tags",),
        required=("household", "name"),
        references=(("household", "household"), ("merged_into", "resident")),
    ),
    _kind(
        "round",
        "走访",
        Merging.AUTHOR,
        {"worker": Worker, "grid": Code, "started_at": Moment, "finished_at": Moment, "note": LongText},
        names_resident=False,
        required=("worker", "grid", "started_at"),
        on_create_only=("worker", "grid"),
    ),
    _kind(
        "visit",
        "入户",
        Merging.AUTHOR,
        {
            "round": Reference,
            "worker": Worker,
            "companions": list[Worker],
            "grid": Code,
            "household": Reference,
            "place": Text,
            "visit_class": Code,
            "outcome": Outcome,
            "met": list[Reference],
            "started_at": Moment,
            "ended_at": Moment,
            "recorded_at": Moment,
            "written_up_later": bool,
            "purposes": list[Code],
            "findings": list[Finding],
            "disposition": Literal["on_the_spot", "taken_along", "reported"],
            "cases": list[Reference],
            "location": Location,
            "signature": Digest,
            "photos": list[Digest],
            "item": Code,
            "item_version": Integer,
            "note": LongText,
        },
        sets=("purposes", "cases", "photos"),
        families={"answers": Answer},
        required=("worker", "grid", "outcome", "started_at"),
        on_create_only=("worker", "grid", "household", "round", "item", "item_version"),
        references=(("household", "household"),),
    ),
    _kind(
        "case",
        "办件",
        Merging.A_PERSON,
        {
            "item": Code,
            "item_version": Integer,
            "state": Code,
            "household": Reference,
            "resident": Reference,
            "applicant_name": Text,
            "applicant_phone": Text,
            "applicant_identity_number": Text,
            "phone": Text,
            "holder": Worker,
            "first_contact": Worker,
            "handovers": list[Handover],
            "captured_at": Moment,
            "visit": Reference,
            "receipt_number": Code,
            "official_number": Code,
            "department_number": Code,
            "result": LongText,
            "reason": LongText,
            "missing_told_at": Moment,
            "received_at": Moment,
            "handed_up_at": Moment,
            "hand_up": Reference,
            "accepted_at": Moment,
            "decided_at": Moment,
            "issued_at": Moment,
            "delivered_at": Moment,
            "delivered_to": Text,
            "follow_up": LongText,
            "pauses": list[Interval],
            "entrusted_with": Digest,
            "files": list[Digest],
            "linked_cases": list[Reference],
            "note": LongText,
        },
        sets=("linked_cases", "files"),
        families={"answers": Answer, "materials": MaterialState},
        required=("item", "item_version", "state", "captured_at"),
        on_create_only=("item", "item_version", "captured_at", "first_contact"),
        references=(("household", "household"), ("resident", "resident")),
    ),
    _kind(
        "task",
        "任务",
        Merging.LATER_CLOCK,
        {
            "type": Literal["visit", "supplement", "delivery", "follow_up", "other"],
            "title": Text,
            "holder": Worker,
            "household": Reference,
            "resident": Reference,
            "case": Reference,
            "visit": Reference,
            "due": Day,
            "state": Literal["open", "done", "cancelled"],
            "note": LongText,
        },
        required=("title", "holder"),
        references=(("household", "household"), ("case", "case")),
    ),
    _kind(
        "request",
        "目录外诉求",
        Merging.LATER_CLOCK,
        {"text": LongText, "household": Reference, "worker": Worker, "asked_at": Moment, "note": LongText},
        required=("text", "worker", "asked_at"),
        references=(("household", "household"),),
    ),
    _kind(
        "hand-up",
        "报送批次",
        Merging.AUTHOR,
        {
            "number": Code,
            "worker": Worker,
            "handed_up_at": Moment,
            "cases": list[Reference],
            "note": LongText,
        },
        required=("number", "worker", "handed_up_at", "cases"),
        on_create_only=("number", "worker", "handed_up_at", "cases"),
    ),
    _kind(
        "rating",
        "好差评",
        Merging.AUTHOR,
        {"subject": Reference, "level": Rating, "rated_at": Moment},
        required=("subject", "level", "rated_at"),
        on_create_only=("subject", "level", "rated_at"),
    ),
    _kind(
        "conflict",
        "不一致",
        Merging.A_PERSON,
        {"choice": dict[str, Any], "note": LongText},
    ),
    _kind(
        "duplicate",
        "疑似重复",
        Merging.LATER_CLOCK,
        {"decision": Literal["linked", "separate"], "reason": LongText},
    ),
    _kind(
        "reading",
        "查看记录",
        Merging.AUTHOR,
        {"subject": Reference, "field": Code, "reason": Text, "worker": Worker, "read_at": Moment},
        required=("subject", "field", "worker", "read_at"),
        references=(("subject", "resident"),),
    ),
    _kind(
        "rota",
        "轮值",
        Merging.LATER_CLOCK,
        {"day": Day, "window": list[Worker], "leave": list[Worker], "note": LongText},
        names_resident=False,
        sets=("window", "leave"),
        required=("day", "window"),
        on_create_only=("day",),
    ),
    _kind(
        "assignment",
        "网格分工",
        Merging.LATER_CLOCK,
        {"worker": Worker, "grid": Code, "from_day": Day, "to_day": Day, "cover": bool, "reason": Text},
        names_resident=False,
        required=("worker", "grid", "from_day"),
        on_create_only=("worker", "grid"),
    ),
    _kind(
        "day-signature",
        "日结签字",
        Merging.A_PERSON,
        {
            "day": Day,
            "outgoing": Worker,
            "signed_at": Moment,
            "figures": dict[str, Any],
            "incoming": Worker,
            "countersigned_at": Moment,
            "note": LongText,
        },
        names_resident=False,
        families={"reasons": LongText},
        required=("day", "outgoing", "signed_at"),
        on_create_only=("day",),
    ),
    _kind(
        "worker",
        "专职工作者",
        Merging.LATER_CLOCK,
        {"name": Text, "role": Code, "from_day": Day, "to_day": Day},
        names_resident=False,
        required=("name", "role"),
    ),
    *(
        _kind(
            name,
            label,
            Merging.LATER_CLOCK,
            {"key": Code, "version": Integer, "definition": dict[str, Any]},
            names_resident=False,
            required=("key", "definition"),
            on_create_only=("key",),
        )
        for name, label in (
            ("item", "事项"),
            ("form", "表单"),
            ("department", "部门"),
            ("calendar", "工作日历"),
            ("division", "区划"),
            ("grid", "网格"),
        )
    ),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}

REFERENCE_VILLAGE = "reference"
"""The feed that every device follows: catalogue, forms, calendar, divisions."""

REFERENCE_KINDS = frozenset({"item", "form", "department", "calendar", "division", "grid"})
OPENED_BY_SERVER = frozenset({"conflict", "duplicate"})
"""Kinds that follow from other operations; a device may change them, never create them."""
