"""A village whose catalogue has an item with every sort of question and of material, and its window's pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from forms.catalogue import Finish, Material, Mode, Stage, TimeLimit
from forms.definition import Field, FieldType, Form, Label, Option
from forms.handling.calendar import published_calendar
from server.founding import publish_reference
from server.intake import Intake
from server.store.knowledge import Knowledge
from tests.server.desk_pages_client import Browser, hidden
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_village import VILLAGE, item, small_catalogue

PAGE = "cases/new/grant"


def _field(key: str, kind: FieldType, zh: str, **more: Any) -> Field:
    return Field(key=key, type=kind, label=Label(zh=zh), **more)


FORM = Form(
    key="rich",
    fields=(
        _field("why", FieldType.TEXT, "事由", required=True, max_length=50),
        _field("own_number", FieldType.IDENTITY_NUMBER, "本人证件号", prefill="resident.identity_number"),
        _field("amount", FieldType.MONEY, "申请金额", required=True),
        _field("rents", FieldType.YES_NO, "是否租房"),
        _field("landlord", FieldType.TEXT, "房东", visible_when="has(answers.rents) && answers.rents"),
        _field(
            "kinds",
            FieldType.MULTIPLE_CHOICE,
            "类别",
            options=(Option(key="a", label=Label(zh="甲")), Option(key="b", label=Label(zh="乙"))),
        ),
        _field("proof", FieldType.FILE, "证明照片"),
        _field(
            "family",
            FieldType.REPEAT,
            "家庭成员",
            columns=(
                _field("name", FieldType.TEXT, "姓名", required=True),
                _field("age", FieldType.NUMBER, "年龄"),
            ),
        ),
    ),
)
MATERIALS = (
    Material(key="card", name="身份证", necessity="required"),
    Material(key="lease", name="租房合同", necessity="conditional", condition="租房的"),
    Material(key="form", name="申请表", necessity="required", copies="原件1份"),
)


@contextmanager
def capture_village(folder: Path) -> Iterator[DeskVillage]:
    """The village with wang at today's window and the item `grant` (老人补贴) in its catalogue."""
    with desk_village(folder) as village:
        small = small_catalogue(village.today)
        grant = msgspec.structs.replace(
            item("grant", Mode.PROXY, Finish.HANDED_UP),
            form="rich",
            name="高龄津贴发放",
            aliases=("老人补贴",),
            materials=MATERIALS,
            limit=TimeLimit(stages=(Stage(key="decide", name="办理", days=15),), demonstration=True),
        )
        catalogue = msgspec.structs.replace(
            small, version=2, items=(*small.items, grant), forms=(*small.forms, FORM)
        )
        intake = Intake(village.keys, Knowledge(village.keys, 5))
        village.store.write_now(
            lambda db: publish_reference(intake, db, catalogue, published_calendar(), [], village.now_ms)
        )
        village.rota(village.today, "wang")
        village.later()
        yield village


class Window:
    """Somebody who writes `grant` down without JavaScript: each button sends the whole form and shows it anew."""

    def __init__(self, village: DeskVillage, username: str = "wang") -> None:
        self.browser = Browser(village, username)
        self.page = self.browser.get(PAGE)
        self.typed: dict[str, Any] = {}

    def press(self, button: str, files: Any = None, **typed: Any) -> httpx.Response:
        """Type, and press a button; names of fields with `__` for `/`."""
        self.typed |= {name.replace("__", "/"): text for name, text in typed.items()}
        where = f"/desk/v/{VILLAGE}/{PAGE}"
        sent = {**hidden(self.page, where), **self.typed, "do": button}
        self.browser.village.later()
        reply = self.browser.client.post(where, data=sent, files=files)
        if "<form" in reply.text and "captured" not in str(reply.url):
            self.page = reply.text
        return reply

    def saved(self, **typed: Any) -> str:
        """Save, which must do; the case's id."""
        reply = self.press("save", **typed)
        assert reply.status_code == 200 and str(reply.url).endswith("/captured"), reply.text[:3000]
        return str(reply.url).split("/")[-2]

    def row(self) -> str:
        """The id of the only row of the repeat group."""
        (row,) = re.findall(r'name="rows/family" value="([0-9a-f]+)"', self.page)
        return str(row)


ENOUGH = {
    "answers__why": "年满八十",
    "answers__amount": "1,200.5",
    "applicant_name": "沈桂仙",
    "ending": "receive",
}
"""What the form must have; the applicant is no resident."""
