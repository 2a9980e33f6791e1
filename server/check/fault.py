"""What a check found to be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

LISTED_MAX = 20
"""How many faults of one kind in one place are told one by one; the rest are counted."""

Progress = Callable[[str, int, int], None]
"""Told what is looked at, how much of it is done and how much there is."""


class Fault(msgspec.Struct, frozen=True):
    """One fault. `code` is stable; `village` and `where` say which rows, by ids and counters only."""

    code: str
    village: str
    where: str
    message: str
    message_en: str

    def line(self) -> str:
        """For a person."""
        return f"[{self.code}] {self.village} {self.where}：{self.message} / {self.message_en}"


def limited(faults: Iterable[Fault]) -> Iterator[Fault]:
    """The first faults of a kind in a village, then one that counts the rest."""
    counts: dict[tuple[str, str], int] = {}
    for fault in faults:
        key = fault.code, fault.village
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= LISTED_MAX:
            yield fault
    for (code, village), count in counts.items():
        if count > LISTED_MAX:
            rest = count - LISTED_MAX
            yield Fault(code, village, "", f"另有 {rest} 处同类问题", f"{rest} more of this kind")


def compared(
    code: str, village: str, what: tuple[str, str], stored: Mapping[Any, Any], right: Mapping[Any, Any]
) -> Iterator[Fault]:
    """Rows by key that differ from what they should be. `what` names them in Chinese and English."""
    for key in sorted(stored.keys() | right.keys(), key=repr):
        have, want = stored.get(key), right.get(key)
        if have == want:
            continue
        where = " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
        if have is None:
            yield Fault(code, village, where, f"缺少{what[0]}", f"{what[1]} is missing")
        elif want is None:
            yield Fault(code, village, where, f"多出{what[0]}", f"{what[1]} should not be there")
        else:
            yield Fault(
                code, village, where, f"{what[0]}不符：现为 {_short(have)}，应为 {_short(want)}",
                f"{what[1]} is {_short(have)}, not {_short(want)}",
            )  # fmt: skip


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "…"
