"""`/schema/openapi.json`: the description of all calls, from which clients make their types.

The framework describes what it decodes and encodes itself. The calls of the sync read and write bytes, so their
messages are described here, from the structs that are the wire form (`sync/protocol.py`); and every refusal of every
call, which has one shape (`server/problem.py`). Nothing of this is met by a call under way.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

from server.live import VillageVersion
from server.problem import MEDIA_TYPE, ProblemDocument
from sync import protocol
from sync.operation import Operation, RawOperation
from sync.record import Record

PREFIX = "/sync/v1"
_REF = "#/components/schemas/{name}"
_JSON, _SEGMENT, _EVENTS = "application/json", "application/zstd", "text/event-stream"
_FILE = "image/*"
_OCTETS = "application/octet-stream"
_OF_FRAMEWORK = "400"

FeedRecord = msgspec.defstruct("FeedRecord", [("version", int)], bases=(Record,), kw_only=True)
"""A record as a feed or a segment sends it (`sync.record.with_version`)."""

MESSAGES: dict[tuple[str, str], tuple[type[msgspec.Struct] | str | None, type[msgspec.Struct] | str]] = {
    ("post", "/enrol"): (protocol.EnrolRequest, protocol.EnrolReply),
    ("post", "/push"): (protocol.PushRequest, protocol.PushReply),
    ("get", "/changes"): (None, protocol.ChangesPage),
    ("get", "/segments"): (None, protocol.SegmentList),
    ("get", "/segments/{digest}"): (None, _SEGMENT),
    ("get", "/live"): (None, _EVENTS),
    ("post", "/unlock"): (protocol.UnlockRequest, protocol.UnlockReply),
    ("post", "/status"): (protocol.StatusRequest, protocol.StatusReply),
    ("post", "/orders"): (protocol.OrdersRequest, protocol.OrdersReply),
    ("post", "/rescue"): (_OCTETS, protocol.RescueReply),
    ("post", "/files/known"): (protocol.FilesKnownRequest, protocol.FilesKnownReply),
    ("get", "/files/{digest}"): (None, _FILE),
}
"""What each call of the sync takes, and what it answers: a message, or a media type of its own."""

_INSIDE = (Operation, RawOperation, FeedRecord, protocol.Gone, VillageVersion, ProblemDocument)
_BODIES: dict[str, dict[str, Any]] = {
    _SEGMENT: {
        "type": "string",
        "format": "binary",
        "description": "One zstd frame of JSON lines; each line is a FeedRecord.",
    },
    _OCTETS: {
        "type": "string",
        "format": "binary",
        "description": "A rescue file, format 1 (docs/protocol.md, Rescue).",
    },
    _FILE: {"type": "string", "format": "binary", "description": "An attachment: JPEG, PNG or WebP."},
    _EVENTS: {
        "type": "string",
        "description": "Events `version`, whose data is a VillageVersion; comments keep the line open.",
    },
}


class Document(JsonRenderPlugin):
    """Serves the framework's document with what it cannot know put in."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The whole document as JSON."""
        return self.render_json(request, completed(openapi_schema))


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """A document with the messages of the sync and the one shape of refusals; the given one stays as it is."""
    components = dict(document["components"])
    components["schemas"] = {**components.get("schemas", {}), **_schemas()}
    components["responses"] = {
        "Refused": {
            "description": "拒绝或故障：RFC 9457 problem+json，代码见 docs/errors.md。",
            "content": {MEDIA_TYPE: {"schema": _ref(ProblemDocument)}},
        }
    }
    paths = {
        path: {
            method: _call(method, path, call) if isinstance(call, dict) else call
            for method, call in calls.items()
        }
        for path, calls in document["paths"].items()
    }
    return {**document, "components": components, "paths": paths}


def _call(method: str, path: str, call: dict[str, Any]) -> dict[str, Any]:
    call = dict(call)
    responses = {status: told for status, told in call["responses"].items() if status != _OF_FRAMEWORK}
    if path.startswith(PREFIX):
        request, answer = MESSAGES[method, path.removeprefix(PREFIX)]
        if request is not None:
            call["requestBody"] = {"required": True, "content": _content(request)}
        content = _content(answer)
        responses["200"] = {**responses["200"], "content": content}
        if answer == _SEGMENT:
            responses["206"] = {"description": "`Range: bytes=N-` 起的余下部分。", "content": content}
    refused = {"$ref": "#/components/responses/Refused"}
    return {**call, "responses": {**responses, "4XX": refused, "5XX": refused}}


def _content(of: type[msgspec.Struct] | str) -> dict[str, Any]:
    """A message in JSON, or a body of a media type of its own."""
    return {of: {"schema": _BODIES[of]}} if isinstance(of, str) else {_JSON: {"schema": _ref(of)}}


def _ref(message: type[Any]) -> dict[str, str]:
    return {"$ref": _REF.format(name=message.__name__)}


def _schemas() -> dict[str, Any]:
    """Every message by its name; where a struct keeps bytes as they came, what those bytes are."""
    told = [kind for pair in MESSAGES.values() for kind in pair if isinstance(kind, type)]
    _, schemas = msgspec.json.schema_components([*told, *_INSIDE], ref_template=_REF)
    push, page, gone = schemas["PushRequest"], schemas["ChangesPage"], schemas["Gone"]
    push["properties"]["operations"]["items"] = {"anyOf": [_ref(Operation), _ref(RawOperation)]}
    page["properties"]["records"]["items"] = {"anyOf": [_ref(FeedRecord), _ref(protocol.Gone)]}
    gone["properties"]["gone"] = {"const": True}
    return schemas
