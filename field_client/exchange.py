"""What every exchange of a sync has at hand: the store, the identity, the transport, and how to try again."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

import msgspec
import tenacity

from field_client.capture import clock_of_store
from field_client.errors import ServerBusy, Unreachable
from field_client.identity import Identity, identity_of
from field_client.lease import LATEST
from field_client.standing import CONTACT, OFFSET, keep_standing
from field_client.store import Store
from field_client.times import Anchor, Times, read_times
from field_client.transport import Transport
from sync.clock import adopted, moment_ms, parse_clock, set_back
from sync.scope import Scope

T = TypeVar("T")
ATTEMPTS_MAX = 6
WAIT_SECONDS_MAX = 60.0
RETRIED = tenacity.retry_if_exception_type((Unreachable, ServerBusy))


class Step(msgspec.Struct, frozen=True):
    """Progress: what is being done (`enrol`, `push`, `status`, `segment`, `store`, `page`, `check`), and how far."""

    name: str
    done: int
    total: int
    village: str = ""


class NewEpoch(Exception):
    """The server was restored: its history is compared with ours before anything else."""


class EnrolAnew(Exception):
    """This history cannot go on under this identity. `why` is the code of the problem."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Exchange:
    """One sync's way to the server."""

    def __init__(
        self,
        store: Store,
        transport: Transport,
        times: Times,
        step: Callable[[Step], None],
        sleep: Callable[[float], None],
        attempts: int = ATTEMPTS_MAX,
    ) -> None:
        self.store = store
        self.transport = transport
        self.times = times
        self.step = step
        self._sleep = sleep
        self._attempts = attempts

    @property
    def identity(self) -> Identity:
        """The identity as it is now; it changes when the device enrols anew."""
        return identity_of(self.store)

    @property
    def scope(self) -> Scope:
        """The scope as last told; empty before that."""
        return self.store.meta("scope", Scope) or Scope(0, self.identity.worker.id, ())

    def call(self, ask: Callable[[], T]) -> T:
        """Ask until there is a reply: exponential back-off with jitter, or as long as the server says."""
        retrying = tenacity.Retrying(
            retry=RETRIED,
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=_wait,
            sleep=self._sleep,
            reraise=True,
        )
        reply: T = retrying(ask)
        self._take_time()
        return reply

    def server_ms(self) -> int:
        """The server's time, as its last reply said it, Unix milliseconds."""
        return self.store.meta("last_contact_ms", int) or 0

    def take_epoch(self, epoch: str) -> None:
        """Raise NewEpoch when a reply is of another epoch than the one known, which is kept."""
        identity = self.identity
        if epoch != identity.epoch:
            with self.store.transaction():
                self.store.set_meta("identity", msgspec.structs.replace(identity, epoch=epoch))
                keep_standing(self.store)
                self.store.set_meta("outcomes_after", 0)
            raise NewEpoch()

    def adopt_clock(self, highest: str) -> None:
        """Follow the highest clock seen, unless it is too far ahead."""
        if highest:
            now_ms = read_times(self.times, self.store.meta("anchor", Anchor)).corrected_ms
            clock = adopted(clock_of_store(self.store), parse_clock(highest), now_ms)
            self.store.set_meta("clock", str(clock))

    def _take_time(self) -> None:
        """Keep the measured offset; bring a clock that ran too far ahead back to the server's time."""
        anchor, self.transport.measured = self.transport.measured, None
        if anchor is None:
            return
        server_ms = anchor.wall_ms - anchor.offset_ms
        with self.store.transaction():
            self.store.set_meta("anchor", anchor)
            self.store.set_meta("last_contact_ms", server_ms)
            self.store.head.put(LATEST, server_ms)
            self.store.head.put(OFFSET, anchor.offset_ms)
            self.store.head.put(CONTACT, server_ms)
            self.store.set_meta("clock", str(set_back(clock_of_store(self.store), server_ms)))


def server_ms(time: str) -> int:
    """The server's time in a reply, as Unix milliseconds."""
    return moment_ms(time)


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    if isinstance(error, ServerBusy) and error.retry_after_seconds is not None:
        return min(error.retry_after_seconds, WAIT_SECONDS_MAX)
    # full jitter, so that a village's devices do not come back in step after an outage
    return random.uniform(0.1, 1.0) * min(WAIT_SECONDS_MAX, 0.5 * 2.0**state.attempt_number)  # noqa: S311
