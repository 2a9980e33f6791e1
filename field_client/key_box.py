"""How the data key is kept: wrapped by a PIN or a recovery code (PBKDF2-SHA-256), that again by the machine's key.

The machine's key is a file of 32 random bytes beside the store, readable by its owner only (`<store>.key`). It stands
in the place of a browser's non-extractable key, and is weaker: a copy of the store without it (a backup that leaves
`*.key` out, a file sent by mistake) cannot be tried PIN by PIN, but whoever reads the folder as its owner has both.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import time
from pathlib import Path

import msgspec

from field_client.errors import KeyFileMissing, Refused
from forms.problem import Problem
from sync.cipher import KEY_BYTES, SealError, cipher_of

ITERATIONS_MIN = 210_000
"""As the phone app has it; what the clock allows beyond it is measured."""
ITERATIONS_MAX = 10_000_000
PROBE_ITERATIONS = 50_000
TRY_MS = 150
"""How long a try may take on this machine: as slow for a guesser as a worker will bear."""
PIN_DIGITS_MIN, PIN_DIGITS_MAX = 6, 12
SALT_BYTES = 16
CODE_BYTES = 10
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011", "-－ 　\t")


class WrongSecret(Exception):
    """The PIN or code does not open this box."""


class KeyBox(msgspec.Struct, frozen=True):
    """A data key, wrapped."""

    salt: bytes
    iterations: int
    wrapped: bytes


def measured_iterations() -> int:
    """Iterations that take this machine about 150 ms, at least 210,000."""
    began = time.perf_counter()
    _stretched("000000", bytes(SALT_BYTES), PROBE_ITERATIONS)
    per_ms = PROBE_ITERATIONS / max(0.001, (time.perf_counter() - began) * 1000)
    return min(ITERATIONS_MAX, max(ITERATIONS_MIN, round(per_ms * TRY_MS)))


def boxed(secret: str, data_key: bytes, iterations: int, machine_key: bytes, cipher: str) -> KeyBox:
    """Wrap a data key by a PIN or a code."""
    salt = os.urandom(SALT_BYTES)
    inner = _wrap(_stretched(secret, salt, iterations), data_key, "secret", cipher)
    return KeyBox(salt, iterations, _wrap(machine_key, inner, "machine", cipher))


def unboxed(box: KeyBox, secret: str, machine_key: bytes, cipher: str) -> bytes:
    """The data key. WrongSecret; KeyFileMissing where the machine's key is another one."""
    try:
        inner = _unwrap(machine_key, box.wrapped, "machine", cipher)
    except SealError as error:
        raise KeyFileMissing() from error
    try:
        return _unwrap(_stretched(secret, box.salt, box.iterations), inner, "secret", cipher)
    except SealError as error:
        raise WrongSecret() from error


def check_pin(pin: str) -> str:
    """A new PIN. Refused where it would be guessed: its length, one digit only, a run (123456, 987654, 678901)."""
    problem = _pin_problem(pin)
    if problem is not None:
        raise Refused([problem])
    return pin


def _pin_problem(pin: str) -> Problem | None:
    if not (pin.isascii() and pin.isdecimal() and PIN_DIGITS_MIN <= len(pin) <= PIN_DIGITS_MAX):
        return _said("pin-form", "口令是6到12位数字", "a PIN has 6 to 12 digits")
    steps = {(int(after) - int(digit)) % 10 for digit, after in itertools.pairwise(pin)}
    if steps == {0}:
        return _said("pin-same", "口令不能都是同一个数字", "not all digits the same")
    if steps in ({1}, {9}):
        return _said("pin-run", "口令不能是连续的数字", "not digits in a row")
    return None


def _said(code: str, message: str, message_en: str) -> Problem:
    return Problem(pointer="/pin", code=code, message=message, message_en=message_en)


def new_code() -> str:
    """A random recovery code of 80 bits: 16 characters of Crockford's base 32, read out as XXXX-XXXX-XXXX-XXXX."""
    value = int.from_bytes(os.urandom(CODE_BYTES), "big")
    return "".join(_CROCKFORD[value >> (5 * place) & 31] for place in reversed(range(16)))


def read_code(typed: str) -> str:
    """A code as it was made, however it was typed: small letters, no dashes, O for 0, I and L for 1."""
    return typed.upper().translate(_MISREAD)


def machine_key(path: Path, make: bool = False) -> bytes:
    """The machine's key for a store. KeyFileMissing where there is none and none is to be made."""
    file = path.with_name(path.name + ".key")
    if make and not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, os.urandom(KEY_BYTES))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    key = file.read_bytes() if file.exists() else b""
    if len(key) != KEY_BYTES:
        raise KeyFileMissing()
    return key


def _stretched(secret: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", secret.encode(), salt, iterations, KEY_BYTES)


def _wrap(key: bytes, plain: bytes, layer: str, name: str) -> bytes:
    cipher = cipher_of(name, key)
    return cipher.seal(plain, _layer(layer), os.urandom(cipher.nonce_bytes))


def _unwrap(key: bytes, sealed: bytes, layer: str, name: str) -> bytes:
    return cipher_of(name, key).open(sealed, _layer(layer))


def _layer(layer: str) -> bytes:
    """What a wrapping is bound to, so that one layer is not taken for the other."""
    return f"allpost-data-key:{layer}".encode()
