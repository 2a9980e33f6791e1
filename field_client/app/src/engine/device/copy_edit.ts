/** Changing the copy inside a write: what a page, a segment or a scope does to it, and which of two versions stands. */
import { REFERENCE_VILLAGE } from '../sync/kinds'
import { partOf, type FieldRecord } from '../sync/record'
import { COMMON, OWN, partInScope, type Scope } from '../sync/scope'
import type { CopyReader, Held, RecordCopy } from './record_copy'

/** A record as a feed or a segment sends it. */
export type SentRecord = FieldRecord & { version: number }

/** A record that left a feed for this device. */
export interface Departure {
  id: string
  version: number
  revision?: number
  gone: true
  /** It is nowhere any more. */
  erased?: boolean
}

export type FeedEntry = SentRecord | Departure

/** The copy in a write that is being made; reads see what was changed in it. */
export class CopyEdit implements CopyReader {
  readonly changed = new Map<string, Held | undefined>()
  /** Ids of records that a new scope does not allow any more. */
  readonly left = new Set<string>()

  constructor(private readonly base: RecordCopy) {}

  held(record: string): Held | undefined {
    return this.changed.has(record) ? this.changed.get(record) : this.base.held(record)
  }

  /** What is held of a village. */
  of(home: string): Map<string, Held> {
    const found = new Map<string, Held>()
    for (const [id, held] of this.all()) if (held.record.village === home) found.set(id, held)
    return found
  }

  /** Take the entries of a page of a feed in; the highest clock that any of them carries, '' where none does. */
  applyEntries(feed: string, entries: readonly FeedEntry[], scope: Scope): string {
    const grids = scopeGrids(scope)
    let highest = ''
    for (const entry of entries) {
      if ('gone' in entry) this.depart(feed, entry)
      else {
        this.putNewer(heldOf(entry, grids, scope.worker))
        highest = later(highest, clockOf(entry))
      }
    }
    return highest
  }

  /** Store a segment's records where nothing newer is held; the ids it names, and its highest clock. */
  storeRecords(records: readonly SentRecord[], scope: Scope): { named: Set<string>; highest: string } {
    const grids = scopeGrids(scope)
    const named = new Set<string>()
    let highest = ''
    for (const record of records) {
      named.add(record.id)
      this.putNewer(heldOf(record, grids, scope.worker))
      highest = later(highest, clockOf(record))
    }
    return { named, highest }
  }

  /** Drop what left the part before the segment's version, and was not told as gone; the ids. */
  dropDeparted(home: string, part: string, version: number, named: ReadonlySet<string>): string[] {
    return this.dropWhere(
      (held, id) =>
        held.record.village === home && held.part === part && held.version <= version && !named.has(id),
    )
  }

  dropPart(home: string, part: string): string[] {
    return this.dropWhere((held) => held.record.village === home && held.part === part)
  }

  dropHome(home: string): string[] {
    return this.dropWhere((held) => held.record.village === home)
  }

  dropAll(): string[] {
    return this.dropWhere(() => true)
  }

  /**
   * Drop what a new scope does not allow any more (`left`), and count the rest under its parts. What the worker holds in
   * hand stays, as the worker's own.
   */
  followScope(scope: Scope): void {
    const grids = scopeGrids(scope)
    for (const [id, held] of [...this.all()]) {
      const home = held.record.village
      const followed = grids.get(home)
      const part =
        home === REFERENCE_VILLAGE ? held.part : followed && partAfter(held, followed, scope.worker)
      if (part === undefined) {
        this.changed.set(id, undefined)
        this.left.add(id)
      } else if (part !== held.part) this.changed.set(id, { ...held, part })
    }
  }

  private *all(): Generator<[string, Held]> {
    for (const [id, held] of this.base.all()) if (!this.changed.has(id)) yield [id, held]
    for (const [id, held] of this.changed) if (held !== undefined) yield [id, held]
  }

  private dropWhere(leaves: (held: Held, id: string) => boolean): string[] {
    const ids = [...this.all()].filter(([id, held]) => leaves(held, id)).map(([id]) => id)
    for (const id of ids) this.changed.set(id, undefined)
    return ids
  }

  private depart(feed: string, gone: Departure): void {
    const known = this.held(gone.id)
    if (known !== undefined && (gone.erased === true || goneCounts(known, feed, gone)))
      this.changed.set(gone.id, undefined)
  }

  private putNewer(arrived: Held): void {
    const known = this.held(arrived.record.id)
    if (known === undefined || replaces(known, arrived)) this.changed.set(arrived.record.id, arrived)
  }
}

/** The part under which what is held of a village counts in another scope; undefined where it leaves. */
function partAfter(held: Held, grids: ReadonlySet<string>, worker: string): string | undefined {
  if (held.part === COMMON || grids.has(held.part)) return held.part
  if (held.part === OWN) {
    const part = partOf(held.record)
    return grids.has(part) ? part : OWN
  }
  return held.record.holder === worker ? OWN : undefined
}

function heldOf(sent: SentRecord, grids: ReadonlyMap<string, ReadonlySet<string>>, worker: string): Held {
  const { version, ...record } = sent
  const within = grids.get(record.village) ?? NONE
  return {
    record,
    version,
    part: partInScope(partOf(record), record.holder ?? null, true, within, worker) ?? OWN,
  }
}

const NONE: ReadonlySet<string> = new Set<string>()

/** Whether what arrived replaces what is held. */
function replaces(known: Held, arrived: Held): boolean {
  return known.record.village === arrived.record.village
    ? arrived.version > known.version
    : revisionOf(arrived.record) > revisionOf(known.record)
}

/** Whether a departure removes what is held. */
function goneCounts(known: Held, feed: string, gone: Departure): boolean {
  return known.record.village === feed
    ? gone.version > known.version
    : (gone.revision ?? 1) > revisionOf(known.record)
}

/** A record's revision; one without it is at 1. */
export function revisionOf(record: FieldRecord): number {
  return record.revision ?? 1
}

/** The highest clock that a record carries. */
export function clockOf(record: FieldRecord): string {
  let highest = record.created[0]
  for (const stamp of Object.values(record.clocks ?? {})) highest = later(highest, stamp[0])
  return highest
}

/** Clocks sort as text. */
function later(one: string, other: string): string {
  return one > other ? one : other
}

/** The grids in scope, by village. */
function scopeGrids(scope: Scope): Map<string, ReadonlySet<string>> {
  return new Map(scope.villages.map((of) => [of.village, new Set(of.grids)]))
}
