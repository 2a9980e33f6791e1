"""The generator's promises: the same bytes everywhere, fields in order, references that resolve, nothing to come."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from functools import lru_cache
from pathlib import Path

import msgspec
import pytest

from grid_map.days import count_day, day_start_ms
from grid_map.grids import GridIndex
from grid_map.tessellation import demo_grids
from server.demo.city import city_facts, scale_villages, village_facts
from server.demo.facts import Change, Fact
from sync.clock import moment_ms
from sync.field_checks import field_problems
from sync.ids import is_uuid, uuid7_ms
from sync.kinds import KINDS

TODAY = date(2026, 11, 23)
VILLAGE = "330481106222"
COMMUNITY = "330481106001"
SCRIPT = """
import hashlib, msgspec
from datetime import date
from server.demo.city import village_facts
facts = list(village_facts("330481106001", 7, date(2026, 11, 23), households=120))
print(hashlib.sha256(msgspec.json.encode(facts)).hexdigest())
"""


@lru_cache(maxsize=8)
def stream(village=VILLAGE, today=TODAY, seed=1):
    return tuple(village_facts(village, seed, today))


def facts(village=VILLAGE):
    return [entry for entry in stream(village) if isinstance(entry, Fact)]


def digest(entries):
    return hashlib.sha256(msgspec.json.encode(list(entries))).hexdigest()


def test_another_process_with_another_hash_seed_makes_the_same_bytes():
    here = digest(village_facts(COMMUNITY, 7, TODAY, households=120))
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path.cwd())}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=environment
        )
        assert done.stdout.strip() == here


def test_another_seed_or_village_makes_other_people():
    names = [
        {f.fields["name"] for f in village_facts(village, seed, TODAY, households=60) if f.kind == "resident"}
        for village, seed in ((VILLAGE, 1), (VILLAGE, 2), ("330481106221", 1))
    ]
    assert all(len(a & b) < len(a) / 4 for a, b in ((names[0], names[1]), (names[0], names[2])))


def test_a_village_does_not_depend_on_those_made_before_it():
    alone = digest(village_facts(VILLAGE, 3, TODAY, households=60))
    list(village_facts(COMMUNITY, 3, TODAY, households=60))
    assert digest(village_facts(VILLAGE, 3, TODAY, households=60)) == alone


@pytest.mark.parametrize("village", [VILLAGE, COMMUNITY])
def test_every_field_is_as_its_kind_wants_it(village):
    for entry in stream(village):
        kind = KINDS[entry.kind]
        assert field_problems(kind, entry.fields) == [], entry
        assert entry.village == village
        if isinstance(entry, Fact):
            assert [name for name in kind.required if entry.fields.get(name) in (None, "")] == []
        else:
            assert kind.on_create_only.isdisjoint(entry.fields)


def test_ids_are_unique_and_carry_their_time():
    made = facts()
    assert len({fact.record for fact in made}) == len(made)
    assert all(is_uuid(fact.record) for fact in made)
    assert all(uuid7_ms(fact.record) == fact.at_ms for fact in made if fact.kind not in ("worker", "rota"))


@pytest.mark.parametrize("village", [VILLAGE, COMMUNITY])
def test_the_stream_is_in_order_and_references_come_first(village):
    known: dict[str, str] = {}
    before = 0
    for entry in stream(village):
        assert entry.at_ms >= before
        before = entry.at_ms
        if isinstance(entry, Change):
            assert known[entry.record] == entry.kind
            continue
        for field, kind in KINDS[entry.kind].references:
            if field in entry.fields:
                assert known[entry.fields[field]] == kind
        if entry.kind == "visit" and "round" in entry.fields:
            assert known[entry.fields["round"]] == "round"
        known[entry.record] = entry.kind


def test_visits_and_cases_name_each_other():
    cases = {fact.record: fact for fact in facts() if fact.kind == "case"}
    visits = {fact.record: fact for fact in facts() if fact.kind == "visit"}
    people = {fact.record: fact.fields["household"] for fact in facts() if fact.kind == "resident"}
    captured = {record: case.fields["visit"] for record, case in cases.items() if "visit" in case.fields}
    named = {case: visit.record for visit in visits.values() for case in visit.fields.get("cases", ())}
    assert captured == named
    assert len(captured) > 20
    for visit in visits.values():
        assert all(people[person] == visit.fields["household"] for person in visit.fields.get("met", ()))
    for case in cases.values():
        assert people[case.fields["resident"]] == case.fields["household"]


def test_nothing_happens_on_or_after_today():
    end = day_start_ms(TODAY)
    for entry in stream():
        assert entry.at_ms < end
        for name, value in entry.fields.items():
            if name.endswith("_at"):
                assert moment_ms(value) <= entry.at_ms + 1, entry
    assert count_day(stream()[-1].at_ms) >= date(2026, 11, 20)


@pytest.mark.parametrize("village", [VILLAGE, COMMUNITY])
def test_every_household_stands_in_its_grid(village):
    index = GridIndex(demo_grids(village, 1))
    for fact in facts(village):
        if fact.kind == "household":
            location = fact.fields["location"]
            assert (location["system"], location["source"]) == ("WGS-84", "demonstration")
            assert len(location["latitude"].partition(".")[2]) <= 6
            found = index.grid_at(float(location["longitude"]), float(location["latitude"]))
            assert found is not None
            assert found.code == fact.fields["grid"]


def test_a_village_has_about_the_records_that_were_asked_for():
    kinds = Counter(fact.kind for fact in facts())
    assert 1_700 <= kinds["household"] <= 2_300
    assert 2.6 <= kinds["resident"] / kinds["household"] <= 3.0
    assert 10_000 <= len(facts()) <= 13_000


def test_scales():
    assert scale_villages("village") == (VILLAGE,)
    assert len(scale_villages("town")) == 16
    assert VILLAGE in scale_villages("town")
    assert len(set(scale_villages("city"))) == 236


def test_common_facts_are_the_grids_of_the_villages():
    made = list(city_facts((VILLAGE, COMMUNITY), 1, 1_767_225_600_000))
    assert all(field_problems(KINDS[fact.kind], msgspec.to_builtins(fact.fields)) == [] for fact in made)
    assert {fact.kind for fact in made} == {"grid"}
    for village in (VILLAGE, COMMUNITY):
        grids = {fact.fields["key"]: fact for fact in made if fact.village == village}
        assert set(grids) == {grid.code for grid in demo_grids(village, 1)}
        assert all(f.fields["definition"]["properties"]["label"] == "演示位置" for f in grids.values())
    assert len({fact.record for fact in made}) == len(made)


def test_an_unknown_village_is_refused():
    with pytest.raises(KeyError):
        village_facts("330481106999", 1, TODAY)
