"""`make bench`: every measure in one run; a table to read, and `bench-results.json` to keep."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import app, functions, push, sync_checks

RESULTS = Path("bench-results.json")


def main() -> None:
    console = Console()
    console.print("测量上报 / measuring push …")
    pushed = push.measure()
    console.print("测量首次同步与检查 / measuring first sync and checks …")
    synced = sync_checks.measure()
    console.print("测量手机应用 / measuring the phone app …")
    results = {
        "machine": _machine(),
        "push": pushed,
        **synced,
        "functions": functions.measure(),
        "app": app.measure(),
    }
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(_table(results))
    console.print(_phone(results["app"]))
    console.print(_ciphers(results["app"]["ciphers"]))
    console.print(_steps(results["functions"]))
    console.print(f"{RESULTS}：全部原始数值 / all raw values")


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "load_before": os.getloadavg()[0],
    }


def _table(results: dict[str, Any]) -> Table:
    first, nothing, twenty = results["first_sync"], results["nothing_changed"], results["twenty_changed"]
    pushed = results["push"]
    table = Table(title="全岗通 / All-Post")
    for heading in ("measure", "value", "baseline", "ratio", "to reach"):
        table.add_column(heading)
    rate, plain = pushed["records_per_second"], pushed["plain_sqlite_rows_per_second"]
    rows = [
        (
            "push, records/s",
            f"{rate:,.0f}",
            f"{plain:,.0f} plain sqlite3",
            f"{pushed['ratio']:.2f}",
            "≥ 0.40",
        ),
        ("push, p50 / p99 ms", f"{pushed['p50_ms']:.0f} / {pushed['p99_ms']:.0f}", "", "", ""),
        ("load process, share of a core", f"{pushed['load_cpu_share']:.3f}", "", "", "< 0.1"),
        (
            f"first sync, {first['records']:,} records, s",
            f"{first['seconds']:.2f}",
            f"{first['decode_and_insert_seconds']:.2f} decode + insert",
            f"{first['ratio_time']:.2f}",
            "≤ 3",
        ),
        ("first sync, requests", f"{first['requests']}", "", "", "≤ 12"),
        (
            "first sync, bytes",
            f"{first['bytes']:,}",
            f"{first['bytes_zstd_19']:,} zstd 19",
            f"{first['ratio_bytes']:.2f}",
            "≤ 1.25",
        ),
        ("nothing changed, ms", *_asked(nothing), "≤ 2"),
        ("nothing changed, bytes", f"{nothing['bytes']}", "", "", "≤ 350"),
        ("20 changed, ms", *_asked(twenty), "≤ 2"),
        ("20 changed, bytes", f"{twenty['bytes']:,}", "", "", ""),
    ]
    for row in rows:
        table.add_row(*row)
    return table


def _phone(found: dict[str, Any]) -> Table:
    table = Table(title=f"手机应用，处理器放慢 {found['slowed']} 倍 / phone app, processor slowed down")
    for heading in ("measure", "ms", "× parsing the same records", "to reach"):
        table.add_column(heading)
    for name, label, goal in (
        ("first_sync_ms", "first sync, stored", app.FIRST_SYNC_MS_MAX),
        ("cold_open_ms", "cold open offline to Today", app.COLD_OPEN_MS_MAX),
        ("keystroke_ms", "search keystroke", app.KEYSTROKE_MS_MAX),
        ("visit_ms", "saving a visit", app.VISIT_MS_MAX),
    ):
        table.add_row(
            label, f"{found[name]:,.0f}", f"{found[name] / found['parse_ms']:.1f}", f"≤ {goal:,.0f}"
        )
    table.add_row("(parsing the same records)", f"{found['parse_ms']:,.0f}", "1", "")
    return table


def _ciphers(found: dict[str, dict[str, float]]) -> Table:
    table = Table(title="加密的代价 / what encryption costs on the phone")
    for heading in ("cipher", "first sync, ms", "× off", "saving a visit, ms", "× off"):
        table.add_column(heading)
    off = found["off"]
    for name, of in found.items():
        ratios = [f"{of[what] / off[what]:.2f}" for what in ("first_sync_ms", "visit_ms")]
        table.add_row(name, f"{of['first_sync_ms']:,.0f}", ratios[0], f"{of['visit_ms']:,.0f}", ratios[1])
    return table


def _steps(found: list[dict[str, Any]]) -> Table:
    table = Table("step", "µs", title="单步 / single steps")
    for of in found:
        table.add_row(of["step"], f"{of['microseconds']:,.1f}")
    return table


def _asked(found: dict[str, Any]) -> tuple[str, str, str]:
    return f"{found['ms']:.2f}", f"{found['echo_ms']:.2f} echo", f"{found['ratio']:.2f}"


if __name__ == "__main__":
    main()
