/**
 * The outbox: every operation that this phone captured, byte for byte, and what became of it.
 *
 * Invariants
 * - Counters run 1, 2, 3 …; each operation names the digest of the one before it; the bytes never change, but for
 *   enrolling anew (`rewrite`), which changes `counter` and `previous` and nothing else.
 * - An acknowledgement counts only if its digest is this phone's own at that counter.
 * - An operation stays laid over the copy until the copy holds what became of it; a rejected or held one until it is
 *   settled or mended.
 * - An acknowledged operation is kept for 30 days of server time; what is rejected or held is kept until then too.
 *
 * While it is unlocked all of it is in memory: first what is open (waits, is laid over, or is not settled), then, in the
 * background, the settled history (`Store.complete`). What changes it is in outbox_edit.ts.
 */
import { StoreDamaged } from '../errors'
import { firstPrevious } from '../sync/chain'
import { ownOperation, Unreadable, utf8Bytes, type Operation } from '../sync/operation'
import type { Outcome } from './outcome'
import type { ValuesReader } from './values'

/** Where the chain stands: the last counter and digest, and those of the last operation forgotten. */
export interface Chain {
  counter: number
  digest: string
  forgotten: number
  forgottenDigest: string
}

/** One operation in the outbox; never changed, but replaced by another. */
export interface OutboxEntry {
  readonly counter: number
  readonly id: string
  /** Its exact text; its bytes are the UTF-8 of it. */
  readonly exact: string
  readonly digest: string
  readonly kind: string
  readonly record: string
  readonly village: string
  readonly capturedMs: number
  /** Server time; null while it waits. */
  readonly acknowledgedMs: number | null
  readonly outcome: string | null
  readonly revision: number | null
  readonly detail: Outcome | null
  readonly laid: boolean
  readonly mendedBy: string | null
  /**
   * Its record was erased everywhere. Once the server has the operation, `exact` is empty: only its place, id and digest
   * stay, and it is never offered again.
   */
  readonly erased?: true
}

/** waiting, erased, or as the outcome says: applied, merged, conflict, held, rejected. */
export type EntryState = string

/** Outcomes of what is in effect on the server. */
export const IN_EFFECT: ReadonlySet<string | null> = new Set(['applied', 'merged', 'conflict'])

/** Reads that the outbox and one that is being changed have in common. */
export abstract class OutboxReader {
  abstract chain(): Chain
  /** In the order of counters. */
  abstract entries(): OutboxEntry[]
  abstract at(counter: number): OutboxEntry | undefined

  /** An operation by its id. */
  find(id: string): OutboxEntry | undefined {
    return this.entries().find((entry) => entry.id === id)
  }

  /** The first operations not acknowledged, as many as fit into a batch; at least one if there is any. */
  waiting(limit = Infinity, bytesMax = Infinity): OutboxEntry[] {
    const found: OutboxEntry[] = []
    let size = 0
    for (const entry of this.entries()) {
      if (entry.acknowledgedMs !== null) continue
      size += utf8Bytes(entry.exact) + 1
      if (found.length >= limit || (found.length > 0 && size > bytesMax)) break
      found.push(entry)
    }
    return found
  }

  /** How many operations are not handed over. */
  waitingCount(): number {
    return this.entries().filter((entry) => entry.acknowledgedMs === null).length
  }

  /** How many operations are in each state; a mended one is no longer counted. */
  counts(): Record<EntryState, number> {
    const counts: Record<EntryState, number> = {}
    for (const entry of this.entries()) {
      const state = stateOf(entry)
      // offered again, a mended one waits like any other
      if (state === 'waiting' || entry.mendedBy === null) counts[state] = (counts[state] ?? 0) + 1
    }
    return counts
  }

  /** When the oldest waiting operation was captured. */
  oldestWaitingMs(): number | null {
    const waiting = this.entries().filter((entry) => entry.acknowledgedMs === null)
    return waiting.length ? Math.min(...waiting.map((entry) => entry.capturedMs)) : null
  }

  /** The operations to lay over the copy, in order; what cannot be read as one is left out. */
  laid(): Operation[] {
    return this.entries().flatMap((entry) => (entry.laid ? (operationOf(entry) ?? []) : []))
  }

