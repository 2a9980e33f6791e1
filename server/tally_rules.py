"""Every rule by which a tally counts, with the words that stand beside the number."""

from __future__ import annotations

from grid_map.counting_rules import RULES, CountingRule
from server.store.tally_keys import CASE_CAPTURED, VISIT_RECORDED

_RECORDED = CountingRule(
    VISIT_RECORDED,
    "走访记录：每条未撤销的走访记录计一次，含未遇、电话和服务点办理；计入发生的那个月，记在第一位走访人名下。",
    "Visits recorded: every visit that was not taken back counts once, not home, phone and service point included, "
    "in the month in which it occurred, for its first worker.",
)
_CAPTURED = CountingRule(
    CASE_CAPTURED,
    "办件登记：每件未撤销的办件计一次，计入登记的那个月，记在登记人名下；不论是否办结。",
    "Cases captured: every case that was not taken back counts once, in the month of its capture, for whoever "
    "captured it, finished or not.",
)
TALLY_RULES = {**RULES, _RECORDED.key: _RECORDED, _CAPTURED.key: _CAPTURED}
