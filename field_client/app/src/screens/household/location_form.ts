/** A record's location as a form holds it. */
import type { Value } from '@/engine/field_values'

/** Null where there is none; members that are neither text nor number are not part of a location. */
export function locationForm(location: Value | undefined): Record<string, string | number> | null {
  if (location === null || typeof location !== 'object' || Array.isArray(location)) return null
  const members = Object.entries(location).filter(
    (one): one is [string, string | number] => typeof one[1] === 'string' || typeof one[1] === 'number',
  )
  return Object.fromEntries(members)
}
