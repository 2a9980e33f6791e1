/** What may be chosen in a visit; the words are in src/text/visit.ts under the same keys. */
import type { Disposition, FindingType, VisitOutcome } from '@/engine/api'

export const OUTCOMES: readonly VisitOutcome[] = ['met', 'not_home', 'seen', 'service_point', 'phone']
export const FINDING_TYPES: readonly FindingType[] = [
  'dispute',
  'request',
  'suggestion',
  'security',
  'fire',
  'environment',
  'other',
]
export const DISPOSITIONS: readonly Disposition[] = ['on_the_spot', 'taken_along', 'reported']

/** Whether somebody was spoken to, so that it can be said who. */
export function speaksToSomebody(outcome: VisitOutcome): boolean {
  return outcome === 'met' || outcome === 'service_point' || outcome === 'phone'
}
