"""First sync of a village, an up-to-date check, and a pull of 20 changes, as a phone's worker would make them."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import msgspec
import zstandard

from bench.demo.faults import DEMO_PIN
from bench.process import serving
from field_client.device import Device
from grid_map.days import count_day
from server.cli_demo import ensure_demo
from server.data_folder import open_data
from server.demo.filling import ACCOUNTS_FILE
from server.intake import Intake
from server.own_device import Draft, own_device, write_operations
from server.settings import load_settings
from server.store.devices import IMPORT
from server.store.knowledge import Knowledge
from server.store.segments import prepare_village
from sync.protocol import SegmentList

VILLAGE = "330481106222"
REPEATS = 5
ASKS = 300
CHANGES = 20


class _Counting(httpx.HTTPTransport):
    """Counts requests and the bytes that came down, bodies as they travel."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = 0
        self.bytes_down = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        self.requests += 1
        self.bytes_down += int(response.headers.get("content-length", 0))
        return response


def measure() -> dict[str, Any]:
    """The three measures on the demonstration village, for a worker who covers all of its grids."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        account = make_covered_village(data)
        with serving(data) as port:
            address = f"http://127.0.0.1:{port}"
            first = _first_sync(Path(folder), address, account)
            asks = _up_to_date(Path(folder), address, account)
    return {"first_sync": first, **asks}


def make_covered_village(data: Path) -> dict[str, str]:
    """The demonstration village, with one worker covering every grid."""
    settings = load_settings(data=data)
    store, keys = open_data(settings, exclusive=True)
    ensure_demo(settings, store, keys, "village")
    accounts = json.loads((data / ACCOUNTS_FILE).read_bytes())
    account: dict[str, str] = next(of for of in accounts if of["username"] == f"{VILLAGE}-w1")
    intake = Intake(keys, Knowledge(keys))
    now_ms = int(time.time() * 1000)

    def cover(db: sqlite3.Connection) -> None:
        (worker,) = db.execute(
            "SELECT id FROM accounts WHERE username = ?", (account["username"],)
        ).fetchone()
        grids = db.execute("SELECT grid FROM grids WHERE village = ?", (VILLAGE,)).fetchall()
        drafts = [
            Draft(
                kind="assignment",
                village=VILLAGE,
                fields={
                    "worker": worker,
                    "grid": grid,
                    "from_day": date(2020, 1, 1).isoformat(),
                    "to_day": count_day(now_ms + 7 * 86_400_000).isoformat(),
                    "cover": True,
                },
            )
            for (grid,) in grids
        ]
        write_operations(
            intake, db, own_device(db, "bench", "bench", VILLAGE, now_ms, IMPORT), drafts, now_ms
        )
        prepare_village(db, keys, VILLAGE)

    store.write_now(cover)
    store.close()
    return account


def _first_sync(folder: Path, address: str, account: dict[str, str]) -> dict[str, Any]:
    """Enrolled, with the catalogue there already; then the village is followed for the first time."""
    seconds, requests, bytes_down, decoding = [], 0, 0, []
    for number in range(REPEATS):
        transport = _Counting()
        with Device(folder / f"first{number}.db", DEMO_PIN, inner=transport) as device:
            device.enrol(address, account["username"], account["password"], "bench")
            enrolling, before = transport.requests, transport.bytes_down
            started = time.perf_counter()
            device.sync()
            seconds.append(time.perf_counter() - started)
            requests, bytes_down = transport.requests - enrolling, transport.bytes_down - before
            lines = _village_lines(device, address)
        decoding.append(_decode_and_insert(lines, folder / f"plain{number}.db"))
    best = len(zstandard.ZstdCompressor(level=19).compress(b"\n".join(lines)))
    ratio = statistics.median(a / b for a, b in zip(seconds, decoding, strict=True))
    return {
        "records": len(lines),
        "seconds": statistics.median(seconds),
        "decode_and_insert_seconds": statistics.median(decoding),
        "ratio_time": ratio,
        "goal_time": 3.0,
        "requests": requests,
        "goal_requests": 12,
        "bytes": bytes_down,
        "bytes_zstd_19": best,
        "ratio_bytes": bytes_down / best,
        "goal_bytes": 1.25,
        "raw_seconds": seconds,
    }


def _village_lines(device: Device, address: str) -> list[bytes]:
    """The same records as JSON lines: what the segments of both feeds hold."""
    headers = {"authorization": f"Bearer {device.identity.token}"}
    lines: list[bytes] = []
    with httpx.Client(base_url=address, headers=headers) as client:
        for village in ("reference", VILLAGE):
            reply = client.get("/sync/v1/segments", params={"village": village})
            for entry in msgspec.json.decode(reply.content, type=SegmentList).segments:
                body = client.get(f"/sync/v1/segments/{entry.digest}").content
                assert hashlib.sha256(body).hexdigest() == entry.digest
                lines += zstandard.ZstdDecompressor().decompressobj().decompress(body).split(b"\n")
    return lines


def _decode_and_insert(lines: list[bytes], path: Path) -> float:
    """The floor: decode every record and insert it into a table of its own, in one transaction."""
    decode = msgspec.json.Decoder().decode
    plain = sqlite3.connect(path, isolation_level=None)
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute("PRAGMA synchronous = FULL")
    plain.execute("CREATE TABLE records (id TEXT PRIMARY KEY, kind TEXT, version INTEGER, body BLOB)")
    started = time.perf_counter()
    plain.execute("BEGIN")
    rows = (
        (record["id"], record["kind"], record["version"], line) for line in lines for record in [decode(line)]
    )
    plain.executemany("INSERT INTO records VALUES (?, ?, ?, ?)", rows)
    plain.execute("COMMIT")
    seconds = time.perf_counter() - started
    plain.close()
    return seconds


def _up_to_date(folder: Path, address: str, account: dict[str, str]) -> dict[str, Any]:
    with Device(folder / "asks.db", DEMO_PIN) as device, httpx.Client(base_url=address) as client:
        device.enrol(address, account["username"], account["password"], "bench")
        device.sync()
        client.headers["authorization"] = f"Bearer {device.identity.token}"
        client.headers["accept-encoding"] = "identity"
        cursor = client.get("/sync/v1/segments", params={"village": VILLAGE}).json()["cursor"]
        page = client.get(
            "/sync/v1/changes", params={"village": VILLAGE, "after": cursor, "limit": 1000}
        ).json()
        newest = page["cursor"]
        nothing = _compared(client, newest)
        _change(device)
        twenty = _compared(client, newest)
    return {
        "nothing_changed": {**nothing, "goal_ratio": 2.0, "goal_bytes": 350},
        "twenty_changed": {**twenty, "goal_ratio": 2.0},
    }


def _change(device: Device) -> None:
    """Twenty households get a note."""
    for record in device.households.search("")[:CHANGES]:
        device.change("household", record.id, {"note": f"已核对 {os.urandom(2).hex()}"})
    device.sync()


def _compared(client: httpx.Client, cursor: str) -> dict[str, Any]:
    """Milliseconds of asking and of an echo of the same bytes, in turn; bytes on the wire, headers included."""
    params = {"village": VILLAGE, "after": cursor}
    body = client.get("/sync/v1/changes", params=params).content
    asked, echoed, size = [], [], 0
    for _ in range(ASKS):
        started = time.perf_counter()
        reply = client.get("/sync/v1/changes", params=params)
        asked.append(time.perf_counter() - started)
        size = _wire_bytes(reply)
        started = time.perf_counter()
        client.post("/echo", content=body)
        echoed.append(time.perf_counter() - started)
    return {
        "ms": statistics.median(asked) * 1000,
        "echo_ms": statistics.median(echoed) * 1000,
        "ratio": statistics.median(asked) / statistics.median(echoed),
        "bytes": size,
        "records": len(json.loads(body)["records"]),
    }


def _wire_bytes(reply: httpx.Response) -> int:
    """The reply as it came over the line: status line, headers, body."""
    headers = sum(len(name) + len(value) + 4 for name, value in reply.headers.raw)
    return len(f"HTTP/1.1 {reply.status_code} {reply.reason_phrase}\r\n") + headers + 2 + len(reply.content)
