"""Every error a client can get: one table of codes, one exception, one shape (RFC 9457, problem+json).

    {"type": "operations-missing", "status": 409, "title": "…", "title_en": "…", "next": "…",
     "detail": "…", "problems": [{"pointer": "/fields/phone", "code": "…", "message": "…",
     "message_en": "…"}], …}

`type` is stable and short; docs/errors.md lists all of them (a test checks). `detail`, `problems` and further
members are there where they say more. No reply shows internals, and none may be cached.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from forms.problem import Problem, pointer_to
from server.log import log_unexpected
from server.problem_codes import CODES, Code
from server.store.errors import StoreError, StoreFull
from sync.errors import SyncError

MEDIA_TYPE = "application/problem+json"

_BY_STATUS = {
    400: "unreadable-body",
    401: "bad-token",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "batch-too-large",
    415: "unsupported-media",
    429: "too-many-attempts",
    503: "server-busy",
}


class ProblemDocument(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The body of every refusal; some codes have further members, as `acknowledged`."""

    type: str
    status: int
    title: str
    title_en: str
    next: str
    detail: str | None = None
    problems: Sequence[Problem] = ()


class ProblemError(Exception):
    """Refuse the call with a code of the table; nothing of it may have been done.

    detail    a sentence about this very case
    problems  all mistakes found
    headers   such as Retry-After
    members   further members of the body, as `acknowledged=17`
    """

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(code)
        self.code: Code = CODES[code]
        self.detail = detail
        self.problems = problems
        self.headers = dict(headers or {})
        self.members = members


def rendered(error: ProblemError) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the reply, for handlers that answer raw bytes."""
    code = error.code
    body = ProblemDocument(
        type=code.code,
        status=code.status,
        title=code.title,
        title_en=code.title_en,
        next=code.next,
        detail=error.detail,
        problems=tuple(error.problems),
    )
    headers = {"cache-control": "no-store", **error.headers}
    return code.status, headers, msgspec.json.encode({**error.members, **msgspec.to_builtins(body)})


def problem_of(error: Exception) -> ProblemError:
    """The problem that any exception is told as; an unexpected one tells nothing of itself."""
    match error:
        case ProblemError():
            return error
        case SyncError() if error.code in CODES:
            return ProblemError(error.code, **vars(error))
        case StoreFull():
            return ProblemError("store-full")
        case StoreError():
            return ProblemError("server-busy", headers={"retry-after": "2"})
        case ValidationException():
            problems = _problems_of(error)
            detail = None if problems else f"参数缺失或不正确 / {error.detail}"
            return ProblemError("request-invalid", detail, problems)
        case HTTPException() if error.status_code in _BY_STATUS:
            return ProblemError(_BY_STATUS[error.status_code], headers=error.headers)
        case _:
            return ProblemError("internal-error")


def render_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The exception handler of the whole application."""
    problem = problem_of(error)
    if problem.code.status == 500:
        log_unexpected(error)
    status, headers, body = rendered(problem)
    return Response(body, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def _problems_of(error: ValidationException) -> list[Problem]:
    found = error.extra if isinstance(error.extra, list) else []
    return [
        Problem(
            pointer=pointer_to(*str(mistake.get("key", "")).split(".")),
            code=f"invalid-{mistake.get('source', 'value')}",
            message="这一项的内容不正确",
            message_en=str(mistake.get("message", "")),
        )
        for mistake in found
        if isinstance(mistake, dict)
    ]
