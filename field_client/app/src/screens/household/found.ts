/** Results of a search as cards: a household once, with those of its people who were found. */
import type { Found } from '@/engine/api'
import type { FieldRecord } from '@/engine/sync/record'
import { text } from '@/parts/plain'

export interface FoundHousehold {
  household: FieldRecord
  people: string[]
}

/** In the order in which they were found; what belongs to no household here is left out. */
export function grouped(found: readonly Found[]): FoundHousehold[] {
  const byHousehold = new Map<string, FoundHousehold>()
  for (const { record, household } of found) {
    if (household === undefined) continue
    const card = byHousehold.get(household.id) ?? { household, people: [] }
    byHousehold.set(household.id, card)
    if (record.kind === 'resident') card.people.push(text(record.values.name))
  }
  return [...byHousehold.values()]
}
