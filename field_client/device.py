"""A device as a library: one store, one identity, everything that a worker does with it.

    with Device(path, pin) as device:
        device.enrol(server, username, password)
        device.sync()
        device.visits.record(household, outcome="met")

Safe to use from several threads: what is captured while a sync runs waits for the next one.
"""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import msgspec

from field_client.capture import Captured, Draft, capture, require
from field_client.cases import Cases
from field_client.closed import ClosedDevice
from field_client.day_log import DayLog
from field_client.enrolment import Credentials, Enrolled, enrol
from field_client.errors import ExchangeFailed, NotEnrolled, NotFound, Refused
from field_client.exchange import ATTEMPTS_MAX, Exchange, Step
from field_client.files import Files
from field_client.households import Households
from field_client.identity import Identity, identity_of
from field_client.lease import check_reading
from field_client.opening import change_pin
from field_client.outbox import Entry, Outbox
from field_client.receipts import Proof, proof_of
from field_client.rescue import hand_in, made_file
from field_client.settling import Settling
from field_client.standing import keep_standing
from field_client.status import DeviceStatus, device_status
from field_client.store import Store
from field_client.sync_loop import SyncLoop, SyncReport
from field_client.times import Anchor, SystemTimes, Times, read_times
from field_client.transport import Transport
from field_client.view import View
from field_client.visits import Visits
from forms.problem import Problem
from grid_map.days import count_day
from sync.clock import moment, moment_ms
from sync.ids import uuid7
from sync.protocol import RescueReply
from sync.record import Record
from sync.scope import Scope
from sync.sealing import private_key_from_scalar

WIPE = "wipe"


def _nothing(step: Step) -> None:
    """Progress that nobody watches."""


