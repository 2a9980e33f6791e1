"""Conflicts and suspected duplicates: who may settle them; a later hand does not undo an earlier one unseen."""

from __future__ import annotations

from sync.kinds import KINDS, cleared_problems, field_problems
from sync.rules.context import Context


def judge_conflict(context: Context) -> None:
    """The window on duty, the village lead or either author chooses; one that has not seen the last choice is late."""
    record, fields = context.record, context.operation.fields
    if record is None or "choice" not in fields:
        return
    values = record.values
    authors = {values["standing_by"][1], *(offer["worker"] for offer in values["offered"])}
    if (
        context.author.worker not in authors
        and context.author.role != "village_lead"
        and not context.on_duty()
    ):
        context.reject(
            "choice", "no-right", "请当天值班窗口或当事人处理", "the window on duty or an author settles this"
        )
    choice = fields["choice"]
    if not isinstance(choice, dict) or "value" not in choice:
        context.reject("choice", "wrong-type", "要写明采用哪个值", "a choice names its value")
    elif values["field"] in ("state", "void") and choice["value"] not in (
        values.get("standing"),
        *(offer["value"] for offer in values["offered"]),
    ):
        context.reject("choice", "not-offered", "只能从已有的值里选", "only one of the values offered")
    elif values["field"] not in ("state", "void"):
        subject = KINDS[values["subject_kind"]]
        chosen = {values["field"]: choice["value"]}
        for problem in [*field_problems(subject, chosen), *cleared_problems(subject, chosen)]:
            context.take("choice", [problem])
    standing = values.get("choice")
    if standing is not None and context.operation.seen.get("choice") != standing:
        by = values.get("settled_by", "")
        context.reject("choice", "already-settled", f"已由{by}处理", f"already settled by {by}")


def judge_duplicate(context: Context) -> None:
    """Whoever handles one of the two cases, the window, or the lead decides; separating needs no reason."""
    if context.record is None or "decision" not in context.operation.fields:
        return
    handlers = set(context.record.values["workers"])
    if (
        context.author.worker not in handlers
        and context.author.role != "village_lead"
        and not context.on_duty()
    ):
        context.reject(
            "decision", "no-right", "请当天值班窗口或经办人处理", "the window or a handler decides this"
        )
