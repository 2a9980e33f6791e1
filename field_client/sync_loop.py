"""One sync: hand everything over, ask how things stand, follow every village, compare.

Operations go first: handing work over never waits for anything else, and the copy is only renewed once the server has
what is laid over it. The ways out (protocol, Push and Versions):

history-forked, unknown-device  enrol anew, carry everything kept over, push again
a new epoch                     compare the history by an empty push, offer again what was lost, start over
another scope number            ask for the scope, drop what left, fetch what is new
cursor-expired                  segments again; what waits stays
device-revoked, device-locked,
device-unconfirmed, forbidden   what waits was handed over all the same; reading ends
"""

from __future__ import annotations

import msgspec

from field_client.enrolment import APP_VERSION, Credentials, Enrolled, enrol_anew
from field_client.errors import CallRefused, ExchangeFailed, ServerBusy
from field_client.exchange import EnrolAnew, Exchange, NewEpoch
from field_client.feed import Divergence, ScopeChanged
from field_client.outbox import Outbox
from field_client.pull import Pull, followed
from field_client.push import ENROL_ANEW, Push
from field_client.receipts import newest_receipt
from field_client.rescue import hand_in_again
from field_client.scope import take_scope
from field_client.standing import keep_standing, recovery_to_tell
from field_client.storage import storage_left_bytes
from field_client.times import Anchor
from field_client.upload import Upload
from sync.clock import moment
from sync.kinds import REFERENCE_VILLAGE
from sync.protocol import StatusReply, StatusRequest, encode

ROUNDS_MAX = 6
READING_ENDED = frozenset({"device-revoked", "device-locked", "device-unconfirmed", "forbidden"})


class SyncReport(msgspec.Struct, kw_only=True):
    """What a sync did. `reading_ended` is the server's reason where the device may no longer read."""

    pushed: int = 0
    received: int = 0
    counts: dict[str, int] = {}
    enrolled_anew: list[Enrolled] = []
    restored: bool = False
    diverged: list[Divergence] = []
    orders: str = "none"
    reading_ended: str | None = None
    files_uploaded: int = 0
    files_refused: list[str] = []
    handed_in_again: int = 0
    requests: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0


