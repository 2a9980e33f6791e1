"""`allpost-server keys …`: which keys the server has, who is still on an older one, and making new ones."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from server.cli_data import AsJson, Data, opened
from server.cli_messages import mistakes_told, say, tell_table
from server.data_folder import open_data
from server.keys import KeyPair, Keys, rotated, save_keys
from server.settings import load_settings
from server.store import standing

keys = typer.Typer(help="密钥 / keys", no_args_is_help=True)


class KeyTold(msgspec.Struct, frozen=True):
    """One key by its public side: never the key itself. `devices`: phones in use that named it last."""

    use: str
    id: str
    newest: bool
    devices: int | None = None


@keys.command("list")
@mistakes_told
def list_keys(as_json: AsJson = False, data: Data = None) -> None:
    """列出密钥（只列编号）/ list the keys by their ids."""
    with opened(data) as of:
        on = of.store.read_now(standing.on_sealing_keys)
        found = _told(of.keys, on)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    tell_table(
        "",
        ("用途", "编号", "现用", "在用设备"),
        [
            (_USES[one.use], one.id, "是" if one.newest else "只读旧件", _count(one.devices))
            for one in found
        ],
        right="在用设备",
    )  # fmt: skip
    if untold := on.get("", 0):
        say(f"另有 {untold} 台设备尚未报告所用的封存密钥 / {untold} devices have not named their sealing key")


@keys.command("rotate")
@mistakes_told
def rotate(
    yes: Annotated[bool, typer.Option("--yes", help="不再询问 / do not ask")] = False, data: Data = None
) -> None:
    """生成新密钥；旧密钥保留只读。须先停止服务 / new keys; old ones stay to read. Stop the server first."""
    if not yes and not typer.confirm("生成新的数据、签名和封存密钥？旧密钥会保留 / make new keys?"):
        say("没有改动 / nothing changed")
        return
    settings = load_settings(data=data)
    # whoever serves has the old keys in memory and could not read what is written under the new ones
    store, before = open_data(settings, exclusive=True)
    try:
        after = rotated(before)
        save_keys(after, settings.keys_path, replace=True)
    finally:
        store.close()
    say(
        f"已生成新密钥 / new keys: 签名 {after.signing[-1].id}，封存 {after.sealing[-1].id}\n"
        f"请现在另行备份 {settings.keys_path}，再启动服务 / back the key file up, then start the server"
    )


_USES = {"data": "数据（静态加密）", "signing": "签名（回执）", "sealing": "封存（手机数据密钥）"}


def _count(devices: int | None) -> str:
    return "—" if devices is None else str(devices)


def _told(of: Keys, on: dict[str, int]) -> list[KeyTold]:
    """All keys, oldest first within each use."""
    data = [KeyTold("data", one, one == of.data_ids[-1]) for one in of.data_ids]
    pairs = [*(_pairs("signing", of.signing)), *_pairs("sealing", of.sealing)]
    counted = [
        msgspec.structs.replace(one, devices=on.get(one.id, 0)) if one.use == "sealing" else one
        for one in pairs
    ]
    return [*data, *counted]


def _pairs(use: str, pairs: list[KeyPair]) -> list[KeyTold]:
    return [KeyTold(use, one.id, one is pairs[-1]) for one in pairs]
