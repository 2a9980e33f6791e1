"""A full disk, two devices at once, and a line that hangs, in a real process."""

from __future__ import annotations

import resource
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from grid_map.days import count_day
from server.clock import unix_ms
from tests.server.pictures import OCTETS, UPLOADS, add, begin, call, digest_of, known, picture
from tests.server.served_village import ServedVillage, served_village
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import founded_folder, small_catalogue


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedVillage]:
    with served_village(founded_folder(tmp_path_factory.mktemp("disk") / "data")) as served:
        yield served


def enrolled(client: httpx.Client, username: str) -> SyncDevice:
    device = SyncDevice(client, username, unix_ms, small_catalogue(count_day(unix_ms())))
    device.enrol()
    return device


def limit_files(served: ServedVillage, bytes_max: int) -> None:
    """No file of the server's grows beyond this: every write beyond it fails as on a full disk."""
    resource.prlimit(served.pid, resource.RLIMIT_FSIZE, (bytes_max, resource.RLIM_INFINITY))


def test_a_full_disk_is_told_and_what_is_there_stays(served: ServedVillage) -> None:
    device = enrolled(served.client, "wang")
    plain = picture(400, 2600)
    room = max(path.stat().st_size for path in served.folder.glob("allpost.db*")) + 600_000
    assert len(plain) > room + 600_000
    where = begin(device, plain).headers["location"]
    limit_files(served, room)
    try:
        reply = add(device, where, 0, plain)
        assert (reply.status_code, reply.json()["type"]) == (507, "store-full")
        offset = int(call(device, "HEAD", where).headers["upload-offset"])
        assert 0 < offset < room
        assert add(device, where, offset, plain[offset:]).status_code == 507
        assert int(call(device, "HEAD", where).headers["upload-offset"]) == offset
        device.status()  # records go on
    finally:
        limit_files(served, resource.RLIM_INFINITY)
    assert add(device, where, offset, plain[offset:]).status_code == 204
    assert known(device, digest_of(plain)) == [digest_of(plain)]
    assert call(device, "GET", f"{UPLOADS}/{digest_of(plain)}").content == plain


def test_a_disk_that_is_full_only_for_the_whole_file_keeps_the_upload_open(served: ServedVillage) -> None:
    device = enrolled(served.client, "wang")
    plain = picture(401, 2600)
    room = max(path.stat().st_size for path in served.folder.glob("allpost.db*")) + 600_000
    where = begin(device, plain).headers["location"]
    last = len(plain) - 1000
    assert add(device, where, 0, plain[:last]).status_code == 204
    limit_files(served, room)
    try:
        assert add(device, where, last, plain[last:]).status_code == 507
        assert int(call(device, "HEAD", where).headers["upload-offset"]) == last
        assert known(device, digest_of(plain)) == []
    finally:
        limit_files(served, resource.RLIM_INFINITY)
    assert add(device, where, last, plain[last:]).status_code == 204
    assert known(device, digest_of(plain)) == [digest_of(plain)]


def test_two_devices_that_finish_the_same_file_at_once_both_succeed(served: ServedVillage) -> None:
    plain = picture(402, 800)
    replies: dict[str, httpx.Response] = {}
    start = threading.Barrier(2)

    def finish(username: str) -> None:
        with httpx.Client(base_url=served.client.base_url, timeout=30) as client:
            device = enrolled(client, username)
            where = begin(device, plain).headers["location"]
            add(device, where, 0, plain[:-10])
            start.wait()
            replies[username] = add(device, where, len(plain) - 10, plain[-10:])

    threads = [threading.Thread(target=finish, args=(who,)) for who in ("wang", "li")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {who: reply.status_code for who, reply in replies.items()} == {"wang": 204, "li": 204}
    digest = digest_of(plain)
    assert [path.name for path in (served.folder / "files" / digest[:2]).iterdir()] == [digest]
    assert list((served.folder / "uploads").iterdir()) == []


def test_a_call_that_hangs_makes_way_and_keeps_its_bytes(served: ServedVillage) -> None:
    device = enrolled(served.client, "wang")
    plain = picture(403, 400)
    where = begin(device, plain).headers["location"]
    with socket.create_connection(("127.0.0.1", served.port)) as hanging:
        head = (
            f"PATCH {where} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {device.token}\r\nTus-Resumable: 1.0.0\r\n"
            f"Content-Type: {OCTETS}\r\nUpload-Offset: 0\r\nContent-Length: {len(plain)}\r\n\r\n"
        )
        hanging.sendall(head.encode() + plain[:50_000])
        offset = 0
        while offset == 0:  # until the first call has read what was sent
            offset = int(call(device, "HEAD", where).headers["upload-offset"])
        assert offset <= 50_000
        assert add(device, where, offset, plain[offset:]).status_code == 204
    assert known(device, digest_of(plain)) == [digest_of(plain)]


def test_bytes_at_rest_are_sealed(served: ServedVillage, tmp_path: Path) -> None:
    device = enrolled(served.client, "wang")
    plain = picture(404, 300)
    where = begin(device, plain).headers["location"]
    add(device, where, 0, plain[:60_000])
    (under_way,) = (served.folder / "uploads").iterdir()
    assert plain[100:140] not in under_way.read_bytes()
    add(device, where, 60_000, plain[60_000:])
    digest = digest_of(plain)
    assert plain[100:140] not in (served.folder / "files" / digest[:2] / digest).read_bytes()
