"""Rounds, visits, and looks at a masked number: each belongs to the worker who made it."""

from __future__ import annotations

from forms.check import compiled_form
from sync.clock import moment_ms
from sync.rules.context import Context, day_of


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
            f"only its worker writes a {context.operation.kind}",
        )


def judge_round(context: Context) -> None:
    """Its own worker's, in a grid of the village."""
    _judge_author(context, "走访")
    judge_place(context)


def judge_reading(context: Context) -> None:
    """Its own worker's."""
    _judge_author(context, "查看记录")


def judge_visit(context: Context) -> None:
    """Its own worker's, at a household or a place, amended only while its month is open."""
    _judge_author(context, "入户记录")
    context.judge_worker("companions")
    judge_place(context)
    _look_for_a_move(context)
    fields, record = context.operation.fields, context.record
    if record is None:
        if not fields.get("household") and not fields.get("place"):
            context.reject(
                "household", "required", "要写明走访的户或地点", "a household or a place is needed"
            )
    elif context.world.month_closed(day_of(moment_ms(record.values["started_at"])), context.now_ms):
        context.reject(
            "",
            "period-closed",
            "这个月已经结账，不能再更正",
            "the month is closed; it can no longer be amended",
        )
    values = fields if record is None else record.values
    judge_answers(context, values.get("item"), values.get("item_version"))


def judge_place(context: Context) -> None:
    """A visit or round stands in a grid of its own village, or it would be in nobody's sight."""
    if (
        context.creating
        and context.world.village_of_grid(context.operation.fields["grid"]) != context.village
    ):
        context.reject("grid", "unknown-grid", "本村社没有这个网格", "no such grid in this village")


def _look_for_a_move(context: Context) -> None:
    """The household moved while the worker had no signal: the visit stays where it happened, and says so."""
    if not context.creating or (household := context.operation.fields.get("household")) is None:
        return
    if context.world.grid_of(household) not in (None, context.operation.fields["grid"]):
        context.remark("record-moved", "这一户已迁到别处，照常记录", "the household has moved meanwhile")


def judge_answers(context: Context, key: str | None, version: int | None) -> None:
    """The answers that an operation gives, each against its field in the form of the item's version."""
    answers = {
        name[8:]: value for name, value in context.operation.fields.items() if name.startswith("answers/")
    }
    if not answers and not (context.creating and key is not None):
        return
    item = None if key is None or version is None else context.world.catalogue.item(key, version)
    if item is None:
        context.reject(
            "item", "unknown-item", "目录里没有这个事项（或这个版本）", "no such item, or not in this version"
        )
        return
    if not answers:
        return
    form = compiled_form(context.world.catalogue, item.form)
    for path, value in answers.items():
        if not form.knows(path):
            context.reject(
                f"answers/{path}", "unknown-field", f"表单里没有“{path}”", f"the form has no “{path}”"
            )
        elif value is not None:
            context.take(f"answers/{path}", form.check_answer(path, value, context.day))
