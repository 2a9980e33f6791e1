"""What each kind of record allows beyond the types of its fields; a kind without a rule here has none."""

from __future__ import annotations

from collections.abc import Callable

from sync.rules.cases import judge_case, judge_task
from sync.rules.context import Context
from sync.rules.handing_up import judge_hand_up, judge_rating
from sync.rules.people import judge_household, judge_resident
from sync.rules.settling import judge_conflict, judge_duplicate
from sync.rules.village import judge_assignment, judge_day_signature, judge_rota
from sync.rules.visits import judge_reading, judge_round, judge_visit

RULES: dict[str, Callable[[Context], None]] = {
    "household": judge_household,
    "resident": judge_resident,
    "round": judge_round,
    "visit": judge_visit,
    "reading": judge_reading,
    "case": judge_case,
    "task": judge_task,
    "hand-up": judge_hand_up,
    "rating": judge_rating,
    "conflict": judge_conflict,
    "duplicate": judge_duplicate,
    "rota": judge_rota,
    "assignment": judge_assignment,
    "day-signature": judge_day_signature,
}
