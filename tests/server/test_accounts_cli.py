"""The commands as a person gives them, on a real data folder and beside a real server process."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from rich.cells import cell_len
from typer.testing import CliRunner

from server.cli import app
from server.data_folder import open_data
from server.new_account import made_account, store_account
from server.roles import Role
from server.settings import Settings
from server.store.accounts import Account

ENVIRONMENT = {**os.environ, "ALLPOST_PASSWORD_MEMORY_KIB": "64", "ALLPOST_PASSWORD_PASSES": "1"}
SERVER = [sys.executable, "-c", "from server.cli import app; app()", "run"]
LEAD = ["--name", "沈敭", "--role", "village_lead", "--division", "330481105203"]


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=ENVIRONMENT)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(data: Path, *options: str, scheme: str = "http", verify: object = True) -> Iterator[httpx.Client]:
    """A server process that is ready; it is stopped by SIGTERM and must end by itself with code 0."""
    port = free_port()
    process = subprocess.Popen(
        [*SERVER, "--data", str(data), "--port", str(port), *options],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with httpx.Client(base_url=f"{scheme}://127.0.0.1:{port}", verify=verify) as client:
        try:
            for _ in range(200):
                try:
                    if client.get("/ready").status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield client
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text("long enough 1\n")
    return file


def test_the_first_day_of_a_server(tmp_path: Path, password_file: Path) -> None:
    """init, an account, serve, sign in, a new password beside the running server, close, stop, again."""
    data = tmp_path / "data"
    assert "已就绪" in command("init", "--data", data).stdout
    assert "已就绪" in command("init", "--data", data).stdout
    added = command("account", "add", "lead", *LEAD, "--password-file", password_file, "--data", data)
    assert added.exit_code == 0, added.stderr
    given = {"username": "lead", "password": "long enough 1"}
    with running(data) as client:
        session = client.post("/api/v1/sessions", json=given).json()
        bearer = {"authorization": f"Bearer {session['token']}"}
        assert client.get("/api/v1/accounts", headers=bearer).json()[0]["name"] == "沈敭"
        password_file.write_text("another one 2")
        command("account", "password", "lead", "--password-file", password_file, "--data", data)
        assert client.get("/api/v1/accounts", headers=bearer).status_code == 401
        assert client.post("/api/v1/sessions", json=given).status_code == 401
        second = command("run", "--data", data, "--port", str(free_port()))
        assert second.exit_code == 1 and "另一个服务进程" in second.stderr
        assert command("account", "close", "lead", "--data", data).exit_code == 0
    assert not (data / "allpost.db-wal").exists()
    listed = json.loads(command("account", "list", "--json", "--data", data).stdout)
    assert listed[0]["username"] == "lead" and listed[0]["closed_at"]
    assert "已停用" in command("account", "list", "--data", data).stdout


def test_tls_with_a_certificate_of_the_own_authority(tmp_path: Path) -> None:
    made = command("certificate", "--host", "127.0.0.1", "--data", tmp_path)
    assert "安装并信任根证书" in made.stdout
    tls = tmp_path / "tls"
    trusted = ssl.create_default_context(cafile=str(tls / "allpost-authority.crt"))
    options = ["--certificate", str(tls / "server.crt"), "--key", str(tls / "server.key")]
    with running(tmp_path, *options, scheme="https", verify=trusted) as client:
        assert client.get("/health").json() == {"status": "ok"}


def test_demonstration_accounts_are_not_served_to_others_unless_allowed(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    store, _ = open_data(settings, exclusive=True)
    account = Account(
        username="demo", name="演示", role=Role.WORKER, division="330481105203", demonstration=True
    )
    store.write_now(lambda db: store_account(db, made_account(account, 0), "-", by=None))
    store.close()
    refused = command("run", "--data", tmp_path, "--host", "0.0.0.0", "--port", str(free_port()))
    assert refused.exit_code == 1 and "演示账号" in refused.stderr
    with running(tmp_path) as client:
        assert client.get("/health").status_code == 200


def test_a_port_in_use_and_a_missing_certificate_are_told(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = command("run", "--data", tmp_path, "--port", str(other.getsockname()[1]))
    assert taken.exit_code == 1 and "端口可能已被占用" in taken.stderr and "服务地址" not in taken.stdout
    options = ["--certificate", tmp_path / "none.crt", "--key", tmp_path / "none.key"]
    missing = command("run", "--data", tmp_path, "--port", str(free_port()), *options)
    assert missing.exit_code == 1 and "证书或私钥无法读取" in missing.stderr
    assert isinstance(taken.exception, SystemExit) and isinstance(missing.exception, SystemExit)


def test_mistakes_are_told_in_chinese_without_a_traceback(tmp_path: Path, password_file: Path) -> None:
    password_file.write_text("short")
    bad = command("account", "add", "A", *LEAD, "--password-file", password_file, "--data", tmp_path)
    assert bad.exit_code == 1 and "用户名为2至32位" in bad.stderr and "密码至少10位" in bad.stderr
    missing = command("account", "close", "nobody", "--data", tmp_path)
    assert missing.exit_code == 1 and "没有用户名为 nobody 的账号" in missing.stderr
    (tmp_path / "keys.json").unlink()
    keyless = command("account", "list", "--data", tmp_path)
    assert keyless.exit_code == 1 and "从备份恢复密钥" in keyless.stderr
    blocked = command("init", "--data", password_file / "below")
    assert blocked.exit_code == 1 and "无法读写" in blocked.stderr
    for result in (bad, missing, keyless, blocked):
        assert isinstance(result.exception, SystemExit)


def test_a_command_typed_wrongly_is_said_in_chinese_and_ends_with_2(tmp_path: Path) -> None:
    for wrong in (
        ("reconcil",),
        ("reconcile",),
        ("device", "list", "--jsno"),
        ("account", "add", "chen", "--role", "boss"),
    ):
        result = command(*wrong)
        assert result.exit_code == 2 and "用法见" in result.stderr, (wrong, result.stderr)


def test_accounts_are_listed_within_eighty_columns(tmp_path: Path) -> None:
    assert command("demo-city", "--data", tmp_path).exit_code == 0
    listed = CliRunner().invoke(
        app, ["account", "list", "--data", str(tmp_path)], env={**ENVIRONMENT, "COLUMNS": "80"}
    )
    lines = listed.stdout.splitlines()
    assert "专职工作者" in listed.stdout and "330481106222-lead" in listed.stdout
    assert max(map(cell_len, lines)) <= 80 and len(lines) == 2 + 10
    again = command("demo-city", "--data", tmp_path)
    assert again.exit_code == 1 and "已有数据" in again.stderr


def test_a_file_that_is_no_json_is_named_with_the_place(tmp_path: Path) -> None:
    broken, other = tmp_path / "mine.json", tmp_path / "gbk.json"
    broken.write_text('{"items": [\n  {"key": "a"},,\n]}')
    other.write_bytes("事项".encode("gbk"))
    result = command("catalogue", "import", broken, other, "--data", tmp_path)
    assert result.exit_code == 1 and "mine.json：第2行第16个字符" in result.stderr
    assert "gbk.json：不是UTF-8文字" in result.stderr
