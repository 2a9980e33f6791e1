"""Chinese first, English beside it: which of the two a visitor reads, and the words of templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from litestar import Request

from forms.definition import Label

COOKIE = "allpost_language"
ZH, EN = "zh-CN", "en"


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
