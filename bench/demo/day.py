"""One grid day of a village, from doorstep to sign-off: three phones, no browser, its own server in a temporary folder.

Morning: enrol and sync. Then the network is gone: visits, direct, proxy and report cases, two workers on one household,
two on one field of one case, the same case captured twice, a correction, a phone with its clock a day off. Evening: one
phone is killed in mid-sync, replies are lost, everything arrives; the window settles and signs. The last line is JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.demo.counting import Found, applied_twice, captured_ids, on_server
from bench.demo.desk import Desk
from bench.demo.faults import DEMO_PIN, KILLED, DayAhead, LostReplies, killed_in_mid_sync
from bench.process import free_port, wait_for
from field_client.cases import NewCase
from field_client.device import Device
from grid_map.days import count_day
from server.demo.filling import ACCOUNTS_FILE
from sync.record import Record

VILLAGE = "330481106222"
LOST_REPLIES = 2
VISITS = 6
MIDNIGHT_SECONDS = 120
STATES = ("applied", "merged", "conflict", "held", "rejected", "waiting")

console = Console(width=100)


class Team(NamedTuple):
    """Three workers with their phones; the second covers the first one's grid today."""

    first: Device
    second: Device
    third: Device


def main() -> int:
    _not_over_midnight()
    with tempfile.TemporaryDirectory(prefix="allpost-demo-") as folder:
        data = Path(folder) / "data"
        server, address = _start(data)
        try:
            return _day(Path(folder), data, address)
        finally:
            server.terminate()
            server.wait(30)


def _not_over_midnight() -> None:
    """A day ends at midnight in Shanghai; the script does not start just before it."""
    left = 86_400 - (int(time.time()) + 8 * 3600) % 86_400
    if left < MIDNIGHT_SECONDS:
        console.print(f"快到零点，等待 {left} 秒 / waiting for the new day")
        time.sleep(left + 1)


def _start(data: Path) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    settings = {"ALLPOST_REPORT_AFTER": "00:00:00", "ALLPOST_LOG_LEVEL": "error"}
    command = [
        sys.executable,
        "-m",
        "server",
        "run",
        "--data",
        str(data),
        "--port",
        str(port),
        "--demo",
        "village",
    ]
    console.rule("演示：一个网格日 / one grid day (demonstration data)")
    server = subprocess.Popen(command, env={**os.environ, **settings}, stdout=subprocess.DEVNULL)
    wait_for(port, server)
    return server, f"http://127.0.0.1:{port}"


def _day(folder: Path, data: Path, address: str) -> int:
    accounts = {of["username"]: of for of in json.loads((data / ACCOUNTS_FILE).read_bytes())}
    people = [accounts[f"{VILLAGE}-w{number}"] for number in range(1, 6)]
    lead = Desk(address, accounts[f"{VILLAGE}-lead"])
    window, incoming = Desk(address, people[3]), Desk(address, people[4])
    today = count_day(int(time.time() * 1000)).isoformat()
    network = LostReplies(0)
    phones = [
        Device(folder / "phone1.db", DEMO_PIN, inner=network),
        Device(folder / "phone2.db", DEMO_PIN),
        Device(folder / "phone3.db", DEMO_PIN, times=DayAhead()),
    ]
    team = Team(*phones)
    _morning(address, team, people, lead, [window.id, incoming.id], today)
    before = on_server(data, VILLAGE)
    _offline(team)
    captured = captured_ids(team)
    _say("断网中采集 / captured without a network", f"{len(captured)} 条")
    network.left = LOST_REPLIES
    team = _evening(folder, team, network)
    _settle(window, team)
    diverged = _sync_all(team)
    outcome = _close_the_day(window, incoming, today)
    diverged += _sync_all(team)
    found = on_server(data, VILLAGE)
    result = _result(captured, found, before, diverged, outcome)
    _report(team, found, before, result)
    for phone in team:
        phone.close()
    print(json.dumps(result, ensure_ascii=False))
    return 0 if _good(result) else 1


def _say(what: str, how: str) -> None:
    console.print(f"  {what}：[bold]{how}[/bold]")


