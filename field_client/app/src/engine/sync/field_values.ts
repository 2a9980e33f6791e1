/** Reading a record's values, which are whatever the wire brought, as the texts that casework wants. */
import type { Fields, Value } from './record'

/** A field's text; empty where it has none. */
export function text(values: Fields, field: string): string {
  const value = values[field]
  return typeof value === 'string' ? value : ''
}

/** A field's text; null where it has none. */
export function textOrNull(values: Fields, field: string): string | null {
  return text(values, field) || null
}

/** The texts of a list; empty where it is none. */
export function texts(values: Fields, field: string): string[] {
  const value = values[field]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** The objects of a list; empty where it is none. */
export function objects(values: Fields, field: string): Fields[] {
  const value = values[field]
  return Array.isArray(value) ? value.filter(isObject) : []
}

export function isObject(value: Value | undefined): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
