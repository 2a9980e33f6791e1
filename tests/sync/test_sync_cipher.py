"""Both ciphers, by published vectors and by the cases that the phone app passes too (`tests/vectors/ciphers.json`)."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.cipher import CIPHER_NAMES, SealError, cipher_of, hmac_sm3, sm4_ctr

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "ciphers.json").read_text("utf-8"))
KEY = bytes(range(32))


def of(case: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


@pytest.mark.parametrize("case", VECTORS["sm4_block"], ids=lambda case: case["source"])
def test_sm4_is_the_standard_s(case: dict[str, Any]) -> None:
    key, block, sealed = of(case, "key", "plain", "sealed")
    work = BlockCipher(SM4(key), modes.ECB()).encryptor()
    for _ in range(case["times"]):
        block = work.update(block)
    assert block == sealed


@pytest.mark.parametrize("case", VECTORS["sm4_ctr"], ids=lambda case: case["source"])
def test_sm4_counts_as_the_draft_does(case: dict[str, Any]) -> None:
    key, iv, plain, sealed = of(case, "key", "iv", "plain", "sealed")
    assert sm4_ctr(key, iv, plain) == sealed
    assert sm4_ctr(key, iv, sealed) == plain


@pytest.mark.parametrize("case", VECTORS["sm3"], ids=lambda case: case["source"])
def test_sm3_is_the_standard_s(case: dict[str, Any]) -> None:
    message, digest = of(case, "message", "digest")
    work = hashes.Hash(hashes.SM3())
    work.update(message)
    assert work.finalize() == digest


@pytest.mark.parametrize("case", VECTORS["hmac_sm3"], ids=lambda case: case["mac"][:8])
def test_hmac_sm3_is_the_standard_s(case: dict[str, Any]) -> None:
    key, message, mac = of(case, "key", "message", "mac")
    assert hmac_sm3(key, message) == mac


@pytest.mark.parametrize("case", VECTORS["aes_256_gcm"], ids=lambda case: case["source"])
def test_aes_gcm_is_the_published_one(case: dict[str, Any]) -> None:
    key, nonce, aad, plain, sealed, tag = of(case, "key", "nonce", "aad", "plain", "sealed", "tag")
    assert cipher_of("aes-256-gcm", key).seal(plain, aad, nonce) == nonce + sealed + tag


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: f"{case['cipher']}: {case['about']}")
def test_what_we_make_of_them_is_written_down(case: dict[str, Any]) -> None:
    key, nonce, aad, plain, sealed = of(case, "key", "nonce", "aad", "plain", "sealed")
    cipher = cipher_of(case["cipher"], key)
    assert cipher.seal(plain, aad, nonce) == sealed
    assert cipher.open(sealed, aad) == plain
    assert len(sealed) - len(plain) == cipher.overhead_bytes


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: f"{case['cipher']}: {case['about']}")
def test_what_was_not_sealed_so_is_refused(case: dict[str, Any]) -> None:
    key, aad, sealed = of(case, "key", "aad", "sealed")
    with pytest.raises(SealError):
        cipher_of(case["cipher"], key).open(sealed, aad)


def test_every_cipher_has_both_kinds_of_case() -> None:
    for kind in ("cases", "refused"):
        assert {case["cipher"] for case in VECTORS[kind]} == set(CIPHER_NAMES)


@pytest.mark.parametrize("name", CIPHER_NAMES)
@settings(max_examples=40)
@given(plain=st.binary(max_size=3_000), aad=st.binary(max_size=40), place=st.integers(min_value=0))
def test_what_is_sealed_opens_again_and_no_altered_bit_does(
    name: str, plain: bytes, aad: bytes, place: int
) -> None:
    cipher = cipher_of(name, KEY)
    sealed = cipher.seal(plain, aad, bytes(cipher.nonce_bytes))
    assert cipher.open(sealed, aad) == plain
    altered = bytearray(sealed)
    altered[place % len(sealed)] ^= 1 << place % 8
    with pytest.raises(SealError):
        cipher.open(bytes(altered), aad)


@pytest.mark.parametrize("name", CIPHER_NAMES)
def test_a_key_or_nonce_of_another_size_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        cipher_of(name, KEY[:16])
    cipher = cipher_of(name, KEY)
    with pytest.raises(ValueError, match="nonce"):
        cipher.seal(b"", b"", bytes(cipher.nonce_bytes - 1))


def test_another_name_is_no_cipher() -> None:
    with pytest.raises(ValueError, match="sm4-ecb"):
        cipher_of("sm4-ecb", KEY)
