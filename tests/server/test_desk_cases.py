"""A case at the window: its page, its moves, two people on it, handovers, numbers in full, tasks, photos, rights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forms.catalogue import Finish, Mode
from forms.handling.calendar import published_calendar
from server.founding import publish_reference
from server.intake import Intake
from server.roles import Role
from server.store.knowledge import Knowledge
from tests.server.desk_pages_client import Browser, plain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.pictures import digest_of, picture, upload
from tests.server.sync_village import (
    GRID_2,
    HOUR_MS,
    MINUTE_MS,
    NUMBER,
    TOWN,
    VILLAGE,
    item,
    resident_id,
    small_catalogue,
)

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    """wang and the lead are at today's window; `insurance` is finished in a department's system."""
    with desk_village(tmp_path) as village:
        more = small_catalogue(village.today, extra=(item("insurance", Mode.DIRECT, Finish.ONLINE),))
        intake = Intake(village.keys, Knowledge(village.keys))
        village.store.write_now(
            lambda db: publish_reference(intake, db, more, published_calendar(), [], village.now_ms)
        )
        village.rota(village.today, "wang", "lead")
        yield village


def captured(village: DeskVillage, username: str = "wang", what: str = "insurance", **more: Any) -> str:
    """A case that somebody's phone captured and pushed."""
    phone = village.phone(username)
    if username == "li":
        more = {"resident": resident_id(GRID_2, 0, 0)} | more
    case = village.capture_case(phone, what, **more)
    phone.push()
    village.later()
    return case


def record(village: DeskVillage, case: str) -> Any:
    return village.records()[case][1]


def test_a_case_for_a_department_system_is_copied_numbered_and_finished(village: DeskVillage) -> None:
    case = captured(village, **{"answers/hospital": "海宁市中心医院", "answers/amount": 123456})
    desk = Browser(village, "wang")
    page = desk.get(f"cases/{case}")
    assert "data-copy" not in page.split('id="fields"')[1].split("</section>")[0]
    desk.send(page, f"cases/{case}/move", to="awaiting_online")
    page = desk.get(f"cases/{case}")
    fields = page.split('id="fields"')[1].split("</section>")[0]
    for text in ("居民00", "海宁市中心医院", "1,234.56 元"):
        assert f'data-copy="{text}"' in fields
    refused = desk.send(page, f"cases/{case}/move", to="finished", result="已参保 & 已告知")
    assert refused.status_code == 422
    assert "请填写部门系统受理号" in refused.text and "已参保 &amp; 已告知</textarea>" in refused.text
    assert record(village, case).values["state"] == "awaiting_online"
    done = desk.send(refused.text, f"cases/{case}/move", to="finished", department_number="HN-7", result="好")
    assert done.status_code == 200 and done.url.path.endswith(case)
    values = record(village, case).values
    assert (values["state"], values["department_number"], values["result"]) == ("finished", "HN-7", "好")
    words = plain(done.text)
    assert "转为“待联办”" in words and "转为“办结”" in words and "wang（窗口）" in words


def test_a_number_is_put_right_unless_somebody_was_first(village: DeskVillage) -> None:
    case = captured(village)
    wang, lead = Browser(village, "wang"), Browser(village, "lead")
    wang.send(wang.get(f"cases/{case}"), f"cases/{case}/move", to="awaiting_online")
    both = wang.get(f"cases/{case}"), lead.get(f"cases/{case}")
    assert wang.send(both[0], f"cases/{case}/department-number", number="A-1").status_code == 200
    late = lead.send(both[1], f"cases/{case}/department-number", number="B-2")
    assert late.status_code == 409 and 'value="B-2"' in late.text and "wang刚才已先改了这件" in late.text
    assert record(village, case).values["department_number"] == "A-1"
    assert lead.send(late.text, f"cases/{case}/department-number", number="B-2").status_code == 200
    assert record(village, case).values["department_number"] == "B-2"


