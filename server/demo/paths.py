"""How a demonstration case goes on after its capture: its moves, in legal order, each by somebody who may make it.

A step is (after how many working days, by whom, to which state, with which fields). Steps that would fall on or after
the day the city is made for have not happened yet, so the younger cases stand wherever they stand.
"""

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

import msgspec

from forms.catalogue import Finish, Item, Mode
from forms.handling.clocks import PauseKind
from forms.handling.materials import MaterialState
from forms.handling.rota import DrawnDay
from forms.handling.states import State
from server.demo.facts import Change
from server.demo.times import at
from sync.clock import moment

_OPENS, _CLOSES = 8 * 60 + 40, 16 * 60 + 50  # the window, minutes after midnight
_STUCK_SHARE, _WITHDRAWN_SHARE, _SUPPLEMENT_SHARE = 0.06, 0.03, 0.15
_NOT_ACCEPTED_SHARE, _REFUSED_SHARE, _FOLLOWED_UP_SHARE = 0.03, 0.06, 0.6
_HANDLING_DAYS_MAX = 25
_RECEIVED_LATER_SHARE = 0.5
RESULTS = {
    State.FINISHED: "已办结（演示）",
    State.ANSWERED: "已当场答复（演示）",
    State.INFORMED: "已告知（演示）",
    State.GRANTED: "准予（演示）",
    State.REFUSED: "不予（演示）",
    State.NOT_ACCEPTED: "不予受理（演示）",
    State.REPORTED_BACK: "相关单位已处理（演示）",
}
# States that nobody may put a case into without saying why (`forms.handling.duty`).
REASONS = {
    State.WITHDRAWN: "申请人撤回（演示）",
    State.NOT_ACCEPTED: "不属本部门受理范围（演示）",
    State.REFUSED: "不符合办理条件（演示）",
    State.TRANSFERRED: "村社无法直接处理，转相关单位（演示）",
    State.SUPPLEMENTING: "材料不全，一次性告知补正（演示）",
}


class Post(msgspec.Struct, frozen=True):
    """Who works on a village's cases: its rota by working day, and the town's clerk."""

    days: tuple[date, ...]
    rota: dict[date, DrawnDay]
    clerk: str
    until: date


class Captured(msgspec.Struct, frozen=True):
    """A case as it was captured: by its holder, with which values, at the doorstep or at the window."""

    record: str
    village: str
    item: Item
    values: dict[str, Any]
    holder: str
    at_ms: int
    day: date
    at_window: bool


