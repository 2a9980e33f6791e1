"""Records tell which of their files have arrived; other devices learn it by pulling, and nothing else changes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.files.sweep import Swept, sweep
from server.files.uploads import Uploads
from sync.files import files_named
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.pictures import begin, call, digest_of, known, picture, upload
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import (
    DAY_MS,
    GRID_1,
    GRID_2,
    NEXT_GRID,
    NEXT_VILLAGE,
    VILLAGE,
    faults_of,
    household_id,
)

PICTURES = [picture(200 + number) for number in range(5)]
DIGESTS = [digest_of(plain) for plain in PICTURES]


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with desk_village(tmp_path) as village:
        yield village


def uploads_of(village: DeskVillage) -> Uploads:
    """What takes files in, as the application has it."""
    provided = village.app.dependencies["uploads"]
    found: Uploads = provided.dependency()  # type: ignore[union-attr]
    return found


def visit(village: DeskVillage, device: SyncDevice, **fields: object) -> str:
    """A visit with files, captured on a phone; its id."""
    village.later()
    values = {
        "worker": device.worker["id"],
        "grid": GRID_1,
        "household": household_id(GRID_1, 0),
        "outcome": "met",
        "started_at": village.moment(),
    }
    return device.create("visit", **(values | fields)).record


def test_files_are_named_by_digests_sets_and_answers() -> None:
    one, two, three, four = DIGESTS[:4]
    values = {
        "files": [one],
        "entrusted_with": two,
        "answers/photos": [three],
        "answers/r/x/photo": [four, "short"],
    }
    assert files_named("case", values) == {one, two, three, four}
    assert files_named("visit", {"photos": {"add": [one], "remove": [two]}, "signature": three}) == {
        one,
        three,
    }
    assert files_named("case", {"answers/code": one, "note": two, "result": three, "files": None}) == set()
    assert files_named("case", {"files": "x", "entrusted_with": 5, "answers/a": {"add": 3}}) == set()
    assert files_named("household", {"note": one}) == files_named("unknown", {"files": [one]}) == set()
    offered = {"standing": [one], "offered": [{"value": [two]}, {"value": None}], "choice": {"value": three}}
    assert files_named("conflict", offered) == {one, two, three}


def test_other_devices_see_how_many_of_a_records_files_are_there(village: DeskVillage) -> None:
    wang, other = village.phone("wang"), village.phone("wang")
    record = visit(village, wang, photos=DIGESTS[:4], signature=DIGESTS[4])
    wang.sync()
    other.sync()
    assert other.copy[record].record.arrived == []
    for count in (1, 2, 3):
        assert upload(wang, PICTURES[count]).status_code == 204
        other.sync()
        copied = other.copy[record]
        assert copied.record.arrived == sorted(DIGESTS[1 : count + 1])
        assert copied.record.revision == 1
        assert copied.version == village.records()[record][0]
    wang.sync()
    assert wang.see(record).arrived == sorted(DIGESTS[1:4])
    assert faults_of(village) == []


def test_a_file_may_come_before_its_record_and_is_kept_once_whoever_brings_it(village: DeskVillage) -> None:
    wang, li = village.phone("wang"), village.phone("li")
    assert upload(wang, PICTURES[0]).status_code == 204
    blob = village.settings.data / "files" / DIGESTS[0][:2] / DIGESTS[0]
    first = blob.read_bytes()
    assert PICTURES[0][:16] not in first
    assert upload(li, PICTURES[0]).status_code == 204
    assert blob.read_bytes() == first
    assert village.rows("SELECT count(*) FROM files") == [(1,)]
    assert village.rows("SELECT count(*) FROM file_givers") == [(2,)]
    record = visit(village, li, grid=GRID_2, household=household_id(GRID_2, 0), photos=[DIGESTS[0]])
    li.sync()
    assert village.record(record).arrived == [DIGESTS[0]]
    assert faults_of(village) == []


def test_a_damaged_file_is_mended_by_bringing_it_again(village: DeskVillage) -> None:
    wang = village.phone("wang")
    upload(wang, PICTURES[0])
    blob = village.settings.data / "files" / DIGESTS[0][:2] / DIGESTS[0]
    blob.unlink()
    assert known(wang, DIGESTS[0]) == []
    assert call(wang, "GET", f"/sync/v1/files/{DIGESTS[0]}").status_code == 404
    assert upload(wang, PICTURES[0]).status_code == 204
    blob.write_bytes(blob.read_bytes()[:-1] + b"x")
    assert upload(wang, PICTURES[0]).status_code == 204
    assert call(wang, "GET", f"/sync/v1/files/{DIGESTS[0]}").content == PICTURES[0]


def test_names_follow_what_is_added_removed_and_moved(village: DeskVillage) -> None:
    wang = village.phone("wang")
    upload(wang, PICTURES[0])
    upload(wang, PICTURES[1])
    case = village.capture_case(wang, files=[DIGESTS[0]], entrusted_with=DIGESTS[2])
    wang.sync()
    village.later()
    wang.change(case, files={"add": [DIGESTS[1]], "remove": [DIGESTS[0]]})
    wang.sync()
    assert village.record(case).arrived == [DIGESTS[1]]
    standing = "SELECT village, record, standing FROM file_names WHERE digest = ?"
    assert village.rows(standing, DIGESTS[0]) == [(VILLAGE, case, 0)]
    village.later()
    wang.change(household_id(GRID_1, 0), grid=NEXT_GRID, village=NEXT_VILLAGE)
    assert wang.push()[0]["outcome"] == "applied"
    assert village.record(case).village == NEXT_VILLAGE
    upload(wang, PICTURES[2])
    assert village.record(case).arrived == sorted(DIGESTS[1:3])
    assert village.rows(standing, DIGESTS[1]) == [(NEXT_VILLAGE, case, 1)]
    assert faults_of(village) == []


def test_a_file_that_is_only_offered_in_a_conflict_is_named_by_it(village: DeskVillage) -> None:
    wang, other = village.phone("wang"), village.phone("wang")
    case = village.capture_case(wang, entrusted_with=DIGESTS[0])
    wang.sync()
    other.sync()
    for device, digest in ((wang, DIGESTS[1]), (other, DIGESTS[2])):
        village.later()
        device.change(case, entrusted_with=digest)
        device.push()
    (conflict,) = village.record(case).conflicts
    assert village.record(case).values["entrusted_with"] == DIGESTS[1]
    assert upload(other, PICTURES[2]).status_code == 204
    assert village.record(conflict).arrived == [DIGESTS[2]]
    assert village.record(case).arrived == []
    path = f"/api/v1/files/{DIGESTS[2]}"
    assert [village.call(who, "GET", path).status_code for who in ("wang", "lead", "li")] == [200, 200, 404]
    assert faults_of(village) == []


def test_an_old_phones_record_without_files_is_as_before(village: DeskVillage) -> None:
    wang = village.phone("wang")
    record = visit(village, wang)
    wang.sync()
    stored = village.record(record)
    assert stored.arrived == []
    assert village.rows("SELECT * FROM file_names") == []


def test_a_file_named_by_an_operation_that_was_rejected_is_kept(village: DeskVillage) -> None:
    wang = village.phone("wang")
    upload(wang, PICTURES[0])
    upload(wang, PICTURES[1])
    wang.create("visit", photos=[DIGESTS[0]], outcome="nonsense")
    wang.push()
    village.later(91 * DAY_MS)
    swept = sweep(uploads_of(village).files)
    assert (swept.files, swept.uploads) == (1, 2)
    assert known(wang, *DIGESTS) == [DIGESTS[0]]
    assert not (village.settings.data / "files" / DIGESTS[1][:2] / DIGESTS[1]).exists()


def test_a_file_that_nothing_names_is_kept_ninety_days_from_when_it_was_last_brought(
    village: DeskVillage,
) -> None:
    wang = village.phone("wang")
    upload(wang, PICTURES[0])
    village.later(89 * DAY_MS)
    files = uploads_of(village).files
    assert sweep(files).files == 0
    upload(wang, PICTURES[0])
    village.later(89 * DAY_MS)
    assert sweep(files).files == 0
    village.later(2 * DAY_MS)
    assert sweep(files).files == 1
    record = visit(village, wang, photos=[DIGESTS[0]])
    wang.sync()
    assert village.record(record).arrived == []
    assert upload(wang, PICTURES[0]).status_code == 204
    assert village.record(record).arrived == [DIGESTS[0]]
    assert faults_of(village) == []


def test_the_sweep_takes_what_is_over_and_what_a_crash_left(village: DeskVillage) -> None:
    wang = village.phone("wang")
    upload(wang, PICTURES[0])
    under_way = begin(wang, PICTURES[1]).headers["location"].rpartition("/")[2]
    data = village.settings.data
    left = [data / "files" / "ab" / ("ab" + "0" * 62), data / "files" / DIGESTS[0][:2] / f"{DIGESTS[0]}.new"]
    left += [data / "uploads" / "01930000-0000-7000-8000-000000000000"]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"left behind")
    for path in (*left, data / "files" / DIGESTS[0][:2] / DIGESTS[0], data / "uploads" / under_way):
        os.utime(path, (village.now_ms / 1000 - 90_000,) * 2)
    assert sweep(uploads_of(village).files) == Swept(0, 0, 3)
    assert not any(path.exists() for path in left)
    assert known(wang, DIGESTS[0]) == [DIGESTS[0]]
    assert (data / "uploads" / under_way).exists()
    village.later(8 * DAY_MS)
    os.utime(data / "uploads" / under_way, (village.now_ms / 1000 - 90_000,) * 2)
    assert sweep(uploads_of(village).files) == Swept(2, 0, 1)
    assert not (data / "uploads" / under_way).exists()


def test_check_finds_what_is_wrong_with_files(village: DeskVillage) -> None:
    wang = village.phone("wang")
    visit(village, wang, photos=DIGESTS[:3])
    wang.sync()
    for plain in PICTURES[:3]:
        upload(wang, plain)
    assert faults_of(village) == []
    missing, altered = (village.settings.data / "files" / digest[:2] / digest for digest in DIGESTS[:2])
    missing.unlink()
    altered.write_bytes(altered.read_bytes()[:-1])
    village.store.write_now(lambda db: db.execute("DELETE FROM file_names WHERE digest = ?", (DIGESTS[2],)))
    village.store.write_now(lambda db: db.execute("DELETE FROM files WHERE digest = ?", (DIGESTS[2],)))
    found = [(fault.code, fault.where) for fault in faults_of(village, replayed=False)]
    assert {("file-missing", DIGESTS[0]), ("file-altered", DIGESTS[1])} < set(found)
    assert {code for code, _ in found} == {"file-missing", "file-altered", "file-name", "arrived"}
