"""Cases of the demonstration: every operation is one that its own author may push, and they stand in many states."""

from collections import Counter
from datetime import date
from functools import lru_cache

import pytest

from forms.answers import nest
from forms.catalogue import Finish, Mode, load_catalogue
from forms.check import compiled_form, mistakes
from forms.handling.materials import check_materials
from forms.handling.states import Actor, State
from forms.handling.workflow import check_move, check_start
from grid_map.days import count_day
from server.demo.accounts import town_accounts, village_accounts
from server.demo.answers import About, answerable, answers_for
from server.demo.city import TOWN, village_facts
from server.demo.facts import Change, Fact, seeded
from server.demo.numbers import identity_number
from server.demo.settlement import Home, Inhabitant
from sync.clock import Clock
from sync.judge import judge
from sync.merge import created_record, merge_change
from sync.operation import Operation
from sync.record import Stamp
from sync.world import Author

TODAY = date(2026, 11, 23)
VILLAGE = "330481106222"
SERVER = Author("device-of-the-server", "server", "server", "330481000000")


@lru_cache(maxsize=1)
def stream():
    return tuple(village_facts(VILLAGE, 1, TODAY))


def created(kind):
    return {entry.record: entry for entry in stream() if entry.kind == kind and isinstance(entry, Fact)}


def item_of(fact):
    return load_catalogue().item(fact.fields["item"], fact.fields["item_version"])


@lru_cache(maxsize=1)
def duty():
    return {fact.fields["day"]: set(fact.fields["window"]) for fact in created("rota").values()}


def actors(worker, holder, at_ms):
    """In which capacities an account acts on a case at that moment; the clerk of the town is nothing else."""
    if worker == town_accounts(1, TOWN)[0].id:
        return frozenset({Actor.TOWN_CLERK})
    found = {Actor.WORKER} if worker == holder else set()
    if worker in duty().get(count_day(at_ms).isoformat(), ()):
        found.add(Actor.WINDOW)
    return frozenset(found)


def test_every_case_starts_and_moves_as_its_workflow_allows():
    cases = created("case")
    states = {}
    for record, fact in cases.items():
        item, holder = item_of(fact), fact.fields["holder"]
        assert check_start(item.mode, fact.fields["state"], actors(holder, holder, fact.at_ms)) is None
        states[record] = fact.fields["state"]
    moves = [entry for entry in stream() if entry.kind == "case" and isinstance(entry, Change)]
    for move in moves:
        fact = cases[move.record]
        item, who = item_of(fact), actors(move.by, fact.fields["holder"], move.at_ms)
        problem = check_move(item.mode, item.finish, states[move.record], move.fields["state"], who)
        assert problem is None, (problem, move)
        states[move.record] = move.fields["state"]
    assert len(moves) > 2 * len(cases)


class Copy:
    """A copy of one village in memory: the records as they are merged, and who may do what by its own facts."""

    def __init__(self):
        self.catalogue = load_catalogue()
        self.records = {}
        self.grids = {fact.fields["grid"] for fact in created("assignment").values()}
        self.had = {(fact.fields["worker"], fact.fields["grid"]) for fact in created("assignment").values()}

    def get(self, record):
        return self.records.get(record)

    def find(self, record):
        return self.records.get(record)

    def grid_of(self, record):
        return self.records[record].grid if record in self.records else None

    def name_of(self, worker):
        return worker

    def village_of_grid(self, grid):
        return VILLAGE if grid in self.grids else None

    def covers_village(self, worker, division, village):
        return village.startswith(division.rstrip("0")) or division == village

    def ever_had(self, worker, record):
        return (worker, record.grid) in self.had or record.holder == worker

    def ever_shown(self, worker, record):
        return self.ever_had(worker, record)

    def had_grid(self, worker, grid):
        return (worker, grid) in self.had

    def on_duty(self, worker, village, day):
        return worker in duty().get(day.isoformat(), ())

    def month_closed(self, day, now_ms):
        return False


def author_of(entry):
    accounts = {account.id: account for account in (*village_accounts(1, VILLAGE), *town_accounts(1, TOWN))}
    by = entry.by if isinstance(entry, Change) else entry.fields.get("worker") or entry.fields.get("holder")
    if entry.kind in ("household", "resident", "rota", "assignment", "worker") or (
        entry.kind == "task" and isinstance(entry, Fact)  # it follows from the case by itself
    ):
        return SERVER
    account = accounts[by]
    role = "window" if account.id in duty().get(count_day(entry.at_ms).isoformat(), ()) else account.role
    return Author("device", account.id, role, account.division)


