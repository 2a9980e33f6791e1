"""The device's file: one owner, nothing lost by a kill, a damaged one kept and read as far as it goes."""

import itertools
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from field_client.device import Device
from field_client.errors import DiskFull, StoreDamaged, StoreInUse
from field_client.feed import feed_of
from field_client.outbox import Outbox
from field_client.salvage import examine
from field_client.store import Store
from sync.chain import digest_of
from tests.field_client.field_world import FAST, PIN, SERVER, Phone, opened
from tests.server.sync_village import GRID_1, PASSWORD, VILLAGE, household_id

Make = Callable[..., Phone]
HOME = household_id(GRID_1, 0)
PROGRAM = [sys.executable, "-c", "from field_client.cli import app; app()"]

# Warm once, then a process of its own for each line of its input: captures until somebody kills it.
CAPTURING = """
import os, sys
from field_client.device import Device
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        with Device(sys.argv[1], "246813") as device:
            print("pid", os.getpid(), flush=True)
            for number in range(100_000):
                captured = device.create("request", sys.argv[2], {
                    "text": f"第{number}件", "worker": device.worker, "asked_at": device.said()})
                print(captured.entry.id, captured.entry.digest, flush=True)
    os.waitpid(child, 0)
    print("killed", flush=True)
"""


class Capturing:
    """A second process that captures without end, and is killed."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CAPTURING, str(path), VILLAGE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self) -> int:
        """The pid of a child that has the file open."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        word, pid = self.process.stdout.readline().split()
        assert word == "pid"
        return int(pid)

    def kill(self, pid: int, after: int = 0, seconds: float = 0.0) -> list[str]:
        """What it had printed of captured operations when it was killed: `after` of them and some seconds more."""
        assert self.process.stdout is not None
        printed = [self.process.stdout.readline().rstrip() for _ in range(after)]
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        while (line := self.process.stdout.readline().rstrip()) and not line.endswith("killed"):
            printed.append(line)
        return [line for line in printed if len(line) == 36 + 1 + 64]

    def end(self) -> None:
        self.process.communicate()


def test_ten_kills_at_random_instants_lose_nothing_that_was_captured(phone: Make) -> None:
    wang = phone().enrol()
    wang.device.close()
    capturing, seen = Capturing(wang.path), []
    for seed in range(10):
        draw = random.Random(seed)
        seen += capturing.kill(capturing.start(), draw.randrange(6), draw.uniform(0.0, 0.02))
    capturing.end()
    wang.device = wang.opened()
    entries = wang.device.outbox.entries()
    kept = {f"{one.id} {one.digest}" for one in entries}
    assert len(seen) >= 20 and set(seen) <= kept
    assert [one.counter for one in entries] == list(range(1, len(entries) + 1))
    assert all(digest_of(one.exact) == one.digest for one in entries)
    assert all(after.operation.previous == one.digest for one, after in itertools.pairwise(entries))
    report = wang.device.sync()
    assert report.pushed == len(entries) and set(report.counts) == {"applied"}
    requests = [one for _, one in wang.village.records().values() if one.kind == "request"]
    assert len(requests) == len(entries)


def test_a_second_process_is_told_in_words_and_the_first_goes_on(tmp_path: Path) -> None:
    with opened(tmp_path / "device.db") as device:
        with pytest.raises(StoreInUse):
            opened(tmp_path / "device.db")
        told = subprocess.run(
            [
                sys.executable,
                "-c",
                "from field_client.cli import app; app()",
                "--data",
                tmp_path / "device.db",
                "status",
            ],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "ALLPOST_FIELD_PIN": PIN},
        )
        assert told.returncode == 1 and "正被另一个程序使用" in told.stderr and "Traceback" not in told.stderr
        assert not device.enrolled
    with opened(tmp_path / "device.db"):
        pass


def test_a_kill_gives_the_file_back(phone: Make) -> None:
    wang = phone().enrol()
    wang.device.close()
    capturing = Capturing(wang.path)
    pid = capturing.start()
    with pytest.raises(StoreInUse):
        wang.opened()
    capturing.kill(pid)
    capturing.end()
    wang.device = wang.opened()


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with opened(tmp_path / "device.db"):
        assert stat.S_IMODE((tmp_path / "device.db").stat().st_mode) == 0o600


