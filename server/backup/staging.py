"""A backup made into a store that can be opened: copied, brought in step with the revocation log, in a new epoch."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import msgspec

from server import revocations_log
from server.backup.manifest import (
    DATABASE,
    FILES,
    KEYS,
    SEALED_KEYS,
    BackupDamaged,
    Manifest,
    Progress,
    counts_of,
    walked,
)
from server.backup.sealed_keys import opened_keys
from server.backup.swap import STORE
from server.catching_up import ERASE, CaughtUp, catch_up
from server.cli_messages import CommandError
from server.erasure.clearing import clear_folder
from server.files.folder import FileFolder
from server.files.folder import sync_folder as sync_to_disk
from server.keys import Keys, load_keys
from server.private_file import write_private
from server.revocations_log import Line, LogDamaged
from server.store.audit import Entry, record
from server.store.engine import Store
from server.store.knowledge import Knowledge
from server.store.migrations import migrate
from server.store.pages_rebuilding import keep_in_step
from server.store.schema import MIGRATIONS
from sync.clock import moment
from sync.sealing import SealError

RESTORED = "store.restored"


class Present(msgspec.Struct, frozen=True):
    """What there is beside the backup: a key file, a log that went on after it, the passphrase of sealed keys."""

    keys: Path
    log: Path
    passphrase: bytes | None = None


def stage(
    backup: Path,
    manifest: Manifest,
    folder: Path,
    present: Present,
    now_ms: int,
    progress: Progress,
    closes_on: int,
) -> tuple[CaughtUp, Keys]:
    """Make the store in an empty folder. Raises CommandError, BackupDamaged.

    closes_on: the working day on which a month closes (a setting), by which an older store's figures are brought up.
    """
    shutil.copyfile(backup / DATABASE, folder / STORE)
    (folder / STORE).chmod(0o600)
    parts = list(walked(backup / FILES))
    for done, path in enumerate(parts):
        progress("复制附件", done, len(parts))
        target = folder / path.relative_to(backup)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        sync_to_disk(target)  # before the plan of the swap says that the new store is whole
    for made in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        sync_to_disk(made)
    write_private(folder / KEYS, _keys_of(backup, present))
    keys = load_keys(folder / KEYS)
    log_lost = _put_log(backup, folder, present)
    store = Store(folder / STORE)
    try:
        _check_whole(store, manifest, keys)
        knowledge = Knowledge(keys, closes_on)
        store.write_now(lambda db: keep_in_step(db, keys, knowledge, now_ms, progress))
        caught_up = store.write_now(lambda db: _brought_in_step(db, keys, manifest, now_ms, log_lost))
    except sqlite3.DatabaseError as error:
        raise BackupDamaged(
            f"备份中的数据库无法读取 / the backup's database cannot be read: {error}"
        ) from None
    finally:
        store.close()
    if ERASE in caught_up.applied:
        clear_folder(folder / STORE, FileFolder(folder, keys))
    return caught_up, keys


def _keys_of(backup: Path, present: Present) -> bytes:
    """The keys of the backup, or the present ones where they hold all of them and maybe newer ones."""
    here = present.keys.read_bytes() if present.keys.exists() else None
    if (backup / KEYS).exists():
        of_backup = (backup / KEYS).read_bytes()
    elif (backup / SEALED_KEYS).exists() and present.passphrase is not None:
        of_backup = opened_keys((backup / SEALED_KEYS).read_bytes(), present.passphrase)
    elif here is not None:
        return here
    elif (backup / SEALED_KEYS).exists():
        raise CommandError("密钥受口令保护，请用 --keys-passphrase-file / the keys need their passphrase")
    else:
        raise CommandError(
            f"备份不含密钥，请先把 keys.json 放到 {present.keys} / the backup holds no keys: put keys.json there first"
        )
    return here if here is not None and _covers(here, of_backup) else of_backup


def _covers(here: bytes, of_backup: bytes) -> bool:
    """Whether the present key file is the same server's and has every key of the backup's."""
    try:
        mine, its = (msgspec.json.decode(one, type=dict[str, list[str] | str]) for one in (here, of_backup))
    except msgspec.MsgspecError:
        return False
    return mine.get("lookup") == its.get("lookup") and all(
        set(its[kind]) <= set(mine.get(kind, ())) for kind in ("data", "signing", "sealing")
    )


def _put_log(backup: Path, folder: Path, present: Present) -> bool:
    """Put the longer of the backup's log and the present one there; whether the present one is lost.

    The backup's alone cannot say what was revoked after it. A present log that was damaged says it up to the damage.
    """
    of_backup, _ = _lines(backup / revocations_log.FILE)
    here, damaged = _lines(present.log)
    goes_on = bool(here) and len(here) >= len(of_backup) and here[: len(of_backup)] == of_backup
    source = here if goes_on else of_backup
    write_private(
        folder / revocations_log.FILE, b"".join(msgspec.json.encode(line) + b"\n" for line in source)
    )
    return damaged or not goes_on


def _lines(path: Path) -> tuple[list[Line], bool]:
    try:
        return revocations_log.read_log(path), False
    except LogDamaged as damage:
        return revocations_log.read_log(path, good=damage.good), True


def _check_whole(store: Store, manifest: Manifest, keys: Keys) -> None:
    def read(db: sqlite3.Connection) -> None:
        if db.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise BackupDamaged("备份中的数据库已损坏 / the backup's database is damaged")
        found = counts_of(lambda query: int(db.execute(query).fetchone()[0]))
        if found != manifest.counts:
            raise BackupDamaged(f"备份与清单不符 / not what the manifest says: {found}, {manifest.counts}")
        row = db.execute("SELECT id, body FROM records ORDER BY rowid DESC LIMIT 1").fetchone()
        try:
            if row is not None:
                keys.decrypt_blob(row[1], row[0].encode())
        except SealError:
            raise CommandError("密钥与备份不符，无法解密 / these keys do not open the backup") from None

    store.write_now(lambda db: migrate(db, MIGRATIONS))
    store.read_now(read)


def _brought_in_step(
    db: sqlite3.Connection, keys: Keys, manifest: Manifest, now_ms: int, log_lost: bool
) -> CaughtUp:
    """In one transaction: the log applied, a new epoch, every sign-in at a desk ended, and the audit's word of it."""
    found = catch_up(db, keys, now_ms, why="restore", log_lost=log_lost)
    db.execute("DELETE FROM sessions")
    detail = {"made_at": manifest.made_at, "epoch_before": manifest.epoch, "log_lost": log_lost}
    record(db, Entry(time=moment(now_ms), action=RESTORED, detail=detail))
    return found
