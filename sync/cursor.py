"""Cursors: how far a device has followed a village, within one epoch. Opaque to clients."""

from __future__ import annotations

from sync.errors import CursorExpired

START = ""
"""What a device sends that has no cursor: it is told to fetch segments."""

VERSION_DIGITS_MAX = 18


def cursor_text(epoch: str, version: int) -> str:
    """The cursor after everything up to a version."""
    return f"{epoch}.{version}"


def cursor_version(text: str, epoch: str, newest: int, oldest: int) -> int:
    """The version that a cursor stands for.

    CursorExpired if it is none, of another epoch, ahead of the village's `newest` version, or before `oldest`, the
    version after which every departure is still kept.
    """
    of_epoch, dot, number = text.rpartition(".")
    if not dot or of_epoch != epoch or not number.isdecimal() or len(number) > VERSION_DIGITS_MAX:
        raise CursorExpired("the cursor is of another epoch")
    version = int(number)
    if not oldest <= version <= newest:
        raise CursorExpired("the cursor is too old, or ahead of the village")
    return version
