/**
 * One sync: hand everything over, tell the standing, follow every village, and overcome what can be overcome: a server
 * that was restored, a scope that changed, a history that must go on under a new identity. What it reached stays reached
 * however it ends.
 */
import { CallRefused, ExchangeFailed, ServerBusy, Unreachable } from '../errors'
import { readTimes } from '../device/times'
import type { Orders } from '../device/standing'
import type { Label } from '../problem'
import { REFERENCE_VILLAGE } from '../sync/kinds'
import { handInCarried } from './carried'
import { Download } from './download'
import { type Credentials, enrolAnew } from './enrol'
import { EnrolAnew, type Exchange, NewEpoch, ScopeChanged } from './exchange'
import { Pull } from './pull'
import { asEnrolAnew, Push } from './push'
import { followed } from './scope'
import type { Divergence } from './segments'
import { tellStatus } from './status'

const ROUNDS_MAX = 6
const READING_ENDED = new Set(['device-revoked', 'device-locked', 'device-unconfirmed', 'forbidden'])

/** Reading was refused in the server's own words. */
function refused({ zh, en }: CallRefused): Label {
  return { zh: `${zh}；可以继续登记，已登记的会照常上报`, en: `${en}; capturing and handing over go on` }
}

/** An account is needed to go on: the server does not know this phone's token any more. */
export class AccountNeeded extends Error {
  constructor(readonly why: string) {
    super(why)
  }
}

/** What a sync did. */
export interface SyncReport {
  pushed: number
  received: number
  /** How many operations each enrolment anew carried over. */
  enrolledAnew: number[]
  /** The server was restored; what it lost was offered again. */
  restored: boolean
  diverged: Divergence[]
  orders: Orders
}

/** One run over everything. */
export class SyncRun {
  readonly report: SyncReport = {
    pushed: 0,
    received: 0,
    enrolledAnew: [],
    restored: false,
    diverged: [],
    orders: 'none',
  }
  /** Whether it has come to following the villages: a hint before that is answered by this run. */
  pulling = false
  private compare = false

  constructor(private readonly exchange: Exchange) {}

  /** Sync until all is handed over and every village is followed to its end. AccountNeeded; what could not be overcome. */
  async run(): Promise<SyncReport> {
    // digests of the settled history are needed to tell whether the server's is ours
    await this.exchange.store.complete
    for (let round = 1; ; round += 1) {
      try {
        await this.once()
        await this.exchange.store.compact()
        return this.report
      } catch (error) {
        if (round === ROUNDS_MAX) throw error
        await this.overcome(error)
      }
    }
  }

  private async overcome(error: unknown): Promise<void> {
    if (error instanceof NewEpoch) {
      this.report.restored = true
      this.compare = true
    } else if (error instanceof EnrolAnew) this.report.enrolledAnew.push(await this.enrolAnew(error.why))
    else if (!(error instanceof ScopeChanged)) throw error
  }

  private async enrolAnew(why: string, credentials: Credentials | null = null): Promise<number> {
    try {
      return await enrolAnew(this.exchange, credentials)
    } catch (error) {
      if (!(error instanceof CallRefused)) throw error
      await this.exchange.store.write((edit) => edit.values.set('needs_account', true))
      throw new AccountNeeded(why)
    }
  }

  private async once(): Promise<void> {
    this.pulling = false
    const push = new Push(this.exchange)
    if (this.compare) await push.compare()
    this.compare = false
    const failed = await this.handOverIfPossible(push)
    this.exchange.step({ step: 'status', done: 0, total: 1 })
    const { outbox } = this.exchange.store
    const had = outbox.lastAcknowledged()
    const orders = await tellStatus(this.exchange, push, [])
    this.report.orders = orders
    // nothing is followed or kept any more
    if (orders === 'wipe') return
    if (failed !== null) throw failed
    await push.settleReceipt()
    // a restored server that says only here what it lost: it is offered again before the copy follows it
    if (outbox.lastAcknowledged() < had) await this.handOver(push)
    if (await this.exchange.store.followReading()) {
      this.pulling = true
      await this.pullAll(push)
    }
    await this.handInCarried()
  }

  /** Colleagues' files come last, as they may be large; what cannot be handed in now is with the next sync. */
  private async handInCarried(): Promise<void> {
    const { store, transport, times, identity } = this.exchange
    const nowMs = readTimes(times, store.values.get('anchor')).correctedMs
    try {
      const { token, epoch } = identity
      await handInCarried(store.database, transport, { token, epoch, nowMs })
    } catch (error) {
      if (!(error instanceof ServerBusy) && !(error instanceof Unreachable)) throw error
    }
  }

  /** What kept it from being handed over: orders are asked for all the same, a push that fails must not outlive a wipe. */
  private async handOverIfPossible(push: Push): Promise<ExchangeFailed | null> {
    try {
      await this.handOver(push)
      return null
    } catch (error) {
      if (error instanceof ExchangeFailed) return error
      throw error
    }
  }

  private async handOver(push: Push): Promise<void> {
    const before = push.pushed
    try {
      await push.run()
    } finally {
      this.report.pushed += push.pushed - before
    }
  }

  private async pullAll(push: Push): Promise<void> {
    try {
      await this.pull(push)
    } catch (error) {
      if (!(error instanceof CallRefused) || !READING_ENDED.has(error.code)) throw asEnrolAnew(error)
      return this.endReading(refused(error))
    }
    await this.followedToTheEnd()
  }

  private async pull(push: Push): Promise<void> {
    const { exchange } = this
    const download = new Download()
    const pulls = followed(exchange.scope).map((village) => new Pull(exchange, village, download))
    // what a first sync will fetch is known before any of it is fetched
    const lists = []
    for (const pull of pulls) lists.push(await pull.listed())
    const diverged: Divergence[] = []
    for (const [at, pull] of pulls.entries()) {
      try {
        diverged.push(...(await pull.run(lists[at])))
      } finally {
        this.report.received += pull.received
      }
    }
    const villages = exchange.scope.villages.map((of) => of.village)
    await exchange.store.write((edit) => edit.outbox.liftElsewhere([...villages, REFERENCE_VILLAGE]))
    this.report.diverged.push(...diverged)
    if (diverged.length > 0) {
      const parts = new Set(diverged.map((one) => `${one.village}/${one.part}`))
      await tellStatus(exchange, push, [...parts].sort())
    }
  }

  /** The server ended reading; what was captured is handed over all the same. */
  private async endReading(why: Label): Promise<void> {
    await this.exchange.store.write((edit) => edit.values.set('reading_ended', why))
  }

  private async followedToTheEnd(): Promise<void> {
    const { store, times } = this.exchange
    await store.write((edit) => {
      edit.values.set('reading_ended', undefined)
      edit.values.set('synced_ms', readTimes(times, edit.values.get('anchor')).correctedMs)
      edit.values.set('ready', true)
    })
  }
}
