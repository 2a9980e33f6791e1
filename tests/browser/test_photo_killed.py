"""A photo whose upload is killed at each boundary of its pieces, and inside each: it goes on, and is there once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.arrivals import Arrivals
from tests.browser.chromium_phone import ChromiumPhone
from tests.browser.flows import all_synced, enrol, finish_visit, home, reopen, start_visit
from tests.browser.photographing import choose_photos, digests_of, fetched, noisy_picture
from tests.browser.served_demo import ServedDemo, eventually
from tests.browser.upload_line import Asked, UploadLine, Where

Phones = Callable[[str], ChromiumPhone]
PIECE_BYTES = 256 * 1024
OPENING = "拍照（可不拍）"
KILLS: tuple[Where, ...] = ("middle", "end")


@pytest.fixture
def line(demo: ServedDemo) -> Iterator[UploadLine]:
    """Between the phones and the server."""
    made = UploadLine(demo.port)
    yield made
    made.close()


def visit_with_photos(page: Page, *pictures: Path) -> None:
    """An ordinary visit with pictures of the album."""
    home(page)
    door = start_visit(page)
    choose_photos(page, OPENING, *pictures)
    finish_visit(page, door)


def prove_whole(demo: ServedDemo, arrivals: Arrivals, before: set[str]) -> list[str]:
    """What the visits that arrived name is on the server, byte for byte, once; nothing of an upload is left there."""
    named = sorted(
        digest for one in arrivals.created("visit") for digest in (one.fields or {}).get("photos", [])
    )
    eventually(lambda: set(named) <= set(digests_of(demo)))
    assert sorted(set(digests_of(demo)) - before) == named
    for digest in named:
        assert hashlib.sha256(fetched(demo, digest)).hexdigest() == digest
    eventually(lambda: not [file for file in (demo.data / "uploads").rglob("*") if file.is_file()])
    arrivals.prove_once()
    return named


@pytest.mark.drill
def test_killed_inside_and_at_the_end_of_every_piece(
    demo: ServedDemo, line: UploadLine, phone: Phones, tmp_path: Path
) -> None:
    one, arrivals, before = phone(line.address), Arrivals(demo), set(digests_of(demo))
    page = enrol(one, demo)
    line.stop_next(KILLS[0])
    visit_with_photos(page, noisy_picture(tmp_path / "noise.jpg"))
    kills = 0
    while not set(digests_of(demo)) - before:
        line.wait_stopped()
        one.kill()
        kills += 1
        line.stop_next(KILLS[kills % len(KILLS)])
        page = reopen(one)
    # the reply to the last piece was never heard: the server is asked, and nothing is sent again
    home(page)
    all_synced(page)
    expect(page.get_by_text("张待上传")).to_have_count(0)
    (digest,) = prove_whole(demo, arrivals, before)

    size = len(fetched(demo, digest))
    count = -(-size // PIECE_BYTES)
    assert count >= 4 and kills == 2 * count
    offsets = [number * PIECE_BYTES for number in range(count) for _ in KILLS]
    assert [piece.offset for piece in line.pieces] == offsets
    # bytes that the server got: each once, and of each piece the half that was broken off
    halves = sum(piece.length // 2 for piece in line.pieces[::2])
    assert sum(piece.passed for piece in line.pieces) == size + halves
    (visit,) = arrivals.created("visit")
    page.goto(f"{one.address}/app/#/visit/{visit.record}")
    expect(page.get_by_text("照片 1/1 已到服务器")).to_be_visible()


@pytest.mark.drill
def test_the_server_and_the_line_break_in_the_middle_and_records_go_first(
    demo: ServedDemo, line: UploadLine, phone: Phones, tmp_path: Path
) -> None:
    one, arrivals, before = phone(line.address), Arrivals(demo), set(digests_of(demo))
    page = enrol(one, demo)
    line.stop_next("middle")
    visit_with_photos(
        page, noisy_picture(tmp_path / "one.jpg", seed=1), noisy_picture(tmp_path / "two.jpg", seed=2)
    )
    line.wait_stopped()
    demo.kill()
    line.stop_next("middle")
    line.cut()
    demo.start()
    line.wait_stopped()
    line.stop_next("end")
    line.cut()
    line.wait_stopped()
    # the same visit's record was there before any piece of its photos; a next one does not wait for them
    assert len(arrivals.created("visit")) == 1
    line.bytes_per_second = 250_000
    line.stop_next(None)
    line.cut()
    eventually(lambda: len([piece for piece in line.pieces if piece.offset >= PIECE_BYTES]) > 0)
    home(page)
    finish_visit(page, start_visit(page))
    eventually(lambda: len(arrivals.created("visit")) == 2)
    sent = set(digests_of(demo)) - before
    assert len(sent) < 2, "the photos were all there before the record"
    line.bytes_per_second = None
    home(page)
    all_synced(page)
    expect(page.get_by_text("张待上传")).to_have_count(0, timeout=30_000)
    prove_whole(demo, arrivals, before)
    prove_records_first(line.asked)
    size = sum(len(fetched(demo, digest)) for digest in set(digests_of(demo)) - before)
    broken = 3 * PIECE_BYTES
    assert size <= sum(piece.passed for piece in line.pieces) <= size + broken


def prove_records_first(asked: list[Asked]) -> None:
    """A push stands before the first piece, and the next visit's before the last one."""
    pushes = [at for at, one in enumerate(asked) if one.is_push and one.length > 0]
    pieces = [at for at, one in enumerate(asked) if one.is_piece]
    assert pushes[0] < pieces[0] and pushes[-1] < pieces[-1]
    assert any(pieces[0] < push < pieces[-1] for push in pushes)