class SyncLoop:
    """One run over everything; what it reached stays reached however it ends."""

    def __init__(self, exchange: Exchange, credentials: Credentials | None = None) -> None:
        self._exchange = exchange
        self._store = exchange.store
        self._outbox = Outbox(exchange.store)
        self._credentials = credentials
        self._compare = False
        self.report = SyncReport()

    def run(self) -> SyncReport:
        """Sync until all is handed over and every village is followed to its end."""
        for round_ in range(ROUNDS_MAX):
            try:
                self._once()
                break
            except EnrolAnew as needed:
                if round_ == ROUNDS_MAX - 1:
                    raise self._explained(needed) from needed
                self.report.enrolled_anew.append(self._enrol_anew(needed))
            except NewEpoch:
                self.report.restored = True
                self._compare = True
            except ScopeChanged:
                continue
        self.report.counts = {} if self.report.orders == "wipe" else self._outbox.counts()
        transport = self._exchange.transport
        self.report.requests = transport.requests
        self.report.bytes_sent, self.report.bytes_received = transport.bytes_sent, transport.bytes_received
        return self.report

    def _once(self) -> None:
        push = Push(self._exchange)
        if self._compare:
            push.compare()
            self._compare = False
        failed = self._hand_over_if_possible(push)
        had = self._outbox.last_acknowledged(self._exchange.identity.device)
        self._status(push, [])
        if self.report.orders == "wipe":
            return
        if failed is not None:
            raise failed
        if self._outbox.last_acknowledged(self._exchange.identity.device) < had:
            # a restored server that says only here what it lost: it is offered again before the copy follows it
            self._hand_over(push)
        self._files()
        try:
            self._pull(push)
        except CallRefused as refused:
            if refused.code not in READING_ENDED:
                raise
            self.report.reading_ended = refused.message

    def _files(self) -> None:
        """Files after operations; a file that cannot go now keeps nothing else from going on."""
        exchange = self._exchange
        server_ms = exchange.server_ms()
        upload = Upload(exchange)
        try:
            upload.run(server_ms)
            self.report.handed_in_again += hand_in_again(exchange, server_ms)
        except (CallRefused, ServerBusy) as failed:
            self.report.files_refused.append(failed.message)
        finally:
            self.report.files_uploaded += upload.uploaded
            self.report.files_refused += upload.refused

    def _hand_over_if_possible(self, push: Push) -> ExchangeFailed | None:
        """What kept it from being handed over: orders are asked for all the same, no failing push outlives a wipe."""
        try:
            self._hand_over(push)
        except ExchangeFailed as failed:
            return failed
        return None

    def _hand_over(self, push: Push) -> None:
        before = push.pushed
        try:
            push.run()
        finally:
            self.report.pushed += push.pushed - before

    def _pull(self, push: Push) -> None:
        scope = self._exchange.scope
        villages = [of.village for of in scope.villages]
        for village in followed(villages):
            pull = Pull(self._exchange, village)
            try:
                self.report.diverged += pull.run()
            finally:
                self.report.received += pull.received
        self._outbox.lift_elsewhere([*villages, REFERENCE_VILLAGE])
        if self.report.diverged:
            self._status(push, sorted({f"{one.village}/{one.part}" for one in self.report.diverged}))

    def _status(self, push: Push, diverged: list[str]) -> None:
        """Say how the device stands; take the scope, the orders and the outcomes that changed."""
        exchange = self._exchange
        request = self._standing(diverged)
        try:
            reply = exchange.call(
                lambda: exchange.transport.post(
                    "/status", encode(request), StatusReply, exchange.identity.token
                )
            )
        except CallRefused as refused:
            if refused.code in ENROL_ANEW:
                raise EnrolAnew(refused.code) from refused
            raise
        exchange.take_epoch(reply.epoch)
        push.take_position(reply.acknowledged, reply.digest)
        self._outbox.take_outcomes(reply.outcomes, reply.outcomes_cursor)
        take_scope(self._store, reply.scope)
        self._take_server(reply, told=request.recovery is not None)
        self.report.orders = reply.orders
        self._take_orders(reply.orders)

    def _take_server(self, reply: StatusReply, told: bool) -> None:
        """What the server asks of a device now: its limits and keys; a code that it was told is forgotten here."""
        with self._store.transaction():
            identity = self._exchange.identity
            now = msgspec.structs.replace(
                identity, limits=reply.limits, server_signing=reply.signing, server_sealing=reply.sealing
            )
            if now != identity:
                self._store.set_meta("identity", now)
            keep_standing(self._store)
            if told:
                self._store.head.put("recovery_code", None)

    def _standing(self, diverged: list[str]) -> StatusRequest:
        chain = self._outbox.chain(self._exchange.identity.device)
        oldest_ms = self._outbox.oldest_waiting_ms()
        anchor, standing = self._store.meta("anchor", Anchor), self._store.head.standing
        return StatusRequest(
            counter=chain.counter,
            digest=chain.digest,
            pending_operations=self._outbox.counts().get("waiting", 0),
            oldest_pending=None if oldest_ms is None else moment(oldest_ms),
            app_version=APP_VERSION,
            storage_left_bytes=storage_left_bytes(self._store.path),
            offset_ms=0 if anchor is None else anchor.offset_ms,
            outcomes_after=self._store.meta("outcomes_after", int) or 0,
            diverged_parts=diverged,
            receipt=newest_receipt(self._store),
            recovery=recovery_to_tell(self._store, self._exchange.identity),
            sealing_key="" if standing is None else standing.sealing_key,
            pending_files=self._store.head.unsent().files,
        )

    def _take_orders(self, orders: str) -> None:
        """A lock ends reading; a wipe removes everything but what is not handed over yet, and ends this store."""
        if orders == "wipe":
            self._store.wipe()
        else:
            self._store.head.put("orders", orders)

    def _enrol_anew(self, needed: EnrolAnew) -> Enrolled:
        try:
            return enrol_anew(self._store, self._exchange, self._credentials)
        except CallRefused as refused:
            raise self._explained(needed) from refused

    @staticmethod
    def _explained(needed: EnrolAnew) -> CallRefused:
        return CallRefused(
            401,
            needed.why,
            {
                "title": "服务器上没有这台设备的完整记录，需要重新登记",
                "next": "请运行 allpost-field enrol 重新登记；本机保留的记录会全部再次上报，不会重复",
            },
        )
