"""Base45 (RFC 9285): bytes as the signs of a QR code's alphanumeric mode."""

from __future__ import annotations

_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_BASE = len(_SIGNS)
_VALUES = {sign: value for value, sign in enumerate(_SIGNS)}


def base45_encode(plain: bytes) -> str:
    """Three signs for two bytes, two for a last single one; the lowest digit first."""
    written = []
    for at in range(0, len(plain), 2):
        pair = plain[at : at + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, _BASE)
            written.append(_SIGNS[digit])
    return "".join(written)


def base45_decode(text: str) -> bytes:
    """The bytes. Raises ValueError for what is no Base45."""
    plain = bytearray()
    for at in range(0, len(text), 3):
        group = text[at : at + 3]
        if len(group) < 2:
            raise ValueError("Base45 has no group of one sign")
        try:
            value = sum(_VALUES[sign] * _BASE**place for place, sign in enumerate(group))
        except KeyError as error:
            raise ValueError(f"{error.args[0]!r} is no sign of Base45") from error
        try:
            plain += value.to_bytes(len(group) - 1, "big")
        except OverflowError as error:
            raise ValueError(f"{group!r} is more than {len(group) - 1} bytes") from error
    return bytes(plain)
