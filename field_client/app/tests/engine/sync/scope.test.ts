import { describe, expect, it } from 'vitest'
import { partOf, type FieldRecord } from '@/engine/sync/record'
import { partInScope } from '@/engine/sync/scope'
import { hashText, partHash, recordHash } from '@/engine/sync/state_hash'
import { vectors } from '../vectors'

const SCOPE = vectors<{
  parts: { why: string; kind: string; grid: string | null; part: string }[]
  cases: {
    why: string
    part: string
    holder: string | null
    granted: boolean
    grids: string[]
    worker: string
    counts_as: string | null
  }[]
}>('scope')
const STATE_HASH = vectors<{
  records: { id: string; version: number; hash: string }[]
  parts: { records: [string, number][]; hash: string }[]
}>('state_hash')

describe('scope', () => {
  it.each(SCOPE.parts)('$why', ({ kind, grid, part }) => {
    const record: FieldRecord = {
      id: 'r',
      village: 'v',
      by: 'w',
      created: ['', ''],
      origin: ['', 1],
      values: {},
      kind,
      grid,
    }
    expect(partOf(record)).toBe(part)
  })
  it.each(SCOPE.cases)('$why', (one) =>
    expect(partInScope(one.part, one.holder, one.granted, new Set(one.grids), one.worker)).toBe(
      one.counts_as,
    ),
  )
})

describe('state hashes', () => {
  it.each(STATE_HASH.records)('of a record: $hash', ({ id, version, hash }) =>
    expect(hashText(recordHash(id, version))).toBe(hash),
  )
  it.each(STATE_HASH.parts)('of a part: $hash', ({ records, hash }) =>
    expect(hashText(partHash(records))).toBe(hash),
  )
})
