"""Who may do what: the one place that decides.

Rights are a table, action → who. "Who" is a role, the window on duty (a worker or village lead whom the rota
names for that village and day; the caller looks that up), or the one whose own thing it is. Every right ends
at the account's division: 12 digits are a village, 9 a town, 6 the city; a code holds all that begin with it.
Source: domain notes, "People and rights" and "Handling a case".
"""

from collections.abc import Collection
from enum import StrEnum

import msgspec

from server.problem import ProblemError


class Role(StrEnum):
    WORKER = "worker"
    VILLAGE_LEAD = "village_lead"
    TOWN_CLERK = "town_clerk"
    TOWN_SUPERVISOR = "town_supervisor"
    CITY_ADMINISTRATOR = "city_administrator"


class Standing(StrEnum):
    """What an account is beside its role, for one place and moment."""

    WINDOW = "window"
    OWNER = "owner"


class Action(StrEnum):
    """What can be done. A name is `<noun>.<verb>` and is what the audit log says."""

    DEVICE_ENROL = "device.enrol"
    SYNC_PUSH = "sync.push"
    SYNC_STATUS = "sync.status"
    SYNC_PULL = "sync.pull"
    DEVICE_UNLOCK = "device.unlock"
    RECONCILIATION_READ = "reconciliation.read"
    RECONCILIATION_SIGN = "reconciliation.sign"
    RECONCILIATION_COUNTERSIGN = "reconciliation.countersign"
    CONFLICT_SETTLE = "conflict.settle"
    DUPLICATE_SETTLE = "duplicate.settle"
    OPERATION_MEND = "operation.mend"
    CASE_READ = "case.read"
    CASE_ADVANCE = "case.advance"
    CASE_DECIDE = "case.decide"
    RATING_READ = "rating.read"
    VISIT_READ = "visit.read"
    IDENTITY_NUMBER_READ = "identity_number.read"
    RESIDENT_READ = "resident.read"
    ROTA_READ = "rota.read"
    ROTA_WRITE = "rota.write"
    LEAVE_WRITE = "leave.write"
    VISIT_CLASS_WRITE = "visit_class.write"
    ASSIGNMENT_WRITE = "assignment.write"
    DEVICE_LIST = "device.list"
    DEVICE_UNLOCK_CODE = "device.unlock_code"
    DEVICE_REVOKE = "device.revoke"
    DEVICE_CONFIRM = "device.confirm"
    COVERAGE_READ = "coverage.read"
    TALLIES_READ = "tallies.read"
    CASE_FIGURES_READ = "case_figures.read"
    WORKER_FIGURES_READ = "worker_figures.read"
    ACCOUNT_LIST = "account.list"
    ACCOUNT_MANAGE = "account.manage"
    CATALOGUE_PUBLISH = "catalogue.publish"
    DIVISION_MANAGE = "division.manage"
    ERASURE_ORDER = "erasure.order"
    AUDIT_READ = "audit.read"


W, L, T, S, C = Role  # worker, village lead, town clerk, town supervisor, city administrator
WINDOW, OWNER = Standing

