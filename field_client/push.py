"""Handing operations over: in order, in batches, until the server has them all.

Invariants
- An acknowledgement counts only if its digest is the device's own at that counter.
- A batch refused for its content is halved; a single operation still refused goes as raw bytes, which is always taken
  in. So nothing ever blocks the queue.
"""

from __future__ import annotations

from field_client.errors import CallRefused
from field_client.exchange import EnrolAnew, Exchange, Step, server_ms
from field_client.outbox import Outbox
from field_client.receipts import newest_receipt, take_receipt
from sync.operation import raw_form
from sync.protocol import PushReply, encode

HALVED = frozenset({400, 413, 422})
ENROL_ANEW = frozenset({"history-forked", "unknown-device", "bad-token"})
_ENVELOPE_BYTES = 1024


class Push:
    """One run of pushing everything that waits."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._outbox = Outbox(exchange.store)
        self.pushed = 0

    def run(self) -> None:
        """Push everything that was captured when it began; what is captured meanwhile waits for the next sync.

        Raises EnrolAnew, NewEpoch, or what the exchange could not overcome.
        """
        until = self._outbox.chain(self._exchange.identity.device).counter
        limits = self._exchange.identity.limits
        size = limits.batch_operations
        raw = False
        while batch := self._outbox.waiting(size, limits.batch_bytes - _ENVELOPE_BYTES):
            if batch[0][0] > until:
                break
            waiting = self._outbox.counts().get("waiting", 0)
            self._exchange.step(Step("push", self.pushed, self.pushed + waiting))
            try:
                reply = self.send(batch, raw)
            except CallRefused as refused:
                if refused.code == "operations-missing":
                    self._go_back(refused)
                elif refused.status in HALVED and not raw:
                    size, raw = max(1, len(batch) // 2), len(batch) == 1
                else:
                    raise
                continue
            self._take(reply, batch[-1][0])
            size, raw = min(limits.batch_operations, size * 2), False
        self._exchange.step(Step("push", self.pushed, self.pushed))

    def compare(self) -> None:
        """Ask how far the server is, before anything old is relied on; offer again what a restore lost."""
        self._take(self.send([]), 0)

    def send(self, batch: list[tuple[int, bytes]], raw: bool = False) -> PushReply:
        """One push; its reply is of the known epoch and its digest is the device's own."""
        exchange = self._exchange
        after = exchange.store.meta("outcomes_after", int) or 0
        bodies = [raw_form(counter, exact) if raw else exact for counter, exact in batch]
        receipt = newest_receipt(exchange.store)
        told = b"" if receipt is None else b',"receipt":' + encode(receipt)
        body = b'{"operations":[%b],"outcomes_after":%d%b}' % (b",".join(bodies), after, told)
        try:
            reply = exchange.call(
                lambda: exchange.transport.post("/push", body, PushReply, exchange.identity.token)
            )
        except CallRefused as refused:
            if refused.code in ENROL_ANEW:
                raise EnrolAnew(refused.code) from refused
            raise
        self.check_digest(reply.acknowledged, reply.digest)
        return reply

    def check_digest(self, acknowledged: int, digest: str) -> None:
        """EnrolAnew where the server's history of this device is not the device's own."""
        device = self._exchange.identity.device
        known = self._outbox.digest_at(acknowledged, device)
        chain = self._outbox.chain(device)
        if acknowledged < chain.forgotten:
            raise EnrolAnew("operations-missing")
        if known != digest:
            raise EnrolAnew("history-forked")

    def take_position(self, acknowledged: int, digest: str) -> None:
        """A server that has less than it acknowledged is offered the rest again."""
        self.check_digest(acknowledged, digest)
        if acknowledged < self._outbox.last_acknowledged(self._exchange.identity.device):
            self._outbox.go_back_to(acknowledged)

    def _take(self, reply: PushReply, sent: int) -> None:
        exchange = self._exchange
        with exchange.store.transaction():
            acknowledged = min(sent, reply.acknowledged)
            self.pushed += self._outbox.acknowledge(acknowledged, server_ms(reply.time))
            self.take_position(reply.acknowledged, reply.digest)
            take_receipt(exchange.store, reply.receipt, exchange.identity.device, reply.digest)
            self._outbox.take_outcomes(reply.outcomes, reply.outcomes_cursor)
            self._outbox.lift_held_by_copy()
            self._outbox.forget(reply.acknowledged, server_ms(reply.time), exchange.identity.device)
        exchange.take_epoch(reply.epoch)

    def _go_back(self, refused: CallRefused) -> None:
        """409 operations-missing: send from there. What can no longer be filled in ends this identity."""
        acknowledged = int(refused.document.get("acknowledged", 0))
        self.take_position(acknowledged, str(refused.document.get("digest", "")))
        waiting = self._outbox.waiting(1, 1)
        if not waiting or waiting[0][0] != acknowledged + 1:
            raise EnrolAnew("operations-missing")
