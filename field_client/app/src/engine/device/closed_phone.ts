/**
 * A phone whose vault is closed: what it may say of itself, the orders that it asks for, what it hands over by itself
 * (locked out, wiped), and the end of a wipe. None of it needs the data key.
 */
import type { ClosedStanding, Phase } from '../api'
import { askOrders, OrdersWatch } from '../exchange/orders'
import type { Transport } from '../exchange/transport'
import { unlessFull, type Database } from './database'
import { RescueWays } from './rescue_ways'
import { handedWrite, readStanding, type Handed, type Orders, type Standing, type Unsent } from './standing'
import { endWipe, wipedMs } from './wipe'

export interface ClosedSurroundings {
  phase: () => Phase
  transport: () => Transport
  wallMs: () => number
  /** The same object as long as the device lives: what the page says of the network and of being seen. */
  world: { online: boolean; visible: boolean }
  /** The server ordered a wipe. */
  wipe: () => Promise<void>
  /** What `standing` says is another. */
  changed: () => void
}

export class ClosedPhone {
  /** Null before the first enrolment. */
  standing: ClosedStanding | null = null
  private readonly watch: OrdersWatch

  private constructor(
    private readonly database: Database,
    private readonly around: ClosedSurroundings,
  ) {
    this.watch = new OrdersWatch(around.world, () => this.ask())
  }

  static async of(database: Database, around: ClosedSurroundings): Promise<ClosedPhone> {
    const closed = new ClosedPhone(database, around)
    await closed.refresh()
    return closed
  }

  /** Ask for orders from now on, by itself. */
  start(): void {
    this.watch.start()
  }

  stop(): void {
    this.watch.stop()
  }

  /** There is a network, or the app is seen: ask at once. */
  now(): void {
    this.watch.now()
  }

  /** Read what there is to say anew. */
  async refresh(): Promise<void> {
    const [standing, atMs] = await Promise.all([readStanding(this.database), wipedMs(this.database)])
    this.standing = standing?.device ? told(standing, atMs) : null
    this.around.changed()
  }

  /** The server took in what lay here: nothing of it stays on a wiped phone, and every other keeps that in mind. */
  async handedOver(unsent: Unsent, handed: Handed): Promise<void> {
    if (this.around.phase() === 'wiped') return this.end()
    await unlessFull(this.database.transact([handedWrite(unsent, handed)]))
    await this.refresh()
  }

  /** Nothing of a wiped phone stays but these words. */
  private async end(): Promise<void> {
    const before = this.standing
    await endWipe(this.database)
    this.standing = before && { ...before, unsent: 0, unsentFiles: 0, done: true }
    this.stop()
    this.around.changed()
  }

  private async ask(): Promise<void> {
    const orders = await this.orders()
    const phase = this.around.phase()
    if (orders === 'wipe' && phase !== 'wiped') await this.around.wipe()
    else if (orders !== null && (phase === 'wiped' || phase === 'locked-out')) await this.handOver(phase)
  }

  private async orders(): Promise<Orders | null> {
    const { transport, wallMs } = this.around
    const standing = await readStanding(this.database)
    const wiped = (await wipedMs(this.database)) !== null
    const nowMs = wallMs() - (standing?.clock_offset_ms ?? 0)
    const orders = await askOrders(this.database, transport(), nowMs, wiped)
    await this.refresh()
    return orders
  }

  /** Nobody may come to open it: what waits goes by itself. What fails is tried again with the next asking. */
  private async handOver(phase: Phase): Promise<void> {
    const { unsent = 0, unsentFiles = 0, done = true, handedMs = null } = this.standing ?? {}
    if (done || handedMs !== null) return
    const { transport, wallMs } = this.around
    if (unsent + unsentFiles > 0)
      await new RescueWays({
        database: this.database,
        transport,
        identity: () => null,
        nowMs: wallMs,
        handedOver: (of, handed) => this.handedOver(of, handed),
      }).handOver()
    else if (phase === 'wiped') await this.end()
  }
}

function told(standing: Standing, wipedAtMs: number | null): ClosedStanding {
  return {
    device: standing.device.slice(-8),
    unsent: standing.unsent.operations,
    unsentFiles: standing.unsent.files,
    handedMs: standing.handed?.at_ms ?? null,
    contactMs: standing.last_contact_ms,
    locked: standing.orders === 'lock',
    wipedMs: wipedAtMs,
    done: false,
  }
}
