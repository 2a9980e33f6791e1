"""docs/api.md names every call of the data API with its query, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from tests.server.desk_village import desk_village

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| `(?P<call>(?:GET|POST|PUT|PATCH|DELETE) /api/v1\S+)`(?P<query>(?: `\w+`)*) \| ", re.MULTILINE
)


def test_the_page_and_the_server_name_the_same_calls(tmp_path: Path) -> None:
    with desk_village(tmp_path) as village:
        document = village.client.get("/schema/openapi.json").json()
    served = {
        f"{method.upper()} {path}": {
            given["name"] for given in call.get("parameters", []) if given["in"] == "query"
        }
        for path, methods in document["paths"].items()
        if path.startswith("/api/v1")
        for method, call in methods.items()
    }
    written = {row["call"]: set(re.findall(r"\w+", row["query"])) for row in ROW.finditer(PAGE)}
    assert written == served
