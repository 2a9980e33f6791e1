"""The messages of protocol version 1, each a struct that is both the wire form and the value (`docs/protocol.md`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from forms.problem import Problem
from sync.field_types import Code
from sync.operation import INTEGER_MAX
from sync.receipt import Receipt
from sync.scope import Scope

BATCH_OPERATIONS_MAX = 500
BATCH_BYTES_MAX = 1024 * 1024
PAGE_RECORDS_MAX = 1000
OUTCOMES_PAGE_MAX = 1000
FILE_BYTES_MAX = 8 * 1024 * 1024
RESCUE_BYTES_MAX = 256 * 1024 * 1024
AES_256_GCM = "aes-256-gcm"
Count = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]
"""A number that a client tells of itself."""


class PublicKey(msgspec.Struct, frozen=True):
    """A public key by its id: P-256, an uncompressed point of 65 bytes in Base64."""

    id: str
    key: str


class Continues(msgspec.Struct, frozen=True):
    """The identity that an enrolment goes on from, and the last counter that it captured."""

    device: Code
    counter: Count


class EnrolRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Who enrols (account and password, or a token that is still known), and the device's public keys."""

    username: str = ""
    password: str = ""
    token: str | None = None
    device_name: str
    signing_key: str
    sealing_key: str
    app_version: str = ""
    continues: Continues | None = None


class Limits(msgspec.Struct, frozen=True):
    """What a client must keep to, its lease (working days until reading locks), and the cipher of its store."""

    batch_operations: int
    batch_bytes: int
    operation_bytes: int
    page_records: int
    lease_working_days: int
    file_bytes: int = FILE_BYTES_MAX
    rescue_bytes: int = RESCUE_BYTES_MAX
    cipher: str = AES_256_GCM


class WorkerCard(msgspec.Struct, frozen=True):
    """The worker of a device."""

    id: str
    name: str
    role: str
    division: str


class EnrolReply(msgspec.Struct, kw_only=True, frozen=True):
    """The identity under which the device now captures. The token is told once."""

    epoch: str
    time: str
    device: str
    token: str
    worker: WorkerCard
    scope: Scope
    limits: Limits
    signing: PublicKey
    sealing: PublicKey


class PushRequest(msgspec.Struct, omit_defaults=True):
    """Operations of one device, in order; none asks how far the server is. `receipt`: the newest that it keeps."""

    operations: list[msgspec.Raw] = []
    outcomes_after: Count = 0
    receipt: Receipt | None = None


class OutcomeEntry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of one operation. `cursor` is set on one that changed after it was first told."""

    counter: int
    outcome: str
    revision: int | None = None
    conflicts: list[str] = []
    overruled: list[str] = []
    problems: list[Problem] = []
    remarks: list[Problem] = []
    waits_for: str | None = None
    cursor: int | None = None


class PushReply(msgspec.Struct, kw_only=True):
    """How far the server has this device, the digest there, and outcomes: of this push, and those changed since."""

    epoch: str
    time: str
    acknowledged: int
    digest: str
    outcomes: list[OutcomeEntry]
    outcomes_cursor: int
    scope: int
    receipt: Receipt | None = None


class ChangesPage(msgspec.Struct, kw_only=True):
    """Records changed after a cursor, oldest change first; entries are records with a version, or `Gone`.

    The last page (`more` is false) carries `hashes` by part; a page with nothing in it the XOR of them all, `hash`.
    """

    epoch: str
    time: str
    scope: int
    records: list[msgspec.Raw]
    cursor: str
    more: bool
    hashes: dict[str, str] | None = None
    hash: str | None = None


class Gone(msgspec.Struct, frozen=True, omit_defaults=True):
    """A departure: the record left this feed, for this device. `erased`: it is nowhere any more."""

    version: int
    id: str
    revision: int
    gone: Literal[True]
    erased: bool = False


class SegmentEntry(msgspec.Struct, frozen=True):
    """One segment of a first sync: a part's records at a version, as compressed JSON lines of `bytes` bytes."""

    part: str
    digest: str
    bytes: int
    records: int
    version: int


class SegmentList(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Every segment of a village in scope, and one cursor not later than any of them.

    `hashes` by part stand where nothing has changed since the cursor: then the segments are the whole village.
    """

    epoch: str
    time: str
    scope: int
    segments: list[SegmentEntry]
    cursor: str
    hashes: dict[str, str] | None = None


class StatusRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How a device stands: what it captured last, what waits, and since when."""

    counter: Count
    digest: Annotated[str, msgspec.Meta(max_length=64)]
    pending_operations: Count = 0
    pending_files: Count = 0
    oldest_pending: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    app_version: str = ""
    storage_left_bytes: Count | None = None
    offset_ms: int = 0
    outcomes_after: Count = 0
    diverged_parts: Annotated[list[Code], msgspec.Meta(max_length=200)] = []
    receipt: Receipt | None = None
    recovery: Annotated[str, msgspec.Meta(max_length=400)] | None = None
    sealing_key: Annotated[str, msgspec.Meta(max_length=16)] = ""


class StatusReply(msgspec.Struct, kw_only=True):
    """The scope, orders (`none`, `lock`, `wipe`), outcomes that changed, and what the server asks of a client now."""

    epoch: str
    time: str
    acknowledged: int
    digest: str
    scope: Scope
    orders: str
    outcomes: list[OutcomeEntry]
    outcomes_cursor: int
    limits: Limits
    signing: PublicKey
    sealing: PublicKey


class OrdersRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A device whose vault is locked asks for its orders, signed by its own key instead of its token.

    `signature` (Base64) stands over `allpost-orders`, the device, the time and `wiped` or `held`, joined by line feeds.
    """

    device: Code
    time: Annotated[str, msgspec.Meta(max_length=40)]
    wiped: bool = False
    signature: Annotated[str, msgspec.Meta(max_length=120)]


def orders_message(device: str, time: str, wiped: bool) -> bytes:
    """What an `OrdersRequest` is signed over."""
    return "\n".join(("allpost-orders", device, time, "wiped" if wiped else "held")).encode()


class OrdersReply(msgspec.Struct, kw_only=True):
    """Orders, and how far the server has the device."""

    epoch: str
    time: str
    orders: str
    acknowledged: int
    digest: str


class RescueReply(msgspec.Struct, kw_only=True):
    """What a rescue file brought: operations and files that were new, and those that were here already.

    `identity`: `continued` its device's own chain, or taken in under an `own` one. `unreadable`: rows that could
    not be opened.
    """

    epoch: str
    time: str
    device: str
    identity: str
    operations_new: int
    operations_known: int
    held: int
    files_new: int
    files_known: int
    unreadable: int
    acknowledged: int
    digest: str


class FilesKnownRequest(msgspec.Struct):
    """Digests of files that a device keeps."""

    digests: Annotated[
        list[Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]], msgspec.Meta(max_length=500)
    ]


class FilesKnownReply(msgspec.Struct, kw_only=True):
    """Those of them that are whole, checked and durable here."""

    epoch: str
    time: str
    durable: list[str]


class UnlockRequest(msgspec.Struct, kw_only=True):
    """A forgotten PIN: the account, and the device's data key sealed to the server (Base64)."""

    username: str
    password: str
    sealed_data_key: str


class UnlockReply(msgspec.Struct, kw_only=True):
    """The data key (Base64)."""

    epoch: str
    time: str
    data_key: str


def encode(message: Any) -> bytes:
    """A message's bytes."""
    return msgspec.json.encode(message)
