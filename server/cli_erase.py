"""`allpost-server erase`: a resident's data, out of everything; shown first, and asked for by the id typed again."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from server.cli_data import AsJson, Data, opened
from server.cli_messages import CommandError, mistakes_told, say, tell_table
from server.clock import unix_ms
from server.erasure.clearing import clear_away
from server.erasure.erasing import Reason, erase
from server.erasure.preview import ErasurePreview, preview_of
from sync.kinds import KINDS

_NEXT = "编号在居民资料里 / the id stands in the resident's record"


@mistakes_told
def erase_resident(
    resident: Annotated[str, typer.Argument(metavar="RESIDENT", help="居民编号 / the resident's id")],
    reason: Annotated[
        Reason | None, typer.Option(help="依据（个人信息保护法第四十七条）/ ground for the erasure")
    ] = None,
    visit: Annotated[
        list[str] | None,
        typer.Option(help="一并删除内容的入户记录 / a visit whose content goes too, repeatable"),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="只看将删除什么 / only show what will go")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="不再要求重输编号 / do not ask for the id again")
    ] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """删除一位居民的资料，不能撤回 / erase a resident; it cannot be taken back."""
    visits = visit or []
    with opened(data) as of:
        try:
            shown, looked = of.store.read_now(lambda db: preview_of(db, of.keys, resident, visits))
        except LookupError:
            raise CommandError(f"没有编号为 {resident} 的居民；{_NEXT}") from None
        if preview:
            say(msgspec.json.encode(shown).decode()) if as_json else _tell(shown)
            return
        _ready(shown, reason, yes=yes, as_json=as_json)
        now_ms, ground = unix_ms(), reason or Reason(shown.reason or "")
        done = of.store.write_now(
            lambda db: erase(
                db, of.keys, of.intake.knowledge, resident, ground, visits, now_ms, by=None, looked=looked
            )
        )
        overwritten = clear_away(of.settings, of.keys)
    if as_json:
        say(msgspec.json.encode({"done": done, "overwritten": overwritten}).decode())
    elif done.again:
        say("此前已删除，没有改动 / erased before; nothing was changed")
    else:
        say(
            f"已删除：{done.records} 项资料、{done.operations} 条操作的内容、{done.files} 个文件 / "
            f"erased: {done.records} records, {done.operations} operations, {done.files} files"
        )
    if not overwritten:
        raise CommandError(
            "数据库正被长时间读取，请稍后再运行一次 / a long read is under way: run it once more"
        )


def _ready(shown: ErasurePreview, reason: Reason | None, *, yes: bool, as_json: bool) -> None:
    """Everything that must be said before: the ground, visits that exist, the id typed again."""
    if shown.not_found:
        raise CommandError(f"没有这些入户记录：{'、'.join(shown.not_found)} / no such visits")
    if shown.erased_at is not None:
        return
    if reason is None:
        raise CommandError(f"请用 --reason 写明依据：{'、'.join(Reason)} / say why with --reason")
    if not as_json:
        _tell(shown)
    if not yes and typer.prompt("请再输入一次居民编号以确认 / type the id again") != shown.resident:
        raise CommandError("编号不符，没有删除 / not the same id: nothing was erased")


def _tell(shown: ErasurePreview) -> None:
    if shown.erased_at is not None:
        say(f"已于 {shown.erased_at} 删除（{shown.reason}）/ erased before")
        return
    rows = [(KINDS[kind].label, str(number)) for kind, number in shown.records.items()]
    tell_table(
        f"将删除 / will be erased（{shown.village}）",
        ("资料", "数量"),
        [
            *rows,
            ("操作内容", str(shown.operations)),
            ("去掉引用的记录", str(shown.cleaned)),
            ("只留统计的入户", str(len(shown.visits))),
        ],
        right="数量",
    )
    if shown.to_look_at:
        tell_table(
            "下列记录不会删除，但其中出现其姓名、电话或证件号，请人工查看 / to be looked at by a person",
            ("种类", "编号", "字段"),
            [(KINDS[one.kind].label, one.record, " ".join(one.fields)) for one in shown.to_look_at],
        )