def _morning(
    address: str, team: Team, people: list[dict[str, str]], lead: Desk, window: list[str], today: str
) -> None:
    console.rule("早晨：登记、排班、同步 / morning")
    for phone, person, name in zip(team, people[:3], ("甲的手机", "乙的手机", "丙的手机"), strict=True):
        phone.enrol(address, person["username"], person["password"], name)
    lead.post(f"/villages/{VILLAGE}/rota", day=today, window=window, leave=[], note="演示排班")
    grid = team.first.scope.villages[0].grids[0]
    lead.post(
        f"/villages/{VILLAGE}/assignments",
        worker=team.second.worker,
        grid=grid,
        from_day=today,
        to_day=today,
        cover=True,
        reason="演示：甲今天去培训半天",
    )
    for phone in team:
        report = phone.sync()
        _say(f"{phone.identity.device_name} 首次同步", f"{report.received} 条，{report.requests} 次请求")


def _offline(team: Team) -> None:
    console.rule("白天：没有信号 / the day, offline")
    first, second, third = team
    due = first.households.due(limit=VISITS)
    visits = [
        first.visits.record(of.household.id, {"outcome": "met", "purposes": ["regular_visit"]}) for of in due
    ]
    _say("甲入户", f"{len(visits)} 户")
    not_home = first.households.due(limit=1)
    for of in not_home:
        first.visits.record(of.household.id, {"outcome": "not_home"})
    home, resident = _home_with_resident(first)
    finding = {"id": "1", "type": "fire", "text": "楼道堆物，已提醒", "disposition": "on_the_spot"}
    first.visits.record(home.id, {"outcome": "met", "findings": [finding]})
    first.visits.amend(visits[0].record, {"note": "更正：实际见到的是儿媳"})
    _say("甲更正一条入户记录", "1 条")
    _cases(first, home, resident)
    _one_household_two_workers(first, second, home)
    _one_field_two_workers(first, second)
    _same_case_twice(second, home, resident)
    round_ = [
        third.visits.record(of.household.id, {"outcome": "met"}) for of in third.households.due(limit=VISITS)
    ]
    _say("丙入户（手机时间快了一天）", f"{len(round_)} 户")
    for phone in team:
        if phone.visits.open_round() is not None:
            phone.visits.finish_round()


def _home_with_resident(phone: Device) -> tuple[Record, Record]:
    """A household of the worker's own grid with somebody in it."""
    grid = phone.scope.villages[0].grids[0]
    for home in phone.households.search(""):
        residents = phone.households.residents(home.id)
        if home.grid == grid and residents:
            return home, residents[0]
    raise LookupError("no household with a resident")


def _cases(phone: Device, home: Record, resident: Record) -> None:
    """Direct and finished at the doorstep, taken along with a receipt, reported."""
    day = phone.today().isoformat()
    direct = phone.cases.new(
        NewCase(
            item="old-age-allowance-annual-review",
            resident=resident.id,
            answers={"reviewed_on": day},
            materials={"identity-card": "original_seen"},
        )
    )
    phone.cases.advance(direct.record.id, "finished", result="当场年审通过（演示）")
    proxy = _residence_permit(phone, home, resident)
    report = phone.cases.new(
        NewCase(item="fire-hazard-report", household=home.id, applicant_name="网格员发现",
                answers={"description": "楼道堆放杂物，电动车飞线充电"})
    )  # fmt: skip
    _say(
        "甲当场办结 / 代办 / 上报",
        f"{direct.item.name}、{proxy.item.name}（{proxy.receipt}）、{report.item.name}",
    )


def _residence_permit(phone: Device, home: Record, resident: Record) -> Any:
    return phone.cases.new(
        NewCase(
            item="residence-permit",
            household=home.id,
            resident=resident.id,
            answers={"present_address": str(home.values["address"]), "reason": "务工"},
            materials={"identity-card": "copy", "photo": "missing", "residence-evidence": "copy"},
        )
    )


def _one_household_two_workers(first: Device, second: Device, home: Record) -> None:
    """Different fields merge; the same field keeps the later word, and the other in its history."""
    first.change("household", home.id, {"phone": "19900000011"})
    second.change("household", home.id, {"note": "大门在后院"})
    second.change("household", home.id, {"phone": "19900000022"})
    _say("甲、乙改同一户", "电话两个说法，备注一个")


def _one_field_two_workers(first: Device, second: Device) -> None:
    """Two different phones for the applicant of one open case: a person will have to choose."""
    grid = first.scope.villages[0].grids[0]
    case = next(
        case
        for case in first.view.of_kind("case")
        if case.grid == grid and case.void is None and second.view.get(case.id) is not None
    )
    first.change("case", case.id, {"applicant_phone": "19900000033"})
    second.change("case", case.id, {"applicant_phone": "19900000044"})
    _say("甲、乙改同一办件的同一项", "申请人电话")


