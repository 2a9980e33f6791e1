"""What a write function wants told once its change is durable ("village X is at version N").

A function calls `announce(value)`; the value is handed on after the commit, and dropped when the function
or its group is rolled back. The list belongs to the writer's thread, so domain code needs no extra argument.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Announced = Callable[[Sequence[object]], None]


class _WriterNotes(threading.local):
    notes: list[object] | None = None


_writer = _WriterNotes()


def announce(value: object) -> None:
    """Have `value` handed to the store's `on_commit` callbacks after this transaction's commit.

    Raises RuntimeError outside of a write function.
    """
    if _writer.notes is None:
        raise RuntimeError("announce() works inside a write function only")
    _writer.notes.append(value)


def collect_on_this_thread() -> list[object]:
    """Make this thread a writer's; its functions' announcements come in the list returned."""
    _writer.notes = []
    return _writer.notes


@contextmanager
def collecting() -> Iterator[list[object]]:
    """The same for the length of a block: what a write function announces there is told to nobody."""
    before, _writer.notes = _writer.notes, []
    try:
        yield _writer.notes
    finally:
        _writer.notes = before
