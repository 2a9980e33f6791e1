"""The scope as a device keeps it: taking another one drops what it does not allow, wherever the scope was told."""

from __future__ import annotations

from field_client.feed import forget_feeds, trim_feeds
from field_client.record_copy import RecordCopy
from field_client.store import Store
from sync.kinds import REFERENCE_VILLAGE
from sync.scope import Scope


def take_scope(store: Store, scope: Scope) -> None:
    """Keep a scope, drop what it does not allow, and count the rest under its parts, in one transaction."""
    with store.transaction() as connection:
        known = store.meta("scope", Scope)
        store.set_meta("scope", scope)
        if known == scope:
            return
        RecordCopy(store).follow_scope(connection, scope)
        villages = [of.village for of in scope.villages]
        forget_feeds(store, [*villages, REFERENCE_VILLAGE])
        trim_feeds(store, scope)
