"""`allpost-server backup` and `restore`: a copy that can be used, and the proof that it can."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from server.backup.manifest import Progress, read_manifest
from server.backup.restoring import Restored, drill, finish_restore, restore
from server.backup.taking import forget_older, take_backup
from server.cli_data import Data
from server.cli_messages import CommandError, mistakes_told, say
from server.clock import unix_ms
from server.settings import load_settings

Passphrase = Annotated[
    Path | None, typer.Option("--keys-passphrase-file", help="密钥口令文件 / the keys' passphrase")
]


@mistakes_told
def backup(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="存放备份的文件夹 / where backups are kept")
    ],
    passphrase_file: Passphrase = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="不含密钥，须另行保管 / leave the keys out")
    ] = False,
    keep: Annotated[
        int, typer.Option(min=0, help="只留最近几份，0 为全部 / keep the newest; 0 keeps all")
    ] = 0,
    data: Data = None,
) -> None:
    """备份数据；服务不必停 / back up the data, beside a running server."""
    settings = load_settings(data=data)
    with _progress() as progress:
        made = take_backup(
            settings, folder, unix_ms(), progress,
            passphrase=_passphrase(passphrase_file), with_keys=not without_keys,
        )  # fmt: skip
    removed = forget_older(folder, keep) if keep else []
    manifest = read_manifest(made)
    size = sum(part.bytes for part in manifest.parts) / 1e6
    say(f"已备份 / backed up: {made}（{size:.1f} MB，{_counts(manifest.counts)}）")
    if removed:
        say(f"已删除 {len(removed)} 份旧备份 / {len(removed)} older backups removed")
    if manifest.keys == "plain":
        say("备份中含密钥，请妥善保管 / the backup holds the keys: keep it as safe as the server")
    elif manifest.keys == "left-out":
        say(
            f"备份不含密钥：没有 {settings.keys_path} 就无法恢复 / without the key file it cannot be restored"
        )


@mistakes_told
def restore_command(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[BACKUP]", help="一份备份，或存放备份的文件夹（取最新）/ a backup, or their folder"
        ),
    ] = None,
    drilled: Annotated[
        bool, typer.Option("--drill", help="演练：恢复到临时文件夹并全部核对 / prove that it can be restored")
    ] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="做完被打断的恢复 / finish an interrupted one")
    ] = False,
    older: Annotated[
        bool,
        typer.Option("--older", help="允许 30 天以前的备份，更早的记录会缺失 / also one of over 30 days"),
    ] = False,
    log: Annotated[
        Path | None, typer.Option(help="另存的停用记录 / a revocation log that was kept elsewhere")
    ] = None,
    passphrase_file: Passphrase = None,
    inside: Annotated[Path | None, typer.Option(help="演练用的临时文件夹 / where the drill works")] = None,
    data: Data = None,
) -> None:
    """从备份恢复，或演练恢复 / restore a backup, or drill it."""
    settings = load_settings(data=data)
    if finish:
        say(f"恢复已做完，原数据在 / finished; the old data is in: {finish_restore(settings)}")
        return
    if path is None:
        raise CommandError("请写明备份的位置 / say which backup")
    passphrase = _passphrase(passphrase_file)
    if not drilled:
        with _progress() as progress:
            done = restore(settings, path, unix_ms(), progress, passphrase=passphrase, log=log, older=older)
        _tell(done)
        return
    with _progress() as progress:
        tried = drill(settings, path, unix_ms(), progress, passphrase=passphrase, inside=inside)
    for fault in tried.faults:
        say(fault.line())
    if tried.faults:
        say(f"演练发现 {len(tried.faults)} 处问题 / the drill found {len(tried.faults)} faults")
        raise typer.Exit(1)
    say(f"演练通过：{tried.made_at} 的备份可以恢复 / this backup can be restored（{_counts(tried.counts)}）")


def _tell(done: Restored) -> None:
    say(f"已恢复到 {done.made_at}，新的纪元已开始 / restored, in a new epoch")
    say(f"原数据在 / the old data is in: {done.aside}")
    for kind, count in sorted(done.caught_up.applied.items()):
        say(f"  已重新执行 / applied again: {kind} {count}")
    if done.caught_up.lost:
        say(
            f"停用记录丢失：{done.caught_up.doubted} 台设备须确认后才能读取（allpost-server device confirm）；"
            "备份之后停用的账号又处于启用状态，请核对 allpost-server account list / the revocation log is lost: "
            f"{done.caught_up.doubted} phones wait to be confirmed, and accounts closed since are open again"
        )
    if done.ahead is None:
        say(
            "原数据库无法读取：设备联系后补报各自保留的记录 / phones offer what they keep when they next call"
        )
        return
    for phone in done.ahead:
        what = "须重新登记 / enrols anew" if phone.unknown else "将补报 / offers again"
        say(f"  {phone.name} {phone.device} {what}：{phone.operations} 条")


def _counts(counts: dict[str, int]) -> str:
    names = {"accounts": "账号", "devices": "设备", "operations": "操作", "records": "记录", "files": "附件"}
    return "，".join(f"{names[name]} {count}" for name, count in counts.items())


def _passphrase(path: Path | None) -> bytes | None:
    return None if path is None else path.read_bytes().strip()


@contextmanager
def _progress() -> Iterator[Progress]:
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Bar(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=None)

        def progress(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield progress
