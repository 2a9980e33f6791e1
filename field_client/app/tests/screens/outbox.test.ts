import { describe, expect, test } from 'vitest'
import type { Entry } from '@/engine/api'
import { filtered, statesIn } from '@/screens/history/filtered'
import { changedFields, fieldsToMend } from '@/screens/outbox/mending'
import { momentTyped, typedMoment } from '@/screens/outbox/moments'

const wrong = (pointer: string) => ({ pointer, code: 'c', message: '不对', message_en: 'wrong' })

function entry(changes: Partial<Entry>): Entry {
  return {
    counter: 1,
    id: '1',
    state: 'applied',
    kind: 'resident',
    action: 'create',
    record: 'r',
    capturedMs: 0,
    acknowledgedMs: null,
    title: { zh: '登记居民 沈建国', en: 'resident' },
    problems: [],
    waitsFor: null,
    overruled: [],
    fields: {},
    ...changes,
  }
}

describe('what is put right', () => {
  test('are the marked fields first, also one that was left out, then the rest', () => {
    const parts = fieldsToMend(
      entry({
        fields: { name: '沈建国', household: 'h', 'answers/a': 1 },
        problems: [
          wrong('/fields/birth_date'),
          wrong('/fields/name'),
          wrong('/fields/answers~1a'),
          wrong(''),
        ],
      }),
    )
    expect(parts).toEqual({ marked: ['birth_date', 'name', 'answers/a'], others: ['household'] })
  })
  test('a pointer into a field means the field; what the kind does not know is nothing to fill in', () => {
    const parts = fieldsToMend(
      entry({
        kind: 'visit',
        fields: { findings: [], unknown: 1 },
        problems: [wrong('/fields/findings/0/text'), wrong('/fields/nothing')],
      }),
    )
    expect(parts).toEqual({ marked: ['findings'], others: ['unknown'] })
  })
  test('only what differs is sent; null leaves a field out', () => {
    expect(changedFields({ a: '1', b: [1] }, { a: '1', b: [1], c: null, d: '2' })).toEqual({ d: '2' })
    expect(changedFields({ a: '1' }, { a: null })).toEqual({ a: null })
  })
})

test('a moment is shown and typed as the clock in Haining has it', () => {
  expect(typedMoment('2026-11-23T01:30:00Z')).toBe('2026-11-23T09:30')
  expect(momentTyped('2026-11-23T09:30')).toBe('2026-11-23T09:30:00+08:00')
  expect(typedMoment(momentTyped('2026-12-31T23:59') ?? '')).toBe('2026-12-31T23:59')
  expect([typedMoment('昨天'), momentTyped('昨天')]).toEqual(['', null])
})

test('the history is narrowed by words and by state, what needs somebody first', () => {
  const entries = [
    entry({ id: '1' }),
    entry({ id: '2', state: 'rejected', title: { zh: '入户 王秀英户' } }),
    entry({ id: '3', state: 'waiting' }),
  ]
  expect(statesIn(entries)).toEqual(['waiting', 'rejected', 'applied'])
  expect(filtered(entries, '沈', '').map((one) => one.id)).toEqual(['1', '3'])
  expect(filtered(entries, '', 'rejected').map((one) => one.id)).toEqual(['2'])
  expect(filtered(entries, '沈 王', '')).toEqual([])
})