def test_two_people_on_one_case_the_second_is_told_and_loses_no_text(village: DeskVillage) -> None:
    case = captured(village, what="permit")
    wang, lead = Browser(village, "wang"), Browser(village, "lead")
    theirs = lead.get(f"cases/{case}")
    assert wang.send(wang.get(f"cases/{case}"), f"cases/{case}/move", to="received").status_code == 200
    late = lead.send(theirs, f"cases/{case}/move", to="withdrawn", reason="申请人自己去办了")
    assert late.status_code == 409
    words = plain(late.text)
    assert "wang刚才已先改了这件" in words and "收件" in words
    assert "申请人自己去办了</textarea>" in late.text
    found = record(village, case)
    assert found.values["state"] == "received" and "received_at" in found.values and not found.conflicts
    again = lead.send(late.text, f"cases/{case}/move", to="withdrawn", reason="申请人自己去办了")
    assert again.status_code == 200 and record(village, case).values["state"] == "withdrawn"


def test_only_moves_that_one_may_make_are_offered(village: DeskVillage) -> None:
    case = captured(village, what="permit")
    window = Browser(village, "wang")
    page = window.get(f"cases/{case}")
    moves = page.split('id="moves"')[1].split("</section>")[0]
    assert 'value="received"' in moves and 'value="withdrawn"' in moves and 'value="accepted"' not in moves
    window.send(page, f"cases/{case}/move", to="received")
    page = window.get(f"cases/{case}")
    assert f"/desk/v/{VILLAGE}/proxy" in page.split('id="moves"')[1].split("</section>")[0]
    forged = window.send(page, f"cases/{case}/move", to="accepted")
    assert forged.status_code == 422 and record(village, case).values["state"] == "received"
    without = window.send(page, f"cases/{case}/move", to="withdrawn")
    assert without.status_code == 422 and "请写明原因" in without.text


def test_hostile_names_and_notes_are_only_text(village: DeskVillage) -> None:
    case = captured(
        village, resident=None, applicant_name=HOSTILE, note=HOSTILE, **{"answers/hospital": HOSTILE}
    )
    desk = Browser(village, "wang")
    desk.send(desk.get(f"cases/{case}"), f"cases/{case}/move", to="awaiting_online")
    colleague = village.workers["li"]
    desk.send(
        desk.get(f"cases/{case}"), f"cases/{case}/hand-over", receiver=colleague, handover_reason=HOSTILE
    )
    desk.send(
        desk.get(f"cases/{case}"),
        f"cases/{case}/task",
        type="delivery",
        task_holder=colleague,
        task_note=HOSTILE,
    )
    for address in (f"cases/{case}", "inbox", f"inbox?q={HOSTILE}"):
        page = desk.get(address)
        assert "<script>alert" not in page and "<img src=x" not in page and ESCAPED in page
    page = desk.get(f"cases/{case}")
    assert page.count(ESCAPED) >= 5


def test_handed_to_a_colleague_with_a_reason_and_taken_back_right_after(village: DeskVillage) -> None:
    case = captured(village, "li")
    lead = Browser(village, "lead")
    page = lead.get(f"cases/{case}")
    assert "首问人" in page
    refused = lead.send(page, f"cases/{case}/hand-over", receiver=village.workers["wang"])
    assert refused.status_code == 422 and "移交要写明原因" in refused.text
    given = lead.send(
        page, f"cases/{case}/hand-over", receiver=village.workers["wang"], handover_reason="li请假"
    )
    found = record(village, case)
    assert found.holder == village.workers["wang"] and found.values["handovers"][0]["reason"] == "li请假"
    assert "首问人" not in plain(given.text).split("经过")[0]
    assert "li → wang：li请假" in plain(given.text)
    lead.send(given.text, f"cases/{case}/hand-over/undo")
    found = record(village, case)
    assert found.holder == village.workers["li"] and len(found.values["handovers"]) == 2
    assert "hand-over/undo" not in lead.get(f"cases/{case}")


