"""What can go wrong between a device and the server, and the way on from each.

SyncError
├── Unreadable           the bytes are no operations in order     → halve the batch; a single one goes as raw
│   └── TooLarge         more than the limits                     → halve the batch
├── OutOfOrder
│   ├── WrongCounter     counters do not follow one another       → rebuild the batch from the outbox
│   ├── OperationsMissing  the server misses earlier ones         → send from `acknowledged` + 1
│   └── HistoryForked    a known counter with other bytes         → enrol anew and offer everything again
└── CursorExpired        the cursor is of another epoch or too old  → fetch segments, keep what is pending
"""

from __future__ import annotations


class SyncError(Exception):
    """A call that is refused with nothing applied. `code` is the problem type on the wire."""

    code = "sync-error"


class Unreadable(SyncError):
    """The body, or an operation in it, cannot be read as operations in order."""

    code = "unreadable-body"


class TooLarge(Unreadable):
    """A batch or an operation is larger than the protocol allows."""

    code = "batch-too-large"


class OutOfOrder(SyncError):
    """The operations do not continue the history that the server holds of this device."""


class WrongCounter(OutOfOrder):
    """Counters inside one batch do not follow one another."""

    code = "wrong-counter"


class OperationsMissing(OutOfOrder):
    """The first counter lies beyond the acknowledged one; `acknowledged` and `digest` say where to go on."""

    code = "operations-missing"

    def __init__(self, acknowledged: int, digest: str) -> None:
        super().__init__(f"operations after {acknowledged} are missing")
        self.acknowledged = acknowledged
        self.digest = digest


class HistoryForked(OutOfOrder):
    """A known counter came with other bytes, or a `previous` does not match: two phones share one identity."""

    code = "history-forked"

    def __init__(self, counter: int) -> None:
        super().__init__(f"the history forks at operation {counter}")
        self.counter = counter


class CursorExpired(SyncError):
    """The cursor belongs to another epoch, is ahead of the village, or older than the departures still kept."""

    code = "cursor-expired"
