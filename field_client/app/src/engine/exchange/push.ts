/**
 * Handing operations over: in order, in batches, until the server has them all.
 *
 * Invariants
 * - An acknowledgement counts only if its digest is the phone's own at that counter, and only for what was sent in the
 *   push that is answered: beyond it the outcomes were never told.
 * - A receipt is kept in the write of the acknowledgement that it came with, if it holds and is ours.
 * - A batch refused for its content is halved; a single operation still refused goes as raw bytes, which is always taken
 *   in. So nothing ever blocks the queue.
 */
import type { Write } from '../device/database'
import type { OutboxEntry } from '../device/outbox'
import {
  type ReceiptFault,
  receiptFault,
  receiptsDropped,
  receiptWrite,
  serverKeys,
} from '../device/receipts'
import type { Edit } from '../device/store'
import { CallRefused, Unreachable } from '../errors'
import { momentMs } from '../sync/clock'
import { rawForm } from '../sync/operation'
import type { Receipt } from '../sync/receipt'
import type { PushReply } from '../wire/messages'
import { EnrolAnew, type Exchange } from './exchange'

const HALVED = new Set([400, 413, 422])
const ENROL_ANEW = new Set(['history-forked', 'unknown-device', 'bad-token'])
/** What stands around the operations of a message: its other members, a receipt among them. */
const ENVELOPE_BYTES = 1024

/** EnrolAnew in the place of a refusal after which this identity cannot go on. */
export function asEnrolAnew(error: unknown): unknown {
  return error instanceof CallRefused && ENROL_ANEW.has(error.code) ? new EnrolAnew(error.code) : error
}

/** One run of pushing everything that waits. */
export class Push {
  pushed = 0
  /** A receipt by a key that was not told yet; the status tells it. */
  private unproven: Receipt | null = null

  constructor(private readonly exchange: Exchange) {}

  /**
   * Push everything that was captured when it began; what is captured meanwhile waits for the next sync, or capturing
   * could keep this one from ending. EnrolAnew, NewEpoch, or what the exchange could not overcome.
   */
  async run(): Promise<void> {
    const { outbox } = this.exchange.store
    const { limits } = this.exchange.identity
    const until = outbox.chain().counter
    let size = limits.batch_operations
    let raw = false
    for (;;) {
      const batch = gapless(outbox.waiting(size, limits.batch_bytes - ENVELOPE_BYTES))
      const [first, last] = [batch.at(0), batch.at(-1)]
      if (first === undefined || last === undefined || first.counter > until) break
      this.exchange.step({
        step: 'push',
        done: this.pushed,
        total: this.pushed + (outbox.counts().waiting ?? 0),
      })
      try {
        const reply = await this.send(batch, raw)
        await this.take(reply, last.counter)
        if (outbox.waiting(1).at(0)?.counter === first.counter)
          throw new Unreachable(new Error('a push that does not advance'))
        size = Math.min(limits.batch_operations, size * 2)
        raw = false
      } catch (error) {
        if (!(error instanceof CallRefused)) throw error
        if (error.code === 'operations-missing') {
          await this.goBack(error)
          raw = false
        } else if (HALVED.has(error.status) && !raw) {
          raw = batch.length === 1
          size = Math.max(1, Math.floor(batch.length / 2))
        } else throw error
      }
    }
    this.exchange.step({ step: 'push', done: this.pushed, total: this.pushed })
  }

  /** Ask how far the server is, before anything old is relied on; offer again what a restore lost. */
  async compare(): Promise<void> {
    await this.take(await this.send([], false), 0)
  }

  /** Keep the receipt that was waiting for a key, now that the status has told the server's keys. */
  async settleReceipt(): Promise<void> {
    const receipt = this.unproven
    if (receipt === null) return
    const checked = await this.checked(receipt)
    const told = checked?.fault === 'unknown-key' ? { ...checked, fault: 'signature' as const } : checked
    await this.exchange.store.write((edit) => keepReceipt(edit, told))
  }

