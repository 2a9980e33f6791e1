"""What is wrong with a screen as it stands: found by axe-core, by measuring, and by reading what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page

APP = Path(__file__).parents[3] / "field_client" / "app"
AXE = APP / "node_modules" / "axe-core" / "axe.min.js"
SEEING = Path(__file__).with_name("looked_at.js")

# In light: everything. In the dark and in large type: what these change.
AXE_RULES = {"resultTypes": ["violations"], "rules": {"region": {"enabled": False}}}
AXE_CONTRAST = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}
NOT_SAID = r"undefined|NaN|\bnull\b|\bError\b|Exception|\[object"
AREAS = sorted(path.stem for path in (APP / "src" / "text").glob("*.ts"))
KEY = rf"\b(?:{'|'.join(AREAS)})\.[a-zA-Z_.]+\b"


class Eye:
    """Looks at pages of one phone. The page forbids foreign scripts, so what looks is put in from outside."""

    def __init__(self) -> None:
        self._source = AXE.read_text(encoding="utf-8") + "\n;0"
        self._seeing = SEEING.read_text(encoding="utf-8")
        self._sessions: dict[Page, CDPSession] = {}

    def faults(self, page: Page) -> list[str]:
        """Everything that is wrong, each in a line."""
        found = self._axe(page, AXE_RULES) + self._measured(page)
        page.emulate_media(color_scheme="dark")
        found += [f"dark: {one}" for one in self._axe(page, AXE_CONTRAST)]
        page.emulate_media(color_scheme="light")
        page.evaluate("document.documentElement.classList.add('large')")
        found += [f"large: {one}" for one in self._too_wide(page)]
        page.evaluate("document.documentElement.classList.remove('large')")
        return found

    def measured(self, page: Page) -> list[str]:
        """Without axe-core: for a second language, whose words are longer."""
        return self._measured(page)

    def _axe(self, page: Page, rules: dict[str, Any]) -> list[str]:
        if not page.evaluate("typeof window.axe === 'object'"):
            self._run(page, self._source)
        result = page.evaluate("rules => window.axe.run(document, rules)", rules)
        return [
            f"axe {one['id']} ({one['impact']}): {node['target'][0]}"
            for one in result["violations"]
            for node in one["nodes"]
        ]

    def _measured(self, page: Page) -> list[str]:
        self._ready(page)
        found: list[str] = page.evaluate("said => window.lookedAt(said)", [NOT_SAID, KEY])
        return found

    def _too_wide(self, page: Page) -> list[str]:
        self._ready(page)
        found: list[str] = page.evaluate("() => window.tooWide()")
        return found

    def _ready(self, page: Page) -> None:
        if not page.evaluate("typeof window.lookedAt === 'function'"):
            self._run(page, self._seeing)

    def _run(self, page: Page, source: str) -> None:
        """By the debugger, which the page's own policy does not concern."""
        session = self._sessions.get(page)
        if session is None:
            session = self._sessions[page] = page.context.new_cdp_session(page)
        session.send("Runtime.evaluate", {"expression": source})
