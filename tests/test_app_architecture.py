"""The phone app keeps the rules that no TypeScript compiler sees: arrows, sizes, no way around the types, the lock."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
APP = ROOT / "field_client" / "app"
FILE_LINES_MAX = 400
GENERATED = {"src/engine/wire/api.d.ts"}
AROUND_THE_TYPES = re.compile(r"\bas any\b|: any\b|<any>|as unknown as|@ts-ignore|@ts-nocheck|eslint-disable")
NOT_RUN = re.compile(r"\b(?:it|test|describe)\.(?:only|skip|todo|fails)\b")
IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*['"]([^'"]+)['"]""")
FRAMEWORKS = ("vue", "vant", "vue-router", "vue-i18n", "leaflet", "signature_pad", "@/screens", "@/parts")
PURE = ("sync", "forms", "grid_map")
EXPORTED = re.compile(r"^export (?:async )?(?:function\*?|const|let|enum) (\w+)", re.MULTILINE)
WORD = re.compile(r"\w+")


def sources(*folders: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.ts", "*.vue"],
        cwd=APP,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    kept = [name for name in sorted(set(listed)) if name not in GENERATED and (APP / name).is_file()]
    return [APP / name for name in kept if not folders or name.startswith(folders)]


def short(path: Path) -> str:
    return path.relative_to(APP).as_posix()


def test_there_is_something_to_look_at() -> None:
    assert len(sources("src/engine/")) > 50
    assert len(sources("src/screens/")) > 20


def test_files_have_one_subject() -> None:
    lines = {short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {name: count for name, count in lines.items() if count > FILE_LINES_MAX} == {}


@pytest.mark.parametrize(
    ("pattern", "example"),
    [(AROUND_THE_TYPES, "x as " + "any"), (NOT_RUN, "it." + "only('x')")],
    ids=["around the types", "not run"],
)
def test_no_source_holds(pattern: re.Pattern[str], example: str) -> None:
    assert pattern.search(example)
    assert [
        f"{short(path)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ] == []


def test_the_engine_knows_no_framework() -> None:
    found = []
    for path in sources("src/engine/"):
        text = path.read_text(encoding="utf-8")
        found += [
            f"{short(path)} imports {name}" for name in IMPORTED.findall(text) if name.startswith(FRAMEWORKS)
        ]
    assert found == []


def test_the_pure_folders_know_neither_store_nor_network() -> None:
    """forms and grid_map know nothing but themselves; sync those two; none of them the device or the exchange."""
    allowed = {"forms": {"forms"}, "grid_map": {"grid_map"}, "sync": {"sync", "forms", "grid_map"}}
    found = []
    for folder in PURE:
        for path in sources(f"src/engine/{folder}/"):
            for name in IMPORTED.findall(path.read_text(encoding="utf-8")):
                if not name.startswith("."):
                    continue
                target = (path.parent / name).resolve().relative_to(APP / "src" / "engine").parts
                if len(target) > 1 and target[0] not in allowed[folder] | {"data"}:
                    found.append(f"{short(path)} imports {'/'.join(target)}")
    assert found == []


def test_screens_see_the_engine_by_its_facade() -> None:
    """Types of api.ts, errors, and pure functions; never the store or the wire."""
    inside = re.compile(r"engine/(?:device|exchange|wire)/")
    found = [
        f"{short(path)}: {name}"
        for path in sources("src/screens/", "src/parts/")
        for name in IMPORTED.findall(path.read_text(encoding="utf-8"))
        if inside.search(name)
    ]
    assert found == []


def test_what_is_exported_is_used_elsewhere() -> None:
    texts = {short(path): path.read_text(encoding="utf-8") for path in sources("src/", "tests/")}
    words = {name: set(WORD.findall(text)) for name, text in texts.items()}
    exported = [
        (n, one) for n, text in texts.items() if n.startswith("src/") for one in EXPORTED.findall(text)
    ]
    assert len(exported) > 300
    assert [
        f"{name}: {one}"
        for name, one in exported
        if not any(one in found for other, found in words.items() if other != name)
    ] == []


def test_a_day_is_made_of_an_instant_in_one_place() -> None:
    """days.ts alone knows the zone, so that no screen counts a day that the engine does not."""
    zone = re.compile(r"\b8 \* (?:3600 \* 1000|3_600_000|60 \* 60 \* 1000|HOUR_MS)\b|28_?800_?000\b")
    assert zone.search("const AHEAD_MS = 8 * 3600 * 1000")
    found = [short(path) for path in sources("src/") if zone.search(path.read_text(encoding="utf-8"))]
    assert found == ["src/engine/days.ts"]


def test_the_lock_names_versions_and_no_registry() -> None:
    lock = json.loads((APP / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert [name for name, one in packages.items() if "resolved" in one] == []
    assert [name for name, one in packages.items() if "integrity" not in one] == []
    wanted = json.loads((APP / "package.json").read_text(encoding="utf-8"))
    named = wanted["dependencies"] | wanted["devDependencies"]
    assert [name for name, version in named.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
