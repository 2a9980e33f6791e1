/** What a form of texts changes in a record. */
import type { Fields } from '@/engine/field_values'
import { text } from './plain'

/** Only what differs from the record; what was emptied is cleared by null. */
export function changedFields(before: Fields, form: Readonly<Record<string, string>>): Fields {
  const changed: Fields = {}
  for (const [field, typed] of Object.entries(form)) {
    const value = typed.trim()
    if (value !== text(before[field]).trim()) changed[field] = value || null
  }
  return changed
}

/** The fields of a new record: what was left empty is left out. */
export function filledFields(form: Readonly<Record<string, string>>): Fields {
  const filled: Fields = {}
  for (const [field, typed] of Object.entries(form)) {
    if (typed.trim()) filled[field] = typed.trim()
  }
  return filled
}

/** A record's fields as a form of texts holds them. */
export function formOf<Field extends string>(
  values: Fields,
  fields: readonly Field[],
): Record<Field, string> {
  return Object.fromEntries(fields.map((one) => [one, text(values[one])])) as Record<Field, string>
}
