/** What a person settles: conflicts, suspected duplicates, tasks, and operations that the server did not accept. */
import type { Captured, ConflictCard, Settling } from '../api'
import { NotFound, NothingToMend } from '../errors'
import type { Label } from '../problem'
import { momentMs } from '../sync/clock'
import { offersOf } from '../sync/conflicts'
import type { Operation } from '../sync/operation'
import { objectOf, textIn, texts, type Fields, type Value } from '../field_values'
import { sameValue, type FieldRecord } from '../sync/record'
import type { Core, Draft } from './core'
import { operationOf, stateOf } from './outbox'
import type { Store } from './store'
import { labelIn, textOf } from './value_texts'

const NO_DAY = '9999'
const TOLD_MS = 24 * 3600 * 1000

export class DeviceSettling implements Settling {
  constructor(
    private readonly core: Core,
    private readonly store: Pick<Store, 'outbox'>,
  ) {}

  /** Open conflicts, the oldest first; settled ones too if asked for. */
  conflicts(settled = false): ConflictCard[] {
    return this.core.view
      .ofKind('conflict')
      .filter((one) => settled || objectOf(one.values.choice) === undefined)
      .sort((one, other) => (one.created[0] < other.created[0] ? -1 : 1))
      .map((one) => this.card(one))
  }

  settledByOthers(): ConflictCard[] {
    const since = this.core.nowMs() - TOLD_MS
    return this.conflicts(true)
      .filter(({ settled, choices }) => settled && !settled.mine && choices.some((one) => one.mine))
      .filter(({ settled }) => settled !== null && settled.atMs >= since)
      .sort((one, other) => (other.settled?.atMs ?? 0) - (one.settled?.atMs ?? 0))
  }

  async choose(conflict: string, value: Value): Promise<Captured> {
    return this.core.change('conflict', conflict, { choice: { value } })
  }

  /** The value that stood before is chosen again. NotFound where there is no choice of one's own to take back. */
  async undo(conflict: string): Promise<Captured> {
    const { values } = this.core.require('conflict', conflict)
    const choice = objectOf(values.choice)
    if (choice === undefined || values.settled_by !== this.core.identity.worker.id)
      throw new NotFound('这里没有您可以撤回的处理', 'there is no choice of yours to take back')
    if (sameValue(choice.value, values.standing))
      throw new NotFound(
        '采用的就是原来登记的值，没有要恢复的',
        'the standing value was chosen; there is nothing to restore',
        '如选错了，请直接选另一个值',
        'choose the other value instead',
      )
    return this.core.change('conflict', conflict, { choice: { value: values.standing ?? null } })
  }

  /** Suspected duplicates that nobody has decided on. */
  duplicates(): FieldRecord[] {
    return this.core.view
      .ofKind('duplicate')
      .filter((one) => textIn(one.values, 'decision') === undefined)
      .sort((one, other) => (one.created[0] < other.created[0] ? -1 : 1))
  }

  async decide(duplicate: string, decision: 'linked' | 'separate', reason?: string): Promise<Captured> {
    return this.core.change('duplicate', duplicate, { decision, ...(reason ? { reason } : {}) })
  }

  /** The worker's open tasks, by day; finished ones too if asked for. */
  tasks(all = false): FieldRecord[] {
    const worker = this.core.identity.worker.id
    const due = (task: FieldRecord): string => `${textIn(task.values, 'due') ?? NO_DAY} ${task.id}`
    return this.core.view
      .ofKind('task')
      .filter((task) => task.holder === worker && (all || isOpenTask(task)))
      .sort((one, other) => (due(one) < due(other) ? -1 : 1))
  }

  /** A task of one's own where no holder is named; in the village of its household. */
  async addTask(fields: Fields): Promise<Captured> {
    const household = this.core.view.get(textIn(fields, 'household') ?? '')
    return this.core.create('task', household?.village ?? this.core.village(), {
      type: 'other',
      state: 'open',
      holder: this.core.identity.worker.id,
      ...fields,
    })
  }

  async finishTask(task: string, note?: string): Promise<Captured> {
    return this.core.change('task', task, { state: 'done', ...(note ? { note } : {}) })
  }

