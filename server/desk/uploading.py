"""Files that come with a form at a desk: taken in like a phone's, and carried on by their digest.

An input `upload/<name>` brings files for what the input `<name>` holds; a file that is taken in is durable at once, so
the page may be shown again without anybody choosing it again.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3

from litestar.datastructures import FormMultiDict, UploadFile

from forms.problem import Problem
from server.desk.desk import Desk
from server.desk.visitor import Visitor
from server.own_device import own_device
from server.problem import ProblemError
from server.roles import Action
from server.store.accounts import Account

UPLOAD = "upload/"
UPLOADS_MAX = 20
Uploads = list[tuple[str, UploadFile]]


def typed_and_uploads(form: FormMultiDict) -> tuple[dict[str, list[str]], Uploads]:
    """The texts of a form by name, and its files by the name of what they are for."""
    typed: dict[str, list[str]] = {}
    uploads: Uploads = []
    for name, given in form.multi_items():
        if isinstance(given, UploadFile):
            if given.filename and name.startswith(UPLOAD):
                uploads.append((name.removeprefix(UPLOAD), given))
        elif isinstance(given, str):
            typed.setdefault(name, []).append(given)
    return typed, uploads


async def take_uploads(
    desk: Desk, account: Account, village: str, typed: dict[str, list[str]], uploads: Uploads
) -> list[Problem]:
    """Keep the files of a form and add their digests to `typed`; what is wrong with those that were not kept."""
    if not uploads:
        return []

    def device_here(db: sqlite3.Connection, visitor: Visitor) -> str:
        visitor.require(Action.CASE_ADVANCE)
        return own_device(db, account.id, f"{account.name}（窗口）", village, visitor.now_ms).id

    device = await desk.act(account, village, device_here)
    wrong = []
    for name, upload in uploads[:UPLOADS_MAX]:
        plain = await upload.read()
        digest = hashlib.sha256(plain).hexdigest()
        try:
            await asyncio.to_thread(desk.files.refuse_on_full_disk, len(plain))
            await asyncio.to_thread(desk.files.take_whole_file, plain, digest, device)
        except ProblemError as error:
            wrong.append(_problem(name, error))
            continue
        typed[name] = list(dict.fromkeys([*typed.get(name, ()), digest]))
    return wrong


def _problem(name: str, error: ProblemError) -> Problem:
    """Why a file was not taken, at its field; the file's own name is not repeated."""
    return Problem(
        pointer="/" + name,
        code=error.code.code,
        message=f"文件没有收下：{error.code.title}。{error.code.next}",
        message_en=f"The file was not taken: {error.code.title_en}.",
    )
