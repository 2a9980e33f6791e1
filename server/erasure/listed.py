"""Taking what was erased out of the lists of records that stay."""

from __future__ import annotations

from server.store import erasures
from server.store.world import StoreWorld


def take_out_erased(world: StoreWorld, identifier: str, erased: dict[str, bool]) -> bool:
    """Take records that had been erased before they were named out of a record's lists; whether any was in them.

    What arrived only after its erasure was never here: its bare id stays, as it would had it never come.
    """
    record = world.get(identifier)
    if record is None:
        return False
    changed = False
    for field in erasures.LISTS.get(record.kind, ()):
        named = record.values.get(field)
        left = [one for one in named or () if erased.get(one, True)]
        if named and len(left) != len(named):
            record.values[field] = left
            changed = True
    if changed:
        stored = world.before.get(identifier)
        world.put(record, world.changed.get(identifier, stored.fingerprint if stored else None))
    return changed
