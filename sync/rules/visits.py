"""Rounds, visits, and looks at a masked number: each belongs to the worker who made it."""

from __future__ import annotations

from forms.check import compiled_form
from grid_map.days import count_day
from sync.clock import moment_ms
from sync.rules.context import Context


def _judge_author(context: Context, what: str) -> None:
    """Only its worker writes it; a desk acts for nobody here."""
    owner = (
        context.operation.fields.get("worker")
        if context.record is None
        else context.record.values.get("worker")
    )
    if owner != context.author.worker and not context.author.is_server:
        context.reject(
            "worker",
            "not-its-worker",
            f"只有本人能登记或更正自己的{what}",
            f"only its worker writes a {what}",
        )


def judge_round(context: Context) -> None:
    """Its own worker's."""
    _judge_author(context, "走访")


def judge_reading(context: Context) -> None:
    """Its own worker's."""
    _judge_author(context, "查看记录")


def judge_visit(context: Context) -> None:
    """Its own worker's, at a household or a place, amended only while its month is open."""
    _judge_author(context, "入户记录")
    fields, record = context.operation.fields, context.record
    if record is None:
        if not fields.get("household") and not fields.get("place"):
            context.reject(
                "household", "required", "要写明走访的户或地点", "a household or a place is needed"
            )
    elif context.world.month_closed(count_day(moment_ms(record.values["started_at"])), context.now_ms):
        context.reject(
            "",
            "period-closed",
            "这个月已经结账，不能再更正",
            "the month is closed; it can no longer be amended",
        )
    item = fields.get("item") if record is None else record.values.get("item")
    if item is not None:
        version = fields.get("item_version") if record is None else record.values.get("item_version")
        judge_answers(context, item, version)


def judge_answers(context: Context, key: str, version: int | None) -> None:
    """The answers that an operation gives, each against its field in the form of the item's version."""
    answers = {
        name[8:]: value for name, value in context.operation.fields.items() if name.startswith("answers/")
    }
    if not answers:
        return
    item = context.world.catalogue.item(key, version) if version is not None else None
    if item is None:
        context.reject(
            "item", "unknown-item", "目录里没有这个事项（或这个版本）", "no such item, or not in this version"
        )
        return
    form = compiled_form(context.world.catalogue, item.form)
    for path, value in answers.items():
        if not form.knows(path):
            context.reject(
                f"answers/{path}", "unknown-field", f"表单里没有“{path}”", f"the form has no “{path}”"
            )
        elif value is not None:
            context.take(f"answers/{path}", form.check_answer(path, value, context.day))
