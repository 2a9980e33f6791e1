/**
 * Visit classes and what is due when; the twin of `grid_map/visit_classes.py`. The table is data
 * (`data/visit_classes.json`). A visit is overdue after the last day of the first period that no counted visit covers;
 * a special event makes one due within `special_event_hours`. A list shows `list_reason` (按期走访), never the class.
 */
import table from '../data/visit_classes.json'
import { addDays, countDay, dayNumber, HOUR_MS, monthLastDay, type Day } from '../days'

export type PeriodKind = 'half_year' | 'month' | 'iso_week'
export const NEUTRAL_REASON = '按期走访'
export const DEFAULT_CLASS = 'ordinary'
const SPECIAL_EVENT_HOURS = 24

/** One class of households. `key` is stored in records; the labels are for people. */
export interface VisitClass {
  key: string
  label: string
  label_en: string
  period: PeriodKind
  seeing_the_place_is_enough?: boolean
  list_reason?: string
  special_event_hours?: number
}

/** A span in which one counted visit is enough, both days included. `key`: 2026-H1, 2026-03, 2026-W09. */
export interface Period {
  key: string
  firstDay: Day
  lastDay: Day
}

/** When a household is to be seen; `deadlineMs` where a special event asks for it sooner. */
export interface Due {
  firstDay: Day
  lastDay: Day
  reason: string
  deadlineMs: number | null
}

/** The table of classes, looked up by key. */
export class VisitClasses implements Iterable<VisitClass> {
  private readonly byKey: ReadonlyMap<string, VisitClass>

  constructor(classes: Iterable<VisitClass>) {
    this.byKey = new Map([...classes].map((one) => [one.key, one]))
  }

  [Symbol.iterator](): Iterator<VisitClass> {
    return this.byKey.values()
  }

  get(key: string): VisitClass | undefined {
    return this.byKey.get(key)
  }

  /** The class of a key; one that the table does not have counts as the ordinary one. */
  orDefault(key: string): VisitClass {
    const found = this.byKey.get(key) ?? this.byKey.get(DEFAULT_CLASS)
    if (!found) throw new RangeError(`the table of visit classes has no ${DEFAULT_CLASS}`)
    return found
  }
}

const PERIODS: Record<string, PeriodKind> = { half_year: 'half_year', month: 'month', iso_week: 'iso_week' }

/** The default classes of the domain notes, Rounds and visits. */
export const VISIT_CLASSES = new VisitClasses(
  table.map((one) => ({ ...one, period: PERIODS[one.period] ?? 'month' })),
)

/** The class's period that holds the day. An ISO week belongs to the year of its Thursday (ISO 8601). */
export function periodOf(visitClass: VisitClass, day: Day): Period {
  const lastDay = periodLastDay(visitClass, day)
  const year = day.slice(0, 4)
  if (visitClass.period === 'half_year') {
    const first = lastDay.slice(5, 7) === '06'
    return { key: `${year}-H${first ? 1 : 2}`, firstDay: `${year}-${first ? '01' : '07'}-01`, lastDay }
  }
  if (visitClass.period === 'month') {
    return { key: day.slice(0, 7), firstDay: `${day.slice(0, 7)}-01`, lastDay }
  }
  const thursday = addDays(lastDay, -3)
  const week = Math.floor((dayNumber(thursday) - dayNumber(`${thursday.slice(0, 4)}-01-01`)) / 7) + 1
  const key = `${thursday.slice(0, 4)}-W${String(week).padStart(2, '0')}`
  return { key, firstDay: addDays(lastDay, -6), lastDay }
}

/**
 * The last day of the first period that is not covered yet. `since`: from when the class holds for the household;
 * `lastCounted`: the latest day on which a visit counted. Periods missed before it are not asked for again.
 */
export function nextDueDay(visitClass: VisitClass, lastCounted: Day | null, since: Day): Day {
  if (lastCounted === null) return periodLastDay(visitClass, since)
  const coveredTo = periodLastDay(visitClass, lastCounted)
  return periodLastDay(visitClass, coveredTo >= since ? addDays(coveredTo, 1) : since)
}

/** The same as `nextDueDay`, with the first day and the reason that a list may show. */
export function nextDue(visitClass: VisitClass, lastCounted: Day | null, since: Day): Due {
  const period = periodOf(visitClass, nextDueDay(visitClass, lastCounted, since))
  return {
    firstDay: period.firstDay > since ? period.firstDay : since,
    lastDay: period.lastDay,
    reason: visitClass.list_reason ?? NEUTRAL_REASON,
    deadlineMs: null,
  }
}

/** Until when a special event asks for a visit; null when one at or after it has counted. */
export function eventDeadlineMs(
  visitClass: VisitClass,
  eventAtMs: number,
  lastCountedMs: number | null,
): number | null {
  if (lastCountedMs !== null && lastCountedMs >= eventAtMs) return null
  return eventAtMs + (visitClass.special_event_hours ?? SPECIAL_EVENT_HOURS) * HOUR_MS
}

/** A due visit brought forward by a special event and its deadline; null leaves it as it was. */
export function withEvent(due: Due, eventAtMs: number, deadlineMs: number | null): Due {
  if (deadlineMs === null) return due
  const [happened, until] = [countDay(eventAtMs), countDay(deadlineMs)]
  return {
    firstDay: happened < due.firstDay ? happened : due.firstDay,
    lastDay: until < due.lastDay ? until : due.lastDay,
    reason: due.reason,
    deadlineMs,
  }
}

export function isOverdue(due: Due, nowMs: number, today: Day): boolean {
  return today > due.lastDay || (due.deadlineMs !== null && nowMs > due.deadlineMs)
}

function periodLastDay(visitClass: VisitClass, day: Day): Day {
  switch (visitClass.period) {
    case 'half_year':
      return day.slice(5, 7) <= '06' ? `${day.slice(0, 4)}-06-30` : `${day.slice(0, 4)}-12-31`
    case 'month':
      return monthLastDay(day)
    case 'iso_week': {
      // 1970-01-04, day 3, was a Sunday
      const number = dayNumber(day)
      return addDays(day, (((3 - number) % 7) + 7) % 7)
    }
  }
}
