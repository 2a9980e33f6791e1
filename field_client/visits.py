"""Rounds and household visits: started on the way, finished at the door, or written up later (补记).

A round opens with its first visit and closes by its button, or by itself 3 hours after its last visit
(`grid_map.counting`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from field_client.answers import answer_fields, check_answers
from field_client.capture import Captured
from field_client.errors import NotFound, Refused
from forms.catalogue import Mode
from forms.problem import Problem
from grid_map.counting import ROUND_OPEN_HOURS, round_closes_at
from grid_map.visit_classes import HOUR_MS
from sync.counting_facts import DEFAULT_CLASS, occurred_ms, round_fact
from sync.record import Record

if TYPE_CHECKING:
    from field_client.device import Device

DRAFT = "visit"


class OpenVisit(msgspec.Struct, frozen=True):
    """A visit that was started and not finished; kept on the disk, not an operation yet."""

    household: str | None
    started_at: str
    place: str | None = None


class Visits:
    """What a device shows and captures of rounds and visits."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def open_round(self, at_ms: int | None = None) -> Record | None:
        """The worker's round that is open now (or was at a moment); None if there is none."""
        device, now_ms = self._device, at_ms or self._device.now_ms()
        last: dict[str, int] = {}
        for visit in device.shown.of_kind("visit"):
            round_ = visit.values.get("round")
            if round_ is not None:
                last[round_] = max(last.get(round_, 0), occurred_ms(visit))
        open_ = [
            one
            for one in self._own_rounds()
            if occurred_ms(one) <= now_ms < round_closes_at(round_fact(one), last.get(one.id))
        ]
        return max(open_, key=occurred_ms, default=None)

    def round_for(self, at_ms: int, grid: str) -> Record | None:
        """The round to which a visit belongs: the one open at its moment, else one that began soon after in its grid.

        A visit written up after a later one joins that one's round. None where a new round begins.
        """
        after = [
            one
            for one in self._own_rounds()
            if one.grid == grid and 0 < occurred_ms(one) - at_ms <= ROUND_OPEN_HOURS * HOUR_MS
        ]
        return self.open_round(at_ms) or max(after, key=occurred_ms, default=None)

    def _own_rounds(self) -> list[Record]:
        device = self._device
        return [one for one in device.shown.of_kind("round") if one.values["worker"] == device.worker]

    def start_round(self, grid: str | None = None, started_at: str | None = None) -> Captured:
        """Begin a round in a grid (one's first one where none is said)."""
        device = self._device
        village, own = self._own_grid(grid)
        fields = {"worker": device.worker, "grid": own, "started_at": started_at or device.said()}
        return device.create("round", village, fields)

    def finish_round(self, note: str | None = None) -> Captured:
        """Close the open round. NotFound if none is open."""
        round_ = self.open_round()
        if round_ is None:
            raise NotFound("没有进行中的走访", "no round is open")
        fields: dict[str, Any] = {"finished_at": self._device.said()}
        if note:
            fields["note"] = note
        return self._device.change("round", round_.id, fields)

    def start(self, household: str | None, place: str | None = None) -> OpenVisit:
        """Note that a visit begins; it becomes an operation when it is finished."""
        opened = OpenVisit(household, self._device.said(), place)
        self._device.keep_draft(DRAFT, opened)
        return opened

    def open_visit(self) -> OpenVisit | None:
        """The visit that was started and not finished."""
        draft = self._device.draft(DRAFT)
        return None if draft is None else msgspec.convert(draft, OpenVisit)

    def finish(self, fields: dict[str, Any], anyway: bool = False) -> Captured:
        """Finish the visit that was started. NotFound if none was."""
        opened = self.open_visit()
        if opened is None:
            raise NotFound(
                "没有进行中的入户，请先开始或用补记", "no visit is open; start one or write one up"
            )
        times = {"started_at": opened.started_at, "ended_at": self._device.said()}
        captured = self.record(opened.household, {**times, **fields}, place=opened.place, anyway=anyway)
        self._device.keep_draft(DRAFT, None)
        return captured

    def later(
        self,
        household: str | None,
        started_at: str,
        fields: dict[str, Any],
        anyway: bool = False,
        place: str | None = None,
    ) -> Captured:
        """Write a visit up later: when it occurred and when it is recorded are two times.

        `started_at` is the time as it was; it is kept as the phone's clock would have said it, as every record is.
        """
        device = self._device
        said = {
            "started_at": device.as_said(started_at),
            "recorded_at": device.said(),
            "written_up_later": True,
        }
        return self.record(household, {**said, **fields}, place=place, anyway=anyway)

    def record(
        self,
        household: str | None,
        fields: dict[str, Any],
        *,
        place: str | None = None,
        item: str | None = None,
        answers: dict[str, Any] | None = None,
        anyway: bool = False,
    ) -> Captured:
        """Capture a visit at once: to a household or a place, with a visit item's form inside where one is named.

        `fields` as kind `visit` has them (`outcome` at least); a round is opened where none is open.
        """
        device = self._device
        values: dict[str, Any] = {"worker": device.worker, "started_at": device.said()}
        if household is not None:
            record = device.shown.get(household) or device.households.get(household)
            village, grid = record.village, record.grid
            values |= {"household": record.id, "visit_class": record.values.get("visit_class", DEFAULT_CLASS)}
        else:
            village, grid = self._own_grid(None)
            values["place"] = place
        values |= {"grid": grid, **fields}
        if item is not None:
            values |= self._item_fields(item, answers or {}, anyway)
        if "round" not in values:
            later = bool(values.get("written_up_later"))
            at_ms = device.corrected_ms(values["started_at"]) if later else device.now_ms()
            joined = self.round_for(at_ms, str(grid))
            values["round"] = (
                joined.id if joined is not None else self.start_round(grid, values["started_at"]).record
            )
        return device.create("visit", village, values, None, anyway)

    def amend(self, visit: str, fields: dict[str, Any], anyway: bool = False) -> Captured:
        """Correct one's own visit while its month is open; what was first written stays in the history."""
        return self._device.change("visit", visit, fields, anyway)

    def _own_grid(self, grid: str | None) -> tuple[str, str]:
        """(village, grid): the one named, or the worker's first."""
        for of in self._device.scope.villages:
            for own in of.grids:
                if grid in (None, own):
                    return of.village, own
        if grid is None:
            raise NotFound("名下没有网格，请联系村社负责人", "no grid is assigned to this worker")
        village = self._device.shown.world.village_of_grid(grid)
        if village is None:
            raise NotFound(f"本机没有这个网格：{grid}", f"no such grid on this device: {grid}")
        return village, grid

    def _item_fields(self, key: str, answers: dict[str, Any], anyway: bool) -> dict[str, Any]:
        device = self._device
        catalogue = device.shown.reference.catalogue
        item = device.cases.item(key)
        if item.mode is not Mode.VISIT:
            raise NotFound(
                f"“{item.name}”不是走访类事项",
                f"{item.key} is no visit item",
                "登记办件用：allpost-field case new；走访类事项用 items search 走访 查找",
                "capture a case with case new; items search finds visit items",
            )
        problems = check_answers(catalogue, item, answers, device.today())
        refuse(problems, anyway)
        return {"item": item.key, "item_version": item.version, **answer_fields(answers)}


def visitors(visit: Record) -> tuple[str, ...]:
    """Who made a visit: its worker, and who came along."""
    return (visit.values["worker"], *visit.values.get("companions", ()))


def refuse(problems: list[Problem], anyway: bool) -> None:
    """Refused with every mistake, unless it is to be captured anyway."""
    found = [one for one in problems if not one.remark]
    if found and not anyway:
        raise Refused(found)
