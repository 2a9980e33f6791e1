/** Which fields of a rejected operation are to be put right, and what is sent again. */
import type { Entry } from '@/engine/api'
import { KINDS } from '@/engine/sync/kinds'
import type { Fields } from '@/engine/field_values'
import { placeOf } from '@/parts/form/problems_at'

/** The marked fields first (also those that were left out), then the others that it sets. */
export function fieldsToMend(entry: Pick<Entry, 'kind' | 'problems' | 'fields'>): {
  marked: string[]
  others: string[]
} {
  const kind = KINDS.get(entry.kind)
  const marked = new Set<string>()
  for (const problem of entry.problems) {
    const place = placeOf(problem.pointer)
    const field = fieldNamed(place, entry.fields)
    if (field || (place && kind && Object.hasOwn(kind.fields, place))) marked.add(field ?? place)
  }
  const others = Object.keys(entry.fields).filter((field) => !marked.has(field))
  return { marked: [...marked], others }
}

/** A pointer may go into a field (`findings/0/text`): the field is the longest one that it begins with. */
function fieldNamed(place: string, fields: Fields): string | undefined {
  return Object.keys(fields)
    .filter((field) => place === field || place.startsWith(`${field}/`))
    .sort((one, other) => other.length - one.length)[0]
}

/** What differs from what was rejected; null leaves a field out. */
export function changedFields(before: Fields, after: Fields): Fields {
  return Object.fromEntries(
    Object.entries(after).filter(
      ([field, value]) => JSON.stringify(before[field] ?? null) !== JSON.stringify(value),
    ),
  )
}
