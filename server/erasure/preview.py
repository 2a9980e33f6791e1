"""What an erasure will remove, and what a person has to look at, told before it is done."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection

import msgspec

from server.erasure.finding import Found, Looked, look
from server.keys import Keys
from sync.clock import moment


class ToLookAt(msgspec.Struct, frozen=True):
    """A record that stays although a word for the person stands in it: where, not what.

    `fields` are paths in its values. The content of a `visit` can be erased with the resident; every other kind has to
    be changed by whoever may, which leaves what was written before in its operations.
    """

    record: str
    kind: str
    village: str
    fields: tuple[str, ...]


class ErasurePreview(msgspec.Struct, frozen=True, kw_only=True):
    """What will go. `erased_at` and `reason` are set where it went already, and then there is nothing more to say.

    `residents` are all ids of the person, `records` counts by kind, `operations` how many lose their bytes,
    `cleaned` how many records stay and lose a reference, `visits` those chosen, `not_found` chosen ones that are none.
    """

    resident: str
    village: str
    residents: list[str] = []
    records: dict[str, int] = {}
    operations: int = 0
    cleaned: int = 0
    visits: list[str] = []
    not_found: list[str] = []
    to_look_at: list[ToLookAt] = []
    erased_at: str | None = None
    reason: str | None = None


def village_of(db: sqlite3.Connection, resident: str) -> str | None:
    """The village of a resident who is here, or was until the erasure."""
    row = db.execute(
        "SELECT village FROM erasures WHERE resident = ?1 UNION ALL SELECT v.village FROM villages v JOIN records r"
        " ON r.village = v.village AND r.id = ?1 WHERE r.kind = 'resident'",
        (resident,),
    ).fetchone()
    return None if row is None else str(row[0])


def preview_of(
    db: sqlite3.Connection, keys: Keys, resident: str, visits: Collection[str]
) -> tuple[ErasurePreview, Looked | None]:
    """What erasing a resident with the content of these visits will do, as told and as found; on a snapshot.

    LookupError for an unknown id.
    """
    village = village_of(db, resident)
    if village is None:
        raise LookupError(resident)
    row = db.execute("SELECT at_ms, reason FROM erasures WHERE resident = ?", (resident,)).fetchone()
    if row is not None:
        return ErasurePreview(
            resident=resident, village=village, erased_at=moment(row[0]), reason=row[1]
        ), None
    looked = look(db, keys, resident, visits)
    return _told(looked.found, resident, village, visits), looked


def _told(found: Found, resident: str, village: str, visits: Collection[str]) -> ErasurePreview:
    return ErasurePreview(
        resident=resident,
        village=village,
        residents=sorted(found.person.residents),
        records=dict(sorted(Counter(one.kind for one in found.erased.values()).items())),
        operations=found.number,
        cleaned=len(found.listing),
        visits=sorted(found.visits),
        not_found=sorted(set(visits).difference(found.visits)),
        to_look_at=[ToLookAt(*mention) for mention in found.mentions],
    )
