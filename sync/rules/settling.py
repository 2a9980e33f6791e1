"""Conflicts and suspected duplicates: who may settle them; a later hand does not undo an earlier one unseen."""

from __future__ import annotations

from typing import Any

from sync.field_checks import cleared_problems, field_problems
from sync.kinds import KINDS
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
        return
    _judge_value(context, values, choice["value"])
    standing = values.get("choice")
    if standing is not None and context.operation.seen.get("choice") != standing:
        by = context.world.name_of(values["settled_by"]) or values["settled_by"]
        context.reject("choice", "already-settled", f"已由{by}处理", f"already settled by {by}")
    elif standing is not None and _changed_since(context, values, standing["value"]):
        context.reject(
            "choice",
            "changed-since-settled",
            "处理之后这一项又改过，请直接修改办件",
            "the field has changed since it was settled; change the case itself",
        )


def _judge_value(context: Context, values: dict[str, Any], value: Any) -> None:
    """A state or a void is one of those offered; another field may get a third value, of the field's own type."""
    if values["field"] not in ("state", "void"):
        subject, chosen = KINDS[values["subject_kind"]], {values["field"]: value}
        context.take("choice", field_problems(subject, chosen) + cleared_problems(subject, chosen))
    elif value not in (values.get("standing"), *(offer["value"] for offer in values["offered"])):
        context.reject("choice", "not-offered", "只能从已有的值里选", "only one of the values offered")


def _changed_since(context: Context, values: dict[str, Any], settled: Any) -> bool:
    """Whether somebody has changed the field after it was settled: that value is not undone unseen."""
    subject = context.world.get(values["subject"])
    return (
        values["field"] != "void"
        and subject is not None
        and subject.values.get(values["field"])
        not in (settled, context.operation.fields["choice"].get("value"))
    )


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
