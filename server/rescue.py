"""Taking a rescue file in (`sync/rescue.py`): checked, opened, and handed to the one way in.

What continues the device's chain is taken in as its pushes; the rest under an identity of its own. Handing a file in
again changes nothing. What a revoked or an unknown device brings is held for a person.
"""

from __future__ import annotations

import asyncio
import base64
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

import msgspec

from server.clock import Clock
from server.files.keeping import Files
from server.intake import Intake
from server.keys import Keys
from server.problem import ProblemError
from server.rescue_identity import identity_of, identity_of_unknown, take_under
from server.rescue_receiving import UnderWay
from server.settings import Settings
from server.store import batches, devices
from server.store.audit import Entry, record
from server.store.changes import epoch_of
from server.store.devices import Device
from server.store.engine import Store
from sync.apply import Outcome
from sync.chain import first_previous
from sync.cipher import Cipher, SealError
from sync.clock import moment
from sync.errors import OutOfOrder, Unreadable
from sync.operation import Arrived, raw_form, read_operation
from sync.protocol import OutcomeEntry, RescueReply
from sync.rescue import (
    RescueHeader,
    RescueUnreadable,
    Row,
    check_rescue,
    cipher_of_file,
    data_key_of,
    rescue_rows,
)

TAKEN = "rescue.taken"
OPENED_AT_ONCE = 2
"""How many files the server opens at a time: each may hold many operations in memory."""
ROW_ROOM_BYTES = 1024 * 1024
CONTINUED, OWN = "continued", "own"
_VILLAGE_DIGITS = 12
_OUTBOX, _FILES = "outbox:", "files:"


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """Who hands a file in, where that is not the device itself: a colleague's phone, a desk, or a command."""

    account: str | None = None
    device: str | None = None
    division: str = ""


class KeptOperation(msgspec.Struct):
    """What the server needs of a row of an outbox. An erased one has no bytes any more."""

    counter: int
    exact: str
    erased: bool = False


class _Brought(msgspec.Struct):
    """What a file has come to so far."""

    operations_new: int = 0
    operations_known: int = 0
    held: int = 0
    files_new: int = 0
    files_known: int = 0
    unreadable: int = 0

    def count(self, offered: int, outcomes: Sequence[OutcomeEntry]) -> None:
        self.operations_new += len(outcomes)
        self.operations_known += offered - len(outcomes)
        self.held += sum(entry.outcome == Outcome.HELD for entry in outcomes)


