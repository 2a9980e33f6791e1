"""Administrative divisions: one city, its towns, and the units below them.

Codes have 12 digits, 6 county + 3 town + 3 village; the village part is 0xx for a community, 2xx for a
village and 4xx for a pseudo-unit (domain notes, Codes). Outside the code lists people write a town with 9
digits and the city with 6, so every function here takes both forms. Names repeat: key on the code and show
`display_name`.

The list that comes with the package is that of the national statistics bureau, as it stood on LIST_DATE.
The day on which a unit came into being is not in it; `effective_from` is then None: "in force on LIST_DATE,
start not known".
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Literal, get_args

import msgspec

from grid_map.problems import BadInputError, Problem

LIST_DATE = date(2023, 6, 30)

Kind = Literal["city", "town", "community", "village", "pseudo"]
UNIT_KINDS = frozenset({"community", "village", "pseudo"})
KIND_NAMES: dict[Kind, tuple[str, str]] = {
    "city": ("市", "city"),
    "town": ("镇街", "town or subdistrict"),
    "community": ("社区", "community"),
    "village": ("村", "village"),
    "pseudo": ("功能区", "functional zone"),
}
# The official name ends in the name of the committee; people say the village, not its committee.
_COMMITTEES = (("社区居民委员会", "社区"), ("社区居委会", "社区"), ("村民委员会", "村"), ("村委会", "村"))
_COLUMNS = ("code", "name", "kind", "parent", "effective_from", "effective_to")


def full_code(code: str) -> str:
    """The 12-digit form of a 6, 9 or 12-digit code: 330481106 -> 330481106000. Other text is left alone."""
    return code.ljust(12, "0") if len(code) in {6, 9} else code


def short_code(code: str) -> str:
    """The code without its empty segments: 330481106000 -> 330481106. Every code below begins with it."""
    if len(code) != 12:
        return code
    return code[:6] if code.endswith("000000") else code[:9] if code.endswith("000") else code


def within(code: str, ancestor: str) -> bool:
    """Whether a division or grid code lies in (or is) the ancestor. Works on codes alone, known or not."""
    return short_code(code).startswith(short_code(ancestor))


class Division(msgspec.Struct, frozen=True):
    """A city, a town or a unit. `parent` is the 12-digit code above, None for the city.

    The effective days are both included; None is an open end.
    """

    code: str
    name: str
    kind: Kind
    parent: str | None
    effective_from: date | None = None
    effective_to: date | None = None

    @property
    def short_name(self) -> str:
        """The name as people say it: 金敭村委会 -> 金敭村."""
        for ending, spoken in _COMMITTEES:
            if self.name.endswith(ending):
                return self.name.removesuffix(ending) + spoken
        return self.name

    def in_force(self, day: date) -> bool:
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day <= self.effective_to
        )


class Divisions:
    """A tree of divisions, looked up by code in any of its forms. Iterates in code order."""

    def __init__(self, divisions: Iterable[Division]) -> None:
        self._by_code = {d.code: d for d in sorted(divisions, key=lambda d: d.code)}
        self._children: dict[str, list[Division]] = {}
        for division in self:
            if division.parent is not None:
                self._children.setdefault(division.parent, []).append(division)

    def __iter__(self) -> Iterator[Division]:
        return iter(self._by_code.values())

    def __len__(self) -> int:
        return len(self._by_code)

    def get(self, code: str) -> Division | None:
        """The division of a 6, 9 or 12-digit code, None when there is none."""
        return self._by_code.get(full_code(code))

    def children(self, code: str) -> tuple[Division, ...]:
        """The divisions right below, in code order; of a city its towns, of a town its units."""
        return tuple(self._children.get(full_code(code), ()))

    def towns(self) -> tuple[Division, ...]:
        return tuple(d for d in self._by_code.values() if d.kind == "town")

    def units_of(self, code: str) -> tuple[Division, ...]:
        """The villages, communities and pseudo-units of a town or a city, in code order; of a unit, itself."""
        return tuple(d for d in self._by_code.values() if d.kind in UNIT_KINDS and within(d.code, code))

    def display_name(self, code: str) -> str:
        """Town and kind beside the name, as ten name stems repeat: 丁桥镇·金敭村. An unknown code is itself."""
        division = self.get(code)
        if division is None:
            return code
        parent = self.get(division.parent) if division.parent else None
        if division.kind not in UNIT_KINDS or parent is None:
            return division.name
        kind = "" if division.kind != "pseudo" else f"（{KIND_NAMES['pseudo'][0]}）"
        return f"{parent.name}·{division.short_name}{kind}"

    def search(self, words: str, limit: int = 20) -> tuple[Division, ...]:
        """Divisions whose code begins with a word, or whose name or town holds it; every word must match.

        Best first: the name itself, then names that begin with the first word, then the others; ties by code.
        """
        parts = words.split()
        if not parts:
            return ()
        first = parts[0]
        found: list[tuple[int, str]] = []
        for division in self._by_code.values():
            text = f"{self.display_name(division.code)} {division.name}"
            if all(part in text or division.code.startswith(part) for part in parts):
                exact = first in {division.name, division.short_name}
                rank = 0 if exact else 1 if division.name.startswith(first) else 2
                found.append((rank, division.code))
        return tuple(self._by_code[code] for _, code in sorted(found)[:limit])


def read_divisions(text: str) -> Divisions:
    """Divisions from tab-separated text with the columns of `data/haining_divisions.tsv`.

    Raises BadInputError with every mistake: missing columns, codes that are not 12 digits, unknown kinds or
    parents, codes that repeat, days that are not ISO dates or end before they begin.
    """
    rows = list(
        csv.DictReader(io.StringIO(text), delimiter="\t", restkey="", restval="", quoting=csv.QUOTE_NONE)
    )
    missing = [c for c in _COLUMNS if not rows or c not in rows[0]]
    if missing:
        names = "、".join(missing)
        raise BadInputError(
            [Problem("/rows/0", "missing-column", f"缺少列：{names}", f"missing columns: {names}")]
        )
    codes = {row["code"] for row in rows}
    problems: list[Problem] = []
    divisions: dict[str, Division] = {}
    for number, row in enumerate(rows, start=1):
        found = list(_mistakes(f"/rows/{number}", row, codes, divisions))
        problems += found
        if not found:
            divisions[row["code"]] = _division(row)
    if problems:
        raise BadInputError(problems)
    return Divisions(divisions.values())


@lru_cache(maxsize=1)
def load_divisions() -> Divisions:
    """The divisions of Haining that come with this package: 1 city, 12 towns, 236 units. Read once."""
    source = files("grid_map") / "data" / "haining_divisions.tsv"
    return read_divisions(source.read_text(encoding="utf-8"))


def _division(row: dict[str, str]) -> Division:
    return msgspec.convert({c: row[c] or None for c in _COLUMNS}, Division, strict=False)


def _mistakes(
    at: str, row: dict[str, str], codes: set[str], earlier: dict[str, Division]
) -> Iterable[Problem]:
    code, kind, parent = row["code"], row["kind"], row["parent"]
    if "" in row:
        yield Problem(at, "columns", "这一行的列数过多", "this row has too many columns")
    if not (len(code) == 12 and code.isascii() and code.isdigit()):
        yield Problem(
            f"{at}/code", "code", f"区划代码应为 12 位数字：{code}", f"a code has 12 digits: {code}"
        )
    if code in earlier:
        yield Problem(f"{at}/code", "repeated", f"区划代码重复：{code}", f"repeated code: {code}")
    if not row["name"].strip():
        yield Problem(f"{at}/name", "required", "名称不能为空", "a name is needed")
    if kind not in get_args(Kind):
        yield Problem(f"{at}/kind", "kind", f"类别不认识：{kind}", f"unknown kind: {kind}")
    if parent and (parent not in codes or not within(code, parent)):
        yield Problem(
            f"{at}/parent", "parent", f"上级代码不存在或不相符：{parent}", f"no such parent: {parent}"
        )
    if not parent and kind != "city":
        yield Problem(f"{at}/parent", "parent", "只有市一级没有上级", "only the city has no parent")
    yield from _date_mistakes(at, row)


def _date_mistakes(at: str, row: dict[str, str]) -> Iterable[Problem]:
    days: list[date] = []
    for column in ("effective_from", "effective_to"):
        try:
            days.append(date.fromisoformat(row[column]) if row[column] else date.min)
        except ValueError:
            yield Problem(
                f"{at}/{column}", "date", f"日期格式应为 2023-06-30：{row[column]}", "not an ISO date"
            )
    if len(days) == 2 and row["effective_to"] and days[1] < days[0]:
        yield Problem(f"{at}/effective_to", "period", "失效日期早于生效日期", "ends before it begins")
