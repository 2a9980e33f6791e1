"""`/desk/v/<village>/cases/new`: an item is found, and a walk-in's case written down and saved."""

from __future__ import annotations

import sqlite3

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from forms.problem import Problem
from server.casework.capturing import capture, suspected_of
from server.desk.desk import Context, Desk, DeskRequest, Gone, go_to
from server.desk.drafts import FORM_CHARACTERS_MAX
from server.desk.navigation import address_of
from server.desk.uploading import take_uploads, typed_and_uploads
from server.desk.views.capture import (
    RESIDENT,
    CapturePage,
    add_row,
    begun,
    capture_page,
    captured,
    form_of,
    remove_row,
    typed_before,
)
from server.desk.views.cases import case_record, case_view
from server.desk.views.items import item_today, items_found
from server.desk.views.typed_answers import first
from server.desk.visitor import Visitor
from server.files.serving import file_reply
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account
from server.store.drafts import draft_of
from server.store.files import brought_by, file_of
from sync.files import is_digest

BODY_BYTES_MAX = 64 * 1024 * 1024
"""A handful of photos in one form; each is bounded by the setting for files."""


class Suspected(Exception):
    """Open cases that may be this very matter, which the person has not looked at yet."""


@get("/v/{village:str}/cases/new", include_in_schema=False)
async def new_case(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    q: FromQuery[str] = "",
    department: FromQuery[str] = "",
    item: FromQuery[str] = "",
) -> Template:
    """The search of items, or one of them."""

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.CASE_ADVANCE)
        if item:
            return {"shown": item_today(db, desk.keys, item, visitor.today)}
        found = items_found(db, desk.keys, q, department, visitor.today)
        return {"found": found, "q": q, "department": department}

    return await desk.show(request, account, village, f"capture/{'item' if item else 'items'}.html", read)


@get("/v/{village:str}/cases/new/{item:str}", include_in_schema=False)
async def capture_form(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    item: FromPath[str],
    fresh: FromQuery[bool] = False,
) -> Template:
    """An empty form, or what was typed and not saved (the desk's drafts); `fresh`: an empty one all the same."""
    key, now_ms = draft_key(village, item), desk.clock()
    kept = await desk.store.read(lambda db: draft_of(db, desk.keys, account.id, key, now_ms))
    before = {} if fresh or kept is None else typed_before(kept.fields)

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        visitor.require(Action.CASE_ADVANCE)
        shown = item_today(db, desk.keys, item, visitor.today)
        if shown.visit:
            raise ProblemError("not-found", "随走访登记，窗口不能登记 / recorded inside a visit")
        typed = before or begun(form_of(db, desk.keys, shown.item))
        page = capture_page(db, desk.keys, visitor, item, typed)
        kept_ms = kept.at_ms if before and kept is not None else None
        return _context(page, draft=key, kept_ms=kept_ms)

    audit = Action.RESIDENT_READ if first(before, RESIDENT) else None
    return await desk.show(request, account, village, "capture/form.html", read, audit=audit)


@post("/v/{village:str}/cases/new/{item:str}", include_in_schema=False, request_max_body_size=BODY_BYTES_MAX)
async def post_capture(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    item: FromPath[str],
) -> Template | Gone:
    """Save the case, or show the page as it follows from what was typed (更新, a row, a resident)."""
    typed, uploads = typed_and_uploads(await request.form())
    wrong = await take_uploads(desk, account, village, typed, uploads)
    does, _, of = first(typed, "do").partition(":")
    if does == "save" and not wrong:
        return await _save(request, desk, account, village, item, typed)
    _change(typed, does, of)
    looking = does == "find" or bool(first(typed, "find").strip() and not first(typed, RESIDENT))
    checked = does == "save"

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        page = capture_page(db, desk.keys, visitor, item, typed, checked=checked, looking=looking, also=wrong)
        return _context(page, draft=draft_key(village, item))

    return await desk.show(
        request,
        account,
        village,
        "capture/form.html",
        read,
        audit=Action.RESIDENT_READ if looking or first(typed, RESIDENT) else None,
        status=422 if wrong or checked else 200,
    )


