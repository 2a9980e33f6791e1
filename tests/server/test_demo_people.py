"""People of the demonstration: names, numbers that are nobody's, ages that fit relations, doors that are unique."""

import re
from collections import Counter, defaultdict
from datetime import date
from functools import lru_cache

import pytest

from forms.codes import check_identity_number, check_phone, identity_number_sex
from server.demo.accounts import accounts, village_accounts
from server.demo.city import scale_villages, village_facts
from server.demo.facts import Fact, seeded
from server.demo.names import RARE_CHARACTERS, given_name, surname
from server.demo.numbers import COUNTY_CODE, IdentityNumbers, phone_number
from server.demo.size import village_size
from server.new_account import mistakes_in
from server.roles import Role
from server.settings import Settings
from server.store.accounts import Account

TODAY = date(2026, 11, 23)
VILLAGE, COMMUNITY = "330481106222", "330481106001"


@lru_cache(maxsize=4)
def facts(village=VILLAGE):
    return tuple(entry for entry in village_facts(village, 1, TODAY) if isinstance(entry, Fact))


def families(village=VILLAGE):
    found = defaultdict(list)
    for fact in facts(village):
        if fact.kind == "resident":
            found[fact.fields["household"]].append(fact.fields)
    return found


def texts(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("village", [VILLAGE, COMMUNITY])
def test_identity_numbers_are_valid_and_of_no_county(village):
    residents = [fact.fields for fact in facts(village) if fact.kind == "resident"]
    numbers = [person["identity_number"] for person in residents if "identity_number" in person]
    assert len(set(numbers)) == len(numbers)
    assert 0.94 <= len(numbers) / len(residents) <= 0.98
    for person in residents:
        if (number := person.get("identity_number")) is not None:
            assert number.startswith(COUNTY_CODE)
            assert check_identity_number(number, TODAY) == []
            assert number[6:14] == person["birth_date"].replace("-", "")
            assert identity_number_sex(number) == person["sex"]


def test_no_text_anywhere_holds_a_number_of_a_real_county():
    """Also in answers and cases: 18 characters that check out as an identity number are of 330499."""
    long = [text for fact in facts() for text in texts(fact.fields) if len(text) == 18]
    found = [text for text in long if not check_identity_number(text, TODAY)]
    assert len(found) > 5_000
    assert {number[:6] for number in found} == {COUNTY_CODE}


def test_villages_share_no_identity_number():
    here = {f.fields.get("identity_number") for f in facts(VILLAGE) if f.kind == "resident"}
    there = {f.fields.get("identity_number") for f in facts(COMMUNITY) if f.kind == "resident"}
    assert here & there == {None}
    last = IdentityNumbers(235)
    issued = [last.issue("1980-01-01", sex) for sex in ("male", "male", "male", "female", "female", "female")]
    assert [number is None for number in issued] == [False, False, True, False, False, True]
    assert all(check_identity_number(number, TODAY) == [] for number in issued if number)


def test_phones_are_of_the_one_block():
    holders = [fact.fields for fact in facts() if fact.kind in ("resident", "household")]
    phones = [fields["phone"] for fields in holders if "phone" in fields]
    assert len(phones) > 3_000
    assert {phone[:7] for phone in phones} == {"1990000"}
    assert all(check_phone(phone) == [] for phone in set(phones))
    assert phone_number(10_001) == "19900000001"


@pytest.mark.parametrize("village", [VILLAGE, COMMUNITY])
def test_ages_fit_relations(village):
    for members in families(village).values():
        age = {id(p): (TODAY - date.fromisoformat(p["birth_date"])).days / 365.2425 for p in members}
        by_relation = defaultdict(list)
        for person in members:
            by_relation[person["relation"]].append(person)
            assert date.fromisoformat(person["birth_date"]) < TODAY
            assert age[id(person)] < 100
        assert len(by_relation["户主"]) == 1
        head = by_relation["户主"][0]
        couple = [head, *by_relation["配偶"]]
        assert len(couple) <= 2
        if len(couple) == 2:
            assert {p["sex"] for p in couple} == {"male", "female"}
            assert abs(age[id(couple[0])] - age[id(couple[1])]) < 9
            assert min(age[id(p)] for p in couple) >= 20
        for child in by_relation["子"] + by_relation["女"]:
            assert all(age[id(parent)] - age[id(child)] > 20 for parent in couple)
            assert all(age[id(p)] - age[id(child)] < 46 for p in couple if p["sex"] == "female")
        for elder in by_relation["父"] + by_relation["母"]:
            assert age[id(elder)] - age[id(head)] > 18
        for grandchild in by_relation["孙子"] + by_relation["孙女"]:
            assert all(age[id(person)] - age[id(grandchild)] > 36 for person in couple)
            pair = by_relation["子"] + by_relation["女"] + by_relation["儿媳"] + by_relation["女婿"]
            assert all(age[id(person)] - age[id(grandchild)] > 20 for person in pair)


def test_children_carry_a_name_of_their_parents():
    for members in families().values():
        adults = {p["name"][:1] for p in members if p["relation"] in ("户主", "配偶")}
        children = [p["name"][:1] for p in members if p["relation"] in ("子", "女")]
        assert set(children) <= adults


def test_all_kinds_of_households_are_there():
    relations = Counter(person["relation"] for members in families().values() for person in members)
    assert set(relations) == {
        "户主",
        "配偶",
        "子",
        "女",
        "父",
        "母",
        "孙子",
        "孙女",
        "儿媳",
        "女婿",
        "非亲属",
    }
    assert min(relations.values()) >= 10
    alone = [m[0] for m in families().values() if len(m) == 1]
    assert sum((TODAY - date.fromisoformat(p["birth_date"])).days > 80 * 365.25 for p in alone) > 30


def test_doors_are_written_as_in_a_village_and_as_in_a_community():
    for village, form in ((VILLAGE, r"\d+组\d+(-\d+)?号"), (COMMUNITY, r"\d+幢\d单元\d0\d室")):
        doors = [fact.fields for fact in facts(village) if fact.kind == "household"]
        assert len({door["address"] for door in doors}) == len(doors)
        for door in doors:
            assert door["address"].startswith("丁桥镇")
            assert door["address"].endswith(door["house_number"])
            assert re.fullmatch(form, door["house_number"])


def test_names_hold_characters_outside_gb2312():
    random = seeded("names")
    drawn = [(sex, year) for sex in ("male", "female") for year in range(1930, 2026)] * 40
    names = [surname(random) + given_name(random, sex, year) for sex, year in drawn]
    assert {len(name) for name in names} <= {2, 3, 4}
    rare = [name for name in names if set(name) & set(RARE_CHARACTERS)]
    assert 0.002 < len(rare) / len(names) < 0.01
    outside = [character for character in RARE_CHARACTERS if not _in_gb2312(character)]
    assert len(outside) >= 10
    assert any(ord(character) > 0xFFFF for character in RARE_CHARACTERS)
    here = {fact.fields["name"] for fact in facts() if fact.kind == "resident"}
    assert any(set(name) & set(RARE_CHARACTERS) for name in here)


def _in_gb2312(character):
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def test_accounts_are_complete_and_their_passwords_differ():
    made = accounts(1, scale_villages("town"))
    roles = Counter(account.role for account in made)
    assert roles["city_administrator"] == roles["town_clerk"] == roles["town_supervisor"] == 1
    assert roles["village_lead"] == 16
    assert 16 * 4 <= roles["worker"] <= 16 * 6
    for field in ("id", "username", "password"):
        assert len({getattr(account, field) for account in made}) == len(made)
    for account in made:
        assert len(account.password) >= 12
        assert account.username not in account.password
        assert bool(account.departments) == (account.role == "town_clerk")
    assert made == accounts(1, scale_villages("town"))
    assert {a.password for a in made}.isdisjoint(a.password for a in accounts(2, scale_villages("town")))
    assert "330481106222-w1" in {account.username for account in made}


def test_accounts_are_such_as_the_server_makes():
    settings = Settings()
    for made in accounts(1, scale_villages("town")):
        account = Account(
            id=made.id,
            username=made.username,
            name=made.name,
            role=Role(made.role),
            division=made.division,
            departments=made.departments,
        )
        assert mistakes_in(account, made.password, settings) == []


def test_the_directory_names_the_accounts():
    people = village_accounts(1, VILLAGE)
    workers = [fact.fields["name"] for fact in facts() if fact.kind == "worker"]
    assert workers == [account.name for account in people]
    assigned = {fact.fields["worker"] for fact in facts() if fact.kind == "assignment"}
    assert assigned == {account.id for account in people if account.role == "worker"}
    grids = {fact.fields["grid"] for fact in facts() if fact.kind == "household"}
    assert {fact.fields["grid"] for fact in facts() if fact.kind == "assignment"} == grids


def test_villages_vary_in_size_by_at_most_fifteen_per_cent():
    sizes = [village_size(1, village) for village in scale_villages("city")]
    assert min(s.households for s in sizes) >= 1_700
    assert max(s.households for s in sizes) <= 2_300
    assert {s.workers for s in sizes} == {4, 5, 6}
    assert abs(sum(s.households for s in sizes) / len(sizes) - 2_000) < 40
