"""Households and residents."""

from __future__ import annotations

from forms.codes import check_identity_number, check_phone
from sync.rules.context import Context


def judge_household(context: Context) -> None:
    """A grid that exists, in the village that is named; a phone that can be one."""
    fields = context.operation.fields
    if (grid := fields.get("grid")) is not None:
        village = context.world.village_of_grid(grid)
        if village is None:
            context.reject("grid", "unknown-grid", "没有这个网格", "no such grid")
        elif village != (fields.get("village") or context.operation.village):
            context.reject(
                "grid", "grid-of-other-village", "网格与村社不一致", "the grid is of another village"
            )
    elif fields.get("village") not in (None, context.operation.village):
        context.reject(
            "village", "grid-required", "迁到别的村社要写明网格", "moving to another village needs a grid"
        )
    if context.creating and fields.get("village") not in (None, context.village):
        context.reject(
            "village", "other-village", "新登记的户要在本村社", "a new household is of this village"
        )
    _judge_phone(context, "phone")
    if context.record is not None and "visit_class" in fields and not fields.get("visit_class_reason"):
        context.reject(
            "visit_class_reason", "required", "改走访类别要写明原因", "changing the class needs a reason"
        )


def judge_resident(context: Context) -> None:
    """An identity number that can be one (GB 11643), a phone that can be one, no merging into oneself."""
    fields = context.operation.fields
    if number := fields.get("identity_number"):
        context.take("identity_number", check_identity_number(number, context.day))
    _judge_phone(context, "phone")
    if survivor := fields.get("merged_into"):
        _judge_merging(context, survivor)


def _judge_merging(context: Context, survivor: str) -> None:
    """Merging ends at another resident; a survivor that is not here yet may come later."""
    followed: set[str] = set()
    while survivor not in followed and (other := context.world.get(survivor)) is not None:
        if other.kind != "resident":
            context.reject("merged_into", "wrong-kind", "只能合并到另一位居民", "not a resident")
            return
        followed.add(survivor)
        survivor = other.values.get("merged_into", survivor)
        if survivor == context.operation.record:
            break
    if survivor == context.operation.record:
        context.reject("merged_into", "merged-into-itself", "不能合并到本人", "cannot be merged into itself")


def _judge_phone(context: Context, field: str) -> None:
    if phone := context.operation.fields.get(field):
        context.take(field, check_phone(phone))
