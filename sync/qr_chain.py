"""A small rescue file as a chain of QR codes, for a few operations where there is no network and no cable.

Each code is the text `APR1/<name>/<i>/<n>/<Base45 of the chunk>`, of signs that a QR code holds in its alphanumeric
mode; `name` is the first 8 hexadecimal digits, in upper case, of the file's SHA-256. Codes come in any order, repeats
are harmless, and what does not make the file that they name is refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from sync.base45 import base45_decode, base45_encode

CHUNK_BYTES_MAX = 600
CODES_MAX = 24
CHAIN_BYTES_MAX = CHUNK_BYTES_MAX * CODES_MAX
_CODE = re.compile(r"APR1/([0-9A-F]{8})/([1-9][0-9]?)/([1-9][0-9]?)/([0-9A-Z $%*+\-./:]+)", re.ASCII)


class ChainError(ValueError):
    """The texts are no chain, of several files, incomplete, or do not make the file that they name."""


def qr_chain(file: bytes, chunk_bytes: int = CHUNK_BYTES_MAX) -> list[str]:
    """The texts of the chain, in order. Raises ChainError for a file that is empty or more than a chain carries."""
    chunks = [file[at : at + chunk_bytes] for at in range(0, len(file), chunk_bytes)]
    if not 1 <= len(chunks) <= CODES_MAX or chunk_bytes > CHUNK_BYTES_MAX:
        raise ChainError(f"{len(file)} bytes; a chain carries 1 to {chunk_bytes * CODES_MAX}")
    name = _name(file)
    return [
        f"APR1/{name}/{at}/{len(chunks)}/{base45_encode(chunk)}" for at, chunk in enumerate(chunks, start=1)
    ]


def file_of_chain(codes: Iterable[str]) -> bytes:
    """The file that the codes make, in whatever order they were read. Raises ChainError."""
    chunks: dict[int, bytes] = {}
    files: set[tuple[str, int]] = set()
    for code in codes:
        read = _CODE.fullmatch(code)
        if read is None:
            raise ChainError("no code of a rescue file")
        at, total = int(read[2]), int(read[3])
        if at > total or total > CODES_MAX:
            raise ChainError(f"code {at} of {total}; at most {CODES_MAX}")
        files.add((read[1], total))
        try:
            chunks[at] = base45_decode(read[4])
        except ValueError as error:
            raise ChainError(str(error)) from error
    if len(files) != 1:
        raise ChainError("no codes" if not files else "codes of several files")
    ((name, total),) = files
    missing = [str(at) for at in range(1, total + 1) if at not in chunks]
    if missing:
        raise ChainError(f"codes are missing: {', '.join(missing)} of {total}")
    file = b"".join(chunks[at] for at in sorted(chunks))
    if _name(file) != name:
        raise ChainError("the codes do not make the file that they name")
    return file


def _name(file: bytes) -> str:
    return hashlib.sha256(file).hexdigest()[:8].upper()
