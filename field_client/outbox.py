"""The outbox: every operation that this device captured, byte for byte, and what became of it.

Invariants
- Counters run 1, 2, 3 …; each operation names the digest of the one before it; the bytes never change, but for
  enrolling anew (`rewrite`), which changes `counter` and `previous` and nothing else.
- An acknowledgement counts only if its digest is this device's own at that counter.
- An operation stays laid over the copy until the copy holds what became of it; a rejected or held one until it is
  settled or mended.
- An acknowledged operation is kept for 30 days of server time; what is rejected or held is kept until then too.
- The bytes lie sealed (`store`); of an operation whose record was erased they are gone, and its id, counter and digest
  stay, so that the chain still proves order.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from field_client.receipts import forget_receipts
from field_client.store import Store
from sync.chain import digest_of, first_previous
from sync.clock import moment_ms
from sync.operation import Operation
from sync.protocol import OutcomeEntry

KEPT_MS = 30 * 24 * 3600 * 1000
SETTLED = ("applied", "merged", "conflict")
SETTLED_ELSEWHERE = frozenset({"already-mended", "already-settled", "id-taken"})
ERASED = "erased"
_COLUMNS = "counter, id, exact, digest, acknowledged_ms, outcome, revision, detail, laid, mended_by, erased"


class Chain(msgspec.Struct, frozen=True):
    """Where the chain stands: the last counter and digest, and those of the last operation forgotten."""

    counter: int
    digest: str
    forgotten: int = 0
    forgotten_digest: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One operation in the outbox. `state` is waiting, applied, merged, conflict, held, rejected or erased."""

    counter: int
    id: str
    exact: bytes
    digest: str
    state: str
    revision: int | None
    detail: OutcomeEntry | None
    laid: bool
    mended_by: str | None

    @property
    def operation(self) -> Operation:
        """The reading of its bytes."""
        return msgspec.json.decode(self.exact, type=Operation)


