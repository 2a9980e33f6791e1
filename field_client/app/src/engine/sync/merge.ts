/**
 * Field by field: what an operation does to a record that others may have changed meanwhile. The twin of `sync/merge.py`.
 *
 * A field has changed since when its present value is neither the seen nor the new one. Descriptive records: the later
 * clock wins. Cases: the first value stands and a person chooses. Applying adds exactly one to the revision.
 */
import { KINDS, type Kind } from './kinds'
import type { Operation } from './operation'
import { objectOf, textIn, type Fields, type Value } from '../field_values'
import {
  changedSet,
  normalisedSet,
  revisionOf,
  sameValue,
  stampOf,
  wasSeen,
  type FieldRecord,
  type Stamp,
} from './record'

/** A field on which an operation and the record differ, for a person to settle. */
export interface Disagreement {
  field: string
  seen: Value
  standing: Value
  offered: Value
}

/** What merging did: whether others had changed the record too, what lost, and what a person must settle. */
export interface Merged {
  others_changed: boolean
  overruled: string[]
  disagreements: Disagreement[]
  set_fields: string[]
}

/** The record that a create makes, in the village that it names; `apply` finds its grid. */
export function createdRecord(
  operation: Operation,
  device: string,
  worker: string,
  stamp: Stamp,
  receivedMs: number,
): FieldRecord {
  const sets = KINDS.get(operation.kind)?.sets ?? new Set()
  const values: Fields = {}
  for (const [field, value] of Object.entries(operation.fields ?? {}))
    if (value !== null) values[field] = sets.has(field) ? setAfter([], value) : value
  return {
    id: operation.record,
    kind: operation.kind,
    village: operation.village,
    holder: textIn(values, 'holder') ?? textIn(values, 'worker') ?? null,
    revision: 1,
    by: worker,
    created: stamp,
    origin: [device, operation.counter],
    received_ms: receivedMs,
    offset_ms: operation.offset_ms,
    values,
  }
}

/** Apply a change to the record in place. `contested` are fields in an open conflict that this device opened. */
export function mergeChange(
  record: FieldRecord,
  operation: Operation,
  stamp: Stamp,
  contested: ReadonlySet<string> = new Set(),
): Merged {
  const merged: Merged = { others_changed: false, overruled: [], disagreements: [], set_fields: [] }
  const kind = KINDS.get(record.kind)
  for (const [field, value] of Object.entries(operation.fields ?? {}))
    if (kind?.sets.has(field)) mergeSet(record, field, value, stamp, merged)
    else mergeField(record, kind, field, value, operation.seen?.[field], stamp, merged, contested.has(field))
  record.revision = revisionOf(record) + 1
  return merged
}

/** Take a record back, unless it has changed since the worker saw it; two voids agree. */
export function mergeVoid(record: FieldRecord, operation: Operation, worker: string, stamp: Stamp): Merged {
  const merged: Merged = { others_changed: false, overruled: [], disagreements: [], set_fields: [] }
  const before = revisionOf(record)
  record.revision = before + 1
  if (record.void != null) {
    merged.others_changed = true
    return merged
  }
  const seen = operation.seen?.revision ?? null
  if (typeof seen !== 'number' || before > seen)
    merged.disagreements.push({ field: 'void', seen, standing: null, offered: operation.reason ?? null })
  else record.void = { reason: operation.reason ?? '', by: worker, clock: stamp[0] }
  return merged
}

/** A set as it will be, whether it is written whole or changed by `add` and `remove`. */
export function setAfter(present: Value | undefined, value: Value | undefined): string[] {
  const change = objectOf(value)
  return change === undefined ? normalisedSet(value) : changedSet(present, change)
}

function mergeSet(record: FieldRecord, field: string, value: Value, stamp: Stamp, merged: Merged): void {
  const present = record.values[field]
  const members = setAfter(present, value)
  if (!sameValue(members, present ?? [])) {
    record.values[field] = members
    merged.set_fields.push(field)
  }
  stamped(record, field, later(stamp, stampOf(record, field)))
}

function mergeField(
  record: FieldRecord,
  kind: Kind | undefined,
  field: string,
  value: Value,
  seen: Value | undefined,
  stamp: Stamp,
  merged: Merged,
  contested: boolean,
): void {
  const present = record.values[field]
  const seenIt = wasSeen(present, seen)
  const standing = stampOf(record, field)
  if (sameValue(present, value) && !contested) {
    merged.others_changed ||= !seenIt
    stamped(record, field, later(stamp, standing))
    return
  }
  if (seenIt && !contested) {
    setValue(record, field, value, after(stamp, standing))
    merged.set_fields.push(field)
    return
  }
  merged.others_changed = true
  if (kind?.merging === 'a person') {
    merged.disagreements.push({ field, seen: seen ?? null, standing: present ?? null, offered: value })
  } else if (isLater(stamp, standing) || stamp[1] === standing[1]) {
    setValue(record, field, value, after(stamp, standing))
    merged.set_fields.push(field)
  } else {
    merged.overruled.push(field)
  }
}

function isLater(one: Stamp, other: Stamp): boolean {
  return one[0] > other[0] || (one[0] === other[0] && one[1] > other[1])
}

function later(one: Stamp, other: Stamp): Stamp {
  return isLater(one, other) ? one : other
}

/** The stamp of a value that takes the standing one's place: its own setter, with a clock that never goes back. */
export function after(stamp: Stamp, standing: Stamp): Stamp {
  return stamp[0] >= standing[0] ? stamp : [standing[0], stamp[1]]
}

/** Set one field and who set it; null clears it. */
export function setValue(record: FieldRecord, field: string, value: Value, stamp: Stamp): void {
  const others = Object.entries(record.values).filter(([name]) => name !== field)
  record.values = Object.fromEntries(value === null ? others : [...others, [field, value]])
  stamped(record, field, stamp)
}

function stamped(record: FieldRecord, field: string, stamp: Stamp): void {
  record.clocks = { ...record.clocks, [field]: stamp }
}
