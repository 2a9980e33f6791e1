"""A demonstration village through the server's one way in: every operation is applied, and the server's own due
list says what the generator meant.
"""

from datetime import date

import pytest

from forms.catalogue import load_catalogue
from forms.handling.calendar import published_calendar
from grid_map.days import day_start_ms
from server.data_folder import open_data
from server.demo.accounts import accounts
from server.demo.city import city_facts, village_facts
from server.demo.facts import Fact
from server.founding import ensure_epoch, publish_reference
from server.intake import Intake
from server.new_account import store_account
from server.own_device import Draft, own_device, write_operations
from server.roles import Role
from server.settings import Settings
from server.store.accounts import Account
from server.store.knowledge import Knowledge

TODAY = date(2026, 11, 23)
VILLAGE = "330481106222"
HOUSEHOLDS = 300


def draft(entry):
    if isinstance(entry, Fact):
        return Draft(
            kind=entry.kind,
            village=entry.village,
            fields=entry.fields,
            record=entry.record,
            at_ms=entry.at_ms,
        )
    return Draft(
        kind=entry.kind,
        village=entry.village,
        fields=entry.fields,
        record=entry.record,
        action="change",
        seen=entry.seen,
        at_ms=entry.at_ms,
    )


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """A store with one small village, and the outcomes of its operations."""
    now_ms = day_start_ms(TODAY) + 8 * 3_600_000
    settings = Settings(data=tmp_path_factory.mktemp("demo"), password_memory_kib=64, password_passes=1)
    store, keys = open_data(settings, exclusive=True)
    intake = Intake(keys, Knowledge(keys, settings.month_closes_on_working_day))

    def fill(db):
        ensure_epoch(db)
        publish_reference(intake, db, load_catalogue(), published_calendar(), [], now_ms)
        for made in accounts(1, (VILLAGE,)):
            account = Account(
                id=made.id,
                username=made.username,
                name=made.name,
                role=Role(made.role),
                division=made.division,
                departments=made.departments,
                demonstration=True,
            )
            store_account(db, account, "not a hash", by=None)
        entries = [*city_facts((VILLAGE,), 1, day_start_ms(date(2025, 12, 1)))]
        entries += village_facts(VILLAGE, 1, TODAY, households=HOUSEHOLDS)
        device = own_device(db, "demonstration", "演示", VILLAGE, now_ms)
        return write_operations(intake, db, device, [draft(entry) for entry in entries], now_ms)

    yield store, store.write_now(fill)
    store.close()


def test_every_operation_is_applied(settled):
    _, outcomes = settled
    assert len(outcomes) > HOUSEHOLDS * 4
    refused = [entry for entry in outcomes if entry.outcome != "applied"]
    assert refused == [], refused[:3]


def test_the_server_finds_the_same_share_overdue(settled):
    store, _ = settled
    query = "SELECT count(*), sum(next_due < ?) FROM households_due WHERE village = ?"
    households, overdue = store.read_now(
        lambda db: db.execute(query, (TODAY.isoformat(), VILLAGE)).fetchone()
    )
    assert 0.05 <= overdue / households <= 0.10


def test_no_case_is_suspected_to_be_another(settled):
    store, _ = settled
    query = "SELECT count(*) FROM records WHERE kind IN ('duplicate', 'conflict')"
    assert store.read_now(lambda db: db.execute(query).fetchone()) == (0,)