def _same_case_twice(second: Device, home: Record, resident: Record) -> None:
    """The same person's same matter, captured by another worker who could not know."""
    _residence_permit(second, home, resident)
    _say("乙又登记了同一个人的同一件事", "居住证办理")


def _evening(folder: Path, team: Team, network: LostReplies) -> Team:
    console.rule("傍晚：恢复信号 / evening")
    first, second, third = team
    second.close()
    code = killed_in_mid_sync(folder / "phone2.db")
    if code != KILLED:
        raise RuntimeError(f"the killed device ended with {code}")
    _say("乙的手机在同步中途被杀掉", f"退出码 {code}")
    second = Device(folder / "phone2.db", DEMO_PIN)
    report = first.sync()
    _say("甲同步", f"{report.pushed} 条送达，途中丢失 {network.lost} 次答复")
    for phone in (second, third):
        _say(f"{phone.identity.device_name} 同步", f"{phone.sync().pushed} 条送达")
    return Team(first, second, third)


def _settle(window: Desk, team: Team) -> None:
    console.rule("窗口：处理不一致和疑似重复 / the window settles")
    for conflict in window.get(f"/villages/{VILLAGE}/conflicts"):
        offer = conflict["offered"][0]
        window.post(f"/conflicts/{conflict['id']}/choice", take=offer["operation"], note="已电话核实（演示）")
        _say(
            f"{conflict['field']}：{conflict['standing']['value']} / {offer['value']}",
            f"采用 {offer['value']}",
        )
    for duplicate in window.get(f"/villages/{VILLAGE}/duplicates"):
        window.post(f"/duplicates/{duplicate['id']}/decision", decision="linked", reason="同一件事（演示）")
        _say("疑似重复", "认定为同一件事")


def _sync_all(team: Team) -> int:
    """Everybody syncs; how many parts differed from the server's, by hash."""
    return sum(len(phone.sync().diverged) for phone in team)


def _close_the_day(window: Desk, incoming: Desk, today: str) -> dict[str, Any]:
    """The window of the day signs without a stated reason, as nothing is unexplained; the next person countersigns."""
    window.post(f"/villages/{VILLAGE}/signatures", day=today, reasons={})
    closed: dict[str, Any] = incoming.post(f"/villages/{VILLAGE}/signatures/{today}/countersignature")
    return closed


def _result(
    captured: dict[str, Any], found: Found, before: Found, diverged: int, closed: dict[str, Any]
) -> dict[str, Any]:
    received = sum(1 for identifier in captured if identifier in found.operations)
    rows, signature = closed["rows"], closed["signature"]
    return {
        "captured": len(captured),
        "received": received,
        "lost": len(captured) - received,
        "applied_twice": applied_twice(found, before.revisions),
        "conflicts": found.kinds["conflict"] - before.kinds["conflict"],
        "suspected_duplicates": found.kinds["duplicate"] - before.kinds["duplicate"],
        "diverged": diverged,
        "reconciled": bool(rows)
        and all(row["standing"] == "complete" and row["missing"] == 0 for row in rows)
        and signature is not None
        and signature["incoming"] is not None,
    }


def _report(team: Team, found: Found, before: Found, result: dict[str, Any]) -> None:
    console.rule("日结 / the day, counted")
    table = Table("手机", "采集", *STATES)
    for phone in team:
        counts = phone.outbox.counts()
        table.add_row(
            phone.identity.device_name,
            str(sum(counts.values())),
            *(str(counts.get(state, 0)) for state in STATES),
        )
    console.print(table)
    for kind, label in (("visit", "入户"), ("case", "办件"), ("round", "走访"), ("conflict", "不一致"),
                        ("duplicate", "疑似重复"), ("day-signature", "日结签字")):  # fmt: skip
        _say(f"今天新增{label}", str(found.kinds[kind] - before.kinds[kind]))
    _say("对账", "已签字并接班签字，全部到齐" if result["reconciled"] else "未平")


def _good(result: dict[str, Any]) -> bool:
    return (
        result["lost"] == result["applied_twice"] == result["diverged"] == 0
        and result["conflicts"] >= 1
        and result["suspected_duplicates"] >= 1
        and result["reconciled"] is True
    )


if __name__ == "__main__":
    sys.exit(main())
