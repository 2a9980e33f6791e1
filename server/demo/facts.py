"""What the generators yield: one fact for each record, one change for each later step of a case."""

from random import Random
from typing import Any

import msgspec

from sync.ids import uuid7


class Fact(msgspec.Struct, frozen=True):
    """A record as it was first written down. `fields` are those of `sync.kinds`; `at_ms` is Unix milliseconds."""

    kind: str
    record: str
    village: str
    at_ms: int
    fields: dict[str, Any]


class Change(msgspec.Struct, frozen=True):
    """A later change of a record by one account (`by`), with all the fields that it sets.

    `seen` are the values that those fields had before, None for none, as an operation carries them.
    """

    kind: str
    record: str
    village: str
    at_ms: int
    fields: dict[str, Any]
    seen: dict[str, Any]
    by: str


def seeded(*parts: object) -> Random:
    """A source of randomness that is a function of its parts alone."""
    return Random(":".join(str(part) for part in parts))  # noqa: S311  # repeatable on purpose, no secret


def new_id(random: Random, at_ms: int) -> str:
    """A UUIDv7 of that time with seeded random bits."""
    return uuid7(at_ms, random.randbytes(10))
