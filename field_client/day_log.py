"""The day's 民情日志, out of what was captured anyway: nothing is typed twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from field_client.visits import visitors
from forms.handling.states import STATE_LABELS, State
from grid_map.counting import pace_rounds, worker_households
from grid_map.counting_rules import ROUND_ATTEMPTED, WORKER_HOUSEHOLD_DAY, Count
from grid_map.days import count_day
from grid_map.visit_classes import load_visit_classes
from sync.clock import moment, moment_ms
from sync.counting_facts import occurred_ms, round_fact, visit_fact
from sync.record import Record

if TYPE_CHECKING:
    from field_client.device import Device

OUTCOMES = {
    "met": "见到",
    "not_home": "未遇",
    "phone": "电话联系",
    "service_point": "服务点见面",
    "seen": "见到住处",
}
FINDINGS = {
    "dispute": "矛盾纠纷", "request": "群众诉求", "suggestion": "意见建议", "security": "治安",
    "fire": "消防", "environment": "环境", "other": "其他",
}  # fmt: skip
DISPOSITIONS = {"on_the_spot": "当场处理", "taken_along": "带回", "reported": "上报"}
_SHANGHAI_MS = 8 * 3600 * 1000


class Day(msgspec.Struct, kw_only=True):
    """A worker's day. Counts name their rule; `waiting` are operations of the device not handed over yet."""

    day: date
    visits: list[Record]
    cases: list[Record]
    requests: list[Record]
    rounds: Count
    households: Count
    waiting: int
    text: str = ""


class DayLog:
    """The worker's own days."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def of(self, day: date) -> Day:
        """One day, as records and as text."""
        device = self._device
        view, worker = device.view, device.worker
        mine = [one for one in view.of_kind("visit") if worker in visitors(one)]
        visits = sorted((one for one in mine if count_day(occurred_ms(one)) == day), key=occurred_ms)
        facts = [visit_fact(one) for one in mine]
        rounds = [round_fact(one) for one in view.of_kind("round")]
        of_day = [one for one in rounds if count_day(one.started_at_ms) == day]
        cases = [
            one
            for one in view.of_kind("case")
            if worker in (one.by, one.values.get("first_contact")) and count_day(occurred_ms(one)) == day
        ]
        asked = [
            one
            for one in view.of_kind("request")
            if one.values["worker"] == worker and count_day(moment_ms(one.values["asked_at"])) == day
        ]
        found = Day(
            day=day,
            visits=visits,
            cases=cases,
            requests=asked,
            rounds=pace_rounds(of_day, facts, worker),
            households=worker_households(
                [fact for fact in facts if count_day(fact.occurred_at_ms) == day],
                load_visit_classes(),
                worker,
            ),
            waiting=device.outbox.counts().get("waiting", 0),
        )
        found.text = "\n".join(self._lines(found))
        return found

    def _lines(self, day: Day) -> Iterator[str]:
        device = self._device
        yield f"民情日志　{day.day.year}年{day.day.month}月{day.day.day}日　{device.identity.worker.name}"
        yield f"走访{day.rounds.number}轮，入户{day.households.number}户（按本机登记；本机现有{day.waiting}条待上报）"
        for visit in day.visits:
            yield from self._visit_lines(visit)
        for case in day.cases:
            yield f"办件　{self._item_name(case)}　{self._person(case)}　{_state(case)}"
        for request in day.requests:
            yield f"目录外诉求　{request.values['text']}"
        if not (day.visits or day.cases or day.requests):
            yield "当天没有登记"
        yield f"计数规则：{WORKER_HOUSEHOLD_DAY.zh}"
        yield f"　　　　　{ROUND_ATTEMPTED.zh}"

    def _visit_lines(self, visit: Record) -> Iterator[str]:
        values = visit.values
        where = self._household(values.get("household")) or values.get("place") or ""
        later = "（补记）" if values.get("written_up_later") else ""
        with_whom = self._device.view.names(values.get("companions", ()))
        together = f"　同行：{with_whom}" if with_whom else ""
        yield f"{clock_time(visit)}　{where}　{OUTCOMES.get(values['outcome'], values['outcome'])}{later}{together}"
        for finding in values.get("findings", ()):
            done = DISPOSITIONS.get(finding.get("disposition"), "")
            kind = FINDINGS.get(finding["type"], finding["type"])
            yield f"　　{kind}：{finding.get('text', '')}" + (f"（{done}）" if done else "")
        if values.get("note"):
            yield f"　　{values['note']}"

    def _household(self, household: str | None) -> str | None:
        record = None if household is None else self._device.view.get(household)
        return (
            None
            if record is None
            else f"{record.values['name'].removesuffix('户')}户　{record.values['address']}"
        )

    def _item_name(self, case: Record) -> str:
        values = case.values
        item = self._device.view.reference.catalogue.item(values["item"], values["item_version"])
        return str(values["item"]) if item is None else item.name

    def _person(self, case: Record) -> str:
        resident = self._device.view.get(str(case.values.get("resident")))
        return (
            str(case.values.get("applicant_name", "")) if resident is None else str(resident.values["name"])
        )


def clock_time(record: Record) -> str:
    """When something occurred, as the wall clock in Haining showed it."""
    return moment(occurred_ms(record) + _SHANGHAI_MS)[11:16]


def _state(case: Record) -> str:
    state = str(case.values["state"])
    return STATE_LABELS[State(state)].zh if state in State.__members__.values() else state
