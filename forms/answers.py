"""Answers in their two shapes: nested as people see them, and a field a path as operations carry them.

Nested: `{"amount": 12300, "family": {"<row id>": {"name": "…"}}}`. Flat: `{"amount": 12300,
"family/<row id>/name": "…"}`. A row that is there without any answer is `family/<row id>: true`, a row that
was taken away is `family/<row id>: false`, so that two devices can each add, fill and take away rows of one
group and a merge field by field still means what they did.
"""

from collections.abc import Mapping
from typing import TypeAlias

Answer: TypeAlias = object
Row: TypeAlias = dict[str, Answer]
Answers: TypeAlias = dict[str, Answer]

ROW_PARTS = 2
COLUMN_PARTS = 3


def flatten(answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """One value a path. A repeat group without rows has no path, as it says nothing."""
    flat: dict[str, Answer] = {}
    for key, value in answers.items():
        if isinstance(value, Mapping):
            for row_id, row in value.items():
                flat.update(_flatten_row(f"{key}/{row_id}", row))
        else:
            flat[key] = value
    return flat


def _flatten_row(path: str, row: Answer) -> dict[str, Answer]:
    if not isinstance(row, Mapping):
        return {path: row}
    if not row:
        return {path: True}
    return {f"{path}/{column}": value for column, value in row.items()}


def nest(flat: Mapping[str, Answer]) -> Answers:
    """The nested answers of a flat record; a row marked `false` is left out whatever else it holds.

    Raises ValueError for a path that no answer can have: an empty part, more than three parts, or a path that
    is both an answer and a group.
    """
    answers: Answers = {}
    taken_away = {path for path, value in flat.items() if value is False and path.count("/") == 1}
    for path, value in flat.items():
        parts = path.split("/")
        if not all(parts) or len(parts) > COLUMN_PARTS:
            raise ValueError(f"不是答案的路径: {path!r} (not the path of an answer)")
        if len(parts) == 1:
            if parts[0] in answers:
                raise ValueError(f"{path!r} 既是答案又是分组 (both an answer and a group)")
            answers[path] = value
        elif f"{parts[0]}/{parts[1]}" not in taken_away:
            row = _row(answers, parts[0], parts[1])
            if len(parts) == COLUMN_PARTS:
                row[parts[2]] = value
    return answers


def _row(answers: Answers, key: str, row_id: str) -> Row:
    group = answers.setdefault(key, {})
    if not isinstance(group, dict):
        raise ValueError(f"{key!r} 既是答案又是分组 (both an answer and a group)")
    row: Row = group.setdefault(row_id, {})
    return row
