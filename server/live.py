"""Who wants to hear that a village has changed: a hint to pull, nothing more."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

import msgspec

from server.epochs import EpochBegan
from server.store.feeds import VillageChanged

PING_SECONDS = 20
PING = b": ping\n\n"
PLACE_DIGITS = (6, 9, 12)
"""Of a city, a town and a village: a listener hears of every village whose code begins with its own."""


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
        above = {village[:digits] for village in changed for digits in PLACE_DIGITS}
        for place in list(self._listeners) if began else above:
            for listener in self._listeners.get(place, ()):
                listener.set()

    async def changes(self, place: str, stopping: asyncio.Event) -> AsyncGenerator[bool, None]:
        """True at once and whenever a village of a place (a code of 6, 9 or 12 digits) has changed, else False as a
        sign of life. Whoever listens hears of all that is committed from the first True on."""
        self._loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        self._listeners[place].add(woken)
        try:
            yield True
            while not stopping.is_set():
                await _first_of(woken, stopping)
                changed = woken.is_set()
                woken.clear()
                yield changed
        finally:
            self._listeners[place].discard(woken)

    async def events(self, village: str, version: int, stopping: asyncio.Event) -> AsyncIterator[bytes]:
        """Server-sent events of one village, the present version first; a comment keeps the line open."""
        async with aclosing(self.changes(village, stopping)) as changes:
            await anext(changes)
            yield _event(village, version)
            async for changed in changes:
                yield _event(village, self._versions.get(village, version)) if changed else PING


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
