"""What stands around every page: place, day, who is on duty, the pages there are, and how many things wait."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from litestar import Request

from server.desk.navigation import address_of, entries_for
from server.desk.places import place_name
from server.desk.visitor import Visitor
from server.store import rota
from server.store.accounts import account_by_id, demonstration_exists

if TYPE_CHECKING:
    from server.desk.desk import Desk


def frame_of(
    db: sqlite3.Connection, desk: Desk, request: Request[Any, Any, Any], visitor: Visitor
) -> dict[str, Any]:
    """The context of `base.html`."""
    return {
        "place": visitor.place,
        "place_name": place_name(db, desk.keys, visitor.place),
        "home": address_of(visitor.place),
        "entries": entries_for(visitor),
        "here": request.url.path,
        "today": visitor.today,
        "on_duty": _on_duty(db, visitor),
        "demonstration": demonstration_exists(db),
        "counts": {},
        "address_of": address_of,
    }


def _on_duty(db: sqlite3.Connection, visitor: Visitor) -> list[str]:
    """The names of those at the window today; of a village only."""
    if len(visitor.place) != 12:
        return []
    day = visitor.today.isoformat()
    workers = [worker for of in rota.between(db, visitor.place, day, day) for worker in of.window]
    accounts = (account_by_id(db, worker) for worker in dict.fromkeys(workers))
    return [account.name for account in accounts if account is not None]
