"""The types that a field of a record can have. None is a floating-point number: fractions are written as text."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

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


Sex = Literal["male", "female"]
Outcome = Literal["met", "not_home", "phone", "service_point", "seen"]
Answer = str | Integer | bool | list[str]
MaterialState = Literal["original_seen", "copy", "photo", "missing"]
Rating = Literal["very_satisfied", "satisfied", "basically_satisfied", "dissatisfied", "very_dissatisfied"]
"""好差评, GB/T 39734 (`forms.handling.rating`)."""
Worker = Code

MOMENT_PARTS = ("at", "start", "end")
"""The moments inside the values of fields (a location, a handover, an interval)."""

SetChange = dict[Literal["add", "remove"], list[Code]]
"""How a field that is a set is changed."""