  /** A server that has less than it acknowledged is offered the rest again. EnrolAnew. */
  takePosition(edit: Edit, acknowledged: number, digest: string): void {
    this.checkDigest(acknowledged, digest)
    if (acknowledged < edit.outbox.lastAcknowledged()) edit.outbox.goBackTo(acknowledged)
  }

  /** EnrolAnew where the server's history of this phone is not the phone's own. */
  private checkDigest(acknowledged: number, digest: string): void {
    const { outbox } = this.exchange.store
    if (acknowledged < outbox.chain().forgotten) throw new EnrolAnew('operations-missing')
    if (outbox.digestAt(acknowledged) !== digest) throw new EnrolAnew('history-forked')
  }

  /** One push; the digest of its reply is the phone's own. */
  private async send(batch: readonly OutboxEntry[], raw: boolean): Promise<PushReply> {
    const { exchange } = this
    const after = exchange.store.values.get('outcomes_after') ?? 0
    const bodies = batch.map((one) => (raw ? rawForm(one.counter, one.exact) : one.exact))
    const receipt = exchange.store.values.get('newest_receipt')
    const shown = receipt ? `,"receipt":${JSON.stringify(receipt)}` : ''
    const body = `{"operations":[${bodies.join(',')}],"outcomes_after":${after}${shown}}`
    const { token } = exchange.identity
    try {
      const reply = await exchange.call(() => exchange.transport.post<PushReply>('/push', body, token))
      this.checkDigest(reply.acknowledged, reply.digest)
      return reply
    } catch (error) {
      throw asEnrolAnew(error)
    }
  }

  private async checked(receipt: Receipt | null): Promise<CheckedReceipt | null> {
    const { store, identity } = this.exchange
    this.unproven = null
    if (receipt === null) return null
    const fault = await receiptFault(receipt, identity.device, store.outbox, await serverKeys(store))
    if (fault === 'unknown-key') this.unproven = receipt
    return { receipt, fault, write: await receiptWrite(store, receipt) }
  }

  private async take(reply: PushReply, sent: number): Promise<void> {
    const { exchange } = this
    const serverMs = momentMs(reply.time)
    const { store } = exchange
    const receipt = await this.checked(reply.receipt ?? null)
    await store.write((edit) => {
      const { forgotten } = store.outbox.chain()
      this.pushed += edit.outbox.acknowledge(Math.min(sent, reply.acknowledged), serverMs)
      this.takePosition(edit, reply.acknowledged, reply.digest)
      edit.outbox.takeOutcomes(reply.outcomes, reply.outcomes_cursor)
      edit.outbox.liftHeldByCopy()
      edit.outbox.forget(reply.acknowledged, serverMs)
      keepReceipt(edit, receipt)
      const after = edit.outbox.chain().forgotten
      if (after > forgotten) edit.beside.push(receiptsDropped(after))
    })
    await exchange.takeEpoch(reply.epoch)
  }

  /** 409 operations-missing: send from there. What can no longer be filled in ends this identity. */
  private async goBack(refused: CallRefused): Promise<void> {
    const acknowledged = Number(refused.document['acknowledged'] ?? 0)
    const digest = String(refused.document['digest'] ?? '')
    const { store } = this.exchange
    await store.write((edit) => this.takePosition(edit, acknowledged, digest))
    if (store.outbox.waiting(1, 1)[0]?.counter !== acknowledged + 1) throw new EnrolAnew('operations-missing')
  }
}

interface CheckedReceipt {
  receipt: Receipt
  fault: ReceiptFault | null
  write: Write
}

function keepReceipt(edit: Edit, checked: CheckedReceipt | null): void {
  if (checked === null || checked.fault === 'unknown-key') return
  edit.values.set('receipt_trouble', checked.fault ?? undefined)
  if (checked.fault !== null) return
  edit.values.set('newest_receipt', checked.receipt)
  edit.beside.push(checked.write)
}

/** Counters one after the other: behind a gap (what was erased) the server is asked how far it is. */
function gapless(batch: readonly OutboxEntry[]): OutboxEntry[] {
  const first = batch[0]?.counter ?? 0
  return batch.filter((entry, at) => entry.counter === first + at)
}
