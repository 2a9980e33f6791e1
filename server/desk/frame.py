"""What stands around every page: place, day, who is on duty, the pages there are, and how many things wait."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from litestar import Request

from server.desk.navigation import address_of, entries_for, home_path
from server.desk.places import place_name, short_name
from server.desk.visitor import Visitor
from server.desk.waiting import waiting_counts
from server.store import rota
from server.store.accounts import account_by_id, demonstration_exists
from server.store.places import newest_version, village_range

if TYPE_CHECKING:
    from server.desk.desk import Desk


def frame_of(
    db: sqlite3.Connection, desk: Desk, request: Request[Any, Any, Any], visitor: Visitor
) -> dict[str, Any]:
    """The context of `base.html`."""
    entries, parents = entries_for(visitor), _parents(visitor)
    name = short_name if parents else place_name
    return {
        "place": visitor.place,
        "place_name": name(db, desk.keys, visitor.place),
        "parents": [(address_of(above), short_name(db, desk.keys, above)) for above in parents],
        "home": home_path(visitor),
        "entries": entries,
        "here": request.url.path,
        "today": visitor.today,
        "on_duty": _on_duty(db, visitor),
        "demonstration": demonstration_exists(db),
        "counts": waiting_counts(db, visitor, entries),
        "version": newest_version(db, village_range(visitor.place)),
        "address_of": address_of,
    }


def _parents(visitor: Visitor) -> list[str]:
    """The town and city above the place, as far as the visitor's own reaches."""
    return [
        visitor.place[:digits]
        for digits in (6, 9)
        if len(visitor.account.division) <= digits < len(visitor.place)
    ]


def _on_duty(db: sqlite3.Connection, visitor: Visitor) -> list[str]:
    """The names of those at the window today; of a village only."""
    if len(visitor.place) != 12:
        return []
    day = visitor.today.isoformat()
    workers = [worker for of in rota.between(db, visitor.place, day, day) for worker in of.window]
    accounts = (account_by_id(db, worker) for worker in dict.fromkeys(workers))
    return [account.name for account in accounts if account is not None]
