"""Suspected duplicates: the same person, the same item, an equal duplicate key, both open, whoever captured them.

One person may rightly have one item open twice (two hospital stays), so an item may name the answers that tell
its cases apart (domain notes, Handling a case); an item that names none is told apart by the person alone. It
stays a suspicion: both cases stand, and a person links or separates them.
"""

import unicodedata
from collections.abc import Mapping
from hashlib import sha256

import msgspec

from forms.catalogue import Item


def duplicate_fingerprint(item: Item, person: str, answers: Mapping[str, object]) -> str:
    """A text that is equal for cases which may be one and the same: 64 hexadecimal digits.

    It is the SHA-256 of the item's key, the person and the answers of the item's duplicate key, so that a
    store finds equals by an index. Texts are compared without regard to spaces, width and case of letters;
    several choices without regard to their order; an answer that is not given equals only another that is
    not. Versions of one item are one item.

    `person` is opaque: a resident's id, or a keyed hash. An identity number itself does not belong here, as
    it could be guessed from the unkeyed digest. `answers` are flat, a value a path.
    """
    distinguishing = [_compared(answers.get(path)) for path in item.duplicate_key]
    return sha256(msgspec.json.encode([item.key, person, distinguishing])).hexdigest()


def _compared(value: object) -> object:
    if isinstance(value, str):
        return _compared_text(value) or None
    if isinstance(value, list):
        return sorted(str(_compared(part)) for part in value) or None
    return value


def _compared_text(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).lower().split())
