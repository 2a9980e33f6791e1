/** The time-limit light: in time, nearly due or late, in words and never in colour alone; of `forms/handling/light.py`. */
import data from '../../data/handling.json'
import type { Label } from '../../problem'
import type { WorkingCalendar } from './calendar'
import { handoverDue, handoverLatest, LIMIT_RULES } from './clocks'
import type { PromisedDate } from './limits'

/** `none`: no date, or the clock stands. */
export type Light = keyof typeof data.light_labels

export const LIGHT_LABELS: Readonly<Record<Light, Label>> = data.light_labels

/** The light of a case today, or for one that is decided, whether that was in time. Days ISO. */
export function lightOf(
  promised: PromisedDate,
  today: string,
  calendar: WorkingCalendar,
  decidedOn: string | null = null,
): Light {
  if (promised.dueOn === null) return 'none'
  if ((decidedOn ?? today) > promised.dueOn) return 'late'
  if (decidedOn !== null) return 'on_time'
  const left = calendar.workingDaysBetween(today, promised.dueOn).days
  return left <= LIMIT_RULES.near_days ? 'near' : 'on_time'
}

/** The light of the village's own clock: near once the handover is due, late after its last day. */
export function handoverLight(receivedOn: string, today: string, calendar: WorkingCalendar): Light {
  if (today > handoverLatest(receivedOn, calendar).day) return 'late'
  return today >= handoverDue(receivedOn, calendar).day ? 'near' : 'on_time'
}