  /** This phone's digest at a counter; null where it is not known (any more). */
  digestAt(counter: number): string | null {
    const chain = this.chain()
    if (counter === chain.forgotten) return chain.forgottenDigest
    if (counter === chain.counter) return chain.digest
    // the next one names it, also where its own row cannot be read
    const next = this.at(counter + 1)
    return this.at(counter)?.digest ?? (next && operationOf(next)?.previous) ?? null
  }

  /** The last counter that the server is known to have. */
  lastAcknowledged(): number {
    const acknowledged = this.entries().filter((entry) => entry.acknowledgedMs !== null)
    return acknowledged.at(-1)?.counter ?? this.chain().forgotten
  }
}

/** The outbox as it is on the disk. */
export class Outbox extends OutboxReader {
  /** Whether the settled history is in memory too. */
  whole = false
  /** Counters of the settled history whose rows cannot be read: the server has them, so that all else goes on. */
  readonly unreadable = new Set<number>()
  private readonly byCounter = new Map<number, OutboxEntry>()
  private sorted: OutboxEntry[] | null = null

  constructor(private readonly values: ValuesReader) {
    super()
  }

  chain(): Chain {
    return chainOf(this.values)
  }

  entries(): OutboxEntry[] {
    this.sorted ??= [...this.byCounter.values()].sort((one, other) => one.counter - other.counter)
    return this.sorted
  }

  at(counter: number): OutboxEntry | undefined {
    return this.byCounter.get(counter)
  }

  /** What is on the disk now; called by the store. */
  take(changed: ReadonlyMap<number, OutboxEntry | null>): void {
    for (const [counter, entry] of changed) {
      this.unreadable.delete(counter)
      if (entry === null) this.byCounter.delete(counter)
      else this.byCounter.set(counter, entry)
    }
    this.sorted = null
  }
}

/** Where the chain stands; before the first operation, at the digest of the device's id. */
export function chainOf(values: ValuesReader): Chain {
  return values.get('chain') ?? emptyChain(values.get('identity')?.device ?? '')
}

/** The chain of an identity that captured nothing yet. */
export function emptyChain(device: string): Chain {
  const start = firstPrevious(device)
  return { counter: 0, digest: start, forgotten: 0, forgottenDigest: start }
}

/** The chain as the kept operations tell it, where it was altered on the disk. StoreDamaged where its end is not there. */
export function chainAgain(outbox: OutboxReader, lastCounter: number): Chain {
  const entries = outbox.entries()
  const [first, last] = [entries[0], entries.at(-1)]
  const before = first && operationOf(first)?.previous
  if (!first || !last || last.counter !== lastCounter || before === undefined)
    throw new StoreDamaged(new RangeError('the end of the chain cannot be read'))
  const { counter, digest } = last
  return { counter, digest, forgotten: first.counter - 1, forgottenDigest: before }
}

export function stateOf(entry: OutboxEntry): EntryState {
  if (isErased(entry)) return 'erased'
  return entry.acknowledgedMs === null ? 'waiting' : (entry.outcome ?? 'held')
}

/** Whether its bytes are gone because its record was erased. */
export function isErased(entry: OutboxEntry): boolean {
  return entry.erased === true && entry.acknowledgedMs !== null
}

/** Whether nothing is left to do about it: the server has it, and it is in effect, mended or erased. */
export function isSettled(entry: OutboxEntry): boolean {
  if (isErased(entry)) return true
  return entry.acknowledgedMs !== null && (IN_EFFECT.has(entry.outcome) || entry.mendedBy !== null)
}

/** Whether it is read before the phone opens: it waits, is laid over, or is not settled. */
export function isOpen(entry: OutboxEntry): boolean {
  return entry.laid || !isSettled(entry)
}

/** In effect on the server. */
export function tookEffect(entry: OutboxEntry): boolean {
  return entry.acknowledgedMs !== null && IN_EFFECT.has(entry.outcome)
}

const read = new WeakMap<OutboxEntry, Operation | null>()

/** The reading of an entry's bytes, not to be changed; null where they are no operation: its bytes travel all the same. */
export function operationOf(entry: OutboxEntry): Operation | null {
  const known = read.get(entry)
  if (known !== undefined) return known
  const operation = readOrNull(entry.exact)
  read.set(entry, operation)
  return operation
}

function readOrNull(exact: string): Operation | null {
  try {
    return ownOperation(exact)
  } catch (error) {
    if (error instanceof Unreadable || error instanceof SyntaxError) return null
    throw error
  }
}
