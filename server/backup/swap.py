"""Putting a restored store in the place of the present one, in steps that a kill can come between.

`DATA/restoring/` holds the new store. Once it is whole and on the disk, `DATA/restoring/swap.json` says so; from
then on the only way is forward: what is old moves to `DATA/before-restore-<time>/`, what is new takes its place, the
database last. Until it is done nobody opens the folder.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec

from server import revocations_log
from server.backup.manifest import FILES, KEYS
from server.private_file import write_private
from server.store.errors import StoreError

STAGE, PLAN = "restoring", "swap.json"
STORE = "allpost.db"
_NEW = (FILES, KEYS, revocations_log.FILE, STORE)
_OLD_ALONE = (f"{STORE}-wal", f"{STORE}-shm", "uploads")


class _Plan(msgspec.Struct):
    """`aside`: the folder that gets what was there."""

    aside: str


class RestoreUnfinished(StoreError):
    """A restore was interrupted while it put the new store in place."""

    def __init__(self, data: Path) -> None:
        super().__init__(
            f"{data} 的恢复中途被打断，请再运行 allpost-server restore --finish / "
            "a restore was interrupted: run allpost-server restore --finish"
        )


def is_unfinished(data: Path) -> bool:
    """Whether a restore has to be finished before anybody may open the folder."""
    return (data / STAGE / PLAN).exists()


def begin(data: Path, aside: str) -> Path:
    """From here on the staged store is the one that counts; the folder with what was there before."""
    write_private(data / STAGE / PLAN, msgspec.json.encode(_Plan(aside)))
    return finish(data)


def finish(data: Path) -> Path:
    """Do what is left of a swap; doing it again from any point comes to the same."""
    stage = data / STAGE
    aside = data / msgspec.json.decode((stage / PLAN).read_bytes(), type=_Plan).aside
    aside.mkdir(mode=0o700, exist_ok=True)
    if (stage / STORE).exists():
        for name in _OLD_ALONE:
            _move(data / name, aside / name)
    for name in _NEW:
        if (stage / name).exists():
            _move(data / name, aside / name)
            _move(stage / name, data / name)
            _flush(data)
    _flush(aside)
    (stage / PLAN).unlink()
    shutil.rmtree(stage)
    return aside


def _move(source: Path, target: Path) -> None:
    if source.exists() and not target.exists():
        source.rename(target)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
