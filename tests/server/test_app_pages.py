"""The phone app's files as a browser gets them: types, caching, what a page may do, and nothing beside the folder."""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from server.app import create_app
from server.data_folder import open_data
from server.settings import SettingsError, load_settings

SCRIPT = "export const words = '全岗通';" * 100


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>全岗通</title>", encoding="utf-8")
    (folder / "sw.js").write_text("self.skipWaiting", encoding="utf-8")
    (folder / "manifest.webmanifest").write_text("{}", encoding="utf-8")
    (folder / "assets" / "index-abc123.js").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "secret.txt").write_text("not of the app", encoding="utf-8")
    return folder


@contextmanager
def serving(tmp_path: Path, **given: object) -> Iterator[TestClient[Litestar]]:
    settings = load_settings(data=tmp_path / "data", **given)
    store, keys = open_data(settings, exclusive=True)
    try:
        with TestClient(create_app(settings, store, keys)) as client:
            yield client
    finally:
        store.close()


def test_the_address_without_its_slash_leads_to_the_app(tmp_path: Path, built: Path) -> None:
    with serving(tmp_path, app=built) as client:
        reply = client.get("/app", follow_redirects=False)
        assert (reply.status_code, reply.headers["location"]) == (308, "/app/")
        assert "全岗通" in client.get("/app").text


@pytest.mark.parametrize(
    ("path", "kind", "caching"),
    [
        ("/app/", "text/html; charset=utf-8", "no-cache"),
        ("/app/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/app/sw.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/app/manifest.webmanifest", "application/manifest+json", "no-cache"),
        (
            "/app/assets/index-abc123.js",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
    ],
)
def test_each_file_has_its_type_and_its_caching(
    tmp_path: Path, built: Path, path: str, kind: str, caching: str
) -> None:
    with serving(tmp_path, app=built) as client:
        reply = client.get(path)
        assert reply.status_code == 200
        assert reply.headers["content-type"] == kind
        assert reply.headers["cache-control"] == caching
        assert reply.headers["x-content-type-options"] == "nosniff"


def test_text_is_compressed_for_those_who_ask(tmp_path: Path, built: Path) -> None:
    with serving(tmp_path, app=built) as client:
        path = "/app/assets/index-abc123.js"
        packed = client.get(path, headers={"accept-encoding": "gzip, br"})
        plain = client.get(path, headers={"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip" and packed.text == SCRIPT
        assert int(packed.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), 9))
        assert "content-encoding" not in plain.headers and plain.text == SCRIPT
        assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
        assert packed.headers["etag"] != plain.headers["etag"]


def test_an_unchanged_page_is_not_sent_again_and_a_new_build_is(tmp_path: Path, built: Path) -> None:
    with serving(tmp_path, app=built) as client:
        tag = client.get("/app/").headers["etag"]
        again = client.get("/app/", headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")
        (built / "index.html").write_text("<!doctype html><title>新版</title>", encoding="utf-8")
        assert "新版" in client.get("/app/", headers={"if-none-match": tag}).text


@pytest.mark.parametrize(
    "path",
    ["/app/nothing.js", "/app/../secret.txt", "/app/%2e%2e/secret.txt", "/app/assets", "/app//etc/passwd"],
)
def test_nothing_beside_the_folder_is_served(tmp_path: Path, built: Path, path: str) -> None:
    with serving(tmp_path, app=built) as client:
        reply = client.get(path)
        assert reply.status_code == 404 and "not of the app" not in reply.text


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, built: Path) -> None:
    (built / "link.txt").symlink_to(tmp_path / "secret.txt")
    with serving(tmp_path, app=built) as client:
        assert client.get("/app/link.txt").status_code == 404


def test_a_page_may_only_run_and_call_its_own(tmp_path: Path, built: Path) -> None:
    with serving(tmp_path, app=built) as client:
        headers = client.get("/app/").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' data: blob:"
    assert headers["referrer-policy"] == "no-referrer"
    assert "geolocation=(self), camera=(self)" in headers["permissions-policy"]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://tiles.example.cn/{z}/{x}/{y}.png", "https://tiles.example.cn"),
        ("https://{s}.tiles.example.cn:8443/{z}/{x}/{y}.png", "https://*.tiles.example.cn:8443"),
        ("https://web0{s}.example.cn/x={x}&y={y}&z={z}", "https://*.example.cn"),
        ("/tiles/{z}/{x}/{y}.png", None),
    ],
)
def test_tiles_come_from_one_origin(tmp_path: Path, built: Path, url: str, origin: str | None) -> None:
    with serving(tmp_path, app=built, tile_url=url, tile_attribution="示例", tile_system="gcj02") as client:
        policy = client.get("/app/").headers["content-security-policy"]
        images = next(part for part in policy.split("; ") if part.startswith("img-src"))
        assert images == "img-src 'self' data: blob:" + (f" {origin}" if origin else "")
        told = client.get("/app/settings.json")
        assert told.json()["tiles"] == {"url": url, "attribution": "示例", "system": "gcj02"}
        assert told.headers["cache-control"] == "no-store"


def test_nothing_comes_from_outside_unless_set(tmp_path: Path, built: Path) -> None:
    with serving(tmp_path, app=built) as client:
        told = client.get("/app/settings.json").json()
    assert told["tiles"] is None and told["demonstration"] is False
    assert told["version"].count(".") == 2


@pytest.mark.parametrize(
    "url", ["tiles.example.cn/{x}/{y}/{z}", "https://a.cn/{x}/{y}", "https://a.cn; script-src *//{x}{y}{z}"]
)
def test_an_address_that_no_map_can_use_is_told(url: str) -> None:
    with pytest.raises(SettingsError, match="tile_url"):
        load_settings(tile_url=url)


def test_a_missing_build_says_how_to_make_one(tmp_path: Path) -> None:
    with serving(tmp_path, app=tmp_path / "nowhere") as client:
        reply = client.get("/app/")
        assert reply.status_code == 503
        assert "make app" in reply.text and "还没有构建" in reply.text
        assert reply.headers["cache-control"] == "no-store"


def test_the_front_page_leads_phones_to_the_app(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        assert re.search(r'href="/app/">http://testserver[^<]*/app/</a>', client.get("/").text)
