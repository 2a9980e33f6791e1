/** The state of a household on a day; the twin of the part of `grid_map/coverage.py` that one phone needs. */
import type { VisitFact } from './counting'
import { covers } from './counting'
import { countDay, type Day } from '../days'
import type { Period, VisitClasses } from './visit_classes'

export type CoverageState = 'done' | 'due' | 'overdue'

/** done: the period that holds today is covered; overdue: the first uncovered one has passed; due: neither. */
export function stateOf(nextDue: Day, period: Period, today: Day): CoverageState {
  if (nextDue < today) return 'overdue'
  return nextDue > period.lastDay ? 'done' : 'due'
}

/** The latest visit that counted for a household: its day (up to the day asked for) and its instant. */
export interface LastCounted {
  day: Day | null
  atMs: number
}

/** For each household its latest counted day up to and with `until`, and its latest counted instant at all. */
export function lastCounted(
  visits: Iterable<VisitFact>,
  classes: VisitClasses,
  until: Day,
): Map<string, LastCounted> {
  const latest = new Map<string, LastCounted>()
  for (const visit of visits) {
    if (visit.household === null || !covers(visit, classes.get(visit.visitClass))) continue
    const day = countDay(visit.occurredAtMs)
    const before = latest.get(visit.household)
    latest.set(visit.household, {
      day: day <= until && day > (before?.day ?? '') ? day : (before?.day ?? null),
      atMs: Math.max(visit.occurredAtMs, before?.atMs ?? 0),
    })
  }
  return latest
}
