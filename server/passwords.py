"""Argon2id on threads of its own: one hash takes some 100 ms and 64 MiB, and the event loop never waits for it."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from server.problem import ProblemError
from server.settings import Settings

THREADS = 2
WAITING_MAX, WAITING_OF_ADDRESS_MAX = 64, 16


class Passwords:
    """Hashes and checks passwords with the settings' cost."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.password_passes, memory_cost=settings.password_memory_kib, parallelism=1
        )
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._waiting: Counter[str] = Counter()  # by address; on the event loop only
        # checked in the place of an unknown user's, so that both answers take as long
        self._nobody = self._hasher.hash("nobody has this password")

    @contextmanager
    def place(self, address: str) -> Iterator[None]:
        """A place in the queue before the threads. ProblemError server-busy where it is full, or full of this address.

        Without it, a few hundred sign-ins at once from one computer keep everybody out for a minute.
        """
        if self._waiting.total() >= WAITING_MAX or self._waiting[address] >= WAITING_OF_ADDRESS_MAX:
            raise ProblemError("server-busy", headers={"retry-after": "2"})
        self._waiting[address] += 1
        try:
            yield
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.hash_now, password)

    def hash_now(self, password: str) -> str:
        """`hash` for commands."""
        return self._hasher.hash(password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether it is the password; None for an unknown user takes as long and is False."""
        loop = asyncio.get_running_loop()
        same = await loop.run_in_executor(
            self._threads, self._matches, password, password_hash or self._nobody
        )
        return same and password_hash is not None

    def outdated(self, password_hash: str) -> bool:
        """Whether the hash was made at another cost and should be made anew while the password is at hand."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        self._threads.shutdown()

    def _matches(self, password: str, password_hash: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (Argon2Error, InvalidHashError):
            return False