  async reopenTask(task: string): Promise<Captured> {
    return this.core.change('task', task, { state: 'open' })
  }

  /** The same record and time of capture, with these fields changed. NotFound where there is none to mend. */
  async mend(operation: string, fields: Fields): Promise<Captured> {
    const entry = this.store.outbox.find(operation)
    const first = entry && stateOf(entry) === 'rejected' && entry.mendedBy === null && operationOf(entry)
    if (!first) throw new NothingToMend()
    const [captured] = await this.core.capture([mending(first, fields)])
    if (captured === undefined) throw new RangeError('a capture of one draft gives one operation')
    return captured
  }

  labelOf(kind: string, field: string): Label {
    return labelIn(this.core, kind, field)
  }

  textOf(kind: string, field: string, value: Value | undefined, record?: FieldRecord): string {
    return textOf(this.core, kind, field, value, record)
  }

  private card(conflict: FieldRecord): ConflictCard {
    const { values } = conflict
    const field = textIn(values, 'field') ?? ''
    const kind = textIn(values, 'subject_kind') ?? 'case'
    const subject = this.core.view.get(textIn(values, 'subject') ?? '')
    const [device = '', worker = '', clock = ''] = texts(values, 'standing_by')
    const offered = offersOf(conflict).map((offer) => ({
      value: offer.value ?? null,
      by: [textIn(offer, 'device'), textIn(offer, 'worker'), textIn(offer, 'clock')].map((one) => one ?? ''),
      standing: false,
    }))
    const all = [{ value: values.standing ?? null, by: [device, worker, clock], standing: true }, ...offered]
    return {
      record: conflict,
      subject,
      field,
      label: field === 'void' ? { zh: '撤销', en: 'taken back' } : labelIn(this.core, kind, field, subject),
      before: this.valueText(kind, field, values.seen, subject),
      choices: all.map(({ value, by, standing }) => this.choice(kind, field, value, by, standing, subject)),
      settled: this.settled(values, (value) => this.valueText(kind, field, value, subject)),
    }
  }

  private choice(
    kind: string,
    field: string,
    value: Value,
    [device = '', worker = '', clock = '']: string[],
    standing: boolean,
    subject: FieldRecord | undefined,
  ): ConflictCard['choices'][number] {
    const { identity, view } = this.core
    return {
      value,
      text: this.valueText(kind, field, value, subject),
      worker: view.workerName(worker),
      device: device === identity.device ? identity.device_name : device.slice(0, 8),
      atMs: momentMs(clock.slice(0, 24)),
      standing,
      mine: worker === identity.worker.id,
    }
  }

  private settled(values: Fields, textOfValue: (value: Value) => string): ConflictCard['settled'] {
    const choice = objectOf(values.choice)
    if (choice === undefined) return null
    const by = textIn(values, 'settled_by') ?? ''
    return {
      value: choice.value ?? null,
      text: textOfValue(choice.value ?? null),
      by: this.core.view.workerName(by),
      mine: by === this.core.identity.worker.id,
      atMs: momentMs((textIn(values, 'settled_at') ?? '').slice(0, 24)),
      note: textIn(values, 'note') ?? '',
    }
  }

  private valueText(
    kind: string,
    field: string,
    value: Value | undefined,
    subject: FieldRecord | undefined,
  ): string {
    if (field !== 'void') return textOf(this.core, kind, field, value, subject)
    return typeof value === 'string' ? `撤销：${value}` : '不撤销'
  }
}

function isOpenTask(task: FieldRecord): boolean {
  return (textIn(task.values, 'state') ?? 'open') === 'open'
}

/** The draft that mends an operation; a field of null leaves it out. */
function mending(first: Operation, fields: Fields): Draft {
  const right = Object.entries({ ...first.fields, ...fields }).filter(([, value]) => value !== null)
  return {
    kind: first.kind,
    village: first.village,
    action: first.action === 'create' || first.action === 'void' ? first.action : 'change',
    record: first.record,
    fields: Object.fromEntries(right),
    reason: first.action === 'void' ? first.reason : null,
    mends: first.id,
    captured: first.captured ?? first.clock,
  }
}
