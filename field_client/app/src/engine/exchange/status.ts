/** Telling the server how the phone stands, and taking what it answers: the scope, its orders, changed outcomes. */
import { base64Of } from '../device/base64'
import { recoveryTold, untoldRecovery } from '../device/recovery'
import { sealedAnew } from '../device/sealed_key'
import type { Orders } from '../device/standing'
import type { Bytes } from '../device/vault'
import { moment } from '../sync/clock'
import type { StatusReply, StatusRequest } from '../wire/messages'
import type { Exchange } from './exchange'
import { ordersOf } from './orders'
import { takeScope } from './scope'
import { asEnrolAnew, type Push } from './push'

/**
 * Say how the phone stands and take the answer, in one write. `diverged` names parts (`village/part`) whose hash
 * differed. EnrolAnew, NewEpoch.
 */
export async function tellStatus(
  exchange: Exchange,
  push: Push,
  diverged: readonly string[],
): Promise<Orders> {
  const { store } = exchange
  const recovery = await untoldRecovery(store.database)
  const request = await standingOf(exchange, diverged, recovery)
  const reply = await asked(exchange, request)
  await exchange.takeEpoch(reply.epoch)
  const orders = ordersOf(reply.orders)
  const { limits, signing, sealing } = reply
  const identity = { ...exchange.identity, limits, signing, sealing }
  const another = sealing.id !== exchange.identity.sealing.id
  const sealed = another ? await sealedAnew(store.database, store.vault, identity) : []
  await store.write((edit) => {
    push.takePosition(edit, reply.acknowledged, reply.digest)
    edit.outbox.takeOutcomes(reply.outcomes, reply.outcomes_cursor)
    takeScope(edit, reply.scope)
    edit.values.set('identity', identity)
    // in the same write: whoever cuts the line or ends the app after it changes nothing any more
    edit.values.set('orders', orders)
    if (recovery !== null) edit.beside.push(recoveryTold(recovery))
    edit.beside.push(...sealed)
  })
  // the server is told at once under which key it can open this phone from now on
  return another ? tellStatus(exchange, push, diverged) : orders
}

async function asked(exchange: Exchange, request: StatusRequest): Promise<StatusReply> {
  const { token } = exchange.identity
  try {
    return await exchange.call(() => exchange.transport.post<StatusReply>('/status', request, token))
  } catch (error) {
    throw asEnrolAnew(error)
  }
}

async function standingOf(
  exchange: Exchange,
  diverged: readonly string[],
  recovery: Bytes | null,
): Promise<StatusRequest> {
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
    receipt: store.values.get('newest_receipt') ?? null,
    recovery: recovery === null ? null : base64Of(recovery),
    sealing_key: exchange.identity.sealing.id,
  }
}

/** As many as a message may name. */
const DIVERGED_MAX = 200
