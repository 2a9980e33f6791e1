"""The phone app's own client of tus, in Node, against a served village: a line that breaks, a server that is killed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grid_map.days import count_day
from server.clock import unix_ms
from tests.server.broken_line import broken_line
from tests.server.pictures import add, begin, call, digest_of, known, picture
from tests.server.served_village import ServedVillage, served_village
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import founded_folder, small_catalogue

SCRIPT = Path(__file__).with_name("tus_upload.mjs")
CHUNK = 64 * 1024
PATIENT = [50] * 100


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedVillage]:
    with served_village(founded_folder(tmp_path / "data")) as served:
        yield served


@pytest.fixture
def device(served: ServedVillage) -> SyncDevice:
    device = SyncDevice(served.client, "wang", unix_ms, small_catalogue(count_day(unix_ms())))
    device.enrol()
    return device


class TusClient:
    """A run of the client; its lines as they come."""

    def __init__(self, port: int, device: SyncDevice, file: Path, **more: Any) -> None:
        given = {
            "endpoint": f"http://127.0.0.1:{port}/sync/v1/files",
            "token": device.token,
            "file": str(file),
            "digest": digest_of(file.read_bytes()),
            "type": "image/jpeg",
            "chunk": CHUNK,
            "delays": PATIENT,
        }
        command = ["node", str(SCRIPT), json.dumps(given | more)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def lines(self) -> Iterator[tuple[str, str]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event, _, value = line.strip().partition(" ")
            yield event, value

    def until(self, event: str, least: int = 0) -> str:
        """The value of the next such event (an offset of at least `least`)."""
        for said, value in self.lines():
            assert said != "failed" or event == "failed", value
            if said == event and (not least or int(value) >= least):
                return value
        raise AssertionError(f"it never said {event}")

    def kill(self) -> None:
        self.process.kill()
        self.close()

    def close(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait(timeout=30)


def kept_file(tmp_path: Path, side: int = 900) -> Path:
    file = tmp_path / "photo.jpg"
    file.write_bytes(picture(side, side))
    return file


def fetched(device: SyncDevice, plain: bytes) -> bytes:
    return call(device, "GET", f"/sync/v1/files/{digest_of(plain)}").content


def test_an_upload_goes_on_after_the_line_broke_inside_a_piece(
    served: ServedVillage, device: SyncDevice, tmp_path: Path
) -> None:
    file = kept_file(tmp_path)
    with broken_line(served.port, [200_000, 90_000]) as line:
        client = TusClient(line.port, device, file)
        client.until("done")
        client.close()
        assert line.broken == 2
    assert known(device, digest_of(file.read_bytes())) == [digest_of(file.read_bytes())]
    assert fetched(device, file.read_bytes()) == file.read_bytes()


def test_what_came_of_a_broken_piece_stays(served: ServedVillage, device: SyncDevice, tmp_path: Path) -> None:
    file = kept_file(tmp_path)
    with broken_line(served.port, [40_000]) as line:
        client = TusClient(line.port, device, file, chunk=10_000_000, delays=[])
        url = client.until("url").replace(str(line.port), str(served.port))
        client.until("failed")
        client.close()
    offset = int(call(device, "HEAD", url).headers["upload-offset"])
    assert 20_000 < offset < 40_000


def test_an_upload_goes_on_after_server_and_app_were_killed(
    served: ServedVillage, device: SyncDevice, tmp_path: Path
) -> None:
    file = kept_file(tmp_path)
    with broken_line(served.port, [], pause_seconds=0.01) as line:
        client = TusClient(line.port, device, file)
        url = client.until("url").replace(str(line.port), str(served.port))
        client.until("offset", 2 * CHUNK)
        served.kill()
        served.start()
        client.until("offset", 5 * CHUNK)
        client.kill()
        served.kill()
    (upload,) = (served.folder / "uploads").iterdir()
    with upload.open("ab") as beyond:
        beyond.write(b"what a power cut left of a frame")
    served.start()
    again = TusClient(served.port, device, file, url=url)
    assert int(again.until("offset")) > 5 * CHUNK
    assert again.until("done") == url
    again.close()
    assert fetched(device, file.read_bytes()) == file.read_bytes()
    assert list((served.folder / "uploads").iterdir()) == []


def test_a_killed_server_has_every_piece_that_it_answered_for(
    served: ServedVillage, device: SyncDevice, tmp_path: Path
) -> None:
    plain = picture(7, 300)
    pieces = [plain[:40_000], plain[40_000:80_000], plain[80_000:]]

    where, offset = begin(device, plain).headers["location"], 0
    for piece in pieces:
        assert call(device, "HEAD", where).headers["upload-offset"] == str(offset)
        assert add(device, where, offset, piece).status_code == 204
        offset += len(piece)
        served.kill()
        served.start()
    assert call(device, "HEAD", where).headers["upload-offset"] == str(len(plain))
    assert known(device, digest_of(plain)) == [digest_of(plain)]


def test_a_file_that_is_no_picture_fails_for_good(
    served: ServedVillage, device: SyncDevice, tmp_path: Path
) -> None:
    file = tmp_path / "page.jpg"
    file.write_bytes(b"<html><script>alert(1)</script></html>")
    client = TusClient(served.port, device, file, delays=[10, 10])
    assert client.until("failed") == "422"
    client.close()
