/**
 * Asking for orders while the vault is closed (docs/protocol.md, Orders): signed by this phone's own key, without a token.
 * So a lost phone is wiped, and a locked one is told, without anybody opening it.
 */
import { base64Of } from '../device/base64'
import { unlessFull, type Database } from '../device/database'
import type { DeviceKeys } from '../device/identity'
import { readStanding, standingUpdate, type Orders } from '../device/standing'
import { CallRefused } from '../errors'
import { moment, momentMs } from '../sync/clock'
import type { OrdersReply, OrdersRequest } from '../wire/messages'
import { tryAgain } from './retry'
import type { Transport } from './transport'

const EVERY_MS = 15 * 60_000

/** The text that the device signs. */
export function ordersText(device: string, time: string, wiped: boolean): string {
  return ['allpost-orders', device, time, wiped ? 'wiped' : 'held'].join('\n')
}

/**
 * What the server orders now, kept beside the vault; null for a phone that has not enrolled. `nowMs` is the time as the
 * server would say it. CallRefused, Unreachable, ServerBusy.
 */
export async function askOrders(
  database: Database,
  transport: Transport,
  nowMs: number,
  wiped: boolean,
): Promise<Orders | null> {
  const standing = await readStanding(database)
  const keys = (await database.get('meta', 'keys')) as DeviceKeys | undefined
  if (!standing?.device || keys === undefined) return null
  const ask = async (atMs: number): Promise<OrdersReply> => {
    const request = await signed(standing.device, moment(atMs), wiped, keys.signing.privateKey)
    return tryAgain(() => transport.post<OrdersReply>('/orders', request, null))
  }
  // a clock that was set wrong since the last exchange must not keep a phone from being wiped
  const reply = await ask(nowMs).catch((error: unknown) => ask(serverMsOf(error)))
  const orders = ordersOf(reply.orders)
  // a wipe that was ordered is not taken back by a server that no longer knows of it
  const kept = standing.orders === 'wipe' ? 'wipe' : orders
  const last_contact_ms = momentMs(reply.time)
  // what was handed over may be lost to a server that was restored since
  const handed = standing.handed?.epoch === reply.epoch ? standing.handed : undefined
  await unlessFull(database.transact([standingUpdate({ orders: kept, last_contact_ms, handed })]))
  return kept
}

/** The server's time, where it refused ours; else what went wrong is thrown on. */
function serverMsOf(error: unknown): number {
  const time = error instanceof CallRefused ? error.document['time'] : undefined
  if (typeof time !== 'string') throw error
  return momentMs(time)
}

async function signed(device: string, time: string, wiped: boolean, key: CryptoKey): Promise<OrdersRequest> {
  const text = new TextEncoder().encode(ordersText(device, time, wiped))
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, text)
  return { device, time, wiped, signature: base64Of(new Uint8Array(signature)) }
}

/** What is not known is no order. */
export function ordersOf(told: string): Orders {
  return told === 'lock' || told === 'wipe' ? told : 'none'
}

/** Asking again and again while the phone is closed: at once, when the network comes back, every 15 minutes while it is seen. */
export class OrdersWatch {
  private timer: ReturnType<typeof setInterval> | undefined
  private asking: Promise<void> | null = null

  constructor(
    private readonly around: { online: boolean; visible: boolean },
    private readonly ask: () => Promise<void>,
  ) {}

  /** Begin; what is under way already goes on. */
  start(): void {
    if (this.timer !== undefined) return
    this.timer = setInterval(() => this.now(), EVERY_MS)
    this.now()
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }

  /** Ask now, if it is begun and there is a network. How it ended is told by the phase; a failure is tried again. */
  now(): void {
    const { online, visible } = this.around
    if (this.timer === undefined || !online || !visible || this.asking !== null) return
    this.asking = this.ask()
      .catch(() => undefined)
      .finally(() => (this.asking = null))
  }
}