class CasePath:
    """Walks one case on; `changes` yields its moves up to yesterday."""

    def __init__(self, random: Random, case: Captured, post: Post) -> None:
        self._random = random
        self._case = case
        self._post = post
        self._day = case.day
        self._at_ms = case.at_ms
        self._values = dict(case.values)

    def changes(self) -> Iterator[Change]:
        """The moves of the item's mode, until one would lie in the future."""
        steps = {
            Mode.DIRECT: self._direct,
            Mode.PROXY: self._proxy,
            Mode.REPORT: self._report,
            Mode.ASSIST: self._assist,
            Mode.INFORM: self._inform,
        }[self._case.item.mode]
        for change in steps():
            if change is None:
                return
            change.seen.update({field: self._values.get(field) for field in change.fields})
            self._values.update(change.fields)
            yield change

    def _direct(self) -> Iterator[Change | None]:
        if self._case.at_window or self._case.item.finish is Finish.DOORSTEP:
            yield self._soon(State.FINISHED)
            return
        yield self._soon(State.AWAITING_ONLINE)
        yield self._at_window(
            self._between(1, 3), State.FINISHED, department_number=self._department_number()
        )

    def _assist(self) -> Iterator[Change | None]:
        if self._random.random() < 0.6:
            yield self._soon(State.FINISHED)
        else:
            yield self._at_window(self._between(1, 4), State.FINISHED)

    def _inform(self) -> Iterator[Change | None]:
        yield self._soon(State.INFORMED)

    def _report(self) -> Iterator[Change | None]:
        if self._random.random() < 0.35:
            yield self._soon(State.ANSWERED)
            return
        yield self._at_window(self._between(1, 2), State.TRANSFERRED)
        if self._stuck():
            return
        yield self._at_town(self._between(1, 6), State.REPORTED_BACK)
        yield self._at_window(self._between(1, 3), State.FINISHED)

    def _proxy(self) -> Iterator[Change | None]:
        if self._case.at_window or self._random.random() > _RECEIVED_LATER_SHARE:
            yield self._soon(State.RECEIVED, received_at=True)
        else:
            yield self._at_window(self._between(1, 2), State.RECEIVED, received_at=True)
        if self._random.random() < _WITHDRAWN_SHARE:
            yield self._at_window(self._between(1, 3), State.WITHDRAWN)
            return
        yield self._at_window(self._between(1, 3), State.HANDED_UP, handed_up_at=True)
        if self._stuck():
            return
        if self._random.random() < _NOT_ACCEPTED_SHARE:
            yield self._at_town(self._between(1, 3), State.NOT_ACCEPTED, decided_at=True)
        else:
            number = self._department_number()
            yield self._at_town(
                self._between(1, 3), State.ACCEPTED, accepted_at=True, department_number=number
            )
            yield self._at_town(self._between(0, 1), State.PROCESSING)
            if self._random.random() < _SUPPLEMENT_SHARE:
                yield from self._supplement()
            if self._stuck():
                return
            refused = self._random.random() < _REFUSED_SHARE
            decision = State.REFUSED if refused else State.GRANTED
            yield self._at_town(self._handling_days(), decision, decided_at=True)
        yield self._at_window(self._between(1, 3), State.DELIVERED)
        yield self._at_window(self._between(0, 2), State.ARCHIVED)
        if self._random.random() < _FOLLOWED_UP_SHARE:
            yield self._at_window(self._between(5, 12), State.FOLLOWED_UP)

    def _supplement(self) -> Iterator[Change | None]:
        """The clock stands still from the day on which everything missing is told, until it is there."""
        materials = [material.key for material in self._case.item.materials[-1:]]
        missing = {f"materials/{key}": MaterialState.MISSING.value for key in materials}
        asked = self._at_town(self._between(1, 4), State.SUPPLEMENTING, missing_told_at=True, **missing)
        if asked is None:
            yield None
            return
        pause = {"reason": PauseKind.SUPPLEMENT.value, "start": moment(asked.at_ms)}
        asked.fields["pauses"] = [pause]
        yield asked
        brought = {f"materials/{key}": MaterialState.COPY.value for key in materials}
        answered = self._at_window(self._between(2, 6), State.PROCESSING, **brought)
        if answered is not None:
            answered.fields["pauses"] = [{**pause, "end": moment(answered.at_ms)}]
        yield answered

    def _handling_days(self) -> int:
        limit = sum(stage.days for stage in self._case.item.limit.stages) or 5
        return self._between(2, max(2, min(limit, _HANDLING_DAYS_MAX)))

    def _stuck(self) -> bool:
        """Now and then nobody goes on: what the town's supervisor is to find."""
        return self._random.random() < _STUCK_SHARE

    def _between(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))

    def _department_number(self) -> str:
        return f"演示-{self._random.randrange(10**8):08d}"

    def _soon(self, state: State, **fields: Any) -> Change:
        """A few minutes on, by the holder, who is on the doorstep or at the window."""
        self._at_ms += int((2 + 6 * self._random.random()) * 60_000)
        if state is State.FINISHED and self._case.item.finish is Finish.ONLINE:
            fields["department_number"] = self._department_number()
        return self._change(state, self._case.holder, fields)

    def _at_window(self, days: int, state: State, **fields: Any) -> Change | None:
        if not self._advance(days):
            return None
        window = self._post.rota[self._day].window
        return self._change(state, window[int(self._random.random() * len(window))], fields)

    def _at_town(self, days: int, state: State, **fields: Any) -> Change | None:
        return self._change(state, self._post.clerk, fields) if self._advance(days) else None

    def _advance(self, days: int) -> bool:
        """Go on by so many working days, to some minute of the window's hours; False where that is not past."""
        days_known = self._post.days
        place = next((n for n, day in enumerate(days_known) if day >= self._day), len(days_known))
        ahead = (
            place + days
            if place < len(days_known) and days_known[place] == self._day
            else place + max(0, days - 1)
        )
        if ahead >= len(days_known) or days_known[ahead] >= self._post.until:
            return False
        day = days_known[ahead]
        earliest = _OPENS if day > self._day else (self._at_ms - at(day.toordinal(), 0)) / 60_000 + 1
        if earliest >= _CLOSES:
            return False
        self._day = day
        self._at_ms = at(day.toordinal(), earliest + (_CLOSES - earliest) * self._random.random() ** 1.5)
        return True

    def _change(self, state: State, by: str, fields: dict[str, Any]) -> Change:
        """The move; a field given as True is the moment of the move."""
        said = moment(self._at_ms)
        values = {name: said if value is True else value for name, value in fields.items()}
        if state in RESULTS:
            values["result"] = RESULTS[state]
        if state in REASONS:
            values["reason"] = REASONS[state]
        case = self._case
        return Change(
            kind="case",
            record=case.record,
            village=case.village,
            at_ms=self._at_ms,
            fields={"state": state.value, **values},
            seen={},
            by=by,
        )
