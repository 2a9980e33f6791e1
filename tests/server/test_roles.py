"""The matrix of rights, written out a second time: role × action × scope."""

import pytest

from server.problem import ProblemError
from server.roles import RIGHTS, Action, Actor, Role, may, require

VILLAGE, NEIGHBOUR, TOWN, CITY = "330481105203", "330481105204", "330481105", "330481"
OTHER_TOWN_VILLAGE = "330481106222"

ACTORS = {
    "worker": Actor("w", Role.WORKER, VILLAGE),
    "window": Actor("w", Role.WORKER, VILLAGE, on_duty=True),
    "lead": Actor("l", Role.VILLAGE_LEAD, VILLAGE),
    "clerk": Actor("t", Role.TOWN_CLERK, TOWN, departments=("民政",)),
    "supervisor": Actor("s", Role.TOWN_SUPERVISOR, TOWN),
    "administrator": Actor("c", Role.CITY_ADMINISTRATOR, CITY),
}

# x = may, in the account's own division; . = may not
MATRIX = """
action                      worker window lead clerk supervisor administrator
device.enrol                x      x      x    .     .          .
sync.push                   x      x      x    .     .          .
sync.status                 x      x      x    .     .          .
sync.pull                   x      x      x    .     .          .
device.unlock               .      .      .    .     .          .
reconciliation.read         .      x      x    .     .          .
reconciliation.sign         .      x      .    .     .          .
reconciliation.countersign  .      x      .    .     .          .
conflict.settle             .      x      .    .     .          .
duplicate.settle            .      x      .    .     .          .
operation.mend              .      x      .    .     .          .
case.read                   .      x      .    x     .          .
case.advance                .      x      .    .     .          .
case.decide                 .      .      .    x     .          .
rating.read                 .      .      x    .     .          .
visit.read                  .      .      x    .     .          .
identity_number.read        .      x      .    x     .          .
resident.read               .      x      .    .     .          .
rota.read                   x      x      x    .     .          .
rota.write                  .      .      x    .     .          .
leave.write                 .      .      x    .     .          .
visit_class.write           .      .      x    .     .          .
assignment.write            .      .      x    .     .          .
device.list                 .      x      x    .     .          x
device.unlock_code          .      x      .    .     .          .
device.revoke               .      .      x    .     .          x
device.confirm              .      .      .    .     .          x
coverage.read               .      .      x    .     x          .
tallies.read                .      .      x    .     x          .
case_figures.read           .      .      x    x     x          .
worker_figures.read         .      .      x    .     .          .
account.list                .      .      x    .     .          x
account.manage              .      .      .    .     .          x
catalogue.publish           .      .      .    .     .          x
division.manage             .      .      .    .     .          x
erasure.order               .      .      .    .     .          x
audit.read                  .      .      .    .     .          x
"""
ROWS = [line.split() for line in MATRIX.strip().splitlines()]
CELLS = [
    (actor, row[0], cell == "x") for row in ROWS[1:] for actor, cell in zip(ROWS[0][1:], row[1:], strict=True)
]
OWN = {"device.unlock", "conflict.settle", "operation.mend", "case.read", "case.advance"} | {
    "visit.read",
    "identity_number.read",
    "worker_figures.read",
}


def test_the_matrix_names_every_action_and_every_role() -> None:
    assert [row[0] for row in ROWS[1:]] == [action.value for action in Action] == [a.value for a in RIGHTS]
    assert {actor.role for actor in ACTORS.values()} == set(Role)


@pytest.mark.parametrize(("actor", "action", "allowed"), CELLS)
def test_in_the_own_division(actor: str, action: str, allowed: bool) -> None:
    assert may(ACTORS[actor], Action(action), VILLAGE, department="民政") is allowed


@pytest.mark.parametrize(("actor", "action", "allowed"), CELLS)
def test_outside_the_own_division_nobody_may_anything(actor: str, action: str, allowed: bool) -> None:
    for foreign in (OTHER_TOWN_VILLAGE, "330402001001", ""):
        if not foreign.startswith(ACTORS[actor].division):
            assert not may(ACTORS[actor], Action(action), foreign, department="民政")


@pytest.mark.parametrize("action", Action)
def test_village_roles_end_at_the_village_and_never_reach_the_town(action: Action) -> None:
    for actor in ("worker", "window", "lead"):
        assert not may(ACTORS[actor], action, NEIGHBOUR)
        assert not may(ACTORS[actor], action, TOWN)
    for actor in ("clerk", "supervisor"):
        assert may(ACTORS[actor], action, NEIGHBOUR, department="民政") is may(
            ACTORS[actor], action, VILLAGE, department="民政"
        )
        assert not may(ACTORS[actor], action, CITY, department="民政")


@pytest.mark.parametrize("action", Action)
def test_the_owner_of_a_thing_may_what_owners_may_wherever_it_went(action: Action) -> None:
    worker = ACTORS["worker"]
    assert may(worker, action, OTHER_TOWN_VILLAGE, owners=["w"]) is (action.value in OWN)
    assert not may(worker, action, OTHER_TOWN_VILLAGE, owners=["someone"])


@pytest.mark.parametrize("action", Action)
def test_a_closed_account_may_only_hand_over_its_work(action: Action) -> None:
    closed = Actor("w", Role.WORKER, VILLAGE, on_duty=True, closed=True)
    assert may(closed, action, VILLAGE, owners=["w"]) is (action.value in {"sync.push", "sync.status"})


def test_a_clerk_works_only_for_the_own_departments() -> None:
    clerk = ACTORS["clerk"]
    assert may(clerk, Action.CASE_DECIDE, VILLAGE, department="民政")
    assert not may(clerk, Action.CASE_DECIDE, VILLAGE, department="人社")
    assert not may(clerk, Action.CASE_DECIDE, VILLAGE)


def test_a_supervisor_on_a_rota_by_mistake_gains_nothing() -> None:
    supervisor = Actor("s", Role.TOWN_SUPERVISOR, TOWN, on_duty=True)
    assert not may(supervisor, Action.RECONCILIATION_SIGN, VILLAGE)


def test_require_says_which_right_is_missing() -> None:
    require(ACTORS["lead"], Action.ROTA_WRITE, VILLAGE)
    with pytest.raises(ProblemError) as caught:
        require(ACTORS["worker"], Action.ROTA_WRITE, VILLAGE)
    assert caught.value.code.code == "forbidden" and caught.value.members == {"action": "rota.write"}
