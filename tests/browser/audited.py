"""What the server's audit log says, read from its database."""

from __future__ import annotations

from server.data_folder import open_data
from server.settings import load_settings
from server.store import audit
from tests.browser.served_demo import ServedDemo

ENTRIES_MAX = 1_000_000


def audited(demo: ServedDemo, action: str) -> list[audit.Entry]:
    """The entries of an action, in their order."""
    store, _ = open_data(load_settings(data=demo.data), exclusive=False)
    try:
        found = store.read_now(lambda db: audit.entries(db, limit=ENTRIES_MAX))
    finally:
        store.close()
    return [entry for entry in found if entry.action == action]
