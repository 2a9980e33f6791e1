"""The tables of `docs/protocol.md` that follow from the code. `python -m tests.sync.protocol_page` writes them anew."""

from __future__ import annotations

import re
from functools import reduce
from operator import or_
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from sync import kinds
from sync.kinds import KINDS, OPENED_BY_SERVER, REFERENCE_KINDS, Kind

PAGE = Path(__file__).parent.parent.parent / "docs" / "protocol.md"
BEGIN, END = "<!-- kinds: from sync/kinds.py -->\n", "<!-- kinds: end -->\n"
OBJECTS = (kinds.Location, kinds.Finding, kinds.Interval, kinds.Handover, kinds.SpecialEvent)
NAMES: tuple[tuple[Any, str], ...] = (
    (kinds.Text, "text"),
    (kinds.LongText, "long text"),
    (kinds.Code, "code"),
    (kinds.Reference, "record"),
    (kinds.Moment, "moment"),
    (kinds.Digest, "digest"),
    (kinds.Integer, "integer"),
    (kinds.Day, "day"),
    (kinds.Answer, "text, integer, true or false, or a list of text"),
    (bool, "true or false"),
    (dict[str, Any], "object"),
)


def said(wanted: Any) -> str:
    """A field's type in the words of the page."""
    for known, name in NAMES:
        if wanted == known:
            return name
    origin, parts = get_origin(wanted), get_args(wanted)
    if origin is Literal:
        return " \\| ".join(f"`{part}`" for part in parts)
    if origin is list:
        return f"list of {said(parts[0])}"
    if origin in (Union, UnionType):
        return said(reduce(or_, (part for part in parts if part is not NoneType)))
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
        return f"[{wanted.__name__}](#objects)"
    constraints = [part for part in parts[1:] if isinstance(part, msgspec.Meta)]
    if constraints and parts[0] is str:
        most = constraints[0].max_length
        return (
            f"text, at most {most}" if most else f"text like `{constraints[0].pattern}`".replace("|", "\\|")
        )
    if constraints:
        return f"integer, at least {constraints[0].ge}"
    raise TypeError(f"no words for {wanted}")


def kinds_table() -> str:
    """Every kind with its fields, and the objects that fields hold."""
    parts = [_kind_table(kind) for kind in KINDS.values() if kind.name not in REFERENCE_KINDS]
    reference = "`, `".join(sorted(REFERENCE_KINDS))
    parts.append(
        f"#### `{reference}`\n\nReference data, written by the server alone; the later clock wins. In the village"
        " `reference`, but for `grid`, which is in its own village. Names no resident.\n\n"
        + _field_rows(KINDS["item"])
    )
    parts.append("#### Objects\n\n" + "\n".join(map(_object_row, OBJECTS)) + "\n")
    return "\n".join(parts)


def _kind_table(kind: Kind) -> str:
    wins = "the first stands, a person decides" if kind.merging == "a person" else "the later clock wins"
    notes = [
        f"Two different values: {wins}.",
        "Names a resident." if kind.names_resident else "Names no resident.",
    ]
    if kind.merging == "author":
        notes[0] = "Written by its own worker only; the later clock wins."
    if kind.name in OPENED_BY_SERVER:
        notes.append("Opened by the server; a device may change it, never create it.")
    return f"#### `{kind.name}` {kind.label}\n\n{' '.join(notes)}\n\n{_field_rows(kind)}"


def _field_rows(kind: Kind) -> str:
    rows = ["| field | holds | |", "|---|---|---|"]
    for field, wanted in kind.types.items():
        marks = [
            name
            for name, here in (
                ("required", field in kind.required),
                ("fixed at creation", field in kind.on_create_only),
                ("set", field in kind.sets),
            )
            if here
        ]
        rows.append(f"| `{field}` | {said(wanted)} | {', '.join(marks)} |")
    rows += [
        f"| `{family}/…` | {said(wanted)} | a field a path |" for family, wanted in kind.families.items()
    ]
    return "\n".join(rows) + "\n"


def _object_row(wanted: type[msgspec.Struct]) -> str:
    fields = [
        f"`{field.name}` {said(field.type)}" + (" (required)" if field.required else "")
        for field in msgspec.structs.fields(wanted)
    ]
    return f"- **{wanted.__name__}**: {'; '.join(fields)}."


def with_tables(page: str) -> str:
    """The page with its generated part as the code has it now."""
    pattern = re.compile(re.escape(BEGIN) + ".*" + re.escape(END), re.DOTALL)
    return pattern.sub(lambda _: BEGIN + kinds_table() + END, page)


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
