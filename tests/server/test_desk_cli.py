"""Commands beside a running server: two processes on one data folder, each noticing what the other wrote."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from click.testing import Result
from typer.testing import CliRunner

from forms.catalogue import Finish, Item, Mode
from grid_map.days import count_day, day_start_ms
from server.cli import app
from server.clock import unix_ms
from server.data_folder import open_data
from server.rota_writing import RotaRequest, write_rota
from server.store.accounts import account_by_username
from server.store.audit import entries
from server.store.engine import Store
from sync.clock import moment
from tests.server.sync_device import Refused, SyncDevice
from tests.server.sync_village import (
    GRID_1,
    VILLAGE,
    Founded,
    fast_settings,
    household_id,
    item,
    small_catalogue,
)

ENVIRONMENT = {
    **os.environ,
    "ALLPOST_PASSWORD_MEMORY_KIB": "64",
    "ALLPOST_PASSWORD_PASSES": "1",
    "ALLPOST_REPORT_AFTER": "00:00",
    "COLUMNS": "200",
}
COMMAND = [sys.executable, "-c", "from server.cli import app; app()"]


def _wait_out_midnight() -> None:
    """These stories run on the real clock and within one day in Haining."""
    left_ms = day_start_ms(count_day(unix_ms()) + timedelta(days=1)) - unix_ms()
    if left_ms < 30_000:
        time.sleep(left_ms / 1000 + 0.1)


class Served:
    """A founded village, a server process on it, and commands in processes of their own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        _wait_out_midnight()
        self.founded = self._founded()
        self.today = self.founded.today
        self.process = subprocess.Popen(
            [*COMMAND, "run", "--data", str(folder), "--port", str(port)],
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}")
        for _ in range(200):
            try:
                if self.client.get("/ready").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server did not start")

    def _founded(self) -> Founded:
        settings = fast_settings(self.folder)
        store, keys = open_data(settings, exclusive=True)
        try:
            founded, now_ms = Founded(settings, store, keys), unix_ms()
            founded.today = count_day(now_ms)
            founded.found(now_ms)
            return founded
        finally:
            store.close()

    def beside(self) -> Store:
        """The store as a command opens it while the server runs."""
        return open_data(self.founded.settings, exclusive=False)[0]

    def command(self, *arguments: str | Path) -> Result:
        """A command in this process, beside the server's."""
        return CliRunner().invoke(app, [*map(str, arguments), "--data", str(self.folder)], env=ENVIRONMENT)

    def reconcile(self, *more: str) -> dict[str, Any]:
        done = self.command("reconcile", "--village", VILLAGE, *more, "--json")
        assert done.exit_code == 0, done.stderr
        return dict(json.loads(done.stdout))

    def phone(self, username: str) -> SyncDevice:
        phone = SyncDevice(self.client, username, unix_ms, small_catalogue(self.today))
        phone.enrol()
        phone.sync()
        return phone

    def stop(self) -> int:
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    served = Served(tmp_path / "data", port)
    try:
        yield served
    finally:
        assert served.stop() == 0


def signature(phone: SyncDevice, day: date) -> dict[str, Any]:
    """What becomes of a signature that a phone captures: only the window of the day may."""
    phone.create(
        "day-signature", day=day.isoformat(), outgoing=phone.worker["id"], signed_at=moment(unix_ms())
    )
    return phone.push()[-1]


def written(served: Served, *items: Item) -> bytes:
    """A catalogue file with these items, and the department and form of the village's own."""
    return msgspec.json.encode(msgspec.structs.replace(small_catalogue(served.today), items=items))


