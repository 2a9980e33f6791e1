"""Two rota records may speak of one day; each of them puts its own people at the window, and takes only those off."""

from __future__ import annotations

from pathlib import Path

from tests.server.sync_device import SyncDevice
from tests.server.sync_village import (
    PASSWORD,
    VILLAGE,
    TinyVillage,
    faults_of,
    small_catalogue,
    tiny_village,
)


def at_window(village: TinyVillage) -> set[str]:
    """Who the rules and the desk take to be at the window today."""
    knowledge, today = village.intake.knowledge, village.today
    knowledge.forget()
    by_rules = village.store.write_now(lambda db: knowledge.window(db, VILLAGE, today))
    token = village.client.post("/api/v1/sessions", json={"username": "lead", "password": PASSWORD}).json()
    stretch = village.client.get(
        f"/api/v1/villages/{VILLAGE}/rota?first={today}&last={today}",
        headers={"authorization": f"Bearer {token['token']}"},
    ).json()
    assert by_rules == {worker for day in stretch["days"] for worker in day["window"]}
    names = {identifier: name for name, identifier in village.workers.items()}
    return {names[worker] for worker in by_rules}


def test_taking_one_rota_back_leaves_those_whom_the_other_names(tmp_path: Path) -> None:
    with tiny_village(tmp_path) as village:
        lead = SyncDevice(village.client, "lead", lambda: village.now_ms, small_catalogue(village.today))
        lead.enrol()
        lead.sync()
        assert at_window(village) == {"lead"}
        both = [village.workers["lead"], village.workers["li"]]
        second = lead.create("rota", day=village.today.isoformat(), window=both)
        assert [entry["outcome"] for entry in lead.sync()] == ["applied"]
        assert at_window(village) == {"lead", "li"}
        lead.void(second.record, "排重了")
        assert [entry["outcome"] for entry in lead.sync()] == ["applied"]
        assert at_window(village) == {"lead"}
        assert faults_of(village) == []
