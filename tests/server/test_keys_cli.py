"""`allpost-server keys` and `rescue`: rotation with everything readable after it, and files taken in at the server."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from server.cli import app
from sync.qr_chain import qr_chain
from tests.server.desk_village import DeskVillage, desk_village
from tests.server.rescuing import rescue_of
from tests.server.sync_device import API, SyncDevice
from tests.server.sync_village import GRID_1, faults_of, household_id


@pytest.fixture
def village(tmp_path: Path) -> Iterator[DeskVillage]:
    with desk_village(tmp_path) as village:
        yield village


def run(village: DeskVillage, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--data", str(village.settings.data)], env={"COLUMNS": "200"})


def keys_listed(village: DeskVillage) -> list[dict[str, Any]]:
    return list(json.loads(run(village, "keys", "list", "--json").stdout))


def told_key(phone: SyncDevice, key: str) -> dict[str, Any]:
    body = {"counter": len(phone.captured), "digest": "", "sealing_key": key}
    return dict(phone.call("POST", "/status", json=body).json())


def test_a_running_server_is_not_rotated_under(village: DeskVillage) -> None:
    before = village.settings.keys_path.read_bytes()
    refused = run(village, "keys", "rotate", "--yes")
    assert refused.exit_code == 1 and refused.output
    assert village.settings.keys_path.read_bytes() == before


def test_after_a_rotation_old_things_are_read_and_new_ones_are_under_the_new_keys(tmp_path: Path) -> None:
    with desk_village(tmp_path) as village:
        phone = village.phone("wang")
        phone.change(household_id(GRID_1, 0), note="旧密钥时记的")
        rescue = rescue_of(phone)
        old = told_key(phone, "")["sealing"]["id"]
        told_key(phone, old)
        listed = keys_listed(village)
        assert [(one["use"], one["newest"], one["devices"]) for one in listed] == [
            ("data", True, None), ("signing", True, None), ("sealing", True, 1),
        ]  # fmt: skip
        village.store.close()
        assert run(village, "keys", "rotate", "--yes").exit_code == 0
        assert village.settings.keys_path.stat().st_mode & 0o077 == 0
        village.start()
        phone.client = village.client
        status = told_key(phone, old)
        assert status["sealing"]["id"] != old and status["signing"]["id"] not in {one["id"] for one in listed}
        # sealed to the old key, signed receipts and batches of before: all still read
        handed = village.client.post(
            f"{API}/rescue", content=rescue, headers={"content-type": "application/octet-stream"}
        )
        assert handed.status_code == 200 and handed.json()["operations_new"] == 1
        assert faults_of(village) == []
        now = keys_listed(village)
        assert [(one["newest"], one["devices"]) for one in now if one["use"] == "sealing"] == [
            (False, 1),
            (True, 0),
        ]
        told_key(phone, status["sealing"]["id"])
        now = keys_listed(village)
        assert [one["devices"] for one in now if one["use"] == "sealing"] == [0, 1]
        shown = run(village, "keys", "list").output
        scalars = village.keys.stored
        for secret in (*scalars.data, *scalars.signing, *scalars.sealing, scalars.lookup):
            assert secret.hex() not in shown and base64.b64encode(secret).decode() not in shown


def test_rescue_files_at_the_server(village: DeskVillage, tmp_path: Path) -> None:
    phone = village.phone("wang")
    phone.change(household_id(GRID_1, 0), note="一")
    path, codes = tmp_path / "a.allpost", tmp_path / "codes.txt"
    path.write_bytes(rescue_of(phone))
    codes.write_text("\n".join(reversed(qr_chain(rescue_of(phone)))) + "\n\n", "utf-8")
    first = run(village, "rescue", str(path))
    assert first.exit_code == 0 and "新收 1 条" in first.output, first.output
    again = run(village, "rescue", str(path), str(path), "--json")
    replies = [json.loads(line) for line in again.stdout.splitlines()]
    assert [reply["operations_new"] for reply in replies] == [0, 0]
    scanned = run(village, "rescue", "--codes", str(codes))
    assert scanned.exit_code == 0 and "已有 1 条" in scanned.output
    codes.write_text(codes.read_text("utf-8").split("\n", 1)[1], "utf-8")
    missing = run(village, "rescue", "--codes", str(codes))
    assert missing.exit_code == 1 and "二维码" in missing.output
    path.write_bytes(path.read_bytes()[:-9])
    cut = run(village, "rescue", str(path))
    assert cut.exit_code == 1 and "不完整" in cut.output
