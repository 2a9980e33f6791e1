"""How an item version stood when a case was captured and when it arrived.

The worker did nothing wrong when an item expired on a case's way, so that is told and accepted; a version that
had expired before the capture is for a person to settle.
"""

from datetime import date
from typing import Literal, TypeAlias

from forms.catalogue import Catalogue

ItemStanding: TypeAlias = Literal[
    "current", "expired-after-capture", "expired-before-capture", "unknown", "newer"
]


def item_standing(
    catalogue: Catalogue, key: str, version: int, captured_on: date, received_on: date
) -> ItemStanding:
    """The standing of a version, by days in Asia/Shanghai.

    `newer`: later than any version known here, or not in force yet on the day of the capture; the device may
    have a catalogue that this side is still to get. `unknown`: no such item, or a version that never was.
    """
    versions = catalogue.versions(key)
    if not versions:
        return "unknown"
    if version > versions[-1].version:
        return "newer"
    item = catalogue.item(key, version)
    if item is None:
        return "unknown"
    if captured_on < item.effective_from:
        return "newer"
    if not item.in_force(captured_on):
        return "expired-before-capture"
    return "current" if item.in_force(max(captured_on, received_on)) else "expired-after-capture"
