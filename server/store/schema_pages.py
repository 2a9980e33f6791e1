"""Tables behind the desk's and the town's pages: typed copies that follow from records, and who wrote on a record.

Ids, codes, states and days only: no name, address, answer or number of a resident. Each row is written in the
transaction that applies what it follows from, can be written again from records and batches (`pages_rebuilding`), and
is compared by `allpost-server check`. Booleans are 0 or 1. The SQL is what SQLite 3.40 and PostgreSQL 15 share.
"""

from sqlite_utils import Database

from server.store.migrations import Step


def create_cases(database: Database) -> None:
    """A row a case, a voided one included; columns as `server.store.case_row.CaseRow` names them.

    `record_operations`: the operations that changed or voided a record, or tried to (its creation is named by the
    record itself); all kinds but visits, rounds and readings. `village` is where the record is.
    """
    database.conn.executescript(
        """
        CREATE TABLE cases (
            village TEXT NOT NULL, record TEXT NOT NULL, item TEXT NOT NULL, item_version INTEGER NOT NULL,
            department TEXT NOT NULL, mode TEXT NOT NULL, state TEXT NOT NULL, holder TEXT, first_contact TEXT,
            grid TEXT, captured_day TEXT NOT NULL, captured_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,
            open INTEGER NOT NULL, final INTEGER NOT NULL, void INTEGER NOT NULL, waits TEXT NOT NULL,
            clock TEXT NOT NULL, stopped INTEGER NOT NULL, near_day TEXT, due_day TEXT, tentative INTEGER NOT NULL,
            handed_up_day TEXT, accepted_day TEXT, decided_day TEXT, timing TEXT NOT NULL,
            conflicts INTEGER NOT NULL, changed_ms INTEGER NOT NULL, PRIMARY KEY (village, record)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX cases_by_capture ON cases (village, captured_ms);
        CREATE INDEX cases_by_item ON cases (village, item, captured_ms);
        CREATE INDEX cases_by_state ON cases (village, state, captured_ms);
        CREATE INDEX cases_by_holder ON cases (village, holder, captured_ms) WHERE holder IS NOT NULL;
        CREATE INDEX cases_open ON cases (village, captured_ms) WHERE open = 1;
        CREATE INDEX cases_waiting ON cases (village, captured_ms) WHERE waits <> '';
        CREATE INDEX cases_by_date ON cases (village, coalesce(due_day, '9999-12-31'), captured_ms) WHERE open = 1;
        CREATE INDEX cases_decided ON cases (village, decided_day) WHERE decided_day IS NOT NULL;
        CREATE TABLE record_operations (
            village TEXT NOT NULL, record TEXT NOT NULL, device TEXT NOT NULL, counter INTEGER NOT NULL,
            PRIMARY KEY (village, record, device, counter)
        ) STRICT, WITHOUT ROWID;
        DELETE FROM matters WHERE kind = 'case';
        """
    )


def create_lists(database: Database) -> None:
    """Tasks, requests beyond the catalogue, signatures and visits that stand; a voided one has no row."""
    database.conn.executescript(
        """
        CREATE TABLE tasks (
            village TEXT NOT NULL, record TEXT NOT NULL, type TEXT NOT NULL, state TEXT NOT NULL, holder TEXT NOT NULL,
            due TEXT, "case" TEXT, household TEXT, PRIMARY KEY (village, record)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tasks_open ON tasks (village, due) WHERE state = 'open';
        CREATE INDEX tasks_by_case ON tasks (village, "case") WHERE "case" IS NOT NULL;
        CREATE TABLE requests (
            village TEXT NOT NULL, record TEXT NOT NULL, asked_day TEXT NOT NULL, PRIMARY KEY (village, record)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX requests_by_day ON requests (village, asked_day);
        CREATE TABLE signed_days (
            village TEXT NOT NULL, day TEXT NOT NULL, record TEXT NOT NULL, outgoing TEXT NOT NULL,
            signed_ms INTEGER NOT NULL, incoming TEXT, countersigned_ms INTEGER, PRIMARY KEY (village, day, record)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE visit_days (
            village TEXT NOT NULL, day TEXT NOT NULL, record TEXT NOT NULL, grid TEXT NOT NULL, household TEXT,
            PRIMARY KEY (village, day, record)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX visit_days_by_household ON visit_days (village, household, day, record, grid)
            WHERE household IS NOT NULL;
        """
    )


def create_due_by_place(database: Database) -> None:
    """Overdue households by grid and class without a look into the table."""
    database.conn.executescript(
        """
        DROP INDEX households_by_next_due;
        CREATE INDEX households_by_next_due ON households_due (village, next_due, grid, class);
        CREATE INDEX households_by_class ON households_due (village, grid, class);
        """
    )


def mark_for_rebuilding(database: Database) -> None:
    """What a store holds already is decoded at the next start, which has the keys; a new one holds nothing."""
    database.conn.execute(
        "INSERT INTO meta SELECT 'pages_index', 'stale' WHERE EXISTS (SELECT 1 FROM batches)"
    )


PAGES_STEPS: list[Step] = [
    ("0701_cases", create_cases),
    ("0702_lists", create_lists),
    ("0703_due_by_place", create_due_by_place),
    ("0704_mark_for_rebuilding", mark_for_rebuilding),
]
