"""What a device still had waiting on an erased resident, and a visit whose content was erased with the resident."""

from collections.abc import Callable

from tests.field_client.field_world import Phone
from tests.server.erasing_village import HOUSEHOLD, RESIDENT, erased
from tests.server.sync_village import TinyVillage, faults_of

Make = Callable[..., Phone]
NAME = "沈金敭"


def test_what_waited_is_handed_over_once_and_its_bytes_leave_the_device(
    village: TinyVillage, phone: Make
) -> None:
    wang = phone().enrol()
    wang.device.households.change_resident(RESIDENT, {"name": NAME})
    wang.device.sync()
    village.later()
    wang.device.households.change_resident(RESIDENT, {"note": f"{NAME}又来过"})
    kept = wang.device.households.change(HOUSEHOLD, {"phone": "13800000000"})
    erased(village)
    report = wang.device.sync()
    assert report.pushed == 2 and report.diverged == []
    states = [(one.state, bool(one.exact)) for one in wang.device.outbox.entries()]
    assert states == [("erased", False), ("erased", False), ("applied", True)]
    assert wang.device.outbox.entries()[2].id == kept.entry.id
    assert wang.device.outbox.counts() == {"applied": 1}, "nothing is left that anybody had to mend"
    assert faults_of(village) == []


def test_a_visit_that_was_emptied_leaves_no_words_on_its_worker_s_device(
    village: TinyVillage, phone: Make
) -> None:
    wang = phone().enrol()
    visit = wang.device.visits.record(HOUSEHOLD, {"outcome": "met", "note": f"{NAME}说膝盖不好"})
    wang.device.sync()
    erased(village, visits=(visit.record,))
    assert wang.device.sync().diverged == []
    [entry] = [one for one in wang.device.outbox.entries() if one.id == visit.record]
    assert (entry.state, entry.exact) == ("erased", b"")
    shown = wang.device.shown.get(visit.record)
    assert shown is not None and "note" not in shown.values and shown.values["outcome"] == "met"
    assert wang.agrees()
    assert faults_of(village) == []
