"""Who wants to hear that a village has changed: a hint to pull, nothing more."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

import msgspec

from server.epochs import EpochBegan
from server.store.feeds import VillageChanged

PING_SECONDS = 20


class VillageVersion(msgspec.Struct, frozen=True):
    """The data of an event: a village is now at this version."""

    village: str
    version: int


class Live:
    """Passes versions from the writer's thread to listeners on the event loop; a slow listener misses, never blocks."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._versions: dict[str, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def committed(self, notes: Sequence[object]) -> None:
        """The store's listener; called on the writer's thread."""
        changed = {note.village: note.version for note in notes if isinstance(note, VillageChanged)}
        began = any(isinstance(note, EpochBegan) for note in notes)
        loop = self._loop
        if (changed or began) and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._tell, changed, began)

    def _tell(self, changed: dict[str, int], began: bool) -> None:
        """In a new epoch every listener is told, so that its device asks and finds its cursor expired."""
        self._versions.update(changed)
        for village in list(self._listeners) if began else changed:
            for listener in self._listeners.get(village, ()):
                listener.set()

    async def events(self, village: str, version: int, stopping: asyncio.Event) -> AsyncIterator[bytes]:
        """Server-sent events of one village, the present version first; a comment keeps the line open."""
        self._loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        self._listeners[village].add(woken)
        try:
            yield _event(village, version)
            while not stopping.is_set():
                await _first_of(woken, stopping)
                if woken.is_set():
                    woken.clear()
                    yield _event(village, self._versions.get(village, version))
                else:
                    yield b": ping\n\n"
        finally:
            self._listeners[village].discard(woken)


async def _first_of(*events: asyncio.Event) -> None:
    """Until one of these is set, or it is time for a sign of life; a client that leaves ends the waiting too."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=PING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def _event(village: str, version: int) -> bytes:
    return b"event: version\ndata: %b\n\n" % msgspec.json.encode(VillageVersion(village, version))
