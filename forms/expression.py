"""Conditions and constraints: CEL expressions over answers, compiled once.

What an expression sees: `answers` (a map of what has been answered so far), `row` (inside a repeat group) and
`today` (ISO text). Numbers and money are doubles, so write `answers.amount > 100000.0`; dates are ISO text
and compare as text; yes/no is a bool; choices are keys; several choices and files are lists of text; a repeat
group is a list of rows. An unanswered field is absent: guard with `has()`. Whatever cannot be said (an absent
answer, a wrong type) is unknown, which is neither true nor false.

Only what the Python and TypeScript implementations of CEL agree on may be used (`PORTABLE_FUNCTIONS`);
`size()` counts lists, never text, as the two count characters differently.
"""

import re
from collections.abc import Mapping
from typing import Any

import cel

_OPERATORS = {"&&", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/"}
PORTABLE_FUNCTIONS = frozenset(
    {f"_{operator}_" for operator in _OPERATORS}
    | {"!_", "-_", "_?_:_", "@in", "_[_]", "@not_strictly_false"}
    | {"size", "startsWith", "endsWith", "contains"}
)
_REFERENCE = re.compile(r"\b(answers|row)\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)")
_LOOP_VARIABLE = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(\s*([A-Za-z_][A-Za-z0-9_]*)\s*,")
_TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")


class Expression:
    """One compiled expression. Raises ValueError, in CEL's own words, where the text is not an expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._program: Any = cel.compile(text)

    def judge(self, bindings: Mapping[str, object]) -> bool | None:
        """True, False, or None for unknown: an error, or a value that is no truth value."""
        try:
            value = self._program.execute(dict(bindings))
        except Exception:  # the library raises five unrelated types; each of them means that nothing is known
            return None
        return value if isinstance(value, bool) else None

    def not_portable(self) -> list[str]:
        """The functions it uses on which the two implementations do not agree."""
        return sorted(set(self._program.functions()) - PORTABLE_FUNCTIONS)

    def variables(self) -> frozenset[str]:
        """The variables it reads, without those of its own `all`, `exists`, `filter` and `map`."""
        own = set(_LOOP_VARIABLE.findall(_TEXT.sub("''", self.text)))
        return frozenset(self._program.variables()) - own

    def names(self, variable: str) -> frozenset[str]:
        """The fields that it reads of `answers` or of `row`."""
        bare = _TEXT.sub("''", self.text)
        return frozenset(name for owner, name in _REFERENCE.findall(bare) if owner == variable)