def test_a_handover_cannot_be_undone_later_or_by_another(village: DeskVillage) -> None:
    case = captured(village, "li")
    lead, wang = Browser(village, "lead"), Browser(village, "wang")
    page = lead.get(f"cases/{case}")
    given = lead.send(page, f"cases/{case}/hand-over", receiver=village.workers["wang"], handover_reason="忙")
    assert "hand-over/undo" not in wang.get(f"cases/{case}")
    hidden_fields = {"_csrf_token": wang.client.cookies.get("allpost_csrf") or ""}
    forged = wang.client.post(f"/desk/v/{VILLAGE}/cases/{case}/hand-over/undo", data=hidden_fields)
    assert forged.status_code == 403
    village.later(31 * MINUTE_MS)
    assert lead.send(given.text, f"cases/{case}/hand-over/undo").status_code == 403
    assert record(village, case).holder == village.workers["wang"]


def test_handed_to_the_window_it_goes_to_whoever_is_on_the_rota(village: DeskVillage) -> None:
    case = captured(village, "li")
    li = Browser(village, "li")
    page = li.get(f"cases/{case}")
    left = li.send(page, f"cases/{case}/hand-over", receiver="window", handover_reason="要联网办理")
    holder = record(village, case).holder
    assert holder in {village.workers["wang"], village.workers["lead"]}
    assert left.url.path.endswith("/inbox"), "who may not see it any more is led to the list"
    li.get(f"cases/{case}", status=403)
    li.send(left.text, f"cases/{case}/hand-over/undo")
    assert record(village, case).holder == village.workers["li"]
    captured(village, "wang")
    li.send(li.get(f"cases/{case}"), f"cases/{case}/hand-over", receiver="window", handover_reason="再交")
    assert record(village, case).holder == village.workers["lead"], "the one with fewer cases in hand"


def test_two_handovers_of_one_case_the_second_is_told(village: DeskVillage) -> None:
    case = captured(village, "li")
    lead, wang = Browser(village, "lead"), Browser(village, "wang")
    pages = lead.get(f"cases/{case}"), wang.get(f"cases/{case}")
    give = f"cases/{case}/hand-over"
    assert (
        lead.send(pages[0], give, receiver=village.workers["wang"], handover_reason="一").status_code == 200
    )
    late = wang.send(pages[1], give, receiver=village.workers["lead"], handover_reason="二 & 三")
    assert late.status_code == 409 and "二 &amp; 三</textarea>" in late.text
    assert record(village, case).holder == village.workers["wang"]


def test_a_number_in_full_needs_a_reason_and_is_written_down(village: DeskVillage) -> None:
    case = captured(
        village, resident=None, applicant_name="演示人", applicant_identity_number=NUMBER, note=f"号 {NUMBER}"
    )
    desk = Browser(village, "wang")
    page = desk.get(f"cases/{case}")
    assert NUMBER not in page and NUMBER not in desk.get("inbox")
    asked = f"cases/{case}/identity-number"
    refused = desk.send(page, asked, field="applicant_identity_number")
    assert refused.status_code == 422 and NUMBER not in refused.text
    assert desk.send(page, asked, field="note", why="verify").status_code == 404
    full = desk.send(page, asked, field="applicant_identity_number", why="verify")
    assert full.status_code == 200 and NUMBER in full.text and full.headers["cache-control"] == "no-store"
    assert NUMBER not in desk.get(f"cases/{case}")
    logged = village.rows(
        "SELECT account, subject, detail FROM audit WHERE action = 'identity_number.read' AND subject = ?",
        case,
    )
    assert (
        len(logged) == 1 and logged[0][0] == village.workers["wang"] and '"reason":"verify"' in logged[0][2]
    )


def test_a_residents_number_in_full_leaves_a_reading(village: DeskVillage) -> None:
    case = captured(village)
    resident = record(village, case).values["resident"]
    phone = village.phone("wang")
    phone.change(resident, identity_number=NUMBER)
    phone.push()
    desk = Browser(village, "lead")
    page = desk.get(f"cases/{case}")
    full = desk.send(page, f"cases/{case}/identity-number", field="identity_number", why="department_system")
    assert NUMBER in full.text
    readings = [one for _, one in village.records(VILLAGE).values() if one.kind == "reading"]
    assert [(one.values["subject"], one.values["reason"]) for one in readings] == [(resident, "录入部门系统")]
    assert readings[0].values["worker"] == village.workers["lead"]


