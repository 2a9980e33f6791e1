/** Where somebody was sought today already: the household stays due, and gives way to those where nobody was yet. */
import type { DueHousehold } from '@/engine/api'
import { occurredMs } from '@/engine/sync/counting_facts'
import type { FieldRecord } from '@/engine/sync/record'
import { countDay } from '@/engine/days'

/** The list in its order, those that were tried today (未遇, a call) after the others. */
export function attemptedLast(
  due: readonly DueHousehold[],
  visitsOf: (household: string) => readonly FieldRecord[],
  today: string,
): DueHousehold[] {
  const tried = (one: DueHousehold): boolean =>
    visitsOf(one.household.id).some((visit) => !visit.void && wasOn(visit, today))
  return [...due.filter((one) => !tried(one)), ...due.filter(tried)]
}

function wasOn(visit: FieldRecord, day: string): boolean {
  return countDay(occurredMs(visit)) === day
}
