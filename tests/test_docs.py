"""The pages say what the code does: links, commands and words that lag fail here.

Settings, error codes, the catalogue's format and the protocol have tests of their own beside what they describe.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

import field_client.cli
import server.cli
from forms.catalogue import Finish, Mode
from forms.handling.clocks import PauseKind
from forms.handling.limits import PROMISE_LABELS
from forms.handling.materials import MaterialState
from forms.handling.rating import RATING_LABELS, Rating
from forms.handling.states import ACTOR_LABELS, STATE_LABELS
from grid_map.counting_rules import RULES
from grid_map.visit_classes import load_visit_classes
from server.reconciliation import LABELS as STANDING_LABELS
from server.roles import Role
from server.store.engine import Store
from server.store.migrations import migrate
from server.store.schema import MIGRATIONS
from sync.apply import Outcome
from sync.kinds import KINDS
from sync.operation import Action
from sync.scope import COMMON, HOLDER_ONLY, OWN

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
)
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
LOST_PHONE = ROOT / "docs" / "lost-phone.md"
APP = ROOT / "field_client" / "app" / "src"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
IMAGE = re.compile(r'<img src="([^"]+)"')
CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^ *```sh\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
MADE_LATER = ("data/", ".venv/")  # what the commands make
PATH = re.compile(r"`((?:[a-z_]+/)+[\w.*-]*|[a-z_]+/)`")
PROGRAMS: dict[str, Any] = {
    "allpost-server": get_command(server.cli.app),
    "allpost-field": get_command(field_client.cli.app),
}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(CODE.sub("", text_of(page))):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        file = page.parent / path if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_every_picture_is_there() -> None:
    shown = [(page, name) for page in PAGES for name in IMAGE.findall(page.read_text(encoding="utf-8"))]
    assert len(shown) > 12
    assert [f"{page.name}: {name}" for page, name in shown if not (page.parent / name).is_file()] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_files_and_folders_that_are_named_exist(name: str) -> None:
    named = set(PATH.findall(CODE.sub("", text_of(ROOT / name))))
    lasting = sorted(path for path in named if not path.startswith(MADE_LATER))
    assert [path for path in lasting if not any(ROOT.glob(path))] == []


def test_every_page_can_be_found_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = (target.partition("#")[0] for target in LINK.findall(text_of(page)) if "://" not in target)
        waiting += [(page.parent / target).resolve() for target in targets if target.endswith(".md")]
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in reached] == []


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_every_make_word_exists(page: Path) -> None:
    words = set(re.findall(r"\bmake ([a-z]+)", text_of(page)))
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    assert words <= targets
    assert {"run", "test", "demo", "bench", "help"} <= words


def test_the_words_of_make_are_those_of_the_page() -> None:
    listed = re.findall(r"^([a-z]+):.*## ", text_of(ROOT / "Makefile"), re.MULTILINE)
    told = re.findall(r"^\| `make ([a-z]+)` \|", text_of(ROOT / "docs" / "commands.md"), re.MULTILINE)
    assert set(told) == set(listed) - {"help"}


@pytest.mark.parametrize("page", [*READMES, LOST_PHONE], ids=lambda page: page.name)
def test_every_command_of_the_tour_exists(page: Path) -> None:
    lines = "\n".join(SHELL.findall(text_of(page))).replace("\\\n", " ")
    lines = re.sub(r"(?:^|\s)#.*$", "", lines, flags=re.MULTILINE)  # a remark may speak of phones
    lines = lines.replace('phone() { allpost-field --data data/phone.db "$@"; }', "")
    lines = re.sub(r"\bphone (?=[a-z-])", "allpost-field ", lines)
    told = re.findall(r"(allpost-(?:server|field))((?: +[^\s|()\"#]+)*)", lines)
    assert len(told) > 5
    wrong = []
    for program, rest in told:
        command, words = PROGRAMS[program], rest.split()
        while words:
            word = words.pop(0)
            if word.startswith("-"):
                if not any(word in one.opts for one in command.params):
                    wrong.append(f"{program} … {word}")
            elif isinstance(command, TyperGroup) and word in command.commands:
                command = command.commands[word]
            elif isinstance(command, TyperGroup) and not command.invoke_without_command:
                wrong.append(f"{program}{rest}")
    assert wrong == []


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every command that can be given, by its full name; a group too where it does something by itself."""
    if not isinstance(command, TyperGroup) or command.invoke_without_command:
        yield path, command
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from commands(inner, f"{path} {name}")


