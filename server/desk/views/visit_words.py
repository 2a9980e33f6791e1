"""Words for the codes of a visit, and a household's name as somebody above the village may see it."""

from __future__ import annotations

from typing import Final

from forms.definition import Label

OUTCOMES: Final = {
    "met": Label(zh="见到人", en="met"),
    "not_home": Label(zh="未遇", en="nobody home"),
    "phone": Label(zh="电话联系", en="by phone"),
    "service_point": Label(zh="在服务点见面", en="at a service point"),
    "seen": Label(zh="见到住处", en="the place was seen"),
}
DISPOSITIONS: Final = {
    "on_the_spot": Label(zh="当场", en="on the spot"),
    "taken_along": Label(zh="带回", en="taken along"),
    "reported": Label(zh="上报", en="reported"),
}
FINDINGS: Final = {
    "dispute": Label(zh="矛盾纠纷", en="dispute"),
    "request": Label(zh="群众诉求", en="request"),
    "suggestion": Label(zh="意见建议", en="suggestion"),
    "security": Label(zh="治安", en="security"),
    "fire": Label(zh="消防", en="fire safety"),
    "environment": Label(zh="环境", en="environment"),
    "other": Label(zh="其他", en="other"),
}


def outcome_label(outcome: str) -> Label:
    """An outcome's words; the code itself for one that is not known here."""
    return OUTCOMES.get(outcome, Label(zh=outcome))


def finding_label(kind: str) -> Label:
    """A finding's type in words."""
    return FINDINGS.get(kind, Label(zh=kind))


def masked_name(name: str) -> str:
    """A household's name for who may know the address only: 沈**户."""
    return f"{name.strip()[:1]}**户"
