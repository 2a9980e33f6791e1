"""A bare client of the protocol, written from its page: keys, chain, push, pull, status, over any `httpx.Client`.

It is not the field client and shares no code with it, so what one of them misreads the other notices.
"""

from __future__ import annotations

import base64
import hashlib
import os
import random
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import msgspec
import zstandard

from forms.catalogue import Catalogue
from sync.chain import digest_of, first_previous
from sync.clock import Clock, adopted, next_reading, parse_clock
from sync.ids import uuid7
from sync.kinds import KINDS
from sync.operation import FORMAT, Operation, exact_bytes
from sync.overlay import Overlay
from sync.record import Record, parent_of, part_of, read_record, seen_form
from sync.scope import OWN, part_in_scope
from sync.sealing import PRIVATE_KEY_RANDOM_BYTES, PrivateKey, point_of, private_key
from sync.statehash import hash_text, part_hash
from sync.world import Author
from tests.server.sync_village import PASSWORD, VILLAGE

API = "/sync/v1"


class Refused(Exception):
    """A call was answered with a problem."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem}")
        self.status, self.problem = status, problem

    @property
    def code(self) -> str:
        """The problem's short code."""
        return str(self.problem["type"])


class ReplyLost(Exception):
    """The call was made, its reply never came."""


class Copied(msgspec.Struct):
    """A record in the copy: the version of the feed that it is in."""

    version: int
    record: Record