def test_a_task_reaches_the_colleagues_phone(village: DeskVillage) -> None:
    case = captured(village)
    li, desk = village.phone("li"), Browser(village, "wang")
    page = desk.get(f"cases/{case}")
    given = {"type": "supplement", "task_holder": village.workers["li"], "task_note": "带户口本"}
    refused = desk.send(page, f"cases/{case}/task", **given, due="2020-01-01")
    assert refused.status_code == 422 and "带户口本</textarea>" in refused.text
    told = desk.send(page, f"cases/{case}/task", **given, due=village.tomorrow.isoformat())
    assert "补材料：insurance" in plain(told.text) and "带户口本" in told.text
    li.sync()
    rows = village.rows('SELECT type, holder, due FROM tasks WHERE "case" = ?', case)
    assert rows == [("supplement", village.workers["li"], village.tomorrow.isoformat())]
    (task,) = village.rows('SELECT record FROM tasks WHERE "case" = ?', case)
    assert li.see(task[0]).values["note"] == "带户口本"


def test_photos_are_shown_by_the_right_to_the_case_and_logged(village: DeskVillage) -> None:
    photo, other = picture(1), picture(2)
    phone = village.phone("wang")
    case = village.capture_case(phone, "insurance", files=[digest_of(photo), digest_of(other)])
    phone.push()
    upload(phone, photo)
    desk = Browser(village, "lead")
    page = desk.get(f"cases/{case}")
    assert "1/2 已到" in page and "还在路上" in page
    shown = desk.client.get(f"/desk/v/{VILLAGE}/cases/{case}/files/{digest_of(photo)}")
    assert shown.status_code == 200 and shown.content == photo
    assert shown.headers["content-disposition"] == "inline"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert (
        "sandbox" in shown.headers["content-security-policy"] and shown.headers["cache-control"] == "no-store"
    )
    other_case = captured(village)
    for wrong in (
        f"{other_case}/files/{digest_of(photo)}",
        f"{case}/files/{digest_of(other)}",
        f"{case}/files/x",
    ):
        desk.get(f"cases/{wrong}", status=404)
    Browser(village, "li").get(f"cases/{case}/files/{digest_of(photo)}", status=403)
    rows = village.rows(
        "SELECT detail FROM audit WHERE subject = ? AND account = ?", case, village.workers["lead"]
    )
    assert sum(digest_of(photo) in detail for (detail,) in rows) == 1


def test_refused_operations_stand_in_the_history(village: DeskVillage) -> None:
    phone = village.phone("wang")
    case = village.capture_case(phone, "permit")
    phone.change(case, state="granted")
    phone.push()
    words = plain(Browser(village, "wang").get(f"cases/{case}"))
    assert "没有通过" in words and "不能从“委托”变为“准予”" in words


def test_who_may_see_and_move_a_case(village: DeskVillage) -> None:
    village.add_account("clerk2", Role.TOWN_CLERK, TOWN)
    mine, other = captured(village, "li"), captured(village, "wang")
    li = Browser(village, "li")
    page = li.get(f"cases/{mine}")
    assert 'id="moves"' in page
    li.get(f"cases/{other}", status=403)
    forged = li.send(
        page.replace(mine, other), f"cases/{other}/move", to="awaiting_online", seen_state="registered"
    )
    assert forged.status_code == 403 and record(village, other).values["state"] == "registered"
    for stranger in ("clerk2", "supervisor", "neighbour", "admin"):
        Browser(village, stranger).get(f"cases/{mine}", status=403)
    Browser(village, "wang").get("cases/01a1e838-93de-7c6b-b559-c96883f7863b", status=404)
    village.later(HOUR_MS)
    read = village.rows("SELECT count(*) FROM audit WHERE action = 'case.read' AND subject = ?", mine)
    assert read == [(1,)]
