"""What an operation may say: the kinds of record, their fields, and who decides when two copies differ.

Invariants: no field is a floating-point number; a kind or field that is not named here is kept and rejected, so that
an older server never guesses what a newer client meant; `names_resident` decides what may leave a grid.

Field names with a `/` are families: `answers/<path>` (form answers, a field a path), `materials/<key>`,
`reasons/<device>`.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from forms.problem import Problem, pointer_to

Text = Annotated[str, Meta(max_length=200)]
LongText = Annotated[str, Meta(max_length=8000)]
Code = Annotated[str, Meta(min_length=1, max_length=64)]
Reference = Annotated[str, Meta(min_length=36, max_length=36)]
Moment = Annotated[datetime, Meta(tz=True)]
Day = date
Integer = Annotated[int, Meta(ge=-(2**53 - 1), le=2**53 - 1)]
Digest = Annotated[str, Meta(min_length=64, max_length=64)]


class Location(msgspec.Struct, forbid_unknown_fields=True):
    """A fix as measured: degrees as text, the coordinate system it was measured in, its source and accuracy."""

    latitude: Annotated[str, Meta(pattern=r"^-?\d{1,2}(\.\d{1,8})?$")]
    longitude: Annotated[str, Meta(pattern=r"^-?\d{1,3}(\.\d{1,8})?$")]
    system: Literal["WGS-84", "CGCS2000", "GCJ-02", "BD-09"]
    source: Annotated[str, Meta(max_length=32)] = "gps"
    accuracy_m: Annotated[int, Meta(ge=0)] | None = None
    at: Moment | None = None


class Finding(msgspec.Struct, forbid_unknown_fields=True):
    """Something found on a visit: its type, what was said, and what was done about it."""

    id: Code
    type: Literal["dispute", "request", "suggestion", "security", "fire", "environment", "other"]
    text: LongText = ""
    disposition: Literal["on_the_spot", "taken_along", "reported"] | None = None


class Interval(msgspec.Struct, forbid_unknown_fields=True):
    """A stretch in which a case's clock stood still, and why."""

    reason: Literal["supplement", "public_notice", "expert_review"]
    start: Moment
    end: Moment | None = None


class Handover(msgspec.Struct, forbid_unknown_fields=True):
    """One formal handover (AB岗): who gave the matter to whom, when and why."""

    giver: Code
    receiver: Code
    reason: LongText
    at: Moment


class SpecialEvent(msgspec.Struct, forbid_unknown_fields=True):
    """A change in a household that makes a visit due within 24 hours."""

    type: Literal["death", "discharge", "dispute", "other"]
    at: Moment


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


MOMENT_PARTS = ("at", "start", "end")
"""The moments inside the values of fields (a location, a handover, an interval)."""
_DATED = (Moment, Location, SpecialEvent, list[Handover], list[Interval], dict[str, Any])
_SetChange = dict[Literal["add", "remove"], list[Code]]


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
            (field, (wanted | _SetChange if field in sets else wanted) | UnsetType, UNSET)
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


Sex = Literal["male", "female"]
Outcome = Literal["met", "not_home", "phone", "service_point", "seen"]
Answer = str | Integer | bool | list[str]
MaterialState = Literal["original_seen", "copy", "photo", "missing"]
Worker = Code

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
            "accepted_at": Moment,
            "decided_at": Moment,
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


def field_type(kind: Kind, field: str) -> Any | None:
    """The type of a field, families included, or None where the kind has no such field."""
    if (known := kind.types.get(field)) is not None:
        return known
    family, slash, rest = field.partition("/")
    of_family: Any = kind.families.get(family)
    return of_family | None if slash and rest and of_family is not None else None


def field_problems(kind: Kind, fields: dict[str, Any]) -> list[Problem]:
    """Everything wrong with the fields of a create or change; empty where all is well.

    The whole is tried at once, because almost always it is right; only then each field is looked at by itself.
    """
    of_families = [field for field in fields if "/" in field]
    plain = fields
    if of_families:
        plain = {field: value for field, value in fields.items() if "/" not in field}
    try:
        msgspec.convert(plain, kind.whole)
    except msgspec.ValidationError:
        looked_at = list(fields)
    else:
        looked_at = of_families
    return [problem for field in looked_at if (problem := _field_problem(kind, field, fields[field]))]


def cleared_problems(kind: Kind, fields: dict[str, Any], *, creating: bool = False) -> list[Problem]:
    """A required field that is missing in a create, or that a change takes away: each is one problem."""
    return [
        Problem(
            pointer=pointer_to("fields", field),
            code="required",
            message=f"缺少“{field}”",
            message_en=f"“{field}” is missing",
        )
        for field in kind.required
        if (creating or field in fields) and fields.get(field) in (None, "")
    ]


def strange_moments(kind: Kind, fields: dict[str, Any]) -> list[Problem]:
    """Moments outside the years 1900 to 2999, which no calendar here can count."""
    return [
        Problem(
            pointer=pointer_to("fields", field),
            code="wrong-moment",
            message=f"“{field}”的时间不可能",
            message_en=f"“{field}” is no time that can be meant",
        )
        for field, value in fields.items()
        if field in kind.dated
        and not (_in_calendar(value) if field in kind.moments else _parts_in_calendar(value))
    ]


def _in_calendar(value: Any) -> bool:
    return not isinstance(value, str) or not value[:4].isdigit() or "1900" <= value[:4] <= "2999"


def _parts_in_calendar(value: Any) -> bool:
    if type(value) is list:
        return all(map(_parts_in_calendar, value))
    return type(value) is not dict or all(_in_calendar(value.get(part)) for part in MOMENT_PARTS)


def _field_problem(kind: Kind, field: str, value: Any) -> Problem | None:
    wanted = field_type(kind, field)
    if wanted is None:
        return Problem(
            pointer=pointer_to("fields", field),
            code="unknown-field",
            message=f"{kind.label}没有“{field}”这一项",
            message_en=f"a {kind.name} has no field “{field}”",
        )
    if field in kind.sets and isinstance(value, dict):
        wanted = _SetChange
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        return Problem(
            pointer=pointer_to("fields", field),
            code="wrong-type",
            message=f"“{field}”的内容格式不对",
            message_en=f"“{field}”: {error}",
        )
    return None
