/** What a worker did today, out of what was captured: nothing is typed for it. */
import type { VisitOutcome } from '@/engine/api'
import { occurredMs } from '@/engine/sync/counting_facts'
import type { FieldRecord } from '@/engine/sync/record'
import { countDay } from '@/engine/days'
import { text, texts } from '@/parts/plain'
import { OUTCOMES } from '@/screens/visit/choices'

export interface RoundSummary {
  visits: number
  households: number
  findings: number
  cases: number
  byOutcome: { outcome: VisitOutcome; number: number }[]
}

/** One's own visits of a day, those made as a companion too, the latest first. */
export function visitsOfDay(visits: readonly FieldRecord[], worker: string, day: string): FieldRecord[] {
  return visits
    .filter((one) => one.values.worker === worker || texts(one.values.companions).includes(worker))
    .filter((one) => countDay(occurredMs(one)) === day)
    .sort((one, other) => occurredMs(other) - occurredMs(one))
}

/** The figures of some visits; a household that was seen twice is one household. */
export function summaryOf(visits: readonly FieldRecord[]): RoundSummary {
  const households = new Set(visits.map((one) => text(one.values.household)).filter(Boolean))
  const cases = new Set(visits.flatMap((one) => texts(one.values.cases)))
  const findings = visits.map((one) => (Array.isArray(one.values.findings) ? one.values.findings.length : 0))
  return {
    visits: visits.length,
    households: households.size,
    findings: findings.reduce((sum, one) => sum + one, 0),
    cases: cases.size,
    byOutcome: OUTCOMES.map((outcome) => ({
      outcome,
      number: visits.filter((one) => one.values.outcome === outcome).length,
    })).filter((one) => one.number > 0),
  }
}
