"""A resident is erased: from records, operations, feeds, segments and the database file; chains and figures stay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import zstandard

from server.store.batches import every
from tests.server.erasing_village import (
    HOUSEHOLD,
    NAME,
    OTHER,
    PHONE,
    RESIDENT,
    STORY,
    case_about,
    erased,
    phone_of,
    tell_all,
    visit_at,
)
from tests.server.sync_device import Refused
from tests.server.sync_village import (
    GRID_1,
    NUMBER,
    TinyVillage,
    faults_of,
    tiny_village,
)

TALLIES = "SELECT * FROM tallies WHERE count <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path) as village:
        yield village


def everything_readable(village: TinyVillage) -> bytes:
    """All that the keys open: records, batches, segments; and every text in the database."""
    found = [msgspec.json.encode(msgspec.to_builtins(record)) for _, record in village.records().values()]
    for where, device in village.rows("SELECT DISTINCT village, device FROM batches"):
        stored = village.store.read_now(
            lambda db, where=where, device=device: every(db, village.keys, where, device)
        )
        found += [batch.body for batch in stored]
        found += [msgspec.json.encode(batch.outcomes) for batch in stored]
    for digest, body in village.rows("SELECT digest, body FROM segments"):
        plain = village.keys.decrypt_blob(body, digest.encode())
        with zstandard.ZstdDecompressor().stream_reader(plain) as reader:
            found.append(reader.read())
    for (table,) in village.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        found.append(repr(village.rows(f"SELECT * FROM {table}")).encode())
    return b"\n".join(found)


def raw_files(village: TinyVillage) -> bytes:
    """The database and its log as they lie on the disk."""
    path = village.settings.database_path
    log = path.with_name(path.name + "-wal")
    return path.read_bytes() + (log.read_bytes() if log.exists() else b"")


def blobs_about(village: TinyVillage, *records: str) -> list[bytes]:
    """The encrypted bodies of records, and of every batch in which they stand."""
    found = [
        body
        for record in records
        for (body,) in village.rows("SELECT body FROM records WHERE id = ?", record)
    ]
    for device, first, body in village.rows("SELECT device, first, body FROM batches"):
        plain = village.keys.decrypt_blob(body, f"{device}:{first}".encode())
        if any(record.encode() in plain for record in records):
            found.append(body)
    return found


def test_nothing_that_names_the_person_is_left_anywhere(village: TinyVillage) -> None:
    wang = phone_of(village, "wang")
    known = tell_all(wang, village)
    words = [NAME, PHONE, NUMBER, STORY]
    assert all(word.encode() in everything_readable(village) for word in words)
    blobs = blobs_about(village, RESIDENT, known.double, known.case, known.walk_in, known.task, known.reading)
    assert len(blobs) >= 8
    before, tallies = raw_files(village), village.rows(TALLIES)
    assert any(blob in before for blob in blobs)

    done = erased(village, visits=(known.note_visit,))
    assert (done.records, done.visits, done.cleaned, done.again) == (6, 1, 2, False)

    left = everything_readable(village)
    for word in words:
        assert word.encode() not in left, word
    after = raw_files(village)
    assert not [blob for blob in blobs if blob[5:80] in after]
    records = village.records()
    gone = {RESIDENT, known.double, known.case, known.walk_in, known.task, known.reading, known.rejected}
    assert not gone & records.keys()
    assert records[known.visit][1].values["met"] == [OTHER]
    assert records[known.visit][1].values["cases"] == []
    assert records[known.other_case][1].values["linked_cases"] == []
    assert set(records[known.note_visit][1].values) == {
        "round", "worker", "grid", "household", "outcome", "visit_class", "started_at",
    }  # fmt: skip
    assert village.rows(TALLIES) == tallies
    assert faults_of(village) == []


def test_the_chain_still_proves_order_by_counter_id_and_digest(village: TinyVillage) -> None:
    wang = phone_of(village, "wang")
    tell_all(wang, village)
    device = wang.device
    before = village.store.read_now(lambda db: every(db, village.keys, "330481106222", device))
    digests = {one.counter: one.digest for batch in before for one in batch.operations()}
    erased(village)
    after = village.store.read_now(lambda db: every(db, village.keys, "330481106222", device))
    operations = [one for batch in after for one in batch.operations()]
    assert {one.counter: one.digest for one in operations} == digests
    left = [one for one in operations if one.erased_id is not None]
    assert len(left) >= 8
    for one in left:
        assert re.fullmatch(
            rb'\{"counter":%d,"id":"[0-9a-f-]{36}","digest":"[0-9a-f]{64}","erased":true\}' % one.counter,
            one.exact,
        )


def test_devices_drop_it_and_one_that_enrols_afterwards_never_sees_it(village: TinyVillage) -> None:
    wang = phone_of(village, "wang")
    known = tell_all(wang, village)
    lead = phone_of(village, "lead")
    assert known.case in wang.copy and RESIDENT in wang.copy
    cursor = wang.cursors["330481106222"]
    erased(village)
    page = wang.call(
        "GET", "/changes", params={"village": "330481106222", "after": cursor, "limit": 1000}
    ).json()
    told = {entry["id"] for entry in page["records"] if entry.get("gone")}
    assert told >= {RESIDENT, known.double, known.case, known.task, known.reading, known.walk_in}
    assert all(entry["erased"] is True for entry in page["records"] if entry["id"] in told)
    wang.sync()
    lead.sync()
    fresh = phone_of(village, "wang")
    for device in (wang, fresh, lead):
        held = msgspec.json.encode([copied.record for copied in device.copy.values()])
        assert RESIDENT.encode() not in held.replace(b"", b"") or device is lead
        assert not {RESIDENT, known.case, known.task} & device.copy.keys()
    outcomes = {entry["counter"]: entry for entry in wang.outcomes.values()}
    codes = [
        problem["code"]
        for entry in outcomes.values()
        for problem in (*entry.get("problems", ()), *entry.get("remarks", ()))
    ]
    assert codes.count("erased") >= 8


def test_a_repeat_answers_as_before_and_stores_nothing(village: TinyVillage) -> None:
    wang = phone_of(village, "wang")
    known = tell_all(wang, village)
    told = {counter: entry["outcome"] for counter, entry in wang.outcomes.items()}
    erased(village, visits=(known.note_visit,))
    batches = village.rows("SELECT device, first, body FROM batches")
    reply = wang.push_body(wang.captured)
    assert {entry["counter"]: entry["outcome"] for entry in reply["outcomes"]} == told
    assert village.rows("SELECT device, first, body FROM batches") == batches
    with pytest.raises(Refused, match="history-forked"):
        wang.push_body([wang.captured[0].replace(NAME.encode(), "沈钱江".encode())])
    assert NAME.encode() not in everything_readable(village)


def test_what_an_offline_phone_still_says_is_taken_without_its_bytes(village: TinyVillage) -> None:
    wang, li = phone_of(village, "wang"), phone_of(village, "li")
    known = tell_all(wang, village)
    li.pull_all()
    offline = phone_of(village, "wang")
    offline.change(RESIDENT, note=f"{NAME}又来过")
    offline.change(known.case, note=f"{NAME}补材料")
    fresh = case_about(offline, village, RESIDENT)
    follow_up = offline.change(fresh, note=f"{NAME}再来").record
    met = visit_at(offline, village, [RESIDENT, OTHER])
    offline.change(known.note_visit, note=f"还是{NAME}")
    offline.change(HOUSEHOLD, phone="13800000000")
    erased(village, visits=(known.note_visit,))
    outcomes = offline.push()
    codes = [(entry["outcome"], [p["code"] for p in entry.get("problems", ())]) for entry in outcomes]
    refused = ("rejected", ["erased"])
    assert codes == [refused] * 4 + [("applied", [])] * 2 + [refused, ("applied", [])]
    assert follow_up not in village.records() and fresh not in village.records()
    assert village.record(met).values["met"] == [OTHER]
    assert village.rows("SELECT count(*) FROM unsettled") == [(0,)]
    assert NAME.encode() not in everything_readable(village)
    offline.pull_all()
    assert faults_of(village) == []
    assert [entry["outcome"] for entry in offline.push_body(offline.captured)["outcomes"]] == [
        entry["outcome"] for entry in outcomes
    ]


def test_a_phone_that_enrols_anew_and_offers_everything_brings_nothing_back(village: TinyVillage) -> None:
    wang = phone_of(village, "wang")
    known = tell_all(wang, village)
    erased(village, visits=(known.note_visit,))
    records = {identifier: record for identifier, (_, record) in village.records().items()}
    wang.enrol_anew()
    outcomes = wang.push()
    assert {entry["outcome"] for entry in outcomes} <= {"applied", "rejected"}
    assert NAME.encode() not in everything_readable(village)
    assert {identifier: record for identifier, (_, record) in village.records().items()} == records
    assert faults_of(village) == []


def test_a_second_erasure_changes_nothing(village: TinyVillage) -> None:
    wang = phone_of(village, "wang")
    known = tell_all(wang, village)
    erased(village)
    dump = {
        table: village.rows(f"SELECT * FROM {table}")
        for (table,) in village.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    assert erased(village).again
    assert erased(village, resident=known.double).again, "the merged double is the same person"
    assert dump == {table: village.rows(f"SELECT * FROM {table}") for table in dump}


def test_erasing_the_double_erases_the_survivor_too(village: TinyVillage) -> None:
    known = tell_all(phone_of(village, "wang"), village)
    erased(village, resident=known.double)
    assert RESIDENT not in village.records()
    assert faults_of(village) == []


def test_the_household_and_what_is_due_there_stay(village: TinyVillage) -> None:
    tell_all(phone_of(village, "wang"), village)
    due = village.rows("SELECT * FROM households_due ORDER BY household")
    days = village.rows("SELECT * FROM counted_days")
    erased(village)
    assert village.rows("SELECT * FROM households_due ORDER BY household") == due
    assert village.rows("SELECT * FROM counted_days") == days and days
    assert village.record(HOUSEHOLD).grid == GRID_1 and OTHER in village.records()


def test_the_audit_says_that_it_was_done_and_nothing_of_whom(village: TinyVillage) -> None:
    tell_all(phone_of(village, "wang"), village)
    erased(village)
    [(subject, detail)] = village.rows("SELECT subject, detail FROM audit WHERE action = 'erasure.order'")
    assert subject == RESIDENT
    assert set(msgspec.json.decode(detail)) == {"reason", "records", "operations", "visits", "files", "by"}


def test_somebody_unknown_is_not_erased(village: TinyVillage) -> None:
    with pytest.raises(LookupError):
        erased(village, resident="0192f6c5-0000-7000-8000-000000000000")
    with pytest.raises(LookupError):
        erased(village, visits=(HOUSEHOLD,))
    assert village.rows("SELECT count(*) FROM erased_records") == [(0,)]