def test_a_running_server_notices_what_another_process_writes(served: Served, tmp_path: Path) -> None:
    phone = served.phone("li")
    assert signature(phone, served.today)["outcome"] == "rejected"  # the rota is in the server's memory now

    store = served.beside()
    lead, request = "lead", RotaRequest(day=str(served.today), window=[phone.worker["id"]])

    def put_li_at_the_window(db: Any) -> None:
        account = account_by_username(db, lead)
        assert account is not None
        founded = served.founded
        write_rota(founded.intake, founded.keys, db, account, VILLAGE, served.today, request, unix_ms())

    store.write_now(put_li_at_the_window)
    store.close()
    assert signature(phone, served.today)["outcome"] == "applied"

    new = msgspec.structs.replace(item("new", Mode.DIRECT, Finish.DOORSTEP), number=900)
    case = {
        "item": "new",
        "item_version": 1,
        "state": "registered",
        "captured_at": f"{served.today}T00:00:00.000Z",
        "applicant_name": "张三",
        "holder": phone.worker["id"],
    }
    phone.create("case", **case)
    assert [problem["code"] for problem in phone.push()[-1]["problems"]] == ["unknown-item"]
    file = tmp_path / "own.json"
    file.write_bytes(written(served, new))
    done = served.command("catalogue", "import", file)
    assert done.exit_code == 0, done.stderr
    assert "已发布 1 项" in done.stdout and "1 条" in done.stdout
    phone.create("case", **case)
    assert phone.push()[-1]["outcome"] == "applied"
    assert {entry["outcome"] for entry in phone.outcomes.values()} == {"rejected", "applied"}
    assert phone.outcomes[3]["outcome"] == "applied"  # the rejected one was judged again

    file.write_bytes(written(served, msgspec.structs.replace(new, name="改名")))
    again = served.command("catalogue", "import", file)
    assert again.exit_code == 1 and "item new 1" in again.stderr
    file.write_text('{"items": [{}]}')
    wrong = served.command("catalogue", "import", file)
    assert wrong.exit_code == 1 and "/items/0/key" in wrong.stderr
    assert served.command("catalogue", "import", tmp_path / "none.json").exit_code == 1


def test_a_day_is_closed_by_commands_beside_the_running_server(served: Served) -> None:
    phone = served.phone("wang")
    phone.change(household_id(GRID_1, 0), note="记一笔")
    day = served.today.isoformat()
    found = served.reconcile("--day", day)
    assert [row["standing"] for row in found["rows"]] == ["complete"]  # reported with nothing captured
    phone.status()
    unexplained = served.command("reconcile", "--village", VILLAGE, "--day", day, "--sign", "--as", "lead")
    assert unexplained.exit_code == 1 and "wang的手机" in unexplained.stderr
    assert "缺失1条" in unexplained.stderr and "Traceback" not in unexplained.stderr
    assert phone.device[:8] in served.command("reconcile", "--village", VILLAGE).stdout
    reason = f"{phone.device[:8]}=手机没电"
    signed = served.reconcile("--day", day, "--sign", "--as", "lead", "--reason", reason)
    assert signed["signature"]["reasons"] == {phone.device: "手机没电"}
    for arguments in (["--countersign", "--as", "lead"], ["--sign", "--as", "lead"], ["--countersign", "--as", "wang"],
                      ["--sign"], ["--sign", "--as", "nobody"], ["--day", "x"], ["--reason", "x"],
                      ["--day", "2126-01-01"], ["--sign", "--as", "lead", "--reason", "nobody=x"],
                      ["--sign", "--countersign", "--as", "lead"]):  # fmt: skip
        refused = served.command("reconcile", "--village", VILLAGE, *arguments)
        assert refused.exit_code == 1 and refused.stderr and "Traceback" not in refused.stderr, arguments
    phone.push()
    shown = served.command("reconcile", "--village", VILLAGE, "--day", day)
    assert shown.exit_code == 0 and "签字后到达 1 条" in shown.stdout, shown.stderr
    assert "交班签字：lead" in shown.stdout and "未接班签字" in shown.stdout and "采集" in shown.stdout
    phone.sync()
    assert any(one.record.kind == "day-signature" for one in phone.copy.values())


def test_a_phone_is_revoked_by_a_command_and_at_once(served: Served) -> None:
    phone = served.phone("wang")
    listed = json.loads(served.command("device", "list", "--division", VILLAGE, "--json").stdout)
    assert [card["id"] for card in listed] == [phone.device]
    done = served.command("device", "revoke", phone.device[:8], "--orders", "wipe", "--reason", "丢失")
    assert done.exit_code == 0, done.stderr
    with pytest.raises(Refused) as refused:
        phone.pull("reference")
    assert refused.value.code == "device-revoked"
    assert phone.status()["orders"] == "wipe"
    assert "已停用：丢失" in served.command("device", "list").stdout
    unknown = served.command("device", "revoke", "nobody", "--reason", "x")
    assert unknown.exit_code == 1 and "nobody" in unknown.stderr
    store = served.beside()
    last = store.read_now(lambda db: entries(db, division=VILLAGE))[-1]
    store.close()
    assert (last.action, last.account, last.detail["by"]) == ("device.revoke", None, "command")
