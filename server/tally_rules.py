"""Every rule by which a tally counts, with the words that stand beside the number."""

from __future__ import annotations

from grid_map.counting_rules import RULES, CountingRule
from server.store.tally_keys import CASE_CAPTURED, CASE_DECIDED, VISIT_RECORDED

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
_DECIDED = CountingRule(
    CASE_DECIDED,
    "办件办结：每件未撤销且已有结果（办结、准予、不予、不予受理、终止、答复、告知）的办件计一次，计入作出结果的那个月；"
    "申请人撤回的不计；按时、超期按事项时限与受理、补正等时间推算，没有时限的另计。",
    "Cases decided: every case that was not taken back and has its result (finished, granted, refused, not accepted, "
    "terminated, answered, informed) counts once, in the month of that result; withdrawals do not count; on time or "
    "late by the item's limit, acceptance and pauses, apart from those without a limit.",
)
TALLY_RULES = {rule.key: rule for rule in (*RULES.values(), _RECORDED, _CAPTURED, _DECIDED)}
