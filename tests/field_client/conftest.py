"""A tiny village on the real application, and phones in it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from field_client.cli import session as shared
from field_client.closed import ClosedDevice
from field_client.device import Device
from tests.field_client.field_commands import Commands
from tests.field_client.field_world import FAST, PIN, SERVER, Phone
from tests.server.sync_village import PASSWORD, TinyVillage, tiny_village


@pytest.fixture
def village(tmp_path: Path) -> Iterator[TinyVillage]:
    with tiny_village(tmp_path / "server") as made:
        yield made


@pytest.fixture
def phone(village: TinyVillage, tmp_path: Path) -> Iterator[Callable[..., Phone]]:
    """Makes phones, and closes their files at the end."""
    made: list[Phone] = []

    def make(username: str = "wang", seed: str | None = None, whole: bool | None = None) -> Phone:
        made.append(Phone(village, tmp_path, username, seed, whole))
        return made[-1]

    yield make
    for one in made:
        one.device.close()


@pytest.fixture
def run(village: TinyVillage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Commands]:
    """Commands against the village, its network and clocks in the place of the machine's."""
    commands = Commands(village, tmp_path / "worker.db")
    monkeypatch.setenv("ALLPOST_FIELD_PIN", PIN)
    how: dict[str, Any] = {
        "times": commands.times, "inner": commands.network, "sleep": lambda _: None, "attempts": 2,
        "pin_iterations": FAST,
    }  # fmt: skip
    monkeypatch.setattr(shared, "ClosedDevice", lambda path: ClosedDevice(path, **how))
    monkeypatch.setattr(
        shared,
        "Device",
        lambda path, pin: Device(path, pin, **how),
    )
    yield commands


@pytest.fixture
def enrolled(run: Commands) -> Commands:
    assert run("enrol", SERVER, "-u", "wang", "-p", PASSWORD).exit_code == 0
    assert "同步完成" in run("sync").stdout
    run.network.down = True
    return run
