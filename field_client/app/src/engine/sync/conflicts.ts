/**
 * Conflicts: records beside the case that they are about, settled by a person's choice. The twin of `sync/conflicts.py`.
 *
 * One open conflict a field; the standing value stays in the case until somebody chooses.
 */
import { derived } from './ids'
import { after, setValue, type Disagreement } from './merge'
import type { Operation } from './operation'
import { objectOf, textIn, type Fields } from '../field_values'
import { revisionOf, stampOf, type FieldRecord, type Stamp } from './record'
import type { Author, World } from './world'

/** What each device offered in a conflict, in their order; the first one opened it. */
export function offersOf(conflict: FieldRecord): Fields[] {
  const offered = conflict.values.offered
  return Array.isArray(offered) ? offered.map(objectOf).filter((one) => one !== undefined) : []
}

function openConflicts(world: World, record: FieldRecord): FieldRecord[] {
  return (record.conflicts ?? []).map((one) => world.get(one)).filter((one) => one !== undefined)
}

/** Fields in an open conflict that this device opened: its further operations on them join it. */
export function contestedFields(world: World, record: FieldRecord, device: string): Set<string> {
  const opened = openConflicts(world, record).filter((one) => offersOf(one)[0]?.device === device)
  return new Set(opened.map((one) => textIn(one.values, 'field')).filter((field) => field !== undefined))
}

/** Offer a value in the field's open conflict, or open one; the conflict's id. */
export function openOrJoin(
  world: World,
  record: FieldRecord,
  disagreement: Disagreement,
  operation: Operation,
  author: Author,
  stamp: Stamp,
): string {
  const offer: Fields = {
    value: disagreement.offered,
    worker: author.worker,
    device: author.device,
    clock: stamp[0],
    operation: operation.id,
  }
  for (const conflict of openConflicts(world, record)) {
    if (conflict.values.field !== disagreement.field) continue
    const offered = offersOf(conflict)
    const others = offered.filter((one) => one.device !== author.device)
    conflict.values.offered = offered[0]?.device === author.device ? [offer, ...others] : [...others, offer]
    touch(world, conflict)
    return conflict.id
  }
  const opened = opening(world, record, disagreement, operation, author, stamp, offer)
  world.put(opened)
  record.conflicts = [...(record.conflicts ?? []), opened.id]
  return opened.id
}

function opening(
  world: World,
  record: FieldRecord,
  disagreement: Disagreement,
  operation: Operation,
  author: Author,
  stamp: Stamp,
  offer: Fields,
): FieldRecord {
  const [clock, device] = stampOf(record, disagreement.field)
  return {
    id: derived('conflict', operation.id, disagreement.field),
    kind: 'conflict',
    village: record.village,
    grid: record.grid ?? null,
    holder: record.holder ?? null,
    revision: 1,
    by: author.worker,
    created: stamp,
    origin: [author.device, operation.counter],
    values: {
      subject: record.id,
      subject_kind: record.kind,
      field: disagreement.field,
      seen: disagreement.seen,
      standing: disagreement.standing,
      standing_by: [device, world.workerOf(device) ?? record.by, clock],
      offered: [offer],
    },
  }
}

/** Somebody who saw the standing value changed it: the open conflict shows the new one. */
export function followStanding(
  world: World,
  record: FieldRecord,
  fields: readonly string[],
  stamp: Stamp,
  author: Author,
): void {
  for (const conflict of openConflicts(world, record)) {
    const field = textIn(conflict.values, 'field')
    if (field === undefined || !fields.includes(field)) continue
    conflict.values.standing = record.values[field] ?? null
    conflict.values.standing_by = [stamp[1], author.worker, stamp[0]]
    touch(world, conflict)
  }
}

/** Carry a choice out; the subject, still to be put; undefined if it is not here. */
export function settle(
  world: World,
  conflict: FieldRecord,
  author: Author,
  stamp: Stamp,
): FieldRecord | undefined {
  conflict.values.settled_by = author.worker
  conflict.values.settled_at = stamp[0]
  const subject = world.get(textIn(conflict.values, 'subject') ?? '')
  if (subject === undefined) return undefined
  const field = textIn(conflict.values, 'field') ?? ''
  const value = objectOf(conflict.values.choice)?.value ?? null
  if (field === 'void')
    subject.void = value === null ? null : { reason: String(value), by: author.worker, clock: stamp[0] }
  else setValue(subject, field, value, after(stamp, stampOf(subject, field)))
  subject.conflicts = (subject.conflicts ?? []).filter((open) => open !== conflict.id)
  subject.revision = revisionOf(subject) + 1
  return subject
}

function touch(world: World, conflict: FieldRecord): void {
  conflict.revision = revisionOf(conflict) + 1
  world.put(conflict)
}
