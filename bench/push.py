"""Push: durable records a second, against the same rows written by plain `sqlite3`.

32 devices at once, each call 16 records (12 visits, 4 cases), with authentication, scope checks, merge, chain checks
and tallies. The baseline writes the same rows (id, village, kind, version, the stored body) with WAL, FULL, in
transactions
of 16. Rounds of both take turns, so that a machine whose speed drifts changes both.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from bench.process import serving
from bench.village import BenchDevice, batches_of, make_village

DEVICES, VISITS, CASES = 32, 12, 4
RECORDS = VISITS + CASES
ROUNDS, BATCHES = 5, 24
GOAL = 0.4


def measure() -> dict[str, Any]:
    """Medians of the rounds, their raw values and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        devices = make_village(data, DEVICES, VISITS * BATCHES * (ROUNDS + 1))
        bodies = [batches_of(device, BATCHES * (ROUNDS + 1), VISITS, CASES) for device in devices]
        rounds, raw = [], []
        with serving(data) as port:
            _load(port, devices, [of[:BATCHES] for of in bodies])
            for number in range(1, ROUNDS + 1):
                raw.append(_raw(Path(folder), data / "allpost.db", number))
                part = slice(number * BATCHES, (number + 1) * BATCHES)
                rounds.append(_load(port, devices, [of[part] for of in bodies]))
        _check_all_there(data)
    ratios = [of["records_per_second"] / plain for of, plain in zip(rounds, raw, strict=True)]
    return {
        "records_per_second": statistics.median(of["records_per_second"] for of in rounds),
        "plain_sqlite_rows_per_second": statistics.median(raw),
        "ratio": statistics.median(ratios),
        "goal": GOAL,
        "p50_ms": statistics.median(of["p50_ms"] for of in rounds),
        "p99_ms": statistics.median(of["p99_ms"] for of in rounds),
        "load_cpu_share": max(of["cpu_share"] for of in rounds),
        "operation_bytes": len(bodies[0][1]) / RECORDS,
        "rounds": [{**of, "plain": plain} for of, plain in zip(rounds, raw, strict=True)],
    }


def _request(token: str, body: bytes) -> bytes:
    return (
        b"POST /sync/v1/push HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer %b\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (token.encode(), len(body), body)
    )


def _load(port: int, devices: list[BenchDevice], bodies: list[list[bytes]]) -> dict[str, Any]:
    scripts = [
        [_request(device.token, body) for body in of] for device, of in zip(devices, bodies, strict=True)
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "bench.load", str(port)],
        input=msgspec.msgpack.encode(scripts),
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    if found["refused"]:
        raise RuntimeError(f"{found['refused']} pushes were refused")
    found["records_per_second"] = found["requests"] * RECORDS / found["seconds"]
    return found


def _raw(folder: Path, database: Path, number: int) -> float:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as source:
        rows = source.execute(
            "SELECT id, village, kind, version, body FROM records WHERE kind IN ('visit', 'case')"
            " ORDER BY version DESC LIMIT ?",
            (DEVICES * BATCHES * RECORDS,),
        ).fetchall()
    plain = sqlite3.connect(folder / f"plain{number}.db", isolation_level=None)
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute("PRAGMA synchronous = FULL")
    plain.execute(
        "CREATE TABLE records (id TEXT PRIMARY KEY, village TEXT, kind TEXT, version INTEGER, body BLOB)"
    )
    started = time.perf_counter()
    for at in range(0, len(rows), RECORDS):
        plain.execute("BEGIN IMMEDIATE")
        plain.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)", rows[at : at + RECORDS])
        plain.execute("COMMIT")
    seconds = time.perf_counter() - started
    plain.close()
    return len(rows) / seconds


def _check_all_there(data: Path) -> None:
    """Every record acknowledged is there, once."""
    with sqlite3.connect(data / "allpost.db") as db:
        (there,) = db.execute("SELECT count(*) FROM records WHERE kind IN ('visit', 'case')").fetchone()
    if there != DEVICES * BATCHES * (ROUNDS + 1) * RECORDS:
        raise RuntimeError(f"{there} records are there")