class Rescue:
    """Takes rescue files in. Its methods block: call them off the event loop and outside of the store."""

    def __init__(
        self, store: Store, keys: Keys, settings: Settings, intake: Intake, files: Files, clock: Clock
    ) -> None:
        self.store, self.keys, self.settings, self.clock = store, keys, settings, clock
        self.intake, self.files = intake, files
        self.at_once = asyncio.Semaphore(OPENED_AT_ONCE)
        self.under_way = UnderWay()

    def admit(self, header: RescueHeader, carrier: Carrier | None) -> Device | None:
        """The device that a file says it is of; None for one that is not known here and comes by a carrier.

        Asked before a file is read to its end, so that nobody fills the disk. ProblemError carrier-needed: an
        anonymous caller is told the same of a device that is not there and of one with another key.
        """
        device = self.store.read_now(lambda db: devices.by_id(db, header.device))
        if device is not None and device.is_phone and device.signing_key == header.signing_key:
            return device
        if carrier is None:
            raise ProblemError("carrier-needed")
        if device is not None:
            raise RescueUnreadable("signed by another key than this device's")
        return None

    def take(self, file: BinaryIO, size_bytes: int, carrier: Carrier | None) -> RescueReply:
        """Take a whole file in. RescueUnreadable; ProblemError carrier-needed, rescue-of-another-server; StoreError."""
        file.seek(0)
        checked = check_rescue(file.read, size_bytes)
        header = checked.header
        if not checked.signed_by(base64.b64decode(header.signing_key)):
            raise RescueUnreadable("the signature does not hold")
        device = self.admit(header, carrier)
        cipher = cipher_of_file(header, self._data_key(header))
        brought = _Brought()
        arrived = self._operations(file, size_bytes, cipher, brought)
        home = self._home(device, header, carrier, arrived)
        own = self._take_operations(device, home, arrived, carrier, brought)
        giver = device.id if device is not None else self.store.write_now(home).id
        self._take_files(file, size_bytes, cipher, giver, brought)
        return self._ended(header, device, carrier, OWN if own or device is None else CONTINUED, brought)

    def _data_key(self, header: RescueHeader) -> bytes:
        try:
            unsealed = self.keys.unseal(base64.b64decode(header.sealed_data_key))
        except SealError as error:
            raise ProblemError("rescue-of-another-server") from error
        return data_key_of(header, unsealed)

    def _rows(self, file: BinaryIO, size_bytes: int) -> Iterator[Row]:
        file.seek(0)
        return rescue_rows(file.read, size_bytes, self.settings.file_bytes_max + ROW_ROOM_BYTES)

    def _operations(
        self, file: BinaryIO, size_bytes: int, cipher: Cipher, brought: _Brought
    ) -> list[Arrived]:
        """The operations of the file in their order, each once."""
        found: dict[tuple[int, str], Arrived] = {}
        for row in self._rows(file, size_bytes):
            if row.place.startswith(_OUTBOX):
                kept = _opened(cipher, row)
                if kept is None:
                    brought.unreadable += 1
                elif kept.exact:
                    one = _arrived(kept)
                    found[one.counter, one.digest] = one
                else:
                    brought.operations_known += 1
            elif not row.place.startswith(_FILES):
                brought.unreadable += 1
        return [found[place] for place in sorted(found)]

    def _home(
        self, device: Device | None, header: RescueHeader, carrier: Carrier | None, arrived: list[Arrived]
    ) -> Callable[[sqlite3.Connection], Device]:
        """Finds, or makes, the file's own identity, inside a write."""
        now_ms = self.clock()
        if device is not None:
            return lambda db: identity_of(db, devices.by_id(db, device.id) or device, now_ms)
        division = carrier.division if carrier is not None else ""
        villages = (one.operation.village for one in arrived if one.operation is not None)
        named = next((of for of in villages if len(of) == _VILLAGE_DIGITS and of.startswith(division)), None)
        village = division if len(division) == _VILLAGE_DIGITS else named or division
        return lambda db: identity_of_unknown(db, header, village, now_ms)

    def _take_operations(
        self,
        device: Device | None,
        home: Callable[[sqlite3.Connection], Device],
        arrived: list[Arrived],
        carrier: Carrier | None,
        brought: _Brought,
    ) -> bool:
        """Take all operations in; whether some went, or had gone before, under an identity of their own."""
        rest = arrived
        if device is not None:
            run, rest = self.store.read_now(lambda db: _split(db, self.keys, device, arrived))
            for at, batch in enumerate(found := list(self._batched(run))):
                try:
                    outcomes = self._continue(device, batch, carrier)
                except OutOfOrder:  # the device itself came between, with other operations
                    rest = [one for later in found[at:] for one in later] + rest
                    break
                brought.count(len(batch), outcomes)
        for batch in self._batched(rest):

            def under_own(db: sqlite3.Connection, batch: list[Arrived] = batch) -> list[OutcomeEntry]:
                return take_under(self.intake, db, home(db), batch, self.clock())

            brought.count(len(batch), self.store.write_now(under_own))
        return bool(rest)

    def _continue(self, device: Device, batch: list[Arrived], carrier: Carrier | None) -> list[OutcomeEntry]:
        """Take operations in as the device's push; the outcomes of those that were new."""
        now_ms = self.clock()

        def push(db: sqlite3.Connection) -> list[OutcomeEntry]:
            before = devices.by_id(db, device.id) or device
            taken = self.intake.take(db, before, batch, before.outcome_cursor, now_ms)
            if carrier is not None:  # that a colleague came is no contact of this phone
                devices.set_contact(db, device.id, before.contact_ms)
            return [entry for entry in taken.outcomes if entry.counter > before.acknowledged]

        return self.store.write_now(push)

    def _batched(self, arrived: Sequence[Arrived]) -> Iterator[list[Arrived]]:
        """Runs of at most a push's number and size."""
        batch: list[Arrived] = []
        size = 0
        for one in arrived:
            full = (
                len(batch) == self.settings.batch_operations_max
                or size + len(one.exact) > self.settings.batch_bytes_max
            )
            if batch and full:
                yield batch
                batch, size = [], 0
            batch.append(one)
            size += len(one.exact)
        if batch:
            yield batch

    def _take_files(
        self, file: BinaryIO, size_bytes: int, cipher: Cipher, giver: str, brought: _Brought
    ) -> None:
        for row in self._rows(file, size_bytes):
            if not row.place.startswith(_FILES):
                continue
            try:
                if row.sealed is None:
                    raise SealError("too long")
                plain = cipher.open(row.sealed, row.place.encode())
                new = self.files.take_whole_file(plain, row.place.removeprefix(_FILES), giver)
            except SealError:
                brought.unreadable += 1
            except ProblemError as refused:
                if refused.code.status >= 500:
                    raise
                brought.unreadable += 1
            else:
                brought.files_new += new
                brought.files_known += not new

    def _ended(
        self,
        header: RescueHeader,
        device: Device | None,
        carrier: Carrier | None,
        identity: str,
        brought: _Brought,
    ) -> RescueReply:
        """The reply, and the line in the audit log."""
        now_ms = self.clock()
        detail = {
            "carrier": None if carrier is None else carrier.device,
            "identity": identity,
            **msgspec.to_builtins(brought),
        }

        def end(db: sqlite3.Connection) -> RescueReply:
            now = None if device is None else devices.by_id(db, device.id)
            village = now.village if now is not None else carrier.division if carrier is not None else None
            account = None if carrier is None else carrier.account
            record(
                db,
                Entry(time=moment(now_ms), action=TAKEN, account=account, device=header.device, village=village,
                      detail=detail),
            )  # fmt: skip
            return RescueReply(
                epoch=epoch_of(db),
                time=moment(now_ms),
                device=header.device,
                identity=identity,
                acknowledged=0 if now is None else now.acknowledged,
                digest=first_previous(header.device) if now is None else now.digest,
                **msgspec.to_builtins(brought),
            )

        return self.store.write_now(end)


