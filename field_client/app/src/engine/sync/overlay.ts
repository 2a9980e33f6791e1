/**
 * What a device shows: its last known copy of the server's records with its own operations laid over it. The twin of
 * `sync/overlay.py`. Where nobody else writes, this equals what the server will hold.
 */
import type { Catalogue } from '../forms/catalogue'
import { movesAlong, takeEffect, targetOf } from './apply'
import { KINDS } from './kinds'
import type { Operation } from './operation'
import { parentOf, type FieldRecord } from './record'
import type { Author, World } from './world'

/** What an overlay asks of the copy below it. */
export interface Below {
  get(record: string): FieldRecord | undefined
  /** The records that move with the one named (`parentOf`). */
  children(record: string): Iterable<FieldRecord>
}

/** A world over a device's copy: reads fall through, what is put stays in `changed`. */
export class Overlay implements World {
  readonly changed = new Map<string, FieldRecord>()
  private readonly byParent = new Map<string, Set<string>>()

  constructor(
    private readonly below: Below,
    readonly catalogue: Catalogue,
    private readonly workers: (device: string) => string | undefined,
    private readonly villages: (grid: string) => string | undefined = () => undefined,
  ) {}

  /** Lay operations over the copy, in order. What cannot be laid over (no such record, an unknown kind) is left out. */
  lay(operations: Iterable<Operation>, author: Author, nowMs: number): void {
    for (const operation of operations) {
      const record = targetOf(this, operation)
      const known = KINDS.has(operation.kind) && (record === undefined || record.kind === operation.kind)
      if (known && (record !== undefined || operation.action === 'create'))
        takeEffect(this, operation, author, record, nowMs)
    }
  }

  /** The laid-over record, or a copy of its own of the one below; free to be changed. */
  get(record: string): FieldRecord | undefined {
    const found = this.look(record)
    return found === undefined ? undefined : structuredClone(found)
  }

  look(record: string): FieldRecord | undefined {
    return this.changed.get(record) ?? this.below.get(record)
  }

  put(record: FieldRecord): void {
    const before = this.changed.get(record.id)
    const parent = parentOf(record)
    const former = before && parentOf(before)
    if (former != null && former !== parent) this.byParent.get(former)?.delete(record.id)
    if (parent !== null) {
      const children = this.byParent.get(parent)
      if (children) children.add(record.id)
      else this.byParent.set(parent, new Set([record.id]))
    }
    this.changed.set(record.id, record)
  }

  followers(record: FieldRecord): FieldRecord[] {
    return this.children(record.id)
      .filter((child) => movesAlong(this, child))
      .map((child) => structuredClone(child))
  }

  /** The records, laid over or below, that belong to one; voided ones too. */
  children(record: string): FieldRecord[] {
    const found: FieldRecord[] = []
    for (const child of this.below.children(record)) if (!this.changed.has(child.id)) found.push(child)
    for (const identifier of this.byParent.get(record) ?? []) {
      const child = this.changed.get(identifier)
      if (child !== undefined) found.push(child)
    }
    return found
  }

  workerOf(device: string): string | undefined {
    return this.workers(device)
  }

  villageOfGrid(grid: string): string | undefined {
    return this.villages(grid)
  }
}