class SyncDevice:
    """One enrolment of a worker.

    now_ms     the phone's corrected clock; `offset_ms` is what it says of its error
    captured   exact bytes of everything ever captured, first counter 1
    outcomes   what has become of each counter, as last told
    """

    def __init__(
        self,
        client: httpx.Client,
        username: str,
        now_ms: Callable[[], int],
        catalogue: Catalogue,
        randomness: random.Random | None = None,
    ) -> None:
        self.client, self.username, self._now, self.catalogue = client, username, now_ms, catalogue
        self.random = randomness or random.Random(os.urandom(8))
        self.offset_ms = 0
        self.lose_reply = False
        self.token = ""
        self._reset("")

    def _reset(self, device: str) -> None:
        self.device = device
        self.captured: list[bytes] = []
        self.operations: list[Operation] = []
        self.acknowledged = 0
        self.outcomes: dict[int, dict[str, Any]] = {}
        self.outcomes_cursor = 0
        self.laid_over: list[Operation] = []
        self.copy: dict[str, Copied] = {}
        self.cursors: dict[str, str] = {}
        self.followed: dict[str, frozenset[str]] = {}
        self.scope: dict[str, Any] = {"number": -1, "villages": []}
        self.epoch = ""
        self.receipt: dict[str, Any] | None = None
        self.clock = Clock(0)

    # --- calls

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Make a call as this device. Raises Refused, or ReplyLost where the test loses the reply."""
        headers = {"authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        reply = self.client.request(method, API + path, headers=headers, **more)
        if self.lose_reply:
            raise ReplyLost
        if reply.status_code >= 400:
            assert reply.headers["content-type"].startswith("application/problem+json"), reply.text
            raise Refused(reply.status_code, reply.json())
        return reply

    def enrol(self, *, continues: bool = False, token: str | None = None) -> dict[str, Any]:
        """Enrol with new keys; `continues` names the present identity as the one that goes on."""
        self.signing_key, self.sealing_key = new_key(self.random), new_key(self.random)
        body: dict[str, Any] = {
            "device_name": f"{self.username}的手机",
            "signing_key": base64.b64encode(point_of(self.signing_key)).decode(),
            "sealing_key": base64.b64encode(point_of(self.sealing_key)).decode(),
        }
        body |= {"token": token} if token else {"username": self.username, "password": PASSWORD}
        if continues:
            body["continues"] = {"device": self.device, "counter": len(self.captured)}
        reply = self.client.post(f"{API}/enrol", json=body)
        if reply.status_code != 200:
            raise Refused(reply.status_code, reply.json())
        card: dict[str, Any] = reply.json()
        self._reset(card["device"])
        self.token, self.scope, self.epoch = card["token"], card["scope"], card["epoch"]
        self.worker = card["worker"]
        self.author = Author(self.device, self.worker["id"], self.worker["role"], self.worker["division"])
        self.sealing_point = base64.b64decode(card["sealing"]["key"])
        return card

    def enrol_anew(self) -> list[Operation]:
        """The one way out: a new identity, everything kept rewritten with new counters and the same ids."""
        kept, receipt = list(self.operations), self.receipt
        self.enrol(continues=True, token=None)
        self.receipt = receipt  # of the identity that this one continues, until there is one of its own
        for operation in kept:
            self._append(operation)
        self.laid_over = list(self.operations)
        return kept

    # --- capturing

    def capture(self, **parts: Any) -> Operation:
        """Capture an operation; what is not named follows from the device."""
        now = self._now()
        self.clock = next_reading(self.clock, now)
        identifier = parts.pop("id", None) or uuid7(now, self.random.randbytes(10))
        whole: dict[str, Any] = {
            "id": identifier,
            "format": FORMAT,
            "counter": 0,
            "previous": "",
            "clock": str(self.clock),
            "offset_ms": self.offset_ms,
            "record": identifier,
            "village": VILLAGE,
        }
        operation = self._append(msgspec.convert(whole | parts, Operation))
        self.laid_over.append(operation)
        return operation

    def _append(self, operation: Operation) -> Operation:
        previous = digest_of(self.captured[-1]) if self.captured else first_previous(self.device)
        placed = msgspec.structs.replace(operation, counter=len(self.captured) + 1, previous=previous)
        self.captured.append(exact_bytes(placed))
        self.operations.append(placed)
        return placed

    def create(self, kind: str, village: str = VILLAGE, **fields: Any) -> Operation:
        """A new record. `answers__hospital` writes `answers/hospital`."""
        return self.capture(kind=kind, action="create", village=village, fields=named(fields))

    def change(self, record: str, **fields: Any) -> Operation:
        """Set fields of a record, as seen on this device."""
        shown = self.see(record)
        sets = KINDS[shown.kind].sets
        given = named(fields)
        seen = {field: seen_form(shown.values.get(field)) for field in given if field not in sets}
        return self.capture(
            kind=shown.kind, action="change", record=record, village=shown.village, seen=seen, fields=given
        )

    def void(self, record: str, reason: str = "登记错了") -> Operation:
        """Take a record back."""
        shown = self.see(record)
        return self.capture(
            kind=shown.kind,
            action="void",
            record=record,
            village=shown.village,
            seen={"revision": shown.revision},
            reason=reason,
        )

    def view(self) -> Overlay:
        """What the device shows: its copy with what is not in it yet laid over."""
        overlay = Overlay(
            lambda identifier: self.copy[identifier].record if identifier in self.copy else None,
            lambda parent: [one.record for one in self.copy.values() if parent_of(one.record) == parent],
            self.catalogue,
            lambda device: self.worker["id"] if device == self.device else None,
        )
        overlay.lay(self.laid_over, self.author, self._now())
        return overlay

    def see(self, record: str) -> Record:
        """A record as the device shows it."""
        shown = self.view().get(record)
        assert shown is not None, record
        return shown

    # --- push

    def push_body(self, exact: Iterable[bytes]) -> dict[str, Any]:
        """Push these bytes as they are; the reply."""
        receipt = msgspec.json.encode(self.receipt)
        body = b'{"operations":[%b],"outcomes_after":%d,"receipt":%b}' % (
            b",".join(exact),
            self.outcomes_cursor,
            receipt,
        )
        reply: dict[str, Any] = self.call("POST", "/push", content=body).json()
        self.receipt = reply["receipt"] or self.receipt
        return reply

    def push(self, limit: int = 500) -> list[dict[str, Any]]:
        """Hand over everything that waits; the outcomes, in order. Checks each acknowledgement's digest."""
        first = self.acknowledged
        while True:
            batch = self.captured[self.acknowledged : self.acknowledged + limit]
            reply = self.push_body(batch)
            self.take_reply(reply)
            if self.acknowledged >= len(self.captured):
                break
        return [self.outcomes[counter] for counter in range(first + 1, len(self.captured) + 1)]

    def take_reply(self, reply: dict[str, Any]) -> None:
        """A push's reply: an acknowledgement counts only if its digest is the device's own at that counter."""
        if reply["epoch"] != self.epoch:
            self.take_epoch(reply["epoch"])
            return
        counter = reply["acknowledged"]
        self._check_digest(reply)
        self.take_outcomes(reply)
        while self.acknowledged < counter and self.acknowledged + 1 in self.outcomes:
            # what was acknowledged in a lost reply counts once its outcome is told: it is sent again until then
            self.acknowledged += 1

    def _check_digest(self, reply: dict[str, Any]) -> None:
        whole = [first_previous(self.device), *(digest_of(exact) for exact in self.captured)]
        counter = reply["acknowledged"]
        if counter >= len(whole) or reply["digest"] != whole[counter]:
            raise Refused(0, {"type": "history-forked"})

    def take_epoch(self, epoch: str) -> None:
        """A new epoch: forget every cursor, compare the history by an empty push; what was lost waits again."""
        self.epoch, self.outcomes_cursor = epoch, 0
        self.cursors, self.followed, self.copy = {}, {}, {}
        reply = self.push_body([])
        assert reply["epoch"] == epoch, "an epoch of its own for one loss"
        self._check_digest(reply)
        self.acknowledged = min(self.acknowledged, reply["acknowledged"])
        self.outcomes = {at: entry for at, entry in self.outcomes.items() if at <= self.acknowledged}
        self.laid_over = [one for one in self.operations if one.counter > self.acknowledged]
        self.take_outcomes(reply)

    def take_outcomes(self, reply: dict[str, Any]) -> None:
        """Outcomes of a push or a status, and how far they have been told."""
        for entry in reply["outcomes"]:
            self.outcomes[entry["counter"]] = entry
        self.outcomes_cursor = max(self.outcomes_cursor, reply["outcomes_cursor"])

    def status(self) -> dict[str, Any]:
        """Report how the device stands; takes the scope and the outcomes that changed."""
        last = digest_of(self.captured[-1]) if self.captured else first_previous(self.device)
        reply: dict[str, Any] = self.call(
            "POST",
            "/status",
            json={
                "counter": len(self.captured),
                "digest": last,
                "outcomes_after": self.outcomes_cursor,
                "receipt": self.receipt,
            },
        ).json()
        if reply["epoch"] != self.epoch:
            self.take_epoch(reply["epoch"])
        self.take_outcomes(reply)
        self.take_scope(reply["scope"])
        return reply

    # --- pull

    def take_scope(self, scope: dict[str, Any]) -> None:
        """A new scope: drop what it does not allow any more, forget the grids that are not followed."""
        if scope == self.scope:
            return
        self.scope = scope
        for identifier, copied in list(self.copy.items()):
            village = copied.record.village
            followed = village == "reference" or village in self.villages()
            part = part_of(copied.record)
            held = copied.record.holder == self.worker["id"]
            granted = part != "common" and part not in self.followed.get(village, frozenset())
            if not followed or (
                village != "reference"
                and part_in_scope(
                    part, copied.record.holder, granted and not held, self.grids(village), self.worker["id"]
                )
                is None
            ):
                del self.copy[identifier]
        for village in list(self.followed):
            if village == "reference":
                continue
            if village in self.villages():
                self.followed[village] &= self.grids(village) | {OWN, "common"}
            else:
                del self.followed[village], self.cursors[village]

    def villages(self) -> list[str]:
        """The villages in scope."""
        return [of["village"] for of in self.scope["villages"]]

    def grids(self, village: str) -> frozenset[str]:
        """The grids in scope of a village."""
        return frozenset(g for of in self.scope["villages"] if of["village"] == village for g in of["grids"])

    def pull_all(self) -> None:
        """Follow `reference` and every village in scope to its end, as often as the scope changes under way."""
        while True:
            self.status()
            number = self.scope["number"]
            if all(self.pull(village) for village in ["reference", *self.villages()]) and (
                number == self.scope["number"]
            ):
                self.laid_over = [
                    operation for operation in self.operations if operation.counter > self.acknowledged
                ]
                return

    def pull(self, village: str, limit: int = 1000) -> bool:
        """Follow one village to its end and compare the hashes; False if the scope changed under way."""
        grids = self.grids(village)
        followed = village in self.cursors and grids <= self.followed[village]
        if not followed and not self.load_segments(village):
            return False
        while True:
            try:
                page = self.call(
                    "GET",
                    "/changes",
                    params={"village": village, "after": self.cursors[village], "limit": limit},
                ).json()
            except Refused as refused:
                if refused.code != "cursor-expired":
                    raise
                del self.cursors[village]
                return False
            if page["scope"] != self.scope["number"]:
                return False
            for entry in page["records"]:
                self._take_entry(village, entry)
            self.cursors[village] = page["cursor"]
            if not page["more"]:
                self.compare(village, page)
                return True

    def load_segments(self, village: str) -> bool:
        """Fetch the village's segments; False if they were made under another scope."""
        listed = self.call("GET", "/segments", params={"village": village}).json()
        if listed["scope"] != self.scope["number"]:
            return False
        for segment in listed["segments"]:
            body = self.call("GET", f"/segments/{segment['digest']}").content
            assert hashlib.sha256(body).hexdigest() == segment["digest"] and len(body) == segment["bytes"]
            with zstandard.ZstdDecompressor().stream_reader(body) as reader:
                lines = [line for line in reader.read().split(b"\n") if line]
            assert len(lines) == segment["records"]
            for line in lines:
                self._take_entry(village, msgspec.json.decode(line))
        self.cursors[village] = listed["cursor"]
        self.followed[village] = self.grids(village) | {OWN, "common"}
        return True

    def _take_entry(self, feed: str, entry: dict[str, Any]) -> None:
        known = self.copy.get(entry["id"])
        if entry.get("gone"):
            if known is None:
                return
            same = known.record.village == feed
            if entry["version"] > known.version if same else entry["revision"] > known.record.revision:
                del self.copy[entry["id"]]
            return
        record = read_record(msgspec.json.encode(entry))
        self.clock = adopted(self.clock, parse_clock(record.created.clock), self._now())
        if known is not None:
            same = known.record.village == record.village
            newer = entry["version"] > known.version if same else record.revision > known.record.revision
            if not newer:
                return
        self.copy[record.id] = Copied(entry["version"], record)

    def hashes(self, village: str) -> dict[str, str]:
        """The hash of each part of the copy, recomputed."""
        parts: dict[str, list[tuple[str, int]]] = {part: [] for part in (*self.grids(village), "common", OWN)}
        for identifier, copied in self.copy.items():
            if copied.record.village != village:
                continue
            part = part_of(copied.record)
            parts[part if part in parts else OWN].append((identifier, copied.version))
        return {part: hash_text(part_hash(found)) for part, found in parts.items()}

    def compare(self, village: str, page: dict[str, Any]) -> None:
        """The copy must be the server's: the hashes on a last page equal those of the copy."""
        ours = self.hashes(village)
        if "hash" in page and page["hash"] is not None:
            combined = 0
            for value in ours.values():
                combined ^= int(value, 16)
            assert page["hash"] == hash_text(combined), f"{self.username} {village}"
        else:
            assert page["hashes"] == ours, f"{self.username} {village}"

    def sync(self) -> list[dict[str, Any]]:
        """Push, then pull."""
        outcomes = self.push()
        self.pull_all()
        return outcomes


def new_key(randomness: random.Random) -> PrivateKey:
    """A key pair."""
    return private_key(randomness.randbytes(PRIVATE_KEY_RANDOM_BYTES))


def named(fields: dict[str, Any]) -> dict[str, Any]:
    """`answers__hospital` as `answers/hospital`."""
    return {name.replace("__", "/"): value for name, value in fields.items()}
