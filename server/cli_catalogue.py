"""`allpost-server catalogue import`: a city's own items, published for every device."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from forms.catalogue import Catalogue
from forms.catalogue_import import import_catalogue
from forms.handling.calendar import published_calendar
from server.cli_data import Data, Opened, opened
from server.cli_messages import CommandError, mistakes_told, say
from server.clock import unix_ms
from server.founding import changed_in_place, publish_reference
from server.roles import Action
from server.store.audit import Entry, record
from sync.clock import moment

catalogue = typer.Typer(help="事项目录 / the catalogue of items", no_args_is_help=True)


@catalogue.command("import")
@mistakes_told
def import_files(
    files: Annotated[
        list[Path], typer.Argument(help="目录文件（JSON，见 docs/catalogue.md） / catalogue files")
    ],
    data: Data = None,
) -> None:
    """发布目录：新事项和新版本加入，已有的不变 / publish: new items and versions are added, the rest stays."""
    try:
        documents = [file.read_bytes() for file in files]
    except OSError as error:
        raise CommandError(f"无法读取 {error.filename} / cannot read it: {error.strerror}") from None
    _refuse_no_json(files, documents)
    wanted, problems = import_catalogue(documents)
    if wanted is None:
        lines = [f"{found.pointer}：{found.message} / {found.message_en}" for found in problems]
        raise CommandError("\n".join(lines))
    with opened(data) as of:
        published, settled = of.store.write_now(lambda db: _published(of, db, wanted))
    say(f"已发布 {published} 项；重新采用此前退回的记录 {settled} 条 / published; {settled} judged anew")


def _refuse_no_json(files: list[Path], documents: list[bytes]) -> None:
    """Say for each file that is no JSON where it breaks off; a pointer into it cannot."""
    lines = []
    for file, document in zip(files, documents, strict=True):
        try:
            json.loads(document.decode("utf-8"))
        except UnicodeDecodeError:
            lines.append(f"{file}：不是UTF-8文字，请另存为UTF-8 / is no UTF-8 text")
        except json.JSONDecodeError as error:
            lines.append(
                f"{file}：第{error.lineno}行第{error.colno}个字符处不是JSON / is no JSON at line {error.lineno}"
            )
    if lines:
        raise CommandError("\n".join(lines))


def _published(of: Opened, db: sqlite3.Connection, wanted: Catalogue) -> tuple[int, int]:
    """How many definitions are new, and how many rejected operations they settle."""
    now_ms = unix_ms()
    if changed := changed_in_place(db, of.keys, wanted):
        raise CommandError(
            "这些内容已发布且与文件不同；事项请提高版本号，表单和部门请换新的代码 / "
            "published before with other content: raise an item's version, give a form or department a new key\n"
            + "\n".join(f"  {name}" for name in changed)
        )
    outcomes = publish_reference(of.intake, db, wanted, published_calendar(), [], now_ms)
    refused = [problem.message for entry in outcomes for problem in entry.problems]
    if refused:
        raise CommandError("\n".join(refused))
    detail = {"definitions": len(outcomes), "by": "command"}
    record(db, Entry(time=moment(now_ms), action=Action.CATALOGUE_PUBLISH, detail=detail))
    return len(outcomes), of.intake.retry_rejected(db, now_ms)
