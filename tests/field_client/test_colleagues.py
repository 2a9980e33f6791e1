"""A colleague is known by the account to which a case can be given, whatever the directory's record is called."""

from __future__ import annotations

from collections.abc import Callable

from field_client.cli.visits import colleague
from server.own_device import Draft
from sync.ids import derived
from tests.field_client.field_world import Phone
from tests.server.sync_village import VILLAGE, TinyVillage


def test_a_colleague_is_found_by_name_and_named_by_account(
    village: TinyVillage, phone: Callable[..., Phone]
) -> None:
    account = village.workers["li"]
    fields = {"name": "李四", "role": "worker", "from_day": "2026-01-01"}
    entry = Draft(kind="worker", village=VILLAGE, record=derived("worker", account), fields=fields)
    assert [one.outcome for one in village.write([entry], village.now_ms)] == ["applied"]
    device = phone().enrol().device
    device.sync()
    assert device.view.names([account]) == "李四"
    assert colleague(device, "李四") == account
