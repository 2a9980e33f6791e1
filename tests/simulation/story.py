"""One seeded story: a village's phones capture, lose replies, repeat, are cloned and sync; at its end nothing may be
lost, doubled, leaked or stuck, and every copy equals the server's records in its scope.

The story uses the real application on a real database and the bare client of `tests.server.sync_device`.
"""

from __future__ import annotations

import copy
import random
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from grid_map.days import count_day
from server.store import batches
from sync.clock import moment
from sync.operation import Operation
from sync.record import Record, part_of
from tests.server.sync_device import Refused, ReplyLost, SyncDevice
from tests.server.sync_village import (
    DAY_MS,
    GRID_1,
    GRID_2,
    GRID_3,
    HOUR_MS,
    MINUTE_MS,
    NEXT_GRID,
    TinyVillage,
    drawn_from,
    faults_of,
    small_catalogue,
    tiny_village,
)

GRIDS = (GRID_1, GRID_2, GRID_3)
NEXT_STATES = {
    "registered": ("finished", "awaiting_online", "answered", "transferred"),
    "awaiting_online": ("finished",),
    "entrusted": ("received", "withdrawn"),
    "received": ("handed_up", "withdrawn"),
}
SETTLED = ("applied", "merged", "conflict")


class Broken(AssertionError):
    """The story ended with something lost, doubled, leaked or stuck."""


class Phone(SyncDevice):
    """A device with what a story remembers of it."""

    snapshot: dict[str, Any] | None = None

    def remember(self) -> None:
        """Take a backup of the phone, as a clone or a restore would bring it back."""
        kept = {
            name: value
            for name, value in vars(self).items()
            if name not in ("client", "_now", "random", "catalogue", "signing_key", "sealing_key", "snapshot")
        }
        self.snapshot = copy.deepcopy(kept)

    def restore(self) -> bool:
        """Come back as the backup was; what was captured since and never acknowledged is gone with the phone."""
        if self.snapshot is None or self.snapshot["device"] != self.device:
            return False
        if any(operation.counter > self.acknowledged for operation in self.operations):
            return False
        vars(self).update(copy.deepcopy(self.snapshot))
        return True


