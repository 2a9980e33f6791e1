"""The cases of one village: captured on visits and at the window, walked on by `paths`, with the tasks that follow."""

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

from forms.answers import flatten
from forms.handling.moves import WORKFLOWS
from forms.handling.states import State
from grid_map.days import count_day
from server.demo.answers import About, answers_for
from server.demo.facts import Change, Fact, new_id
from server.demo.paths import Captured, CasePath, Post
from server.demo.rota import calendar
from server.demo.settlement import Home, Inhabitant
from server.demo.times import at
from server.demo.visits import Met
from server.demo.wishes import Wish, draw_wish, report_of
from sync.clock import moment

CASES_A_WORKING_DAY = 2
_ON_VISITS_SHARE = 0.45
_LATE_MINUTE = 16 * 60
_TASK_DUE_WORKING_DAYS = 5
# By the state that a case came to: the type and the title of the task that it leaves.
_LEFT_TO_DO = {
    State.SUPPLEMENTING.value: ("supplement", "补交材料"),
    State.GRANTED.value: ("delivery", "送达办理结果"),
    State.REFUSED.value: ("delivery", "送达办理结果"),
    State.ARCHIVED.value: ("follow_up", "办结回访"),
}
_MATERIALS = ("original_seen", "original_seen", "copy", "photo")


class Cases:
    """Yields cases, their later moves and their tasks."""

    def __init__(self, random: Random, village: str, homes: list[Home], post: Post) -> None:
        self._random = random
        self._village = village
        self._homes = homes
        self._post = post
        self._open: set[tuple[str, str]] = set()

    def facts(self, met: list[Met], count: int) -> Iterator[Fact | Change]:
        """About `count` cases: one for each finding that was reported, then on visits and at the window."""
        left = count
        for visit in met:
            for finding in visit.fields.get("findings", ()):
                if finding["disposition"] == "reported":
                    left -= 1
                    yield from self._from_finding(visit, finding)
        on_visits = min(len(met), max(0, round(left * _ON_VISITS_SHARE)))
        for visit in sorted(self._random.sample(met, on_visits), key=lambda visit: visit.started_ms):
            yield from self._on_visit(visit)
        days = [day for day in self._post.days if day < self._post.until]
        for _ in range(max(0, left - on_visits) if days else 0):
            yield from self._at_window(self._random.choice(days))

    def reminders(self, not_home: list[tuple[str, Home, int]]) -> Iterator[Fact]:
        """A task to call again, for some of the last attempts in vain."""
        for worker, home, at_ms in not_home[-20::4]:
            fields = {"type": "visit", "title": "未遇，改日再访", "holder": worker, "household": home.id}
            yield self._task(fields, at_ms)

    def _from_finding(self, visit: Met, finding: dict[str, Any]) -> Iterator[Fact | Change]:
        day = date.fromordinal(visit.day)
        wish = report_of(finding["type"], day)
        person = visit.home.adults[0]
        if wish is not None:
            yield from self._visit_case(visit, person, wish, finding["text"])

    def _on_visit(self, visit: Met) -> Iterator[Fact | Change]:
        person = self._random.choice(visit.home.adults)
        wish = draw_wish(self._random, date.fromordinal(visit.day), visit.home, person)
        if wish is not None:
            yield from self._visit_case(visit, person, wish, f"上门时提出办理：{wish.item.name}")

    def _visit_case(self, visit: Met, person: Inhabitant, wish: Wish, said: str) -> Iterator[Fact | Change]:
        at_ms = visit.started_ms + int(
            (visit.ended_ms - visit.started_ms) * (0.3 + 0.5 * self._random.random())
        )
        about = About(person, visit.home, date.fromordinal(visit.day), said)
        made = list(self._case(wish, about, at_ms, visit.worker, visit))
        if made:
            visit.fields["cases"] = sorted([*visit.fields.get("cases", ()), made[0].record])
        yield from made

    def _at_window(self, day: date) -> Iterator[Fact | Change]:
        home = self._random.choice(self._homes)
        person = self._random.choice(home.adults)
        wish = draw_wish(self._random, day, home, person)
        if wish is None:
            return
        window = self._post.rota[day].window
        worker = window[int(self._random.random() * len(window))]
        minute = 8 * 60 + 40 + self._random.random() * (_LATE_MINUTE - 8 * 60 - 40)
        about = About(person, home, day, f"到窗口提出：{wish.item.name}")
        yield from self._case(wish, about, at(day.toordinal(), minute), worker, None)

    def _case(
        self, wish: Wish, about: About, at_ms: int, worker: str, visit: Met | None
    ) -> Iterator[Fact | Change]:
        item, person = wish.item, about.person
        if (person.id, item.key) in self._open:
            return  # the same person does not come twice with one item: duplicates are not made by accident
        self._open.add((person.id, item.key))
        record = new_id(self._random, at_ms)
        fields: dict[str, Any] = {
            "item": item.key,
            "item_version": item.version,
            "state": WORKFLOWS[item.mode].initial.value,
            "household": about.home.id,
            "resident": person.id,
            "applicant_name": person.name,
            "holder": worker,
            "first_contact": worker,
            "captured_at": moment(at_ms),
        }
        optional = {
            "applicant_phone": person.phone,
            "applicant_identity_number": person.identity_number,
            "visit": None if visit is None else visit.id,
        }
        fields |= {name: value for name, value in optional.items() if value is not None}
        answers = flatten(answers_for(wish.form, self._random, about))
        fields |= {f"answers/{path}": value for path, value in answers.items()}
        fields |= {
            f"materials/{material.key}": self._random.choice(_MATERIALS) for material in item.materials
        }
        yield Fact("case", record, self._village, at_ms, fields)
        captured = Captured(record, self._village, item, fields, worker, at_ms, about.day, visit is None)
        changes = list(CasePath(self._random, captured, self._post).changes())
        yield from changes
        yield from self._tasks(fields, record, changes)

    def _tasks(self, case: dict[str, Any], record: str, changes: list[Change]) -> Iterator[Fact | Change]:
        """What a supplement, a decision or an archived case leaves to do; done when the case moved on."""
        common = {"holder": case["holder"], "household": case["household"], "case": record}
        for place, change in enumerate(changes):
            made = _LEFT_TO_DO.get(change.fields["state"])
            if made is None:
                continue
            kind, title = made
            task = self._task({**common, "type": kind, "title": title}, change.at_ms)
            yield task
            if place + 1 < len(changes):
                done = changes[place + 1].at_ms + 1_000
                yield Change(
                    kind="task",
                    record=task.record,
                    village=self._village,
                    at_ms=done,
                    fields={"state": "done"},
                    seen={"state": "open"},
                    by=case["holder"],
                )

    def _task(self, fields: dict[str, Any], at_ms: int) -> Fact:
        made = at_ms + 1_000
        due = calendar().add_working_days(count_day(made), _TASK_DUE_WORKING_DAYS).day
        whole = {**fields, "due": due.isoformat(), "state": "open"}
        return Fact("task", new_id(self._random, made), self._village, made, whole)