def options(command: Any) -> set[str]:
    """Its options by their long names; its arguments as `<name>`."""
    return {name_of(one) for one in command.params if one.name != "help"}


def name_of(one: Any) -> str:
    return f"<{one.name}>" if one.param_type_name == "argument" else max(one.opts, key=len)


def table_rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("|--"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def documented_commands(program: str) -> dict[str, set[str]]:
    """The commands of `docs/commands.md`, each with the options and arguments that its row names."""
    found = {}
    for row in table_rows(text_of(ROOT / "docs" / "commands.md")):
        names = re.findall(r"`([^`]+)`", row[0])
        if names and re.match(rf"{program}(?: |$)", names[0]):
            assert len(row) == 3 and all(row), f"in Chinese and English: {row[0]}"
            found[names[0]] = set(names[1:])
    return found


@pytest.mark.parametrize("program", PROGRAMS)
def test_commands_and_options_are_those_of_the_page(program: str) -> None:
    there = {name: options(command) for name, command in commands(PROGRAMS[program], program)}
    if isinstance(PROGRAMS[program], TyperGroup) and options(PROGRAMS[program]):
        there[program] = options(PROGRAMS[program])
    assert documented_commands(program) == there


def test_every_option_is_explained() -> None:
    rows = list(table_rows(text_of(ROOT / "docs" / "commands.md")))
    explained = {name for row in rows for name in re.findall(r"`(-[^`]*|<[^`]*)`", row[0]) if len(row) == 4}
    wanted = set()
    for program, top in PROGRAMS.items():
        for _, command in [(program, top), *commands(top, program)]:
            wanted |= options(command) | {
                short for one in command.params for short in one.opts if re.fullmatch("-.", short)
            }
    assert wanted - explained == set()
    assert explained - wanted == set()


def test_every_table_of_the_store_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path / "allpost.db", readers=1)
    store.write_now(lambda db: migrate(db, MIGRATIONS))
    tables = store.read_now(
        lambda db: db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    )
    store.close()
    ours = {name for (name,) in tables if not name.startswith(("_", "sqlite_"))}
    section = text_of(ROOT / "ARCHITECTURE.md").partition("## Storage")[2]
    told = {name for row in table_rows(section) for name in re.findall(r"`(\w+)`", row[0])}
    assert told == ours


