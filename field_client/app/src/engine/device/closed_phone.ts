/**
 * A phone whose vault is closed: what it may say of itself, the orders that it asks for, and the end of a wipe. None of it
 * needs the data key.
 */
import type { ClosedStanding } from '../api'
import { askOrders, OrdersWatch } from '../exchange/orders'
import type { Transport } from '../exchange/transport'
import type { Database } from './database'
import { readStanding, type Orders, type Standing } from './standing'
import { endWipe, wipedMs } from './wipe'

export interface ClosedSurroundings {
  transport: () => Transport
  wallMs: () => number
  /** The same object as long as the device lives: what the page says of the network and of being seen. */
  world: { online: boolean; visible: boolean }
  /** The server ordered something, or nothing. */
  ordered: (orders: Orders) => Promise<void>
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

  /** The server has taken in what a wiped phone had left: nothing of it stays but these words. */
  async end(): Promise<void> {
    const before = this.standing
    await endWipe(this.database)
    this.standing = before && { ...before, unsent: 0, unsentFiles: 0, done: true }
    this.stop()
    this.around.changed()
  }

  private async ask(): Promise<void> {
    const standing = await readStanding(this.database)
    const wiped = (await wipedMs(this.database)) !== null
    const nowMs = this.around.wallMs() - (standing?.clock_offset_ms ?? 0)
    const orders = await askOrders(this.database, this.around.transport(), nowMs, wiped)
    await this.refresh()
    if (orders !== null) await this.around.ordered(orders)
  }
}

function told(standing: Standing, wipedAtMs: number | null): ClosedStanding {
  return {
    device: standing.device.slice(-8),
    unsent: standing.unsent.operations,
    unsentFiles: standing.unsent.files,
    contactMs: standing.last_contact_ms,
    locked: standing.orders === 'lock',
    wipedMs: wipedAtMs,
    done: false,
  }
}
