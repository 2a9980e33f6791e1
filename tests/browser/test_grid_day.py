"""A whole grid day on the screens without a network: each test is one more thing that a worker does that day, on the
same phone; at its end all of it is still there, and it arrives at the server once."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from grid_map.days import count_day
from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import all_synced, button, enrol, heading, home, offline, open_offline, tab, told
from tests.browser.handling import answer, choose_person, end, find_item, handle, onward, sign
from tests.browser.served_demo import ServedDemo
from tests.browser.visiting import (
    chip,
    complete,
    day_log,
    due,
    elsewhere,
    household,
    more,
    resident,
    task,
    visit_begun,
)

COUNT_TAPS = "window.taps = 0; addEventListener('pointerdown', () => { window.taps += 1 }, true)"
FINDING = "楼道堆放杂物，已请住户清理"
NOTE = "老人腿脚不便，下次带上申请表"
ASKED_FOR = "想装一部家门口的电动汽车充电桩"
FOLLOW_UP = "送适老化改造申请表"
NEWCOMERS = "吴春生户"
STRANGER = "外来的周师傅"


@dataclass
class Day:
    """The phone of the day, and what was done on it: operations by kind and action, and what the log has to say."""

    phone: ChromiumPhone
    arrivals: Arrivals
    captured: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list)
    open_visit: str = ""

    @property
    def page(self) -> Page:
        return self.phone.page

    def did(self, *kinds: str, log: str = "") -> None:
        """Remember what has to arrive, and what the day log has to say."""
        self.captured.update(kinds)
        if log:
            self.log.append(log)


@pytest.fixture(scope="module")
def day(demo: ServedDemo, lasting_phone: Callable[[str], ChromiumPhone]) -> Iterator[Day]:
    """A phone that was enrolled in the morning and has no network since."""
    phone = lasting_phone(demo.address)
    enrol(phone, demo)
    offline(phone)
    yield Day(phone, Arrivals(demo))


def test_the_round_begins(day: Day) -> None:
    button(day.page, "开始走访").click()
    told(day.page, "走访已开始")
    expect(day.page.get_by_text("1 条待上传").first).to_be_visible()
    day.did("round create")


def test_an_ordinary_visit_takes_four_taps(day: Day) -> None:
    page = day.page
    page.evaluate(COUNT_TAPS)
    name = visit_begun(page)
    button(page, "无异常").click()
    complete(page, name, "见到")
    assert page.evaluate("window.taps") == 4
    expect(page.get_by_text("该走访的户")).to_be_visible()
    expect(due(page).filter(has_text=name)).to_have_count(0)
    day.did("visit create", log=f"{name}.*见到")


def test_nobody_at_home_and_a_reminder(day: Day) -> None:
    page = day.page
    name = visit_begun(page)
    chip(page, "走访情况", "未遇").click()
    chip(page, "要不要提醒再来？可不选", "明天").click()
    complete(page, name, "未遇")
    expect(task(page, f"再去{name}")).to_contain_text("明天到期")
    day.did("visit create", "task create", log=f"{name}.*未遇")


def test_a_finding_with_a_note(day: Day) -> None:
    page = day.page
    name = visit_begun(page)
    button(page, "有发现：登记问题").click()
    chip(page, "哪一类", "消防").click()
    page.get_by_label("情况", exact=True).fill(FINDING)
    chip(page, "怎么处理", "当场处理").click()
    more(page)
    page.get_by_label("备注").fill(NOTE)
    complete(page, name, "见到")
    day.did("visit create", log=f"消防：{FINDING}（当场处理）")
    day.log.append(NOTE)


def test_a_visit_together_with_a_follow_up(day: Day) -> None:
    page = day.page
    name = visit_begun(page)
    button(page, "无异常").click()
    more(page)
    colleague = page.get_by_role("group", name="同行的人").get_by_role("button").first
    companion = colleague.inner_text()
    colleague.click()
    button(page, "后续任务 加上").click()
    page.get_by_label("要做什么").fill(FOLLOW_UP)
    complete(page, name, "见到")
    expect(task(page, FOLLOW_UP)).to_be_visible()
    day.did("visit create", "task create", log=f"{name}.*同行：{companion}")


def test_a_talk_at_the_service_point(day: Day) -> None:
    page = day.page
    elsewhere(page)
    chip(page, "地点", "服务点或其他地点").click()
    button(page, "党群服务中心").click()
    button(page, "开始").click()
    expect(heading(page)).to_have_text("党群服务中心")
    expect(chip(page, "走访情况", "在服务点")).to_have_attribute("aria-pressed", "true")
    complete(page, "党群服务中心", "在服务点")
    day.did("visit create", log="党群服务中心.*服务点见面")


def test_a_visit_written_up_afterwards(day: Day) -> None:
    page = day.page
    home(page)
    name = due(page).nth(1).locator("strong").inner_text()
    elsewhere(page)
    chip(page, "时间", "补记").click()
    yesterday = (count_day(int(time.time() * 1000)) - timedelta(days=1)).isoformat()
    page.get_by_label("日期").fill(yesterday)
    page.get_by_label("时间", exact=True).last.fill("16:05")
    page.get_by_label("选一户").fill(name)
    page.get_by_role("main").get_by_role("listitem").filter(has_text=name).first.get_by_role("button").click()
    button(page, "开始").click()
    expect(page.get_by_text("补记 昨天 16:05")).to_be_visible()
    button(page, "无异常").click()
    complete(page, name, "见到")
    assert re.search(f"16:05.*{name}.*见到（补记）", day_log(page, yesterday))
    day.did("visit create")


def test_a_visit_item_is_filled_inside_the_visit(day: Day) -> None:
    page = day.page
    name = visit_begun(page)
    button(page, "填走访类事项（关爱走访等）").click()
    button(page, "特殊困难老年人探访").click()
    form = page.get_by_role("region", name="特殊困难老年人探访")
    answer(page, "居住情况", "独居")
    answer(page, "自理情况", "部分自理")
    expect(form.get_by_label("变化说明")).to_have_count(0)
    answer(page, "健康状况有变化", "是")
    form.get_by_label("变化说明").fill("听力下降")
    button(page, "完成").click()
    wrong = page.get_by_role("dialog").filter(has_text="请填写“诉求描述”")
    button(wrong, "知道了").click()
    form.get_by_role("textbox", name="诉求描述").fill("想申请助餐")
    complete(page, name, "见到")
    day.did("visit create", log=f"{name}.*见到")


def test_a_household_moves_in(day: Day) -> None:
    page = day.page
    home(page)
    page.get_by_role("link", name="找户、找人、门牌、电话尾号").click()
    page.get_by_role("link", name="加一户（迁入）").click()
    page.get_by_label("户主").fill(NEWCOMERS.removesuffix("户"))
    page.get_by_label("门牌号").fill("8组88号")
    page.get_by_label("地址").fill("丁桥镇金敭村8组88号")
    button(page, "保存").click()
    told(page, "已加一户")
    expect(heading(page)).to_have_text(NEWCOMERS)
    household(page, NEWCOMERS)
    day.did("household create")


def test_a_contact_changes_and_a_number_is_shown_for_a_reason(day: Day) -> None:
    page = day.page
    home(page)
    resident(page, due(page).first.locator("strong").inner_text())
    expect(page.get_by_text(re.compile(r"^\d{6}\*{8}\w{4}$"))).to_be_visible()
    page.get_by_role("link", name="改资料").click()
    page.get_by_label("电话").fill("19900007777")
    button(page, "保存").click()
    told(page, "已保存")
    expect(page.get_by_text("打电话 19900007777")).to_be_visible()
    button(page, "查看证件号").click()
    button(page, "核实资料").click()
    expect(page.get_by_text(re.compile(r"^\d{17}[\dX]$"))).to_be_visible()
    told(page, "这次查看已记录")
    button(page, "收起", exact=False).click()
    expect(page.get_by_text(re.compile(r"\d{17}[\dX]"))).to_have_count(0)
    day.did("resident change", "reading create")


def test_a_visit_class_changes_with_its_reason(day: Day) -> None:
    page = day.page
    household(page, NEWCOMERS)
    page.get_by_role("link", name="改走访类别").click()
    page.get_by_role("radio", name="每周一次").first.click()
    button(page, "保存").click()
    told(page, "请写一句为什么改")
    page.get_by_label("为什么改").fill("老人开始独居")
    button(page, "保存").click()
    told(page, "走访类别已改")
    day.did("household change")


def test_a_direct_case_is_finished_at_the_door_within_a_visit(day: Day) -> None:
    page = day.page
    name = visit_begun(page)
    button(page, "办事").click()
    find_item(page, "老人补贴年审", "高龄津贴资格年审")
    button(page, "现在办理").click()
    answer(page, "年审方式", "上门")
    onward(page)
    answer(page, "身份证", "已验原件")
    onward(page)
    page.get_by_label("办理结果").fill("本人健在，年审通过")
    end(page, "当场办结")
    expect(page.get_by_text("办结", exact=False).first).to_be_visible()
    page.get_by_role("link", name="回到走访").click()
    expect(page.get_by_role("main")).to_contain_text("高龄津贴资格年审")
    complete(page, name, "见到")
    day.did("case create", "case change", "visit create", log="办件　高龄津贴资格年审")


def test_a_case_that_needs_a_department_waits_for_it(day: Day) -> None:
    page = day.page
    home(page)
    name = due(page).first.locator("strong").inner_text().removesuffix("户")
    handle(page, "医保查询", "参保人员参保信息查询")
    choose_person(page, name)
    onward(page)
    answer(page, "身份证或医保电子凭证", "已验原件")
    onward(page)
    end(page, "登记为待联办")
    expect(page.get_by_text("待联办").first).to_be_visible()
    day.did("case create", "case change", log=f"办件　参保人员参保信息查询　{name}　待联办")


def test_a_proxy_case_with_a_signature_a_notice_and_a_receipt(day: Day) -> None:
    page = day.page
    home(page)
    name = due(page).first.locator("strong").inner_text().removesuffix("户")
    handle(page, "gljt", "80周岁以上老年人高龄津贴发放")
    choose_person(page, name)
    answer(page, "年龄段", "80至89周岁")
    page.get_by_label("账号").fill("6222021204009876543")
    answer(page, "账户为本人", "是")
    onward(page)
    answer(page, "身份证", "已验原件")
    answer(page, "账号", "缺")
    button(page, "看一次性告知").click()
    notice = page.get_by_role("dialog", name="一次性告知")
    expect(notice).to_contain_text("账号")
    button(notice, "关闭").click()
    page.get_by_role("checkbox", name="已把缺的材料一次性告诉居民").click()
    onward(page)
    sign(page)
    end(page, "委托并开回执")
    expect(page.get_by_role("img", name="回执二维码")).to_be_visible()
    number = page.get_by_text(re.compile(r"^[A-Z0-9-]{8,}$")).inner_text()
    page.get_by_role("link", name="看办件").click()
    expect(page.get_by_text(f"回执号 {number}")).to_be_visible()
    day.did("case create", log=f"办件　80周岁以上老年人高龄津贴发放　{name}")


def test_an_applicant_who_is_not_in_the_data(day: Day) -> None:
    page = day.page
    handle(page, "消防", "消防隐患上报")
    button(page, "不在名单里的人").click()
    page.get_by_label("姓名").fill(STRANGER)
    page.get_by_label("电话").fill("19900001234")
    onward(page)
    page.get_by_role("textbox", name="诉求描述").fill("电瓶车在门厅充电")
    onward(page)
    onward(page)
    end(page, "登记")
    day.did("case create", log=f"办件　消防隐患上报　{STRANGER}")


def test_what_is_asked_for_and_is_not_in_the_catalogue(day: Day) -> None:
    page = day.page
    home(page)
    tab(page, "事项")
    page.get_by_role("searchbox").fill(ASKED_FOR)
    button(page, "居民问到、目录没有").click()
    button(page, "记下").click()
    told(page, "已记下")
    day.did("request create", log=f"目录外诉求　{ASKED_FOR}")


def test_a_task_is_done(day: Day) -> None:
    page = day.page
    task(page, FOLLOW_UP).click()
    page.get_by_label("完成情况").fill("已送到")
    button(page, "做完了").click()
    told(page, f"已完成：{FOLLOW_UP}")
    expect(heading(page)).to_have_text("任务")
    expect(page.get_by_role("link", name=FOLLOW_UP)).to_have_count(0)
    day.did("task change")


def test_the_round_ends_and_the_log_and_figures_tell_the_day(day: Day) -> None:
    page = day.page
    home(page)
    button(page, "结束本轮").click()
    expect(heading(page)).to_contain_text("走访 第1网格")
    button(page, "结束本轮").click()
    told(page, "本轮已结束，登记 7 次")
    day.did("round change")
    expect(page.get_by_text(re.compile("我今天：走访 1 轮，入户 5 户，办件 4 件"))).to_be_visible()
    tells_the_day(day)


def tells_the_day(day: Day) -> None:
    """The 民情日志 holds a line for each thing that was done."""
    log = day_log(day.page)
    assert [line for line in day.log if not re.search(line, log)] == [], log


def test_a_browser_that_was_closed_goes_on_where_it_was(day: Day) -> None:
    day.open_visit = visit_begun(day.page)
    button(day.page, "有发现：登记问题").click()
    chip(day.page, "哪一类", "环境").click()
    day.page.get_by_label("情况", exact=True).fill("屋后积水")
    waiting = day.page.get_by_text(re.compile(r"\d+ 条待上传")).first.inner_text()
    day.phone.close()
    page = open_offline(day.phone)
    expect(heading(page)).to_have_text(day.open_visit)
    expect(page.get_by_label("情况", exact=True)).to_have_value("屋后积水")
    expect(chip(page, "哪一类", "环境")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text(re.match(r"\d+ 条待上传", waiting).group())).to_be_visible()  # type: ignore[union-attr]
    tells_the_day(day)
    home(page)
    page.get_by_role("link", name=re.compile(f"入户 {day.open_visit}")).click()
    complete(page, day.open_visit, "见到")
    day.did("visit create", "round create")


def test_everything_arrives_once(day: Day) -> None:
    day.phone.context.set_offline(False)
    all_synced(day.page)
    arrived = Counter(f"{one.kind} {one.action}" for one in day.arrivals.operations())
    assert arrived == day.captured
    day.arrivals.prove_once()
