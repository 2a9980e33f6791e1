"""Uploads by hand: checksums, offsets, expiry, and what a hostile client may try."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.server.pictures import (
    OCTETS,
    UPLOADS,
    add,
    begin,
    call,
    digest_of,
    known,
    metadata,
    picture,
    upload,
)
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import HOUR_MS, TinyVillage, small_catalogue, tiny_village


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path_factory.mktemp("uploads") / "data", uploads_open_max=4) as village:
        yield village


def enrolled(village: TinyVillage, username: str) -> SyncDevice:
    device = SyncDevice(village.client, username, lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    return device


@pytest.fixture(scope="module")
def device(village: TinyVillage) -> SyncDevice:
    return enrolled(village, "wang")


def offset(device: SyncDevice, where: str) -> int:
    return int(call(device, "HEAD", where).headers["upload-offset"])


def where_of(device: SyncDevice, plain: bytes) -> str:
    reply = begin(device, plain)
    assert reply.status_code == 201, reply.text
    return str(reply.headers["location"])


def refused(reply: httpx.Response) -> tuple[int, str]:
    assert reply.headers["tus-resumable"] == "1.0.0"
    return reply.status_code, reply.json()["type"]


def checksum(algorithm: str, piece: bytes) -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, piece).digest()).decode()}"


def in_uploads(village: TinyVillage) -> list[str]:
    return sorted(path.name for path in (village.settings.data / "uploads").iterdir())


def test_what_the_server_can_is_told_without_a_token(village: TinyVillage) -> None:
    headers = village.client.options(UPLOADS).headers
    assert headers["tus-extension"] == "creation,checksum,expiration,termination"
    assert headers["tus-checksum-algorithm"] == "sha256,sha1"
    assert (headers["tus-version"], headers["tus-max-size"]) == ("1.0.0", str(8 * 1024 * 1024))


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_a_piece_of_a_failed_checksum_does_not_count(device: SyncDevice, algorithm: str) -> None:
    plain = picture(11, 600)
    where = where_of(device, plain)
    first = plain[:300_000]  # more than a frame
    damaged = b"x" + first[1:]
    assert refused(add(device, where, 0, damaged, **{"upload-checksum": checksum(algorithm, first)})) == (
        460,
        "checksum-mismatch",
    )
    assert offset(device, where) == 0
    right = {"upload-checksum": checksum(algorithm, first)}
    assert add(device, where, 0, first, **right).headers["upload-offset"] == "300000"
    rest = plain[300_000:]
    wrong = {"upload-checksum": checksum(algorithm, first)}
    assert refused(add(device, where, 300_000, rest, **wrong)) == (460, "checksum-mismatch")
    assert offset(device, where) == 300_000
    assert (
        add(device, where, 300_000, rest, **{"upload-checksum": checksum(algorithm, rest)}).status_code == 204
    )
    assert known(device, digest_of(plain)) == [digest_of(plain)]


@pytest.mark.parametrize("header", ["md5 AAAA", "sha256", "sha256 !!", "", "crc32 AA=="])
def test_an_unknown_checksum_is_refused(device: SyncDevice, header: str) -> None:
    where = where_of(device, picture(1))
    assert refused(add(device, where, 0, b"abc", **{"upload-checksum": header})) == (
        400,
        "checksum-unsupported",
    )
    assert offset(device, where) == 0


def test_another_version_of_the_protocol_is_refused(device: SyncDevice) -> None:
    reply = begin(device, picture(2), **{"tus-resumable": "0.2.2"})
    assert refused(reply) == (412, "tus-version")
    assert reply.headers["tus-version"] == "1.0.0"


@pytest.mark.parametrize("given", ["-1", "+1", " 1", "1e3", "0x10", "９", "1" * 40, ""])
def test_a_strange_offset_or_length_is_refused(device: SyncDevice, given: str) -> None:
    where = where_of(device, picture(3))
    header = given.encode() if not given.isascii() else given
    wanted = {"content-type": OCTETS, "upload-offset": header}
    reply = call(device, "PATCH", where, content=b"abc", headers=wanted)
    assert refused(reply) == (422, "request-invalid")
    named = {"upload-length": header, "upload-metadata": metadata(digest="0" * 64, type="image/png")}
    assert refused(call(device, "POST", UPLOADS, headers=named)) == (422, "request-invalid")


def test_an_offset_that_is_not_the_servers_is_told_with_the_right_one(device: SyncDevice) -> None:
    plain = picture(4)
    where = where_of(device, plain)
    assert add(device, where, 0, plain[:100]).status_code == 204
    for wrong in (0, 50, 101, 10**14):
        reply = add(device, where, wrong, plain[100:])
        assert refused(reply) == (409, "upload-offset")
        assert reply.headers["upload-offset"] == "100"


def test_a_file_beyond_the_limit_or_its_length_is_refused(device: SyncDevice) -> None:
    most = 8 * 1024 * 1024
    reply = begin(device, b"x", **{"upload-length": str(most + 1)})
    assert refused(reply) == (413, "file-too-large")
    assert (reply.json()["file_bytes"], reply.headers["tus-max-size"]) == (most, str(most))
    assert refused(begin(device, b"x", **{"upload-length": "999999999999999"})) == (413, "file-too-large")
    plain = picture(5)
    where = where_of(device, plain)
    assert refused(add(device, where, 0, plain + b"more")) == (413, "file-too-large")

    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            yield b"x" * 1000

    headers = {"content-type": OCTETS, "upload-offset": "0"}
    assert refused(call(device, "PATCH", where, content=endless(), headers=headers)) == (
        413,
        "file-too-large",
    )
    assert add(device, where, offset(device, where), plain[offset(device, where) :]).status_code in (204, 422)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "digest",
        "digest !!!",
        metadata(digest="../../../../etc/passwd", type="image/jpeg"),
        metadata(digest="A" * 64, type="image/jpeg"),
        metadata(digest="a" * 63 + "\n", type="image/jpeg"),
        metadata(digest="a" * 64 + "/../x", type="image/jpeg"),
        metadata(filename="../../x.jpg", type="image/jpeg"),
    ],
)
def test_metadata_without_a_digest_is_refused(device: SyncDevice, given: str) -> None:
    headers = {"upload-length": "10", "upload-metadata": given}
    assert refused(call(device, "POST", UPLOADS, headers=headers)) == (422, "request-invalid")


def test_names_in_metadata_name_nothing_on_the_disk(village: TinyVillage, device: SyncDevice) -> None:
    plain = picture(6)
    names = metadata(digest=digest_of(plain), type="image/jpeg", filename="../../../evil.jpg", name="/etc/x")
    where = begin(device, plain, **{"upload-metadata": names}).headers["location"]
    assert add(device, where, 0, plain).status_code == 204
    paths = {str(path.relative_to(village.settings.data)) for path in village.settings.data.rglob("*")}
    assert f"files/{digest_of(plain)[:2]}/{digest_of(plain)}" in paths
    assert not any("evil" in path for path in paths)


@pytest.mark.parametrize("told", ["text/html", "image/svg+xml", "application/zip", "image/gif", ""])
def test_another_type_is_refused_before_anything_is_sent(device: SyncDevice, told: str) -> None:
    headers = {"upload-length": "10", "upload-metadata": metadata(digest="0" * 64, type=told)}
    assert refused(call(device, "POST", UPLOADS, headers=headers)) == (422, "file-type-refused")


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.txt", "a" * 100)
    return made.getvalue()


def png(width: int, height: int) -> bytes:
    """The head of a picture that claims a size."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


