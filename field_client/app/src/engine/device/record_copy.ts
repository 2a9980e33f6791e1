/**
 * The phone's copy of the server's records, whole in memory: as they came, found by id, kind and parent.
 *
 * Invariants
 * - One entry a record, whatever feed it came through; its `village` is its home, whose feed gave its `version` (a record
 *   that moved is sent in its departure's place too, with the version that it has where it now is).
 * - Within one home the version decides; across feeds the revision does. A copy is never replaced or removed by anything
 *   of a lower revision that came through another feed, nor removed by an equal one.
 * - Fields and kinds that this program does not know are kept as they came, and hashed.
 * - What is read from it is not to be changed.
 */
import { parentOf, type FieldRecord } from '../sync/record'
import { EMPTY, hashText, recordHash } from '../sync/state_hash'

/** What is held of a record. `part` is the one under which this device counts it. */
export interface Held {
  readonly record: FieldRecord
  readonly version: number
  readonly part: string
}

/** Reads that a copy and one that is being changed have in common. */
export interface CopyReader {
  held(record: string): Held | undefined
}

type Index = Map<string, Map<string, FieldRecord>>

/** The copy as it is on the disk. */
export class RecordCopy implements CopyReader {
  private readonly byId = new Map<string, Held>()
  private readonly byKind: Index = new Map()
  private readonly byParent: Index = new Map()
  /** By village and part; made when first asked for, then kept up record by record. */
  private readonly hashed = new Map<string, Map<string, bigint>>()

  /** A record as the server last told it; undefined if there is none. */
  get(record: string): FieldRecord | undefined {
    return this.byId.get(record)?.record
  }

  held(record: string): Held | undefined {
    return this.byId.get(record)
  }

  get size(): number {
    return this.byId.size
  }

  /** All records of a kind, voided ones too. */
  ofKind(kind: string): FieldRecord[] {
    return [...(this.byKind.get(kind)?.values() ?? [])]
  }

  /** The records whose place follows this one's (sync/record.ts, parentOf). */
  children(record: string): FieldRecord[] {
    return [...(this.byParent.get(record)?.values() ?? [])]
  }

  /** Everything that is held. */
  all(): IterableIterator<[string, Held]> {
    return this.byId.entries()
  }

  /** How many records of each kind there are. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.byKind].map(([kind, records]) => [kind, records.size]))
  }

  /** The hash of each part of a village, as the copy has it: 32 hexadecimal digits. */
  hashes(home: string): Record<string, string> {
    let parts = this.hashed.get(home)
    if (parts === undefined) {
      parts = new Map()
      this.hashed.set(home, parts)
      for (const held of this.byId.values()) if (held.record.village === home) this.toggle(held)
    }
    const told = [...parts].filter(([, hash]) => hash !== EMPTY)
    return Object.fromEntries(told.map(([part, hash]) => [part, hashText(hash)]))
  }

  /** What is on the disk now: entries put, and undefined for those removed. Called by the store. */
  take(changed: Iterable<readonly [string, Held | undefined]>): void {
    for (const [id, held] of changed) {
      const before = this.byId.get(id)
      if (before !== undefined) {
        this.unlist(before.record)
        this.toggle(before)
      }
      if (held === undefined) this.byId.delete(id)
      else {
        this.byId.set(id, held)
        this.list(held.record)
        this.toggle(held)
      }
    }
  }

  private list(record: FieldRecord): void {
    within(this.byKind, record.kind).set(record.id, record)
    const parent = parentOf(record)
    if (parent) within(this.byParent, parent).set(record.id, record)
  }

  private unlist(record: FieldRecord): void {
    drop(this.byKind, record.kind, record.id)
    const parent = parentOf(record)
    if (parent) drop(this.byParent, parent, record.id)
  }

  /** Put an entry into the hash of its part, or take it out again. */
  private toggle(held: Held): void {
    const parts = this.hashed.get(held.record.village)
    if (parts === undefined) return
    parts.set(held.part, (parts.get(held.part) ?? EMPTY) ^ recordHash(held.record.id, held.version))
  }
}

function within(index: Index, key: string): Map<string, FieldRecord> {
  const found = index.get(key)
  if (found !== undefined) return found
  const made = new Map<string, FieldRecord>()
  index.set(key, made)
  return made
}

function drop(index: Index, key: string, record: string): void {
  const found = index.get(key)
  found?.delete(record)
  if (found?.size === 0) index.delete(key)
}
