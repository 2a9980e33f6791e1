/**
 * The history of this phone: every operation that it captured, in plain words, and what became of it. Where reading has ended
 * it tells of what waits here, and of nothing else.
 */
import type { DeliveryProof, Entry, History } from '../api'
import type { Core } from './core'
import { operationTitle } from './operation_titles'
import type { Label } from '../problem'
import { isErased, operationOf, stateOf, type OutboxEntry } from './outbox'
import { proofOf } from './receipts'
import type { Store } from './store'

/** Told with a rejected operation that somebody at the window or the lead has put right. */
const MENDED = 'mended'
/** Told with one about which nothing more is done; the remark says why. */
const GIVEN_UP = 'given-up'
const NO_TITLE: Label = { zh: '内容读不出的一条记录', en: 'an entry whose content cannot be read' }
const ERASED: Label = { zh: '已依法删除的一条登记', en: 'an entry that was erased by law' }
const STATES: readonly Entry['state'][] = [
  'waiting',
  'applied',
  'merged',
  'conflict',
  'held',
  'rejected',
  'erased',
]

export class DeviceHistory implements History {
  constructor(
    private readonly core: Core,
    private readonly store: Store,
  ) {}

  /** What is not handed over, in the order in which it was captured. */
  waiting(): Entry[] {
    return this.store.outbox.waiting().map((entry) => this.told(entry))
  }

  /** What was not accepted: rejected or held, and not put right; the latest first. Conflicts have cards (settling.ts). */
  trouble(): Entry[] {
    if (!this.store.reading) return []
    return this.store.outbox
      .entries()
      .filter((entry) => ['rejected', 'held'].includes(settledState(entry)))
      .map((entry) => this.told(entry))
      .reverse()
  }

  async all(): Promise<Entry[]> {
    await this.store.complete
    if (!this.store.reading) return this.waiting().reverse()
    return this.store.outbox
      .entries()
      .map((entry) => this.told(entry))
      .reverse()
  }

  async proof(counter: number): Promise<DeliveryProof | null> {
    await this.store.complete
    const entry = this.store.outbox.at(counter)
    if (entry === undefined || entry.acknowledgedMs === null) return null
    const proof = await proofOf(this.store, counter)
    if (proof === null) return null
    const { receipt, deliveredMs, steps, holds } = proof
    return { ...receipt, deliveredMs, own: entry.digest, steps, holds }
  }

  private told(entry: OutboxEntry): Entry {
    const operation = operationOf(entry)
    const { action = 'change', fields = {} } = operation ?? {}
    return {
      counter: entry.counter,
      id: entry.id,
      state: settledState(entry),
      kind: entry.kind,
      action: action === 'create' || action === 'void' ? action : 'change',
      record: entry.record,
      capturedMs: entry.capturedMs,
      acknowledgedMs: entry.acknowledgedMs,
      title: isErased(entry) ? ERASED : operation === null ? NO_TITLE : operationTitle(this.core, operation),
      problems: [...(entry.detail?.problems ?? []), ...(entry.detail?.remarks ?? [])],
      waitsFor: entry.detail?.waits_for ?? null,
      overruled: entry.detail?.overruled ?? [],
      fields,
    }
  }
}

/** The state of an entry for people: what was put right is settled, by whomever; what has no outcome yet is held. */
function settledState(entry: OutboxEntry): Entry['state'] {
  const told = (code: string): boolean => (entry.detail?.remarks ?? []).some((one) => one.code === code)
  if (entry.mendedBy !== null || told(MENDED)) return 'mended'
  if (told(GIVEN_UP)) return 'given_up'
  const state = stateOf(entry)
  return STATES.find((one) => one === state) ?? 'held'
}
