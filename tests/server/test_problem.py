"""Every error has one shape: the table's, whatever went wrong and wherever."""

import sqlite3
from pathlib import Path

import httpx
import msgspec
import pytest
from litestar import Litestar, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.testing import TestClient

from forms.problem import Problem
from server.problem import MEDIA_TYPE, ProblemError, problem_of, render_error, rendered
from server.problem_codes import CODES
from server.store.errors import StoreBusy, StoreFull
from sync.errors import OperationsMissing, SyncError

PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")


UNKNOWN_FIELD = Problem(
    pointer="/operations/3", code="unknown-field", message="没有这个字段", message_en="no such field"
)


class Sent(msgspec.Struct):
    count: int


@get("/fails")
async def fails() -> None:
    raise sqlite3.OperationalError("secret resident 张三")


@get("/own")
async def own() -> None:
    problems = [UNKNOWN_FIELD]
    raise ProblemError("wrong-counter", "第 3 条", problems, {"retry-after": "9"}, acknowledged=17)


@post("/sent")
async def sent(data: JSONBody[Sent]) -> int:
    return data.count


@get("/number/{number:int}")
async def number(number: FromPath[int], page: FromQuery[int]) -> int:
    return number + page


@pytest.fixture(scope="module")
def client():
    app = Litestar(
        [fails, own, sent, number], exception_handlers={Exception: render_error}, openapi_config=None
    )
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def check_shape(response: httpx.Response, code: str) -> dict[str, object]:
    body = response.json()
    assert response.headers["content-type"].split(";")[0] == MEDIA_TYPE
    assert response.headers["cache-control"] == "no-store"
    assert body["type"] == code
    assert body["status"] == response.status_code == CODES[code].status
    assert body["title"] and body["title_en"] and body["next"]
    return body


def test_an_unexpected_error_tells_nothing_of_itself(client: TestClient) -> None:
    response = client.get("/fails")
    check_shape(response, "internal-error")
    assert "张三" not in response.text and "sqlite" not in response.text.lower()


def test_an_own_problem_carries_all_that_it_was_given(client: TestClient) -> None:
    response = client.get("/own")
    body = check_shape(response, "wrong-counter")
    assert body["detail"] == "第 3 条" and body["acknowledged"] == 17
    assert body["problems"] == [msgspec.to_builtins(UNKNOWN_FIELD)]
    assert response.headers["retry-after"] == "9"


def test_framework_errors_have_the_same_shape(client: TestClient) -> None:
    check_shape(client.get("/nowhere"), "not-found")
    check_shape(client.get("/sent"), "method-not-allowed")
    check_shape(client.get("/number/seven?page=1"), "not-found")


def test_a_body_that_is_no_json_is_unreadable(client: TestClient) -> None:
    check_shape(
        client.post("/sent", content=b"{", headers={"content-type": "application/json"}), "unreadable-body"
    )


def test_validation_names_the_place(client: TestClient) -> None:
    body = check_shape(client.post("/sent", json={"count": "x"}), "request-invalid")
    assert [problem["pointer"] for problem in body["problems"]] == ["/count"]
    body = check_shape(client.get("/number/7"), "request-invalid")
    assert "page" in body["detail"]


def test_store_and_sync_errors_become_their_codes() -> None:
    assert problem_of(StoreFull("x")).code.code == "store-full"
    assert problem_of(StoreBusy("x")).code.code == "server-busy"
    missing = problem_of(OperationsMissing(17, "ab"))
    assert missing.code.code == "operations-missing"
    assert missing.members == {"acknowledged": 17, "digest": "ab"}


def test_every_error_of_the_protocol_is_in_the_table() -> None:
    waiting, found = [SyncError], []
    while waiting:
        waiting += (kinds := waiting.pop().__subclasses__())
        found += [kind.code for kind in kinds if kind.code != SyncError.code]
    assert found and set(found) <= set(CODES)


def test_members_never_hide_the_table() -> None:
    status, _, body = rendered(ProblemError("not-found", type="forged", status=200))
    assert status == 404
    assert msgspec.json.decode(body)["type"] == "not-found"


@pytest.mark.parametrize("code", CODES)
def test_each_code_is_documented(code: str) -> None:
    kind = CODES[code]
    row = next((line for line in PAGE.splitlines() if line.startswith(f"| `{code}` |")), None)
    assert row, f"docs/errors.md does not name {code}"
    assert f"| {kind.status} |" in row and kind.title in row and kind.next in row and kind.title_en in row
