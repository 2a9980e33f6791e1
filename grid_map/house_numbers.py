"""The order of house numbers as people walk them: 3组2号 before 3组12号, 12号 before 12-1号 before 13号."""

import re
import unicodedata

_GROUP = re.compile(r"(\d+)(?:村民)?(?:组|小组|队)")
_CHINESE_NUMBER = re.compile(r"([零〇一二三四五六七八九十]+)(?=(?:村民)?(?:组|小组|队|号|幢|栋|单元|弄|室))")
_WORDS = re.compile(r"号|室|幢|栋|单元|弄|楼|附|之|[-—–－·、,，/\s]|\d+")
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0}

HouseNumberKey = tuple[int, str, tuple[int, ...], str]


def house_number_key(address: str) -> HouseNumberKey:
    """A sorting key: villagers' group (0 without one), street, the numbers in turn, the text itself.

    Full-width digits and Chinese numerals before 组, 号, 幢 … are read as numbers. Text without any number
    sorts by itself; nothing is ever refused.
    """
    text = _CHINESE_NUMBER.sub(lambda m: str(_chinese(m[1])), unicodedata.normalize("NFKC", address).strip())
    group = _GROUP.search(text)
    rest = text if group is None else text[: group.start()] + " " + text[group.end() :]
    numbers = tuple(int(n) for n in re.findall(r"[0-9]{1,9}", rest))
    return int(group[1]) if group else 0, _WORDS.sub("", rest), numbers, text


def _chinese(numeral: str) -> int:
    """十 -> 10, 二十三 -> 23, 一〇二 -> 102."""
    if "十" not in numeral:
        return int("".join(str(_DIGITS[c]) for c in numeral))
    tens, _, ones = numeral.partition("十")
    tail = ones.replace("十", "")
    return (_DIGITS.get(tens[-1:], 1) * 10) + (_DIGITS[tail[-1]] if tail else 0)
