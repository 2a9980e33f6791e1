/** What casework is given of an open phone (core.ts): reads, the time, and one way to capture. */
import type { Captured, Drafts, Identity } from '../api'
import { NotFound, Locked } from '../errors'
import type { WorkingCalendar } from '../forms/handling/calendar'
import { countDay } from '../days'
import type { Problem } from '../problem'
import { moment } from '../sync/clock'
import { uuid7 } from '../sync/ids'
import { KINDS } from '../sync/kinds'
import type { Fields } from '../field_values'
import type { FieldRecord } from '../sync/record'
import type { Capture } from './capture'
import type { Core, Draft } from './core'
import type { Store } from './store'
import { readTimes, type Times } from './times'
import type { View } from './view'

/** The corrected time of a store, Unix milliseconds. */
export function correctedNow(store: Store, times: Times): number {
  return readTimes(times, store.values.get('anchor')).correctedMs
}

export class DeviceCore implements Core {
  constructor(
    private readonly store: Store,
    readonly view: View,
    readonly drafts: Drafts,
    private readonly kept: Capture,
    private readonly times: Times,
  ) {}

  get identity(): Identity {
    const identity = this.store.values.get('identity')
    if (identity === undefined) throw new Locked()
    return identity
  }

  get calendar(): WorkingCalendar {
    return this.view.calendar
  }

  get version(): number {
    return this.view.version
  }

  nowMs(): number {
    return correctedNow(this.store, this.times)
  }

  today(): string {
    return countDay(this.nowMs())
  }

  said(): string {
    return moment(this.times.wallMs())
  }

  newId(): string {
    return uuid7(this.nowMs(), this.times.random(10))
  }

  village(): string {
    const first = this.view.scope[0]
    if (first === undefined)
      throw new NotFound(
        '名下没有村社',
        'no village is assigned to this worker',
        '请联系村社负责人',
        'ask the village lead',
      )
    return first.village
  }

  capture(drafts: Draft[]): Promise<Captured[]> {
    return this.kept.capture(drafts)
  }

  create(
    kind: string,
    village: string,
    fields: Fields,
    record?: string,
    problems?: Problem[],
  ): Promise<Captured> {
    return this.one({ kind, village, action: 'create', record, fields, problems })
  }

  change(kind: string, record: string, fields: Fields, problems?: Problem[]): Promise<Captured> {
    const { village } = this.require(kind, record)
    return this.one({ kind, village, action: 'change', record, fields, problems })
  }

  void(kind: string, record: string, reason: string): Promise<Captured> {
    const { village } = this.require(kind, record)
    return this.one({ kind, village, action: 'void', record, reason })
  }

  require(kind: string, record: string): FieldRecord {
    const found = this.view.get(record)
    if (found?.kind === kind) return found
    const label = KINDS.get(kind)?.label ?? kind
    throw new NotFound(`本机没有这条${label}记录`, `no such ${kind} on this phone: ${record}`)
  }

  private async one(draft: Draft): Promise<Captured> {
    const [captured] = await this.capture([draft])
    if (captured === undefined) throw new RangeError('nothing was captured')
    return captured
  }
}
