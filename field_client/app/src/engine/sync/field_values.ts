/** A record's values as casework wants them: a text where the wire may have brought nothing. */
import { objectOf, textIn, textsIn, type Fields } from './record'

export { textsIn as texts }

/** A field's text; empty where it has none. */
export function text(values: Fields, field: string): string {
  return textIn(values, field) ?? ''
}

/** A field's text; null where it has none, as drafts and the interface say it. */
export function textOrNull(values: Fields, field: string): string | null {
  return textIn(values, field) ?? null
}

/** The objects of a list; empty where it is none. */
export function objects(values: Fields, field: string): Fields[] {
  const value = values[field]
  return Array.isArray(value) ? value.map(objectOf).filter((one) => one !== undefined) : []
}
