/**
 * Finding a person or a house by characters, pinyin initials, house number, address or the end of a phone; every word
 * of the query must match. The order is that of the doors, whole names and house numbers first.
 */
import type { Found } from '../api'
import { normalisePhone } from '../forms/codes'
import { text, textOrNull } from '../field_values'
import { householdName } from '../household_name'
import type { FieldRecord } from '../sync/record'
import type { Core } from './core'
import { byGridAndDoor, DoorOrder } from './door_order'
import { loadInitials, type Initials } from './pinyin_initials'

export const FOUND_MAX = 50
/** Digits of a phone: fewer of them are rather a house number; as many may stand anywhere in it. */
const PHONE_TAIL_MIN = 3
const PHONE_INSIDE_MIN = 7
const RANKS = 4
/** How many people are read at a time while somebody may be typing. */
const PORTION = 300

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

/** The records of which the entries were made. */
interface ReadFrom {
  doors: readonly FieldRecord[]
  everybody: readonly FieldRecord[]
}
const NOBODY: ReadFrom = { doors: [], everybody: [] }

export class PersonSearch {
  private initials: Initials | null = null
  private soughtByRecord = new WeakMap<FieldRecord, Sought>()
  private entries: Entry[] = []
  private entriesVersion = -1
  private readFrom = NOBODY
  private preparing: Promise<void> | null = null
  private readonly doors = new DoorOrder(byGridAndDoor)

  constructor(
    private readonly core: Core,
    private readonly load: () => Promise<Initials | null> = loadInitials,
  ) {}

  /**
   * Fulfilled when names are found by their initials too; begun by the first search, be it an empty one. Everybody is
   * read in small portions beside what is being typed, then all of it is taken at once.
   */
  ready(): Promise<void> {
    this.preparing ??= this.prepare().finally(() => {
      if (this.initials === null) this.preparing = null
    })
    return this.preparing
  }

  private async prepare(): Promise<void> {
    const initials = await this.load()
    if (initials === null) return
    const { view } = this.core
    const made = new WeakMap<FieldRecord, Sought>()
    for (const [index, record] of [...view.ofKind('household'), ...view.ofKind('resident')].entries()) {
      made.set(record, soughtBy(record, initials))
      if (index % PORTION === PORTION - 1) await new Promise((resolve) => setTimeout(resolve))
    }
    this.initials = initials
    this.soughtByRecord = made
    this.entriesVersion = -1
    this.readFrom = NOBODY
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
    const doors = this.doors.of(this.core.view.ofKind('household'))
    const everybody = this.core.view.ofKind('resident')
    this.entriesVersion = this.core.version
    // most changes are visits and cases, after which everybody is as before
    if (this.readFrom.doors === doors && sameRecords(this.readFrom.everybody, everybody)) return this.entries
    this.readFrom = { doors, everybody }
    this.entries = this.read(doors, everybody)
    return this.entries
  }

  private read(doors: readonly FieldRecord[], everybody: readonly FieldRecord[]): Entry[] {
    const residents = new Map<string, FieldRecord[]>()
    for (const resident of everybody) {
      if (resident.values.merged_into) continue
      const home = text(resident.values, 'household')
      const others = residents.get(home)
      if (others) others.push(resident)
      else residents.set(home, [resident])
    }
    const entries: Entry[] = []
    for (const household of doors) {
      entries.push(this.entryOf(household, household))
      for (const resident of residents.get(household.id) ?? [])
        entries.push(this.entryOf(resident, household))
      residents.delete(household.id)
    }
    // whoever's household is not here, held for a case of theirs
    for (const resident of [...residents.values()].flat()) entries.push(this.entryOf(resident, undefined))
    return entries
  }

  private entryOf(record: FieldRecord, household: FieldRecord | undefined): Entry {
    const { status } = record.values
    const gone = status === 'moved_out' || status === 'deceased'
    return { record, household, sought: this.soughtOf(record), gone }
  }

  private soughtOf(record: FieldRecord): Sought {
    const known = this.soughtByRecord.get(record)
    if (known) return known
    const made = soughtBy(record, this.initials)
    this.soughtByRecord.set(record, made)
    return made
  }
}

function soughtBy(record: FieldRecord, initials: Initials | null): Sought {
  const { values } = record
  // a household is found as it is shown, with its 户
  const name = record.kind === 'household' ? householdName(record) : text(values, 'name')
  const number = text(values, 'house_number')
  const parts = [name, initials?.(name) ?? '', number, text(values, 'address')]
  const phone = textOrNull(values, 'phone')
  return {
    text: parts.join('|').normalize('NFKC').toLowerCase(),
    phone: phone === null ? '' : normalisePhone(phone),
    exact: [name, name.replace(/户$/, ''), number, number.replace(/号$/, '')].map((one) => one.toLowerCase()),
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

function sameRecords(some: readonly FieldRecord[], others: readonly FieldRecord[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index])
}
