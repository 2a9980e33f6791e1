"""`make demo` as a user runs it: its last line is counted, and its exit code says whether the day is whole."""

import json
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def ran() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench.demo.day"], capture_output=True, text=True, check=False, timeout=300
    )


def test_the_day_is_whole(ran: subprocess.CompletedProcess[str]) -> None:
    assert ran.returncode == 0, ran.stderr[-2000:]
    counted = json.loads(ran.stdout.splitlines()[-1])
    assert counted["captured"] == counted["received"] > 20
    assert counted["lost"] == counted["applied_twice"] == counted["diverged"] == 0
    assert counted["conflicts"] == 1
    assert counted["suspected_duplicates"] == 1
    assert counted["reconciled"] is True


def test_the_faults_happened(ran: subprocess.CompletedProcess[str]) -> None:
    assert "退出码 -9" in ran.stdout
    assert "途中丢失 2 次答复" in ran.stdout