@get("/v/{village:str}/cases/{case:str}/captured", include_in_schema=False)
async def case_captured(
    request: DeskRequest,
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    case: FromPath[str],
) -> Template:
    """What was saved: its number, and what can be printed."""

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        record = case_record(db, desk.keys, village, case)
        visitor.require(Action.CASE_READ, owners=[record.holder or ""])
        shown = case_view(db, desk.keys, record, visitor.today)
        return {"case": shown, "audit_subject": ("case", case)}

    return await desk.show(request, account, village, "capture/captured.html", read, audit=Action.CASE_READ)


@get("/v/{village:str}/cases/new/files/{digest:str}", include_in_schema=False)
async def captured_file(
    desk: NamedDependency[Desk],
    account: NamedDependency[Account],
    village: FromPath[str],
    digest: FromPath[str],
) -> Response[bytes]:
    """A photo that this account has just brought, before the case that names it is saved."""
    if not is_digest(digest):
        raise NotFoundException

    def read(db: sqlite3.Connection) -> object:
        return file_of(db, digest) if brought_by(db, digest, account.id) else None

    file = await desk.store.read(read)
    if file is None:
        raise ProblemError("not-found")
    return await file_reply(desk.files.folder, file)  # type: ignore[arg-type]


async def _save(
    request: DeskRequest,
    desk: Desk,
    account: Account,
    village: str,
    item: str,
    typed: dict[str, list[str]],
) -> Template | Gone:
    """The case, or the page again: with every mistake, or with what may be the same matter."""
    told: list[Problem] = []
    alike: list[str] = []

    def write(db: sqlite3.Connection, visitor: Visitor) -> str:
        given = captured(db, desk.keys, visitor, item, typed)
        suspected = suspected_of(db, desk.keys, village, given)
        if set(suspected) - set(typed.get("suspected", ())):
            alike.extend(suspected)
            raise Suspected
        capture(desk.intake, db, visitor, given)
        return given.record

    try:
        record = await desk.act(account, village, write)
        return go_to(request, address_of(village, f"cases/{record}/captured"))
    except ProblemError as error:
        if error.code.code != "request-invalid":
            raise
        told = list(error.problems)
    except Suspected:
        told = []

    def read(db: sqlite3.Connection, visitor: Visitor) -> Context:
        page = capture_page(
            db, desk.keys, visitor, item, typed, checked=True, also=_in_page(told), suspected=alike
        )
        alike_shown = [
            case_view(db, desk.keys, case_record(db, desk.keys, village, case), visitor.today)
            for case in alike
        ]
        return _context(page, draft=draft_key(village, item), alike=alike_shown)

    return await desk.show(
        request, account, village, "capture/form.html", read, audit=Action.RESIDENT_READ, status=422
    )


def draft_key(village: str, item: str) -> str:
    """Under which name the desk keeps what is typed into an item's form."""
    return f"capture:{village}:{item}"[:FORM_CHARACTERS_MAX]


def _context(page: CapturePage, **more: object) -> Context:
    subject = {} if page.applicant is None else {"audit_subject": ("resident", page.applicant.id)}
    return {"page": page, "kept_ms": None, "alike": [], **subject, **more}


def _in_page(told: list[Problem]) -> list[Problem]:
    """Problems of the operation, at the fields of the page: the rules name a record's fields."""
    return [found for found in told if found.pointer]


def _change(typed: dict[str, list[str]], does: str, of: str) -> None:
    """What a button of the page does to what was typed."""
    if does == "add":
        add_row(typed, of)
    elif does == "remove":
        group, _, row = of.partition("/")
        remove_row(typed, group, row)
    elif does == "choose":
        typed[RESIDENT] = [of]
        typed["find"] = []
        for name in ("applicant_name", "applicant_identity_number"):
            typed.pop(name, None)
    elif does == "drop":
        typed[RESIDENT] = []


capture_pages = [new_case, capture_form, post_capture, captured_file, case_captured]
"""All handlers of this file."""
