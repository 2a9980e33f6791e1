"""Which files a record, or what an operation sets, names: by the SHA-256 of a file's plain bytes.

A file is named by a field of the type digest, a member of a set of digests, or an answer that is a list of digests (an
answer of a form's type `file` is nothing else, and no other answer is a list of 64 hexadecimal digits). A conflict
names the files of the values that are offered in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sync.field_types import Digest
from sync.kinds import KINDS

_ANSWERS = "answers"
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FIELDS: dict[str, frozenset[str]] = {
    kind.name: frozenset(
        field for field, wanted in kind.types.items() if wanted in (Digest | None, list[Digest] | None)
    )
    for kind in KINDS.values()
}
NAMING = frozenset(
    kind.name
    for kind in KINDS.values()
    if _FIELDS[kind.name] or _ANSWERS in kind.families or kind.name == "conflict"
)
"""The kinds of record that can name a file."""


def files_named(kind: str, values: Mapping[str, Any]) -> set[str]:
    """The digests named by a record's values, or by the fields that an operation sets (sets as `{"add": …}` too)."""
    if kind not in NAMING:
        return set()
    if kind == "conflict":
        return set(_of_conflict(values))
    found: set[str] = set()
    for field in _FIELDS[kind]:
        if value := values.get(field):
            found.update(_digests(value, alone=True))
    for field, value in values.items():
        if type(value) is list and field.startswith("answers/"):  # asked of every visit on the push path
            found.update(_digests(value, alone=False))
    return found


def _of_conflict(values: Mapping[str, Any]) -> Iterator[str]:
    """What stands, what is offered, and what a person chose."""
    offered = values.get("offered")
    choice = values.get("choice")
    of_offers = (
        [one.get("value") for one in offered if isinstance(one, dict)] if isinstance(offered, list) else []
    )
    chosen = choice.get("value") if isinstance(choice, dict) else None
    for value in (values.get("standing"), *of_offers, chosen):
        yield from _digests(value, alone=True)


def _digests(value: Any, *, alone: bool) -> Iterator[str]:
    """The digests in a value; a text by itself counts where `alone`."""
    if isinstance(value, str):
        if alone and _DIGEST.fullmatch(value):
            yield value
        return
    members = value.get("add") if isinstance(value, dict) else value
    if isinstance(members, list):
        for member in members:
            if isinstance(member, str) and _DIGEST.fullmatch(member):
                yield member


def is_digest(text: str) -> bool:
    """Whether a text is a SHA-256 in lower-case hexadecimal."""
    return _DIGEST.fullmatch(text) is not None