class Device:
    """An open device. `inner` replaces the network and `times` the clocks, for faults on purpose."""

    def __init__(
        self,
        path: Path | str,
        pin: str,
        *,
        whole: bool | None = None,
        times: Times | None = None,
        inner: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        attempts: int = ATTEMPTS_MAX,
        pin_iterations: int | None = None,
    ) -> None:
        """WrongPin, LockedOut, Wiped, KeyFileMissing, StoreInUse, StoreDamaged; Refused for a new PIN easy to guess.

        whole: encrypted by SQLCipher or as sealed values, where a new store is made; None: by SQLCipher if installed.
        pin_iterations: the cost of trying a PIN; None: measured on this machine.
        """
        self.times = times or SystemTimes()
        self.store = Store(Path(path), pin, whole=whole, pin_iterations=pin_iterations)
        keep_standing(self.store)
        self.outbox = Outbox(self.store)
        self.households = Households(self)
        self.visits = Visits(self)
        self.cases = Cases(self)
        self.settling = Settling(self)
        self.day_log = DayLog(self)
        self._inner = inner
        self._sleep = sleep
        self._attempts = attempts
        self._view: View | None = None
        self._one_sync = threading.Lock()
        self._turn = threading.RLock()

    def __enter__(self) -> Device:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back to other processes."""
        self.store.close()

    # identity and time

    @property
    def identity(self) -> Identity:
        """Who this device is. NotEnrolled if it is nobody yet."""
        return identity_of(self.store)

    @property
    def enrolled(self) -> bool:
        """Whether there is an identity."""
        return self.store.meta("identity", Identity) is not None

    @property
    def worker(self) -> str:
        """The account of its worker."""
        return self.identity.worker.id

    @property
    def scope(self) -> Scope:
        """The villages and grids that it may hold."""
        return self.store.meta("scope", Scope) or Scope(0, self.worker, ())

    @property
    def village(self) -> str:
        """The worker's first village. NotFound where none is assigned."""
        for of in self.scope.villages:
            return of.village
        raise NotFound("名下没有村社，请联系村社负责人", "no village is assigned to this worker")

    def now_ms(self) -> int:
        """The corrected time, Unix milliseconds."""
        return read_times(self.times, self.store.meta("anchor", Anchor)).corrected_ms

    def said(self) -> str:
        """The time as the phone's clock says it: what records carry; its offset stands beside it."""
        return moment(self.times.wall_ms())

    def corrected_ms(self, said: str) -> int:
        """A moment of the phone's clock in corrected time, Unix milliseconds."""
        return moment_ms(said) - read_times(self.times, self.store.meta("anchor", Anchor)).offset_ms

    def as_said(self, at: str) -> str:
        """A moment that a person names, as the phone's clock would have said it. As it is where it is none."""
        try:
            at_ms = moment_ms(at)
        except ValueError:
            return at  # judged with the rest, and told
        return moment(at_ms + read_times(self.times, self.store.meta("anchor", Anchor)).offset_ms)

    def today(self) -> date:
        """Today in Asia/Shanghai, by corrected time."""
        return count_day(self.now_ms())

    def new_id(self) -> str:
        """An id for a record that is about to be captured."""
        return uuid7(self.now_ms(), self.times.random(10))

    # exchanging

    def enrol(
        self,
        server: str,
        username: str,
        password: str,
        device_name: str | None = None,
        certificate: str | None = None,
    ) -> Enrolled:
        """Enrol, or enrol anew where there is an identity: everything kept is carried over under its ids."""
        exchange = self._exchange(server, certificate, _nothing)
        try:
            return enrol(
                self.store,
                exchange,
                server,
                certificate,
                device_name or platform.node() or "allpost-field",
                Credentials(username, password),
            )
        finally:
            exchange.transport.close()
            self._forget_view()

    def sync(
        self, step: Callable[[Step], None] = _nothing, credentials: Credentials | None = None
    ) -> SyncReport:
        """Hand everything over and follow every village; one sync at a time.

        What it reached stays reached however it ends. Raises ExchangeFailed where it could not go on.
        """
        with self._one_sync:
            identity = self.identity
            exchange = self._exchange(identity.server, identity.certificate, step)
            try:
                report = SyncLoop(exchange, credentials).run()
            finally:
                exchange.transport.close()
                self._forget_view()
            if report.orders == WIPE:
                self._end()
            return report

    def _end(self) -> None:
        """After a wipe: what is left is handed over sealed, and told; where that fails, `ClosedDevice` goes on."""
        self.close()
        how: dict[str, Any] = {
            "times": self.times,
            "inner": self._inner,
            "sleep": self._sleep,
            "attempts": self._attempts,
        }
        with suppress(ExchangeFailed), ClosedDevice(self.store.path, **how) as closed:
            closed.hand_over()

    def change_pin(self, pin: str) -> None:
        """Another PIN from now on. Refused for one that is easy to guess."""
        change_pin(self.store.head, self.store.path, self.store.vault, pin, self.store.pin_iterations)

    def proof(self, operation: str) -> Proof | None:
        """The proof that the server has an operation: its receipt and the chain to it; None where there is none yet."""
        entry = self.outbox.find(operation)
        if entry is None:
            raise NotFound(f"本机没有这条记录：{operation}", f"no such operation on this device: {operation}")
        return proof_of(self.store, entry.counter)

    def rescue_file(self) -> bytes:
        """Everything kept, unsent first, as one encrypted, signed file that any colleague can hand in."""
        standing = self.store.head.standing
        if standing is None:
            raise NotEnrolled()
        key = private_key_from_scalar(bytes.fromhex(self.identity.keys.signing))
        return made_file(self.store.head, standing, key, self.worker, moment(self.now_ms()))

    def hand_in(self, file: Path) -> RescueReply:
        """Hand a colleague's rescue file in, online; it is kept for 30 days and handed in again in a new epoch."""
        with self._one_sync:
            identity = self.identity
            exchange = self._exchange(identity.server, identity.certificate, _nothing)
            try:
                return hand_in(exchange, file, self.now_ms())
            finally:
                exchange.transport.close()

    def _exchange(self, server: str, certificate: str | None, step: Callable[[Step], None]) -> Exchange:
        transport = Transport(server, self.times, certificate, self._inner)
        return Exchange(self.store, transport, self.times, step, self._sleep, self._attempts)

    # reading and capturing

    @property
    def view(self) -> View:
        """The copy with this device's own operations laid over it. ReadingLocked where reading has ended."""
        check_reading(self.store, self.now_ms(), self.identity.limits)
        return self.shown

    @property
    def shown(self) -> View:
        """The same for capturing, which is never locked."""
        with self._turn:
            if self._view is None:
                self._view = self._laid_over(None)
            return self._view

    def _laid_over(self, without: str | None) -> View:
        return View(self.store, self.identity.author, self.scope, self.now_ms(), without)

    def capture(self, draft: Draft, anyway: bool = False) -> Captured:
        """Keep an operation: when this returns, it is on the disk. Refused with all that is wrong with it."""
        with self._turn:
            if not self.enrolled:
                raise NotEnrolled()
            view = self.shown if draft.mends is None else self._laid_over(draft.mends)
            try:
                captured = capture(self.store, view, self.times, draft, anyway)
            except Refused:
                raise
            except BaseException:
                # what is on the disk is the truth; the view may have gone ahead of it
                self._forget_view()
                raise
            if draft.mends is not None:
                self._forget_view()
            return captured

    def create(
        self,
        kind: str,
        village: str,
        fields: dict[str, Any],
        record: str | None = None,
        anyway: bool = False,
        problems: list[Problem] | None = None,
    ) -> Captured:
        """Capture a new record. `problems` were found wrong with it before and are told with the rest."""
        draft = Draft(
            kind=kind, village=village, action="create", record=record, fields=fields, problems=problems or []
        )
        return self.capture(draft, anyway)

    def change(self, kind: str, record: str, fields: dict[str, Any], anyway: bool = False) -> Captured:
        """Capture a change of a record that is shown here; fields of None are cleared."""
        village = require(self.shown, kind, record).village
        return self.capture(
            Draft(kind=kind, village=village, action="change", record=record, fields=fields), anyway
        )

    def attach(self, photo: Path) -> str:
        """Keep a photo for handing over, scaled and bare of its metadata; the digest by which records name it."""
        return Files(self.store).add(photo, self.now_ms())

    def void(self, kind: str, record: str, reason: str, anyway: bool = False) -> Captured:
        """Take a record back, saying why; nothing is erased by it."""
        village = require(self.shown, kind, record).village
        return self.capture(
            Draft(kind=kind, village=village, action="void", record=record, reason=reason), anyway
        )

    def record(self, kind: str, record: str) -> Record:
        """A record as it is shown. NotFound if there is none."""
        return require(self.view, kind, record)

    def waiting(self) -> list[Entry]:
        """The operations that are not handed over yet."""
        return self.outbox.entries("acknowledged_ms IS NULL")

    def status(self) -> DeviceStatus:
        """How the device stands, without asking the server."""
        return device_status(self)

    def keep_draft(self, name: str, body: Any) -> None:
        """Keep something that is not captured yet, across restarts; None forgets it."""
        with self.store.transaction() as connection:
            if body is None:
                connection.execute("DELETE FROM draft WHERE name = ?", (name,))
            else:
                lying = self.store.seal(f"draft:{name}", msgspec.json.encode(body))
                connection.execute(
                    "INSERT OR REPLACE INTO draft VALUES (?, ?, ?)", (name, self.times.wall_ms(), lying)
                )

    def draft(self, name: str) -> Any | None:
        """A draft that was kept; None if there is none."""
        row = self.store.row("SELECT body FROM draft WHERE name = ?", (name,))
        return None if row is None else msgspec.json.decode(self.store.open(f"draft:{name}", row[0]))

    def _forget_view(self) -> None:
        with self._turn:
            self._view = None
