/**
 * Who has a case in hand: first contact, formal handover, and what each may then do with it. The twin of
 * `forms/handling/duty.py`. 首问负责: who is asked first is responsible until the matter is handed over; AB岗: a handover
 * says from whom, to whom and why.
 */
import data from '../../data/handling.json'
import type { Problem } from '../../problem'
import type { Fields, Value } from '../../field_values'
import { ACTOR_LABELS, stateLabel, type Actor } from './states'

/** An entry of `handovers`; `at` is a moment. */
export interface Handover {
  [member: string]: Value
  giver: string | null
  receiver: string
  reason: string
  at: string
}

/** Whether nobody may put a case into this state without saying why. */
export function needsReason(state: string): boolean {
  return data.reasoned_states.includes(state)
}

/** The fields of a new case that make the worker who was asked first responsible for it. */
export function firstContact(worker: string): Fields {
  return { first_contact: worker, holder: worker }
}

/** The worker who answers for the case now: who holds it, else who was asked first. */
export function responsible(values: Fields): string | null {
  return textOf(values.holder) || textOf(values.first_contact) || null
}

/** Whether the worker holds the case or once did: what was done offline before a handover still counts. */
function hasHeld(values: Fields, worker: string): boolean {
  const givers = handoversOf(values).map((one) => (isMap(one) ? one.giver : null))
  return [responsible(values), values.first_contact, ...givers].includes(worker)
}

/** In what capacities somebody may act on a case; for a new one, pass the fields of its creation. */
export function capacities(
  values: Fields,
  worker: string,
  { onDuty = false, townClerk = false }: { onDuty?: boolean; townClerk?: boolean } = {},
): ReadonlySet<Actor> {
  const actors = new Set<Actor>()
  if (hasHeld(values, worker)) actors.add('worker')
  if (onDuty) actors.add('window')
  if (townClerk) actors.add('town_clerk')
  return actors
}

/** The fields that hand a case to a colleague, formally; `at` a moment in UTC. Judge them with `checkDuty`. */
export function handOver(values: Fields, receiver: string, reason: string, at: string): Fields {
  const entry: Handover = { giver: responsible(values), receiver, reason, at }
  return { holder: receiver, handovers: [...handoversOf(values), entry] }
}

/** All that is wrong with a change of holder or of state as to duty; `values` are those before it. */
export function checkDuty(values: Fields, fields: Fields, actors: ReadonlySet<Actor>): Problem[] {
  const problems: Problem[] = []
  if ('holder' in fields || 'handovers' in fields) problems.push(...checkHandover(values, fields, actors))
  const state = textOf(fields.state)
  if (needsReason(state) && isBlank(fields.reason)) {
    const label = stateLabel(state)
    problems.push(
      problemOf('reason', 'reason-required', `“${label.zh}”要写明原因`, `“${label.en}” needs a reason`),
    )
  }
  return problems
}

function checkHandover(values: Fields, fields: Fields, actors: ReadonlySet<Actor>): Problem[] {
  const problems: Problem[] = []
  if (!actors.has('worker') && !actors.has('window')) {
    const who = `${ACTOR_LABELS.worker.zh}或${ACTOR_LABELS.window.zh}`
    problems.push(
      problemOf('holder', 'wrong-actor', `移交只能由${who}办理`, 'only the holder or the window hands over'),
    )
  }
  const wrong = wrongEntry(values, fields)
  return wrong === null ? problems : [...problems, wrong]
}

function wrongEntry(values: Fields, fields: Fields): Problem | null {
  const giver = responsible(values)
  const receiver = 'holder' in fields ? fields.holder : (values.holder ?? null)
  const before = handoversOf(values)
  const given = handoversOf(fields)
  const after = given.length ? given : before
  if (receiver === giver) {
    return problemOf('holder', 'same-holder', '此件已由该人承办', 'this worker holds the case already')
  }
  if (before.some((entry, at) => !sameEntry(entry, after[at]))) {
    return problemOf(
      'handovers',
      'handover-changed',
      '已有的移交记录不能改',
      'past handovers are not changed',
    )
  }
  const last = after.at(-1)
  if (
    after.length !== before.length + 1 ||
    !isMap(last) ||
    last.giver !== giver ||
    last.receiver !== receiver
  ) {
    return problemOf(
      'handovers',
      'handover-required',
      '移交要写明由谁交给谁',
      'a change of holder needs one handover, from the present holder to the next',
    )
  }
  return isBlank(last.reason)
    ? problemOf('handovers', 'handover-reason', '移交要写明原因', 'a handover says why')
    : null
}

function handoversOf(values: Fields): readonly Value[] {
  return Array.isArray(values.handovers) ? values.handovers : []
}

function sameEntry(one: Value, other: Value | undefined): boolean {
  if (!isMap(one) || !isMap(other)) return false
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every((name) => one[name] === other[name])
}

function isMap(value: Value | undefined): value is { [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isBlank(value: Value | undefined): boolean {
  return textOf(value).trim() === ''
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : ''
}

function problemOf(field: string, code: string, message: string, messageEn: string): Problem {
  return { pointer: `/${field}`, code, message, message_en: messageEn }
}
