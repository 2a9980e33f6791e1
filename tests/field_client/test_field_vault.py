"""What lies on the disk: nothing personal in any file, a PIN that five tries destroy, a plain store taken over."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from field_client import head
from field_client.closed import ClosedDevice
from field_client.device import Device
from field_client.errors import (
    FieldError,
    KeyFileMissing,
    LockedOut,
    NotEnrolled,
    Refused,
    StoreDamaged,
    WrongPin,
)
from field_client.head import open_head
from field_client.key_box import ITERATIONS_MIN, KeyBox, measured_iterations, new_code, read_code
from field_client.salvage import examine
from field_client.store import Store
from field_client.vault import Vault
from sync.chain import digest_of
from sync.cipher import SM4_CTR_HMAC_SM3, SealError
from tests.field_client.field_world import FAST, PIN, Phone, opened
from tests.server.sync_village import (
    GRID_1,
    NUMBER,
    PASSWORD,
    VILLAGE,
    household_id,
    resident_id,
    tiny_village,
)

Make = Callable[..., Phone]
HOME = household_id(GRID_1, 0)
PERSON = resident_id(GRID_1, 0, 0)
VARIANTS = pytest.mark.parametrize("whole", [True, False], ids=["sqlcipher", "sealed"])
WRONG = "864202"

# A plain store as the version before made it, out of an encrypted one that is open.
PLAIN = """
import sys
from field_client import store, takeover
def dying(*_):
    import os, signal
    os.kill(os.getpid(), signal.SIGKILL)
where, path, pin = sys.argv[1:4]
if where == "begun":
    takeover._kept = dying
elif where == "made":
    store.finish_making = dying
elif where == "overwritten":
    takeover.Path.unlink = dying
from field_client.device import Device
Device(path, pin, pin_iterations=1000)
"""
TRYING = """
import os, signal, sys
from field_client import opening
def dying(*_):
    os.kill(os.getpid(), signal.SIGKILL)
