"""Chinese first, English beside it: which of the two a visitor reads, and the words and times of templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from litestar import Request

from forms.definition import Label

COOKIE = "allpost_language"
ZH, EN = "zh-CN", "en"
HAINING = timezone(timedelta(hours=8))
WEEKDAYS = {ZH: "一二三四五六日", EN: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}


def language_of(request: Request[Any, Any, Any]) -> str:
    """The language chosen in this browser; Chinese where none was."""
    return EN if request.cookies.get(COOKIE) == EN else ZH


@pass_context
def t(context: Context, zh: str, en: str) -> str:
    """Words of a template in the visitor's language: `{{ t("收件", "Inbox") }}`."""
    return en if context.get("lang") == EN else zh


@pass_context
def label(context: Context, of: Label | Mapping[str, str] | None) -> str:
    """A label of the catalogue, a form or a table of words, in the visitor's language."""
    if of is None:
        return ""
    zh, en = (of.zh, of.en) if isinstance(of, Label) else (of["zh"], of.get("en"))
    return en if context.get("lang") == EN and en else zh


@pass_context
def shown_moment(context: Context, of: str | int | datetime | None) -> str:
    """The filter `moment`: a moment as `11-24 09:12` in Haining, with its year where that is not the page's.

    of   UTC text as records carry it, Unix milliseconds, or a datetime with its zone; None shows nothing
    """
    if of is None or of == "":
        return ""
    at = _moment(of).astimezone(HAINING)
    today = context.get("today")
    this_year = isinstance(today, date) and at.year == today.year
    return at.strftime("%m-%d %H:%M" if this_year else "%Y-%m-%d %H:%M")


def _moment(of: str | int | datetime) -> datetime:
    if isinstance(of, datetime):
        return of
    if isinstance(of, int):
        return datetime.fromtimestamp(of / 1000, UTC)
    return datetime.fromisoformat(of)


def shown_day(of: str | date | None) -> str:
    """The filter `day`: a day as `2026-11-24`; of a moment's text, the day in Haining."""
    if of is None or of == "":
        return ""
    if isinstance(of, str) and len(of) > 10:
        return _moment(of).astimezone(HAINING).date().isoformat()
    return of if isinstance(of, str) else of.isoformat()[:10]


@pass_context
def shown_weekday(context: Context, of: str | date) -> str:
    """The filter `weekday`: 周二, or Tue."""
    on = date.fromisoformat(of[:10]) if isinstance(of, str) else of
    if context.get("lang") == EN:
        return WEEKDAYS[EN][on.weekday()]
    return f"周{WEEKDAYS[ZH][on.weekday()]}"
