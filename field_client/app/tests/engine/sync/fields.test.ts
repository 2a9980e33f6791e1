import { describe, expect, it } from 'vitest'
import type { Problem } from '@/engine/problem'
import { clearedProblems, fieldProblems, strangeMoments } from '@/engine/sync/field_checks'
import { KINDS } from '@/engine/sync/kinds'
import type { Fields } from '@/engine/field_values'
import { vectors } from '../vectors'

const FIELDS = vectors<{
  cases: { why: string; kind: string; action: string; fields: Fields; problems: Problem[] }[]
}>('fields')

describe('fields of an operation', () => {
  it.each(FIELDS.cases)('$why', ({ kind: name, action, fields, problems }) => {
    const kind = KINDS.get(name)
    if (kind === undefined) throw new RangeError(name)
    expect([
      ...fieldProblems(kind, fields),
      ...clearedProblems(kind, fields, action === 'create'),
      ...strangeMoments(kind, fields),
    ]).toEqual(problems)
  })
})
