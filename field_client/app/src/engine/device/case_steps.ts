/** What happened to a case, as far as its record tells: its capture, its milestones, pauses, handovers and last move. */
import type { CaseSheet } from '../api'
import data from '../data/handling.json'
import type { Item } from '../forms/catalogue'
import { PAUSE_LABELS, pauseValues, type PauseKind } from '../forms/handling/clocks'
import { WORKFLOWS } from '../forms/handling/moves'
import { stateLabel } from '../forms/handling/states'
import type { Label } from '../problem'
import { objects, text, textOrNull } from '../field_values'
import { stampOf, type FieldRecord } from '../sync/record'
import type { Core } from './core'

type Step = CaseSheet['steps'][number]

const DECIDED: Label = { zh: '部门已作出决定', en: 'decided by the department' }
const TOLD: Label = { zh: '已一次性告知缺少的材料', en: 'told what is missing' }
const MILESTONE_STATES: Readonly<Record<string, string>> = data.milestones
/** What a milestone's field is called; a decision is called by the state that it led to. */
const MILESTONES: readonly [field: string, label: Label][] = [
  ['received_at', stateLabel('received')],
  ['handed_up_at', stateLabel('handed_up')],
  ['accepted_at', stateLabel('accepted')],
  ['issued_at', { zh: '镇街已出件', en: 'result issued by the town' }],
  ['delivered_at', stateLabel('delivered')],
]

/** The steps in the order of time; `at` is a moment, null where it is not known when. */
export function stepsOf(core: Core, item: Item | undefined, record: FieldRecord): Step[] {
  const { values } = record
  const state = text(values, 'state')
  const began = item === undefined ? stateLabel(state) : stateLabel(WORKFLOWS[item.mode].initial)
  const steps: Step[] = [
    step(core, values.captured_at, began, text(values, 'first_contact') || record.by),
    step(core, values.missing_told_at, TOLD),
    ...MILESTONES.map(([field, label]) => step(core, values[field], label)),
    step(core, values.decided_at, isDecision(state) ? stateLabel(state) : DECIDED),
    ...pauseValues(values).flatMap((pause) => pauseSteps(core, pause.reason, pause.start, pause.end)),
    ...objects(values, 'handovers').map((one) =>
      step(core, one.at, handoverLabel(core, text(one, 'receiver'), text(one, 'reason')), text(one, 'giver')),
    ),
  ].filter((one) => one.at !== null)
  if (!isTold(item, state)) steps.push(lastMove(record, state))
  if (record.void) steps.push(voided(core, record.void.reason, record.void.clock, record.void.by))
  return steps.sort((one, other) => instant(one) - instant(other))
}

function step(core: Core, at: unknown, label: Label, worker = ''): Step {
  return {
    at: typeof at === 'string' ? at : null,
    label,
    by: worker ? core.view.workerName(worker) : null,
  }
}

function pauseSteps(core: Core, reason: string, start: string, end: unknown): Step[] {
  const label = PAUSE_LABELS[reason as PauseKind] ?? { zh: reason, en: reason }
  return [
    step(core, start, { zh: `${label.zh}开始，暂停计时`, en: `${label.en} begins, the clock stands` }),
    step(core, end, { zh: `${label.zh}结束，继续计时`, en: `${label.en} ends, the clock goes on` }),
  ]
}

function handoverLabel(core: Core, receiver: string, reason: string): Label {
  const name = core.view.workerName(receiver)
  return { zh: `移交给${name}：${reason}`, en: `handed over to ${name}: ${reason}` }
}

/** Whether the state is told by another step already: the capture, a milestone or a pause. */
function isTold(item: Item | undefined, state: string): boolean {
  const initial = item === undefined ? state : WORKFLOWS[item.mode].initial
  return state === initial || state === 'supplementing' || Object.hasOwn(MILESTONE_STATES, state)
}

function isDecision(state: string): boolean {
  return MILESTONE_STATES[state] === 'decided_at'
}

function lastMove(record: FieldRecord, state: string): Step {
  return { at: momentOf(stampOf(record, 'state')[0]), label: stateLabel(state), by: null }
}

function voided(core: Core, reason: string, clock: string, by: string): Step {
  return step(core, momentOf(clock), { zh: `撤销：${reason}`, en: `voided: ${reason}` }, by)
}

/** The moment that a clock's reading begins with. */
function momentOf(clock: string): string | null {
  return textOrNull({ at: clock.split('/')[0] ?? '' }, 'at')
}

function instant(one: Step): number {
  return one.at === null ? Infinity : Date.parse(one.at)
}
