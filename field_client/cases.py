"""Cases: captured with what is known filled in, their materials, their moves, and what the resident is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from field_client.answers import answer_fields, answers_of, check_answers, prefilled
from field_client.capture import Captured, require
from field_client.errors import NotFound
from field_client.visits import refuse
from forms.catalogue import Catalogue, Item, Mode
from forms.definition import Label
from forms.handling.case_clock import milestones_of, pauses_of
from forms.handling.duty import first_contact, hand_over
from forms.handling.explanation import explain
from forms.handling.interruptions import take_back
from forms.handling.limits import Promise, promise
from forms.handling.materials import Notice, check_materials, one_off_notice
from forms.handling.moves import WORKFLOWS, Move
from forms.handling.receipt import grouped, provisional_number
from forms.handling.states import State
from forms.handling.workflow import is_open, moves_from
from forms.problem import Problem
from grid_map.days import count_day
from sync.apply import fingerprint_of
from sync.record import Record

if TYPE_CHECKING:
    from field_client.device import Device

MILESTONES = {
    State.RECEIVED: "received_at",
    State.HANDED_UP: "handed_up_at",
    State.ACCEPTED: "accepted_at",
    State.GRANTED: "decided_at",
    State.REFUSED: "decided_at",
    State.NOT_ACCEPTED: "decided_at",
    State.TERMINATED: "decided_at",
    State.DELIVERED: "delivered_at",
}


class NewCase(msgspec.Struct, kw_only=True):
    """What a worker says of a new case; the rest is filled in. `answers` are flat, `materials` states by key."""

    item: str
    resident: str | None = None
    household: str | None = None
    village: str | None = None
    applicant_name: str | None = None
    applicant_phone: str | None = None
    applicant_identity_number: str | None = None
    answers: dict[str, Any] = {}
    materials: dict[str, str] = {}
    visit: str | None = None
    note: str | None = None
    told: bool = False
    files: list[str] = []
    """Digests of photos that the device keeps (`Device.attach`)."""


class CaseSheet(msgspec.Struct, kw_only=True):
    """A case as a person reads it: its item, when it is due and why, what is missing, where it can go."""

    record: Record
    item: Item
    promise: Promise
    explanation: Label
    notice: Notice
    moves: tuple[Move, ...]
    receipt: str | None
    remarks: list[Problem] = []
    captured: Captured | None = None


class Cases:
    """What a device shows and captures of cases."""

    def __init__(self, device: Device) -> None:
        self._device = device

    @property
    def catalogue(self) -> Catalogue:
        """The published catalogue. NotFound before the first sync."""
        catalogue = self._device.shown.reference.catalogue
        if not catalogue.items:
            raise NotFound("还没有事项目录，请先联网同步", "there is no catalogue yet; sync first")
        return catalogue

    def item(self, key: str) -> Item:
        """An item in force today, by its key or number. NotFound if there is none."""
        today = self._device.today()
        found = self.catalogue.current(key, today)
        if found is None and key.isdecimal():
            found = next((one for one in self.catalogue.in_force(today) if one.number == int(key)), None)
        if found is None:
            raise NotFound(f"目录里没有这个事项：{key}", f"no such item: {key}")
        return found

    def new(self, wanted: NewCase, anyway: bool = False) -> CaseSheet:
        """Capture a case. Refused with every problem of its form, materials and applicant at once."""
        device, item = self._device, self.item(wanted.item)
        resident = None if wanted.resident is None else require(device.shown, "resident", wanted.resident)
        household_id = wanted.household or (None if resident is None else resident.values.get("household"))
        household = None if household_id is None else device.shown.get(household_id)
        answers = {**self._prefill(item, household, resident), **wanted.answers}
        today = device.today()
        problems = [
            one
            for one in (
                *check_answers(self.catalogue, item, answers, today),
                *check_materials(item, wanted.materials),
            )
            if not one.remark
        ]
        place = household or resident
        village = wanted.village or (device.village if place is None else place.village)
        case = device.new_id()
        fields = self._fields(wanted, item, household_id, answers)
        if item.mode is Mode.PROXY:
            fields["receipt_number"] = provisional_number(village, today, UUID(case))
        if wanted.told and one_off_notice(item, wanted.materials, today).ready:
            fields["missing_told_at"] = device.said()
        captured = device.create("case", village, fields, case, anyway, problems)
        sheet = self.sheet(case, captured)
        sheet.remarks += self._suspected(sheet.record)
        return sheet

    def _prefill(self, item: Item, household: Record | None, resident: Record | None) -> dict[str, Any]:
        form = self.catalogue.form(item.form)
        return {} if form is None else prefilled(form, household, resident)

    def _fields(
        self, wanted: NewCase, item: Item, household: str | None, answers: dict[str, Any]
    ) -> dict[str, Any]:
        device = self._device
        said = device.said()
        fields: dict[str, Any] = {
            "item": item.key,
            "item_version": item.version,
            "state": WORKFLOWS[item.mode].initial.value,
            "captured_at": said,
            "household": household,
            "resident": wanted.resident,
            "applicant_name": wanted.applicant_name,
            "applicant_phone": wanted.applicant_phone,
            "applicant_identity_number": wanted.applicant_identity_number,
            "visit": wanted.visit,
            "note": wanted.note,
            "files": wanted.files or None,
            **first_contact(device.worker),
            **answer_fields(answers),
            **{f"materials/{key}": state for key, state in wanted.materials.items()},
        }
        return {field: value for field, value in fields.items() if value is not None}

    def get(self, case: str) -> Record:
        """A case by its id, the beginning of it, or its receipt or official number."""
        found = self._device.shown.get(case)
        if found is not None and found.kind == "case":
            return found
        plain = case.replace("-", "").upper()
        matching = [
            one
            for one in self._device.view.of_kind("case")
            if one.id.startswith(case)
            or plain in (one.values.get("receipt_number"), one.values.get("official_number"))
        ]
        if len(matching) != 1:
            raise NotFound(
                f"本机没有找到这个办件（或不止一个）：{case}",
                f"no single case found: {case}",
                "写回执号，或 allpost-field case list 里的编号",
                "give the number on its slip, or the id in case list",
            )
        return matching[0]

    def mine(self, open_only: bool = True) -> list[Record]:
        """The cases that the worker holds, oldest first."""
        device = self._device
        held = [one for one in device.view.of_kind("case") if one.holder == device.worker]
        if open_only:
            held = [one for one in held if (item := self._item_of(one)) is None or _is_open(item, one)]
        return sorted(held, key=lambda one: str(one.values["captured_at"]))

    def sheet(self, case: str, captured: Captured | None = None) -> CaseSheet:
        """A case as a person reads it."""
        record = self.get(case)
        item = self._item_of(record)
        if item is None:
            raise NotFound("目录里没有这个办件的事项版本", "this case's item version is not in the catalogue")
        milestones, calendar = milestones_of(record.values), self._device.shown.reference.calendar
        promised = promise(item, milestones, calendar, pauses_of(record.values))
        state = str(record.values["state"])
        number = record.values.get("official_number") or record.values.get("receipt_number")
        return CaseSheet(
            record=record,
            item=item,
            promise=promised,
            explanation=explain(item, milestones, promised),
            notice=one_off_notice(item, materials_of(record), self._device.today()),
            moves=moves_from(item.mode, State(state)) if state in State.__members__.values() else (),
            receipt=None if number is None else grouped(number),
            remarks=[] if captured is None else list(captured.remarks),
            captured=captured,
        )

    def set_materials(self, case: str, materials: dict[str, str], told: bool = False) -> CaseSheet:
        """Write down how materials were met; `told`: the one-off notice was given, where it is complete."""
        record = self.get(case)
        item = self._item_of(record)
        if item is not None:
            refuse(check_materials(item, materials), anyway=False)
        fields: dict[str, Any] = {f"materials/{key}": state for key, state in materials.items()}
        if told and item is not None:
            notice = one_off_notice(item, {**materials_of(record), **materials}, self._device.today())
            if notice.ready:
                fields["missing_told_at"] = self._device.said()
        return self.sheet(record.id, self._device.change("case", record.id, fields))

    def set_answers(self, case: str, answers: dict[str, Any], anyway: bool = False) -> CaseSheet:
        """Change answers of a case's form; checked with those that it has."""
        record = self.get(case)
        item = self._item_of(record)
        if item is not None:
            whole = {**answers_of(record), **answers}
            refuse(
                check_answers(self.catalogue, item, whole, count_day(self._device.now_ms())),
                anyway,
            )
        captured = self._device.change("case", record.id, answer_fields(answers), anyway)
        return self.sheet(record.id, captured)

    def advance(
        self, case: str, state: str, reason: str | None = None, anyway: bool = False, **more: Any
    ) -> CaseSheet:
        """Move a case on; the moment of the move is written down with it. `more` are further fields."""
        record = self.get(case)
        said = self._device.said()
        fields: dict[str, Any] = {"state": state, **more}
        if reason is not None:
            fields["reason"] = reason
        if state == State.RECEIVED and record.values.get("state") == State.HANDED_UP:
            fields = {**take_back(), **fields}
        elif state in MILESTONES:
            fields.setdefault(MILESTONES[State(state)], said)
        pauses = _closed_pauses(record, said)
        if record.values.get("state") == State.SUPPLEMENTING and pauses is not None:
            fields["pauses"] = pauses
        return self.sheet(record.id, self._device.change("case", record.id, fields, anyway))

    def hand_over(self, case: str, receiver: str, reason: str) -> CaseSheet:
        """AB岗: give a case to a colleague, formally."""
        record = self.get(case)
        at = datetime.fromisoformat(self._device.said()).astimezone(UTC)
        fields = hand_over(record.values, receiver, reason, at)
        return self.sheet(record.id, self._device.change("case", record.id, fields))

    def _item_of(self, case: Record) -> Item | None:
        values = case.values
        return self._device.shown.reference.catalogue.item(values["item"], values["item_version"])

    def _suspected(self, case: Record) -> list[Problem]:
        """Other open cases here that look like the same matter; the server finds all of them."""
        world = self._device.shown.world
        mark = fingerprint_of(world, case)
        if mark is None:
            return []
        alike = [
            one.id
            for one in self._device.shown.of_kind("case")
            if one.id != case.id
            and one.values.get("item") == case.values["item"]
            and fingerprint_of(world, one) == mark
        ]
        return [
            Problem(
                pointer="",
                code="suspected-duplicate",
                message=f"疑似重复：同一人的同一事项已有未办结的办件 {identifier[:13]}",
                message_en=f"a suspected duplicate of the open case {identifier}",
                remark=True,
            )
            for identifier in alike
        ]


def materials_of(case: Record) -> dict[str, str]:
    """How each material of a case was met."""
    return {name[10:]: str(value) for name, value in case.values.items() if name.startswith("materials/")}


def _is_open(item: Item, case: Record) -> bool:
    state = case.values["state"]
    return is_open(item.mode, state) or any(move.onward for move in moves_from(item.mode, state))


def _closed_pauses(case: Record, at: str) -> list[dict[str, Any]] | None:
    """The pauses of a case with the open supplement ended; None where none is open."""
    pauses = [dict(pause) for pause in case.values.get("pauses") or ()]
    for pause in pauses:
        if pause["reason"] == "supplement" and pause.get("end") is None:
            pause["end"] = at
            return pauses
    return None