class Story:
    """A story of one seed in a folder of its own."""

    def __init__(self, seed: int, steps: int, village: TinyVillage) -> None:
        self.random = random.Random(seed)
        self.steps = steps
        self.village = village
        self.catalogue = small_catalogue(village.today)
        self.phones = [self._phone(name) for name in ("wang", "li", "lead", "neighbour")]
        self.told: list[str] = []
        self.every_id: dict[str, str] = {}
        self.captured = 0
        self.unknown_records: list[tuple[str, str]] = []

    def _phone(self, username: str) -> Phone:
        phone = Phone(
            self.village.client,
            username,
            lambda: self.village.now_ms,
            self.catalogue,
            random.Random(self.random.random()),
        )
        phone.enrol()
        phone.pull_all()
        return phone

    def run(self) -> None:
        """Tell the story, then let everybody come back into coverage, and look at what is left."""
        actions = (
            (self._edit_household, 14),
            (self._edit_resident, 8),
            (self._visit, 10),
            (self._open_case, 8),
            (self._edit_case, 14),
            (self._task, 4),
            (self._move_household, 4),
            (self._merge_residents, 2),
            (self._new_household, 3),
            (self._void, 4),
            (self._settle, 5),
            (self._assign, 3),
            (self._nonsense, 3),
            (self._mend, 3),
            (self._ahead_of_its_record, 3),
            (self._push, 14),
            (self._push_with_a_lost_reply, 6),
            (self._push_again, 3),
            (self._pull, 8),
            (self._sync, 8),
            (self._time_passes, 8),
            (self._clone, 2),
        )
        doing, weights = zip(*actions, strict=True)
        while self.captured < self.steps:
            action = self.random.choices(doing, weights)[0]
            phone = self.random.choice(self.phones)
            self.village.now_ms += self.random.randrange(1, 5 * MINUTE_MS)
            self._do(action, phone)
        self.heal()
        self.judge()

    def _do(self, action: Any, phone: Phone) -> None:
        before = len(phone.operations)
        try:
            told = action(phone)
        except Refused as refused:
            if refused.code != "history-forked":
                raise
            self._enrol_anew(phone)
            told = "forked, enrolled anew"
        for operation in phone.operations[before:]:
            if operation.id not in self.every_id:
                self.every_id[operation.id] = phone.username
                self.captured += 1
        if told is not False:
            self.told.append(f"{phone.username}: {action.__name__.strip('_')} {told or ''}")

    def _enrol_anew(self, phone: Phone) -> None:
        phone.enrol_anew()
        phone.pull_all()

    # --- capturing

    def _one(self, phone: Phone, kind: str, grid_only: bool = False) -> Record | None:
        """A record that the phone shows."""
        shown = phone.view()
        shown_ids = sorted({*phone.copy, *shown.changed})
        found = [
            r for i in shown_ids if (r := shown.get(i)) is not None and r.kind == kind and r.void is None
        ]
        if grid_only:
            found = [r for r in found if r.grid in phone.grids(r.village)]
        return self.random.choice(found) if found else None

    def _text(self) -> str:
        return "".join(self.random.choices("甲乙丙丁戊己庚辛", k=self.random.choice((2, 3, 120))))

    def _edit_household(self, phone: Phone) -> Any:
        found = self._one(phone, "household")
        if found is None:
            return False
        match self.random.randrange(4):
            case 0:
                phone.change(found.id, phone=f"1990000{self.random.randrange(10000):04d}")
            case 1:
                phone.change(found.id, note=self._text())
            case 2:
                tag = self.random.choice(("alone", "disabled", "veteran"))
                phone.change(found.id, tags={self.random.choice(("add", "remove")): [tag]})
            case 3:
                phone.change(
                    found.id,
                    visit_class=self.random.choice(("ordinary", "key", "ordinary")),
                    visit_class_reason="走访发现",
                    status=self.random.choice(("present", "present", "moved_out")),
                )
        return None

    def _edit_resident(self, phone: Phone) -> Any:
        found = self._one(phone, "resident")
        if found is None:
            return False
        if self.random.random() < 0.2:
            phone.create(
                "resident", found.village, household=found.values["household"], name=self._text()[:4]
            )
        else:
            phone.change(found.id, note=self._text())
        return None

    def _new_household(self, phone: Phone) -> Any:
        village = phone.villages()[0]
        grids = sorted(phone.grids(village))
        if not grids:
            return False
        made = phone.create(
            "household", village, name="新户", address=self._text()[:9], grid=self.random.choice(grids)
        )
        phone.create("resident", village, household=made.id, name="新人")
        return None

    def _move_household(self, phone: Phone) -> Any:
        found = self._one(phone, "household", grid_only=True)
        if found is None:
            return False
        to = self.random.choice((*GRIDS, *GRIDS, NEXT_GRID))
        fields = {"grid": to} if to[:12] == found.village else {"grid": to, "village": to[:12]}
        phone.change(found.id, **fields)
        return to[-4:]

    def _merge_residents(self, phone: Phone) -> Any:
        first, second = self._one(phone, "resident"), self._one(phone, "resident")
        if first is None or second is None or first.id == second.id:
            return False
        phone.change(first.id, merged_into=second.id)
        return None

    def _visit(self, phone: Phone) -> Any:
        household = self._one(phone, "household", grid_only=True)
        if household is None:
            return False
        worker, started = phone.worker["id"], moment(self.village.now_ms - self.random.randrange(DAY_MS))
        place = {
            "village": household.village,
            "worker": worker,
            "grid": household.grid,
            "started_at": started,
        }
        made = phone.create("round", **place)
        companions = [self.village.workers["li"]] if self.random.random() < 0.3 else []
        for _ in range(self.random.randrange(1, 4)):
            visit = phone.create(
                "visit",
                **place,
                round=made.id,
                household=household.id,
                outcome=self.random.choice(("met", "met", "not_home", "phone")),
                companions=companions,
                visit_class=self.random.choice(("ordinary", "key")),
            )
            if self.random.random() < 0.3:
                phone.change(visit.id, outcome=self.random.choice(("met", "not_home")))
            if self.random.random() < 0.2:
                phone.void(visit.id)
        phone.change(made.id, finished_at=moment(self.village.now_ms))
        return None

    def _open_case(self, phone: Phone) -> Any:
        household = self._one(phone, "household")
        resident = self._one(phone, "resident")
        worker = phone.worker["id"]
        item = self.random.choice(("allowance", "permit", "permit", "report", "ended", "ended-yesterday"))
        subject = self.random.choice(("household", "resident", "both", "walk-in"))
        fields: dict[str, Any] = {
            "item": item,
            "item_version": 1,
            "state": "entrusted" if item == "permit" else "registered",
            "captured_at": moment(self.village.now_ms - self.random.choice((0, 2 * DAY_MS))),
            "applicant_name": "申请人",
            "first_contact": worker,
            "holder": worker,
        }
        if subject in ("household", "both") and household is not None:
            fields["household"] = household.id
        if subject in ("resident", "both") and resident is not None:
            fields["resident"] = resident.id
        if item == "permit":
            fields["answers/hospital"] = self.random.choice(("人民医院", "中医院"))
        phone.create("case", phone.villages()[0], **fields)
        return item

    def _edit_case(self, phone: Phone) -> Any:
        case = self._one(phone, "case")
        if case is None:
            return False
        worker = phone.worker["id"]
        match self.random.randrange(4):
            case 0:
                phone.change(case.id, phone=f"1990000{self.random.randrange(10000):04d}")
            case 1:
                phone.change(case.id, note=self._text())
            case 2:
                states = NEXT_STATES.get(case.values["state"])
                if not states:
                    return False
                phone.change(case.id, state=self.random.choice(states), reason="申请人要求")
            case 3:
                receiver = self.village.workers[self.random.choice(("wang", "li", "lead"))]
                entry = {
                    "giver": case.values.get("holder") or worker,
                    "receiver": receiver,
                    "reason": "请假",
                    "at": moment(self.village.now_ms),
                }
                phone.change(case.id, holder=receiver, handovers=[*case.values.get("handovers", ()), entry])
        return None

    def _task(self, phone: Phone) -> Any:
        task = self._one(phone, "task")
        receiver = self.village.workers[self.random.choice(("wang", "li", "lead"))]
        if task is not None and self.random.random() < 0.5:
            phone.change(task.id, holder=receiver, state=self.random.choice(("open", "done")))
            return None
        household = self._one(phone, "household")
        if household is None:
            return False
        phone.create("task", household.village, title="回访", holder=receiver, household=household.id)
        return None

    def _void(self, phone: Phone) -> Any:
        found = self._one(
            phone, self.random.choice(("visit", "case", "round", "task", "household", "resident"))
        )
        if found is None or (found.kind == "household" and self.random.random() < 0.7):
            return False
        phone.void(found.id)
        return found.kind

    def _settle(self, phone: Phone) -> Any:
        conflict = self._one(phone, "conflict")
        if conflict is not None:
            values = conflict.values
            offered = [values.get("standing"), *(offer["value"] for offer in values["offered"])]
            phone.change(conflict.id, choice={"value": self.random.choice(offered)})
            return values["field"]
        duplicate = self._one(phone, "duplicate")
        if duplicate is None:
            return False
        phone.change(duplicate.id, decision=self.random.choice(("linked", "separate")))
        return None

    def _assign(self, phone: Phone) -> Any:
        lead = self.phones[2]
        if phone is not lead:
            return False
        found = self._one(phone, "assignment")
        if found is not None and self.random.random() < 0.4:
            phone.change(
                found.id,
                to_day=(
                    count_day(self.village.now_ms) + timedelta(days=self.random.randrange(-1, 3))
                ).isoformat(),
            )
            return "end"
        today = count_day(self.village.now_ms)
        worker = self.village.workers[self.random.choice(("wang", "li", "lead"))]
        phone.create(
            "assignment",
            worker=worker,
            grid=self.random.choice(GRIDS),
            from_day=today.isoformat(),
            to_day=(today + timedelta(days=self.random.randrange(0, 3))).isoformat(),
            cover=True,
        )
        return "cover"

    def _nonsense(self, phone: Phone) -> Any:
        """What a newer, an older or a broken client may say."""
        village = phone.villages()[0]
        household = self._one(phone, "household")
        match self.random.randrange(4):
            case 0:
                phone.create("weather", village, wind="5")
            case 1:
                phone.create("household", village, name=5, address="", grid=f"{village}999")
            case 2 if household is not None:
                phone.change(household.id, phone="not a number")
            case 3 if household is not None:
                phone.change(household.id, colour="红")
            case _:
                return False
        return None

    def _mend(self, phone: Phone) -> Any:
        """Put one rejected operation right, or try to once more."""
        rejected = [
            operation
            for operation in phone.operations
            if phone.outcomes.get(operation.counter, {}).get("outcome") == "rejected"
            and operation.kind == "household"
        ]
        if not rejected:
            return False
        wrong = self.random.choice(rejected)
        good: dict[str, Any] = {"phone": "13900000000", "note": "已改正"}
        if wrong.action == "create":
            village = phone.villages()[0]
            grids = sorted(phone.grids(village))
            if not grids:
                return False
            good = {"name": "改正户", "address": "演示路9号", "grid": grids[0]}
        seen = {}
        if wrong.action == "change":
            shown = phone.view().get(wrong.record)
            if shown is None:
                return False
            seen = {field: shown.values.get(field) for field in good}
        phone.capture(
            kind="household",
            action=wrong.action,
            record=wrong.record,
            village=wrong.village,
            fields=good,
            seen=seen,
            mends=wrong.id,
            captured=wrong.captured or wrong.clock,
        )
        return None

    def _ahead_of_its_record(self, phone: Phone) -> Any:
        """A worker works on a record that a colleague has captured and not handed over yet (told on the spot)."""
        other = self.random.choice([one for one in self.phones if one is not phone])
        waiting = [
            operation
            for operation in other.operations[other.acknowledged :]
            if operation.action == "create" and operation.kind in ("household", "resident")
        ]
        if not waiting:
            return False
        record = self.random.choice(waiting)
        phone.capture(
            kind=record.kind,
            action="change",
            record=record.record,
            village=record.village,
            fields={"note": "同事口述"},
            seen={"note": None},
        )
        return None

    # --- exchanging

    def _push(self, phone: Phone) -> Any:
        limit = self.random.choice((1, 3, 500))
        waiting = phone.captured[phone.acknowledged : phone.acknowledged + limit]
        phone.take_reply(phone.push_body(waiting))
        return len(waiting)

    def _push_with_a_lost_reply(self, phone: Phone) -> Any:
        phone.lose_reply = True
        try:
            phone.push_body(phone.captured[phone.acknowledged : phone.acknowledged + 5])
        except ReplyLost:
            pass
        finally:
            phone.lose_reply = False
        return None

    def _push_again(self, phone: Phone) -> Any:
        """Send from somewhere before what is acknowledged: a repeat, with or without something new."""
        first = self.random.randrange(phone.acknowledged + 1)
        phone.take_reply(phone.push_body(phone.captured[first : first + self.random.randrange(1, 40)]))
        return first

    def _pull(self, phone: Phone) -> Any:
        """A break after some page: one village, a page at a time."""
        phone.status()
        village = self.random.choice(["reference", *phone.villages()])
        phone.pull(village, limit=self.random.choice((1, 4, 1000)))
        return None

    def _sync(self, phone: Phone) -> Any:
        phone.push(limit=self.random.choice((7, 500)))
        phone.pull_all()
        return None

    def _time_passes(self, phone: Phone) -> Any:
        ms = self.random.choice((HOUR_MS, HOUR_MS, DAY_MS))
        self.village.now_ms += ms
        return ms // HOUR_MS

    def _clone(self, phone: Phone) -> Any:
        """Take a backup of the phone, or come back as the last one was."""
        if self.random.random() < 0.5:
            phone.remember()
            return "backup"
        return "restored" if phone.restore() else False

    # --- the end

    def heal(self) -> None:
        """Everybody comes back into coverage, twice: what one brings may settle or move what another has."""
        for _ in range(3):
            for phone in self.phones:
                self._do(self._sync, phone)

    def judge(self) -> None:
        """Nothing lost, doubled, leaked or stuck. Raises Broken."""
        for phone in self.phones:
            self._copy_is_the_servers(phone)
            self._history_is_stored(phone)
        self._nothing_stuck()
        self._each_create_once()
        self._store_agrees_with_itself()

    def _store_agrees_with_itself(self) -> None:
        """Chains, versions, hashes, counts, and the same records again when everything is taken in anew."""
        faults = faults_of(self.village)
        if faults:
            raise Broken("\n".join(fault.line() for fault in faults[:12]))

    def _copy_is_the_servers(self, phone: Phone) -> None:
        everything = self.village.records()
        worker = phone.worker["id"]
        needed = {
            record.values[field]
            for _, record in everything.values()
            if record.kind in ("case", "task") and record.holder == worker and record.void is None
            for field in ("household", "resident")
            if field in record.values
        }
        wanted = {
            identifier: (version, record)
            for identifier, (version, record) in everything.items()
            if record.village == "reference"
            or record.holder == worker
            or identifier in needed
            or (
                record.village in phone.villages()
                and part_of(record) in (*phone.grids(record.village), "common")
            )
        }
        have = {identifier: (one.version, one.record) for identifier, one in phone.copy.items()}
        for identifier in wanted.keys() | have.keys():
            if wanted.get(identifier) != have.get(identifier):
                raise Broken(
                    f"{phone.username} differs\nserver {everything.get(identifier)}\nin scope {identifier in wanted}"
                    f"\ndevice {have.get(identifier)}"
                )

    def _history_is_stored(self, phone: Phone) -> None:
        village = self.village
        stored = village.store.read_now(
            lambda db: batches.every(db, village.keys, phone.worker["division"], phone.device)
        )
        exact = [one.exact for batch in stored for one in batch.operations()]
        if exact != phone.captured or phone.acknowledged != len(exact):
            raise Broken(f"{phone.username}: {len(phone.captured)} captured, {len(exact)} stored")
        outcomes = {entry.counter: entry.outcome for batch in stored for entry in batch.outcomes}
        told = {counter: entry["outcome"] for counter, entry in phone.outcomes.items()}
        if outcomes != told:
            wrong = [c for c in outcomes if outcomes[c] != told.get(c)]
            raise Broken(
                f"{phone.username} was told otherwise of {wrong}: {[(outcomes[c], told.get(c)) for c in wrong]}"
            )

    def _nothing_stuck(self) -> None:
        stuck = self.village.rows(
            "SELECT waits_for, device, counter FROM unsettled WHERE waits_for IN (SELECT id FROM records)"
            " AND outcome = 'held'"
        )
        if stuck:
            raise Broken(f"waits for what is there: {stuck}")

    def _each_create_once(self) -> None:
        made: dict[str, Operation] = {}
        for phone in self.phones:
            for operation in phone.operations:
                if operation.action == "create" and phone.outcomes[operation.counter]["outcome"] in SETTLED:
                    made[operation.record] = operation
        present = self.village.records()
        missing = made.keys() - present.keys()
        if missing:
            raise Broken(f"lost: {[made[record] for record in missing]}")
        strangers = [
            record
            for identifier, (_, record) in present.items()
            if ":" not in record.origin[0]
            and record.kind not in ("conflict", "duplicate")
            and identifier not in self.every_id
        ]
        if strangers:
            raise Broken(f"nobody captured {strangers}")


def tell(seed: int, steps: int) -> Story:
    """Run the story of a seed. What goes wrong names the seed and the last steps."""
    with drawn_from(seed), tempfile.TemporaryDirectory() as folder, tiny_village(Path(folder)) as village:
        story = Story(seed, steps, village)
        try:
            story.run()
        except Exception as error:
            last = "\n  ".join(story.told[-25:])
            raise Broken(f"seed {seed}, {steps} captures: {error!r}\nlast steps:\n  {last}") from error
        return story
