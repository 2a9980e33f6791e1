"""Workflows: exactly the moves of the vectors, for exactly those actors, and a refusal says who may."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.catalogue import Finish, Mode
from forms.handling.moves import WORKFLOWS
from forms.handling.states import ACTOR_LABELS, STATE_LABELS, Actor, State
from forms.handling.workflow import awaited, check_move, check_start, is_final, is_open, moves_from

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "workflows.json").read_text(encoding="utf-8")
)
LETTERS = {letter: Actor(name) for letter, name in VECTORS["actors"].items()}
EVERYONE = frozenset(Actor)


def permitted(mode: str, finish: Finish) -> set[tuple[str, str, Actor]]:
    """What the vectors permit, move by move and actor by actor."""
    listed = set()
    for seen, new, letters in VECTORS["workflows"][mode]["moves"]:
        for letter in letters:
            if letter != "w":
                listed.add((seen, new, LETTERS[letter]))
            elif finish is Finish.DOORSTEP:
                listed.add((seen, new, Actor.WORKER))
    return listed


@pytest.mark.parametrize(("mode", "finish"), list(product(Mode, Finish)))
def test_exactly_the_listed_moves_are_permitted(mode: Mode, finish: Finish) -> None:
    found = {
        (seen.value, new.value, actor)
        for seen, new, actor in product(State, State, Actor)
        if check_move(mode, finish, seen, new, frozenset({actor})) is None
    }
    assert found == permitted(mode, finish)


@pytest.mark.parametrize("mode", list(Mode))
def test_beginnings_open_states_and_ends(mode: Mode) -> None:
    listed, workflow = VECTORS["workflows"][mode], WORKFLOWS[mode]
    for state, actor in product(State, Actor):
        starts = check_start(mode, state, frozenset({actor})) is None
        assert starts is (state == listed["initial"] and actor in {LETTERS[x] for x in listed["starters"]})
    assert {state for state in State if is_open(mode, state)} == set(listed["open"])
    assert {state for state in workflow.states if is_final(mode, state)} == set(listed["final"])


@pytest.mark.parametrize("check", VECTORS["checks"], ids=lambda check: f"{check['seen']}-{check['new']}")
def test_a_refused_move_says_why(check: dict[str, Any]) -> None:
    actors = frozenset(LETTERS[letter] for letter in check["actors"])
    problem = check_move(check["mode"], check["finish"], check["seen"], check["new"], actors)
    assert (problem and problem.code) == check["code"]


def test_the_refusal_names_who_may_in_chinese() -> None:
    worker = frozenset({Actor.WORKER})
    problem = check_move(Mode.PROXY, Finish.HANDED_UP, State.RECEIVED, State.HANDED_UP, worker)
    assert problem is not None
    assert (problem.pointer, problem.message) == ("/state", "“报送”只能由值班窗口操作")
    problem = check_move(Mode.DIRECT, Finish.ONLINE, State.REGISTERED, State.FINISHED, worker)
    assert problem is not None
    assert problem.message == "该事项不能上门办结，须由值班窗口办结"
    problem = check_move(Mode.DIRECT, Finish.DOORSTEP, State.REGISTERED, State.FINISHED, frozenset())
    assert problem is not None
    assert problem.message == "“办结”只能由承办人或值班窗口操作"
    problem = check_move(Mode.PROXY, Finish.HANDED_UP, State.RECEIVED, State.GRANTED, EVERYONE)
    assert problem is not None
    assert problem.message == "不能从“收件”变为“准予”，可变为“报送”、“撤回”"
    problem = check_move(Mode.PROXY, Finish.HANDED_UP, State.FOLLOWED_UP, State.RECEIVED, EVERYONE)
    assert problem is not None
    assert problem.message == "不能从“回访”变为“收件”，办件已到终点"
    problem = check_start(Mode.PROXY, "received", EVERYONE)
    assert problem is not None
    assert (problem.code, problem.message) == ("not-initial-state", "新办件须从“委托”开始，不能是“收件”")


@given(st.sampled_from(list(Mode)), st.text(max_size=12), st.text(max_size=12))
def test_no_text_for_a_state_breaks_the_check(mode: Mode, seen: str, new: str) -> None:
    problem = check_move(mode, Finish.ONLINE, seen, new, EVERYONE)
    assert problem is None or (problem.message and problem.message_en)


@given(st.sampled_from(list(Mode)), st.sampled_from(list(Finish)), st.data())
def test_every_path_of_permitted_moves_reaches_an_end(
    mode: Mode, finish: Finish, data: st.DataObject
) -> None:
    """Nothing is stuck: from each open state somebody is awaited, and from each state an end can be reached."""
    state = WORKFLOWS[mode].initial
    for _ in range(data.draw(st.integers(0, 12))):
        if is_final(mode, state):
            break
        state = data.draw(st.sampled_from(moves_from(mode, state))).new
    if is_open(mode, state):
        assert awaited(mode, finish, state)
    reached, frontier = {state}, [state]
    while frontier:
        frontier = [
            move.new for known in frontier for move in moves_from(mode, known) if move.new not in reached
        ]
        reached.update(frontier)
    assert any(is_final(mode, known) for known in reached)


def test_who_is_awaited() -> None:
    assert awaited(Mode.PROXY, Finish.HANDED_UP, State.RECEIVED) == {Actor.WINDOW}
    assert awaited(Mode.PROXY, Finish.HANDED_UP, State.HANDED_UP) == {Actor.TOWN_CLERK}
    assert awaited(Mode.PROXY, Finish.HANDED_UP, State.SUPPLEMENTING) == {Actor.WORKER, Actor.WINDOW}
    assert awaited(Mode.DIRECT, Finish.ONLINE, State.AWAITING_ONLINE) == {Actor.WINDOW}
    assert awaited(Mode.DIRECT, Finish.DOORSTEP, State.AWAITING_ONLINE) == {Actor.WORKER, Actor.WINDOW}
    assert awaited(Mode.PROXY, Finish.HANDED_UP, State.WITHDRAWN) == frozenset()


def test_every_state_and_actor_has_words_in_both_languages() -> None:
    assert set(STATE_LABELS) == set(State)
    assert set(ACTOR_LABELS) == set(Actor)
    assert all(label.zh and label.en for label in (*STATE_LABELS.values(), *ACTOR_LABELS.values()))
    assert len({label.zh for label in STATE_LABELS.values()}) == len(State)
    used = {state for workflow in WORKFLOWS.values() for state in workflow.states}
    assert used == set(State)