def _opened(cipher: Cipher, row: Row) -> KeptOperation | None:
    """A row of an outbox; None for one that does not open at its place or is none."""
    if row.sealed is None:
        return None
    try:
        kept = msgspec.json.decode(cipher.open(row.sealed, row.place.encode()), type=KeptOperation)
    except (SealError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return kept if kept.counter >= 1 and (kept.exact or kept.erased) else None


def _arrived(kept: KeptOperation) -> Arrived:
    """The operation at its counter; as raw bytes where it cannot be read there."""
    exact = kept.exact.encode()
    try:
        one = read_operation(exact)
        if one.counter == kept.counter:
            return one
    except Unreadable:
        pass
    return read_operation(raw_form(kept.counter, exact))


def _split(
    db: sqlite3.Connection, keys: Keys, device: Device, arrived: list[Arrived]
) -> tuple[list[Arrived], list[Arrived]]:
    """What repeats or continues the device's chain, and the rest. A closed or a forked device's chain ends here."""
    now = devices.by_id(db, device.id) or device
    repeated, others = list[Arrived](), list[Arrived]()
    batch = None
    for one in arrived:
        if one.counter > now.acknowledged:
            others.append(one)
            continue
        if batch is None or one.counter >= batch.first + len(batch.outcomes):
            batch = batches.holding(db, keys, now.village, now.id, one.counter)
        (repeated if batch.operation(one.counter).digest == one.digest else others).append(one)
    forked = any(one.counter <= now.acknowledged for one in others)
    counter, previous, run = now.acknowledged, now.digest, list[Arrived]()
    if now.closed_ms is None and not forked:
        for one in others:
            if one.counter != counter + 1 or one.previous not in (None, previous):
                break
            run.append(one)
            counter, previous = one.counter, one.digest
    return [*repeated, *run], others[len(run) :]
