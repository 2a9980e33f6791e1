/**
 * A worker's yearly pace: the threshold × available days so far ÷ available days of the year; the twin of
 * `grid_map/pace.py`. Days at the window, leave and holidays are not available days. A yearly figure, never a quota.
 */
import type { RuleKey } from './counting_rules'
import { addDays, type Day } from '../days'

/** True, false, or null for a day of a year that is not published. */
export type IsWorkingDay = (day: Day) => boolean | null

/** The threshold a year and what it counts. */
export interface PaceTarget {
  threshold: number
  unit: 'round' | 'household_visit'
}
export const DEFAULT_TARGET: PaceTarget = { threshold: 180, unit: 'round' }

/** A worker works in a village from the first to the last day, both included; null is an open end. */
export interface PaceAssignment {
  village: string
  firstDay: Day
  lastDay: Day | null
}

/** What is known of a worker's days. The rota is complete up to `rotaUntil`; null: for the whole year. */
export interface Availability {
  windowDays: ReadonlySet<Day>
  leaveDays: ReadonlySet<Day>
  rotaUntil: Day | null
  /** The share of days at the window that is assumed beyond the rota. */
  windowShareAssumed: number
}

/** One village's part of a pace. Days are available days; `expected` is what they make so far. */
export interface VillagePace {
  village: string
  done: number
  expected: number
  daysSoFar: number
  daysOfYear: number
}

/** `yearTarget` and `expected` are null when the calendar is not published; `estimated`: days were assumed. */
export interface Pace {
  rule: RuleKey
  done: number
  expected: number | null
  yearTarget: number | null
  estimated: boolean
  villages: VillagePace[]
}

/**
 * The pace of one worker on `today`, within its calendar year. `done` is the number counted so far this year, for each
 * village. Where assignments overlap, the one that began last has the day.
 */
export function yearlyPace(
  target: PaceTarget,
  assignments: readonly PaceAssignment[],
  availability: Availability,
  isWorkingDay: IsWorkingDay,
  today: Day,
  done: ReadonlyMap<string, number>,
): Pace {
  const rule: RuleKey = target.unit === 'round' ? 'round.attempted' : 'household.day.worker'
  const total = [...done.values()].reduce((sum, one) => sum + one, 0)
  const days = daysOfYear(today)
  const answers = days.map(isWorkingDay)
  if (answers.includes(null)) {
    const villages = [...done.keys()].sort().map((village) => part(village, done, 0, 0, 0))
    return { rule, done: total, expected: null, yearTarget: null, estimated: true, villages }
  }
  const working = days.filter((_, index) => answers[index])
  const placed = placedDays(working, assignments)
  const yearTarget = working.length ? (target.threshold * placed.size) / working.length : 0
  const yearEnd = days[days.length - 1] ?? today
  const ofYear = byVillage(placed, availability, yearEnd)
  const soFar = byVillage(placed, availability, today)
  const allDays = sum(ofYear)
  const expectedOf = (some: number) => (allDays ? (yearTarget * some) / allDays : 0)
  const partOf = (village: string) => {
    const daysSoFar = soFar.get(village) ?? 0
    return part(village, done, expectedOf(daysSoFar), daysSoFar, ofYear.get(village) ?? 0)
  }
  const villages = [...new Set([...ofYear.keys(), ...done.keys()])].sort().map(partOf)
  return {
    rule,
    done: total,
    expected: expectedOf(sum(soFar)),
    yearTarget: allDays ? yearTarget : 0,
    estimated: availability.rotaUntil !== null && availability.rotaUntil < yearEnd,
    villages,
  }
}

function part(
  village: string,
  done: ReadonlyMap<string, number>,
  expected: number,
  daysSoFar: number,
  ofYear: number,
): VillagePace {
  return { village, done: done.get(village) ?? 0, expected, daysSoFar, daysOfYear: ofYear }
}

function daysOfYear(today: Day): Day[] {
  const year = today.slice(0, 4)
  const days: Day[] = []
  for (let day: Day = `${year}-01-01`; day.startsWith(year); day = addDays(day, 1)) days.push(day)
  return days
}

function placedDays(working: readonly Day[], assignments: readonly PaceAssignment[]): Map<Day, string> {
  const placed = new Map<Day, string>()
  const inOrder = [...assignments].sort((one, other) =>
    `${one.firstDay} ${one.village}` < `${other.firstDay} ${other.village}` ? -1 : 1,
  )
  for (const { village, firstDay, lastDay } of inOrder) {
    for (const day of working) {
      if (firstDay <= day && (lastDay === null || day <= lastDay)) placed.set(day, village)
    }
  }
  return placed
}

/** How much of a working day is available for rounds: 0 or 1, or the assumed share beyond the rota. */
function availableOn(availability: Availability, day: Day): number {
  if (availability.windowDays.has(day) || availability.leaveDays.has(day)) return 0
  const beyond = availability.rotaUntil !== null && day > availability.rotaUntil
  return beyond ? 1 - availability.windowShareAssumed : 1
}

function byVillage(
  placed: ReadonlyMap<Day, string>,
  availability: Availability,
  until: Day,
): Map<string, number> {
  const days = new Map<string, number>()
  for (const [day, village] of placed) {
    if (day <= until) days.set(village, (days.get(village) ?? 0) + availableOn(availability, day))
  }
  return days
}

function sum(days: ReadonlyMap<string, number>): number {
  return [...days.values()].reduce((all, one) => all + one, 0)
}
