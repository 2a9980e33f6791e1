"""Photos: small and bare, sealed, uploaded from where a break left off, kept until the server has had them for long."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from PIL import Image

from field_client import files as device_files
from field_client import upload
from field_client.errors import Mistyped
from field_client.files import Files
from tests.field_client.field_world import Phone
from tests.server.sync_village import DAY_MS, GRID_1, TinyVillage, household_id

Make = Callable[..., Phone]
HOME = household_id(GRID_1, 0)
VARIANTS = pytest.mark.parametrize("whole", [True, False], ids=["sqlcipher", "sealed"])


def picture(path: Path, side: int = 2400, seed: int = 1) -> Path:
    """A noisy photo with a place and a name in its EXIF."""
    noise = hashlib.shake_256(str(seed).encode()).digest(120 * 90 * 3)
    image = Image.frombytes("RGB", (120, 90), noise).resize((side, side * 3 // 4))
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "shen jin yang", 6
    exif.get_ifd(0x8825)[1] = "N"
    image.save(path, "JPEG", exif=exif, quality=95)
    return path


def test_a_photo_is_scaled_and_carries_nothing_but_its_pixels(tmp_path: Path) -> None:
    bare = device_files.bare_picture(picture(tmp_path / "photo.jpg"))
    with Image.open(io.BytesIO(bare)) as image:
        assert image.size == (1200, 1600) and not image.getexif() and "exif" not in image.info
    assert b"shen jin yang" not in bare
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(Mistyped):
        device_files.bare_picture(tmp_path / "text.jpg")


@VARIANTS
def test_a_visits_photo_arrives_after_it_once_and_is_kept_for_thirty_days(
    village: TinyVillage, phone: Make, tmp_path: Path, whole: bool
) -> None:
    wang = phone(whole=whole).enrol()
    photo = picture(tmp_path / "photo.jpg")
    digest = wang.device.attach(photo)
    assert wang.device.attach(photo) == digest
    visit = wang.device.visits.record(HOME, {"outcome": "met", "photos": [digest]})
    content = Files(wang.device.store).content(digest)
    assert content is not None and hashlib.sha256(content).hexdigest() == digest
    wang.device.store.connection.settle()
    assert content[2000:2100] not in wang.path.read_bytes() + wang.path.with_name("wang.db.head").read_bytes()
    report = wang.device.sync()
    assert (report.files_uploaded, report.files_refused) == (1, [])
    assert wang.network.calls.index("/push") < wang.network.calls.index("/files")
    assert wang.device.sync().files_uploaded == 0
    shown = wang.device.shown.get(visit.record)
    assert (shown is not None and shown.arrived == (digest,)) or list(shown.arrived or ()) == [digest]
    (row,) = village.rows("SELECT count(*) FROM files WHERE digest = ?", digest)
    assert row == (1,)
    village.later(29 * DAY_MS)
    wang.device.sync()
    assert [one.digest for one in Files(wang.device.store).all()] == [digest]
    village.later(2 * DAY_MS)
    wang.device.sync()
    assert (
        Files(wang.device.store).all() == [] and wang.device.store.head.sealed_at(f"files:{digest}") is None
    )


def test_an_upload_broken_at_each_chunk_goes_on_from_there(
    phone: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "CHUNK_BYTES", 64 * 1024)
    wang = phone().enrol()
    digest = wang.device.attach(picture(tmp_path / "photo.jpg"))
    size = Files(wang.device.store).all()[0].bytes
    chunks = -(-size // (64 * 1024))
    assert chunks > 2
    sent: list[int] = []

    def breaks(request: httpx.Request) -> None:
        if request.method == "PATCH":
            sent.append(int(request.headers["Upload-Offset"]))
            if len(sent) > 1 and len(sent) % 2 == 0:
                raise httpx.ReadError("the line broke", request=request)

    wang.network.fault = breaks
    for _ in range(chunks * 2):
        try:
            report = wang.restart().sync()
        except Exception:  # the line broke as often as it is tried
            continue
        if report.files_uploaded:
            break
    assert Files(wang.device.store).all()[0].durable_ms is not None and digest
    assert sorted(set(sent)) == [64 * 1024 * number for number in range(chunks)]


def test_a_file_that_the_server_lost_goes_up_again(village: TinyVillage, phone: Make, tmp_path: Path) -> None:
    wang = phone().enrol()
    wang.device.attach(picture(tmp_path / "photo.jpg"))
    wang.device.sync()
    village.store.write_now(lambda db: db.execute("DELETE FROM files"))
    for kept in (village.settings.data / "files").rglob("*"):
        if kept.is_file():
            kept.unlink()
    assert wang.device.sync().files_uploaded == 1


@VARIANTS
def test_a_locked_out_device_hands_its_photo_over_too(phone: Make, tmp_path: Path, whole: bool) -> None:
    from tests.field_client.test_field_lost import closed, lock_out

    wang = phone(whole=whole).enrol()
    digest = wang.device.attach(picture(tmp_path / "photo.jpg"))
    wang.device.visits.record(HOME, {"outcome": "met", "photos": [digest]})
    lock_out(wang)
    with closed(wang) as shut:
        reply = shut.hand_over()
        assert reply is not None and (reply.files_new, reply.unreadable) == (1, 0)
        assert shut.hand_over().files_known == 1  # type: ignore[union-attr]
