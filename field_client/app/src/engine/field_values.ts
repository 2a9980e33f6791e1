/** Reading a record's values, which are whatever the wire brought, as the texts and objects that rules and screens want. */

/** A value of a field as JSON has it; fractions travel as text. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value }
export type Fields = Record<string, Value>

/** A field's text; undefined where it has none. */
export function textIn(values: Fields, field: string): string | undefined {
  const value = values[field]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A field's text; empty where it has none. */
export function text(values: Fields, field: string): string {
  return textIn(values, field) ?? ''
}

/** A field's text; null where it has none, as drafts and the interface say it. */
export function textOrNull(values: Fields, field: string): string | null {
  return textIn(values, field) ?? null
}

/** The texts of a list; empty where it is none. */
export function texts(values: Fields, field: string): string[] {
  const value = values[field]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** The objects of a list; empty where it is none. */
export function objects(values: Fields, field: string): Fields[] {
  const value = values[field]
  return Array.isArray(value) ? value.map(objectOf).filter((one) => one !== undefined) : []
}

/** A value that is an object; undefined where it is not. */
export function objectOf(value: Value | undefined): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}
