/**
 * What an operation does to a world: the record it is about, and the records that follow from it. The twin of
 * `sync/apply.py` without its judging: a phone lays its own operations over its copy, the server has the last word.
 */
import { isOpen } from '../forms/handling/workflow'
import { capped } from './clock'
import { contestedFields, followStanding, openOrJoin, settle } from './conflicts'
import { createdRecord, mergeChange, mergeVoid } from './merge'
import type { Operation } from './operation'
import { textIn } from '../field_values'
import { revisionOf, type FieldRecord, type Stamp } from './record'
import type { Author, World } from './world'

const STAYS_WHERE_IT_HAPPENED: ReadonlySet<string> = new Set([
  'visit',
  'round',
  'reading',
  'day-signature',
  'rota',
  'assignment',
])
/** Kinds that others name; one that was held or mended comes after those that name it. */
const MAY_COME_AFTER_ITS_FOLLOWERS: ReadonlySet<string> = new Set(['household', 'resident', 'case'])
/** Kinds that are in the hand of whoever has their subject. */
const SHARES_ITS_HOLDER: ReadonlySet<string> = new Set(['conflict', 'duplicate'])
const PLACES: ReadonlySet<string> = new Set(['grid', 'village', 'household', 'resident', 'case', 'holder'])

/** The record that a change or void is about: itself, or the survivor of a merge of residents. */
export function targetOf(world: World, operation: Operation): FieldRecord | undefined {
  if (operation.action === 'create') return undefined
  let record = world.get(operation.record)
  const merges = Object.hasOwn(operation.fields ?? {}, 'merged_into')
  if (operation.kind !== 'resident' || operation.action !== 'change' || merges) return record
  const followed = new Set<string>()
  for (;;) {
    const survivor: string | undefined = record && textIn(record.values, 'merged_into')
    if (survivor === undefined || followed.has(survivor)) return record
    followed.add(survivor)
    record = world.get(survivor) ?? record
  }
}

/** Apply an operation without judging it; `record` is its target. */
export function takeEffect(
  world: World,
  operation: Operation,
  author: Author,
  record: FieldRecord | undefined,
  nowMs: number,
): void {
  const stamp: Stamp = [capped(operation.clock, nowMs), author.device]
  if (record === undefined) {
    create(world, operation, author, stamp, nowMs)
    return
  }
  const merged =
    operation.action === 'void'
      ? mergeVoid(record, operation, author.worker, stamp)
      : mergeChange(record, operation, stamp, contestedFields(world, record, author.device))
  for (const disagreement of merged.disagreements)
    openOrJoin(world, record, disagreement, operation, author, stamp)
  if (merged.set_fields.length) followStanding(world, record, merged.set_fields, stamp, author)
  const settled = record.kind === 'conflict' && merged.set_fields.includes('choice')
  const subject = settled ? settle(world, record, author, stamp) : undefined
  keepInPlace(world, record, merged.set_fields)
  if (subject !== undefined) keepInPlace(world, subject, [textIn(record.values, 'field') ?? ''])
}

/** Whether a record goes where its parent goes: everything but visits and cases that are closed. */
export function movesAlong(world: World, record: FieldRecord): boolean {
  if (record.kind !== 'case') return !STAYS_WHERE_IT_HAPPENED.has(record.kind)
  const version = record.values.item_version
  const item = world.catalogue.item(
    textIn(record.values, 'item') ?? '',
    typeof version === 'number' ? version : 0,
  )
  return item === undefined || isOpen(item.mode, textIn(record.values, 'state') ?? '')
}

function create(world: World, operation: Operation, author: Author, stamp: Stamp, nowMs: number): void {
  const record = createdRecord(operation, author.device, author.worker, stamp, nowMs)
  stand(world, record)
  world.put(record)
  if (MAY_COME_AFTER_ITS_FOLLOWERS.has(record.kind)) takeAlong(world, record)
}

/** Put a changed record where it now belongs, and whatever moves with it. */
function keepInPlace(world: World, record: FieldRecord, setFields: readonly string[]): void {
  if (!setFields.some((field) => PLACES.has(field))) {
    world.put(record)
    return
  }
  stand(world, record)
  if (record.kind === 'household' && Object.hasOwn(record.values, 'village')) {
    // two moves may have met, each winning one of the two fields: the grid says where the household is
    record.values.village = record.village
  }
  world.put(record)
  takeAlong(world, record)
}

/** Put a record into the village, the grid and the hand where it belongs. */
function stand(world: World, record: FieldRecord): void {
  const [village, grid] = placeOf(world, record)
  record.village = village
  record.grid = grid
  settleHolder(record)
}

/** A record that has no place yet stays with its author, so that it never blinks out of the author's sight. */
function settleHolder(record: FieldRecord): void {
  if (SHARES_ITS_HOLDER.has(record.kind)) return
  record.holder = textIn(record.values, 'holder') ?? textIn(record.values, 'worker') ?? null
  if (record.holder === null && record.grid == null) record.holder = record.by
}

/** The village and grid in which a record stands: its own, or those of the household that it belongs to. */
function placeOf(world: World, record: FieldRecord): [village: string, grid: string | null] {
  const { values } = record
  if (record.kind === 'household') {
    const grid = textIn(values, 'grid')
    const known = grid === undefined ? undefined : world.villageOfGrid(grid)
    return [known ?? textIn(values, 'village') ?? record.village, grid ?? null]
  }
  if (STAYS_WHERE_IT_HAPPENED.has(record.kind)) {
    const own = record.kind === 'visit' || record.kind === 'round'
    return [record.village, (own ? textIn(values, 'grid') : record.grid) ?? null]
  }
  for (const field of ['household', 'resident', 'case']) {
    const reference = textIn(values, field)
    const other = reference === undefined ? undefined : world.look(reference)
    if (other !== undefined) return [other.village, other.grid ?? null]
  }
  return [record.village, record.grid ?? null]
}

/** Bring everything that belongs to a record to its place (and conflicts into its holder's hand). */
function takeAlong(world: World, record: FieldRecord): void {
  const ahead = [record]
  for (let leader = ahead.pop(); leader !== undefined; leader = ahead.pop()) {
    for (const follower of world.followers(leader)) {
      const before = [follower.village, follower.grid ?? null, follower.holder ?? null]
      follower.village = leader.village
      follower.grid = leader.grid ?? null
      if (SHARES_ITS_HOLDER.has(follower.kind)) follower.holder = leader.holder ?? null
      else settleHolder(follower)
      const now = [follower.village, follower.grid, follower.holder ?? null]
      if (now.every((value, at) => value === before[at])) continue
      follower.revision = revisionOf(follower) + 1
      world.put(follower)
      ahead.push(follower)
    }
  }
}
