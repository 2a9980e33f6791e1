"""`/health`: the process lives. `/ready`: it can also do its work."""

from litestar import get
from litestar.di import NamedDependency

from server.problem import ProblemError
from server.store.engine import Store
from server.store.migrations import pending
from server.store.schema import MIGRATIONS

NO_STORE = {"cache-control": "no-store"}


@get("/health", tags=["运行"], summary="进程存活", response_headers=NO_STORE)
async def health() -> dict[str, str]:
    return {"status": "ok"}


@get(
    "/ready",
    tags=["运行"],
    summary="可以服务",
    description="数据库可读且结构为最新。",
    response_headers=NO_STORE,
)
async def ready(store: NamedDependency[Store]) -> dict[str, str]:
    missing = await store.read(lambda db: pending(db, MIGRATIONS))
    if missing:
        raise ProblemError("server-busy", f"数据库结构待升级 / migrations pending: {len(missing)}")
    return {"status": "ready"}
