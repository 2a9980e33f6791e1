"""What belongs to a proxy case at the window: the batch with which it was handed up, and the resident's rating."""

from __future__ import annotations

from forms.handling.duty import has_held
from sync.ids import derived
from sync.operation import Action
from sync.rules.context import Context


def judge_hand_up(context: Context) -> None:
    """The window on duty hands up, in its own name; the list of a batch is never changed."""
    fields, author = context.operation.fields, context.author
    if not context.on_duty():
        context.reject("", "no-right", "请当天值班窗口报送", "the window on duty hands up")
    if context.creating and fields["worker"] != author.worker and not author.is_server:
        context.reject("worker", "not-in-own-name", "报送只能用自己的名字", "one hands up in one's own name")


def judge_rating(context: Context) -> None:
    """好差评 (GB/T 39734): once per handling, never changed, and taken down by nobody who handled the case.

    The rated worker could otherwise see who rated, or choose the level (domain notes, Handling a case).
    """
    fields = context.operation.fields
    if not context.creating or context.operation.action == Action.VOID:
        context.reject("", "rating-stands", "评价不能更改或撤销", "a rating is never changed")
        return
    case = context.world.get(fields["subject"])
    if case is None or case.kind != "case":
        context.reject("subject", "unknown-case", "没有这个办件", "no such case")
        return
    if context.operation.record != rating_id(case.id):
        context.reject("", "rated-already", "一次办理只评价一次", "a handling is rated once")
    if has_held(case.values, context.author.worker):
        context.reject(
            "", "rated-worker", "经办人不能代录对自己的评价", "whoever handled the case takes no rating of it"
        )
    elif not context.on_duty() and context.author.role != "village_lead":
        context.reject("", "no-right", "请当天值班窗口或负责人登记", "the window or the lead takes it down")


def rating_id(case: str) -> str:
    """The one rating that a case can have: its record's id follows from the case's."""
    return derived("rating", case)
