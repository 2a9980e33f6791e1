/**
 * Syncing by itself: after each capture, when the network comes back, on a hint of the server, every few minutes while
 * the app is seen, and again with growing waits where an attempt failed. Never two at once, and never without end: every
 * request ends by itself (transport.ts).
 */
import type { Sync, SyncProgress, SyncStanding } from '../api'
import type { Store } from '../device/store'
import type { Orders } from '../device/standing'
import type { Label } from '../problem'
import { readTimes, type Times } from '../device/times'
import { ExchangeFailed, FieldError, Locked, ServerBusy } from '../errors'
import { type Credentials, enrolAnew } from './enrol'
import { type About, Exchange } from './exchange'
import { Live } from './live'
import { type Situation, untilNextMs } from './schedule'
import { AccountNeeded, SyncRun } from './sync_run'
import type { Transport } from './transport'

export interface SyncLoopOptions {
  store: Store
  transport: Transport
  times: Times
  about: About
  /** Operations and conflicts that a person has to settle here. */
  trouble: () => number
  /** Kept entries that cannot be read any more. */
  unreadable: () => number
  /** The standing is another. */
  changed: () => void
  /** Why what is here may not be read; null where it may. */
  readingEnded?: () => Label | null
  /** What the server ordered, once the sync that was told it has ended. */
  ordered?: (orders: Orders) => void
  /** A sync went well: records are handed over, and files may follow. */
  synced?: () => void
  online: boolean
  visible: boolean
}

const MOST_ASKED_MS = 10 * 60_000

type Failure = NonNullable<SyncStanding['failure']>

export class SyncLoop implements Sync {
  private readonly exchange: Exchange
  private readonly live: Live
  private run: SyncRun | null = null
  private underWay: Promise<void> | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private nextTryMs: number | null = null
  private progress: SyncProgress | null = null
  private failure: Failure | null = null
  private stopped = false
  private situation: Omit<Situation, 'needsAccount'>

  constructor(private readonly options: SyncLoopOptions) {
    const { store, transport, times, about, online, visible } = options
    this.situation = { online, visible, failed: 0, leastMs: 0, wanted: null }
    this.exchange = new Exchange({ store, transport, times, about, step: (progress) => this.tell(progress) })
    this.live = new Live(transport, () => this.hinted())
  }

  /** Begin: sync as soon as there is a network. */
  start(): void {
    this.want('now')
  }

  /** End it for good (the phone is locked): what is under way is abandoned, nothing begins any more. */
  stop(): void {
    this.stopped = true
    this.unplan()
    this.live.follow(null)
    this.exchange.stop()
  }

  /** Something was captured and is on the disk. */
  captured(): void {
    this.want('capture')
  }

  /** The browser says that there is a network, or none. */
  setOnline(online: boolean): void {
    if (online === this.situation.online) return
    this.situation = { ...this.situation, online, failed: online ? 0 : this.situation.failed }
    if (online) this.want('now')
    else this.plan()
    this.options.changed()
  }

  /** The app is seen, or is not. */
  setVisible(visible: boolean): void {
    if (visible === this.situation.visible) return
    this.situation = { ...this.situation, visible }
    if (visible) this.want('now')
    else this.plan()
  }

  get standing(): SyncStanding {
    const { store, trouble, unreadable, about } = this.options
    const { values, outbox } = store
    return {
      running: this.underWay !== null,
      online: this.situation.online,
      waiting: outbox.counts().waiting ?? 0,
      trouble: trouble(),
      unreadable: unreadable(),
      waitingFiles: about.pendingFiles(),
      receiptTrouble: values.get('receipt_trouble') !== undefined,
      oldestWaitingMs: outbox.oldestWaitingMs(),
      syncedMs: values.get('synced_ms') ?? null,
      contactMs: values.get('last_contact_ms') ?? null,
      failure: this.failure,
      nextTryMs: this.nextTryMs,
      progress: this.progress,
      needsAccount: this.needsAccount,
      readingEnded: this.options.readingEnded?.() ?? values.get('reading_ended') ?? null,
      ready: values.get('ready') ?? false,
    }
  }

  async now(): Promise<void> {
    if (this.underWay !== null) {
      await this.underWay.catch(() => undefined)
      // what was captured after it began to hand over waits for another
      if (this.failure === null && this.standing.waiting === 0) return
    }
    await this.sync()
  }

  /** Fulfilled when no sync is under way: records go before files. */
  async idle(): Promise<void> {
    while (this.underWay !== null) await this.underWay.catch(() => undefined)
  }

