"""`GET /api/v1/files/<digest>`: a photo for a desk, by the right to the case or visit that names it; audited."""

from __future__ import annotations

import sqlite3

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.api.sync.wire import SyncServer
from server.clock import Clock
from server.files.rights import file_for_account
from server.files.serving import file_reply
from server.files.uploads import Uploads
from server.problem import ProblemError
from server.store.accounts import Account
from server.store.audit import Entry, record
from server.store.files import File
from sync.clock import moment


@get(
    "/files/{digest:str}",
    summary="一个文件",
    description="办件或入户提到的照片，以附件下载；能看该办件或入户的人才能取，每次都记入审计。",
)
async def get_case_file(
    digest: FromPath[str],
    server: NamedDependency[SyncServer],
    uploads: NamedDependency[Uploads],
    account: NamedDependency[Account],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    now_ms = clock()

    def look(db: sqlite3.Connection) -> File:
        found = file_for_account(db, server.keys, server.intake.knowledge, account, digest, now_ms)
        if found is None:
            raise ProblemError("not-found")
        file, village = found
        entry = Entry(
            time=moment(now_ms), action="file.read", account=account.id, subject_kind="file", subject=digest,
            village=village,
        )  # fmt: skip
        record(db, entry)
        return file

    return await file_reply(uploads.files.folder, await server.store.write(look))
