"""A device against the real application: nothing lost, nothing doubled, what is shown is what the server holds."""

import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from field_client.capture import Draft
from field_client.cases import NewCase
from field_client.closed import ClosedDevice
from field_client.errors import CallRefused, ReadingLocked, Refused, Unreachable, Wiped
from tests.field_client.field_world import SERVER, Phone, values
from tests.server.sync_village import GRID_1, GRID_2, HOUR_MS, VILLAGE, TinyVillage, household_id, resident_id

Make = Callable[..., Phone]
HOME = household_id(GRID_1, 0)


def test_first_sync_follows_the_grid_and_nothing_of_a_colleagues(phone: Make) -> None:
    wang = phone().enrol()
    assert {one.grid for one in wang.device.households.search()} == {GRID_1}
    assert wang.device.shown.reference.catalogue.item("permit", 1) is not None
    assert wang.agrees()
    calls = len(wang.network.calls)
    report = wang.device.sync()
    assert (report.received, report.diverged) == (0, [])
    assert wang.network.calls[calls:] == ["/status", "/changes", "/changes"]


def test_captured_offline_then_handed_over_once_though_a_reply_is_lost(
    village: TinyVillage, phone: Make
) -> None:
    wang = phone().enrol()
    wang.network.down = True
    captured = wang.device.visits.record(HOME, {"outcome": "met", "note": "一切正常"})
    wang.device.households.change(HOME, {"phone": "13900000001", "tags": ["老人"]})
    with pytest.raises(Unreachable):
        wang.device.sync()
    assert wang.device.outbox.counts() == {"waiting": 3}
    assert values(wang, HOME)["phone"] == "13900000001"
    wang.network.down = False
    wang.network.lose_replies = ["/push", "/push"]
    report = wang.restart().sync()
    assert (report.pushed, report.counts) == (3, {"applied": 3})
    assert village.record(captured.record).values["note"] == "一切正常"
    assert village.record(HOME).revision == 2
    assert wang.agrees()


