"""Outcomes that changed are told a page at a time, by push and by status, and none is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.ids import uuid7
from tests.server.sync_device import SyncDevice
from tests.server.sync_village import GRID_1, NOW_MS, TinyVillage, small_catalogue, tiny_village


def enrolled(village: TinyVillage) -> SyncDevice:
    device = SyncDevice(village.client, "wang", lambda: village.now_ms, small_catalogue(village.today))
    device.enrol()
    device.sync()
    return device


@pytest.mark.parametrize("by_status", [False, True], ids=["by push", "by status"])
def test_a_page_of_outcomes_holds_as_many_as_the_setting_says(tmp_path: Path, by_status: bool) -> None:
    with tiny_village(tmp_path, outcomes_page_max=2) as village:
        first, second = enrolled(village), enrolled(village)
        record = uuid7(NOW_MS, bytes(10))
        for field in ("note", "phone", "house_number", "visit_class_reason", "name"):
            fields = {field: "13900000001"}
            second.capture(
                kind="household", action="change", record=record, fields=fields, seen={field: None}
            )
        assert {entry["outcome"] for entry in second.push()} == {"held"}
        fields = {"name": "户", "address": "路1号", "grid": GRID_1}
        first.capture(kind="household", action="create", id=record, record=record, fields=fields)
        first.push()
        told = []
        for _ in range(4):
            reply = second.status() if by_status else second.push_body([])
            second.take_outcomes(reply)
            told.append([entry["counter"] for entry in reply["outcomes"]])
        assert told == [[1, 2], [3, 4], [5], []]
        assert "held" not in {entry["outcome"] for entry in second.outcomes.values()}
