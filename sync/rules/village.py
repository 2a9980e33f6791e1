"""What the village lead owns (rota, grid assignment), and the signatures under a day."""

from __future__ import annotations

from datetime import date

from sync.record import changed_set
from sync.rules.context import Context


def _judge_lead(context: Context, what: str, what_en: str) -> None:
    leads = context.author.role == "village_lead" and context.village.startswith(context.author.division)
    if not leads and not context.author.is_server:
        context.reject("", "no-right", f"{what}由村社负责人安排", f"the village lead owns {what_en}")


def judge_rota(context: Context) -> None:
    """The village lead's; nobody on leave stands at the window."""
    _judge_lead(context, "轮值", "the rota")
    window, leave = _after(context, "window"), _after(context, "leave")
    if window.intersection(leave):
        context.reject(
            "window", "on-leave", "请假的人不能排在窗口", "somebody on leave cannot be at the window"
        )


def _after(context: Context, field: str) -> set[str]:
    """A set as it will be, whether it is written whole or changed by `add` and `remove`."""
    present = () if context.record is None else context.record.values.get(field, ())
    new = context.operation.fields.get(field, {})
    return set(changed_set(present, new) if isinstance(new, dict) else new or ())


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
        if role in fields and _signed_by_another(context, role):
            context.reject(role, "already-signed", "别人的签字不能改", "another's signature stands")
        if fields.get(role) and not fields.get(field):
            context.reject(field, "required", "签字要有时间", "a signature needs its time")
    values = {} if context.record is None else context.record.values
    if fields.get("outgoing") and not _had_the_window(context, str(fields.get("day") or values.get("day"))):
        context.reject("outgoing", "no-right", "请当天值班窗口的人签字", "the window of that day signs")
    incoming, outgoing = fields.get("incoming"), fields.get("outgoing") or values.get("outgoing")
    if context.record is not None and not _keeps_what_is_signed(context, values.get("outgoing")):
        context.reject("", "already-signed", "别人的签字不能改", "another's signature stands")
    if incoming and incoming == outgoing:
        context.reject(
            "incoming", "same-person", "交班人和接班人不能是同一个人", "the same person cannot countersign"
        )


def _keeps_what_is_signed(context: Context, outgoing: str | None) -> bool:
    """Whether a change leaves to whoever signed what was signed: figures, reasons, and that it was signed at all.

    The record is in every phone of the village, so that anybody could take it back or write other figures under it.
    """
    if context.author.is_server or context.author.worker == outgoing:
        return True
    voids = context.operation.action == "void"
    return not voids and {"incoming", "countersigned_at"}.issuperset(context.operation.fields)


def _signed_by_another(context: Context, role: str) -> bool:
    """Whether the author saw another's name there. One that was not seen is a conflict, for a person to settle."""
    if context.record is None or context.author.is_server:
        return False
    standing = context.record.values.get(role)
    return standing not in (None, context.author.worker) and context.operation.seen.get(role) == standing


def _had_the_window(context: Context, day: str) -> bool:
    """Whether the rota puts the author at the window on the day that is signed."""
    if context.author.is_server:
        return True
    return context.world.on_duty(context.author.worker, context.village, date.fromisoformat(day))
