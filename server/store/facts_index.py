"""Typed copies of the records that rules ask for: grids, assignments, rota, households due, identity numbers.

They follow the records in the same transaction and can be written again from them at any time.
"""

from __future__ import annotations

from forms.codes import normalise_identity_number
from grid_map.days import count_day
from server import revocations_log
from server.store import scopes, withheld
from server.store.due import next_due_text, recount_last
from server.store.explained import index_signature
from server.store.hand_ups import index_hand_up, index_rating
from server.store.matters import index_matter
from server.store.pages_index import index_request, index_signed_day, index_task
from server.store.records import note_moved
from server.store.world import StoreWorld
from sync.clock import moment_ms
from sync.counting_facts import DEFAULT_CLASS
from sync.record import Record


def index_facts(world: StoreWorld, record: Record, before: Record | None) -> None:
    """Bring the typed copies in step with a record that was put."""
    match record.kind:
        case "household":
            _index_household(world, record, before)
        case "resident":
            _index_identity(world, record, before)
        case "assignment":
            _index_assignment(world, record)
        case "rota":
            _index_rota(world, record)
        case "grid":
            world.db.execute(
                "INSERT INTO grids VALUES (?, ?) ON CONFLICT (grid) DO UPDATE SET village = excluded.village",
                (record.values["key"], record.village),
            )
            world.knowledge.forget()
        case "conflict" | "duplicate":
            index_matter(world, record, before)
        case "day-signature":
            index_signature(world, record)
            index_signed_day(world, record, before)
        case "task":
            index_task(world, record, before)
        case "request":
            index_request(world, record, before)
        case "hand-up":
            index_hand_up(world, record)
        case "rating":
            index_rating(world, record)
        case "item" | "form" | "department":
            world.knowledge.forget()


def _index_household(world: StoreWorld, record: Record, before: Record | None) -> None:
    values, where = record.values, (record.village, record.id)
    if before is not None and before.village != record.village:
        world.db.execute(
            "UPDATE OR REPLACE households_due SET village = ? WHERE village = ? AND household = ?",
            (record.village, before.village, record.id),
        )
        note_moved(world.db, record.id, record.village)
    if not _is_visited(record):
        world.db.execute("DELETE FROM households_due WHERE village = ? AND household = ?", where)
        return
    visit_class = values.get("visit_class", DEFAULT_CLASS)
    if before is not None and _is_visited(before) and _standing(before) == _standing(record):
        return
    since = count_day(moment_ms(record.stamp_of("visit_class").clock[:24])).isoformat()
    world.db.execute(
        "INSERT INTO households_due VALUES (?, ?, ?, ?, ?, NULL, ?) ON CONFLICT (village, household)"
        " DO UPDATE SET grid = excluded.grid, class = excluded.class, since = excluded.since",
        (*where, record.grid, visit_class, since, next_due_text(world, visit_class, since, None)),
    )
    recount_last(world, [where])


def _is_visited(household: Record) -> bool:
    """Whether it is one of those that are to be visited: one that came back, or was voided in error, is again."""
    return household.void is None and household.values.get("status") != "moved_out"


def _standing(household: Record) -> tuple[str, str | None, str]:
    return household.village, household.grid, household.values.get("visit_class", DEFAULT_CLASS)


def _index_identity(world: StoreWorld, record: Record, before: Record | None) -> None:
    number = record.values.get("identity_number") if record.void is None else None
    old = before.values.get("identity_number") if before is not None and before.void is None else None
    if number == old and (before is None or before.village == record.village):
        return
    if old:
        world.db.execute(
            "DELETE FROM identity_lookup WHERE hash = ? AND record = ?",
            (world.keys.lookup_hash(normalise_identity_number(old)), record.id),
        )
    if number:
        world.db.execute(
            "INSERT OR REPLACE INTO identity_lookup VALUES (?, ?, ?)",
            (world.keys.lookup_hash(normalise_identity_number(number)), record.id, record.village),
        )


def _index_assignment(world: StoreWorld, record: Record) -> None:
    values = record.values
    _note_scope(world, record)
    world.db.execute(
        "INSERT OR REPLACE INTO assignments VALUES (?, ?, ?, ?, ?, ?, ?)",
        (record.id, record.village, values["worker"], values["grid"], values["from_day"], values.get("to_day"),
         int(record.void is not None)),
    )  # fmt: skip
    world.knowledge.forget_assignments()
    scopes.stale(world.db, values["worker"])


def _note_scope(world: StoreWorld, record: Record) -> None:
    """The end of an assignment, moved or taken back, outlives a restore; a later assignment ends what one withheld."""
    worker, grid = record.values["worker"], record.values["grid"]
    written = max([record.created.clock, *(stamp.clock for stamp in record.clocks.values())])
    withheld.assigned_anew(world.db, worker, grid, moment_ms(written[:24]))
    before = world.db.execute(
        "SELECT to_day, void FROM assignments WHERE record = ?", (record.id,)
    ).fetchone()
    now = record.values.get("to_day"), int(record.void is not None)
    if before is not None and before != now:
        after_day = "" if record.void is not None else record.values.get("to_day")
        body = {"worker": worker, "grid": grid, "after_day": after_day}
        revocations_log.append(world.db, "scope-loss", body, world.now_ms)


def _index_rota(world: StoreWorld, record: Record) -> None:
    values = record.values
    world.db.execute("DELETE FROM rotas WHERE village = ? AND record = ?", (record.village, record.id))
    if record.void is None:
        world.db.executemany(
            "INSERT OR REPLACE INTO rotas VALUES (?, ?, ?, ?, ?)",
            [
                (record.village, values["day"], worker, duty, record.id)
                for duty in ("window", "leave")
                for worker in values.get(duty, ())
            ],
        )
    world.knowledge.forget_duty()
