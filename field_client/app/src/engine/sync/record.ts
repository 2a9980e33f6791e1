/** Records: the latest state of one thing, as the server merged it (docs/protocol.md, Changes). */
import { objectOf, textIn, texts, type Fields, type Value } from '../field_values'
import { COMMON } from './scope'
import { KINDS } from './kinds'
import { byCodePoint, sha256Hex } from '../text'

/** Who set a value last: the clock as it counts in merging, then the device (which breaks ties). */
export type Stamp = [clock: string, device: string]

/** A record that was taken back: why, by whom and when. Nothing is erased by it. */
export interface Voiding {
  reason: string
  by: string
  clock: string
}

/**
 * One record. `village` and `grid` say where it is now; `holder` who has it in hand. `revision` counts the operations
 * applied to it; left out at 1. `clocks` holds a stamp for each field changed since the creation.
 */
export interface FieldRecord {
  id: string
  kind: string
  village: string
  grid?: string | null
  holder?: string | null
  revision?: number
  by: string
  created: Stamp
  origin: [device: string, counter: number]
  received_ms?: number
  offset_ms?: number
  values: Fields
  clocks?: Record<string, Stamp>
  conflicts?: string[]
  void?: Voiding | null
  /** Digests of files that the record names and the server has. */
  arrived?: string[]
}

const LONG_TEXT_BYTES = 256
const SEEN_DIGEST = 'sha256:'
/** The part of what stands in no grid and names a resident: only its holder sees it. */
const NOWHERE = '-'

export function revisionOf(record: FieldRecord): number {
  return record.revision ?? 1
}

/** Who set the field last; a field untouched since the creation counts as set by it. */
export function stampOf(record: FieldRecord, field: string): Stamp {
  return record.clocks?.[field] ?? record.created
}

/** Whether two values are the same: lists in their order, objects by member. */
export function sameValue(one: Value | undefined, other: Value | undefined): boolean {
  if (one === other) return true
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((value, at) => sameValue(value, other[at]))
    )
  const left = objectOf(one)
  const right = objectOf(other)
  if (left === undefined || right === undefined) return (one ?? null) === (other ?? null)
  const names = Object.keys(left)
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && sameValue(left[name], right[name]))
  )
}

/** A value as `seen` carries it: itself, or for a long text its SHA-256. */
export function seenForm(value: Value | undefined): Value {
  if (typeof value === 'string' && value.length > LONG_TEXT_BYTES / 4) {
    const encoded = new TextEncoder().encode(value)
    if (encoded.length > LONG_TEXT_BYTES) return SEEN_DIGEST + sha256Hex(encoded)
  }
  return value ?? null
}

/** Whether the present value is the one that the worker saw. */
export function wasSeen(present: Value | undefined, seen: Value | undefined): boolean {
  if (sameValue(present, seen)) return true
  return typeof seen === 'string' && seen.startsWith(SEEN_DIGEST) && seenForm(present) === seen
}

/** Its part of the village: its grid, `common` (it names no resident), or `-` (only its holder sees it). */
export function partOf(record: FieldRecord): string {
  if (record.grid) return record.grid
  const kind = KINDS.get(record.kind)
  return kind !== undefined && !kind.names_resident ? COMMON : NOWHERE
}

/** The record whose place this one follows: a resident's household, a case's, a conflict's subject; else null. */
export function parentOf(record: FieldRecord): string | null {
  const named = (...fields: string[]): string | null => {
    for (const field of fields) {
      const found = textIn(record.values, field)
      if (found !== undefined) return found
    }
    return null
  }
  switch (record.kind) {
    case 'resident':
    case 'request':
      return named('household')
    case 'case':
      return named('household', 'resident')
    case 'task':
      return named('household', 'resident', 'case')
    case 'conflict':
      return named('subject')
    case 'duplicate':
      return named('first')
    default:
      return null
  }
}

/** A set field's stored form: sorted, each member once. */
export function normalisedSet(value: Value | undefined): string[] {
  return sorted(Array.isArray(value) ? value : [])
}

/** A set after `{"add": […], "remove": […]}`, in the server's order. */
export function changedSet(present: Value | undefined, change: Fields): string[] {
  const removed = new Set(texts(change, 'remove'))
  const members = [...(Array.isArray(present) ? present : []), ...texts(change, 'add')]
  return sorted(members.filter((member) => typeof member !== 'string' || !removed.has(member)))
}

function sorted(members: readonly Value[]): string[] {
  return [...new Set(members.filter((member) => typeof member === 'string'))].sort(byCodePoint)
}
