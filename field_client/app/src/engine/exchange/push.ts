/**
 * Handing operations over: in order, in batches, until the server has them all.
 *
 * Invariants
 * - An acknowledgement counts only if its digest is the phone's own at that counter, and only for what was sent in the
 *   push that is answered: beyond it the outcomes were never told.
 * - A batch refused for its content is halved; a single operation still refused goes as raw bytes, which is always taken
 *   in. So nothing ever blocks the queue.
 */
import type { OutboxEntry } from '../device/outbox'
import type { Edit } from '../device/store'
import { CallRefused, Unreachable } from '../errors'
import { momentMs } from '../sync/clock'
import { rawForm } from '../sync/operation'
import type { PushReply } from '../wire/messages'
import { EnrolAnew, type Exchange } from './exchange'

const HALVED = new Set([400, 413, 422])
const ENROL_ANEW = new Set(['history-forked', 'unknown-device', 'bad-token'])
const ENVELOPE_BYTES = 128

/** EnrolAnew in the place of a refusal after which this identity cannot go on. */
export function asEnrolAnew(error: unknown): unknown {
  return error instanceof CallRefused && ENROL_ANEW.has(error.code) ? new EnrolAnew(error.code) : error
}

/** One run of pushing everything that waits. */
export class Push {
  pushed = 0

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
      const batch = outbox.waiting(size, limits.batch_bytes - ENVELOPE_BYTES)
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
    const body = `{"operations":[${bodies.join(',')}],"outcomes_after":${after}}`
    const { token } = exchange.identity
    try {
      const reply = await exchange.call(() => exchange.transport.post<PushReply>('/push', body, token))
      this.checkDigest(reply.acknowledged, reply.digest)
      return reply
    } catch (error) {
      throw asEnrolAnew(error)
    }
  }

  private async take(reply: PushReply, sent: number): Promise<void> {
    const { exchange } = this
    const serverMs = momentMs(reply.time)
    await exchange.store.write((edit) => {
      this.pushed += edit.outbox.acknowledge(Math.min(sent, reply.acknowledged), serverMs)
      this.takePosition(edit, reply.acknowledged, reply.digest)
      edit.outbox.takeOutcomes(reply.outcomes, reply.outcomes_cursor)
      edit.outbox.liftHeldByCopy()
      edit.outbox.forget(reply.acknowledged, serverMs)
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
