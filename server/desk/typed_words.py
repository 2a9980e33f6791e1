"""What of an interrupted form is shown to its author: the words they typed, by the names that people give them.

A form is refused before its page could say what its fields are called, so names are looked up here; a word that nobody
typed (an id, a code of a list, what the page had seen) is sent on unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from server.desk.typed import Typed

_NAMES = {
    "reason": ("原因", "Reason"),
    "note": ("说明", "Note"),
    "message": ("告知的话", "Message"),
    "told": ("告知内容", "Told"),
    "text": ("内容", "Text"),
    "words": ("内容", "Text"),
    "why": ("原因", "Reason"),
    "because": ("原因", "Reason"),
    "result": ("结果", "Result"),
    "receiver": ("领取人", "Receiver"),
    "delivered_to": ("送达给", "Delivered to"),
    "delivered_at": ("送达时间", "Delivered at"),
    "department_number": ("部门系统受理号", "The department's number"),
    "number": ("编号", "Number"),
    "task_note": ("任务说明", "Note of the task"),
    "handover_reason": ("移交原因", "Reason of the handover"),
    "follow_up": ("回访", "Follow-up"),
    "material": ("材料", "Material"),
    "from_day": ("从", "From"),
    "to_day": ("到", "To"),
    "day": ("日期", "Day"),
    "due": ("期限", "Due"),
    "at": ("时间", "At"),
}
_OTHER = ("填写的内容", "Typed")
_CODE = re.compile(r"[A-Za-z_][\w.:/-]*|[0-9a-f-]{16,}")


class Told(msgspec.Struct, frozen=True):
    """A field as its author knows it: its name in both languages, and the text."""

    zh: str
    en: str
    text: str


def told_fields(typed: Iterable[Typed]) -> list[Told]:
    """The fields worth showing, in the order of the form."""
    return [
        Told(*_NAMES.get(field.name, _OTHER), field.text)
        for field in typed
        if field.text.strip() and not _is_ours(field)
    ]


def _is_ours(field: Typed) -> bool:
    """Whether the page put it there: fields of the desk, what was seen, ids and codes; a number may be typed."""
    if field.name.startswith(("_", "seen")) or field.name in ("next", "do"):
        return True
    return field.name not in _NAMES and _CODE.fullmatch(field.text) is not None
