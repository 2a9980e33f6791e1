/** A core in memory: captures change its records at once, so that casework is tried without a store or a server. */
import type { Assignment, Captured, Drafts, Identity, View } from '@/engine/api'
import type { Core, Draft } from '@/engine/device/core'
import { NotFound, Refused, StorageFull } from '@/engine/errors'
import calendarTable from '@/engine/data/calendar.json'
import { Catalogue, type Item } from '@/engine/forms/catalogue'
import type { Form } from '@/engine/forms/definition'
import { WorkingCalendar } from '@/engine/forms/handling/calendar'
import { countDay } from '@/engine/days'
import type { Fields } from '@/engine/field_values'
import type { FieldRecord } from '@/engine/sync/record'

export const VILLAGE = '330481106222'
export const GRID_1 = `${VILLAGE}001`
export const GRID_2 = `${VILLAGE}002`
export const WANG = 'a0000000-0000-7000-8000-00000000000a'
export const LI = 'a0000000-0000-7000-8000-00000000000b'
/** 2026-11-23 16:00 in Haining, a Monday. */
export const NOW_MS = 1_795_420_800_000
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000
const SHANGHAI_MS = 8 * HOUR_MS

/** An instant as a phone in Haining says it. */
export function said(ms: number): string {
  return `${new Date(ms + SHANGHAI_MS).toISOString().slice(0, 23)}+08:00`
}

/** An id that sorts in the order of the numbers. */
export function id(number: number): string {
  return `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`
}

class KeptDrafts implements Drafts {
  readonly kept = new Map<string, string>()

  get<T>(name: string): T | undefined {
    const found = this.kept.get(name)
    return found === undefined ? undefined : (JSON.parse(found) as T)
  }

  async keep(name: string, body: unknown): Promise<void> {
    const text = JSON.stringify(body)
    this.kept.set(name, text)
    await Promise.resolve()
  }

  async forget(name: string): Promise<void> {
    this.kept.delete(name)
    await Promise.resolve()
  }
}

export class SmallCore implements Core {
  readonly records = new Map<string, FieldRecord>()
  readonly captured: Draft[][] = []
  readonly drafts = new KeptDrafts()
  readonly calendar = new WorkingCalendar(calendarTable)
  readonly identity: Identity = {
    server: 'https://village.example',
    device: 'd0000000-0000-7000-8000-000000000001',
    device_name: '手机',
    worker: { id: WANG, name: '王芳', role: 'worker', division: VILLAGE },
  }
  readonly view: View = new SmallView(this)
  version = 1
  ms = NOW_MS
  offsetMs = 0
  items: Item[] = []
  forms: Form[] = []
  scope = [{ village: VILLAGE, grids: [GRID_1] }]
  waiting = new Set<string>()
  /** The next capture fails as a full disk does. */
  full = false
  private made = 1_000_000

  nowMs(): number {
    return this.ms
  }

  today(): string {
    return countDay(this.ms)
  }

  said(): string {
    return said(this.ms + this.offsetMs)
  }

  newId(): string {
    this.made += 1
    return id(this.made)
  }

  village(): string {
    const first = this.scope[0]
    if (!first) throw new NotFound('没有网格', 'no grid')
    return first.village
  }

  /** Put a record as if it had come from the server. */
  put(kind: string, record: string, values: Fields, more: Partial<FieldRecord> = {}): FieldRecord {
    const made: FieldRecord = {
      id: record,
      kind,
      village: VILLAGE,
      grid: typeof values.grid === 'string' ? values.grid : null,
      by: WANG,
      created: [`${new Date(NOW_MS - 300 * DAY_MS).toISOString()}/0000`, 'server'],
      origin: ['server', 1],
      values,
      ...more,
    }
    this.records.set(record, made)
    this.version += 1
    return made
  }