RIGHTS: dict[Action, frozenset[Role | Standing]] = {
    Action.DEVICE_ENROL: frozenset({W, L}),
    Action.SYNC_PUSH: frozenset({W, L}),
    Action.SYNC_STATUS: frozenset({W, L}),
    Action.SYNC_PULL: frozenset({W, L}),
    Action.DEVICE_UNLOCK: frozenset({OWNER}),
    Action.RECONCILIATION_READ: frozenset({WINDOW, L}),
    Action.RECONCILIATION_SIGN: frozenset({WINDOW}),
    Action.RECONCILIATION_COUNTERSIGN: frozenset({WINDOW}),
    Action.CONFLICT_SETTLE: frozenset({WINDOW, OWNER}),
    Action.DUPLICATE_SETTLE: frozenset({WINDOW}),
    Action.OPERATION_MEND: frozenset({WINDOW, OWNER}),
    Action.CASE_READ: frozenset({WINDOW, OWNER, T}),
    Action.CASE_ADVANCE: frozenset({WINDOW, OWNER}),
    Action.CASE_DECIDE: frozenset({T}),
    Action.RATING_READ: frozenset({L}),
    Action.VISIT_READ: frozenset({OWNER, L}),
    Action.IDENTITY_NUMBER_READ: frozenset({WINDOW, OWNER, T}),
    Action.RESIDENT_READ: frozenset({WINDOW}),
    Action.ROTA_READ: frozenset({W, L}),
    Action.ROTA_WRITE: frozenset({L}),
    Action.LEAVE_WRITE: frozenset({L}),
    Action.VISIT_CLASS_WRITE: frozenset({L}),
    Action.ASSIGNMENT_WRITE: frozenset({L}),
    Action.DEVICE_LIST: frozenset({WINDOW, L, C}),
    Action.DEVICE_UNLOCK_CODE: frozenset({WINDOW}),
    Action.DEVICE_REVOKE: frozenset({L, C}),
    Action.DEVICE_CONFIRM: frozenset({C}),
    Action.COVERAGE_READ: frozenset({L, S}),
    Action.TALLIES_READ: frozenset({L, S}),
    Action.CASE_FIGURES_READ: frozenset({L, S, T}),
    Action.WORKER_FIGURES_READ: frozenset({OWNER, L}),
    Action.ACCOUNT_LIST: frozenset({L, C}),
    Action.ACCOUNT_MANAGE: frozenset({C}),
    Action.CATALOGUE_PUBLISH: frozenset({C}),
    Action.DIVISION_MANAGE: frozenset({C}),
    Action.ERASURE_ORDER: frozenset({C}),
    Action.AUDIT_READ: frozenset({C}),
}

# What a closed account still may: hand over its work (protocol, Push); it is held for a person.
AFTER_CLOSING = frozenset({Action.SYNC_PUSH, Action.SYNC_STATUS})
# Which of a town clerk's rights end at the departments that the clerk works for.
BY_DEPARTMENT = frozenset(
    {Action.CASE_READ, Action.CASE_DECIDE, Action.CASE_FIGURES_READ, Action.IDENTITY_NUMBER_READ}
)


class Actor(msgspec.Struct, frozen=True):
    """Whoever asks.

    division     the account's: 12 digits a village, 9 a town, 6 the city
    departments  a town clerk's
    on_duty      whether the rota names this account at the window of the village and day in question
    closed       whether the account is closed, or its device revoked
    """

    account: str
    role: Role
    division: str
    departments: tuple[str, ...] = ()
    on_duty: bool = False
    closed: bool = False


def may(
    actor: Actor,
    action: Action,
    division: str,
    *,
    owners: Collection[str] = (),
    department: str | None = None,
) -> bool:
    """Whether `actor` may do `action` in `division`.

    owners      accounts whose own thing it is (a case's holder, both authors of a conflict)
    department  the item's, where it has one; a clerk needs it among his own
    """
    if actor.closed and action not in AFTER_CLOSING:
        return False
    who = RIGHTS[action]
    if Standing.OWNER in who and actor.account in owners:
        return True
    if not division.startswith(actor.division):
        return False
    if Standing.WINDOW in who and actor.on_duty and actor.role in (Role.WORKER, Role.VILLAGE_LEAD):
        return True
    if actor.role not in who:
        return False
    by_department = actor.role is Role.TOWN_CLERK and action in BY_DEPARTMENT
    return not by_department or department in actor.departments


def require(
    actor: Actor,
    action: Action,
    division: str,
    *,
    owners: Collection[str] = (),
    department: str | None = None,
) -> None:
    """Raises ProblemError("forbidden") where `may` says no."""
    if not may(actor, action, division, owners=owners, department=department):
        raise ProblemError("forbidden", action=action.value)
