"""`/sync/v1`: the sync protocol (`docs/protocol.md`), a file a call."""

from litestar import Router

from server.api.sync.changes import get_changes
from server.api.sync.enrol import post_enrol
from server.api.sync.files import get_file, post_files_known
from server.api.sync.live import get_live
from server.api.sync.orders import post_orders
from server.api.sync.push import post_push
from server.api.sync.rescue import post_rescue
from server.api.sync.segments import get_segment, get_segments
from server.api.sync.status import post_status
from server.api.sync.unlock import post_unlock
from server.api.sync.uploads import tus

sync_api = Router(
    "/sync/v1",
    route_handlers=[
        post_enrol,
        post_push,
        get_changes,
        get_segments,
        get_segment,
        get_live,
        post_unlock,
        post_status,
        post_orders,
        post_rescue,
        post_files_known,
        get_file,
        tus,
    ],
    tags=["同步"],
)
