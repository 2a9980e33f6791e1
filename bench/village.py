"""A village to measure on: grids, workers with devices, households, and the batches that the devices push."""

from __future__ import annotations

import base64
import itertools
import os
import random
import sqlite3
import time
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from forms.catalogue import load_catalogue
from server.data_folder import open_data
from server.intake import Intake
from server.own_device import Draft, own_device, write_operations
from server.settings import load_settings
from server.store import devices
from server.store.knowledge import Knowledge
from sync.chain import first_previous
from sync.clock import Clock, moment
from sync.ids import uuid7
from sync.operation import FORMAT, Operation, exact_bytes, read_operation

VILLAGE = "330481106222"


class BenchDevice(msgspec.Struct):
    """A device that is enrolled already: its id, token, worker and grid, and the households of that grid."""

    id: str
    token: str
    worker: str
    grid: str
    households: list[str]


def public_point() -> str:
    """A fresh P-256 public key, as enrolment wants it."""
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    return base64.b64encode(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)).decode()


def make_village(data: Path, workers: int, households_each: int) -> list[BenchDevice]:
    """A data folder with one village: a grid, a worker and a device each, and households in every grid."""
    settings = load_settings(data=data)
    store, keys = open_data(settings, exclusive=True)
    intake = Intake(keys, Knowledge(keys))
    now_ms = int(time.time() * 1000)
    random_ = random.Random(7)

    def found(db: sqlite3.Connection) -> list[BenchDevice]:
        made, drafts = [], []
        for number in range(1, workers + 1):
            worker, grid = uuid7(now_ms, os.urandom(10)), f"{VILLAGE}{number:03d}"
            db.execute(
                "INSERT INTO accounts VALUES (?, ?, ?, 'worker', ?, '[]', 'x', 1, ?, NULL)",
                (worker, f"bench{number}", f"测试{number}", VILLAGE, moment(now_ms)),
            )
            drafts.append(_draft("grid", {"key": grid, "definition": {"name": f"第{number}网格"}}))
            drafts.append(_draft("assignment", {"worker": worker, "grid": grid, "from_day": "2020-01-01"}))
            households = [
                uuid7(now_ms - households_each + at, os.urandom(10)) for at in range(households_each)
            ]
            drafts += [
                _draft(
                    "household",
                    {
                        "name": f"户{random_.randrange(10**6)}",
                        "address": f"{number}组{at}号",
                        "house_number": f"{at}号",
                        "grid": grid,
                        "visit_class": "ordinary",
                    },
                    household,
                )
                for at, household in enumerate(households, 1)
            ]
            made.append(
                BenchDevice(uuid7(now_ms, os.urandom(10)), f"bench-token-{number}", worker, grid, households)
            )
        outcomes = write_operations(
            intake, db, own_device(db, "import", "导入", VILLAGE, now_ms, devices.IMPORT), drafts, now_ms
        )
        assert {one.outcome for one in outcomes} == {"applied"}, outcomes[0]
        for device in made:
            devices.insert(
                db,
                device.id,
                device.worker,
                VILLAGE,
                "bench",
                (public_point(), public_point()),
                now_ms,
                hashed_token=devices.token_hash(device.token),
            )
        return made

    try:
        return store.write_now(found)
    finally:
        store.close()


def _draft(kind: str, fields: dict[str, Any], record: str = "") -> Draft:
    return Draft(kind=kind, village=VILLAGE, fields=fields, record=record)


def visit_fields(device: BenchDevice, round_: str, household: str, at_ms: int) -> dict[str, Any]:
    """An ordinary visit, as the field client writes it."""
    return {
        "round": round_,
        "worker": device.worker,
        "grid": device.grid,
        "household": household,
        "visit_class": "ordinary",
        "outcome": "met",
        "started_at": moment(at_ms),
        "ended_at": moment(at_ms + 600_000),
        "purposes": ["due"],
        "note": "一切正常",
    }


def case_fields(device: BenchDevice, household: str, at_ms: int, number: int) -> dict[str, Any]:
    """A case of about 900 bytes, with a note as long as people write them."""
    catalogue = load_catalogue()
    item = next(item for item in catalogue.items if item.mode == "proxy")
    return {
        "item": item.key,
        "item_version": item.version,
        "state": "entrusted",
        "household": household,
        "applicant_name": f"沈阿根{number}",
        "holder": device.worker,
        "first_contact": device.worker,
        "captured_at": moment(at_ms),
        "receipt_number": f"R{number:012d}",
        "note": "申请人行动不便，由村里代为递交；材料原件已看，复印件随后补齐，结果送到家里。" * 2,
    }


def batches_of(device: BenchDevice, batches: int, visits: int, cases: int) -> list[bytes]:
    """Push bodies with a chain of their own: a round first, then batches of visits and cases.

    Each has the id of its capture's time, as a phone makes it.
    """
    now_ms = int(time.time() * 1000)
    counter, previous, bodies = 0, first_previous(device.id), []
    ids = (uuid7(now_ms + at_ms, os.urandom(10)) for at_ms in itertools.count(1))
    round_ = next(ids)
    started = {"worker": device.worker, "grid": device.grid, "started_at": moment(now_ms)}
    first: list[tuple[str, str, dict[str, Any]]] = [("round", round_, started)]
    for batch in range(batches):
        drafts = first if batch == 0 else []
        for number in range(visits):
            household = device.households[(batch * visits + number) % len(device.households)]
            drafts.append(("visit", next(ids), visit_fields(device, round_, household, now_ms)))
        for number in range(cases):
            household = device.households[(batch * cases + number) % len(device.households)]
            fields = case_fields(device, household, now_ms, batch * cases + number)
            drafts.append(("case", next(ids), fields))
        encoded = []
        for kind, identifier, fields in drafts:
            counter += 1
            exact = exact_bytes(_operation(kind, identifier, fields, counter, previous, now_ms))
            previous = read_operation(exact).digest
            encoded.append(exact)
        bodies.append(b'{"operations":[%b]}' % b",".join(encoded))
    return bodies


def _operation(
    kind: str, identifier: str, fields: dict[str, Any], counter: int, previous: str, now_ms: int
) -> Operation:
    return Operation(
        id=identifier,
        format=FORMAT,
        counter=counter,
        previous=previous,
        clock=str(Clock(now_ms + counter)),
        offset_ms=-120,
        kind=kind,
        record=identifier,
        village=VILLAGE,
        action="create",
        fields=fields,
    )
