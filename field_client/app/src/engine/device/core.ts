/**
 * What casework (households, visits, cases, settling, days, figures) is given of the device: reads, the time, and one
 * way to capture.
 */
import type { Captured, Drafts, Identity, View } from '../api'
import type { WorkingCalendar } from '../forms/handling/calendar'
import type { Problem } from '../problem'
import type { Fields } from '../field_values'
import type { FieldRecord } from '../sync/record'

/** What a worker wants to write down. `record` null or absent: a new one. `fields` as kinds have them; null clears. */
export interface Draft {
  kind: string
  village: string
  action: 'create' | 'change' | 'void'
  record?: string | null
  fields?: Fields
  reason?: string | null
  mends?: string | null
  captured?: string | null
  /** Found wrong before (answers, materials), so that all mistakes are told at once. */
  problems?: Problem[]
}

export interface Core {
  readonly view: View
  readonly identity: Identity
  readonly drafts: Drafts
  readonly calendar: WorkingCalendar
  /** Grows with each change of what is shown; a key for caches. */
  readonly version: number
  nowMs(): number
  /** Today in Asia/Shanghai, ISO. */
  today(): string
  /** The time as the phone's clock says it, ISO with a zone: what records carry; its offset stands beside it. */
  said(): string
  newId(): string
  /** The village of the worker's first grid. NotFound where none is assigned. */
  village(): string
  /** Judge and keep operations in their order, all of them or none, durably. Refused with every problem of all. */
  capture(drafts: Draft[]): Promise<Captured[]>
  create(
    kind: string,
    village: string,
    fields: Fields,
    record?: string,
    problems?: Problem[],
  ): Promise<Captured>
  change(kind: string, record: string, fields: Fields, problems?: Problem[]): Promise<Captured>
  void(kind: string, record: string, reason: string): Promise<Captured>
  /** A shown record of a kind. NotFound if there is none. */
  require(kind: string, record: string): FieldRecord
}
