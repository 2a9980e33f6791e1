"""Taking in a catalogue that a person wrote: all mistakes at once, each with its place.

First the shape (types, missing and unknown names), then, if the shape is right, what it means
(`forms.catalogue_check`). The format is the one in which a catalogue travels; `docs/catalogue.md` describes it.
"""

import types
from collections.abc import Iterable, Iterator
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from forms.catalogue import Catalogue, merge_parts
from forms.catalogue_check import catalogue_problems
from forms.problem import Problem, pointer_to

_UNIONS = (Union, types.UnionType)


def import_catalogue(documents: Iterable[bytes]) -> tuple[Catalogue | None, list[Problem]]:
    """The catalogue written in one or more JSON documents (a file a department, say), and every problem.

    The catalogue is None where there is any problem. Pointers lead into the joined document.
    """
    parts = []
    for number, document in enumerate(documents, start=1):
        try:
            parts.append(msgspec.json.decode(document, type=dict[str, Any]))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None, [
                _shape("", "json", f"第{number}个文件不是JSON对象", f"Document {number} is no JSON object")
            ]
    whole = merge_parts(parts)
    found = list(_shape_problems(whole, Catalogue, ()))
    if found:
        return None, found
    catalogue = msgspec.convert(whole, Catalogue)
    found = catalogue_problems(catalogue)
    return (None, found) if found else (catalogue, [])


def _shape_problems(value: object, expected: Any, place: tuple[str | int, ...]) -> Iterator[Problem]:
    """Every place where a value is not of the expected type; goes on after each."""
    expected, optional = _without_none(expected)
    if value is None and optional:
        return
    if isinstance(expected, type) and issubclass(expected, msgspec.Struct):
        yield from _struct_problems(value, expected, place)
    elif get_origin(expected) is tuple:
        yield from _list_problems(value, get_args(expected)[0], place)
    else:
        try:
            msgspec.convert(value, expected)
        except msgspec.ValidationError as error:
            yield _shape(pointer_to(*place), "type", "内容的类型不对，或不在可选值之中", str(error))


def _struct_problems(
    value: object, expected: type[msgspec.Struct], place: tuple[str | int, ...]
) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield _shape(pointer_to(*place), "type", "应为对象", "Must be an object")
        return
    hints = get_type_hints(expected)
    fields = {field.name: field for field in msgspec.structs.fields(expected)}
    for name in sorted(value.keys() - fields.keys()):
        yield _shape(pointer_to(*place, name), "unknown-name", f"不认识的名称 {name}", f"Unknown name {name}")
    for name, field in fields.items():
        if name in value:
            yield from _shape_problems(value[name], hints[name], (*place, name))
        elif field.required:
            yield _shape(pointer_to(*place, name), "missing", f"缺少 {name}", f"Missing {name}")


def _list_problems(value: object, expected: Any, place: tuple[str | int, ...]) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield _shape(pointer_to(*place), "type", "应为列表", "Must be a list")
        return
    for number, entry in enumerate(value):
        yield from _shape_problems(entry, expected, (*place, number))


def _without_none(expected: Any) -> tuple[Any, bool]:
    """A type without its `| None`, and whether it had one."""
    if get_origin(expected) not in _UNIONS:
        return expected, False
    kinds = [kind for kind in get_args(expected) if kind is not type(None)]
    optional = len(kinds) < len(get_args(expected))
    return Union[tuple(kinds)], optional  # noqa: UP007 -- built from a list


def _shape(pointer: str, code: str, message: str, message_en: str) -> Problem:
    return Problem(pointer=pointer, code=code, message=message, message_en=message_en)
