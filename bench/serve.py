"""The server as it is, with an echo beside its calls to compare them with: `python -m bench.serve DATA PORT`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import uvicorn
from litestar import Request, Response, post

from server.app import create_app, served
from server.data_folder import open_data
from server.log import configure_logging
from server.settings import load_settings


@post("/echo", status_code=200, include_in_schema=False)
async def echo(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The body, back again."""
    return Response(
        await request.body(), media_type="application/json", headers={"cache-control": "no-store"}
    )


def main(data: Path, port: int) -> None:
    settings = load_settings(data=data, port=port, log_level="error")
    configure_logging(settings.log_level, settings.log_format)
    store, keys = open_data(settings, exclusive=True)
    app = create_app(settings, store, keys)
    app.register(echo)
    try:
        uvicorn.run(
            served(app, settings),
            port=port,
            loop="uvloop",
            http="httptools",
            ws="none",
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
    finally:
        store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