def test_another_programs_database_is_not_taken_for_a_store(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(StoreDamaged):
        opened(tmp_path / "other.db")
    assert (tmp_path / "other.db").read_bytes() == before


@pytest.mark.parametrize("whole", [True, False], ids=["sqlcipher", "sealed"])
@pytest.mark.parametrize("damage", ["header", "copy", "outbox"])
def test_a_damaged_file_is_kept_and_its_operations_reach_the_server(
    phone: Make, damage: str, whole: bool
) -> None:
    wang = phone(whole=whole).enrol()
    wang.device.visits.record(HOME, {"outcome": "met"})
    wang.device.sync()
    waiting = [wang.device.households.ask(VILLAGE, f"第{number}件").entry.id for number in range(20)]
    page = root_page(wang.device, damage)
    wang.device.close()
    content = wang.path.read_bytes()
    content = content[: page * 4096] + b"\xff" * 4096 + content[page * 4096 + 4096 :]
    wang.path.write_bytes(content)
    if damage == "header":
        with pytest.raises(StoreDamaged):
            wang.opened()
    found = examine(wang.path, PIN, FAST)
    assert found.kept_as is not None and Path(found.kept_as).read_bytes()[:4096] == content[:4096]
    assert len(Path(found.kept_as).read_bytes()) == len(content)
    wang.device = wang.opened()
    kept = {one.id for one in wang.device.outbox.entries()}
    assert set(waiting) <= kept
    wang.device.enrol(SERVER, "wang", PASSWORD)
    wang.device.sync()
    requests = {one.id for _, one in wang.village.records().values() if one.kind == "request"}
    visits = [one for _, one in wang.village.records().values() if one.kind == "visit"]
    assert requests == set(waiting) and len(visits) == 1
    assert wang.agrees()


def root_page(device: Device, what: str) -> int:
    """The page that goes bad: the file's first, or the root of a table."""
    if what == "header":
        return 0
    row = device.store.row("SELECT rootpage FROM main.sqlite_master WHERE name = ?", (what,))
    assert row is not None
    return int(row[0]) - 1


def test_a_sound_file_is_left_alone(phone: Make) -> None:
    wang = phone().enrol()
    wang.device.close()
    found = examine(wang.path, PIN, FAST)
    assert (found.kept_as, found.problems) == (None, [])
    wang.device = wang.opened()
    assert wang.device.enrolled


def test_a_full_disk_undoes_the_whole_step_and_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "device.db", PIN, pin_iterations=FAST)
    pages = store.rows("PRAGMA page_count")[0][0]
    store.rows(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(DiskFull), store.transaction():
        store.set_meta("small", "a")
        store.set_meta("large", "x" * 100_000)
    assert store.meta("small", str) is None
    store.rows("PRAGMA max_page_count = 100000")
    store.set_meta("small", "b")
    assert store.meta("small", str) == "b"
    store.close()


def test_a_full_disk_during_a_pull_keeps_the_copy_and_its_cursor(phone: Make) -> None:
    wang = phone()
    wang.device.enrol(SERVER, "wang", PASSWORD)
    store = wang.device.store
    pages = store.rows("PRAGMA page_count")[0][0]
    store.rows(f"PRAGMA max_page_count = {pages + 6}")
    with pytest.raises(DiskFull):
        wang.device.sync()
    assert store.rows("SELECT count(*) FROM copy WHERE home = ?", (VILLAGE,)) == [(0,)]
    assert feed_of(store, VILLAGE, wang.device.identity.epoch).cursor == ""
    store.rows("PRAGMA max_page_count = 1000000")
    wang.device.sync()
    assert wang.agrees()


def test_the_outbox_survives_a_rewrite_that_is_undone(phone: Make) -> None:
    wang = phone().enrol()
    captured = [wang.device.households.ask(VILLAGE, f"{number}").entry for number in range(3)]
    store = wang.device.store
    with pytest.raises(RuntimeError), store.transaction():
        Outbox(store).rewrite("another-device")
        raise RuntimeError("killed in between")
    assert [one.exact for one in wang.device.outbox.entries()] == [one.exact for one in captured]
