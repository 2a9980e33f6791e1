"""Rescue files and chains of codes, by the vectors that the phone app passes too (`tests/vectors/rescue.json`)."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync.base45 import base45_decode, base45_encode
from sync.cipher import SealError
from sync.qr_chain import CHAIN_BYTES_MAX, ChainError, file_of_chain, qr_chain
from sync.rescue import (
    Checked,
    RescueHeader,
    RescueUnreadable,
    check_rescue,
    cipher_of_file,
    data_key_of,
    rescue_file,
    rescue_rows,
)
from sync.sealing import point_of, private_key_from_scalar, unseal

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "rescue.json").read_text("utf-8")
)
POINT = base64.b64decode(VECTORS["device_key"]["key"])
ROW_BYTES_MAX = 1024 * 1024


def checked(file: bytes) -> Checked:
    return check_rescue(io.BytesIO(file).read, len(file))


def rows_of(file: bytes, row_bytes_max: int = ROW_BYTES_MAX) -> list[tuple[str, bytes | None]]:
    return [tuple(row) for row in rescue_rows(io.BytesIO(file).read, len(file), row_bytes_max)]  # type: ignore[misc]


def file_of(case: dict[str, str]) -> bytes:
    return base64.b64decode(case["file"])


def server_key() -> Any:
    return private_key_from_scalar(base64.b64decode(VECTORS["server_key"]["private_scalar"]))


@pytest.mark.parametrize("case", VECTORS["good"], ids=lambda case: case["name"])
def test_a_good_file_is_read_and_made_again_byte_for_byte(case: dict[str, Any]) -> None:
    file = file_of(case)
    found = checked(file)
    assert msgspec.to_builtins(found.header) == case["header"]
    assert found.signed_by(POINT) and hashlib.sha256(file).hexdigest() == case["sha256"]
    unsealed = unseal(server_key(), base64.b64decode(found.header.sealed_data_key))
    cipher = cipher_of_file(found.header, data_key_of(found.header, unsealed))
    rows = rows_of(file)
    assert [place for place, _ in rows] == [row["place"] for row in case["rows"]]
    for (place, sealed), row in zip(rows, case["rows"], strict=True):
        assert sealed is not None and sealed == base64.b64decode(row["sealed"])
        assert cipher.open(sealed, place.encode()) == base64.b64decode(row["plain"])
    signing = private_key_from_scalar(base64.b64decode(VECTORS["device_key"]["private_scalar"]))
    header = msgspec.convert(case["header"], RescueHeader)
    assert rescue_file(header, [(place, sealed or b"") for place, sealed in rows], signing) == file
    assert point_of(signing) == POINT


@pytest.mark.parametrize("case", VECTORS["unreadable"], ids=lambda case: case["name"])
def test_what_is_cut_or_no_such_file_is_unreadable(case: dict[str, str]) -> None:
    with pytest.raises(RescueUnreadable):
        checked(file_of(case))


@pytest.mark.parametrize("case", VECTORS["signature"], ids=lambda case: case["name"])
def test_what_the_device_did_not_sign(case: dict[str, str]) -> None:
    assert not checked(file_of(case)).signed_by(POINT)


@pytest.mark.parametrize("case", VECTORS["foreign"], ids=lambda case: case["name"])
def test_a_data_key_that_is_not_ours_or_not_this_devices(case: dict[str, str]) -> None:
    found = checked(file_of(case))
    assert found.signed_by(POINT)
    with pytest.raises((SealError, RescueUnreadable)):
        data_key_of(found.header, unseal(server_key(), base64.b64decode(found.header.sealed_data_key)))


def test_rows_at_each_others_place_do_not_open() -> None:
    file = base64.b64decode(VECTORS["rows_swapped"])
    found = checked(file)
    cipher = cipher_of_file(found.header, base64.b64decode(VECTORS["data_key"]))
    (first, sealed), (second, other), *rest = rows_of(file)
    for place, what in ((first, sealed), (second, other)):
        assert what is not None
        with pytest.raises(SealError):
            cipher.open(what, place.encode())
    for place, what in rest:
        assert what is not None and cipher.open(what, place.encode())


def test_a_row_that_is_too_long_is_passed_over() -> None:
    rows = rows_of(file_of(VECTORS["good"][0]), 350)
    assert [sealed is None for _, sealed in rows] == [True, True, False, True]


def test_every_cut_of_a_file_is_noticed() -> None:
    file = file_of(VECTORS["good"][0])
    for length in range(0, len(file), 7):
        try:
            assert not checked(file[:length]).signed_by(POINT)
        except RescueUnreadable:
            continue


def test_noise_and_turned_bytes_never_pass() -> None:
    file, chance = file_of(VECTORS["good"][0]), random.Random(9)
    for _ in range(300):
        turned = bytearray(file)
        turned[chance.randrange(len(file))] ^= 1 << chance.randrange(8)
        try:
            assert not checked(bytes(turned)).signed_by(POINT)
        except RescueUnreadable:
            continue


def test_the_codes_are_those_of_the_vectors_and_make_the_file_again() -> None:
    file = file_of(VECTORS["good"][0])
    assert qr_chain(file) == VECTORS["codes"]
    codes = [*VECTORS["codes"], VECTORS["codes"][0]]
    random.Random(3).shuffle(codes)
    assert file_of_chain(codes) == file


def test_a_chain_that_is_not_whole_or_not_of_one_file_is_refused() -> None:
    codes = list(VECTORS["codes"])
    other = qr_chain(b"another file" * 200)
    turned = codes[0][:-1] + ("1" if codes[0][-1] == "0" else "0")
    for wrong in (
        [], codes[1:], [*codes, other[0]], [turned, *codes[1:]], [code.lower() for code in codes],
        ["https://example.org/"], ["APR1/00000000/3/2/BB8"], ["APR1/00000000/1/99/BB8"], ["APR1/00000000/1/1/BB8"],
    ):  # fmt: skip
        with pytest.raises(ChainError):
            file_of_chain(wrong)


def test_a_chain_carries_so_much_and_no_more() -> None:
    largest = random.Random(4).randbytes(CHAIN_BYTES_MAX)
    assert len(qr_chain(largest)) == 24 and file_of_chain(qr_chain(largest)) == largest
    for wrong in (b"", largest + b"\0"):
        with pytest.raises(ChainError):
            qr_chain(wrong)


def test_base45() -> None:
    for case in VECTORS["base45"]:
        plain = base64.b64decode(case["bytes"])
        assert base45_encode(plain) == case["text"] and base45_decode(case["text"]) == plain
    for text in VECTORS["not_base45"]:
        with pytest.raises(ValueError):
            base45_decode(text)
