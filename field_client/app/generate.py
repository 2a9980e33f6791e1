"""What the phone app shares with the Python packages, written as JSON: data, never code.

    python field_client/app/generate.py           write the files
    python field_client/app/generate.py --check   name those that are not up to date; 1 if there are any

The files stand in `src/engine/data/`; the description of the server's calls, from which the wire's types are made, is
`src/engine/wire/openapi.json`. `tests/field_client/test_app_data.py` checks that all of them are up to date.
"""

from __future__ import annotations

import json
import sys
import tempfile
import types
import typing
from collections.abc import Iterable
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import msgspec

from field_client.cases import MILESTONES
from forms.definition import Label
from forms.handling import explanation
from forms.handling.calendar import published_calendar
from forms.handling.clocks import PAUSE_LABELS
from forms.handling.clocks import RULES as LIMIT_RULES
from forms.handling.duty import REASONED_STATES
from forms.handling.light import LIGHT_LABELS
from forms.handling.materials import MATERIAL_LABELS
from forms.handling.moves import WORKFLOWS, Move
from forms.handling.states import ACTOR_LABELS, STATE_LABELS, Actor, State
from forms.problem import MESSAGES
from grid_map import counting_rules
from grid_map.counting_rules import RULES, Reason
from server.api.document import completed
from server.app import create_app
from server.keys import new_keys
from server.settings import load_settings
from server.store.engine import Store
from sync.field_labels import LABELS, OF_KIND
from sync.field_types import Digest, Reference
from sync.kinds import KINDS, OPENED_BY_SERVER, REFERENCE_KINDS, REFERENCE_VILLAGE, Kind

ENGINE = Path(__file__).parent / "src" / "engine"
_PLAIN: dict[Any, str] = {datetime: "moment", date: "day", bool: "boolean", int: "integer", str: "text"}
_NAMED = {Reference: "reference", Digest: "digest"}
_BOUNDS = {"min_length": "min", "max_length": "max", "ge": "min", "le": "max", "pattern": "pattern"}


def described(wanted: Any, objects: dict[str, Any]) -> dict[str, Any]:
    """A field's type in a small form of its own; the structs that it names are put into `objects`."""
    if (name := _NAMED.get(wanted)) is not None:
        return {"type": name}
    bounds: dict[str, Any] = {}
    while typing.get_origin(wanted) is typing.Annotated:
        wanted, *metas = typing.get_args(wanted)
        for meta in metas:
            bounds |= {
                name: getattr(meta, given)
                for given, name in _BOUNDS.items()
                if getattr(meta, given, None) is not None
            }
    if wanted in _PLAIN:
        return {"type": _PLAIN[wanted], **bounds}
    origin, inside = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is Literal:
        return {"type": "one_of", "values": list(inside)}
    if origin is list:
        return {"type": "list", "of": described(inside[0], objects)}
    if origin is dict:
        return {"type": "any_object"}
    if origin in (typing.Union, types.UnionType):
        return _described_union([one for one in inside if one is not type(None)], objects)
    name = wanted.__name__
    objects[name] = {
        field.name: described(field.type, objects)
        | ({} if field.required else {"optional": True})
        | ({"nullable": True} if type(None) in typing.get_args(field.type) else {})
        for field in msgspec.structs.fields(wanted)
    }
    return {"type": "object", "name": name}


def _described_union(members: list[Any], objects: dict[str, Any]) -> dict[str, Any]:
    described_members = [described(member, objects) for member in members]
    return (
        described_members[0] if len(described_members) == 1 else {"type": "any_of", "of": described_members}
    )


def _kind(kind: Kind, objects: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": kind.label,
        "merging": kind.merging.value,
        "names_resident": kind.names_resident,
        "fields": {field: described(wanted, objects) for field, wanted in kind.types.items()},
        "families": {family: described(wanted, objects) for family, wanted in kind.families.items()},
        "sets": sorted(kind.sets),
        "required": list(kind.required),
        "on_create_only": sorted(kind.on_create_only),
        "references": dict(kind.references),
        "moments": sorted(kind.moments),
        "dated": sorted(kind.dated),
    }


def kinds() -> dict[str, Any]:
    """The kinds of record, the types of their fields, and the objects that fields hold."""
    objects: dict[str, Any] = {}
    described_kinds = {name: _kind(kind, objects) for name, kind in KINDS.items()}
    return {
        "kinds": described_kinds,
        "objects": objects,
        "reference_kinds": sorted(REFERENCE_KINDS),
        "opened_by_server": sorted(OPENED_BY_SERVER),
        "reference_village": REFERENCE_VILLAGE,
    }