def test_every_operation_is_one_that_its_author_may_push():
    """Judged by the protocol's own rules, as if workers and clerk had captured all of it themselves."""
    world = Copy()
    judged = Counter()
    for counter, entry in enumerate(stream(), start=1):
        record = world.get(entry.record)
        new = isinstance(entry, Fact)
        operation = Operation(
            id=entry.record if new else identifier(counter),
            format=1,
            counter=counter,
            previous="0" * 64,
            clock=str(Clock(entry.at_ms)),
            offset_ms=0,
            kind=entry.kind,
            record=entry.record,
            village=entry.village,
            action="create" if new else "change",
            seen={} if new else entry.seen,
            fields=entry.fields,
        )
        author = author_of(entry)
        verdict = judge(operation, author, world, record, entry.at_ms)
        assert (verdict.problems, verdict.waits_for) == ([], None), (entry, verdict)
        judged[entry.kind] += 1
        stamp = Stamp(operation.clock, author.device)
        if new:
            home = world.get(entry.fields.get("household"))
            grid = entry.fields.get("grid") or (home and home.grid)
            made = created_record(operation, author.device, author.worker, stamp, entry.at_ms)
            made.grid, world.records[entry.record] = grid, made
        else:
            merged = merge_change(record, operation, stamp)
            assert not merged.others_changed
            assert not merged.disagreements
    assert {"round", "visit", "case", "task", "rota", "assignment", "worker", "resident"} <= set(judged)


def identifier(number):
    return f"00000000-0000-7000-8000-{number:012x}"


def test_answers_and_materials_pass_their_own_checks():
    cases = created("case").values()
    answered = 0
    for fact in cases:
        item = item_of(fact)
        assert item.in_force(count_day(fact.at_ms))
        answers = {name[8:]: value for name, value in fact.fields.items() if name.startswith("answers/")}
        answered += bool(answers)
        form = compiled_form(load_catalogue(), item.form)
        assert mistakes(form.check(nest(answers), count_day(fact.at_ms))) == []
        materials = {name[10:]: value for name, value in fact.fields.items() if name.startswith("materials/")}
        assert check_materials(item, materials) == []
        assert len(materials) == len(item.materials)
    assert answered > 0.8 * len(cases)


@pytest.mark.parametrize("seed", range(2))
def test_every_form_that_asks_for_no_file_can_be_answered(seed):
    catalogue, random = load_catalogue(), seeded("answers", seed)
    person = Inhabitant(
        "p", 0, "沈敭", "female", 41, None, identity_number("19850306", 2), "户主", present=True
    )
    home = Home("h", "g", "ordinary", "丁桥镇金敭村1组1号", {}, None, [person])
    forms = [form for form in catalogue.forms if answerable(form)]
    assert len(forms) >= len(catalogue.forms) - 3
    for form in forms:
        answers = answers_for(form, random, About(person, home, TODAY, "路灯不亮"))
        assert mistakes(compiled_form(catalogue, form.key).check(answers, TODAY)) == []


def test_cases_are_about_two_a_working_day_of_several_modes_and_states():
    cases = created("case")
    assert 100 <= len(cases) <= 140
    modes = Counter(item_of(fact).mode for fact in cases.values())
    assert modes[Mode.DIRECT] > modes[Mode.REPORT] > 0
    assert modes[Mode.PROXY] > modes[Mode.ASSIST] > 0
    assert Mode.VISIT not in modes
    last = {record: fact.fields["state"] for record, fact in cases.items()}
    for entry in stream():
        if isinstance(entry, Change) and entry.kind == "case":
            last[entry.record] = entry.fields["state"]
    assert len(set(last.values())) >= 9
    assert {State.FINISHED, State.PROCESSING, State.HANDED_UP} <= set(last.values())
    assert len({fact.fields["item"] for fact in cases.values()}) > 40


def test_nobody_comes_twice_with_the_same_item():
    pairs = [(fact.fields["resident"], fact.fields["item"]) for fact in created("case").values()]
    assert len(set(pairs)) == len(pairs)


def test_a_department_number_stands_where_its_system_was_used():
    changes = [entry for entry in stream() if isinstance(entry, Change) and entry.kind == "case"]
    online = {
        record
        for record, fact in created("case").items()
        if item_of(fact).mode is Mode.DIRECT and item_of(fact).finish is Finish.ONLINE
    }
    finished = [
        change for change in changes if change.record in online and change.fields["state"] == "finished"
    ]
    assert finished
    assert all(change.fields["department_number"].startswith("演示-") for change in finished)


def test_tasks_follow_from_cases_and_are_done_when_those_moved_on():
    tasks = created("task")
    kinds = Counter(fact.fields["type"] for fact in tasks.values())
    assert {"delivery", "follow_up", "visit"} <= set(kinds)
    done = {entry.record for entry in stream() if isinstance(entry, Change) and entry.kind == "task"}
    assert done
    assert set(tasks) - done
    cases = created("case")
    assert all(fact.fields["case"] in cases for fact in tasks.values() if "case" in fact.fields)


def test_a_reported_finding_has_its_case():
    reported = [
        fact
        for fact in created("visit").values()
        for finding in fact.fields.get("findings", ())
        if finding["disposition"] == "reported" and not fact.fields.get("written_up_later")
    ]
    assert reported
    cases = created("case")
    for visit in reported:
        assert any(item_of(cases[case]).mode is Mode.REPORT for case in visit.fields["cases"])
