"""Whoever has the server's disk without its keys: no name, phone, number or story of a resident in any file."""

from __future__ import annotations

from pathlib import Path

from tests.server.erasing_village import (
    HOUSEHOLD,
    NAME,
    PHONE,
    RESIDENT,
    STORY,
    case_about,
    phone_of,
    tell_all,
)
from tests.server.sync_village import NUMBER, tiny_village

WRONG_NUMBER = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
ADDRESS = "演示路8号东首第三家"


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of the data folder but the keys."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "keys.json"
    }


def test_no_file_beside_the_keys_names_a_resident(tmp_path: Path) -> None:
    with tiny_village(tmp_path) as village:
        wang = phone_of(village, "wang")
        tell_all(wang, village)
        wang.change(HOUSEHOLD, address=ADDRESS)
        wang.change(RESIDENT, identity_number=WRONG_NUMBER)
        case_about(
            wang, village, RESIDENT, answers__number=WRONG_NUMBER, applicant_identity_number=WRONG_NUMBER
        )
        outcomes = wang.sync()
        assert "rejected" in {entry["outcome"] for entry in outcomes}
        said = [NAME, PHONE, NUMBER, WRONG_NUMBER, STORY, ADDRESS, "第二医院"]
        lying = files_of(village.settings.data)
        assert sum(map(len, lying.values())) > 100_000
        found = [(name, word) for name, content in lying.items() for word in said if word.encode() in content]
        assert found == []
        assert village.record(RESIDENT).values["name"] == NAME, "with the keys it is all there"