def test_nothing_blinks_out_between_push_and_pull(phone: Make) -> None:
    wang = phone().enrol()
    wang.device.households.change(HOME, {"note": "新情况"})

    def no_changes(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/changes"):
            raise httpx.ConnectError("out of coverage", request=request)
        return None

    wang.network.fault = no_changes
    with pytest.raises(Unreachable):
        wang.device.sync()
    assert wang.device.outbox.counts() == {"applied": 1}
    assert values(wang, HOME)["note"] == "新情况"
    assert wang.device.shown.copy.get(HOME).values.get("note") is None  # type: ignore[union-attr]
    wang.network.fault = None
    wang.device.sync()
    assert wang.agrees() and values(wang, HOME)["note"] == "新情况"


def test_two_workers_one_case_conflict_chosen_on_a_device(village: TinyVillage, phone: Make) -> None:
    wang, lead = phone("wang").enrol(), phone("lead").enrol()
    sheet = wang.device.cases.new(
        NewCase(item="permit", resident=resident_id(GRID_1, 0, 0), answers={"hospital": "人民医院"})
    )
    case = sheet.record.id
    assert sheet.receipt is not None and sheet.record.values["state"] == "entrusted"
    wang.device.sync()
    wang.device.cases.set_answers(case, {"hospital": "中医院"})
    other = phone("wang", "second").enrol()
    other.device.cases.set_answers(case, {"hospital": "妇幼保健院"})
    assert other.device.sync().counts == {"applied": 1}
    assert wang.device.sync().counts == {"applied": 1, "conflict": 1}
    (conflict,) = wang.device.settling.conflicts()
    choices = wang.device.settling.choices(conflict)
    assert [one.value for one in choices] == ["妇幼保健院", "中医院"]
    wang.device.settling.choose(conflict.id, choices[1].value, "已核对住院证")
    wang.device.sync()
    other.device.sync()
    assert village.record(case).values["answers/hospital"] == "中医院"
    assert wang.device.settling.conflicts() == [] == other.device.settling.conflicts()
    assert wang.agrees() and other.agrees()
    lead.device.sync()
    assert lead.agrees()


def test_a_batch_that_cannot_be_read_is_halved_and_the_one_that_spoils_it_goes_raw(
    village: TinyVillage, phone: Make
) -> None:
    wang = phone().enrol()
    for number in range(7):
        wang.device.households.change(HOME, {"note": f"第{number}次"})
    # a bug of an older program: an operation that no server can read, in the middle of the chain
    entry = wang.device.outbox.entries()[3]
    spoiled = entry.exact[:-1]
    _replace(wang, entry.counter, spoiled)
    report = wang.device.sync()
    assert report.pushed == 7
    # what came after it had seen a value that the server never got
    assert report.counts == {"applied": 5, "merged": 1, "rejected": 1}
    rejected = wang.device.outbox.entries("outcome = 'rejected'")[0]
    assert rejected.counter == 4 and rejected.detail is not None and rejected.detail.problems


def _replace(phone: Phone, counter: int, exact: bytes) -> None:
    """Put other bytes in the place of an operation, and chain what follows to them."""
    from field_client.outbox import rewritten
    from sync.chain import digest_of

    with phone.device.store.transaction() as connection:
        previous = digest_of(exact)
        connection.execute(
            "UPDATE outbox SET exact = ?, digest = ?, laid = 0 WHERE counter = ?", (exact, previous, counter)
        )
        for entry in phone.device.outbox.entries("counter > ?", (counter,)):
            after = rewritten(entry.exact, entry.counter, previous)
            previous = digest_of(after)
            connection.execute(
                "UPDATE outbox SET exact = ?, digest = ? WHERE counter = ?", (after, previous, entry.counter)
            )


def test_a_cloned_phone_enrols_anew_and_everything_arrives_once(village: TinyVillage, phone: Make) -> None:
    wang = phone().enrol()
    wang.device.households.change(HOME, {"note": "克隆之前"})
    wang.device.sync()
    wang.device.close()
    clone_path = wang.path.with_name("clone.db")
    for ending in ("", ".head", ".key"):
        Path(f"{clone_path}{ending}").write_bytes(Path(f"{wang.path}{ending}").read_bytes())
    wang.device = wang.opened()
    first = wang.device.visits.record(HOME, {"outcome": "met"})
    wang.device.sync()
    before = wang.device.identity.device
    clone = phone("wang", "clone")
    second = clone.device.visits.record(HOME, {"outcome": "not_home"})
    report = clone.device.sync()
    assert [one.continues for one in report.enrolled_anew] == [before]
    assert clone.device.identity.device != before
    visits = {identifier for identifier, (_, one) in village.records().items() if one.kind == "visit"}
    assert visits == {first.record, second.record}
    assert village.record(HOME).revision == 2
    assert report.counts == {"applied": len(clone.device.outbox.entries())}
    assert clone.agrees()


def test_a_server_back_from_a_backup_is_told_again_what_it_lost(village: TinyVillage, phone: Make) -> None:
    wang = phone().enrol()
    wang.device.households.change(HOME, {"note": "第一条"})
    wang.device.sync()
    backup = {row[0]: row for row in village.rows("SELECT id, acknowledged FROM devices")}
    assert backup
    wang.device.households.change(HOME, {"phone": "13900000009"})
    wang.device.sync()
    _lose_last_operation(village, wang)
    report = wang.device.sync()
    assert report.restored and report.pushed == 1 and report.counts == {"applied": 2}
    assert village.record(HOME).values["phone"] == "13900000009"
    assert wang.agrees()


def _lose_last_operation(village: TinyVillage, phone: Phone) -> None:
    """Another epoch, without the device's last operation, as a backup of an hour ago would have it."""
    import msgspec

    from server.store.bodies import sealed

    record = village.record(HOME)
    record.values.pop("phone")
    record.clocks.pop("phone")
    record.revision -= 1
    body = sealed(village.keys, record)
    digest = phone.device.outbox.entries()[0].digest
    device = phone.device.identity.device

    def lose(db: object) -> None:
        db.execute("UPDATE records SET body = ?, revision = ? WHERE id = ?", (body, record.revision, HOME))  # type: ignore[attr-defined]
        db.execute("UPDATE devices SET acknowledged = 1, digest = ? WHERE id = ?", (digest, device))  # type: ignore[attr-defined]
        db.execute("DELETE FROM batches WHERE device = ? AND first > 1", (device,))  # type: ignore[attr-defined]
        db.execute("DELETE FROM known_ids WHERE device = ? AND counter > 1", (device,))  # type: ignore[attr-defined]
        db.execute("DELETE FROM arrivals WHERE device = ? AND first > 1", (device,))  # type: ignore[attr-defined]
        db.execute("UPDATE meta SET value = 'restored' WHERE key = 'epoch'")  # type: ignore[attr-defined]

    village.store.write_now(lose)
    assert msgspec.json.encode(digest)


def test_a_copy_that_was_altered_is_noticed_told_and_put_right(phone: Make) -> None:
    wang = phone().enrol()
    other = household_id(GRID_1, 1)
    with wang.device.store.transaction() as connection:
        connection.execute("DELETE FROM copy WHERE id = ?", (HOME,))
        connection.execute("UPDATE copy SET version = version - 1 WHERE id = ?", (other,))
    report = wang.device.sync()
    (found,) = report.diverged
    assert (found.part, found.repaired, set(found.records)) == (GRID_1, True, {HOME, other})
    assert wang.agrees() and wang.device.sync().diverged == []


def test_the_same_part_is_fetched_again_only_once_a_day(phone: Make) -> None:
    wang = phone().enrol()
    for repaired in (True, False):
        with wang.device.store.transaction() as connection:
            connection.execute("DELETE FROM copy WHERE id = ?", (HOME,))
        (found,) = wang.device.sync().diverged
        assert found.repaired is repaired
    wang.village.later(24 * HOUR_MS)
    assert wang.device.sync().diverged[0].repaired


def test_a_grid_that_is_taken_away_leaves_and_the_work_done_there_still_counts(
    village: TinyVillage, phone: Make
) -> None:
    wang = phone().enrol()
    captured = wang.device.visits.record(HOME, {"outcome": "met"})
    lead = phone("lead").enrol()
    (assignment,) = [
        one.id
        for one in lead.device.shown.of_kind("assignment")
        if one.values["worker"] == village.workers["wang"]
    ]
    lead.device.change("assignment", assignment, {"to_day": "2026-11-22"})
    assert lead.device.sync().counts == {"applied": 1}
    report = wang.device.sync()
    assert report.counts == {"applied": 2}
    assert wang.device.households.search() == []
    assert village.record(captured.record).values["outcome"] == "met"
    assert wang.device.shown.get(captured.record) is not None
    assert wang.agrees()


def test_a_colleagues_case_and_then_the_colleagues_grid_come_and_go(
    village: TinyVillage, phone: Make
) -> None:
    li, lead, wang = phone("li").enrol(), phone("lead").enrol(), phone("wang").enrol()
    person = resident_id(GRID_2, 0, 0)
    case = li.device.cases.new(
        NewCase(item="permit", resident=person, answers={"hospital": "人民医院"})
    ).record
    li.device.cases.hand_over(case.id, village.workers["wang"], "外出培训")
    li.device.sync()
    assert wang.device.sync().diverged == []
    assert wang.device.shown.get(case.id) is not None and wang.device.shown.get(person) is not None
    assert wang.device.households.search() and wang.agrees()
    fields = {"worker": village.workers["wang"], "grid": GRID_2, "from_day": "2026-11-23", "cover": True}
    cover = lead.device.create("assignment", VILLAGE, fields).record
    lead.device.sync()
    assert wang.device.sync().diverged == []
    assert {one.grid for one in wang.device.households.search()} == {GRID_1, GRID_2} and wang.agrees()
    lead.device.void("assignment", cover, "培训结束")
    lead.device.sync()
    for _ in range(2):
        assert wang.device.sync().diverged == []
    assert {one.grid for one in wang.device.households.search()} <= {GRID_1, GRID_2}
    assert wang.device.shown.get(case.id) is not None and wang.device.shown.get(person) is not None
    assert wang.agrees()


def test_a_household_moved_to_another_grid_arrives_at_the_other_worker(
    village: TinyVillage, phone: Make
) -> None:
    lead, wang = phone("lead").enrol(), phone("wang").enrol()
    wang.device.households.change(HOME, {"grid": GRID_2})
    assert wang.device.shown.get(resident_id(GRID_1, 0, 0)).grid == GRID_2  # type: ignore[union-attr]
    wang.device.sync()
    assert HOME not in {one.id for one in wang.device.households.search()}
    li = phone("li").enrol()
    assert HOME in {one.id for one in li.device.households.search()}
    assert all(one.agrees() for one in (lead, wang, li))


def test_a_rejected_operation_is_shown_with_its_reasons_and_mended_once(
    village: TinyVillage, phone: Make
) -> None:
    wang = phone().enrol()
    with pytest.raises(Refused) as refused:
        wang.device.households.change(HOME, {"phone": "12"})
    assert refused.value.problems[0].code == "phone-form"
    assert wang.device.outbox.counts() == {}
    captured = wang.device.households.change(HOME, {"phone": "12"}, anyway=True)
    assert wang.device.sync().counts == {"rejected": 1}
    assert values(wang, HOME)["phone"] == "12"
    (entry,) = wang.device.settling.unsettled()
    assert entry.detail is not None and entry.detail.problems[0].code == "phone-form"
    mended = wang.device.settling.mend(captured.entry.id, {"phone": "13900000002"})
    assert mended.entry.operation.captured == captured.entry.operation.clock
    assert values(wang, HOME)["phone"] == "13900000002"
    assert wang.device.sync().counts == {"applied": 1}
    assert village.record(HOME).values["phone"] == "13900000002"
    assert wang.device.settling.unsettled() == [] and wang.agrees()


def test_a_revoked_device_hands_over_its_work_and_then_reads_nothing_more(
    village: TinyVillage, phone: Make
) -> None:
    wang = phone().enrol()
    wang.device.visits.record(HOME, {"outcome": "met"})
    device = wang.device.identity.device
    village.store.write_now(
        lambda db: db.execute("UPDATE devices SET revoked_ms = ? WHERE id = ?", (village.now_ms, device))
    )
    report = wang.device.sync()
    assert report.pushed == 2 and report.reading_ended is not None
    assert report.counts == {"held": 2}


def test_a_locked_device_still_captures(phone: Make) -> None:
    wang = phone().enrol()
    wang.device.store.head.put("orders", "lock")
    with pytest.raises(ReadingLocked):
        wang.device.households.search()
    assert wang.device.visits.record(HOME, {"outcome": "met"}).record
    assert wang.device.outbox.counts() == {"waiting": 2}


def test_out_of_touch_longer_than_the_lease_reading_locks_until_the_next_sync(phone: Make) -> None:
    wang = phone().enrol()
    wang.village.later(8 * 24 * HOUR_MS)
    with pytest.raises(ReadingLocked):
        wang.device.households.search()
    wang.device.visits.record(HOME, {"outcome": "met"})
    wang.device.sync()
    assert wang.device.households.search()


def test_a_first_sync_goes_on_where_it_broke(phone: Make) -> None:
    wang = phone()
    wang.device.enrol(SERVER, "wang", "correct horse battery")
    seen: list[str] = []

    def third_segment_fails(request: httpx.Request) -> httpx.Response | None:
        if "/segments/" in request.url.path:
            seen.append(request.url.path)
            if len(seen) == 2 or (len(seen) > 2 and len(seen) < 5):
                raise httpx.ConnectError("out of coverage", request=request)
        return None

    wang.network.fault = third_segment_fails
    with pytest.raises(Unreachable):
        wang.device.sync()
    stored = wang.device.store.rows("SELECT count(*) FROM copy")[0][0]
    wang.network.fault = None
    wang.network.calls.clear()
    wang.restart().sync()
    again = [call for call in wang.network.calls if call.startswith("/segments/")]
    assert seen[0].removeprefix("/sync/v1") not in again
    assert wang.agrees() and wang.device.store.rows("SELECT count(*) FROM copy")[0][0] > stored


def test_a_wrong_password_is_said_in_words(phone: Make) -> None:
    with pytest.raises(CallRefused) as refused:
        phone().device.enrol(SERVER, "wang", "wrong")
    assert refused.value.code == "wrong-password" and "密码" in refused.value.message


def test_a_lost_reply_to_an_enrolment_makes_one_device(village: TinyVillage, phone: Make) -> None:
    wang = phone()
    wang.network.lose_replies = ["/enrol"]
    wang.device.enrol(SERVER, "wang", "correct horse battery")
    assert len(village.rows("SELECT id FROM devices WHERE worker = ?", village.workers["wang"])) == 1
    wang.device.sync()
    assert wang.agrees()


def test_what_waits_for_another_record_is_held_and_told_when_it_was_applied(
    village: TinyVillage, phone: Make
) -> None:
    first, second = phone("wang", "first").enrol(), phone("wang", "second").enrol()
    created = first.device.households.create(
        VILLAGE, {"name": "新来的一户", "address": "演示路99号", "grid": GRID_1}
    )
    second.device.capture(
        Draft(
            kind="household", village=VILLAGE, action="change", record=created.record, fields={"note": "独居"}
        )
    )
    assert second.device.sync().counts == {"held": 1}
    (entry,) = second.device.settling.unsettled()
    assert entry.detail is not None and entry.detail.waits_for == created.record
    assert first.device.sync().counts == {"applied": 1}
    assert second.device.sync().counts in ({"applied": 1}, {"merged": 1})
    assert village.record(created.record).values["note"] == "独居"
    assert values(second, created.record)["note"] == "独居" and second.agrees()


def test_an_order_to_wipe_takes_everything_but_what_is_not_handed_over(
    village: TinyVillage, phone: Make
) -> None:
    wang = phone().enrol()
    wang.device.households.ask(VILLAGE, "一")
    wang.device.sync()
    wang.device.households.ask(VILLAGE, "二")
    device = wang.device.identity.device
    village.store.write_now(
        lambda db: db.execute("UPDATE devices SET orders = 'wipe' WHERE id = ?", (device,))
    )
    report = wang.device.sync()
    assert (report.orders, report.pushed) == ("wipe", 1)
    with pytest.raises(Wiped):
        wang.device.households.ask(VILLAGE, "三")
    assert sorted(one.name for one in wang.path.parent.glob("wang.db*")) == ["wang.db.lock"]
    (told,) = village.rows("SELECT count(*) FROM audit WHERE action = 'device.wiped' AND device = ?", device)
    assert told == (1,)
    assert not wang.restart().enrolled


def test_an_order_to_wipe_is_obeyed_though_no_push_gets_through(village: TinyVillage, phone: Make) -> None:
    wang = phone().enrol()
    wang.device.households.ask(VILLAGE, "一")
    device = wang.device.identity.device
    village.store.write_now(
        lambda db: db.execute("UPDATE devices SET orders = 'wipe' WHERE id = ?", (device,))
    )

    def no_push(request: httpx.Request) -> None:
        if request.url.path.endswith(("/push", "/rescue")):
            raise httpx.ConnectError("no line", request=request)

    wang.network.fault = no_push
    assert wang.device.sync().orders == "wipe"
    with pytest.raises(Wiped) as wiped:
        wang.opened()
    assert wiped.value.operations == 1


def test_a_wipe_at_a_sync_keeps_what_was_captured_meanwhile_until_it_is_handed_over(
    village: TinyVillage, phone: Make
) -> None:
    wang = phone().enrol()
    device = wang.device.identity.device
    village.store.write_now(
        lambda db: db.execute("UPDATE devices SET orders = 'wipe' WHERE id = ?", (device,))
    )
    late: list[str] = []

    def captures(request: httpx.Request) -> None:
        if request.url.path.endswith("/status") and not late:
            late.append(wang.device.households.ask(VILLAGE, "正在登记").record)
        if request.url.path.endswith("/rescue"):
            raise httpx.ConnectError("gone again", request=request)

    wang.network.fault = captures
    assert wang.device.sync().orders == "wipe"
    with pytest.raises(Wiped) as wiped:
        wang.opened()
    assert wiped.value.operations == 1
    wang.network.fault = None
    with ClosedDevice(wang.path, times=wang.times, inner=wang.network) as closed:
        closed.hand_over()
    assert village.record(late[0]).values["text"] == "正在登记"


def test_a_capture_from_another_thread_during_a_sync_is_neither_lost_nor_doubled(
    village: TinyVillage, phone: Make
) -> None:
    wang = phone().enrol()
    captured: list[str] = []
    stop = threading.Event()

    def capturing() -> None:
        while not stop.is_set():
            captured.append(wang.device.households.ask(VILLAGE, f"第{len(captured)}件").record)

    thread = threading.Thread(target=capturing)
    thread.start()
    try:
        for _ in range(5):
            wang.device.sync()
    finally:
        stop.set()
        thread.join()
    report = wang.device.sync()
    assert report.counts == {"applied": len(captured)} and report.enrolled_anew == []
    assert {one.id for _, one in village.records().values() if one.kind == "request"} == set(captured)
    assert wang.agrees()
