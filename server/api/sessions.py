"""`/api/v1/sessions`: signing in and out of the desk pages and the data API."""

from typing import Any

from litestar import Request, Router, delete, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from server.auth import Session, SignIn, address_of, bearer_token, sign_in, token_hash
from server.clock import Clock
from server.passwords import Passwords
from server.settings import Settings
from server.store.accounts import Account
from server.store.engine import Store
from server.store.sessions import end_session


@post("/", summary="登录", description="以用户名和密码换取登录凭证；凭证只出示一次。")
async def create_session(
    data: JSONBody[SignIn],
    request: Request[Any, Any, Any],
    store: NamedDependency[Store],
    passwords: NamedDependency[Passwords],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
) -> Session:
    return await sign_in(store, passwords, settings, clock(), data, address_of(request))


@delete("/", summary="退出登录", description="使本次登录凭证立即失效。")
async def delete_session(
    request: Request[Any, Any, Any], store: NamedDependency[Store], account: NamedDependency[Account]
) -> None:
    hashed = token_hash(bearer_token(request.scope))
    await store.write(lambda db: end_session(db, hashed))


sessions = Router("/sessions", route_handlers=[create_session, delete_session], tags=["登录"])
