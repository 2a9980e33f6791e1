/**
 * Suspected duplicates: the same person, the same item, an equal duplicate key, both open; the twin of
 * `forms/handling/duplicates.py`. It stays a suspicion: both cases stand, and a person links or separates them.
 */
import type { Value } from '../../field_values'
import { byCodePoint, sha256Hex } from '../../text'
import type { Item } from '../catalogue'

/** What Python's `str.split()` parts at. */
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g

/**
 * A text that is equal for cases which may be one and the same: the SHA-256 (hexadecimal) of the item's key, the person
 * and the answers of the item's duplicate key. `person` is opaque: a resident's id, or a keyed hash. `answers` are flat.
 */
export function duplicateFingerprint(
  item: Pick<Item, 'key' | 'duplicate_key'>,
  person: string,
  answers: { readonly [path: string]: Value },
): string {
  const distinguishing = (item.duplicate_key ?? []).map((path) => compared(answers[path]))
  return sha256Hex(JSON.stringify([item.key, person, distinguishing]))
}

function compared(value: Value | undefined): Value {
  if (typeof value === 'string') return comparedText(value) || null
  if (Array.isArray(value)) return value.length ? value.map(comparedPart).sort(byCodePoint) : null
  return value ?? null
}

function comparedPart(part: Value): string {
  const text = typeof part === 'string' ? comparedText(part) : String(part)
  return text || 'None' // as the other implementation writes a blank part
}

function comparedText(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(SPACES, '')
}
