/**
 * What a phone shows: records of the copy with its own operations laid over them. The twin of `field_client/view.py`.
 *
 * Invariants
 * - After every write of the store it shows what that write made: what was captured is laid over what is there; after
 *   anything else the overlay is made anew from the copy and the outbox.
 * - Where reading has ended (reading.ts) it shows what names no resident, and what this phone captured and has not handed
 *   over.
 * - Nothing that it returns is to be changed; lists are the caller's own.
 */
import type { Assignment, View as Shown } from '../api'
import { Locked } from '../errors'
import type { Catalogue } from '../forms/catalogue'
import type { WorkingCalendar } from '../forms/handling/calendar'
import { KINDS } from '../sync/kinds'
import type { Operation } from '../sync/operation'
import { objectOf, textIn } from '../field_values'
import type { FieldRecord } from '../sync/record'
import type { Author } from '../sync/world'
import { Reference } from './reference'
import { operationOf, type OutboxEntry } from './outbox'
import type { Changed, Store } from './store'
import { DeviceWorld } from './world'

/** Of which records these kinds are, where `parentOf` names none: they stay where they happened. */
const BELONGS_BY: Readonly<Record<string, string>> = { visit: 'household', reading: 'subject' }
const DEMONSTRATION = 'demonstration'

export type ViewStore = Pick<Store, 'copy' | 'outbox' | 'values' | 'onChange' | 'reading'>

export class View implements Shown {
  /** Grows with each change of what is shown. */
  version = 1
  private reference: Reference
  private made: DeviceWorld
  /** Counters of the operations that are laid over, in their order. */
  private laid: number[] = []
  private readonly lists = new Map<string, FieldRecord[]>()
  private readonly belonging = new Map<string, Map<string, FieldRecord[]>>()
  private waiting: Set<string> | null = null
  private isDemonstration: boolean | null = null

  /** Follows the store from now on. `nowMs` is corrected time. */
  constructor(
    private readonly store: ViewStore,
    private readonly nowMs: () => number,
  ) {
    this.reference = new Reference(store.copy)
    this.made = this.madeAnew()
    store.onChange((changed) => this.take(changed))
  }

  /** The world as it is shown, for judging and trying. Locked without an identity. */
  get world(): DeviceWorld {
    return this.made
  }

  /** The world as it was without one operation, because it is about to be mended. */
  worldWithout(operation: string): DeviceWorld {
    return this.over(this.toLay().filter((entry) => entry.id !== operation))
  }

  /** Who captures here, as judging and merging name it. Locked without an identity. */
  get author(): Author {
    const identity = this.store.values.get('identity')
    if (identity === undefined) throw new Locked()
    const { id, role, division } = identity.worker
    return { device: identity.device, worker: id, role, division }
  }

  get calendar(): WorkingCalendar {
    return this.reference.calendar
  }

  get catalogue(): Catalogue {
    return this.reference.catalogue
  }

  /** Who has which grid, and had. */
  get assignments(): readonly FieldRecord[] {
    return this.reference.assignments
  }

  get scope(): Assignment[] {
    return (this.store.values.get('scope')?.villages ?? []).map(({ village, grids }) => ({
      village,
      grids: [...grids],
    }))
  }

  get(record: string): FieldRecord | undefined {
    return this.made.look(record)
  }

  ofKind(kind: string, voided = false): FieldRecord[] {
    const all = this.listOf(kind)
    return voided ? [...all] : all.filter((record) => record.void == null)
  }

  /** Voided ones left out. Cases and tasks belong to their household, where they name one. */
  children(record: string, kind: string): FieldRecord[] {
    const field = BELONGS_BY[kind]
    const found = field === undefined ? this.made.children(record) : this.belongingTo(kind, field, record)
    return found.filter((child) => child.kind === kind && child.void == null)
  }

  workerName(worker: string): string {
    const identity = this.store.values.get('identity')
    if (identity?.worker.id === worker) return identity.worker.name
    return this.reference.worker(worker)?.name ?? worker.slice(0, 8)
  }

  colleagues(): { id: string; name: string; role: string }[] {
    const villages = new Set(this.scope.map((of) => of.village))
    const own = this.author.worker
    return [...this.reference.accounts]
      .filter((account) => account !== own)
      .flatMap((account) => {
        const entry = this.reference.worker(account)
        if (entry === undefined || !villages.has(entry.village)) return []
        return [{ id: account, name: entry.name, role: entry.role }]
      })
      .sort((one, other) => one.name.localeCompare(other.name, 'zh'))
  }

