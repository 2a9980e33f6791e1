import { describe, expect, it } from 'vitest'
import { mergeChange, mergeVoid, type Merged } from '@/engine/sync/merge'
import type { Operation } from '@/engine/sync/operation'
import type { Value } from '@/engine/field_values'
import { seenForm, type FieldRecord, type Stamp } from '@/engine/sync/record'
import { vectors } from '../vectors'
import { whole } from './whole'

interface Case extends Merged {
  name: string
  record: FieldRecord
  operation: Operation
  device: string
  worker: string
  contested: string[]
  after: FieldRecord
}
const MERGE = vectors<{ seen_forms: { value: Value; seen: Value }[]; cases: Case[] }>('merge')

describe('merging', () => {
  it.each(MERGE.cases)('$name', (one) => {
    const record = structuredClone(one.record)
    const stamp: Stamp = [one.operation.clock, one.device]
    const merged =
      one.operation.action === 'void'
        ? mergeVoid(record, one.operation, one.worker, stamp)
        : mergeChange(record, one.operation, stamp, new Set(one.contested))
    expect(whole(record)).toEqual(whole(one.after))
    expect(merged).toEqual({
      others_changed: one.others_changed,
      overruled: one.overruled,
      disagreements: one.disagreements,
      set_fields: one.set_fields,
    })
  })
})

describe('values as seen', () => {
  it.each(MERGE.seen_forms)('$value', ({ value, seen }) => expect(seenForm(value)).toEqual(seen))
})
