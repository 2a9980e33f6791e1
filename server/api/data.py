"""`/api/v1`: the data API by nouns; every call but signing in needs a session."""

from __future__ import annotations

from litestar import Router

from server.api.accounts import accounts
from server.api.assignments import get_assignments, post_assignment, post_assignment_end
from server.api.audit import audit
from server.api.devices import device_router
from server.api.figures import get_overdue, get_tallies
from server.api.files import get_case_file
from server.api.reconciliation import get_reconciliation, post_countersignature, post_signature
from server.api.residents import residents
from server.api.rota import get_rota, post_rota
from server.api.sessions import sessions
from server.api.settling import get_conflicts, get_duplicates, post_choice, post_decision
from server.api.unsettled import get_unsettled, post_mend

data_api = Router(
    "/api/v1",
    route_handlers=[
        sessions,
        accounts,
        device_router,
        audit,
        residents,
        Router(
            "/villages",
            route_handlers=[get_reconciliation, post_signature, post_countersignature],
            tags=["对账"],
        ),
        Router("/villages", route_handlers=[get_tallies, get_overdue], tags=["统计"]),
        Router("/villages", route_handlers=[get_rota, post_rota], tags=["轮值"]),
        Router(
            "/villages",
            route_handlers=[get_assignments, post_assignment, post_assignment_end],
            tags=["网格分工"],
        ),
        Router("/", route_handlers=[get_case_file], tags=["文件"]),
        Router("/", route_handlers=[get_unsettled, post_mend], tags=["退回与待改"]),
        Router(
            "/",
            route_handlers=[get_conflicts, post_choice, get_duplicates, post_decision],
            tags=["冲突与重复"],
        ),
    ],
)
