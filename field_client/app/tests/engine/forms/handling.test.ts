import { describe, expect, test } from 'vitest'
import type { Item } from '@/engine/forms/catalogue'
import { duplicateFingerprint } from '@/engine/forms/handling/duplicates'
import { capacities, checkDuty, firstContact, handOver } from '@/engine/forms/handling/duty'
import { checkPauses, endedPauses, endedSupplement } from '@/engine/forms/handling/interruptions'
import { checkMaterials, oneOffNotice } from '@/engine/forms/handling/materials'
import { grouped, provisionalNumber } from '@/engine/forms/handling/receipt'
import type { Fields } from '@/engine/field_values'

const ITEM: Item = {
  key: 'item',
  number: 1,
  version: 1,
  department: 'd',
  name: '临时救助',
  mode: 'proxy',
  finish: 'handed_up',
  limit: {},
  form: 'f',
  effective_from: '2020-01-01',
  duplicate_key: ['a', 'b', 'c'],
  materials_note: '以部门为准',
  materials: [
    { key: 'a', name: '身份证', copies: '1份', source: '公安', review_points: ['在有效期内', '本人'] },
    { key: 'b', name: '证明', necessity: 'conditional', condition: '失业的' },
    { key: 'c', name: '申请表', necessity: 'required' },
  ],
}

test('a fingerprint is the one of the Python package', () => {
  const answers = { a: ' Ａbc\u3000中 ', b: ['z', 'ｂ \x85', '  '], c: null }
  expect(duplicateFingerprint(ITEM, 'person', answers)).toBe(
    'fcb35242c7d8b2d4e0baa73959dd27094651ff82e74ad81383aed04770b09dba',
  )
  expect(duplicateFingerprint(ITEM, 'person', { a: 12, b: true })).toBe(
    '18776947b8141330ad1004ea9e3c271dba1bb9d1b4185cee3947ee7d386966a1',
  )
})

describe('a provisional number', () => {
  const number = provisionalNumber('330481106222', '2026-11-23', '0199a3c4-7e11-7abc-9def-0123456789ab')
  test('is the one of the Python package, in groups', () => {
    expect(number).toBe('330481106222261123336534194')
    expect(grouped(number)).toBe('330481106222-261123-33653419-4')
    expect(grouped('33048110622220260001237')).toBe('330481106222-2026-000123-7')
  })
  test.each([
    ['33048110622', '2026-11-23'],
    ['330481106222', '1999-11-23'],
    ['330481106222', '2026-02-30'],
  ])('is not made of %s and %s', (village, day) => {
    expect(() => provisionalNumber(village, day, '0199a3c4-7e11-7abc-9def-0123456789ab')).toThrow(RangeError)
  })
})

describe('materials', () => {
  const card = '1. 身份证（规格份数：1份；材料来源：公安；审查要点：在有效期内、本人）'
  test('are told once everything was looked at', () => {
    const early = oneOffNotice(ITEM, { a: 'missing' }, '2026-11-23')
    expect([early.ready, early.unchecked.map((one) => one.key)]).toEqual([false, ['c']])
    expect(early.text).toBe(
      `您申请的“临时救助”还缺以下1项材料，请一次补齐：\n${card}\n尚未核对：申请表\n说明：以部门为准\n告知日期：2026年11月23日`,
    )
    const whole = oneOffNotice(ITEM, { a: 'missing', c: 'missing' }, '2026-11-23')
    expect(whole.ready).toBe(true)
    expect(whole.text).toBe(
      `您申请的“临时救助”还缺以下2项材料，请一次补齐：\n${card}\n2. 申请表\n说明：以部门为准\n告知日期：2026年11月23日`,
    )
    const complete = oneOffNotice(ITEM, { a: 'copy', c: 'photo' }, '2026-11-23')
    expect(complete.ready).toBe(false)
    expect(complete.text).toContain('所需材料齐全')
  })
  test('a conditional one counts where its condition holds', () => {
    expect(oneOffNotice(ITEM, { a: 'copy', c: 'copy' }, '2026-11-23', ['b']).unchecked[0]?.key).toBe('b')
  })
  test('are those of the item, in a known state', () => {
    expect(checkMaterials(ITEM, { a: 'copy', x: 'seen' }).map((one) => [one.pointer, one.code])).toEqual([
      ['/materials/x', 'unknown-material'],
      ['/materials/x', 'unknown-material-state'],
    ])
  })
})

describe('duty', () => {
  const values: Fields = firstContact('anna')
  const at = '2026-11-23T09:00:00Z'
  test('who once held a case acts on it still', () => {
    const handed = { ...values, ...handOver(values, 'ben', '休假', at) }
    expect([...capacities(handed, 'anna')]).toEqual(['worker'])
    expect([...capacities(handed, 'cara', { onDuty: true })]).toEqual(['window'])
    expect([...capacities(handed, 'cara')]).toEqual([])
    expect([...capacities(values, 'ben')]).toEqual([])
  })
  test.each([
    [handOver(values, 'ben', '休假', at), []],
    [handOver(values, 'ben', ' ', at), ['handover-reason']],
    [handOver(values, 'anna', '休假', at), ['same-holder']],
    [{ holder: 'ben' }, ['handover-required']],
    [{ state: 'withdrawn' }, ['reason-required']],
    [{ state: 'withdrawn', reason: '不办了' }, []],
    [{ state: 'received' }, []],
  ])('%o is answered by %o', (fields, codes) => {
    const actors = capacities(values, 'anna')
    expect(checkDuty(values, fields, actors).map((one) => one.code)).toEqual(codes)
  })
  test('past handovers stand, and only who may hands over', () => {
    const handed = { ...values, ...handOver(values, 'ben', '休假', at) }
    const rewritten = { ...handOver(handed, 'cara', '出差', at) }
    rewritten.handovers = (rewritten.handovers as Fields[]).slice(1)
    expect(checkDuty(handed, rewritten, new Set()).map((one) => one.code)).toEqual([
      'wrong-actor',
      'handover-changed',
    ])
    expect(checkDuty(handed, handOver(handed, 'cara', '出差', at), new Set(['worker']))).toEqual([])
  })
})

describe('pauses', () => {
  const open = { reason: 'supplement', start: '2026-11-20T09:00:00+08:00' }
  const other = { reason: 'public_notice', start: '2026-11-20T09:00:00+08:00' }
  const at = '2026-11-23T09:00:00+08:00'
  test('end with what ends them', () => {
    expect(endedSupplement({ pauses: [other, open] }, at)).toEqual([other, { ...open, end: at }])
    expect(endedSupplement({ pauses: [other] }, at)).toBeNull()
    expect(endedPauses({ pauses: [other, open] }, at)).toEqual([
      { ...other, end: at },
      { ...open, end: at },
    ])
    expect(endedPauses({}, at)).toBeNull()
  })
  test('are in order and open once', () => {
    const reversed = { ...open, end: '2026-11-19T09:00:00+08:00' }
    expect(checkPauses({ pauses: [reversed, open, open] }).map((one) => [one.pointer, one.code])).toEqual([
      ['/pauses/0', 'pause-order'],
      ['/pauses/2', 'pause-open-twice'],
    ])
  })
})
