"""Tables of the sync: operations (the legal record), records (latest state), feeds, devices, tallies.

Every table that grows is keyed by village first, so that villages can live on different database nodes. Identifiers are
UUID text; times are Unix milliseconds (`_ms`) or days as ISO text. Bodies are encrypted blobs (`server.keys`).
"""

from sqlite_utils import Database

from server.store.migrations import Step


def create_feeds(database: Database) -> None:
    """A village's version counter is its only lock; `oldest` is the version after which all departures are kept."""
    database.conn.executescript(
        """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
        CREATE TABLE villages (village TEXT PRIMARY KEY, version INTEGER NOT NULL, oldest INTEGER NOT NULL) STRICT;
        CREATE TABLE records (
            village TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL, part TEXT NOT NULL,
            holder TEXT, parent TEXT, fingerprint TEXT, revision INTEGER NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (village, id)
        ) STRICT;
        CREATE INDEX records_by_version ON records (village, version);
        CREATE INDEX records_by_holder ON records (village, holder, version) WHERE holder IS NOT NULL;
        CREATE INDEX records_by_parent ON records (village, parent) WHERE parent IS NOT NULL;
        CREATE INDEX records_by_fingerprint ON records (village, fingerprint) WHERE fingerprint IS NOT NULL;
        CREATE TABLE moved (id TEXT PRIMARY KEY, village TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE departures (
            village TEXT NOT NULL, version INTEGER NOT NULL, record TEXT NOT NULL, revision INTEGER NOT NULL,
            part TEXT, holder TEXT, PRIMARY KEY (village, version)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE part_hashes (
            village TEXT NOT NULL, part TEXT NOT NULL, holder TEXT NOT NULL, hash BLOB NOT NULL,
            PRIMARY KEY (village, part, holder)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE grants (
            village TEXT NOT NULL, worker TEXT NOT NULL, record TEXT NOT NULL, because TEXT NOT NULL,
            PRIMARY KEY (village, worker, record, because)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX grants_by_because ON grants (because);
        CREATE TABLE segments (
            village TEXT NOT NULL, part TEXT NOT NULL, holder TEXT NOT NULL, digest TEXT NOT NULL,
            version INTEGER NOT NULL, records INTEGER NOT NULL, bytes INTEGER NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (village, part, holder)
        ) STRICT;
        CREATE INDEX segments_by_digest ON segments (digest);
        """
    )


def create_operations(database: Database) -> None:
    """Batches as they came (append-only but for `outcomes`), what a person must settle, and the ids of changes."""
    database.conn.executescript(
        """
        CREATE TABLE devices (
            id TEXT PRIMARY KEY, worker TEXT NOT NULL, village TEXT NOT NULL, name TEXT NOT NULL,
            token_hash BLOB UNIQUE, signing_key TEXT NOT NULL UNIQUE, sealing_key TEXT NOT NULL,
            acknowledged INTEGER NOT NULL, digest TEXT NOT NULL, unsettled INTEGER NOT NULL,
            outcome_cursor INTEGER NOT NULL, enrolled_ms INTEGER NOT NULL, contact_ms INTEGER NOT NULL,
            app_version TEXT NOT NULL, nature TEXT NOT NULL, revoked_ms INTEGER, closed_ms INTEGER,
            continues TEXT, continues_counter INTEGER, orders TEXT NOT NULL
        ) STRICT;
        CREATE INDEX devices_by_village ON devices (village);
        CREATE INDEX devices_by_worker ON devices (worker);
        CREATE TABLE batches (
            village TEXT NOT NULL, device TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            received_ms INTEGER NOT NULL, outcomes TEXT NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (village, device, first)
        ) STRICT;
        CREATE TABLE known_ids (
            village TEXT NOT NULL, id TEXT NOT NULL, device TEXT NOT NULL, counter INTEGER NOT NULL,
            PRIMARY KEY (village, id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE unsettled (
            device TEXT NOT NULL, counter INTEGER NOT NULL, village TEXT NOT NULL, id TEXT NOT NULL,
            record TEXT NOT NULL, fields TEXT NOT NULL, outcome TEXT NOT NULL, waits_for TEXT, codes TEXT NOT NULL,
            since_ms INTEGER NOT NULL, PRIMARY KEY (device, counter)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX unsettled_by_id ON unsettled (id);
        CREATE INDEX unsettled_by_waits_for ON unsettled (waits_for) WHERE waits_for IS NOT NULL;
        CREATE INDEX unsettled_by_village ON unsettled (village);
        CREATE TABLE outcome_changes (
            device TEXT NOT NULL, cursor INTEGER NOT NULL, counter INTEGER NOT NULL, PRIMARY KEY (device, cursor)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE statuses (
            device TEXT NOT NULL, day TEXT NOT NULL, at_ms INTEGER NOT NULL, counter INTEGER NOT NULL,
            digest TEXT NOT NULL, pending INTEGER NOT NULL, oldest_pending TEXT, PRIMARY KEY (device, day)
        ) STRICT, WITHOUT ROWID;
        """
    )


