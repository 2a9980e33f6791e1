"""What a device shows: records of the copy with its own operations laid over them, kept until something changes."""

from __future__ import annotations

from collections.abc import Iterable

from field_client.outbox import Outbox
from field_client.record_copy import RecordCopy
from field_client.reference import Reference
from field_client.search import matches, search_text
from field_client.store import Store
from field_client.world import DeviceWorld
from sync.operation import Operation
from sync.record import Record, parent_of
from sync.scope import Scope
from sync.world import Author


class View:
    """Reads for screens. Lists of a kind are decoded once and kept until the copy or the outbox changes."""

    def __init__(
        self, store: Store, author: Author, scope: Scope, now_ms: int, without: str | None = None
    ) -> None:
        """`without`: an operation that is not laid over, because it is about to be mended."""
        self.copy = RecordCopy(store)
        self.reference = Reference(self.copy)
        self.world = DeviceWorld(self.copy, self.reference, scope, author.device, author.worker)
        self.scope = scope
        self._author = author
        self._kinds: dict[str, dict[str, Record]] = {}
        self._texts: dict[str, dict[str, str]] = {}
        laid = [operation for operation in Outbox(store).laid() if operation.id != without]
        self.world.lay(laid, author, now_ms)

    def lay(self, operation: Operation, now_ms: int) -> None:
        """Lay one more operation over it: what was captured since."""
        self.world.lay([operation], self._author, now_ms)

    def get(self, record: str) -> Record | None:
        """A record as it is shown; None if there is none. Not to be changed."""
        return self.world.changed.get(record) or self.copy.get(record)

    def of_kind(self, kind: str, voided: bool = False) -> list[Record]:
        """All records of a kind; voided ones only if asked for."""
        below = self._kinds.get(kind)
        if below is None:
            below = {record.id: record for record in self.copy.read("kind = ?", (kind,))}
            self._kinds[kind] = below
        laid = {record.id: record for record in self.world.changed.values() if record.kind == kind}
        shown = {**below, **laid}.values() if laid else below.values()
        return [record for record in shown if voided or record.void is None]

    def children(self, record: str, kind: str) -> list[Record]:
        """The records of a kind that belong to one, voided ones left out."""
        found = {child.id: child for child in self.copy.children(record) if child.kind == kind}
        for identifier, laid in self.world.changed.items():
            found.pop(identifier, None)
            if laid.kind == kind and parent_of(laid) == record:
                found[identifier] = laid
        return [child for child in found.values() if child.void is None]

    def search(self, kind: str, query: str) -> list[Record]:
        """Households or residents that match every word of a query."""
        words = query.lower().split()
        texts = self._texts.get(kind)
        if texts is None:
            texts = self._texts[kind] = self.copy.search_texts(kind)
        ids = [record for record, text in texts.items() if all(word in text for word in words)]
        found = {record.id: record for one in ids if (record := self.copy.get(one)) is not None}
        for identifier, laid in self.world.changed.items():
            found.pop(identifier, None)
            if laid.kind == kind and matches(search_text(kind, laid.values), query):
                found[identifier] = laid
        return [record for record in found.values() if record.void is None]

    def names(self, workers: Iterable[str]) -> str:
        """Workers' names, for people."""
        return "、".join(self.reference.worker_names.get(worker, worker) for worker in workers)
