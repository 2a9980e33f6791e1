/**
 * Finding an item as one types: Chinese, pinyin in full or initials, what residents call it, its department, its number.
 * The twin of `forms/search.py`: ranked by how well the words match, then by number; several words must all match.
 *
 * Pinyin is loaded on demand (`loadPinyin`) and computed once a catalogue; until it is there items are found by their
 * characters and numbers only.
 */
import type { Catalogue, Item } from './catalogue'

/** Why an item was found. */
export type FoundBy = 'name' | 'initials' | 'alias' | 'department' | 'number'

export interface RankedItem {
  item: Item
  by: FoundBy
}

type Pinyin = (typeof import('pinyin-pro'))['pinyin']

/** A text as it is searched, and what a match in it costs against the name. */
interface SearchedText {
  text: string
  initials: string
  pinyin: string
  cost: number
  by: FoundBy
}

/** A syllable of a character, or a run of other signs as it is. */
interface Syllable {
  text: string
  spoken: boolean
}

interface Match {
  score: number
  by: FoundBy
}

interface Index {
  withPinyin: boolean
  texts: Map<Item, readonly SearchedText[]>
}

const SEPARATORS = /[\s、，,;；()（）/·-]+/g
const ASCII = /^[\u0020-\u007f]*$/
// how well a word matches, best first; a word's score is the best that any text of the item gives
const [EXACT, PREFIX, INSIDE, SPREAD] = [1000, 800, 600, 200]
/** What residents call it counts nearly as much as the name. */
const ALIAS_COST = 20
const DEPARTMENT_COST = 350

const indexes = new WeakMap<Catalogue, Index>()
/** By text: a catalogue is made anew more often than its words change. */
const spokenTexts = new Map<string, readonly Syllable[]>()
let pinyin: Pinyin | null = null
let loading: Promise<void> | null = null

/** Load the pinyin table, once; idle time is a good time. A failed load is tried again by the next call. */
export function loadPinyin(): Promise<void> {
  loading ??= import('pinyin-pro').then(
    (loaded) => void (pinyin = loaded.pinyin),
    (error: unknown) => {
      loading = null
      throw error
    },
  )
  return loading
}

/** Compute what a catalogue is searched by now, so that the first keystroke does not wait for it. */
export function prepareSearch(catalogue: Catalogue): void {
  indexOf(catalogue)
}

/** The items in force on a day (ISO) that match, best first; with no text, all of them by number. */
export function search(catalogue: Catalogue, text: string, on: string, department?: string): RankedItem[] {
  const words = text.normalize('NFKC').split(/\s+/).map(plain).filter(Boolean)
  const index = indexOf(catalogue)
  const found: { ranked: RankedItem; score: number }[] = []
  for (const item of catalogue.itemsInForce(on)) {
    if (department !== undefined && item.department !== department) continue
    const matches = words.map((word) => matchOf(word, item, index.texts.get(item) ?? []))
    if (matches.some((match) => match.score === 0)) continue
    const score = matches.reduce((sum, match) => sum + match.score, 0)
    found.push({ ranked: { item, by: matches[0]?.by ?? 'name' }, score })
  }
  return found
    .sort((one, other) => other.score - one.score || one.ranked.item.number - other.ranked.item.number)
    .map((one) => one.ranked)
}

/** Half-width, lower case, without punctuation. */
function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(SEPARATORS, '')
}

function indexOf(catalogue: Catalogue): Index {
  const known = indexes.get(catalogue)
  if (known !== undefined && known.withPinyin === (pinyin !== null)) return known
  const texts = new Map(catalogue.items.map((item) => [item, textsOf(catalogue, item)]))
  const made = { withPinyin: pinyin !== null, texts }
  indexes.set(catalogue, made)
  return made
}

function textsOf(catalogue: Catalogue, item: Item): SearchedText[] {
  const department = catalogue.department(item.department)
  return [
    searched(item.name, 0, 'name'),
    ...(item.name_en ? [searched(item.name_en, ALIAS_COST, 'name')] : []),
    ...(item.aliases ?? []).map((alias) => searched(alias, ALIAS_COST, 'alias')),
    ...(department === undefined ? [] : [searched(department.name, DEPARTMENT_COST, 'department')]),
  ]
}

function searched(words: string, cost: number, by: FoundBy): SearchedText {
  const text = plain(words)
  const syllables = syllablesOf(text)
  const initials = syllables.map((one) => (one.spoken ? one.text.charAt(0) : one.text)).join('')
  return { text, initials, pinyin: syllables.map((one) => one.text).join(''), cost, by }
}

/** A text's syllables; none while the table is not loaded. */
function syllablesOf(text: string): readonly Syllable[] {
  if (pinyin === null || ASCII.test(text)) return []
  const known = spokenTexts.get(text)
  if (known !== undefined) return known
  const spoken = pinyin(text, { type: 'all', toneType: 'none', nonZh: 'consecutive', v: true })
  const made = spoken.map((one) => ({ text: one.isZh ? one.pinyin : one.origin, spoken: one.isZh }))
  spokenTexts.set(text, made)
  return made
}

/** How well a word matches an item, and by what; 0 if it does not. */
function matchOf(word: string, item: Item, texts: readonly SearchedText[]): Match {
  let best: Match = word === String(item.number) ? { score: EXACT, by: 'number' } : { score: 0, by: 'name' }
  const ascii = ASCII.test(word)
  for (const text of texts) {
    const written = matching(word, text.text) - text.cost
    if (written > best.score) best = { score: written, by: text.by }
    if (!ascii) continue
    const spoken = Math.max(matching(word, text.initials), matching(word, text.pinyin)) - text.cost
    if (spoken > best.score) best = { score: spoken, by: 'initials' }
  }
  if (best.score === 0 && !ascii && isSpread(word, texts[0]?.text ?? '')) best.score = SPREAD
  return best
}

function matching(word: string, text: string): number {
  if (word === text) return EXACT
  const at = text.indexOf(word)
  return at < 0 ? 0 : at === 0 ? PREFIX : INSIDE
}

/** Whether all characters of a word stand in the text, in their order. */
function isSpread(word: string, text: string): boolean {
  let at = 0
  for (const character of word) {
    const found = text.indexOf(character, at)
    if (found < 0) return false
    at = found + character.length
  }
  return true
}
