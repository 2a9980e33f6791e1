/** What every exchange of a sync has at hand: the store, the identity, the transport, and how to try again. */
import type { SyncProgress } from '../api'
import type { StoredIdentity } from '../device/identity'
import type { Store, Edit } from '../device/store'
import { type Times, readTimes } from '../device/times'
import { Locked } from '../errors'
import { adopted, clockText, parseClock, setBack } from '../sync/clock'
import type { Scope } from '../sync/scope'
import { tryAgain } from './retry'
import type { Transport } from './transport'

/** The server was restored: its history is compared with ours before anything else. */
export class NewEpoch extends Error {}

/** A reply was made under another scope number: the scope is asked for before anything is stored. */
export class ScopeChanged extends Error {}

/** This history cannot go on under this identity. `why` is the code of the problem. */
export class EnrolAnew extends Error {
  constructor(readonly why: string) {
    super(why)
  }
}

/** What the phone tells of itself. */
export interface About {
  appVersion: string
  /** Files that wait to be handed over. */
  pendingFiles: () => number
  /** As the browser estimates; null where it does not. */
  storageLeftBytes: () => Promise<number | null>
}

export interface ExchangeOptions {
  store: Store
  transport: Transport
  times: Times
  about: About
  step: (progress: SyncProgress) => void
  pause?: (ms: number) => Promise<void>
}

/** One phone's way to the server. */
export class Exchange {
  readonly store: Store
  readonly transport: Transport
  readonly times: Times
  readonly about: About
  readonly step: (progress: SyncProgress) => void
  private readonly pause: ((ms: number) => Promise<void>) | undefined
  private stopped = false

  constructor(options: ExchangeOptions) {
    this.store = options.store
    this.transport = options.transport
    this.times = options.times
    this.about = options.about
    this.step = options.step
    this.pause = options.pause
  }

  /** The identity as it is now; it changes when the phone enrols anew. Locked before there is one. */
  get identity(): StoredIdentity {
    const identity = this.store.values.get('identity')
    if (identity === undefined) throw new Locked()
    return identity
  }

  /** The scope as last told; empty before that. */
  get scope(): Scope {
    return this.store.values.get('scope') ?? { number: 0, worker: this.identity.worker.id, villages: [] }
  }

  /** No more of it: the phone is locked. What is under way ends with Locked. */
  stop(): void {
    this.stopped = true
    this.transport.abandon()
  }

  /** Ask until there is a reply, a few times. What the reply said of the time is kept. */
  async call<T>(ask: () => Promise<T>): Promise<T> {
    const goOn = (): void => {
      if (this.stopped) throw new Locked()
    }
    const reply = await tryAgain(ask, { pause: this.pause, goOn })
    await this.takeTime()
    return reply
  }

  /** NewEpoch when a reply is of another epoch than the one known, which is kept. */
  async takeEpoch(epoch: string): Promise<void> {
    if (epoch === this.identity.epoch) return
    await this.store.write((edit) => {
      edit.values.set('identity', { ...this.identity, epoch })
      edit.values.set('outcomes_after', 0)
    })
    throw new NewEpoch('another epoch')
  }

  /** Follow the highest clock seen, unless it is too far ahead. '' where none was. */
  adoptClock(edit: Edit, highest: string): void {
    if (highest === '') return
    const nowMs = readTimes(this.times, edit.values.get('anchor')).correctedMs
    const clock = adopted(clockOf(edit), parseClock(highest), nowMs)
    edit.values.set('clock', clockText(clock))
  }

  /** Keep the measured offset; bring a clock that ran too far ahead back to the server's time. */
  private async takeTime(): Promise<void> {
    const anchor = this.transport.measured
    this.transport.measured = null
    if (anchor === null) return
    const serverMs = anchor.wallMs - anchor.offsetMs
    await this.store.write((edit) => {
      edit.values.set('anchor', anchor)
      edit.values.set('last_contact_ms', serverMs)
      // the server knows the time: one that a clock set ahead had left here counts no more
      edit.values.set('latest_ms', serverMs)
      const clock = edit.values.get('clock')
      if (clock !== undefined) edit.values.set('clock', clockText(setBack(parseClock(clock), serverMs)))
    })
  }
}

function clockOf(edit: Edit): { ms: number; logical: number } {
  const text = edit.values.get('clock')
  return text === undefined ? { ms: 0, logical: 0 } : parseClock(text)
}
