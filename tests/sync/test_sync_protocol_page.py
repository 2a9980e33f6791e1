"""`docs/protocol.md` says what the code does: fails when one of the two is changed alone."""

import re
from itertools import chain
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

import sync.protocol
from server.api.sync import sync_api
from sync import errors, kinds
from sync.operation import RawOperation
from tests.sync.protocol_page import PAGE, with_tables

TEXT = PAGE.read_text()
EXAMPLES = re.findall(r"^```json (\w+)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
CODE = Path(sync.protocol.__file__).parent
SAID = re.compile(
    r"""(?:reject\(\s*[^,]*,|_problem\(\s*f?"[^"]*",|remark\(|code=)\s*"([a-z-]+)\"""", re.DOTALL
)


def test_the_tables_are_those_of_the_code() -> None:
    assert with_tables(TEXT) == TEXT, "python -m tests.sync.protocol_page writes them anew"


@pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_and_field_is_named(kind: kinds.Kind) -> None:
    names = [kind.name, *kind.types, *(f"{family}/…" for family in kind.families)]
    assert [name for name in names if f"`{name}`" not in TEXT] == []


def unknown_members(value: Any, kind: Any) -> list[str]:
    """Members of a message that its struct does not have, at every level."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        types = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
        inner = [unknown_members(value[name], types[name]) for name in value.keys() & types.keys()]
        return [*(value.keys() - types.keys()), *chain.from_iterable(inner)]
    if isinstance(value, list) and get_args(kind):
        return [name for member in value for name in unknown_members(member, get_args(kind)[0])]
    inside = [part for part in get_args(kind) if isinstance(part, type) and issubclass(part, msgspec.Struct)]
    return unknown_members(value, inside[0]) if inside and isinstance(value, dict) else []


@pytest.mark.parametrize(("name", "text"), [one for one in EXAMPLES if one[0] != "problem"])
def test_every_example_is_a_message_and_names_nothing_else(name: str, text: str) -> None:
    kind = getattr(sync.protocol, name)
    message = msgspec.json.decode(text, type=kind)
    if name == "PushRequest":
        for raw in message.operations:
            if b'"raw"' in bytes(raw):
                msgspec.json.decode(raw, type=RawOperation)
    assert unknown_members(msgspec.json.decode(text), kind) == []


def test_every_message_has_an_example() -> None:
    told = {name for name, _ in EXAMPLES}
    messages = {name for name in vars(sync.protocol) if name.endswith(("Request", "Reply", "Page", "List"))}
    assert messages <= told


def test_every_call_is_described() -> None:
    for route in sync_api.routes:
        path = route.path.replace("{digest:str}", "<digest>").replace("{upload:str}", "<id>")
        assert path in TEXT, path


def test_every_refusal_and_every_problem_is_named() -> None:
    refusals = {kind.code for kind in vars(errors).values() if isinstance(kind, type)} - {"sync-error"}
    problems = {code for file in CODE.rglob("*.py") for code in SAID.findall(file.read_text())}
    assert len(problems) > 25
    assert [code for code in sorted(refusals | problems) if f"`{code}`" not in TEXT] == []