def glossary_table(heading: str) -> dict[str, str]:
    """One table of the glossary that is marked †: identifier → Chinese."""
    text = text_of(ROOT / "docs" / "glossary.md")
    section = re.search(rf"^## {re.escape(heading)} †\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert section is not None, f"no table “{heading} †”"
    rows = [row for row in table_rows(section[1]) if row[2] != "identifier"]
    assert len({row[1] for row in rows}) == len({row[2] for row in rows}) == len(rows), "one word a concept"
    return {row[2].strip("`"): row[0] for row in rows}


def values(of: Iterable[Enum]) -> set[str]:
    return {str(one.value) for one in of}


LABELLED: dict[str, dict[str, str]] = {
    "Kinds of record": {kind.name: kind.label for kind in KINDS.values()},
    "States of a case": {state.value: label.zh for state, label in STATE_LABELS.items()},
    "Who makes a move": {actor.value: label.zh for actor, label in ACTOR_LABELS.items()},
    "Sorts of a promised date": {kind.value: label.zh for kind, label in PROMISE_LABELS.items()},
    "Visit classes": {one.key: one.label for one in load_visit_classes()},
    "A device's day in the reconciliation": {one.value: zh for one, (zh, _) in STANDING_LABELS.items()},
    "Outcomes of an operation": {
        state: zh for state, zh in field_client.cli.exchange.STATES.items() if state != "waiting"
    },
    "Modes of an item": {mode.value: zh for mode, zh in field_client.cli.items.MODES.items()},
    "Where an item is finished": field_client.cli.items.FINISH,
    "Materials at capture": {state: zh for zh, state in field_client.cli.cases.MATERIALS.items()},
    "Levels of a rating": {level.value: label.zh for level, label in RATING_LABELS.items()},
}
NAMED: dict[str, set[str]] = {
    "Kinds of record": set(KINDS),
    "Actions of an operation": values(Action),
    "Outcomes of an operation": values(Outcome),
    "States of a case": values(STATE_LABELS),
    "Who makes a move": values(ACTOR_LABELS),
    "Modes of an item": values(Mode),
    "Where an item is finished": values(Finish),
    "Materials at capture": values(MaterialState),
    "Sorts of a promised date": values(PROMISE_LABELS),
    "Why a clock stands still": values(PauseKind),
    "Levels of a rating": values(Rating),
    "Visit classes": {one.key for one in load_visit_classes()},
    "Counting rules": set(RULES),
    "Roles": values(Role),
    "Parts of a village's feed": {COMMON, OWN, HOLDER_ONLY},
    "A device's day in the reconciliation": values(STANDING_LABELS),
}


@pytest.mark.parametrize("heading", NAMED)
def test_the_glossary_has_every_identifier(heading: str) -> None:
    assert set(glossary_table(heading)) == NAMED[heading]


@pytest.mark.parametrize("heading", LABELLED)
def test_the_glossary_says_what_people_see(heading: str) -> None:
    assert glossary_table(heading) == LABELLED[heading]


def test_every_marked_table_is_compared() -> None:
    marked = re.findall(r"^## (.+) †$", text_of(ROOT / "docs" / "glossary.md"), re.MULTILINE)
    assert set(marked) == set(NAMED)


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    records = sorted(page.name for page in folder.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    listed = [target for target in LINK.findall(text_of(folder / "README.md")) if re.match(r"\d{4}-", target)]
    assert listed == records
    for name in records:
        text = text_of(folder / name)
        assert text.startswith(f"# {int(name[:4])}. ")
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequence")), name


def test_every_test_that_the_security_page_names_is_there() -> None:
    page = text_of(ROOT / "docs" / "security.md")
    named = set(re.findall(r"`([\w/.]+\.py)::(test_\w+)`", page))
    assert len(named) > 60
    assert [f"{path}::{name}" for path, name in sorted(named) if not _defines(path, f"def {name}(")] == []
    titled = re.findall(r"`([\w/.]+\.test\.ts)`((?: (?:and )?“[^”]+”)+)", page)
    assert len(titled) > 10
    told = [(path, title) for path, titles in titled for title in re.findall(r"“([^”]+)”", titles)]
    assert [f"{path} {title}" for path, title in told if not _defines(path, title)] == []


def _defines(path: str, words: str) -> bool:
    return (ROOT / path).is_file() and words in text_of(ROOT / path)


def test_the_words_for_a_lost_phone_stand_on_its_screens() -> None:
    texts = [*(APP / "text").glob("*.ts"), *(APP / "screens").glob("*/words.ts")]
    shown = "\n".join(text_of(path) for path in texts)
    told = [
        part.strip()
        for quoted in re.findall(r"「([^」]+)」", text_of(LOST_PHONE))
        for part in quoted.split("…")
    ]
    assert len(told) > 20
    assert [words for words in told if words not in shown] == []
