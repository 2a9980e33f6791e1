/** Moving a case: which moves there are for this worker, what each of them asks, and the fields that it writes. */
import type { Move } from '../api'
import data from '../data/handling.json'
import type { Item } from '../forms/catalogue'
import { needsReason } from '../forms/handling/duty'
import { begunSupplement, endedPauses, endedSupplement, TAKEN_BACK } from '../forms/handling/interruptions'
import { stateLabel } from '../forms/handling/states'
import { checkMove, movesFrom } from '../forms/handling/workflow'
import type { Label } from '../problem'
import { text, type Fields } from '../field_values'
import type { FieldRecord } from '../sync/record'
import { ownCapacities } from './case_facts'
import type { Core } from './core'

const MILESTONES: Readonly<Partial<Record<string, string>>> = data.milestones
const WITH_RESULT: readonly string[] = [
  'finished',
  'answered',
  'informed',
  'reported_back',
  'granted',
  'refused',
  'terminated',
]
const HAND_UP_TAKEN_BACK: Label = { zh: '撤回报送', en: 'hand-up taken back' }
const SUPPLEMENT_HANDED_IN: Label = { zh: '补正已交', en: 'supplement handed in' }

/** Every move that can follow, with whether this worker may make it today. */
export function movesOf(core: Core, item: Item, record: FieldRecord): Move[] {
  if (record.void) return []
  const state = text(record.values, 'state')
  const actors = ownCapacities(core, record.values)
  return movesFrom(item.mode, state).map((move) => {
    const problem = checkMove(item.mode, item.finish, state, move.new, actors)
    return {
      to: move.new,
      label: moveLabel(state, move.new),
      allowed: problem === null,
      why: problem && { zh: problem.message, en: problem.message_en },
      asks: asksOf(item, move.new),
      onward: move.onward,
    }
  })
}

/** The fields of a move made now: its state, the moment of it, and pauses that begin or end by it. */
export function moveFields(record: FieldRecord, to: string, said: string, more: Fields): Fields {
  const fields: Fields = { state: to, ...more }
  if (to === 'received' && record.values.state === 'handed_up') return { ...TAKEN_BACK, ...fields }
  const milestone = MILESTONES[to]
  if (milestone !== undefined) fields[milestone] ??= said
  const pauses = pausesAfter(record, to, said)
  if (pauses !== null) fields.pauses ??= pauses
  return fields
}

function pausesAfter(record: FieldRecord, to: string, said: string) {
  const { values } = record
  if (to === 'supplementing') return begunSupplement(values, said)
  if (to === 'withdrawn') return endedPauses(values, said)
  return values.state === 'supplementing' ? endedSupplement(values, said) : null
}

function moveLabel(from: string, to: string): Label {
  if (from === 'supplementing' && to === 'processing') return SUPPLEMENT_HANDED_IN
  return from === 'handed_up' && to === 'received' ? HAND_UP_TAKEN_BACK : stateLabel(to)
}

function asksOf(item: Item, to: string): Move['asks'] {
  const asks: Move['asks'] = []
  if (WITH_RESULT.includes(to)) asks.push('result')
  // what a department's system finishes carries that system's own acceptance number
  const bySystem = to === 'finished' && item.mode === 'direct' && item.finish !== 'doorstep'
  if (bySystem || to === 'accepted') asks.push('department_number')
  if (to === 'supplementing') asks.push('missing_materials')
  if (needsReason(to)) asks.push('reason')
  return asks
}
