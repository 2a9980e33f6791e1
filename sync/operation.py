"""Operations: what a device captures, as a value and as exact bytes.

Invariant: the bytes are the truth. They are cut out of the body as they came, from `{` to `}`, stored so, hashed so,
and never encoded again by either side; the struct beside them is only a reading of them.
"""

from __future__ import annotations

import base64
import json
import types
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec

from sync.chain import digest_of
from sync.errors import TooLarge, Unreadable

FORMAT = 1
OPERATION_BYTES_MAX = 64 * 1024
INTEGER_MAX = 2**53 - 1
USUAL_DEPTH = 4
NESTING_MAX = 32
"""How deep lists and objects may stand inside one another, the operation itself not counted."""


class Action(StrEnum):
    """What an operation does to its record."""

    CREATE = "create"
    CHANGE = "change"
    VOID = "void"


class Operation(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One captured operation; the field order is the order in which our own devices write it.

    `seen` holds, for each field set, the value that the worker saw (`seen_form`); for a void, the `revision`.
    `mends` names the rejected operation that this one puts right, `captured` then that one's clock.
    """

    id: str
    format: int
    counter: int
    previous: str
    clock: str
    offset_ms: int
    kind: str
    record: str
    village: str
    action: str
    seen: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    reason: str | None = None
    mends: str | None = None
    captured: str | None = None


class Envelope(msgspec.Struct):
    """The least that must be readable for an operation to take its place in the chain."""

    counter: int
    previous: str
    id: str | None = None


class RawOperation(msgspec.Struct, forbid_unknown_fields=True):
    """An operation that nobody could read, sent so that it does not block those behind it."""

    counter: int
    raw: str


class ErasedOperation(msgspec.Struct, forbid_unknown_fields=True):
    """What stays of an operation whose bytes were erased: it is stored so, and never sent."""

    counter: int
    id: str
    digest: str
    erased: Literal[True] = True


class Arrived(msgspec.Struct, frozen=True):
    """An operation as it arrived: its exact bytes, their digest, and what could be read of them.

    `operation` is None where only the envelope was readable; then `fault` says why. `previous` is None for raw bytes.
    `erased_id` is set, to the operation's id, where the bytes are gone and `exact` is what stays of it.
    """

    counter: int
    previous: str | None
    digest: str
    exact: bytes
    operation: Operation | None
    fault: str | None = None
    erased_id: str | None = None


def _bounded(depth: int) -> Any:
    """The type of a value as the protocol allows it, `depth` lists or objects deep: checked while it is decoded."""
    plain: Any = str | bool | Annotated[int, msgspec.Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)] | None
    if depth == 0:
        return plain
    within = _bounded(depth - 1)
    return plain | types.GenericAlias(list, (within,)) | types.GenericAlias(dict, (str, within))


_VALUES = types.GenericAlias(dict, (str, _bounded(USUAL_DEPTH)))
_AsWeWrite = msgspec.defstruct("_AsWeWrite", [("fields", _VALUES, {}), ("seen", _VALUES, {})])
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Operation).decode
_check_bounds = msgspec.json.Decoder(_AsWeWrite).decode
_decode_raw = msgspec.json.Decoder(RawOperation).decode
_decode_erased = msgspec.json.Decoder(ErasedOperation).decode
_ERASED_END = b'"erased":true}'
_decode_envelope = msgspec.json.Decoder(Envelope).decode
_TOO_DEEP = f"lists and objects stand more than {NESTING_MAX} deep"
_NOT_READ = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def exact_bytes(operation: Operation) -> bytes:
    """Encode once, at capture. TooLarge if the operation is over 64 KiB; Unreadable if its text is no UTF-8."""
    try:
        exact = _encode(operation)
    except UnicodeEncodeError as error:
        raise Unreadable("a lone surrogate must be replaced at capture") from error
    if len(exact) > OPERATION_BYTES_MAX:
        raise TooLarge(f"an operation of {len(exact)} bytes; at most {OPERATION_BYTES_MAX}")
    return exact


def replace_surrogates(text: str) -> str:
    """Text from a keyboard with lone surrogates replaced by U+FFFD, so that it is UTF-8 everywhere."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_operation(exact: bytes) -> Arrived:
    """Read one element of a batch.

    Raises Unreadable or TooLarge where not even its place in the chain can be read: the call is refused, and the
    device sends it again as raw bytes.
    """
    if len(exact) > OPERATION_BYTES_MAX:
        return _read_raw(exact)
    try:
        operation = _decode(exact)
    except _NOT_READ as error:
        return _read_unreadable(exact, str(error))
    fault = None if _encode(operation) == exact and _in_bounds(operation, exact) else strict_fault(exact)
    return Arrived(operation.counter, operation.previous, digest_of(exact), exact, operation, fault)


def read_stored(exact: bytes) -> Arrived:
    """Read one element of a stored batch: as it arrived, or what an erasure left of it."""
    if exact.endswith(_ERASED_END):
        try:
            left = _decode_erased(exact)
        except _NOT_READ:
            return read_operation(exact)
        return Arrived(left.counter, None, left.digest, exact, None, "erased", left.id)
    return read_operation(exact)


def erased_form(counter: int, identifier: str, digest: str) -> bytes:
    """What takes the place of an operation's bytes when they are erased: its digest still proves order."""
    return _encode(ErasedOperation(counter, identifier, digest))


def _in_bounds(operation: Operation, exact: bytes) -> bool:
    """Whether every number is an integer within ±(2^53−1), and nothing nests deeper than our own devices write."""
    try:
        _check_bounds(exact)
    except msgspec.ValidationError:
        return False
    return max(abs(operation.format), abs(operation.counter), abs(operation.offset_ms)) <= INTEGER_MAX


def _exact(value: Any, depth: int = 1) -> bool:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return abs(int(value)) <= INTEGER_MAX
    if kind is float or depth > NESTING_MAX:
        return False
    return all(_exact(member, depth + 1) for member in (value.values() if kind is dict else value))


def _read_raw(exact: bytes, why: str = "") -> Arrived:
    try:
        wrapped = _decode_raw(exact)
        inner = base64.b64decode(wrapped.raw, validate=True)
    except (*_NOT_READ, ValueError) as error:
        if len(exact) > OPERATION_BYTES_MAX:
            raise TooLarge(f"an operation of {len(exact)} bytes; at most {OPERATION_BYTES_MAX}") from error
        raise Unreadable(why or str(error)) from error
    return Arrived(wrapped.counter, None, digest_of(inner), inner, None, "sent as raw bytes")


def _read_unreadable(exact: bytes, why: str) -> Arrived:
    try:
        envelope = _decode_envelope(exact)
    except _NOT_READ:
        return _read_raw(exact, why)
    return Arrived(envelope.counter, envelope.previous, digest_of(exact), exact, None, why)


def strict_fault(exact: bytes) -> str | None:
    """Why bytes are not the protocol's JSON (duplicate keys, numbers out of range), or None if they are.

    Slow and exact; called only where encoding the reading again did not give the same bytes, or a number is
    out of bounds.
    """
    faults: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = dict(items)
        if len(keys) != len(items):
            faults.append("a key stands twice in one object")
        return keys

    def integer(text: str) -> int:
        if len(text) > 17 or abs(int(text)) > INTEGER_MAX:
            faults.append("an integer beyond ±(2^53−1)")
            return 0
        return int(text)

    def fraction(text: str) -> float:
        faults.append("a number that is no integer must be written as text")
        return 0.0

    try:
        whole = json.loads(exact, object_pairs_hook=pairs, parse_int=integer, parse_float=fraction)
    except RecursionError:
        return _TOO_DEEP
    if not faults and not all(map(_exact, whole.values())):
        faults.append(_TOO_DEEP)
    return faults[0] if faults else None


def raw_form(counter: int, exact: bytes) -> bytes:
    """The always-accepted form of a single operation that the server still refuses."""
    return _encode(RawOperation(counter=counter, raw=base64.b64encode(exact).decode()))
