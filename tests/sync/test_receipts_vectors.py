"""Receipts and what they prove: vectors that Python and TypeScript both pass, made again byte for byte."""

import base64
import json
from pathlib import Path

import msgspec
import pytest

from sync.receipt import Receipt, proof_holds, receipt_holds, receipt_message
from sync.sealing import key_id, private_key_from_scalar, sign

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "receipt.json").read_text(encoding="utf-8"))
POINT = base64.b64decode(VECTORS["signing_key"]["key"])


def receipt(of: dict[str, object]) -> Receipt:
    return msgspec.convert(of, Receipt)


def test_good_receipts_are_signed_so() -> None:
    private = private_key_from_scalar(base64.b64decode(VECTORS["signing_key"]["private_scalar"]))
    assert key_id(POINT) == VECTORS["signing_key"]["id"]
    for of in VECTORS["good"]:
        told = receipt(of)
        message = receipt_message(told.device, told.counter, told.digest, told.epoch, told.time, told.key)
        assert receipt_holds(told, POINT)
        assert base64.b64encode(sign(private, message)).decode() == told.signature
    assert message.count(b"\n") == 5
    first = receipt(VECTORS["good"][0])
    assert VECTORS["message"] == receipt_message(
        first.device, first.counter, first.digest, first.epoch, first.time, first.key
    ).decode()  # fmt: skip


@pytest.mark.parametrize("case", VECTORS["forged"], ids=lambda case: case["name"])
def test_forged_receipts(case: dict[str, dict[str, object]]) -> None:
    assert not receipt_holds(receipt(case["receipt"]), POINT)


@pytest.mark.parametrize("case", VECTORS["proofs"], ids=lambda case: case["name"])
def test_proofs(case: dict[str, object]) -> None:
    told = receipt(case["receipt"])  # type: ignore[arg-type]
    assert receipt_holds(told, POINT)
    operations = [exact.encode() for exact in case["operations"]]  # type: ignore[attr-defined]
    assert proof_holds(told, operations) is case["holds"]
