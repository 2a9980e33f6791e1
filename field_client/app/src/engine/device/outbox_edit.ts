/** Changing the outbox inside a write: capturing, acknowledging, outcomes, lifting, forgetting, enrolling anew. */
import { digestOf } from '../sync/chain'
import type { Operation } from '../sync/operation'
import { revisionOf } from './copy_edit'
import {
  chainOf,
  emptyChain,
  IN_EFFECT,
  isErased,
  isSettled,
  OutboxReader,
  tookEffect,
  type Chain,
  type Outbox,
  type OutboxEntry,
} from './outbox'
import type { Outcome } from './outcome'
import type { CopyReader } from './record_copy'
import type { ValuesEdit } from './values'

/** The code by which the server says that an operation was erased; and what is kept as its outcome here. */
const ERASED = 'erased'
export const KEPT_MS = 30 * 24 * 3600 * 1000
/** Nobody has to settle these: something else took their place. */
const SETTLED_ELSEWHERE: ReadonlySet<string> = new Set(['already-mended', 'already-settled', 'id-taken'])

/** The outbox in a write that is being made; reads see what was changed in it. */
export class OutboxEdit extends OutboxReader {
  readonly changed = new Map<number, OutboxEntry | null>()
  private sorted: OutboxEntry[] | null = null

  constructor(
    private readonly base: Outbox,
    private readonly values: ValuesEdit,
    private readonly copy: CopyReader,
  ) {
    super()
  }

  chain(): Chain {
    return chainOf(this.values)
  }

  at(counter: number): OutboxEntry | undefined {
    const changed = this.changed.get(counter)
    return changed === undefined ? this.base.at(counter) : (changed ?? undefined)
  }

  entries(): OutboxEntry[] {
    if (this.sorted !== null) return this.sorted
    const kept = this.base.entries().filter((entry) => !this.changed.has(entry.counter))
    const changed = [...this.changed.values()].filter((entry) => entry !== null)
    return (this.sorted = [...kept, ...changed].sort((one, other) => one.counter - other.counter))
  }

  /** Keep a captured operation. `exact` is the text of `operation`, which stands next in the chain. */
  append(exact: string, operation: Operation, capturedMs: number): OutboxEntry {
    const chain = this.chain()
    if (operation.counter !== chain.counter + 1 || operation.previous !== chain.digest)
      throw new RangeError('an operation that is not the next of the chain')
    const entry = waitingEntry(exact, operation, capturedMs)
    this.put(entry)
    const mended = operation.mends ? this.find(operation.mends) : undefined
    if (mended !== undefined) this.put({ ...mended, laid: false, mendedBy: operation.id })
    this.values.set('chain', { ...chain, counter: operation.counter, digest: entry.digest })
    return entry
  }

  /** The server has everything up to a counter; how many it had not before. An outcome not told yet counts as held. */
  acknowledge(counter: number, serverMs: number): number {
    return this.change(
      (entry) => entry.counter <= counter && entry.acknowledgedMs === null,
      (entry) => emptied({ ...entry, acknowledgedMs: serverMs, outcome: entry.outcome ?? 'held' }),
    )
  }

  /**
   * A record is nowhere any more: the bytes of what was handed over about it leave this phone; what waits is handed over
   * first. The digests of files that they named.
   */
  erase(record: string): string[] {
    this.needWhole()
    const named: string[] = []
    this.change(
      (entry) => entry.record === record && entry.erased === undefined,
      (entry) => {
        if (entry.acknowledgedMs !== null) named.push(...filesNamed(entry.exact))
        return emptied({ ...entry, erased: true })
      },
    )
    return named.filter((digest) => !this.entries().some((entry) => entry.exact.includes(digest)))
  }

  /** What the server lost is offered again (a restore): everything after a counter waits once more. */
  goBackTo(acknowledged: number): void {
    this.needWhole()
    this.change(
      // the bytes of what was erased are gone: there is nothing to offer
      (entry) => entry.counter > acknowledged && entry.acknowledgedMs !== null && !isErased(entry),
      (entry) => ({ ...entry, acknowledgedMs: null }),
    )
  }

  /** Keep what became of operations, and the cursor after the changed ones. */
  takeOutcomes(outcomes: readonly Outcome[], cursor: number): void {
    for (const outcome of outcomes) {
      const entry = this.at(outcome.counter)
      if (entry === undefined || isErased(entry)) continue
      if (tellsErased(outcome) && entry.acknowledgedMs !== null) {
        this.put(emptied({ ...entry, erased: true }))
        continue
      }
      const over = (outcome.problems ?? []).some((found) => SETTLED_ELSEWHERE.has(found.code))
      this.put({
        ...entry,
        outcome: outcome.outcome,
        revision: outcome.revision ?? null,
        detail: outcome,
        laid: entry.laid && !over,
      })
    }
    this.values.set('outcomes_after', cursor)
  }

  /** No longer lay over what the copy holds at the outcome's revision or a higher one. */
  liftHeldByCopy(): void {
    this.lift((entry) => {
      const held = this.copy.held(entry.record)
      return held !== undefined && entry.revision !== null && entry.revision <= revisionOf(held.record)
    })
  }

  /** The village was pulled to its end after these were acknowledged: the copy holds what became of them. */
  liftPulled(village: string): void {
    this.lift((entry) => entry.village === village)
  }

