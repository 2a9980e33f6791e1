"""The page at the server's address: it says what is running and loads nothing from anywhere."""

import re
from pathlib import Path

from litestar.testing import TestClient

from server.app import create_app
from server.data_folder import open_data
from server.settings import load_settings


def test_front_page(tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path / "data")
    store, keys = open_data(settings, exclusive=True)
    try:
        with TestClient(create_app(settings, store, keys)) as client:
            reply = client.get("/")
            assert reply.status_code == 200
            assert reply.headers["content-type"].startswith("text/html")
            assert "全岗通" in reply.text
            assert "allpost-field enrol http://testserver" in reply.text
            assert "演示数据" not in reply.text  # no demonstration accounts here
            assert "default-src 'none'" in reply.headers["content-security-policy"]
            assert not re.search(r"(src|href)=.(https?:)?//|@import|url\(", reply.text)
    finally:
        store.close()
