"""What the village lead owns (rota, grid assignment), and the signatures under a day."""

from __future__ import annotations

from datetime import date

from sync.rules.context import Context


def _judge_lead(context: Context, what: str, what_en: str) -> None:
    if context.author.role not in ("village_lead", "server"):
        context.reject("", "no-right", f"{what}由村社负责人安排", f"the village lead owns {what_en}")


def judge_rota(context: Context) -> None:
    """The village lead's; nobody on leave stands at the window."""
    _judge_lead(context, "轮值", "the rota")
    fields = context.operation.fields
    window, leave = fields.get("window"), fields.get("leave")
    if isinstance(window, list) and isinstance(leave, list) and set(window) & set(leave):
        context.reject(
            "window", "on-leave", "请假的人不能排在窗口", "somebody on leave cannot be at the window"
        )


def judge_assignment(context: Context) -> None:
    """The village lead's; of a grid of this village."""
    _judge_lead(context, "网格分工", "grid assignment")
    grid = context.operation.fields.get("grid")
    if context.creating and context.world.village_of_grid(str(grid)) != context.village:
        context.reject("grid", "unknown-grid", "本村社没有这个网格", "no such grid in this village")


def judge_day_signature(context: Context) -> None:
    """Signed by the window of that day, countersigned by another person; a signature is in one's own name."""
    fields = context.operation.fields
    for role, field in (("outgoing", "signed_at"), ("incoming", "countersigned_at")):
        if fields.get(role) not in (None, context.author.worker) and not context.author.is_server:
            context.reject(role, "not-in-own-name", "签字只能签自己的名字", "one signs in one's own name")
        if fields.get(role) and not fields.get(field):
            context.reject(field, "required", "签字要有时间", "a signature needs its time")
    values = {} if context.record is None else context.record.values
    if fields.get("outgoing") and not _had_the_window(context, str(fields.get("day") or values.get("day"))):
        context.reject("outgoing", "no-right", "请当天值班窗口的人签字", "the window of that day signs")
    incoming, outgoing = fields.get("incoming"), fields.get("outgoing") or values.get("outgoing")
    if incoming and incoming == outgoing:
        context.reject(
            "incoming", "same-person", "交班人和接班人不能是同一个人", "the same person cannot countersign"
        )


def _had_the_window(context: Context, day: str) -> bool:
    """Whether the author was on duty on the day that is signed; the village lead may sign for a silent window."""
    if context.author.role in ("server", "village_lead", "window"):
        return True
    return context.world.on_duty(context.author.worker, context.village, date.fromisoformat(day))
