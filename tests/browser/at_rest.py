"""What lies on a phone's disk: counted by store, and searched for words as a finder of the phone would."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Page

from server.data_folder import open_data
from server.settings import load_settings
from server.store.bodies import opened
from tests.browser.served_demo import VILLAGE, ServedDemo

# Of what the words consist that are looked for.
SEEN = r"[\u3007\u3400-\u9fff\U00020000-\U0003ffff0-9（）-]+"
NARROW = re.compile(rb"(?:[\xe3-\xe9\xef][\x80-\xbf]{2}|\xf0[\x80-\xbf]{3}|[0-9-]){2,}")
ESCAPED = re.compile(rb"(?:\\u[3-9df][0-9a-f]{3}|[0-9-]){2,}")
# As UTF-16 lies on the disk; before a string of two characters the browser writes its tag and length.
WIDE = re.compile(rb"(?:c\x04)?(?:[\x00-\xff][\x34-\x9f\xd8-\xdf]|[\x20-\x7e]\x00){2,}", re.DOTALL)
SHORT = 2

# All of a page's storage as bytes: each value with what it is made of, text in UTF-8 and UTF-16, buffers as they are.
EVERYTHING = """async () => {
  const pieces = []
  const text = new TextEncoder()
  const wide = (word) => new Uint8Array(Uint16Array.from(word, (one) => one.charCodeAt(0)).buffer)
  const said = (word) => pieces.push(text.encode(word), wide(word))
  const seen = new Set()
  async function walk(value) {
    if (typeof value === 'string') return said(value)
    if (typeof value !== 'object' || value === null) return said(String(value))
    if (seen.has(value)) return
    seen.add(value)
    if (value instanceof Blob) return void pieces.push(new Uint8Array(await value.arrayBuffer()))
    if (value instanceof ArrayBuffer) return void pieces.push(new Uint8Array(value))
    if (ArrayBuffer.isView(value))
      return void pieces.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    if (value instanceof Map) for (const [key, held] of value) { await walk(key); await walk(held) }
    if (value instanceof Set) for (const held of value) await walk(held)
    for (const key of Object.keys(value)) { said(key); await walk(value[key]) }
  }
  const done = (request) => new Promise((give, fail) => {
    request.onsuccess = () => give(request.result)
    request.onerror = () => fail(request.error)
  })
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name))
    for (const store of database.objectStoreNames) {
      const reading = () => database.transaction(store).objectStore(store)
      await walk([store, await done(reading().getAllKeys()), await done(reading().getAll())])
    }
    database.close()
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name)
    for (const request of await cache.keys()) {
      said(request.url)
      pieces.push(new Uint8Array(await (await cache.match(request)).arrayBuffer()))
    }
  }
  for (const kept of [localStorage, sessionStorage]) await walk({ ...kept })
  await walk([location.href, document.title, history.state, document.cookie])
  const whole = new Uint8Array(await new Blob(pieces.flatMap((one) => [one, Uint8Array.of(10)])).arrayBuffer())
  let binary = ''
  for (let at = 0; at < whole.length; at += 32768)
    binary += String.fromCharCode(...whole.subarray(at, at + 32768))
  return btoa(binary)
}"""
ROWS = """async () => {
  const done = (request) => new Promise((give) => { request.onsuccess = () => give(request.result) })
  const database = await done(indexedDB.open('allpost'))
  const counts = {}
  for (const store of database.objectStoreNames)
    if (store !== 'meta') counts[store] = await done(database.transaction(store).objectStore(store).count())
  database.close()
  return JSON.stringify(counts)
}"""


def rows_at_rest(page: Page) -> dict[str, int]:
    """How many rows the app's stores have, by store; those with none, and what tells of the phone itself, left out."""
    counted: dict[str, int] = json.loads(page.evaluate(ROWS))
    return {store: count for store, count in counted.items() if count}


def rows_kept(page: Page) -> bytes:
    """Everything that the page's storage holds, text in UTF-8 and in UTF-16."""
    return base64.b64decode(page.evaluate(EVERYTHING))


class Wanted:
    """Words to be found in bytes: names, addresses, numbers of digits; fast also where they are thousands."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = set(words)
        self._lengths = sorted({len(word) for word in self._words})
        assert all(re.fullmatch(SEEN, word) for word in self._words), (
            "a word that is not looked for as it is written"
        )

    def __len__(self) -> int:
        return len(self._words)

    def without(self, words: Iterable[str]) -> Wanted:
        """The same but for some."""
        return Wanted(self._words - set(words))

    def found_in(self, content: bytes) -> set[str]:
        """The words that stand there: in UTF-8, in UTF-16, escaped as JSON does."""
        found: set[str] = set()
        for run in NARROW.finditer(content):
            found |= self._within(run.group().decode("utf-8", "ignore"))
        for run in ESCAPED.finditer(content):
            found |= self._within(json.loads(b'"' + run.group() + b'"'))
        for run in WIDE.finditer(content):
            # two characters alone are four bytes, which chance brings too: something readable has to stand beside them
            text = run.group().removeprefix(b"c\x04").decode("utf-16-le", "ignore")
            beside = run.group().startswith(b"c\x04") or re.search(r"[ -~]", text)
            found |= {word for word in self._within(text) if beside or len(word) > SHORT}
        return found

    def found_on_disk(self, folder: Path) -> dict[str, set[str]]:
        """The files below a folder that hold any, and which."""
        files = [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]
        each = {str(file.relative_to(folder)): self.found_in(file.read_bytes()) for file in files}
        return {name: words for name, words in each.items() if words}

    def _within(self, text: str) -> set[str]:
        return {
            text[at : at + length]
            for length in self._lengths
            for at in range(len(text) - length + 1)
            if text[at : at + length] in self._words
        }


def residents_words(demo: ServedDemo) -> Wanted:
    """What may stand nowhere in the clear: of residents name, phone and number, of households name and address."""
    store, keys = open_data(load_settings(data=demo.data), exclusive=False)
    try:
        rows = store.read_now(
            lambda db: db.execute(
                "SELECT id, body FROM records WHERE village = ? AND kind IN ('resident', 'household')",
                (VILLAGE,),
            ).fetchall()
        )
    finally:
        store.close()
    words = set()
    for identifier, body in rows:
        values = opened(keys, identifier, body).values
        words |= {str(values[field]) for field in ("name", "phone", "address") if values.get(field)}
        # its last place may be a letter
        words |= {str(values[field])[:17] for field in ("identity_number",) if values.get(field)}
    return Wanted(words)
