/**
 * Capturing: judged operations, their exact texts, their places in the chain and the clock, in one write of the store. The
 * twin of `field_client/capture.py`.
 *
 * Invariants
 * - The clock never runs back, whatever happened to the wall clock.
 * - `seen` is what the worker saw, own waiting operations and those before it in the same capture included.
 * - All drafts of a capture are kept, or none; Refused tells every problem of all of them.
 */
import type { Captured } from '../api'
import { NothingToMend, Refused } from '../errors'
import type { Problem } from '../problem'
import { targetOf } from '../sync/apply'
import { clockText, nextReading, parseClock } from '../sync/clock'
import { uuid7 } from '../sync/ids'
import { judge } from '../sync/judge'
import { KINDS } from '../sync/kinds'
import { setAfter } from '../sync/merge'
import { exactText, FORMAT, OperationTooLarge, type Operation } from '../sync/operation'
import { objectOf, texts, type Fields, type Value } from '../field_values'
import { revisionOf, sameValue, seenForm, type FieldRecord } from '../sync/record'
import { replaceSurrogates } from '../text'
import type { Draft } from './core'
import type { Chain } from './outbox'
import type { Store } from './store'
import { readTimes, type Reading, type Times } from './times'
import type { View } from './view'
import type { DeviceWorld } from './world'

/** What was found wrong with answers and materials before is told in the words of their form. */
const IN_FORM = ['/fields/answers', '/fields/materials']

/** An operation that is judged and stands next in the chain, not kept yet. */
interface Placed {
  exact: string
  operation: Operation
  remarks: Problem[]
}

export class Capture {
  constructor(
    private readonly store: Pick<Store, 'write'>,
    private readonly view: View,
    private readonly times: Times,
  ) {}

  /** Judge and keep operations in their order. Refused, and nothing kept, with every problem of all of them. */
  capture(drafts: readonly Draft[]): Promise<Captured[]> {
    return this.store.write((edit) => {
      // looked at in the write's turn: the mending before it may be on the disk by now
      for (const { mends } of drafts)
        if (mends && edit.outbox.find(mends)?.mendedBy != null) throw new NothingToMend()
      const reading = readTimes(this.times, edit.values.get('anchor'))
      const world = this.worldFor(drafts)
      const problems: Problem[] = []
      const captured: Captured[] = []
      for (const draft of drafts) {
        const placed = this.placed(draft, edit.outbox.chain(), edit.values.get('clock'), reading)
        const found = this.judged(placed, draft, world, reading)
        problems.push(...found.problems)
        if (problems.length) continue
        const { operation, exact, remarks } = found
        const entry = edit.outbox.append(exact, operation, reading.correctedMs)
        edit.values.set('clock', operation.clock)
        captured.push({ record: operation.record, operation: operation.id, counter: entry.counter, remarks })
      }
      if (problems.length) throw new Refused(problems)
      edit.values.set('anchor', reading.anchor)
      return captured
    })
  }

  /** What is shown, to try the drafts on; without an operation that one of them mends. */
  private worldFor(drafts: readonly Draft[]): DeviceWorld {
    const mended = drafts.find((draft) => draft.mends)?.mends
    return mended ? this.view.worldWithout(mended) : this.view.world.trial()
  }

  /** The draft as the next operation of the chain. */
  private placed(draft: Draft, chain: Chain, last: string | undefined, reading: Reading): Operation {
    const clock = nextReading(
      last === undefined ? { ms: 0, logical: 0 } : parseClock(last),
      reading.correctedMs,
    )
    const made = draft.action === 'create' && !draft.mends ? draft.record : null
    const id = made ?? uuid7(reading.correctedMs, this.times.random(10))
    return {
      id,
      format: FORMAT,
      counter: chain.counter + 1,
      previous: chain.digest,
      clock: clockText(clock),
      offset_ms: reading.offsetMs,
      kind: draft.kind,
      record: draft.record ?? id,
      village: draft.village,
      action: draft.action,
      seen: {},
      fields: {},
      reason: draft.reason == null ? null : replaceSurrogates(draft.reason),
      mends: draft.mends ?? null,
      captured: draft.captured ?? null,
    }
  }

