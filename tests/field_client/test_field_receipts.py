"""Receipts that prove what was delivered, a server set back behind everybody's back, and a resident who was erased."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from field_client.enrolment import Credentials
from field_client.receipts import newest_receipt, proof_holds, take_receipt
from tests.field_client.field_world import Phone
from tests.server.erasing_village import HOUSEHOLD, RESIDENT, erased
from tests.server.sync_village import DAY_MS, GRID_1, PASSWORD, VILLAGE, TinyVillage, household_id
from tests.server.test_epochs import Snapshots

Make = Callable[..., Phone]
HOME = household_id(GRID_1, 0)
VARIANTS = pytest.mark.parametrize("whole", [True, False], ids=["sqlcipher", "sealed"])


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Snapshots]:
    made = Snapshots(tmp_path / "server")
    yield made
    made.close()


@VARIANTS
def test_what_arrived_is_proved_by_a_receipt_and_the_chain_to_it(phone: Make, whole: bool) -> None:
    wang = phone(whole=whole).enrol()
    captured = [wang.device.households.ask(VILLAGE, f"第{number}件").entry for number in range(3)]
    assert wang.device.proof(captured[0].id) is None
    wang.device.sync()
    proof = wang.device.proof(captured[0].id[:23])
    assert proof is not None and proof.receipt.counter == 3 and len(proof.chain) == 3
    assert proof.chain[0] == captured[0].exact.decode() and proof_holds(proof)
    changed = [proof.chain[0].replace("第0件", "第9件"), *proof.chain[1:]]
    assert not proof_holds(msgspec.structs.replace(proof, chain=changed))
    assert not proof_holds(msgspec.structs.replace(proof, chain=proof.chain[:1]))


def test_a_receipt_that_is_forged_or_anothers_is_not_kept(phone: Make) -> None:
    wang = phone().enrol()
    wang.device.households.ask(VILLAGE, "一")
    wang.device.sync()
    store, device = wang.device.store, wang.device.identity.device
    receipt = newest_receipt(store)
    assert receipt is not None and receipt.counter == 1
    ahead = msgspec.structs.replace(receipt, counter=9)
    assert not take_receipt(store, ahead, device, receipt.digest)
    assert not take_receipt(store, receipt, "another-device", receipt.digest)
    assert not take_receipt(store, receipt, device, "0" * 64)
    assert newest_receipt(store) == receipt and take_receipt(store, receipt, device, receipt.digest)


def test_receipts_go_with_the_operations_that_they_prove(village: TinyVillage, phone: Make) -> None:
    wang = phone().enrol()
    for number in range(2):
        wang.device.households.ask(VILLAGE, f"第{number}件")
        wang.device.sync()
    village.later(31 * DAY_MS)
    wang.device.households.ask(VILLAGE, "新的一件")
    wang.device.sync()
    keys = [key for (key,) in wang.device.store.rows("SELECT key FROM meta WHERE key LIKE 'receipt:%'")]
    assert [one.counter for one in wang.device.outbox.entries()] == [3] and keys == ["receipt:3"]
    assert newest_receipt(wang.device.store) is not None


@VARIANTS
def test_a_snapshot_brought_back_is_noticed_by_a_receipt_and_nothing_is_lost(
    machine: Snapshots, tmp_path: Path, whole: bool
) -> None:
    wang = Phone(machine.village, tmp_path, "wang", whole=whole).enrol()
    wang.device.households.ask(VILLAGE, "一")
    wang.device.sync()
    snapshot = machine.taken("yesterday")
    late = Phone(machine.village, tmp_path, "li").enrol()
    ahead = [wang.device.households.ask(VILLAGE, "二"), late.device.households.ask(VILLAGE, "三")]
    wang.device.sync()
    late.device.sync()
    machine.brought_back(snapshot)
    for one in (wang, late):
        one.network.inner = machine.village.client._transport
    report = wang.device.sync()
    assert report.restored and report.pushed == 1 and report.enrolled_anew == []
    with pytest.raises(Exception, match="重新登记"):
        late.device.sync()
    anew = late.device.sync(credentials=Credentials("li", PASSWORD))
    assert len(anew.enrolled_anew) == 1
    records = machine.village.records()
    assert all(one.record in records for one in ahead)
    assert sum(one.kind == "request" for _, one in records.values()) == 3
    proof = wang.device.proof(ahead[0].entry.id)
    assert proof is not None and proof.receipt.epoch == wang.device.identity.epoch
    for one in (wang, late):
        one.village = machine.village
        assert one.device.sync().diverged == []
        one.device.close()


@VARIANTS
def test_an_erased_resident_leaves_the_device_and_the_chain_still_proves_order(
    village: TinyVillage, phone: Make, tmp_path: Path, whole: bool
) -> None:
    wang = phone(whole=whole).enrol()
    wang.device.households.change_resident(RESIDENT, {"name": "沈金敭", "phone": "13900004321"})
    kept = wang.device.households.ask(VILLAGE, "能不能在村里交水费", household=HOUSEHOLD)
    wang.device.sync()
    erased(village)
    wang.device.sync()
    assert wang.device.shown.get(RESIDENT) is None
    first, second = wang.device.outbox.entries()
    assert (first.state, first.exact, first.counter) == ("erased", b"", 1)
    assert second.operation.previous == first.digest and second.id == kept.entry.id
    assert wang.device.outbox.counts() == {"applied": 1}
    assert [one.place for one in wang.device.store.head.kept()] == ["outbox:2"]
    # a server that was set back is offered all but what was erased, under an identity that can go on without it
    device = wang.device.identity.device
    village.store.write_now(
        lambda db: db.execute("UPDATE devices SET digest = 'other' WHERE id = ?", (device,))
    )
    report = wang.restart().sync()
    assert [one.carried_over for one in report.enrolled_anew] == [1]
    assert [one.id for one in wang.device.outbox.entries()] == [kept.entry.id]
