/**
 * Promised dates: the stages of an item's time limit laid along the working calendar; the twin of
 * `forms/handling/limits.py`. A department's clock starts with its own acceptance: until then a date given on the
 * doorstep is handover + limit and called 预计. Days are ISO texts.
 */
import type { Item, Stage } from '../catalogue'
import type { DueDate, WorkingCalendar } from './calendar'
import { LIMIT_RULES, stops, type LimitRules, type Milestones, type Pause } from './clocks'
import { addDays } from '../../days'

export const HANDOVER_KEY = 'handover'

/** `none`: no limit applies or is known; `immediate` 即办; `expected` 预计: not accepted yet; `promised` 承诺. */
export type PromiseKind = 'none' | 'immediate' | 'expected' | 'promised'

/** One stage on the calendar; `dueOn` null: the clock stands, so nobody can say. */
export interface StageDue {
  key: string
  name: string
  days: number
  counting: 'working' | 'calendar'
  startsOn: string | null
  dueOn: string | null
  tentative: boolean
}

/** When a case is due, and how that was reached. `stopped`: a pause is open. `demonstration`: shown as 演示时限. */
export interface PromisedDate {
  kind: PromiseKind
  dueOn: string | null
  tentative: boolean
  stopped: boolean
  demonstration: boolean
  stages: StageDue[]
}

/** What of an item decides its date. */
export type Timed = Pick<Item, 'mode' | 'finish' | 'limit'>

/** When a case of this item is due, by what is known so far; to be asked anew after every milestone and pause. */
export function promisedDate(
  item: Timed,
  milestones: Milestones,
  calendar: WorkingCalendar,
  pauses: readonly Pause[] = [],
  rules: Readonly<LimitRules> = LIMIT_RULES,
): PromisedDate {
  const { limit } = item
  const demonstration = limit.demonstration ?? false
  if (!limit.immediate && !limit.stages?.length) {
    return { kind: 'none', dueOn: null, tentative: false, stopped: false, demonstration, stages: [] }
  }
  const unaccepted = item.mode === 'proxy' && milestones.acceptedOn === null
  const [stages, start] = planned(item, milestones, rules)
  if (!stages.length) {
    const { day: dueOn, tentative } = atOnce(item, start, calendar)
    const kind = unaccepted ? 'expected' : 'immediate'
    return { kind, dueOn, tentative, stopped: false, demonstration, stages: [] }
  }
  const placed = place(stages, start, calendar, pauses, rules)
  const last = placed.at(-1)
  return {
    kind: unaccepted ? 'expected' : 'promised',
    dueOn: last?.dueOn ?? null,
    tentative: last?.tentative ?? false,
    stopped: (last?.dueOn ?? null) === null,
    demonstration,
    stages: placed,
  }
}

/** The stages still to be counted, and the day from which they are. */
function planned(
  item: Timed,
  milestones: Milestones,
  rules: Readonly<LimitRules>,
): [stages: readonly Stage[], start: string] {
  const stages = item.limit.immediate ? [] : (item.limit.stages ?? [])
  if (item.mode !== 'proxy') return [stages, milestones.receivedOn]
  const began = milestones.acceptedOn ?? milestones.handedUpOn
  if (began !== null) return [stages, began]
  const handover: Stage = {
    key: HANDOVER_KEY,
    name: '村社报送',
    days: rules.handover_days,
    pausable: false,
  }
  return [[handover, ...stages], milestones.receivedOn]
}

function atOnce(item: Timed, start: string, calendar: WorkingCalendar): DueDate {
  // what needs a department's system or office cannot be done on a day off
  return item.finish === 'doorstep' ? { day: start, tentative: false } : calendar.workingDayFrom(start)
}

function place(
  stages: readonly Stage[],
  start: string,
  calendar: WorkingCalendar,
  pauses: readonly Pause[],
  rules: Readonly<LimitRules>,
): StageDue[] {
  let startsOn: string | null = start
  let tentative = false
  return stages.map((stage) => {
    const stopping = (stage.pausable ?? true) ? pauses : []
    const due: DueDate | null =
      startsOn === null ? null : stageDue(stage, startsOn, calendar, stopping, rules)
    tentative ||= due?.tentative ?? false
    const { key, name, days, counting = 'working' } = stage
    const placed = { key, name, days, counting, startsOn, dueOn: due?.day ?? null, tentative }
    startsOn = placed.dueOn
    return placed
  })
}

/** The last day of a stage counted from the day after `start`; null while its clock stands. */
function stageDue(
  stage: Stage,
  start: string,
  calendar: WorkingCalendar,
  pauses: readonly Pause[],
  rules: Readonly<LimitRules>,
): DueDate | null {
  const inCalendarDays = stage.counting === 'calendar'
  if (!inCalendarDays && !pauses.length) return calendar.addWorkingDays(start, stage.days)
  let [day, left, tentative] = [start, stage.days, false]
  while (left > 0) {
    day = addDays(day, 1)
    const stopping = pauses.filter((pause) => stops(pause, day))
    if (stopping.some((pause) => pause.ends === null)) return null
    if (stopping.length) continue
    tentative ||= !inCalendarDays && !calendar.covers(day)
    if (inCalendarDays || calendar.assumeWorkingDay(day)) left -= 1
  }
  if (inCalendarDays && rules.roll_calendar_end) return calendar.workingDayFrom(day)
  return { day, tentative }
}