def field_labels() -> dict[str, Any]:
    """What a field is called, by field, and where a kind calls it otherwise."""
    return {
        "labels": {field: _field_label(field, zh) for field, zh in LABELS.items()},
        "of_kind": {f"{kind}/{field}": _field_label(field, zh) for (kind, field), zh in OF_KIND.items()},
    }


def _field_label(field: str, zh: str) -> dict[str, str]:
    return {"zh": zh, "en": field.replace("_", " ")}


def counting() -> dict[str, Any]:
    """The counting rules and the reasons beside a number."""
    reasons = [one for one in vars(counting_rules).values() if isinstance(one, Reason)]
    return {
        "rules": {rule.key: {"zh": rule.zh, "en": rule.en} for rule in RULES.values()},
        "reasons": {reason.code: {"zh": reason.zh, "en": reason.en} for reason in reasons},
        "not_covered_by_outcome": {
            outcome: reason.code for outcome, reason in counting_rules.NOT_COVERED_BY_OUTCOME.items()
        },
    }


def workflows() -> dict[str, Any]:
    """How a case of each mode moves, and the words for states and for who moves it, in the order of the tables."""
    return {
        "workflows": {
            workflow.mode.value: {
                "initial": workflow.initial.value,
                "starters": _in_order(workflow.starters),
                "states": [state.value for state in workflow.states],
                "open_states": sorted(state.value for state in workflow.open_states),
                "moves": [_move(move) for move in workflow.moves],
            }
            for workflow in WORKFLOWS.values()
        },
        "state_labels": {state.value: _label(label) for state, label in STATE_LABELS.items()},
        "actor_labels": {actor.value: _label(label) for actor, label in ACTOR_LABELS.items()},
    }


def _move(move: Move) -> dict[str, Any]:
    return {
        "seen": move.seen.value,
        "new": move.new.value,
        "actors": _in_order(move.actors),
        "at_doorstep": _in_order(move.at_doorstep),
        "onward": move.onward,
    }


def _in_order(actors: Iterable[Actor]) -> list[str]:
    return [actor.value for actor in Actor if actor in frozenset(actors)]


def _label(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en or label.zh}


def handling() -> dict[str, Any]:
    """What handling a case goes by besides its workflow: clocks, reasons that are due, and the words for them."""
    return {
        "limit_rules": msgspec.to_builtins(LIMIT_RULES),
        "milestones": {state.value: field for state, field in MILESTONES.items()},
        "reasoned_states": [state.value for state in State if state in REASONED_STATES],
        "material_labels": {state.value: _label(label) for state, label in MATERIAL_LABELS.items()},
        "light_labels": {light.value: _label(label) for light, label in LIGHT_LABELS.items()},
        "pause_labels": {kind.value: _label(label) for kind, label in PAUSE_LABELS.items()},
        "caveats": {
            "tentative": _label(explanation.TENTATIVE),
            "stopped": _label(explanation.STOPPED),
            "demonstration": _label(explanation.DEMONSTRATION),
            "not_statutory": _label(explanation.NOT_STATUTORY),
            "unknown_limit": _label(explanation.UNKNOWN_LIMIT),
        },
        "counting_labels": {counting: _label(label) for counting, label in explanation.COUNTING.items()},
    }


def openapi() -> dict[str, Any]:
    """The description of the server's calls, as `/schema/openapi.json` serves it."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "description.db")
        try:
            app = create_app(load_settings(data=Path(folder)), store, new_keys())
            document: dict[str, Any] = completed(app.openapi_schema.to_schema())
        finally:
            store.close()
    return document


def generated() -> dict[Path, str]:
    """Every file and its text."""
    data, wire = ENGINE / "data", ENGINE / "wire"
    visit_classes = files("grid_map") / "data" / "visit_classes.json"
    return {
        data / "kinds.json": _text(kinds()),
        data / "field_labels.json": _text(field_labels()),
        data / "visit_classes.json": _text(json.loads(visit_classes.read_text(encoding="utf-8"))),
        data / "counting_rules.json": _text(counting()),
        data / "problem_messages.json": _text(
            {code: {"zh": zh, "en": en} for code, (zh, en) in MESSAGES.items()}
        ),
        data / "workflows.json": _text(workflows()),
        data / "handling.json": _text(handling()),
        data / "calendar.json": _text(msgspec.to_builtins(published_calendar())),
        wire / "openapi.json": _text(openapi()),
    }


def _text(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def stale() -> list[Path]:
    """The files that are not as they would be generated now."""
    return [
        path
        for path, text in generated().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Write the files, or check them."""
    if arguments == ["--check"]:
        found = stale()
        for path in found:
            sys.stderr.write(f"not up to date: {path}\n")
        return 1 if found else 0
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
