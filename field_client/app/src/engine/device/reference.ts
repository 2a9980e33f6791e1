/**
 * What the reference and common parts say: the catalogue, the working calendar, grids, rota, assignments, names. The twin
 * of `field_client/reference.py`. Each is read from the copy when it is first asked for; made anew when any of it changes.
 */
import calendarData from '../data/calendar.json'
import { Catalogue, type Department, type Item } from '../forms/catalogue'
import type { Form } from '../forms/definition'
import { WorkingCalendar, type CalendarTable } from '../forms/handling/calendar'
import { derived } from '../sync/ids'
import { REFERENCE_KINDS, REFERENCE_VILLAGE } from '../sync/kinds'
import { objectOf, textIn, texts, type Fields } from '../field_values'
import type { FieldRecord } from '../sync/record'
import type { RecordCopy } from './record_copy'

/** Kinds that a change of makes this anew. */
const KINDS_READ: ReadonlySet<string> = new Set([...REFERENCE_KINDS, 'rota', 'assignment', 'worker'])

/** A worker as the village's directory has it. */
export interface DirectoryEntry {
  id: string
  name: string
  role: string
  village: string
}

/** Who is at the window and who is away on a day. */
interface Rota {
  window: ReadonlySet<string>
  leave: ReadonlySet<string>
}

export class Reference {
  private readonly kept = new Map<string, unknown>()
  private readonly ids: ReadonlySet<string>

  constructor(private readonly copy: RecordCopy) {
    this.ids = new Set([...KINDS_READ].flatMap((kind) => copy.ofKind(kind).map((record) => record.id)))
  }

  /** Whether any of these records of the copy, put or removed, is one that this was read from. */
  concernedBy(records: Iterable<string>): boolean {
    for (const record of records)
      if (this.ids.has(record) || KINDS_READ.has(this.copy.get(record)?.kind ?? '')) return true
    return false
  }

  /** The published catalogue in all its versions; empty before the first sync. */
  get catalogue(): Catalogue {
    return this.once(
      'catalogue',
      () =>
        new Catalogue(
          this.definitions('department', isDepartment),
          this.definitions('item', isItem),
          this.definitions('form', isForm),
        ),
    )
  }

  /** The published working calendar; that of the program where none was published. */
  get calendar(): WorkingCalendar {
    return this.once('calendar', () => {
      const tables = this.definitions('calendar', isCalendar).sort(
        (one, other) => other.last_year - one.last_year,
      )
      return firstReadable([...tables, calendarData])
    })
  }

  /** The village of a grid that this device knows of. */
  villageOfGrid(grid: string): string | undefined {
    return this.grids.get(grid)?.village
  }

  gridName(grid: string): string {
    return this.grids.get(grid)?.name ?? grid
  }

  /** The name of a division; its code where it is not known here. */
  villageName(village: string): string {
    const names = this.once(
      'villages',
      () =>
        new Map(
          this.standing('division').map((record) => {
            const key = textIn(record.values, 'key') ?? ''
            return [key, textIn(objectOf(record.values.definition) ?? {}, 'name') ?? key]
          }),
        ),
    )
    return names.get(village) ?? village
  }

  /** Who has which grid, and had: `assignment` records. */
  get assignments(): readonly FieldRecord[] {
    return this.once('assignments', () => this.standing('assignment'))
  }

  /** Somebody of the directory, by account. */
  worker(worker: string): DirectoryEntry | undefined {
    return this.directory.get(worker) ?? this.directory.get(derived('worker', worker))
  }

  /** The accounts that this device has heard of: in assignments and rotas. */
  get accounts(): ReadonlySet<string> {
    return this.once('accounts', () => {
      const rotas = this.standing('rota').flatMap(({ values }) => [
        ...texts(values, 'window'),
        ...texts(values, 'leave'),
      ])
      const assigned = this.assignments.map((record) => textIn(record.values, 'worker') ?? '')
      return new Set([...assigned, ...rotas].filter(Boolean))
    })
  }

  /** Whether the rota puts a worker at the village's window on a day. */
  onDuty(worker: string, village: string, day: string): boolean {
    return this.rotas.get(`${village} ${day}`)?.window.has(worker) ?? false
  }

  onLeave(worker: string, village: string, day: string): boolean {
    return this.rotas.get(`${village} ${day}`)?.leave.has(worker) ?? false
  }

  private get rotas(): ReadonlyMap<string, Rota> {
    return this.once(
      'rotas',
      () =>
        new Map(
          this.standing('rota').map(({ village, values }) => [
            `${village} ${textIn(values, 'day') ?? ''}`,
            { window: new Set(texts(values, 'window')), leave: new Set(texts(values, 'leave')) },
          ]),
        ),
    )
  }

  private get grids(): ReadonlyMap<string, { village: string; name: string }> {
    return this.once(
      'grids',
      () =>
        new Map(
          this.standing('grid').map(({ village, values }) => {
            const key = textIn(values, 'key') ?? ''
            return [key, { village, name: gridName(values) ?? key }]
          }),
        ),
    )
  }

  /** By the record's id, which is the account's or derived from it. */
  private get directory(): ReadonlyMap<string, DirectoryEntry> {
    return this.once(
      'directory',
      () =>
        new Map(
          this.standing('worker').map(({ id, village, values }) => [
            id,
            { id, village, name: textIn(values, 'name') ?? id, role: textIn(values, 'role') ?? '' },
          ]),
        ),
    )
  }

  private standing(kind: string): FieldRecord[] {
    return this.copy.ofKind(kind).filter((record) => record.void == null)
  }

  /** Definitions of a kind; one that a newer server made in a way unknown here is left out. */
  private definitions<T>(kind: string, readable: (definition: object) => definition is T & object): T[] {
    return this.standing(kind)
      .filter((record) => record.village === REFERENCE_VILLAGE)
      .map((record): object => objectOf(record.values.definition) ?? {})
      .filter(readable)
  }

  private once<T>(name: string, made: () => T): T {
    const known = this.kept.get(name)
    if (known !== undefined) return known as T
    const value = made()
    this.kept.set(name, value)
    return value
  }
}

function gridName(values: Fields): string | undefined {
  const definition = objectOf(values.definition) ?? {}
  return textIn(objectOf(definition.properties) ?? definition, 'name')
}

/** The first table that keeps its own rules: a bad download never moves a date. */
function firstReadable(tables: readonly CalendarTable[]): WorkingCalendar {
  for (const table of tables) {
    try {
      return new WorkingCalendar(table)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }
  throw new RangeError('no working calendar can be read')
}

function hasTexts(definition: object, ...names: string[]): boolean {
  const values = new Map<string, unknown>(Object.entries(definition))
  return names.every((name) => typeof values.get(name) === 'string')
}

function isDepartment(definition: object): definition is Department {
  return hasTexts(definition, 'key', 'name')
}

function isItem(definition: object): definition is Item {
  return (
    hasTexts(definition, 'key', 'department', 'name', 'mode', 'finish', 'form', 'effective_from') &&
    'version' in definition &&
    typeof definition.version === 'number' &&
    'limit' in definition &&
    typeof definition.limit === 'object'
  )
}

function isForm(definition: object): definition is Form {
  return hasTexts(definition, 'key') && 'fields' in definition && Array.isArray(definition.fields)
}

function isCalendar(definition: object): definition is CalendarTable {
  return (
    hasTexts(definition, 'version') &&
    'first_year' in definition &&
    'last_year' in definition &&
    'holidays' in definition &&
    Array.isArray(definition.holidays) &&
    'workdays' in definition &&
    Array.isArray(definition.workdays)
  )
}
