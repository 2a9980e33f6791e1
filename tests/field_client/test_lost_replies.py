"""A push arrives and its reply is lost: the acknowledgement runs past outcomes that the device was never told."""

from collections.abc import Callable

import msgspec
import pytest

from field_client.capture import Draft
from field_client.errors import Unreachable
from field_client.exchange import ATTEMPTS_MAX, Exchange
from field_client.push import Push
from field_client.transport import Transport
from tests.field_client.field_world import SERVER, Phone, values
from tests.server.sync_village import GRID_1, VILLAGE, TinyVillage, faults_of, household_id

Make = Callable[..., Phone]
HOME = household_id(GRID_1, 0)


def exchange_of(phone: Phone) -> Exchange:
    """A way to the server beside a sync's."""
    transport = Transport(SERVER, phone.times, None, phone.network)
    return Exchange(phone.device.store, transport, phone.times, lambda step: None, lambda seconds: None)


def handed_over_unheard(phone: Phone, record: str) -> None:
    """Three operations that come to three ends, all taken in by the server, and no reply to it."""
    phone.device.households.change(HOME, {"note": "一切正常"})
    phone.device.households.change(household_id(GRID_1, 1), {"phone": "12"}, anyway=True)
    phone.device.capture(
        Draft(kind="household", village=VILLAGE, action="change", record=record, fields={"note": "独居"})
    )
    phone.network.lose_replies = ["/push"] * ATTEMPTS_MAX
    with pytest.raises(Unreachable):
        phone.device.sync()
    phone.network.lose_replies = []


def told(phone: Phone) -> list[tuple[str, bool]]:
    """What the device takes each operation to have come to, and whether the server said so."""
    return [(entry.state, entry.detail is not None) for entry in phone.device.outbox.entries()]


def test_every_outcome_is_learnt_after_an_empty_push_that_acknowledges_them_all(
    village: TinyVillage, phone: Make
) -> None:
    wang, other = phone().enrol(), phone("wang", "other").enrol()
    fields = {"name": "新来的一户", "address": "演示路99号", "grid": GRID_1}
    created = other.device.households.create(VILLAGE, fields)
    handed_over_unheard(wang, created.record)
    device = wang.device.identity.device
    assert village.rows("SELECT acknowledged FROM devices WHERE id = ?", device) == [(3,)]
    push = Push(exchange_of(wang))
    push.compare()
    assert push.send([]).acknowledged == 3
    assert told(wang) == [("waiting", False)] * 3
    report = wang.restart().sync()
    assert (report.pushed, told(wang)) == (3, [("applied", True), ("rejected", True), ("held", True)])
    assert wang.device.outbox.entries()[1].detail.problems[0].code == "phone-form"  # type: ignore[union-attr]
    assert village.record(HOME).revision == 2
    # what changes after it was told comes by the cursor of the outcomes
    other.device.sync()
    wang.device.sync()
    assert [state for state, _ in told(wang)] == ["applied", "rejected", "applied"]
    assert values(wang, created.record)["note"] == "独居" and faults_of(village) == []


def test_an_outcome_that_changed_before_it_was_ever_told_is_told_as_it_is_now(
    village: TinyVillage, phone: Make
) -> None:
    wang, other = phone().enrol(), phone("wang", "other").enrol()
    fields = {"name": "新来的一户", "address": "演示路99号", "grid": GRID_1}
    created = other.device.households.create(VILLAGE, fields)
    handed_over_unheard(wang, created.record)
    other.device.sync()
    one_by_one(wang)
    wang.device.sync()
    assert told(wang) == [("applied", True), ("rejected", True), ("applied", True)]
    assert village.record(created.record).values["note"] == "独居" and faults_of(village) == []


def one_by_one(phone: Phone) -> None:
    """From now on a batch of this device holds one operation."""
    identity = phone.device.identity
    limits = msgspec.structs.replace(identity.limits, batch_operations=1)
    phone.device.store.set_meta("identity", msgspec.structs.replace(identity, limits=limits))
