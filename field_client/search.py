"""Finding a person or a house: by characters, pinyin initials, house number or the end of a phone number.

Items are found by `forms.search`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pypinyin.constants import PINYIN_DICT

from forms.codes import normalise_phone

_TONED = str.maketrans("āáǎàēéěèōóǒòīíǐìūúǔùǖǘǚǜńňǹḿ", "aaaaeeeeooooiiiiuuuuvvvvnnnm")


@lru_cache(maxsize=8192)
def _initials_of(character: str) -> str:
    """The first letters of a character's readings, each once; itself where it has none."""
    readings = PINYIN_DICT.get(ord(character))
    if readings is None:
        return character.lower()
    return str(readings)[0].translate(_TONED)


def initials(text: str) -> str:
    """The initials of a text's pinyin by each character's first reading: 沈建国 → sjg."""
    return "".join(map(_initials_of, text))


def search_text(kind: str, values: dict[str, Any]) -> str | None:
    """What a record of this kind is found by; None for kinds that are not searched."""
    match kind:
        case "household":
            name, number = str(values.get("name", "")), str(values.get("house_number", ""))
            address, phone = str(values.get("address", "")), _phone(values)
            return f"{name}|{initials(name)}|{number}|{address}|{phone}".lower()
        case "resident":
            name = str(values.get("name", ""))
            return f"{name}|{initials(name)}|{_phone(values)}".lower()
    return None


def matches(text: str | None, query: str) -> bool:
    """Whether every word of the query is part of the text."""
    return text is not None and all(word in text for word in query.lower().split())


def _phone(values: dict[str, Any]) -> str:
    phone = values.get("phone")
    if not isinstance(phone, str):
        return ""
    return phone if phone.isdecimal() else normalise_phone(phone)
