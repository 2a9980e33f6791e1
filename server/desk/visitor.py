"""Who looks at a page, and from which place: a village (12 digits), a town (9) or the city (6)."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import date

import msgspec

from grid_map.days import count_day
from server.problem import ProblemError
from server.roles import Action, Actor, may, require
from server.store import rota
from server.store.accounts import Account, actor_of
from sync.clock import moment

PLACE_DIGITS = frozenset({6, 9, 12})


class Visitor(msgspec.Struct, frozen=True):
    """An account at a place, at a moment. `actor` has the window's rights where today's rota gives them."""

    account: Account
    actor: Actor
    place: str
    now_ms: int

    @property
    def today(self) -> date:
        """The day in Haining."""
        return count_day(self.now_ms)

    @property
    def now(self) -> str:
        """The moment as records carry it."""
        return moment(self.now_ms)

    def may(self, action: Action, *, owners: Collection[str] = (), department: str | None = None) -> bool:
        """Whether this visitor may do `action` at this place."""
        return may(self.actor, action, self.place, owners=owners, department=department)

    def require(self, action: Action, *, owners: Collection[str] = (), department: str | None = None) -> None:
        """Raises ProblemError("forbidden") where `may` says no."""
        require(self.actor, action, self.place, owners=owners, department=department)


def visitor_at(db: sqlite3.Connection, account: Account, place: str, now_ms: int) -> Visitor:
    """The account at a place. Raises ProblemError: not-found for what is no place, forbidden outside its division.

    A town clerk or supervisor may look at a village of the town; a village's worker at nothing above it.
    """
    if not (place.isascii() and place.isdigit() and len(place) in PLACE_DIGITS):
        raise ProblemError("not-found")
    if not place.startswith(account.division):
        raise ProblemError("forbidden")
    on_duty = len(place) == 12 and rota.at_window(db, place, count_day(now_ms).isoformat(), account.id)
    return Visitor(account, actor_of(account, on_duty=on_duty), place, now_ms)
