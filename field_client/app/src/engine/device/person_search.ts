/**
 * Finding a person or a house by characters, pinyin initials, house number, address or the end of a phone; every word
 * of the query must match. The order is that of the doors, whole names and house numbers first.
 */
import type { Found } from '../api'
import { normalisePhone } from '../forms/codes'
import { compareHouseNumbers } from '../grid_map/house_numbers'
import { text, textOrNull } from '../sync/field_values'
import type { FieldRecord } from '../sync/record'
import type { Core } from './core'
import { doorOf } from './due'
import { loadInitials, type Initials } from './pinyin_initials'

export const FOUND_MAX = 50
/** Digits of a phone: fewer of them are rather a house number; as many may stand anywhere in it. */
const PHONE_TAIL_MIN = 3
const PHONE_INSIDE_MIN = 7
const RANKS = 4

/** What a record is found by. `exact` are texts that the whole query may be. */
interface Sought {
  text: string
  phone: string
  exact: readonly string[]
}

interface Entry {
  record: FieldRecord
  household: FieldRecord | undefined
  sought: Sought
  gone: boolean
}

export class PersonSearch {
  private initials: Initials | null = null
  private soughtByRecord = new WeakMap<FieldRecord, Sought>()
  private entries: Entry[] = []
  private entriesVersion = -1
  private households: FieldRecord[] = []

  constructor(
    private readonly core: Core,
    private readonly load: () => Promise<Initials | null> = loadInitials,
  ) {}

  /** Fulfilled when names are found by their initials too; begun by the first search. */
  async ready(): Promise<void> {
    const initials = await this.load()
    if (initials === null || this.initials !== null) return
    this.initials = initials
    this.soughtByRecord = new WeakMap()
    this.entriesVersion = -1
  }

  search(query: string, limit = FOUND_MAX): Found[] {
    if (this.initials === null) void this.ready()
    const words = query.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean)
    if (words.length === 0) return []
    const whole = words.join(' ')
    const ranked: Entry[][] = Array.from({ length: RANKS }, () => [])
    for (const entry of this.upToDate()) {
      if (this.matches(entry, words)) ranked[rankOf(entry, whole)]?.push(entry)
    }
    return ranked
      .flat()
      .slice(0, limit)
      .map(({ record, household }) => ({ record, household }))
  }

  /** A resident may be told apart by the house (沈 12号), yet is not found by the house alone. */
  private matches({ record, household, sought }: Entry, words: readonly string[]): boolean {
    let own = 0
    for (const word of words) {
      if (isIn(sought, word)) own += 1
      else if (record === household || !household || !isIn(this.soughtOf(household), word)) return false
    }
    return own > 0
  }

  private upToDate(): readonly Entry[] {
    if (this.entriesVersion === this.core.version) return this.entries
    const { view } = this.core
    const residents = new Map<string, FieldRecord[]>()
    for (const resident of view.ofKind('resident')) {
      if (resident.values.merged_into) continue
      const home = text(resident.values, 'household')
      const others = residents.get(home)
      if (others) others.push(resident)
      else residents.set(home, [resident])
    }
    const entries: Entry[] = []
    for (const household of this.inDoorOrder(view.ofKind('household'))) {
      entries.push(this.entryOf(household, household))
      for (const resident of residents.get(household.id) ?? [])
        entries.push(this.entryOf(resident, household))
      residents.delete(household.id)
    }
    // whoever's household is not here, held for a case of theirs
    for (const resident of [...residents.values()].flat()) entries.push(this.entryOf(resident, undefined))
    this.entries = entries
    this.entriesVersion = this.core.version
    return entries
  }

  /** Sorted anew only where a household changed: most changes are visits. */
  private inDoorOrder(present: FieldRecord[]): FieldRecord[] {
    const known = new Set(this.households)
    if (present.length === known.size && present.every((one) => known.has(one))) return this.households
    this.households = [...present].sort(
      (one, other) =>
        compareText(one.grid ?? '', other.grid ?? '') ||
        compareHouseNumbers(doorOf(one), doorOf(other)) ||
        compareText(one.id, other.id),
    )
    return this.households
  }

  private entryOf(record: FieldRecord, household: FieldRecord | undefined): Entry {
    const { status } = record.values
    const gone = status === 'moved_out' || status === 'deceased'
    return { record, household, sought: this.soughtOf(record), gone }
  }

  private soughtOf(record: FieldRecord): Sought {
    const known = this.soughtByRecord.get(record)
    if (known) return known
    const { values } = record
    const name = text(values, 'name')
    const number = text(values, 'house_number')
    const parts = [name, this.initials?.(name) ?? '', number, text(values, 'address')]
    const phone = textOrNull(values, 'phone')
    const made: Sought = {
      text: parts.join('|').normalize('NFKC').toLowerCase(),
      phone: phone === null ? '' : normalisePhone(phone),
      exact: [name.toLowerCase(), number.toLowerCase(), number.replace(/号$/, '')],
    }
    this.soughtByRecord.set(record, made)
    return made
  }
}

function isIn(sought: Sought, word: string): boolean {
  if (sought.text.includes(word)) return true
  if (word.length < PHONE_TAIL_MIN || sought.phone === '') return false
  return word.length >= PHONE_INSIDE_MIN ? sought.phone.includes(word) : sought.phone.endsWith(word)
}

/** 0 what was typed as a whole, 1 names that begin so, 2 the others, 3 who is gone. */
function rankOf({ sought, gone }: Entry, whole: string): number {
  if (gone) return 3
  if (sought.exact.includes(whole)) return 0
  return sought.text.startsWith(whole) ? 1 : 2
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