opening.unboxed = dying
from field_client.device import Device
Device(sys.argv[1], sys.argv[2])
"""


def run(program: str, *arguments: str) -> int:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, check=False
    ).returncode


def all_bytes(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file())


@VARIANTS
def test_no_file_of_the_device_names_a_resident(phone: Make, tmp_path: Path, whole: bool) -> None:
    wang = phone(whole=whole).enrol()
    device = wang.device
    device.households.change_resident(
        PERSON, {"name": "沈金敭", "phone": "13900004321", "identity_number": NUMBER}
    )
    device.households.ask(VILLAGE, "能不能在村里交水费")
    device.visits.start(HOME, place="小店门口")
    device.sync()
    device.households.change(HOME, {"note": "独居老人"})
    device.keep_draft("case", {"applicant_name": "陈阿大"})
    said = [
        "沈金敭",
        "13900004321",
        NUMBER,
        "交水费",
        "独居老人",
        "陈阿大",
        "小店门口",
        "演示路",
        "identity_number",
    ]
    lying = b"".join(one.read_bytes() for one in sorted(tmp_path.glob("wang.db*")))
    assert len(lying) > 50_000
    assert [one for one in said if one.encode() in lying] == []
    device.close()
    lying = b"".join(one.read_bytes() for one in sorted(tmp_path.glob("wang.db*")))
    assert [one for one in said if one.encode() in lying] == []
    wang.device = wang.opened()
    assert [one.id for one in wang.device.households.search("sjy")] == [HOME]


@VARIANTS
def test_a_wrong_pin_opens_nothing_and_a_right_one_starts_the_tries_again(
    tmp_path: Path, whole: bool
) -> None:
    path = tmp_path / "device.db"
    opened(path, whole=whole).close()
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongPin) as wrong:
            Device(path, WRONG)
        assert wrong.value.left == left
    opened(path).close()
    with pytest.raises(WrongPin) as wrong:
        Device(path, WRONG)
    assert wrong.value.left == 4


@VARIANTS
def test_the_fifth_wrong_pin_destroys_its_box_and_the_right_one_comes_too_late(
    tmp_path: Path, whole: bool
) -> None:
    path = tmp_path / "device.db"
    opened(path, whole=whole).close()
    for _ in range(4):
        with pytest.raises(WrongPin):
            Device(path, WRONG)
    with pytest.raises(LockedOut):
        Device(path, WRONG)
    with pytest.raises(LockedOut):
        opened(path)
    clear = open_head(path)
    assert clear.get("box", KeyBox) is None and b'"box"' not in all_bytes(tmp_path)
    clear.connection.close()


def test_killing_the_program_at_each_try_makes_none_of_them_free(tmp_path: Path) -> None:
    path = tmp_path / "device.db"
    opened(path).close()
    for _ in range(5):
        assert run(TRYING, str(path), PIN) == -signal.SIGKILL
    with pytest.raises(LockedOut):
        opened(path)


def test_a_pin_that_is_guessed_first_is_refused_and_makes_no_store(tmp_path: Path) -> None:
    for easy in ("12345", "1234567890123", "111111", "123456", "987654", "678901", "abcdef", "１２４６８０"):
        with pytest.raises(Refused):
            Device(tmp_path / "device.db", easy)
    assert not (tmp_path / "device.db").exists()


@VARIANTS
def test_another_pin_opens_what_the_one_before_did(phone: Make, whole: bool) -> None:
    wang = phone(whole=whole).enrol()
    wang.device.change_pin("975310")
    wang.device.close()
    with pytest.raises(WrongPin):
        wang.opened()
    with Device(wang.path, "975310") as device:
        assert device.enrolled


def test_without_the_machines_key_the_pin_opens_nothing_and_is_not_counted_out(tmp_path: Path) -> None:
    path = tmp_path / "device.db"
    opened(path).close()
    key = path.with_name("device.db.key")
    assert key.stat().st_mode & 0o777 == 0o600
    there = key.read_bytes()
    key.unlink()
    with pytest.raises(KeyFileMissing):
        opened(path)
    key.write_bytes(os.urandom(32))
    for _ in range(6):
        with pytest.raises(KeyFileMissing):
            opened(path)
    key.write_bytes(there)
    opened(path).close()


def test_a_try_costs_what_this_machine_can_bear_and_never_less_than_the_phone_asks() -> None:
    assert measured_iterations() >= ITERATIONS_MIN


def test_a_code_is_read_however_it_was_typed() -> None:
    code = new_code()
    in_fours = "-".join(code[at : at + 4] for at in range(0, 16, 4))
    assert len(code) == 16 and read_code(in_fours.lower()) == read_code(in_fours.replace("-", " ")) == code
    assert read_code("o1il-0000-0000-0000") == "0111000000000000"


@VARIANTS
def test_a_value_put_in_anothers_place_is_not_taken(tmp_path: Path, whole: bool) -> None:
    store = Store(tmp_path / "device.db", PIN, whole=whole, pin_iterations=FAST)
    store.set_meta("one", "a")
    store.set_meta("two", "b")
    with store.transaction() as connection:
        connection.execute(
            "UPDATE meta SET value = (SELECT value FROM meta WHERE key = 'one') WHERE key = 'two'"
        )
    if whole:
        assert store.meta("two", str) == "a"  # SQLCipher authenticates pages, not values
    else:
        with pytest.raises(StoreDamaged):
            store.meta("two", str)
    store.close()


@VARIANTS
def test_a_crash_between_the_two_commits_is_put_right(phone: Make, whole: bool) -> None:
    wang = phone(whole=whole).enrol()
    captured = [wang.device.households.ask(VILLAGE, f"第{number}件").entry for number in range(3)]
    wang.device.close()
    beside = open_head(wang.path)
    kept = beside.kept()
    beside.drop("outbox:3")
    beside.keep(head.Kept("outbox:9", 9, "00", True, b"never committed in the main file"))
    beside.connection.close()
    wang.device = wang.opened()
    again = wang.device.store.head.kept()
    assert [one.place for one in again] == [one.place for one in kept] and all(one.unsent for one in again)
    assert [one.digest for one in again] == [digest_of(one.exact) for one in captured]


def test_a_store_whose_main_file_is_gone_is_not_begun_anew(phone: Make) -> None:
    wang = phone().enrol()
    wang.device.households.ask(VILLAGE, "一")
    wang.device.close()
    wang.path.unlink()
    with pytest.raises(StoreDamaged):
        wang.opened()
    assert open_and_count(wang.path) == 1
    wang.path.write_bytes(b"")


def open_and_count(path: Path) -> int:
    beside = open_head(path)
    try:
        return len(beside.kept())
    finally:
        beside.connection.close()


@VARIANTS
@pytest.mark.parametrize("killed", ["", "begun", "made", "overwritten"])
def test_a_plain_store_is_taken_over_and_its_plain_pages_are_gone(
    phone: Make, tmp_path: Path, killed: str, whole: bool
) -> None:
    wang = phone().enrol()
    wang.device.households.change(HOME, {"note": "独居老人"})
    wang.device.sync()
    wang.device.households.ask(VILLAGE, "能不能在村里交水费")
    before = wang.device.outbox.entries()
    old = tmp_path / "old"
    old.mkdir()
    plain_store(wang.device, old / "device.db")
    wang.device.close()
    assert "交水费".encode() in all_bytes(old)
    if killed:
        assert run(PLAIN, killed, str(old / "device.db"), PIN) == -signal.SIGKILL
    with opened(old / "device.db", whole=whole, times=wang.times, inner=wang.network) as device:
        assert device.outbox.entries() == before
        assert device.record("household", HOME).values["note"] == "独居老人"
        lying = all_bytes(old)
        assert not [
            one for one in ("交水费", "独居老人", "演示路", device.identity.token) if one.encode() in lying
        ]
        assert device.sync().pushed == 1
    assert not (old / "device.db.new").exists()


def plain_store(device: Device, path: Path) -> None:
    """The same device as the version before would have kept it, with its log beside."""
    with closing(sqlite3.connect(path)) as plain:
        plain.executescript(PLAIN_SCHEMA)
        store = device.store
        for key, value in store.rows("SELECT key, value FROM meta"):
            plain.execute("INSERT INTO meta VALUES (?, ?)", (key, store.open(f"meta:{key}", value)))
        for row in store.rows("SELECT * FROM outbox"):
            one = list(row[:14])
            one[2] = store.open(f"outbox:{row[1]}:exact", row[2])
            one[11] = None if row[11] is None else store.open(f"outbox:{row[1]}:detail", row[11])
            plain.execute(f"INSERT INTO outbox VALUES ({', '.join('?' * 14)})", one)
        for row in store.rows("SELECT * FROM copy"):
            search = None if row[7] is None else store.open(f"copy:{row[0]}:search", row[7]).decode()
            body = store.open(f"copy:{row[0]}:body", row[8])
            plain.execute("INSERT INTO copy VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row[:7], search, body))
        plain.commit()


PLAIN_SCHEMA = """
PRAGMA application_id = 1095779908; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE outbox (
    counter INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, exact BLOB NOT NULL, digest TEXT NOT NULL, kind TEXT NOT NULL,
    record TEXT NOT NULL, village TEXT NOT NULL, captured_ms INTEGER NOT NULL, acknowledged_ms INTEGER, outcome TEXT,
    revision INTEGER, detail BLOB, laid INTEGER NOT NULL DEFAULT 1, mended_by TEXT
);
CREATE TABLE copy (
    id TEXT PRIMARY KEY, home TEXT NOT NULL, kind TEXT NOT NULL, part TEXT NOT NULL, version INTEGER NOT NULL,
    revision INTEGER NOT NULL, parent TEXT, search TEXT, body BLOB NOT NULL
);
CREATE TABLE segment (digest TEXT PRIMARY KEY, village TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE draft (name TEXT PRIMARY KEY, saved_ms INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
"""


def test_a_closed_device_that_is_nobodys_says_so(tmp_path: Path) -> None:
    opened(tmp_path / "device.db").close()
    with ClosedDevice(tmp_path / "device.db") as closed, pytest.raises(NotEnrolled) as error:
        closed.orders()
    assert "还没有登记" in str(error.value)


@VARIANTS
def test_the_servers_cipher_is_that_of_the_store_from_the_next_opening_on(
    tmp_path: Path, whole: bool
) -> None:
    with tiny_village(tmp_path / "server", cipher=SM4_CTR_HMAC_SM3) as village:
        wang = Phone(village, tmp_path, "wang", whole=whole).enrol()
        wang.device.households.ask(VILLAGE, "能不能在村里交水费")
        digest = wang.device.store.head.kept()[0].digest
        device = wang.restart()
        assert device.store.vault.cipher == SM4_CTR_HMAC_SM3
        with pytest.raises(SealError):
            Vault("aes-256-gcm", device.store.vault.data_key).open(
                "outbox:1", device.store.head.kept()[0].sealed
            )
        assert device.outbox.entries()[0].digest == digest and device.record("household", HOME).id == HOME
        assert device.sync().pushed == 1 and wang.agrees()
        device.close()
        with ClosedDevice(wang.path, times=wang.times, inner=wang.network, pin_iterations=FAST) as closed:
            closed.unlock("wang", PASSWORD, "975310")
        with Device(wang.path, "975310", times=wang.times, inner=wang.network) as again:
            assert again.enrolled


def test_where_sqlcipher_is_gone_a_sound_file_is_not_taken_for_a_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "device.db"
    opened(path, whole=True).close()
    monkeypatch.setattr("field_client.connection.SQLCIPHER", None)
    for ask in (lambda: opened(path).close(), lambda: examine(path, PIN, FAST)):
        with pytest.raises(FieldError, match="SQLCipher"):
            ask()
    assert path.exists() and not list(tmp_path.glob("*damaged*"))
