"""What is sealed opens with its key only, and in the very bytes that WebCrypto makes."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.sealing import (
    POINT_BYTES,
    SEAL_RANDOM_BYTES,
    BlobKey,
    SealError,
    blob_key_id,
    key_id,
    point_of,
    private_key,
    private_key_from_scalar,
    scalar_of,
    seal,
    sign,
    unseal,
    verify,
)

MINE = private_key(bytes(range(40)))
OTHER = private_key(bytes(range(1, 41)))
RANDOM = bytes(range(100, 100 + SEAL_RANDOM_BYTES))


@settings(max_examples=25)
@given(st.binary(max_size=2_000), st.binary(min_size=SEAL_RANDOM_BYTES, max_size=SEAL_RANDOM_BYTES))
def test_what_is_sealed_opens_again(plain: bytes, randomness: bytes) -> None:
    assert unseal(MINE, seal(point_of(MINE), plain, randomness)) == plain


def test_the_layout_is_the_documented_one() -> None:
    sealed = seal(point_of(MINE), b"secret", RANDOM)
    assert sealed[0] == 1 and sealed[1] == 4
    assert sealed[66:78] == RANDOM[40:]
    assert len(sealed) == 1 + POINT_BYTES + 12 + len(b"secret") + 16
    assert sealed == seal(point_of(MINE), b"secret", RANDOM)


def test_another_key_or_any_altered_byte_is_refused() -> None:
    sealed = seal(point_of(MINE), b"secret", RANDOM)
    with pytest.raises(SealError):
        unseal(OTHER, sealed)
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(SealError):
            unseal(MINE, bytes(altered))


@pytest.mark.parametrize("length", [0, 1, 65, 66, 78, 90])
def test_a_cut_message_is_refused(length: int) -> None:
    with pytest.raises(SealError):
        unseal(MINE, seal(point_of(MINE), b"secret", RANDOM)[:length])


def test_a_point_off_the_curve_is_refused() -> None:
    with pytest.raises(ValueError):
        seal(b"\x04" + bytes(64), b"secret", RANDOM)


def test_too_little_randomness_is_refused() -> None:
    with pytest.raises(ValueError):
        seal(point_of(MINE), b"secret", RANDOM[:-1])
    with pytest.raises(ValueError):
        private_key(bytes(39))


def test_a_signature_is_bound_to_message_and_key() -> None:
    signature = sign(MINE, b"message")
    assert len(signature) == 64 and signature == sign(MINE, b"message")
    assert verify(point_of(MINE), signature, b"message")
    assert not verify(point_of(MINE), signature, b"massage")
    assert not verify(point_of(OTHER), signature, b"message")
    assert not verify(point_of(MINE), signature[:-1], b"message")
    assert not verify(point_of(MINE), bytes(64), b"message")
    assert not verify(b"no point", signature, b"message")


def test_a_private_key_survives_as_its_scalar() -> None:
    again = private_key_from_scalar(scalar_of(MINE))
    assert point_of(again) == point_of(MINE)
    assert key_id(point_of(again)) != key_id(point_of(OTHER))


def test_a_blob_opens_only_with_its_key_and_in_its_place() -> None:
    key = BlobKey(bytes(32))
    blob = key.encrypt(b"batch", b"operations:7", os.urandom(12))
    assert key.decrypt(blob, b"operations:7") == b"batch"
    assert blob_key_id(blob) == key.id and len(blob) == 17 + 5 + 16
    with pytest.raises(SealError):
        key.decrypt(blob, b"operations:8")
    with pytest.raises(SealError):
        BlobKey(b"x" * 32).decrypt(blob, b"operations:7")
    with pytest.raises(SealError):
        key.decrypt(blob[:-1], b"operations:7")
    with pytest.raises(SealError):
        blob_key_id(blob[:20])
    with pytest.raises(ValueError):
        BlobKey(bytes(16))


WEB_CRYPTO = """
const read = (text) => Uint8Array.from(Buffer.from(text, 'base64'));
const write = (bytes) => Buffer.from(bytes).toString('base64');
const subtle = globalThis.crypto.subtle;
const aesKey = async (priv, point) => {
  const peer = await subtle.importKey('raw', point, {name: 'ECDH', namedCurve: 'P-256'}, false, []);
  const shared = await subtle.deriveBits({name: 'ECDH', public: peer}, priv, 256);
  const base = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  const info = new TextEncoder().encode('allpost-seal-1');
  const hkdf = {name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info};
  return subtle.deriveKey(hkdf, base, {name: 'AES-GCM', length: 256}, false, ['encrypt', 'decrypt']);
};
const main = async () => {
  const given = JSON.parse(process.argv[1]);
  const pair = await subtle.generateKey({name: 'ECDH', namedCurve: 'P-256'}, true, ['deriveBits']);
  const nonce = globalThis.crypto.getRandomValues(new Uint8Array(12));
  const key = await aesKey(pair.privateKey, read(given.recipient));
  const plain = new TextEncoder().encode('从浏览器');
  const cipher = await subtle.encrypt({name: 'AES-GCM', iv: nonce}, key, plain);
  const point = new Uint8Array(await subtle.exportKey('raw', pair.publicKey));
  const ecdsa = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'};
  const signer = await subtle.importKey('raw', read(given.recipient), ecdsa, false, ['verify']);
  const verified = await subtle.verify(ecdsa, signer, read(given.signature), read(given.message));
  const own = await subtle.generateKey(ecdsa, true, ['sign']);
  console.log(JSON.stringify({
    sealed: write(Buffer.concat([Buffer.from([1]), point, nonce, Buffer.from(cipher)])),
    verified,
    point: write(await subtle.exportKey('raw', own.publicKey)),
    signature: write(await subtle.sign(ecdsa, own.privateKey, read(given.message))),
  }));
};
main();
"""


def test_a_web_crypto_client_seals_signs_and_verifies_the_same_way() -> None:
    node = shutil.which("node")
    assert node, "Node.js is part of this project's tools (README)"
    given = {"recipient": point_of(MINE), "signature": sign(MINE, b"message"), "message": b"message"}
    argument = json.dumps({name: base64.b64encode(value).decode() for name, value in given.items()})
    run = subprocess.run([node, "-e", WEB_CRYPTO, argument], check=True, capture_output=True, text=True)
    made = json.loads(run.stdout)
    assert unseal(MINE, base64.b64decode(made["sealed"])).decode() == "从浏览器"
    assert made["verified"] is True
    assert verify(base64.b64decode(made["point"]), base64.b64decode(made["signature"]), b"message")


def test_vectors() -> None:
    vectors = json.loads((Path(__file__).parents[1] / "vectors" / "sealing.json").read_text(encoding="utf-8"))
    for one in vectors["sealed"]:
        private = private_key_from_scalar(base64.b64decode(one["private_scalar"]))
        assert base64.b64encode(point_of(private)).decode() == one["public_point"]
        assert key_id(point_of(private)) == one["key_id"]
        assert unseal(private, base64.b64decode(one["sealed"])) == base64.b64decode(one["plain"])
    for one in vectors["blobs"]:
        key, aad = BlobKey(base64.b64decode(one["data_key"])), base64.b64decode(one["additional_data"])
        assert key.decrypt(base64.b64decode(one["blob"]), aad) == base64.b64decode(one["plain"])
        encrypted = key.encrypt(base64.b64decode(one["plain"]), aad, base64.b64decode(one["nonce"]))
        assert encrypted == base64.b64decode(one["blob"])
    for one in vectors["signatures"]:
        point = point_of(private_key_from_scalar(base64.b64decode(one["private_scalar"])))
        assert verify(point, base64.b64decode(one["signature"]), base64.b64decode(one["message"]))
