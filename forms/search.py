"""Finding an item as one types: Chinese, pinyin in full or initials, what residents call it, its number.

Ranked by how well the words match; items that match equally well stand by number. Several words must all match.
Pinyin is computed once a catalogue.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import msgspec
from pypinyin import Style, lazy_pinyin

from forms.catalogue import Catalogue, Item, Mode

_SEPARATORS = re.compile(r"[\s、，,;；()（）/·\-]+")

# how well a word matches, best first; a word's score is the best that any text of the item gives
EXACT, PREFIX, INSIDE, SPREAD = 1000, 800, 600, 200
ALIAS_COST = 20  # what residents call it counts nearly as much as the name
DEPARTMENT_COST = 350


class _Text(msgspec.Struct, frozen=True):
    """A text as it is searched, and what a match in it costs against the name."""

    text: str
    initials: str
    pinyin: str
    cost: int


def search(
    catalogue: Catalogue, text: str, on: date, department: str | None = None, mode: Mode | None = None
) -> list[Item]:
    """The items in force on a day that match, best first; with no text, all of them by number."""
    words = [_plain(word) for word in unicodedata.normalize("NFKC", text).split()]
    index = _index(catalogue)
    ranked = []
    for item in catalogue.in_force(on):
        if (department is None or item.department == department) and (mode is None or item.mode is mode):
            scores = [_score(word, item, index[item.key, item.version]) for word in words if word]
            if all(scores):
                ranked.append((-sum(scores), item.number, item))
    return [item for _, _, item in sorted(ranked, key=lambda entry: entry[:2])]


def _plain(text: str) -> str:
    """Half-width, lower case, without punctuation."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=4)
def _index(catalogue: Catalogue) -> dict[tuple[str, int], tuple[_Text, ...]]:
    return {(item.key, item.version): tuple(_texts(catalogue, item)) for item in catalogue.items}


def _texts(catalogue: Catalogue, item: Item) -> Iterable[_Text]:
    yield _text(item.name, 0)
    if item.name_en is not None:
        yield _text(item.name_en, ALIAS_COST)
    for alias in item.aliases:
        yield _text(alias, ALIAS_COST)
    department = catalogue.department(item.department)
    if department is not None:
        yield _text(department.name, DEPARTMENT_COST)


def _text(text: str, cost: int) -> _Text:
    plain = _plain(text)
    return _Text(
        text=plain,
        initials="".join(lazy_pinyin(plain, style=Style.FIRST_LETTER)),
        pinyin="".join(lazy_pinyin(plain)),
        cost=cost,
    )


def _score(word: str, item: Item, texts: tuple[_Text, ...]) -> int:
    """How well a word matches an item; 0 if it does not."""
    best = EXACT if word == str(item.number) else 0
    for text in texts:
        found = _match(word, text.text)
        if word.isascii():
            found = max(found, _match(word, text.initials), _match(word, text.pinyin))
        best = max(best, found - text.cost)
    if best == 0 and not word.isascii() and _is_spread(word, texts[0].text):
        best = SPREAD
    return best


def _match(word: str, text: str) -> int:
    if word not in text:
        return 0
    if word == text:
        return EXACT
    return PREFIX if text.startswith(word) else INSIDE


def _is_spread(word: str, text: str) -> bool:
    """Whether all characters of a word stand in the text, in their order."""
    rest = iter(text)
    return all(character in rest for character in word)
