/** Telling the server how the phone stands, and taking what it answers: the scope, its orders, changed outcomes. */
import { forgetFeeds } from '../device/feed'
import type { Orders } from '../device/standing'
import type { Edit } from '../device/store'
import type { Label } from '../problem'
import { moment } from '../sync/clock'
import type { StatusReply, StatusRequest } from '../wire/messages'
import type { Exchange } from './exchange'
import { takeScope } from './scope'
import { asEnrolAnew, type Push } from './push'

export const LOCKED: Label = {
  zh: '这台手机已被锁定，暂不能查看资料；可以继续登记，已登记的会照常上报',
  en: 'this phone is locked by the server: reading is off; capturing and handing over go on',
}
const WIPED: Label = {
  zh: '这台手机已被停用，资料已按要求清除；未上报的记录仍在本机，会继续上报',
  en: 'this phone was put out of use and its data removed; what was not handed over is kept',
}

/**
 * Say how the phone stands and take the answer, in one write. `diverged` names parts (`village/part`) whose hash
 * differed. EnrolAnew, NewEpoch.
 */
export async function tellStatus(
  exchange: Exchange,
  push: Push,
  diverged: readonly string[],
): Promise<Orders> {
  const request = await standingOf(exchange, diverged)
  const reply = await asked(exchange, request)
  await exchange.takeEpoch(reply.epoch)
  const orders = ordersOf(reply.orders)
  await exchange.store.write((edit) => {
    push.takePosition(edit, reply.acknowledged, reply.digest)
    edit.outbox.takeOutcomes(reply.outcomes, reply.outcomes_cursor)
    takeScope(edit, reply.scope)
    takeOrders(edit, orders)
  })
  return orders
}

async function asked(exchange: Exchange, request: StatusRequest): Promise<StatusReply> {
  const { token } = exchange.identity
  try {
    return await exchange.call(() => exchange.transport.post<StatusReply>('/status', request, token))
  } catch (error) {
    throw asEnrolAnew(error)
  }
}

async function standingOf(exchange: Exchange, diverged: readonly string[]): Promise<StatusRequest> {
  const { store, about } = exchange
  const { counter, digest } = store.outbox.chain()
  const oldestMs = store.outbox.oldestWaitingMs()
  return {
    counter,
    digest,
    pending_operations: store.outbox.counts().waiting ?? 0,
    pending_files: about.pendingFiles(),
    oldest_pending: oldestMs === null ? null : moment(oldestMs),
    app_version: about.appVersion,
    storage_left_bytes: await about.storageLeftBytes(),
    offset_ms: store.values.get('anchor')?.offsetMs ?? 0,
    outcomes_after: store.values.get('outcomes_after') ?? 0,
    diverged_parts: diverged.slice(0, DIVERGED_MAX),
  }
}

/** As many as a message may name. */
const DIVERGED_MAX = 200

function ordersOf(told: string): Orders {
  return told === 'lock' || told === 'wipe' ? told : 'none'
}

/** A lock ends reading; a wipe removes everything but what is not handed over yet. */
function takeOrders(edit: Edit, orders: Orders): void {
  edit.values.set('orders', orders)
  // in the same write: whoever cuts the line or ends the app after it changes nothing any more
  if (orders === 'lock') edit.values.set('reading_ended', LOCKED)
  if (orders !== 'wipe') return
  edit.values.set('reading_ended', WIPED)
  edit.copy.dropAll()
  edit.forgetSegments()
  edit.beside.push({ store: 'drafts', clear: true })
  edit.outbox.wipeAcknowledged()
  forgetFeeds(edit.values, [])
  edit.values.set('ready', false)
}