def animated() -> bytes:
    made = io.BytesIO()
    first, second = (Image.new("RGB", (20, 20), colour) for colour in ("red", "blue"))
    first.save(made, "WEBP", save_all=True, append_images=[second])
    return made.getvalue()


def with_place() -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (30.0, 31.0, 12.0)
    return picture(8, exif=exif)


def with_place_in_xmp() -> bytes:
    return picture(8, xmp=b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf exif:GPSLatitude="30,31N"/></x:xmpmeta>')


REFUSED = {
    "html": (b"<!doctype html><script>alert(1)</script>", "file-type-refused"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "file-type-refused"),
    "zip": (zipped(), "file-type-refused"),
    "gif": (picture(9, form="GIF"), "file-type-refused"),
    "tiff": (picture(9, form="TIFF"), "file-type-refused"),
    "one byte": (b"\xff", "file-type-refused"),
    "html behind the first bytes of a JPEG": (b"\xff\xd8\xff<script>alert(1)</script>", "image-unreadable"),
    "a JPEG cut off": (picture(10, 200)[:-5000], "image-unreadable"),
    "a PNG without its pixels": (png(10, 10), "image-unreadable"),
    "a bomb": (png(30000, 30000), "image-unreadable"),
    "a larger bomb": (png(2**31 - 1, 2**31 - 1), "image-unreadable"),
    "animated": (animated(), "image-unreadable"),
    "place": (with_place(), "image-metadata"),
    "place in XMP": (with_place_in_xmp(), "image-metadata"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_ends_its_upload(village: TinyVillage, device: SyncDevice, name: str) -> None:
    plain, code = REFUSED[name]
    where = where_of(device, plain)
    assert refused(add(device, where, 0, plain)) == (422, code)
    assert call(device, "HEAD", where).status_code == 410
    assert refused(add(device, where, 0, plain)) == (410, "upload-gone")
    assert known(device, digest_of(plain)) == []
    assert where.rpartition("/")[2] not in in_uploads(village)
    assert call(device, "GET", f"{UPLOADS}/{digest_of(plain)}").status_code == 404


@pytest.mark.parametrize(
    ("form", "type_"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_the_type_is_the_contents_whatever_was_told(device: SyncDevice, form: str, type_: str) -> None:
    plain = picture(12, form=form)
    assert upload(device, plain).status_code == 204  # told as image/jpeg
    assert call(device, "GET", f"{UPLOADS}/{digest_of(plain)}").headers["content-type"] == type_


def test_another_content_than_the_digest_ends_the_upload(device: SyncDevice) -> None:
    plain, other = picture(13), picture(14)
    where = begin(device, other, **{"upload-metadata": metadata(digest=digest_of(plain), type="image/jpeg")})
    location = where.headers["location"]
    assert refused(add(device, location, 0, other)) == (422, "file-digest-mismatch")
    assert known(device, digest_of(plain), digest_of(other)) == []


def test_a_polyglot_is_an_attachment_that_nothing_runs(device: SyncDevice) -> None:
    plain = picture(15) + b"<script>alert(1)</script>" + zipped()
    assert upload(device, plain).status_code == 204
    reply = call(device, "GET", f"{UPLOADS}/{digest_of(plain)}")
    assert reply.content == plain
    wanted = {
        "content-type": "image/jpeg",
        "content-disposition": f'attachment; filename="{digest_of(plain)[:16]}.jpg"',
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
    }
    assert {name: reply.headers[name] for name in wanted} == wanted


def test_an_upload_is_its_devices_alone(village: TinyVillage, device: SyncDevice) -> None:
    plain = picture(16)
    where, other = where_of(device, plain), enrolled(village, "li")
    assert call(other, "HEAD", where).status_code == 404
    assert refused(add(other, where, 0, plain)) == (404, "not-found")
    assert refused(call(other, "DELETE", where)) == (404, "not-found")
    assert offset(device, where) == 0
    anonymous = village.client.patch(
        where, headers={"tus-resumable": "1.0.0", "content-type": OCTETS, "upload-offset": "0"}
    )
    assert refused(anonymous) == (401, "bad-token")


def test_an_upload_that_was_given_up_is_gone(village: TinyVillage, device: SyncDevice) -> None:
    plain = picture(17)
    where = where_of(device, plain)
    assert add(device, where, 0, plain[:500]).status_code == 204
    assert call(device, "DELETE", where).status_code == 204
    assert call(device, "HEAD", where).status_code == 410
    assert where.rpartition("/")[2] not in in_uploads(village)


def test_a_finished_upload_is_still_told_as_finished(device: SyncDevice) -> None:
    plain = picture(18)
    where = where_of(device, plain)
    assert add(device, where, 0, plain).status_code == 204
    head = call(device, "HEAD", where).headers
    assert head["upload-offset"] == head["upload-length"] == str(len(plain))
    assert add(device, where, len(plain), b"").status_code == 204


def test_many_open_uploads_end_the_oldest(village: TinyVillage) -> None:
    device = enrolled(village, "lead")
    wheres = []
    for number in range(7):
        village.later(1)
        wheres.append(where_of(device, picture(100 + number)))
    states = [call(device, "HEAD", where).status_code for where in wheres]
    assert states == [410, 410, 410, 200, 200, 200, 200]
    again = where_of(device, picture(106))
    assert call(device, "HEAD", wheres[6]).status_code == 410  # the same file begun anew
    assert call(device, "HEAD", wheres[3]).status_code == call(device, "HEAD", again).status_code == 200


def test_an_upload_expires(tmp_path: Path) -> None:
    with tiny_village(tmp_path / "data", upload_hours=2) as village:
        device = enrolled(village, "wang")
        plain = picture(19)
        reply = begin(device, plain)
        where = reply.headers["location"]
        assert reply.headers["upload-expires"] == "Mon, 23 Nov 2026 10:00:00 GMT"
        village.later(HOUR_MS)
        assert add(device, where, 0, plain[:99]).headers["upload-expires"] == "Mon, 23 Nov 2026 11:00:00 GMT"
        village.later(2 * HOUR_MS)
        assert call(device, "HEAD", where).status_code == 410
        assert refused(add(device, where, 99, plain[99:])) == (410, "upload-gone")


def test_the_cut_bytes_of_an_upload_are_told_as_gone(village: TinyVillage, device: SyncDevice) -> None:
    plain = picture(20)
    where = where_of(device, plain)
    add(device, where, 0, plain[:900])
    (village.settings.data / "uploads" / where.rpartition("/")[2]).write_bytes(b"")
    assert refused(add(device, where, 900, plain[900:])) == (410, "upload-gone")


def test_known_takes_digests_only(device: SyncDevice) -> None:
    for body in ({"digests": ["../x"]}, {"digests": ["0" * 64] * 501}, {"digests": "x"}, {}):
        reply = call(device, "POST", f"{UPLOADS}/known", json=body)
        assert (reply.status_code, reply.json()["type"]) == (400, "unreadable-body")
    assert known(device) == []