def create_facts(database: Database) -> None:
    """Typed copies of what rules ask for (grids, assignments, rota), scopes, tallies, and what is due."""
    database.conn.executescript(
        """
        CREATE TABLE grids (grid TEXT PRIMARY KEY, village TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX grids_by_village ON grids (village);
        CREATE TABLE assignments (
            record TEXT PRIMARY KEY, village TEXT NOT NULL, worker TEXT NOT NULL, grid TEXT NOT NULL,
            from_day TEXT NOT NULL, to_day TEXT, void INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX assignments_by_worker ON assignments (worker);
        CREATE TABLE rotas (
            village TEXT NOT NULL, day TEXT NOT NULL, worker TEXT NOT NULL, duty TEXT NOT NULL, record TEXT NOT NULL,
            PRIMARY KEY (village, day, worker, duty, record)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE scopes (
            worker TEXT PRIMARY KEY, number INTEGER NOT NULL, day TEXT NOT NULL, body TEXT NOT NULL
        ) STRICT;
        CREATE TABLE households_due (
            village TEXT NOT NULL, household TEXT NOT NULL, grid TEXT, class TEXT NOT NULL, since TEXT NOT NULL,
            last_counted TEXT, next_due TEXT NOT NULL, PRIMARY KEY (village, household)
        ) STRICT;
        CREATE INDEX households_by_next_due ON households_due (village, next_due);
        CREATE TABLE counted_days (
            village TEXT NOT NULL, household TEXT NOT NULL, day TEXT NOT NULL, visits INTEGER NOT NULL,
            grid TEXT NOT NULL, class TEXT NOT NULL, PRIMARY KEY (village, household, day)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE round_credits (
            village TEXT NOT NULL, round TEXT NOT NULL, worker TEXT NOT NULL, visits INTEGER NOT NULL,
            PRIMARY KEY (village, round, worker)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE round_days (
            village TEXT NOT NULL, worker TEXT NOT NULL, grid TEXT NOT NULL, day TEXT NOT NULL,
            own INTEGER NOT NULL, accompanied INTEGER NOT NULL, PRIMARY KEY (village, worker, grid, day)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE tallies (
            village TEXT NOT NULL, month TEXT NOT NULL, rule TEXT NOT NULL, grid TEXT NOT NULL, worker TEXT NOT NULL,
            class TEXT NOT NULL, mode TEXT NOT NULL, item TEXT NOT NULL, late INTEGER NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (village, month, rule, grid, worker, class, mode, item, late)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE identity_lookup (
            hash BLOB NOT NULL, record TEXT NOT NULL, village TEXT NOT NULL, PRIMARY KEY (hash, record)
        ) STRICT, WITHOUT ROWID;
        """
    )


SYNC_STEPS: list[Step] = [
    ("0101_feeds", create_feeds),
    ("0102_operations", create_operations),
    ("0103_facts", create_facts),
]