  async capture(drafts: Draft[]): Promise<Captured[]> {
    await Promise.resolve()
    const problems = drafts.flatMap((one) => one.problems ?? [])
    if (problems.length > 0) throw new Refused(problems)
    if (this.full) throw new StorageFull()
    this.captured.push(drafts)
    return drafts.map((one, index) => {
      const record = one.record ?? this.newId()
      const before = this.records.get(record)
      const values = { ...before?.values, ...one.fields }
      const grid = before?.grid ?? this.records.get(String(values.household))?.grid ?? null
      this.put(one.kind, record, values, {
        ...before,
        values,
        grid: typeof values.grid === 'string' ? values.grid : grid,
        village: one.village,
        offset_ms: before?.offset_ms ?? this.offsetMs,
        ...(one.action === 'void' ? { void: { reason: one.reason ?? '', by: WANG, clock: '' } } : {}),
      })
      return { record, operation: record, counter: index + 1, remarks: [] }
    })
  }

  async create(
    kind: string,
    village: string,
    fields: Fields,
    record?: string,
    problems?: Draft['problems'],
  ): Promise<Captured> {
    return this.one({ kind, village, action: 'create', fields, record: record ?? null, problems })
  }

  async change(kind: string, record: string, fields: Fields): Promise<Captured> {
    const { village } = this.require(kind, record)
    return this.one({ kind, village, action: 'change', record, fields })
  }

  async void(kind: string, record: string, reason: string): Promise<Captured> {
    const { village } = this.require(kind, record)
    return this.one({ kind, village, action: 'void', record, reason })
  }

  require(kind: string, record: string): FieldRecord {
    const found = this.records.get(record)
    if (found?.kind !== kind) throw new NotFound(`没有这条记录：${record}`, `no such ${kind}: ${record}`)
    return found
  }

  private async one(draft: Draft): Promise<Captured> {
    const [captured] = await this.capture([draft])
    if (!captured) throw new Error('nothing was captured')
    return captured
  }
}

class SmallView implements View {
  readonly demonstration = true

  constructor(private readonly core: SmallCore) {}

  get catalogue(): Catalogue {
    return new Catalogue([], this.core.items, this.core.forms)
  }

  get scope(): Assignment[] {
    return this.core.scope
  }

  get(record: string): FieldRecord | undefined {
    return this.core.records.get(record)
  }

  ofKind(kind: string, voided = false): FieldRecord[] {
    return [...this.core.records.values()].filter((one) => one.kind === kind && (voided || one.void == null))
  }

  children(record: string, kind: string): FieldRecord[] {
    return this.ofKind(kind).filter((one) => one.values.household === record)
  }

  workerName(worker: string): string {
    return { [LI]: '李明', [WANG]: '王芳' }[worker] ?? worker.slice(0, 8)
  }

  colleagues(): { id: string; name: string; role: string }[] {
    return [{ id: LI, name: '李明', role: 'worker' }]
  }

  villageName(village: string): string {
    return village
  }

  gridName(grid: string): string {
    return `${grid.slice(-1)}网格`
  }

  duty(): 'grid' {
    return 'grid'
  }

  waits(record: string): boolean {
    return this.core.waiting.has(record)
  }
}

/** A village street: households along it with two residents each, all of one class. */
export function street(core: SmallCore, households: number, visitClass = 'month'): void {
  for (let number = 1; number <= households; number++) {
    core.put('household', id(number), {
      name: `沈建${number}`,
      address: `金敭村${number}号`,
      house_number: `${number}号`,
      grid: number % 5 === 0 ? GRID_2 : GRID_1,
      visit_class: visitClass === 'month' ? 'floating' : visitClass,
      phone: `1380573${String(number).padStart(4, '0')}`,
      location: {
        longitude: (120.6 + number * 0.0005).toFixed(7),
        latitude: '30.3000000',
        system: 'WGS-84',
        source: 'gps',
      },
    })
    for (const [index, relation] of ['配偶', '户主'].entries()) {
      const name = relation === '户主' ? `沈建${number}` : `单小${number}`
      core.put(
        'resident',
        id(10_000 + number * 10 + index),
        { household: id(number), name, relation, birth_date: '1960-02-02' },
        { grid: core.records.get(id(number))?.grid ?? null },
      )
    }
  }
}
