"""A push as it comes: read into operations in order, or refused before anything is changed."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import msgspec

from sync.errors import TooLarge, Unreadable, WrongCounter
from sync.operation import Arrived, read_operation
from sync.protocol import PushRequest
from sync.receipt import Receipt


class _PushBody(PushRequest):
    """The request with its receipt unread: one that cannot be read must not keep the operations from coming in."""

    receipt: msgspec.Raw = msgspec.Raw(b"null")  # type: ignore[assignment]


_decode = msgspec.json.Decoder(_PushBody).decode


class PushBody(NamedTuple):
    """A push as it was read: its operations, the outcomes cursor, and the device's newest receipt."""

    operations: list[Arrived]
    outcomes_after: int
    receipt: Receipt | None


def read_push(body: bytes, operations_max: int) -> PushBody:
    """What a push brings. Unreadable or TooLarge refuse the call; a receipt that cannot be read is none."""
    try:
        body.decode()  # the decoder below leaves the text inside operations alone
        request = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    if len(request.operations) > operations_max:
        raise TooLarge(f"{len(request.operations)} operations; at most {operations_max}")
    arrived = [read_operation(bytes(raw)) for raw in request.operations]
    for before, after in pairwise(arrived):
        if after.counter != before.counter + 1:
            raise WrongCounter(f"{after.counter} follows {before.counter}")
    return PushBody(arrived, request.outcomes_after, _receipt_of(request.receipt))


def _receipt_of(raw: msgspec.Raw) -> Receipt | None:
    try:
        return msgspec.json.decode(raw, type=Receipt | None)
    except msgspec.MsgspecError:
        return None
