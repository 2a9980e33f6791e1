/**
 * How rounds and household visits are counted, by named rules; the twin of `grid_map/counting.py`. Instants are Unix
 * milliseconds of the corrected time at which something occurred, so a visit belongs to the day in which it occurred.
 */
import {
  ACCOMPANIED,
  COUNTED,
  countOf,
  HOUSEHOLD_DAY,
  NO_ATTEMPT,
  NO_HOUSEHOLD,
  NOT_COVERED_BY_OUTCOME,
  ROUND_ATTEMPTED,
  ROUND_UNKNOWN,
  SAME_DAY,
  SAME_OUTING,
  VOIDED,
  WORKER_HOUSEHOLD_DAY,
  type Count,
  type Explained,
  type Reason,
} from './counting_rules'
import { countDay, HOUR_MS, type Day } from '../days'
import type { VisitClass, VisitClasses } from './visit_classes'

export type Outcome = 'met' | 'not_home' | 'phone' | 'service_point' | 'seen'
export const ROUND_OPEN_HOURS = 3

/** What counting needs of a visit. `household` is null for a visit to a place. */
export interface VisitFact {
  id: string
  round: string | null
  workers: readonly string[]
  household: string | null
  grid: string
  village: string
  visitClass: string
  outcome: Outcome
  occurredAtMs: number
  voided: boolean
}

/** What counting needs of a round: one worker, one grid, one outing; `finishedAtMs` is its button. */
export interface RoundFact {
  id: string
  worker: string
  grid: string
  village: string
  startedAtMs: number
  finishedAtMs: number | null
  voided: boolean
}

/** Whether somebody stood at a household's door; so 未遇 attempts, a phone call does not. */
export function attempts(visit: VisitFact): boolean {
  return (
    !visit.voided &&
    visit.household !== null &&
    (visit.outcome === 'met' || visit.outcome === 'not_home' || visit.outcome === 'seen')
  )
}

/** Whether the visit can count for coverage and for what is due, other visits of that day aside. */
export function covers(visit: VisitFact, visitClass: VisitClass | undefined): boolean {
  return whyNot(visit, visitClass) === null
}

/** Whether this visit makes its round count for a worker: for the round's own, and for who came along. */
function credits(round: RoundFact, visit: VisitFact, worker: string): boolean {
  return !round.voided && attempts(visit) && (round.worker === worker || visit.workers.includes(worker))
}

/** When a round closes: by its button, or by itself 3 hours after its last visit (or start). */
export function roundClosesAt(
  round: { startedAtMs: number; finishedAtMs: number | null },
  lastVisitAtMs: number | null,
): number {
  const byItself =
    Math.max(round.startedAtMs, lastVisitAtMs ?? round.startedAtMs) + ROUND_OPEN_HOURS * HOUR_MS
  return round.finishedAtMs === null ? byItself : Math.min(round.finishedAtMs, byItself)
}

/** Household visits by the rule `household.day`; of several on one day the earliest counts. */
export function coverage(visits: Iterable<VisitFact>, classes: VisitClasses): Count {
  const taken = new Set<string>()
  const explained = [...visits].sort(inTime).map((visit): Explained => {
    const day = countDay(visit.occurredAtMs)
    let reason = whyNot(visit, classes.get(visit.visitClass)) ?? COUNTED
    if (reason === COUNTED) {
      const key = `${visit.household} ${day}`
      if (taken.has(key)) reason = SAME_DAY
      taken.add(key)
    }
    return { id: visit.id, day, counted: reason === COUNTED, reason, worker: null, visits: [] }
  })
  return countOf(HOUSEHOLD_DAY, explained)
}

/** One worker's household visits: coverage of the visits in which they took part. */
export function workerHouseholds(visits: Iterable<VisitFact>, classes: VisitClasses, worker: string): Count {
  const own = [...visits].filter((one) => one.workers.includes(worker))
  return countOf(WORKER_HOUSEHOLD_DAY, coverage(own, classes).explained)
}

/**
 * One worker's rounds by the rule `round.attempted`. Explains every round that is the worker's own or was accompanied,
 * and every visit of theirs whose round is not among `rounds`. `visits` may be everybody's.
 */
export function paceRounds(rounds: Iterable<RoundFact>, visits: Iterable<VisitFact>, worker: string): Count {
  const byId = new Map([...rounds].map((one) => [one.id, one]))
  const credited = new Map<string, string[]>()
  const present = new Set([...byId.values()].filter((one) => one.worker === worker))
  const explained: Explained[] = []
  for (const visit of visits) {
    const round = visit.round === null ? undefined : byId.get(visit.round)
    const tookPart = visit.workers.includes(worker)
    if (!round) {
      if (tookPart) explained.push(withoutRound(visit, worker))
      continue
    }
    if (tookPart) present.add(round)
    if (credits(round, visit, worker)) {
      const others = credited.get(round.id)
      if (others) others.push(visit.id)
      else credited.set(round.id, [visit.id])
    }
  }
  explained.push(...explainRounds([...present], credited, worker))
  return countOf(
    ROUND_ATTEMPTED,
    explained.sort((one, other) => order(one.day, other.day) || order(one.id, other.id)),
  )
}

function withoutRound(visit: VisitFact, worker: string): Explained {
  const reason = visit.voided ? VOIDED : ROUND_UNKNOWN
  return { id: visit.id, day: countDay(visit.occurredAtMs), counted: false, reason, worker, visits: [] }
}

/** Own rounds first, so that an accompanied one is the one that is not added up. */
function explainRounds(
  rounds: RoundFact[],
  credited: ReadonlyMap<string, string[]>,
  worker: string,
): Explained[] {
  const tally = new Map<string, { own: number; accompanied: number }>()
  rounds.sort(
    (one, other) =>
      Number(one.worker !== worker) - Number(other.worker !== worker) ||
      one.startedAtMs - other.startedAtMs ||
      order(one.id, other.id),
  )
  return rounds.map((round) => {
    const day: Day = countDay(round.startedAtMs)
    const made = credited.get(round.id)
    if (!made) {
      const reason = round.voided ? VOIDED : NO_ATTEMPT
      return { id: round.id, day, counted: false, reason, worker, visits: [] }
    }
    const key = `${day} ${round.grid}`
    const before = tally.get(key) ?? { own: 0, accompanied: 0 }
    const isOwn = round.worker === worker
    const after = {
      own: before.own + Number(isOwn),
      accompanied: before.accompanied + Number(!isOwn),
    }
    tally.set(key, after)
    const counted = paceOfCounts(after) > paceOfCounts(before)
    const reason = !counted ? SAME_OUTING : isOwn ? COUNTED : ACCOMPANIED
    return { id: round.id, day, counted, reason, worker, visits: [...made].sort() }
  })
}

/** Where two go together and both phones open a round, each has one own and one accompanied round: it is one. */
function paceOfCounts(rounds: { own: number; accompanied: number }): number {
  return Math.max(rounds.own, rounds.accompanied)
}

function whyNot(visit: VisitFact, visitClass: VisitClass | undefined): Reason | null {
  if (visit.voided) return VOIDED
  if (visit.household === null) return NO_HOUSEHOLD
  if (visit.outcome === 'met') return null
  if (visit.outcome === 'seen' && visitClass?.seeing_the_place_is_enough) return null
  return NOT_COVERED_BY_OUTCOME[visit.outcome]
}

function inTime(one: VisitFact, other: VisitFact): number {
  return one.occurredAtMs - other.occurredAtMs || order(one.id, other.id)
}

function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
