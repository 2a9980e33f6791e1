"""What a page's scripts ask for: the same figures as its tables, by the same rights, as JSON."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import MediaType, Response

from server.desk.desk import Desk
from server.desk.visitor import Visitor, visitor_at
from server.store.accounts import Account


async def data_reply(
    desk: Desk, account: Account, place: str, read: Callable[[sqlite3.Connection, Visitor], Any]
) -> Response[bytes]:
    """`read` asks for its rights first and gives what msgspec can encode."""
    now_ms = desk.clock()
    found = await desk.store.read(lambda db: read(db, visitor_at(db, account, place, now_ms)))
    return Response(msgspec.json.encode(found), media_type=MediaType.JSON)
