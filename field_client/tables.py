"""The tables of a store's main file. Columns that are sealed where the file is not encrypted whole: `value`, `exact`,
`detail`, `search`, `body`; their places are `<table>:<key>`, with the column where a table has two of them.
"""

APPLICATION_ID = 0x41504644  # "APFD", so that another program's database is not taken for a store
SCHEMA_VERSION = 2

SCHEMA = """
CREATE TABLE main.meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE main.outbox (
    counter INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    exact BLOB NOT NULL,
    digest TEXT NOT NULL,
    kind TEXT NOT NULL,
    record TEXT NOT NULL,
    village TEXT NOT NULL,
    captured_ms INTEGER NOT NULL,
    acknowledged_ms INTEGER,
    outcome TEXT,
    revision INTEGER,
    detail BLOB,
    laid INTEGER NOT NULL DEFAULT 1,
    mended_by TEXT,
    erased INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX main.outbox_record ON outbox (record);
CREATE INDEX main.outbox_laid ON outbox (counter) WHERE laid = 1;
CREATE INDEX main.outbox_waiting ON outbox (counter) WHERE acknowledged_ms IS NULL;
CREATE TABLE main.copy (
    id TEXT PRIMARY KEY,
    home TEXT NOT NULL,
    kind TEXT NOT NULL,
    part TEXT NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    parent TEXT,
    search BLOB,
    body BLOB NOT NULL
);
CREATE INDEX main.copy_home ON copy (home, part);
CREATE INDEX main.copy_kind ON copy (kind);
CREATE INDEX main.copy_parent ON copy (parent) WHERE parent IS NOT NULL;
CREATE TABLE main.segment (
    digest TEXT PRIMARY KEY,
    village TEXT NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE main.draft (name TEXT PRIMARY KEY, saved_ms INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE main.file (
    digest TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    kept_ms INTEGER NOT NULL,
    durable_ms INTEGER,
    upload TEXT
);
"""

TRIGGERS = """
CREATE TEMP TRIGGER kept_told AFTER UPDATE OF acknowledged_ms ON main.outbox BEGIN
    UPDATE kept SET unsent = NEW.acknowledged_ms IS NULL WHERE counter = NEW.counter;
END;
CREATE TEMP TRIGGER kept_forgotten AFTER DELETE ON main.outbox BEGIN
    DELETE FROM kept WHERE counter = OLD.counter;
END;
CREATE TEMP TRIGGER kept_file_told AFTER UPDATE OF durable_ms ON main.file BEGIN
    UPDATE kept SET unsent = NEW.durable_ms IS NULL WHERE place = 'files:' || NEW.digest;
END;
CREATE TEMP TRIGGER kept_file_forgotten AFTER DELETE ON main.file BEGIN
    DELETE FROM kept WHERE place = 'files:' || OLD.digest;
END;
"""
"""What is kept beside for handing over follows what the main file says, whatever statement changed it."""
