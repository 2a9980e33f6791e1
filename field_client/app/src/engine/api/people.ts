/** Households and people: found, due, changed. */
import type { Fields, Value } from '../field_values'
import type { FieldRecord } from '../sync/record'
import type { Captured } from './view'

export interface DueHousehold {
  household: FieldRecord
  /** 按期走访 and the like; never the class. */
  reason: string
  firstDay: string
  lastDay: string
  /** Set by a special event. */
  deadlineMs: number | null
  overdue: boolean
  lastCounted: string | null
  /** Metres from where the walk starts, where both are known. */
  distanceM: number | null
}

export interface Found {
  record: FieldRecord
  household: FieldRecord | undefined
}

export interface VisitClass {
  key: string
  label: string
  label_en: string
  period: 'half_year' | 'month' | 'iso_week'
  seeing_the_place_is_enough?: boolean
}

export interface Households {
  /** By name, pinyin initials, house number, address or the end of a phone; every word must match. Fast: each key. */
  search(query: string, limit?: number): Found[]
  /** Fulfilled when people are found by pinyin initials too; before it, by characters and numbers only. */
  searchReady(): Promise<void>
  /** Residents of a household, its head first; merged and voided ones left out. */
  residents(household: string): FieldRecord[]
  /** Due and overdue households of my grids in walking order; `start` (lon, lat) in WGS-84. */
  due(options?: {
    withinDays?: number
    limit?: number
    start?: [number, number]
    grid?: string
  }): DueHousehold[]
  /** The same for one household, due or not; null where it is none (moved out). */
  dueOf(household: string): DueHousehold | null
  readonly classes: VisitClass[]
  /** The latest first; voided ones are among them, as they are told and count for nothing. */
  visitsOf(household: string): FieldRecord[]
  /** Likely the same person or household, told while typing: same name and birth date, phone or number; same door. */
  alike(kind: 'household' | 'resident', fields: Fields, except?: string): FieldRecord[]
  /** Identity numbers masked (330499********001X) in everything that lists show. */
  masked(identityNumber: Value | undefined): string
  add(fields: Fields): Promise<Captured>
  change(household: string, fields: Fields): Promise<Captured>
  addResident(household: string, fields: Fields): Promise<Captured>
  changeResident(resident: string, fields: Fields): Promise<Captured>
  /** The identity number in full; the look is captured (audited) first. */
  reveal(resident: string, reason: string): Promise<string>
  void(kind: 'household' | 'resident', record: string, reason: string): Promise<Captured>
  /** 居民问到、目录没有 */
  request(text: string, household?: string): Promise<Captured>
}
