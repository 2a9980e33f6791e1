"""`…/cases/<id>/hand-over`: a case to a colleague or to the window, and taking that back right after."""

from __future__ import annotations

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from server.casework.handing_over import hand_over_case, undo_hand_over
from server.desk.desk import Desk, DeskRequest, Gone, go_to
from server.desk.pages.case_moves import (
    CASE,
    SHOWN_AGAIN,
    post_department_number,
    post_identity_number,
    post_move,
    post_task,
    typed,
)
from server.desk.pages.cases import case, case_file, show_case
from server.desk.pages.inbox import inbox
from server.desk.views.inbox import asked_for
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account


@post(CASE + "/hand-over", include_in_schema=False)
async def post_hand_over(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Redirect | Template | Gone:
    """On to the case; who may not see it any more goes to the list, where it can be undone."""
    of = await typed(request)
    receiver, reason, seen = of("receiver"), of("handover_reason"), of("seen_holder")
    try:
        still_seen = await desk.act(
            account,
            village,
            lambda db, visitor: visitor.may(
                Action.CASE_READ,
                owners=[
                    hand_over_case(desk.intake, desk.keys, db, visitor, case, receiver, reason, seen).holder
                    or ""
                ],
            ),
        )
    except ProblemError as error:
        if error.code.code not in SHOWN_AGAIN:
            raise
        return await show_case(request, desk, account, village, case, error=error)
    return go_to(request, _after(request, village, case if still_seen else None, case))


@post(CASE + "/hand-over/undo", include_in_schema=False)
async def post_undo_hand_over(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Redirect | Template | Gone:
    await desk.act(
        account,
        village,
        lambda db, visitor: undo_hand_over(desk.intake, desk.keys, db, visitor, case),
    )
    return go_to(request, _after(request, village, case, None))


def _after(request: DeskRequest, village: str, shown: str | None, handed: str | None) -> str:
    """The case beside its list; or the list alone, which offers to undo what was handed over."""
    query = asked_for(request.query_params).query
    if shown is None:
        query = "&".join(part for part in (query, f"handed={handed}") if part)
    path = "inbox" if shown is None else f"cases/{shown}"
    return f"/desk/v/{village}/{path}" + (f"?{query}" if query else "")


case_pages = [
    inbox,
    case,
    case_file,
    post_move,
    post_department_number,
    post_task,
    post_identity_number,
    post_hand_over,
    post_undo_hand_over,
]
