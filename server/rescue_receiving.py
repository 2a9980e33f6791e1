"""Rescue files on their way in: whole ones are large, and nobody has to sign in to send one.

Bounds, so that whoever knows a device's public key fills neither the disk nor the time of others: few bodies of one
device by one carrier, few without a carrier at all, none that is silent, and none that takes the space kept free
for records.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager

from litestar.exceptions import InternalServerException

from server.problem import ProblemError
from sync.rescue import RescueUnreadable

OF_ONE_DEVICE_MAX = 2
"""Two, as the first may hang on a line that is dead."""
WITHOUT_CARRIER_MAX = 16
STALL_SECONDS = 60
LOOK_BYTES = 8 * 1024 * 1024
"""How often the room on the disk is looked at while a body comes in."""
_AGAIN_SECONDS = 30


class UnderWay:
    """How many bodies are coming in, on one event loop."""

    def __init__(self) -> None:
        self._of = Counter[tuple[str | None, str]]()

    @contextmanager
    def one(self, carrier: str | None, device: str) -> Iterator[None]:
        """One more, for as long as this lasts. ProblemError server-busy beyond the bounds."""
        key = carrier, device
        alone = sum(number for (by, _), number in self._of.items() if by is None)
        if self._of[key] >= OF_ONE_DEVICE_MAX or (carrier is None and alone >= WITHOUT_CARRIER_MAX):
            raise ProblemError("server-busy", headers={"retry-after": str(_AGAIN_SECONDS)})
        self._of[key] += 1
        try:
            yield
        finally:
            self._of[key] -= 1
            if not self._of[key]:
                del self._of[key]


async def chunks_of(body: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """The chunks of a body. RescueUnreadable where it breaks off or is silent for too long."""
    while True:
        try:
            async with asyncio.timeout(STALL_SECONDS):
                chunk = await anext(body, None)
        except (
            TimeoutError,
            InternalServerException,
        ) as error:  # the latter is how the framework tells of a broken line
            raise RescueUnreadable("the body broke off") from error
        if chunk is None:
            return
        if chunk:
            yield chunk
