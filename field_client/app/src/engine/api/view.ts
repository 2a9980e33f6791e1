/** What is shown: records, the catalogue, names, duty. */
import type { Catalogue } from '../forms/catalogue'
import type { Problem } from '../problem'
import type { FieldRecord } from '../sync/record'

export interface Assignment {
  village: string
  grids: string[]
}

export interface View {
  get(record: string): FieldRecord | undefined
  /** Records of a kind, voided ones left out unless asked for. */
  ofKind(kind: string, voided?: boolean): FieldRecord[]
  /** The records of a kind that belong to one (a household's residents, its cases, requests). */
  children(record: string, kind: string): FieldRecord[]
  readonly catalogue: Catalogue
  readonly scope: Assignment[]
  /** A worker's name; the id's beginning where it is not known here. */
  workerName(worker: string): string
  /** Colleagues of the village who are known here, without oneself. */
  colleagues(): { id: string; name: string; role: string }[]
  villageName(village: string): string
  gridName(grid: string): string
  /** What a worker does on a day. */
  duty(day: string, worker?: string): 'window' | 'grid' | 'leave' | 'day_off'
  /** Whether a shown record carries changes of this phone that are not handed over. */
  waits(record: string): boolean
  /** Whether what is here is demonstration data. */
  readonly demonstration: boolean
}

/** An operation that is on the disk. `remarks` are worth telling and stopped nothing. */
export interface Captured {
  record: string
  operation: string
  counter: number
  remarks: Problem[]
}