  /** Operations of villages that this phone does not follow any more are not shown any more. */
  liftElsewhere(villages: readonly string[]): void {
    this.lift((entry) => !villages.includes(entry.village))
  }

  /** The copy of these records stepped back: what it no longer holds is laid over it once more. */
  layAgain(records: readonly string[]): void {
    this.needWhole()
    const stepped = new Set(records)
    const held = (record: string): number => {
      const found = this.copy.held(record)
      return found === undefined ? 0 : revisionOf(found.record)
    }
    this.change(
      (entry) =>
        stepped.has(entry.record) &&
        !entry.laid &&
        IN_EFFECT.has(entry.outcome) &&
        entry.revision !== null &&
        entry.revision > held(entry.record),
      (entry) => ({ ...entry, laid: true }),
    )
  }

  /** Forget what is older than 30 days and confirmed by a reply; how many. Stops at the first to be kept. */
  forget(confirmed: number, serverMs: number): number {
    this.needWhole()
    const chain = this.chain()
    let last: OutboxEntry | null = null
    for (const entry of this.entries()) {
      const old = entry.acknowledgedMs !== null && entry.acknowledgedMs < serverMs - KEPT_MS
      if (entry.counter > confirmed || entry.laid || !isSettled(entry) || !old) break
      last = entry
    }
    if (last === null) return 0
    this.forgetUpTo(last.counter, last.digest)
    return last.counter - chain.forgotten
  }

  /** Remove what the server has, as it orders; what waits stays, and so does the chain. */
  wipeAcknowledged(): void {
    this.needWhole()
    const last = this.lastAcknowledged()
    const digest = this.digestAt(last)
    if (digest !== null) this.forgetUpTo(last, digest)
  }

  /**
   * Carry everything kept over to a new identity: new `counter` and `previous`, the same `id`; how many. Members that
   * this program does not know stay as they are; nothing of it counts as acknowledged any more.
   */
  rewrite(device: string): number {
    this.needWhole()
    const kept = this.entries()
    // what was erased has no bytes to carry over
    const entries = kept.filter((entry) => !isErased(entry))
    const start = emptyChain(device)
    for (const entry of kept) this.changed.set(entry.counter, null)
    for (const counter of this.base.unreadable) this.changed.set(counter, null)
    let previous = start.digest
    entries.forEach((entry, at) => {
      const exact = rewritten(entry.exact, at + 1, previous)
      previous = digestOf(exact)
      this.put({ ...entry, counter: at + 1, exact, digest: previous, acknowledgedMs: null })
    })
    this.sorted = null
    this.values.set('chain', { ...start, counter: entries.length, digest: previous })
    this.values.set('outcomes_after', 0)
    return entries.length
  }

  /** What is not in memory would be left behind under its old counter. */
  private needWhole(): void {
    if (!this.base.whole) throw new RangeError('the history is not read yet: await Store.complete')
  }

  private forgetUpTo(counter: number, digest: string): void {
    const kept = [...this.entries().map((entry) => entry.counter), ...this.base.unreadable]
    for (const one of kept) if (one <= counter) this.changed.set(one, null)
    this.sorted = null
    this.values.set('chain', { ...this.chain(), forgotten: counter, forgottenDigest: digest })
  }

  private lift(holds: (entry: OutboxEntry) => boolean): void {
    this.change(
      (entry) => entry.laid && tookEffect(entry) && holds(entry),
      (entry) => ({ ...entry, laid: false }),
    )
  }

  private change(wanted: (entry: OutboxEntry) => boolean, to: (entry: OutboxEntry) => OutboxEntry): number {
    const found = this.entries().filter(wanted)
    for (const entry of found) this.put(to(entry))
    return found.length
  }

  private put(entry: OutboxEntry): void {
    this.changed.set(entry.counter, entry)
    this.sorted = null
  }
}

/**
 * An operation's text under another place in a chain; all else as it was, unknown members included. What is no JSON keeps
 * its text, and goes in the raw form again.
 */
export function rewritten(exact: string, counter: number, previous: string): string {
  try {
    return JSON.stringify({ ...(JSON.parse(exact) as object), counter, previous })
  } catch {
    return exact
  }
}

/** Whether the server keeps nothing of an operation any more: a problem where it was refused, else a remark. */
function tellsErased(outcome: Outcome): boolean {
  return [...(outcome.problems ?? []), ...(outcome.remarks ?? [])].some((found) => found.code === ERASED)
}

/** An entry without its bytes, where its record was erased and the server has it; else as it is. */
function emptied(entry: OutboxEntry): OutboxEntry {
  if (!isErased(entry)) return entry
  return { ...entry, exact: '', outcome: ERASED, revision: null, detail: null, laid: false }
}

/** What an operation's text names as files: SHA-256 digests as values. */
function filesNamed(exact: string): string[] {
  return [...exact.matchAll(/"([0-9a-f]{64})"/g)].map(([, digest]) => digest ?? '')
}

function waitingEntry(exact: string, operation: Operation, capturedMs: number): OutboxEntry {
  return {
    counter: operation.counter,
    id: operation.id,
    exact,
    digest: digestOf(exact),
    kind: operation.kind,
    record: operation.record,
    village: operation.village,
    capturedMs,
    acknowledgedMs: null,
    outcome: null,
    revision: null,
    detail: null,
    laid: true,
    mendedBy: null,
  }
}