  villageName(village: string): string {
    return this.reference.villageName(village)
  }

  gridName(grid: string): string {
    return this.reference.gridName(grid)
  }

  duty(day: string, worker = this.author.worker): 'window' | 'grid' | 'leave' | 'day_off' {
    const directory = this.reference.worker(worker)?.village
    const villages = [...new Set([...(directory ? [directory] : []), ...this.scope.map((of) => of.village)])]
    if (villages.some((village) => this.reference.onLeave(worker, village, day))) return 'leave'
    if (villages.some((village) => this.reference.onDuty(worker, village, day))) return 'window'
    return this.calendar.assumeWorkingDay(day) ? 'grid' : 'day_off'
  }

  waits(record: string): boolean {
    this.waiting ??= new Set(this.store.outbox.waiting().map((entry) => entry.record))
    return this.waiting.has(record)
  }

  get demonstration(): boolean {
    this.isDemonstration ??= this.store.copy
      .ofKind('household')
      .some((home) => textIn(objectOf(home.values.location) ?? {}, 'source') === DEMONSTRATION)
    return this.isDemonstration
  }

  private take(changed: Changed): void {
    const ofScope = changed.values.has('scope') || changed.values.has('identity')
    if (!changed.outbox && !changed.records.size && !ofScope) return
    if (this.reference.concernedBy(changed.records)) this.reference = new Reference(this.store.copy)
    if (changed.records.size || ofScope || !this.layNew()) {
      this.made = this.madeAnew()
      this.isDemonstration = null
      this.lists.clear()
      this.belonging.clear()
    }
    this.waiting = null
    this.version += 1
  }

  /** Lay what was captured over what is there; false where anything else has changed. */
  private layNew(): boolean {
    const entries = this.toLay()
    const before = this.laid.length
    if (entries.length < before || this.laid.some((counter, at) => entries[at]?.counter !== counter))
      return false
    const added = entries.slice(before)
    if (!added.length) return true
    const known = new Set(this.made.changed.values())
    this.made.lay(
      added.flatMap((entry) => operationOf(entry) ?? []),
      this.author,
      this.nowMs(),
    )
    for (const record of this.made.changed.values())
      if (!known.has(record)) {
        this.lists.delete(record.kind)
        this.belonging.delete(record.kind)
      }
    this.laid = entries.map((entry) => entry.counter)
    return true
  }

  private madeAnew(): DeviceWorld {
    const entries = this.toLay()
    this.laid = entries.map((entry) => entry.counter)
    return this.over(entries)
  }

  /** What is laid over the copy; where reading has ended, only what waits here. */
  private toLay(): OutboxEntry[] {
    const { reading, outbox } = this.store
    return outbox.entries().filter((entry) => entry.laid && (reading || entry.acknowledgedMs === null))
  }

  private over(entries: readonly OutboxEntry[]): DeviceWorld {
    const operations = entries.map(operationOf).filter((one): one is Operation => one !== null)
    const scope = this.store.values.get('scope')
    const world = new DeviceWorld(this.store.copy, this.reference, scope, this.author)
    world.lay(operations, this.author, this.nowMs())
    return world
  }

  /** All records of a kind as they are shown, made once for each change. */
  private listOf(kind: string): FieldRecord[] {
    const known = this.lists.get(kind)
    if (known !== undefined) return known
    const { changed } = this.made
    const below = KINDS.has(kind) ? this.store.copy.ofKind(kind) : []
    const list = below.filter((record) => !changed.has(record.id))
    for (const record of changed.values()) if (record.kind === kind) list.push(record)
    this.lists.set(kind, list)
    return list
  }

  private belongingTo(kind: string, field: string, record: string): FieldRecord[] {
    let index = this.belonging.get(kind)
    if (index === undefined) {
      index = new Map<string, FieldRecord[]>()
      for (const one of this.listOf(kind)) {
        const named = textIn(one.values, field)
        if (named === undefined) continue
        const found = index.get(named)
        if (found) found.push(one)
        else index.set(named, [one])
      }
      this.belonging.set(kind, index)
    }
    return index.get(record) ?? []
  }
}
