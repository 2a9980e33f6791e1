"""Receipts: the server's signatures that it made this device's operations durable, kept with the operations they prove.

The proof of an operation is the receipt with the smallest counter that is not below its own, and the exact bytes of the
chain from it to there: each operation names the digest of the one before, and the receipt signs the last one's.
"""

from __future__ import annotations

import base64

import msgspec

from field_client.store import Store
from sync.chain import digest_of
from sync.protocol import PublicKey
from sync.receipt import Receipt, receipt_holds

_RECEIPT, _NEWEST, _KEYS = "receipt:", "receipt_newest", "server_keys"


class _Link(msgspec.Struct):
    previous: str


def keep_server_key(store: Store, key: PublicKey) -> None:
    """Keep a signing key that the server told, so that receipts under it can be verified for ever."""
    known = store.meta(_KEYS, dict[str, str]) or {}
    if known.get(key.id) != key.key:
        store.set_meta(_KEYS, {**known, key.id: key.key})


def server_keys(store: Store) -> dict[str, bytes]:
    """The server's signing points by their ids."""
    known = store.meta(_KEYS, dict[str, str]) or {}
    return {name: base64.b64decode(point) for name, point in known.items()}


def holds(receipt: Receipt, keys: dict[str, bytes]) -> bool:
    """Whether one of these keys signed it."""
    point = keys.get(receipt.key)
    return point is not None and receipt_holds(receipt, point)


def take_receipt(store: Store, receipt: Receipt | None, device: str, digest: str | None) -> bool:
    """Keep a receipt of this device whose digest is the device's own and whose signature holds; whether it was kept."""
    if receipt is None or receipt.device != device or receipt.digest != digest:
        return False
    if not holds(receipt, server_keys(store)):
        return False
    with store.transaction():
        store.set_meta(f"{_RECEIPT}{receipt.counter}", receipt)
        store.set_meta(_NEWEST, receipt)
    return True


def newest_receipt(store: Store) -> Receipt | None:
    """The one that goes with each push and status, so that a server that was set back notices."""
    return store.meta(_NEWEST, Receipt)


def forget_receipts(store: Store, until: int | None = None) -> None:
    """Receipts of operations that are kept no longer, or (without `until`) of an identity that is continued, go.

    The newest one stays to be sent: it shows how far the server was.
    """
    with store.transaction() as connection:
        for counter in _counters(store):
            if until is None or counter <= until:
                connection.execute("DELETE FROM meta WHERE key = ?", (f"{_RECEIPT}{counter}",))


def _counters(store: Store) -> list[int]:
    rows = store.rows("SELECT key FROM meta WHERE key LIKE ? || '%'", (_RECEIPT,))
    return sorted(int(key.removeprefix(_RECEIPT)) for (key,) in rows)


class Proof(msgspec.Struct, frozen=True):
    """That the server has an operation: its receipt, the server's key, and the exact bytes from it to the receipt's."""

    operation: str
    counter: int
    receipt: Receipt
    key: str
    chain: list[str]


def proof_of(store: Store, counter: int) -> Proof | None:
    """The proof of an operation; None where no receipt covers it, or bytes between were erased."""
    covering = next((one for one in _counters(store) if one >= counter), None)
    receipt = None if covering is None else store.meta(f"{_RECEIPT}{covering}", Receipt)
    if receipt is None:
        return None
    rows = store.rows(
        "SELECT id, exact, erased FROM outbox WHERE counter BETWEEN ? AND ? ORDER BY counter",
        (counter, receipt.counter),
    )
    if len(rows) != receipt.counter - counter + 1 or any(row[2] for row in rows):
        return None
    chain = [store.open(f"outbox:{row[0]}:exact", row[1]).decode() for row in rows]
    point = (store.meta(_KEYS, dict[str, str]) or {}).get(receipt.key, "")
    proof = Proof(rows[0][0], counter, receipt, point, chain)
    return proof if proof_holds(proof) else None


def proof_holds(proof: Proof) -> bool:
    """Whether the signature holds and the chain leads from the operation to what is signed."""
    digest = ""
    for at, text in enumerate(proof.chain):
        exact = text.encode()
        if at and msgspec.json.decode(exact, type=_Link).previous != digest:
            return False
        digest = digest_of(exact)
    return digest == proof.receipt.digest and holds(
        proof.receipt, {proof.receipt.key: base64.b64decode(proof.key)}
    )
