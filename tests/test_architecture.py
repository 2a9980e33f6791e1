"""Rules kept by a program: the arrows between the packages, the size of files, and what no tracked file may hold."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("server", "field_client", "sync", "grid_map", "forms")
PURE = ("sync", "grid_map", "forms")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
LONGER = {
    "server/intake.py": 480,  # the one transaction of a push, in its order
}

UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|HA[C]K)\b")
NOT_RUN = re.compile(
    r"pytest\.(mark\.(skip|skipif|xfail)|skip|xfail|importorskip)\b|unittest\.skip|Ski[p]Test"
)
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:work|root|home|tmp|Users|mnt)/")
REGISTRY = re.compile(
    r"py[p]i\.(org|python)|python[h]osted\.org|npm[j]s\.(org|com)|npm[m]irror\.com"
    r"|(?<!-no-emit)-{1,2}(extra-)?index-url[ =]|mirrors?\.[a-z]+\.(com|cn|edu)"
)
CLOCKS_AND_DISKS = {"now", "utcnow", "today", "getenv", "open", "read_text", "read_bytes", "urandom", "uuid4"}
OWN_DATA = {
    "grid_map/divisions.py": {"read_text"},
    "grid_map/visit_classes.py": {"read_bytes"},
    "forms/catalogue.py": {"read_bytes"},
    "sync/sealing.py": {"open"},  # of a cipher, no file
}


def tracked(*patterns: str) -> list[Path]:
    """Files under version control; new ones that are about to be, too."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in sorted(set(listed)) if (ROOT / name).is_file()]


SOURCES = [
    path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in (*PACKAGES, "bench", "tests")
]
SHIPPED = [path for path in SOURCES if path.relative_to(ROOT).parts[0] != "tests"]


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("package", PACKAGES)
def test_our_packages_are_ours(package: str, tmp_path: Path) -> None:
    """`server` and `forms` are common names: neither the tests nor the programs may get another's."""
    here = Path(str(importlib.import_module(package).__file__)).resolve()
    assert here == ROOT / package / "__init__.py"
    installed = subprocess.run(
        [sys.executable, "-c", f"import {package}; print({package}.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(installed.stdout.strip()).resolve() == here


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_typed_and_says_what_it_is(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
    for init in (ROOT / package).rglob("__init__.py"):
        tree = ast.parse(init.read_text(encoding="utf-8"))
        assert not tree.body or ast.get_docstring(tree), f"{short(init)} has code and no docstring"


def test_every_tool_looks_at_every_package() -> None:
    tools = PROJECT["tool"]
    assert set(tools["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(PACKAGES)
    assert set(tools["mypy"]["packages"]) == set(PACKAGES)
    assert set(tools["importlinter"]["root_packages"]) == set(PACKAGES)
    pure = [one for one in tools["importlinter"]["contracts"] if one["type"] == "forbidden"]
    assert [set(one["source_modules"]) for one in pure] == [set(PURE)]


def test_the_arrows_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "0 broken" in checked.stdout


@pytest.mark.parametrize("package", PURE)
def test_pure_packages_call_no_clock_disk_or_chance(package: str) -> None:
    """What an import does not show: `datetime.now()`, `open()` and the like. A package reads its own data only."""
    found = []
    for path in SHIPPED:
        if path.relative_to(ROOT).parts[0] != package:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in CLOCKS_AND_DISKS - OWN_DATA.get(short(path), set()):
                found.append(f"{short(path)}:{node.lineno} {called}")
    assert found == []


def test_files_have_one_subject() -> None:
    """A guard, not a measure: most files are far shorter. A longer one is named above, with its reason."""
    lines = {short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SHIPPED}
    too_long = {name: count for name, count in lines.items() if count > LONGER.get(name, FILE_LINES_MAX)}
    assert too_long == {}
    assert [name for name in LONGER if lines.get(name, 0) <= FILE_LINES_MAX] == [], "no exception any more"


def test_functions_stay_short() -> None:
    too_long = [
        f"{short(path)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert too_long == []


@pytest.mark.parametrize(
    ("pattern", "example"),
    [
        (UNFINISHED, "# TO" + "DO later"),
        (NOT_RUN, "@pytest.mark." + "xfail"),
        (MACHINE_PATH, "see /ho" + "me/somebody/x"),
        (REGISTRY, "--index-" + "url https://x"),
    ],
    ids=["unfinished", "not run", "machine path", "registry"],
)
def test_no_tracked_file_holds(pattern: re.Pattern[str], example: str) -> None:
    assert pattern.search(example)
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{short(path)}:{number}"
            for number, line in enumerate(text.splitlines(), start=1)
            if pattern.search(line)
        ]
    assert found == []


def test_the_lock_names_versions_and_hashes_and_no_index() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    said = [line for line in lines if not line.lstrip().startswith("#")]
    assert [line for line in said if "://" in line or line.startswith("-")] == []
    pinned = re.findall(r"^([\w.-]+)==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", "\n".join(said), re.MULTILINE)
    assert len(pinned) == sum(not line.startswith(" ") for line in said if line)
    optional = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *optional["dev"], *optional["build"]]
    assert {_normal(name) for name in wanted} <= {_normal(name) for name in pinned}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_demonstration_numbers_are_nobodys() -> None:
    """An identity number in a tracked file has the unassigned county code 330499 or a wrong check digit."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    number = re.compile(
        r"(?<![0-9A-Za-z-])([1-8]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx])(?![0-9A-Za-z])"
    )
    real = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for found in number.findall(text):
            digit = "10X98765432"[sum(w * int(d) for w, d in zip(weights, found[:17], strict=True)) % 11]
            if found[17].upper() == digit and not found.startswith("330499"):
                real.append(f"{short(path)}: {found}")
    assert real == []
