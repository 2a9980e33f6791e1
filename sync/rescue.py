"""The rescue file, format 1: everything that a device keeps, sealed as it lies there, under one signature.

    "ALLPOST-RESCUE-1\\n"
    header   one line of JSON + "\\n" (`RescueHeader`)
    rows     n times: u16 length of place ‖ place (UTF-8) ‖ u32 length ‖ sealed bytes, integers big-endian
    end      64 bytes r ‖ s by the device's signing key over "allpost-rescue-1\\n" + hexadecimal SHA-256 of all before

A row is sealed by the device's cipher under its data key, bound to its place (`aad` = the place in UTF-8). Only the
server opens it: the data key is sealed to one of the server's keys, after the device's id. Whoever carries the file can
check that it is whole, and nothing else.

Pure: bytes come by a function that reads the next ones, so that a large file is never whole in memory.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Literal, NamedTuple

import msgspec

from sync.cipher import CIPHER_NAMES, Cipher, cipher_of
from sync.errors import SyncError
from sync.ids import is_uuid
from sync.sealing import POINT_BYTES, PrivateKey, sign, verify

MAGIC = b"ALLPOST-RESCUE-1\n"
SIGNATURE_BYTES = 64
HEADER_BYTES_MAX = 16 * 1024
DATA_KEY_BYTES = 32
_SIGNED = b"allpost-rescue-1\n"
_CHUNK_BYTES = 256 * 1024
Read = Callable[[int], bytes]
"""Reads the next bytes, at most so many; none at the end."""
_Text = Annotated[str, msgspec.Meta(max_length=400)]


class RescueUnreadable(SyncError):
    """Cut, altered, or no rescue file at all."""

    code = "rescue-unreadable"


class RescueHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of itself in the clear. `worker` is empty where the vault was locked.

    `sealed_data_key`: Base64 of device id ‖ data key, sealed to the server's key `sealing_key`; `signing_key`: Base64
    of the device's point; `unsent`: how many of the rows, the first ones, hold what was never acknowledged.
    """

    format: Literal[1] = 1
    device: _Text
    worker: _Text
    made_at: _Text
    epoch: _Text
    cipher: _Text
    sealing_key: _Text
    sealed_data_key: _Text
    signing_key: _Text
    rows: Annotated[int, msgspec.Meta(ge=0)]
    unsent: Annotated[int, msgspec.Meta(ge=0)]


class Row(NamedTuple):
    """One sealed row; `sealed` is None where it is longer than the reader wants to hold."""

    place: str
    sealed: bytes | None


class Checked(NamedTuple):
    """A file that is whole: its header, the SHA-256 (hexadecimal) of what is signed, and the signature."""

    header: RescueHeader
    digest: str
    signature: bytes

    def signed_by(self, point: bytes) -> bool:
        """Whether the holder of this signing key (65 bytes) made the file."""
        return verify(point, self.signature, _SIGNED + self.digest.encode())


def rescue_file(header: RescueHeader, rows: Iterable[tuple[str, bytes]], signing: PrivateKey) -> bytes:
    """The whole file of sealed rows, as a device writes it; `header.rows` is their number."""
    unsigned = rescue_head(header) + b"".join(row_head(place, len(sealed)) + sealed for place, sealed in rows)
    return unsigned + rescue_end(hashlib.sha256(unsigned).hexdigest(), signing)


def rescue_head(header: RescueHeader) -> bytes:
    """Magic and header."""
    return MAGIC + msgspec.json.encode(header) + b"\n"


def row_head(place: str, sealed_bytes: int) -> bytes:
    """What stands before a row's sealed bytes."""
    name = place.encode()
    return len(name).to_bytes(2, "big") + name + sealed_bytes.to_bytes(4, "big")


def rescue_end(digest: str, signing: PrivateKey) -> bytes:
    """The signature over the SHA-256 (hexadecimal) of everything before it."""
    return sign(signing, _SIGNED + digest.encode())