  /** Judge the operation and lay it over the trial, so that the next draft sees it. */
  private judged(
    operation: Operation,
    draft: Draft,
    world: DeviceWorld,
    reading: Reading,
  ): Placed & { problems: Problem[] } {
    const { author } = this.view
    const said = draft.problems ?? []
    const cleaned = clean(draft.fields ?? {})
    if (cleaned.problems.length)
      return { exact: '', operation, remarks: [], problems: [...said, ...cleaned.problems] }
    operation.fields = cleaned.fields
    const record = targetOf(world, operation)
    if (record !== undefined) see(operation, record)
    if (operation.action === 'change' && !Object.keys(operation.fields).length)
      return { exact: '', operation, remarks: [], problems: [...said, nothingChanged()] }
    const verdict = judge(operation, author, world, record, reading.correctedMs)
    const told = verdict.problems.filter(
      (one) => !said.length || !IN_FORM.some((start) => one.pointer.startsWith(start)),
    )
    const { exact, tooLarge } = textOf(operation)
    const problems = [...said.filter((one) => !one.remark), ...told, ...tooLarge]
    if (!problems.length) world.lay([operation], author, reading.correctedMs)
    return {
      exact,
      operation,
      problems,
      remarks: [...said.filter((one) => one.remark), ...verdict.remarks],
    }
  }
}

/** Say what the worker saw of each field; leave out what is not changed. */
export function see(operation: Operation, record: FieldRecord): void {
  if (operation.action === 'void') {
    operation.seen = { revision: revisionOf(record) }
    return
  }
  const sets = KINDS.get(operation.kind)?.sets
  const fields: Fields = {}
  const seen: Fields = {}
  for (const [field, value] of Object.entries(operation.fields ?? {})) {
    const present = record.values[field]
    if (sets?.has(field) && typeof value === 'object' && value !== null) {
      const change = setChange(present, value)
      if (Object.keys(change).length) fields[field] = change
    } else if (!sameValue(value, present) || operation.mends) {
      fields[field] = value
      seen[field] = seenForm(present)
    }
  }
  operation.fields = fields
  operation.seen = seen
}

/** What is added to and removed from a set; empty where nothing is. */
function setChange(present: Value | undefined, value: Value): Fields {
  const after = setAfter(present, value)
  const before = texts({ present: present ?? [] }, 'present')
  const add = after.filter((member) => !before.includes(member))
  const remove = before.filter((member) => !after.includes(member)).sort()
  return { ...(add.length ? { add } : {}), ...(remove.length ? { remove } : {}) }
}

/** Fields as they may travel: no lone surrogates, no fractions, no integers beyond ±(2^53−1). */
function clean(fields: Fields): { fields: Fields; problems: Problem[] } {
  const problems: Problem[] = []
  const cleaned = (value: Value): Value => {
    if (typeof value === 'string') return replaceSurrogates(value)
    if (Array.isArray(value)) return value.map(cleaned)
    const object = objectOf(value)
    if (object !== undefined) return ofObject(object)
    if (typeof value === 'number' && !Number.isSafeInteger(value)) problems.push(numberForm(value))
    return value
  }
  const ofObject = (object: Fields): Fields =>
    Object.fromEntries(
      Object.entries(object)
        .filter(([, inner]) => inner !== undefined)
        .map(([name, inner]) => [replaceSurrogates(name), cleaned(inner)]),
    )
  return { fields: ofObject(fields), problems }
}

function textOf(operation: Operation): { exact: string; tooLarge: Problem[] } {
  try {
    return { exact: exactText(operation), tooLarge: [] }
  } catch (error) {
    if (!(error instanceof OperationTooLarge)) throw error
    const problem = {
      pointer: '',
      code: 'operation-too-large',
      message: '这条记录超过64KB，请缩短文字或分开登记',
      message_en: 'over 64 KiB; shorten the text or capture it in parts',
    }
    return { exact: '', tooLarge: [problem] }
  }
}

function numberForm(value: number): Problem {
  return {
    pointer: '/fields',
    code: 'number-form',
    message: `数字 ${value} 超出范围或带小数，请按文字填写`,
    message_en: `${value} is no integer within ±(2^53−1); write it as text`,
  }
}

function nothingChanged(): Problem {
  return {
    pointer: '/fields',
    code: 'nothing-changed',
    message: '没有改动',
    message_en: 'nothing was changed',
  }
}
