"""Opening the data folder: what a new one gets, and what a start does again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from forms.catalogue import Finish, Mode, load_catalogue
from forms.handling.calendar import published_calendar
from server.data_folder import open_data
from server.founding import changed_in_place, publish_reference
from server.intake import Intake
from server.store.changes import epoch_of, versions_of
from server.store.knowledge import Knowledge
from sync.kinds import REFERENCE_VILLAGE
from tests.server.desk_village import desk_village
from tests.server.sync_village import fast_settings, item, small_catalogue


def test_a_new_folder_gets_its_epoch_and_reference_feed_once(tmp_path: Path) -> None:
    settings = fast_settings(tmp_path)
    seen = []
    for exclusive in (True, False, True):
        store, keys = open_data(settings, exclusive=exclusive)
        seen.append(store.read_now(lambda db: (epoch_of(db), versions_of(db, REFERENCE_VILLAGE))))
        assert store.read_now(lambda db, keys=keys: changed_in_place(db, keys, load_catalogue())) == []
        store.close()
    assert len(set(seen)) == 1 and seen[0][1][0] > 300


def test_a_start_judges_again_what_could_not_be_understood(tmp_path: Path) -> None:
    with desk_village(tmp_path) as village:
        phone = village.phone("wang")
        village.capture_case(phone, "new")
        village.capture_case(phone, "never")
        assert {entry["outcome"] for entry in phone.push()} == {"rejected"}
        new = msgspec.structs.replace(item("new", Mode.DIRECT, Finish.DOORSTEP), number=900)

        def publish(db: Any) -> None:
            wanted = small_catalogue(village.today, extra=(new,))
            intake = Intake(village.keys, Knowledge(village.keys))
            publish_reference(intake, db, wanted, published_calendar(), [], village.now_ms)

        village.store.write_now(publish)
        settings, device = village.settings, phone.device
    for exclusive, left in ((False, [1, 2]), (True, [2]), (True, [2])):
        store, _ = open_data(settings, exclusive=exclusive)
        rows = store.read_now(
            lambda db: db.execute(
                "SELECT counter FROM unsettled WHERE device = ? ORDER BY 1", (device,)
            ).fetchall()
        )
        store.close()
        assert [counter for (counter,) in rows] == left, exclusive
