/** What the clocks of a case run by: settings, milestones, pauses; of `forms/handling/clocks.py` and `case_clock.py`. */
import data from '../../data/handling.json'
import type { Label } from '../../problem'
import type { Fields, Value } from '../../field_values'
import type { DueDate, WorkingCalendar } from './calendar'
import { dayInShanghai } from '../../days'

/** Settings in working days; what each of them is taken from says `forms/handling/clocks.py`. */
export type LimitRules = typeof data.limit_rules
export type PauseKind = keyof typeof data.pause_labels

export const LIMIT_RULES: Readonly<LimitRules> = data.limit_rules
export const PAUSE_LABELS: Readonly<Record<PauseKind, Label>> = data.pause_labels

/** A stop of the clock: the days after `begins` up to and with `ends` do not count; null = still stopped. Days ISO. */
export interface Pause {
  kind: PauseKind
  begins: string
  ends: string | null
}

/** What has happened to a case, as days in Haining; null = not yet. */
export interface Milestones {
  receivedOn: string
  handedUpOn: string | null
  acceptedOn: string | null
}

/** What an entry of a case's `pauses` holds. */
export interface PauseValue {
  [member: string]: Value
  reason: string
  start: string
}

/** Whether a pause takes this day out of the count. */
export function stops(pause: Pause, day: string): boolean {
  return pause.begins < day && (pause.ends === null || day <= pause.ends)
}

/** Until when the village hands a case over to the town. */
export function handoverDue(receivedOn: string, calendar: WorkingCalendar): DueDate {
  return calendar.addWorkingDays(receivedOn, LIMIT_RULES.handover_days)
}

/** The last day on which a case may still lie in the village. */
export function handoverLatest(receivedOn: string, calendar: WorkingCalendar): DueDate {
  return calendar.addWorkingDays(receivedOn, LIMIT_RULES.handover_days_max)
}

/** What has happened to a case; received at its capture where nothing else is said. Moments are shown times. */
export function milestonesOf(values: Fields): Milestones {
  return {
    receivedOn: dayInShanghai(String(values.received_at ?? values.captured_at)),
    handedUpOn: dayIfAny(values.handed_up_at),
    acceptedOn: dayIfAny(values.accepted_at),
  }
}

/** The pauses of a case in the order in which they were written down, as days. */
export function pausesOf(values: Fields): Pause[] {
  return pauseValues(values)
    .filter((pause) => isPauseKind(pause.reason))
    .map((pause) => ({
      kind: pause.reason as PauseKind,
      begins: dayInShanghai(pause.start),
      ends: dayIfAny(pause.end),
    }))
}

/** The entries of `pauses` as they travel. */
export function pauseValues(values: Fields): PauseValue[] {
  const entries = values.pauses
  return Array.isArray(entries) ? entries.filter(isPauseValue) : []
}

function isPauseValue(entry: Value): entry is PauseValue {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return false
  return typeof entry.reason === 'string' && typeof entry.start === 'string'
}

function isPauseKind(kind: string): kind is PauseKind {
  return Object.hasOwn(PAUSE_LABELS, kind)
}

function dayIfAny(moment: Value | undefined): string | null {
  return typeof moment === 'string' ? dayInShanghai(moment) : null
}
