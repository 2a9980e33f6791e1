"""The page of what was not accepted: reasons at their fields, mended, sent back, given up; nothing waits unseen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.server.desk_pages_client import Browser, plain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import GRID_1, GRID_2, NUMBER, VILLAGE, faults_of, household_id

HERE = f"/desk/v/{VILLAGE}"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    """Li and wang are at the window today; what is captured is wang's."""
    with desk_village(tmp_path) as village:
        village.rota(village.today, "li", "wang")
        yield village


def rejected(village: DeskVillage, **fields: object) -> tuple[SyncDevice, str]:
    """A change of a household that is rejected; the phone, and where the page has it."""
    phone = village.phone("wang")
    phone.change(household_id(GRID_1, 0), **fields)
    assert phone.push()[0]["outcome"] == "rejected"
    return phone, f"{HERE}/rejected/{phone.device}/1"


def send(browser: Browser, address: str, verb: str, **typed: object) -> httpx.Response:
    named = {name.replace("f_", "f__").replace("x_", "x__"): value for name, value in typed.items()}
    return browser.send(browser.get(address), f"{address}/{verb}", **named)


def test_each_reason_stands_at_its_field_and_what_is_mended_is_applied(village: DeskVillage) -> None:
    _phone, address = rejected(village, phone="12", nonsense=HOSTILE, note="门牌掉了")
    li = Browser(village, "li")
    listed = li.get(f"{HERE}/rejected")
    assert address in listed and "wang的手机" in listed and "被退回" in listed
    page = li.get(address)
    assert HOSTILE not in page and "&lt;script&gt;" in page and "没有“nonsense”这一项" in plain(page)
    still = send(li, address, "mend", f_phone="12", x_nonsense="1", f_note="门牌又掉了")
    assert still.status_code == 422 and "门牌又掉了" in still.text and "电话" in still.text
    assert "aria-invalid" in still.text or 'class="wrong"' in still.text
    done = send(li, address, "mend", f_phone="13800000000", x_nonsense="1", f_note="门牌又掉了")
    assert done.status_code == 200 and "已改好并采用" in done.text
    values = village.record(household_id(GRID_1, 0)).values
    assert (values["phone"], values["note"]) == ("13800000000", "门牌又掉了")
    assert "没有要改的" in li.get(f"{HERE}/rejected")
    li.get(address, 409)
    assert faults_of(village) == []


def test_of_two_people_mending_at_once_the_second_is_told_and_keeps_the_text(village: DeskVillage) -> None:
    _, address = rejected(village, phone="12")
    li, wang = Browser(village, "li"), Browser(village, "wang")
    pages = [browser.get(address) for browser in (li, wang)]
    assert li.send(pages[0], f"{address}/mend", f__phone="13800000000").status_code == 200
    late = wang.send(pages[1], f"{address}/mend", f__phone="13800000001")
    assert late.status_code == 409 and "已经有人改好了" in late.text and "13800000001" in late.text
    assert village.record(household_id(GRID_1, 0)).values["phone"] == "13800000000"


def test_an_identity_number_is_never_in_the_form_and_stays_where_nothing_is_typed(
    village: DeskVillage,
) -> None:
    phone = village.phone("wang")
    case = village.capture_case(phone, applicant_identity_number=NUMBER, applicant_phone="12")
    phone.push()
    address = f"{HERE}/rejected/{phone.device}/1"
    li = Browser(village, "li")
    page = li.get(address)
    assert NUMBER not in page and f"********{NUMBER[-4:]}" in page
    assert send(li, address, "mend", f_applicant_phone="13800000000").status_code == 200
    assert village.record(case).values["applicant_identity_number"] == NUMBER


def test_sent_back_it_is_a_task_with_the_message_on_the_phone_until_it_is_settled(
    village: DeskVillage,
) -> None:
    phone, address = rejected(village, phone="12")
    li = Browser(village, "li")
    assert send(li, address, "send-back", message="  ").status_code == 422
    assert "已退回给本人" in send(li, address, "send-back", message="电话少了几位，请再问").text
    phone.sync()
    (task,) = [copied.record for copied in phone.copy.values() if copied.record.kind == "task"]
    assert task.holder == phone.worker["id"] and task.values["note"] == "电话少了几位，请再问"
    assert "退回" in task.values["title"]
    assert "电话少了几位" in li.get(address) and "已退回本人" in li.get(f"{HERE}/rejected")
    assert send(li, address, "send-back", message="也问问门牌").status_code == 200  # the same task again
    assert send(li, address, "mend", f_phone="13800000000").status_code == 200
    phone.sync()
    (task,) = [copied.record for copied in phone.copy.values() if copied.record.kind == "task"]
    assert (task.values["state"], task.values["note"]) == ("cancelled", "也问问门牌")


