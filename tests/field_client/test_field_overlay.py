"""What a device shows before it is connected is what the server holds afterwards, if nobody else writes."""

import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from field_client.cases import NewCase
from field_client.errors import FieldError
from sync.record import Record
from tests.field_client.field_world import Phone
from tests.server.sync_village import GRID_1, VILLAGE, faults_of, household_id, resident_id

Make = Callable[..., Phone]
HOUSEHOLDS = [household_id(GRID_1, number) for number in range(3)]
RESIDENTS = [resident_id(GRID_1, number, who) for number in range(3) for who in range(2)]


def act(phone: Phone, draw: random.Random) -> None:
    """One thing that a worker does; what the device itself refuses is no story."""
    device = phone.device
    phone.village.later(draw.randrange(1, 90_000))
    cases = [one.id for one in device.shown.of_kind("case")]
    visits = [one.id for one in device.shown.of_kind("visit")]
    match draw.randrange(10):
        case 0:
            device.visits.record(draw.choice(HOUSEHOLDS), {"outcome": draw.choice(["met", "not_home"])})
        case 1:
            device.households.change(draw.choice(HOUSEHOLDS), {"note": "情况" * draw.choice([1, 200])})
        case 2:
            device.households.change(draw.choice(HOUSEHOLDS), {"tags": draw.sample("abcd", 2)})
        case 3:
            device.households.change_resident(
                draw.choice(RESIDENTS), {"household": draw.choice(HOUSEHOLDS), "name": draw.choice("甲乙丙")}
            )
        case 4:
            answers = {"hospital": draw.choice(["人民医院", "中医院"])}
            device.cases.new(NewCase(item="permit", resident=draw.choice(RESIDENTS), answers=answers))
        case 5 if cases:
            device.cases.advance(
                draw.choice(cases), draw.choice(["received", "withdrawn"]), reason="本人要求"
            )
        case 6 if cases:
            device.cases.set_answers(draw.choice(cases), {"hospital": draw.choice(["中医院", "省中医院"])})
        case 7 if visits:
            device.visits.amend(draw.choice(visits), {"note": f"更正{draw.random()}"})
        case 8:
            device.households.add_resident(draw.choice(HOUSEHOLDS), {"name": "新生儿", "relation": "孙子"})
        case 9 if visits:
            device.void("visit", draw.choice(visits), "登记错了")


def comparable(record: Record) -> dict[str, Any]:
    """A record without what only the server can know: when it received the first operation."""
    plain = msgspec.to_builtins(record)
    plain.pop("received_ms", None)
    return plain


@pytest.mark.parametrize("seed", range(6))
def test_overlay_equals_the_servers_result(phone: Make, seed: int) -> None:
    wang, draw = phone().enrol(), random.Random(seed)
    for _ in range(3):
        for _ in range(12):
            try:
                act(wang, draw)
            except FieldError:
                continue
        expected = {
            identifier: comparable(one) for identifier, one in wang.device.shown.world.changed.items()
        }
        wang.restart()
        assert expected == {
            identifier: comparable(one) for identifier, one in wang.device.shown.world.changed.items()
        }
        report = wang.device.sync()
        assert set(report.counts) <= {"applied"} and report.diverged == []
        held = wang.village.records(VILLAGE)
        assert expected == {identifier: comparable(held[identifier][1]) for identifier in expected}
        assert wang.agrees()
    assert faults_of(wang.village) == []


def test_own_work_stays_in_sight_when_a_colleague_wrote_meanwhile(phone: Make) -> None:
    wang, second = phone().enrol(), phone("wang", "second").enrol()
    home = HOUSEHOLDS[0]
    wang.device.households.change(home, {"note": "王的记录", "phone": "13900000001"})
    wang.village.later(5_000)
    second.device.households.change(home, {"note": "后来的记录"})
    second.device.sync()
    assert wang.device.shown.get(home).values["note"] == "王的记录"  # type: ignore[union-attr]
    report = wang.device.sync()
    assert report.counts == {"merged": 1}
    detail = wang.device.outbox.entries()[0].detail
    assert detail is not None and detail.overruled == ["note"]
    shown = wang.device.shown.get(home)
    assert shown is not None
    assert (shown.values["note"], shown.values["phone"]) == ("后来的记录", "13900000001")
    assert wang.agrees()
