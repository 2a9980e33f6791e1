"""Cases: a known item in force at the capture, a permitted move, answers that can be true, a formal handover."""

from __future__ import annotations

from typing import Any

from forms.catalogue import Item, Mode
from forms.check import item_standing
from forms.codes import check_identity_number, check_phone
from forms.handling.duty import capacities, check_duty
from forms.handling.interruptions import check_pauses
from forms.handling.states import Actor
from forms.handling.workflow import check_move, check_start
from sync.clock import moment_ms
from sync.rules.context import Context, day_of
from sync.rules.visits import judge_answers


def judge_case(context: Context) -> None:
    """All that is wrong with a case, or with a change of one."""
    fields, record = context.operation.fields, context.record
    values = fields if record is None else record.values
    item = context.world.catalogue.item(values["item"], values["item_version"])
    if item is None:
        context.reject(
            "item", "unknown-item", "目录里没有这个事项（或这个版本）", "no such item, or not in this version"
        )
        return
    actors = _actors(context, values)
    if record is None:
        _judge_new(context, item, actors)
    else:
        if "state" in fields:
            seen = context.operation.seen.get("state", record.values.get("state"))
            problem = check_move(item.mode, item.finish, str(seen), str(fields["state"]), actors)
            if problem is not None:
                context.take("state", [problem])
        context.take_all(check_duty(_as_seen(context, values), fields, actors))
    context.take_all(check_pauses(fields))
    if number := fields.get("applicant_identity_number"):
        context.take("applicant_identity_number", check_identity_number(number, context.day))
    context.judge_worker("holder")
    for field in ("applicant_phone", "phone"):
        if phone := fields.get(field):
            context.take(field, check_phone(phone))
    judge_answers(context, item.key, item.version)


def judge_task(context: Context) -> None:
    """A task is in somebody's hands."""
    context.judge_worker("holder")


def _judge_new(context: Context, item: Item, actors: frozenset[Actor]) -> None:
    fields = context.operation.fields
    if item.mode is Mode.VISIT:
        context.reject(
            "item",
            "visit-item",
            "这个事项在入户时随走访登记，不另立办件",
            "this item is recorded inside a visit",
        )
    elif (problem := check_start(item.mode, str(fields["state"]), actors)) is not None:
        context.take("state", [problem])
    if not fields.get("resident") and not fields.get("applicant_name"):
        context.reject("applicant_name", "required", "要写明申请人", "an applicant is needed")
    said = moment_ms(fields["captured_at"]) - context.operation.offset_ms
    standing = item_standing(
        context.world.catalogue, item.key, item.version, day_of(said), day_of(context.now_ms)
    )
    if standing == "expired-before-capture":
        context.reject(
            "item", "item-expired", "登记时这个事项已经停办", "the item had expired before the capture"
        )
    elif standing == "expired-after-capture":
        context.remark(
            "item-expired-since", "登记之后这个事项停办了，此件照办", "the item expired after the capture"
        )


def _as_seen(context: Context, values: dict[str, Any]) -> dict[str, Any]:
    """Who held the case as its worker saw it: two handovers that did not know of each other are a conflict for a
    person, not a mistake of the second worker.
    """
    set_here = {"holder", "handovers"}.intersection(context.operation.fields)
    return values | {field: context.operation.seen.get(field) for field in set_here}


def _actors(context: Context, values: dict[str, Any]) -> frozenset[Actor]:
    """In what capacities the author acts on a case with these values."""
    author = context.author
    if author.is_server:
        return frozenset(Actor)
    return capacities(
        values, author.worker, on_duty=context.on_duty(), town_clerk=author.role == "town_clerk"
    )