def test_given_up_for_a_reason_it_waits_no_longer_and_the_worker_is_told(village: DeskVillage) -> None:
    phone, address = rejected(village, phone="12")
    before = village.record(household_id(GRID_1, 0))
    li = Browser(village, "li")
    assert send(li, address, "give-up", because="").status_code == 422
    assert "不再处理" in send(li, address, "give-up", because=f"与另一条重复 {HOSTILE}").text
    assert "没有要改的" in li.get(f"{HERE}/rejected")
    phone.sync()
    (remark,) = phone.outcomes[1]["remarks"]
    assert remark["code"] == "given-up"
    (task,) = [copied.record for copied in phone.copy.values() if copied.record.kind == "task"]
    assert task.values["note"] == f"与另一条重复 {HOSTILE}" and "不再处理" in task.values["title"]
    rows = village.rows("SELECT outcomes FROM batches")
    assert not any("重复" in outcomes for (outcomes,) in rows)  # which lie in the clear
    assert phone.outcomes[1]["outcome"] == "rejected"
    after = village.record(household_id(GRID_1, 0))
    assert (after.values, after.revision) == (before.values, before.revision)
    assert faults_of(village) == []


def test_a_create_given_up_frees_what_waited_behind_it_for_a_persons_eyes(village: DeskVillage) -> None:
    phone = village.phone("wang")
    village.later()
    phone.capture(kind="task", action="create", fields={"holder": phone.worker["id"]})
    task = phone.operations[0].record
    phone.capture(kind="task", action="change", record=task, seen={"note": None}, fields={"note": "还有"})
    assert [one["outcome"] for one in phone.push()] == ["rejected", "held"]
    li = Browser(village, "li")
    first, second = (f"{HERE}/rejected/{phone.device}/{counter}" for counter in (1, 2))
    assert "等同一部手机更早的一条处理好" in li.get(f"{HERE}/rejected")
    assert send(li, first, "give-up", because="登记错了").status_code == 200
    assert "它所属的记录还没到服务器" in li.get(second)
    assert send(li, second, "give-up", because="登记错了").status_code == 200
    assert "没有要改的" in li.get(f"{HERE}/rejected") and faults_of(village) == []


def test_what_nobody_could_read_is_shown_as_it_came_and_written_by_hand(village: DeskVillage) -> None:
    phone = village.phone("wang")
    phone.push_body([b'{"counter":1,"raw":"PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="}'])
    address = f"{HERE}/rejected/{phone.device}/1"
    li = Browser(village, "li")
    page = li.get(address)
    assert HOSTILE not in page and "&lt;script&gt;alert(1)" in page and "无法读出" in page
    form = li.get(f"{address}?kind=task")
    refused = li.send(form, f"{address}/mend", f__holder=phone.worker["id"], f__note="证已取")
    assert refused.status_code == 422 and "证已取" in refused.text
    done = li.send(form, f"{address}/mend", f__title="给王大爷送证", f__holder=phone.worker["id"])
    assert done.status_code == 200, plain(done.text)
    titles = [record.values.get("title") for _, record in village.records(VILLAGE).values()]
    assert "给王大爷送证" in titles and faults_of(village) == []


def test_what_is_held_for_a_person_is_applied_as_it_is(village: DeskVillage) -> None:
    phone = village.phone("wang")
    where = household_id(GRID_2, 0)
    phone.capture(
        kind="household", action="change", record=where, seen={"note": None}, fields={"note": "代记"}
    )
    assert phone.push()[0]["outcome"] == "held"
    address, li = f"{HERE}/rejected/{phone.device}/1", Browser(village, "li")
    assert "要由人核对" in li.get(address)
    assert send(li, address, "mend", f_note="代记").status_code == 200
    assert village.record(where).values["note"] == "代记"


def test_a_worker_sees_the_own_and_others_see_nothing(village: DeskVillage) -> None:
    _, address = rejected(village, phone="12")
    village.rota(village.today, "li")
    assert "电话" in Browser(village, "wang").get(address)
    for stranger in ("lead", "clerk", "supervisor", "admin", "neighbour"):
        Browser(village, stranger).get(address, 403)
    li = Browser(village, "li")
    li.get(f"{HERE}/rejected/nobody/1", 404)
    li.get(f"{address}9", 404)
