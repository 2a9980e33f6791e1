"""Cases: a known item in force at the capture, a permitted move, answers that can be true, a formal handover."""

from __future__ import annotations

from forms.catalogue import Item, Mode
from forms.check import item_standing
from forms.codes import check_identity_number
from forms.handling.states import Actor
from forms.handling.workflow import check_move, check_start
from grid_map.days import count_day
from sync.clock import moment_ms
from sync.rules.context import Context
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
    if record is None:
        _judge_new(context, item)
    elif "state" in fields:
        seen = context.operation.seen.get("state", record.values.get("state"))
        problem = check_move(item.mode, item.finish, str(seen), str(fields["state"]), _actors(context))
        if problem is not None:
            context.take("state", [problem])
    _judge_handover(context)
    if number := fields.get("applicant_identity_number"):
        context.take("applicant_identity_number", check_identity_number(number, context.day))
    judge_answers(context, item.key, item.version)


def _judge_new(context: Context, item: Item) -> None:
    fields = context.operation.fields
    if item.mode is Mode.VISIT:
        context.reject(
            "item",
            "visit-item",
            "这个事项在入户时随走访登记，不另立办件",
            "this item is recorded inside a visit",
        )
    elif (problem := check_start(item.mode, str(fields["state"]), _actors(context))) is not None:
        context.take("state", [problem])
    if not fields.get("resident") and not fields.get("applicant_name"):
        context.reject("applicant_name", "required", "要写明申请人", "an applicant is needed")
    said = moment_ms(fields["captured_at"]) - context.operation.offset_ms
    standing = item_standing(
        context.world.catalogue, item.key, item.version, count_day(said), count_day(context.now_ms)
    )
    if standing == "expired-before-capture":
        context.reject(
            "item", "item-expired", "登记时这个事项已经停办", "the item had expired before the capture"
        )
    elif standing == "expired-after-capture":
        context.remark(
            "item-expired-since", "登记之后这个事项停办了，此件照办", "the item expired after the capture"
        )


def _judge_handover(context: Context) -> None:
    """AB岗: a matter changes hands only by a formal handover, which says why."""
    fields, record = context.operation.fields, context.record
    if record is None or "holder" not in fields or fields["holder"] == record.values.get("holder"):
        return
    handovers = fields.get("handovers") or []
    if not handovers or handovers[-1]["receiver"] != fields["holder"]:
        context.reject(
            "holder", "handover-required", "移交要写明交给谁和原因", "a handover names the receiver and why"
        )


def _actors(context: Context) -> frozenset[Actor]:
    role = context.author.role
    if role == "server":
        return frozenset(Actor)
    if role == "town_clerk":
        return frozenset({Actor.TOWN_CLERK})
    if role not in ("worker", "village_lead", "window"):
        return frozenset()
    return frozenset({Actor.WORKER, Actor.WINDOW}) if context.on_duty() else frozenset({Actor.WORKER})
