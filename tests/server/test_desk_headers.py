"""What every reply of the desk carries, and what hostile requests get."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar.testing import TestClient

from tests.server.desk_pages_client import Browser, hidden, plain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.sync_village import PASSWORD, VILLAGE

HERE = f"/desk/v/{VILLAGE}/home"
TEMPLATES = Path(__file__).parents[2] / "server" / "desk" / "templates"
STATIC = TEMPLATES.parent / "static"


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskVillage]:
    with desk_village(tmp_path_factory.mktemp("headers")) as running:
        yield running


def replies(village: DeskVillage) -> dict[str, httpx.Response]:
    """A page, a redirect, an event stream's refusal, and every kind of refusal."""
    one, nobody = Browser(village, "wang"), TestClient(village.app, raise_server_exceptions=False)
    token = hidden(one.get(HERE), "/desk/language")
    huge = "x" * (village.settings.batch_bytes_max + 200_000)
    client = one.client
    return {
        "page": client.get(HERE),
        "sign-in": nobody.get("/desk/sign-in"),
        "redirect": client.get("/desk/", follow_redirects=False),
        "redirect after a form": client.post("/desk/language", data=token, follow_redirects=False),
        "no session": nobody.get(HERE),
        "no token": client.post("/desk/language", data={}),
        "forbidden": client.get("/desk/t/330481106/places"),
        "not found": client.get("/desk/v/123/home"),
        "no such page": client.get("/desk/nothing"),
        "method": client.put(HERE),
        "too large": client.post("/desk/drafts", data=token | {"_draft": "f", "note": huge}),
        "wrong live place": client.get("/desk/live/999999999999"),
        "htmx": client.get("/desk/v/123/home", headers={"hx-request": "true"}),
    }


def test_every_reply_forbids_what_a_page_does_not_need(village: DeskVillage) -> None:
    expected = {"not found": 404, "no such page": 404, "method": 405, "too large": 413, "forbidden": 403}
    for name, reply in replies(village).items():
        assert reply.status_code == expected.get(name, reply.status_code), name
        policy = reply.headers.get("content-security-policy", "")
        for part in (
            "default-src 'none'",
            "script-src 'self';",
            "style-src 'self';",
            "frame-ancestors 'none'",
        ):
            assert part in policy, (name, part)
        assert "unsafe" not in policy, name
        assert reply.headers["x-content-type-options"] == "nosniff", name
        assert reply.headers["referrer-policy"] == "same-origin", name
        assert reply.headers["cache-control"] == "no-store", name
        assert reply.headers["cross-origin-opener-policy"] == "same-origin", name


def test_refusals_are_pages_in_words_and_show_no_internals(village: DeskVillage) -> None:
    for name, reply in replies(village).items():
        if reply.status_code >= 400:
            assert reply.headers["content-type"].startswith("text/html"), name
            assert "Traceback" not in reply.text and "litestar" not in reply.text, name
    told = replies(village)
    assert "没有这个页面" in plain(told["no such page"].text)
    assert "没有办理这一项的权限" in plain(told["forbidden"].text)
    assert "<html" not in told["htmx"].text


def test_what_fails_inside_is_told_without_a_word_of_it(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    template = village.app.template_engine.engine.get_template("home/village.html")  # type: ignore[union-attr]
    was, template.root_render_func = template.root_render_func, _broken
    try:
        reply = one.client.get(HERE)
    finally:
        template.root_render_func = was
    assert reply.status_code == 500
    assert "服务器出错了" in plain(reply.text) and "secret of the inside" not in reply.text
    assert reply.headers["cache-control"] == "no-store"


def _broken(context: object) -> Iterator[str]:
    raise RuntimeError("secret of the inside")


def test_head_is_refused_as_a_method_and_has_no_body(village: DeskVillage) -> None:
    reply = Browser(village, "wang").client.head(HERE)
    assert reply.status_code in (200, 405)
    assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n',
        ),
        ("application/x-www-form-urlencoded", b"%ff%fe=%00&=&&a"),
        ("application/x-www-form-urlencoded; charset=nothing", b"a=b"),
        ("application/json", b"{"),
        ("text/plain", b"_csrf_token=x"),
    ],
)
def test_a_body_that_is_no_form_is_refused_in_words(village: DeskVillage, kind: str, body: bytes) -> None:
    one = Browser(village, "wang")
    token = str(hidden(one.get(HERE), "/desk/language")["_csrf_token"])
    for address in ("/desk/sign-in", "/desk/drafts", "/desk/language"):
        reply = one.client.post(
            address,
            content=body,
            headers={"content-type": kind, "x-csrf-token": token},
            follow_redirects=False,
        )
        assert reply.status_code < 500, (address, reply.text[-400:])


def test_assets_are_kept_for_ever_and_nothing_else_is_served(village: DeskVillage) -> None:
    client = TestClient(village.app)
    style = client.get("/desk/assets/desk.css")
    assert style.status_code == 200 and "immutable" in style.headers["cache-control"]
    assert style.headers["x-content-type-options"] == "nosniff"
    for name in ("../desk.py", "%2e%2e/desk.py", "..%2fdesk.py", "", "vendor", "/etc/passwd"):
        assert client.get(f"/desk/assets/{name}").status_code in (404, 405), name


def test_templates_hold_nothing_that_the_policy_would_stop() -> None:
    forbidden = (
        "style=",
        "<style",
        "onclick",
        "onsubmit",
        "onchange",
        "hx-on",
        "|safe",
        "| safe",
        "javascript:",
    )
    for file in TEMPLATES.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        found = [one for one in forbidden if one in text]
        assert not found, (file.name, found)
        assert "<script>" not in text, file.name


def test_every_script_and_style_of_a_template_is_there() -> None:
    for file in TEMPLATES.rglob("*.html"):
        for name in re.findall(r"""asset\(["']([^"']+)["']\)""", file.read_text(encoding="utf-8")):
            assert (STATIC / name).is_file(), (file.name, name)


def test_a_password_is_in_no_page(village: DeskVillage) -> None:
    one = Browser(village, "wang")
    assert PASSWORD not in one.get(HERE)