class Outbox:
    """The outbox of a store. What writes is called inside a transaction of the store, or makes one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def chain(self, device: str) -> Chain:
        """Where the chain stands; before the first operation, at the digest of the device's id."""
        start = first_previous(device)
        return self._store.meta("chain", Chain) or Chain(0, start, 0, start)

    def append(self, exact: bytes, operation: Operation, captured_ms: int, device: str) -> Entry:
        """Keep a captured operation. `operation` is the reading of `exact`."""
        chain, digest = self.chain(device), digest_of(exact)
        with self._store.transaction() as connection:
            self._insert(connection, operation, exact, digest, captured_ms)
            if operation.mends is not None:
                connection.execute(
                    "UPDATE outbox SET laid = 0, mended_by = ? WHERE id = ?", (operation.id, operation.mends)
                )
            self._store.set_meta(
                "chain", msgspec.structs.replace(chain, counter=operation.counter, digest=digest)
            )
        return Entry(
            counter=operation.counter,
            id=operation.id,
            exact=exact,
            digest=digest,
            state="waiting",
            revision=None,
            detail=None,
            laid=True,
            mended_by=None,
        )

    def entries(self, where: str = "1", parameters: tuple[Any, ...] = ()) -> list[Entry]:
        """Operations in the order of their counters; `where` is SQL over the columns. Erased ones have no bytes."""
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM outbox WHERE {where} ORDER BY counter", parameters)  # noqa: S608
        return [self._entry(row) for row in rows]

    def find(self, identifier: str) -> Entry | None:
        """An operation by its id, or the beginning of it if only one has it."""
        found = self.entries("erased = 0 AND id LIKE ? || '%'", (identifier.replace("%", ""),))
        return found[0] if len(found) == 1 else None

    def waiting(self, limit: int, bytes_max: int) -> list[tuple[int, bytes]]:
        """The first operations not acknowledged, as many as fit into a batch; at least one if there is any."""
        rows = self._store.rows(
            "SELECT counter, id, exact FROM outbox WHERE acknowledged_ms IS NULL AND erased = 0"
            " ORDER BY counter LIMIT ?",
            (limit,),
        )
        size = 0
        batch: list[tuple[int, bytes]] = []
        for counter, identifier, lying in rows:
            exact = self._exact(identifier, lying)
            size += len(exact) + 1
            if batch and size > bytes_max:
                break
            batch.append((int(counter), exact))
        return batch

    def counts(self) -> dict[str, int]:
        """How many operations are in each state; a mended one is no longer counted."""
        rows = self._store.rows(
            "SELECT CASE WHEN acknowledged_ms IS NULL THEN 'waiting' ELSE outcome END, count(*)"
            " FROM outbox WHERE mended_by IS NULL AND erased = 0 GROUP BY 1"
        )
        return dict(rows)

    def oldest_waiting_ms(self) -> int | None:
        """When the oldest waiting operation was captured."""
        row = self._store.row(
            "SELECT min(captured_ms) FROM outbox WHERE acknowledged_ms IS NULL AND erased = 0"
        )
        return None if row is None else row[0]

    def laid(self) -> list[Operation]:
        """The operations to lay over the copy, in order."""
        rows = self._store.rows("SELECT id, exact FROM outbox WHERE laid = 1 AND erased = 0 ORDER BY counter")
        return [msgspec.json.decode(self._exact(*row), type=Operation) for row in rows]

    def digest_at(self, counter: int, device: str) -> str | None:
        """This device's digest at a counter; None where it is not known (any more)."""
        chain = self.chain(device)
        if counter == chain.forgotten:
            return chain.forgotten_digest
        row = self._store.row("SELECT digest FROM outbox WHERE counter = ?", (counter,))
        return None if row is None else str(row[0])

    def last_acknowledged(self, device: str) -> int:
        """The last counter that the server is known to have."""
        row = self._store.row("SELECT max(counter) FROM outbox WHERE acknowledged_ms IS NOT NULL")
        return row[0] if row is not None and row[0] is not None else self.chain(device).forgotten

    def go_back_to(self, acknowledged: int) -> None:
        """What the server lost is offered again (a restore): everything after a counter waits once more."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE outbox SET acknowledged_ms = NULL"
                " WHERE counter > ? AND acknowledged_ms IS NOT NULL AND erased = 0",
                (acknowledged,),
            )

    def acknowledge(self, counter: int, server_ms: int) -> int:
        """The server has everything up to a counter; how many it had not before.

        What became of each comes with its outcome; one that is not told yet counts as held.
        """
        with self._store.transaction() as connection:
            return connection.execute(
                "UPDATE outbox SET acknowledged_ms = ?, outcome = coalesce(outcome, 'held')"
                " WHERE counter <= ? AND acknowledged_ms IS NULL",
                (server_ms, counter),
            ).rowcount

    def take_outcomes(self, outcomes: list[OutcomeEntry], cursor: int) -> None:
        """Keep what became of operations, and the cursor after the changed ones."""
        with self._store.transaction() as connection:
            for outcome in outcomes:
                over = not SETTLED_ELSEWHERE.isdisjoint(found.code for found in outcome.problems)
                row = connection.execute(
                    "SELECT id FROM outbox WHERE counter = ? AND erased = 0", (outcome.counter,)
                ).fetchone()
                if row is None:
                    continue
                if any(found.code == ERASED for found in (*outcome.problems, *outcome.remarks)):
                    # its record was erased, or the content of a visit: the server keeps nothing of it either
                    self._erase("counter = ? AND erased = 0", (outcome.counter,))
                    continue
                detail = self._store.seal(f"outbox:{row[0]}:detail", msgspec.json.encode(outcome))
                connection.execute(
                    "UPDATE outbox SET outcome = ?, revision = ?, detail = ?, laid = laid AND NOT ?"
                    " WHERE counter = ?",
                    (outcome.outcome, outcome.revision, detail, over, outcome.counter),
                )
            self._store.set_meta("outcomes_after", cursor)

    def lift_held_by_copy(self) -> None:
        """No longer lay over what the copy holds at the outcome's revision or a higher one."""
        with self._store.transaction() as connection:
            connection.execute(
                f"UPDATE outbox SET laid = 0 WHERE laid = 1 AND acknowledged_ms IS NOT NULL"  # noqa: S608
                f" AND outcome IN {SETTLED} AND revision <="
                " (SELECT revision FROM copy WHERE copy.id = outbox.record)"
            )

    def lift_pulled(self, village: str) -> None:
        """The village was pulled to its end after these were acknowledged: the copy holds what became of them."""
        with self._store.transaction() as connection:
            connection.execute(
                f"UPDATE outbox SET laid = 0 WHERE laid = 1 AND acknowledged_ms IS NOT NULL"  # noqa: S608
                f" AND outcome IN {SETTLED} AND village = ?",
                (village,),
            )

    def lift_elsewhere(self, villages: list[str]) -> None:
        """Operations of villages that this device does not follow any more are not shown any more."""
        marks = ", ".join("?" * len(villages))
        with self._store.transaction() as connection:
            connection.execute(
                f"UPDATE outbox SET laid = 0 WHERE laid = 1 AND acknowledged_ms IS NOT NULL"  # noqa: S608
                f" AND outcome IN {SETTLED} AND village NOT IN ({marks})",
                tuple(villages),
            )

    def lay_again(self, records: list[str]) -> None:
        """The copy of these records stepped back: what it no longer holds is laid over it once more."""
        with self._store.transaction() as connection:
            connection.executemany(
                f"UPDATE outbox SET laid = 1 WHERE record = ?1 AND outcome IN {SETTLED}"  # noqa: S608
                " AND revision > coalesce((SELECT revision FROM copy WHERE id = ?1), 0)",
                [(record,) for record in records],
            )

    def forget(self, confirmed: int, server_ms: int, device: str) -> int:
        """Forget what is older than 30 days and confirmed by a reply; how many. Stops at the first to be kept."""
        chain = self.chain(device)
        rows = self._store.rows(
            "SELECT counter, digest, laid, outcome, mended_by, acknowledged_ms, erased FROM outbox"
            " WHERE counter <= ? ORDER BY counter",
            (confirmed,),
        )
        last = None
        for counter, digest, laid, outcome, mended_by, acknowledged_ms, erased in rows:
            settled = outcome in SETTLED or mended_by is not None or erased
            old = acknowledged_ms is not None and acknowledged_ms < server_ms - KEPT_MS
            if laid or not settled or not old:
                break
            last = counter, digest
        if last is None:
            return 0
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE counter <= ?", (last[0],))
            self._store.set_meta(
                "chain", msgspec.structs.replace(chain, forgotten=last[0], forgotten_digest=last[1])
            )
            forget_receipts(self._store, last[0])
        return int(last[0]) - chain.forgotten

    def erase(self, record: str) -> None:
        """A record was erased everywhere: the bytes of the acknowledged operations on it go, and the files they name.

        What waits stays until the server has judged it: it is work, and the server takes nothing in on what is erased.
        """
        self._erase("record = ? AND acknowledged_ms IS NOT NULL", (record,))

    def _erase(self, where: str, values: tuple[object, ...]) -> None:
        with self._store.transaction() as connection:
            rows = connection.execute(f"SELECT counter FROM outbox WHERE {where}", values).fetchall()  # noqa: S608
            named = " ".join(entry.exact.decode() for entry in self.entries(where, values))
            connection.execute(
                f"UPDATE outbox SET exact = x'', detail = NULL, laid = 0, erased = 1 WHERE {where}",  # noqa: S608
                values,
            )
            connection.executemany("DELETE FROM kept WHERE counter = ?", rows)
            digests = [
                one for one in connection.execute("SELECT digest FROM file").fetchall() if one[0] in named
            ]
            connection.executemany("DELETE FROM file WHERE digest = ? AND durable_ms IS NOT NULL", digests)

    def rewrite(self, device: str) -> int:
        """Carry everything kept over to a new identity: new `counter` and `previous`, the same `id`; how many.

        Keys that this program does not know stay as they are; nothing of it counts as acknowledged any more. What was
        erased is left out.
        """
        entries = self.entries("erased = 0")
        previous = first_previous(device)
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE erased = 1")
            connection.execute("DELETE FROM kept WHERE counter IS NOT NULL")
            # counters may grow or shrink; negative ones keep them apart on the way
            connection.execute("UPDATE outbox SET counter = -counter")
            for counter, entry in enumerate(entries, start=1):
                exact = rewritten(entry.exact, counter, previous)
                previous = digest_of(exact)
                lying = self._store.seal(f"outbox:{entry.id}:exact", exact)
                connection.execute(
                    "UPDATE outbox SET counter = ?, exact = ?, digest = ?, acknowledged_ms = NULL"
                    " WHERE counter = ?",
                    (counter, lying, previous, -entry.counter),
                )
                self._store.keep(counter, exact, previous, unsent=True)
            start = first_previous(device)
            self._store.set_meta("chain", Chain(len(entries), previous, 0, start))
            self._store.set_meta("outcomes_after", 0)
            forget_receipts(self._store)
        return len(entries)

    def take_salvaged(self, operations: list[bytes]) -> None:
        """Put operations out of a damaged file into this new one; they are rewritten when the device enrols."""
        with self._store.transaction() as connection:
            for counter, exact in enumerate(operations, start=1):
                operation = msgspec.json.decode(exact, type=Operation)
                placed = msgspec.structs.replace(operation, counter=counter)
                self._insert(connection, placed, exact, digest_of(exact), moment_ms(operation.clock[:24]))

    def _insert(
        self,
        connection: sqlite3.Connection,
        operation: Operation,
        exact: bytes,
        digest: str,
        captured_ms: int,
    ) -> None:
        connection.execute(
            "INSERT INTO outbox (counter, id, exact, digest, kind, record, village, captured_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                operation.counter,
                operation.id,
                self._store.seal(f"outbox:{operation.id}:exact", exact),
                digest,
                operation.kind,
                operation.record,
                operation.village,
                captured_ms,
            ),
        )
        self._store.keep(operation.counter, exact, digest, unsent=True)

    def _exact(self, identifier: str, lying: bytes) -> bytes:
        return self._store.open(f"outbox:{identifier}:exact", lying)

    def _entry(self, row: Any) -> Entry:
        (
            counter,
            identifier,
            exact,
            digest,
            acknowledged_ms,
            outcome,
            revision,
            detail,
            laid,
            mended_by,
            erased,
        ) = row
        told = None if detail is None else self._store.open(f"outbox:{identifier}:detail", detail)
        return Entry(
            counter=counter,
            id=identifier,
            exact=b"" if erased else self._exact(identifier, exact),
            digest=digest,
            state=ERASED if erased else "waiting" if acknowledged_ms is None else str(outcome),
            revision=revision,
            detail=None if told is None else msgspec.json.decode(told, type=OutcomeEntry),
            laid=bool(laid),
            mended_by=mended_by,
        )


def rewritten(exact: bytes, counter: int, previous: str) -> bytes:
    """An operation's bytes under another place in a chain; all else as it was, unknown keys included."""
    return msgspec.json.encode({**msgspec.json.decode(exact), "counter": counter, "previous": previous})