def read_header(line: bytes) -> RescueHeader:
    """The header in its line. Raises RescueUnreadable for one of another format."""
    try:
        header = msgspec.json.decode(line, type=RescueHeader)
        point = base64.b64decode(header.signing_key, validate=True)
        base64.b64decode(header.sealed_data_key, validate=True)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RescueUnreadable("no header of format 1") from error
    if not is_uuid(header.device) or header.cipher not in CIPHER_NAMES or len(point) != POINT_BYTES:
        raise RescueUnreadable("no header of format 1")
    return header


def check_rescue(read: Read, size_bytes: int) -> Checked:
    """Walk a whole file of `size_bytes`. Raises RescueUnreadable for one that is cut, too long or of another format.

    Whether the signature holds is asked of what is returned, as the key is the server's to know.
    """
    walk = _Walk(read, size_bytes - SIGNATURE_BYTES)
    header = walk.header()
    for _ in range(header.rows):
        walk.skip_row()
    if walk.left:
        raise RescueUnreadable(f"{walk.left} bytes after the last row")
    signature = read(SIGNATURE_BYTES)
    if len(signature) != SIGNATURE_BYTES or read(1):
        raise RescueUnreadable("no signature at the end")
    return Checked(header, walk.digest(), signature)


def rescue_rows(read: Read, size_bytes: int, row_bytes_max: int) -> Iterator[Row]:
    """The rows of a file that was checked, in order; one of more than `row_bytes_max` sealed bytes without them."""
    walk = _Walk(read, size_bytes - SIGNATURE_BYTES)
    header = walk.header()
    for _ in range(header.rows):
        yield walk.row(row_bytes_max)


def data_key_of(header: RescueHeader, unsealed: bytes) -> bytes:
    """The data key in what the server unsealed. Raises RescueUnreadable where another device sealed it."""
    device, data_key = unsealed[:-DATA_KEY_BYTES], unsealed[-DATA_KEY_BYTES:]
    if device != header.device.encode() or len(data_key) != DATA_KEY_BYTES:
        raise RescueUnreadable("the data key is another device's")
    return data_key


def cipher_of_file(header: RescueHeader, data_key: bytes) -> Cipher:
    """The cipher under which the rows are."""
    return cipher_of(header.cipher, data_key)


class _Walk:
    """Reads what is signed from its beginning, hashing it, with `left` bytes to come."""

    def __init__(self, read: Read, signed_bytes: int) -> None:
        self._read = read
        self._hash = hashlib.sha256()
        self.left = signed_bytes

    def digest(self) -> str:
        return self._hash.hexdigest()

    def header(self) -> RescueHeader:
        if self.left < len(MAGIC) or self._take(len(MAGIC)) != MAGIC:
            raise RescueUnreadable("no rescue file")
        line = bytearray()
        while (byte := self._take(1)) != b"\n":
            line += byte
            if len(line) > HEADER_BYTES_MAX:
                raise RescueUnreadable("no header")
        return read_header(bytes(line))

    def row(self, row_bytes_max: int) -> Row:
        place = self._place()
        length = int.from_bytes(self._take(4), "big")
        if length > row_bytes_max:
            self._skip(length)
            return Row(place, None)
        return Row(place, self._take(length))

    def skip_row(self) -> None:
        self._place()
        self._skip(int.from_bytes(self._take(4), "big"))

    def _place(self) -> str:
        try:
            return self._take(int.from_bytes(self._take(2), "big")).decode()
        except UnicodeDecodeError as error:
            raise RescueUnreadable("a place that is no text") from error

    def _skip(self, count: int) -> None:
        if count > self.left:
            raise RescueUnreadable("cut inside a row")
        while count:
            count -= len(self._take(min(count, _CHUNK_BYTES)))

    def _take(self, count: int) -> bytes:
        if count > self.left:
            raise RescueUnreadable("cut")
        taken = self._read(count)
        if len(taken) != count:
            raise RescueUnreadable("cut")
        self.left -= count
        self._hash.update(taken)
        return taken