  async again(username: string, password: string): Promise<void> {
    // a second tap enrols after the first, not beside it
    while (this.underWay !== null) await this.underWay.catch(() => undefined)
    const credentials: Credentials = { username, password }
    await this.alone(async () => {
      await enrolAnew(this.exchange, credentials)
    })
    await this.sync()
  }

  private get needsAccount(): boolean {
    return this.options.store.values.get('needs_account') ?? false
  }

  /** One sync, or the one that is under way. */
  private sync(): Promise<void> {
    return this.underWay ?? this.alone(() => this.synced())
  }

  private async synced(): Promise<void> {
    this.situation = { ...this.situation, wanted: null }
    this.run = new SyncRun(this.exchange)
    const { orders } = await this.run.run()
    this.options.ordered?.(orders)
    this.options.synced?.()
  }

  /** Do it while nothing else does, and plan what comes after. */
  private alone(work: () => Promise<void>): Promise<void> {
    if (this.stopped) return Promise.reject(new Locked())
    this.unplan()
    const done = work()
      .then(
        () => this.ended(null),
        (error: unknown) => this.ended(error),
      )
      .finally(() => this.options.changed())
    this.underWay = done
    this.options.changed()
    return done
  }

  private ended(error: unknown): void {
    this.underWay = null
    this.run = null
    this.progress = null
    this.failure = error === null ? null : failureOf(error)
    const failed = error === null ? 0 : this.situation.failed + 1
    this.situation = { ...this.situation, failed, leastMs: askedMs(error) }
    this.plan()
    if (error !== null) throw told(error)
  }

  private want(wanted: Exclude<Situation['wanted'], null>): void {
    // a capture that waits is not put off by a hint
    const keep = this.situation.wanted === 'now' || (this.situation.wanted === 'capture' && wanted === 'hint')
    this.situation = { ...this.situation, wanted: keep ? this.situation.wanted : wanted }
    this.plan()
  }

  private hinted(): void {
    if (this.run === null || this.run.pulling) this.want('hint')
  }

  /** Set the timer for the next sync; one that is set for an earlier time stays, or captures could put it off for ever. */
  private plan(): void {
    if (this.stopped) return
    this.listen()
    const wait = untilNextMs({ ...this.situation, needsAccount: this.needsAccount })
    if (wait === null || this.underWay !== null) return this.unplan()
    const { times, store } = this.options
    const dueMs = readTimes(times, store.values.get('anchor')).correctedMs + wait
    if (this.nextTryMs !== null && this.nextTryMs <= dueMs) return
    this.unplan()
    this.nextTryMs = dueMs
    this.timer = setTimeout(() => {
      // how it ended is told by the standing
      void this.sync().catch(() => undefined)
    }, wait)
  }

  private unplan(): void {
    clearTimeout(this.timer)
    this.nextTryMs = null
  }

  private listen(): void {
    const { values, reading } = this.options.store
    const identity = values.get('identity')
    const scope = values.get('scope')
    const { online, visible } = this.situation
    const may =
      reading &&
      online &&
      visible &&
      !this.needsAccount &&
      !values.get('reading_ended') &&
      values.get('ready')
    const villages = scope?.villages.map((of) => of.village) ?? []
    this.live.follow(may && identity ? { token: identity.token, villages } : null)
  }

  private tell(progress: SyncProgress): void {
    this.progress = progress
    this.options.changed()
  }
}

/** What a person is told of a failure. What has no words of its own is no fault of the worker's. */
function told(error: unknown): FieldError {
  if (error instanceof FieldError) return error
  if (error instanceof AccountNeeded) {
    return new ExchangeFailed(
      '需要重新登录才能继续上报',
      'sign in again to go on',
      '请用本人账号重新登录；本机保留的记录会全部再次上报，不会重复',
      'everything kept here is sent again under its ids, nothing twice',
      { cause: error },
    )
  }
  return new ExchangeFailed(
    '同步时出了点问题，已登记的内容都在',
    'something went wrong while syncing; everything captured is here',
    '稍后会自动再试',
    'it is tried again by itself',
    { cause: error },
  )
}

function failureOf(error: unknown): Failure | null {
  if (error instanceof Locked) return null
  const { zh, en, next, nextEn } = told(error)
  return { zh, en, next, nextEn, code: codeOf(error) }
}

/** How long the server asked to be left alone. */
function askedMs(error: unknown): number {
  const seconds = error instanceof ServerBusy ? (error.retryAfterSeconds ?? 0) : 0
  return Math.min(MOST_ASKED_MS, seconds * 1000)
}

function codeOf(error: unknown): string | null {
  if (error instanceof AccountNeeded) return error.why
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}
