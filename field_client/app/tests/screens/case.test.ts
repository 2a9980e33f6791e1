import { describe, expect, test } from 'vitest'
import type { CaseDraft, CaseSheet } from '@/engine/api'
import type { Form } from '@/engine/forms/definition'
import type { FieldRecord } from '@/engine/sync/record'
import { endingsOf } from '@/screens/case/endings'
import { answersFor, knownFacts, saysNothing } from '@/screens/case/known_facts'
import { changedMaterials } from '@/screens/case/materials'
import { matches, standingOf } from '@/screens/case/standing'
import { mistakesAt, stepAt, stepOf } from '@/screens/case/steps'

function record(id: string, kind: string, values: FieldRecord['values']): FieldRecord {
  return { id, kind, village: '330481106222', by: 'w1', created: ['', 'd'], origin: ['d', 1], values }
}

function sheet(id: string, changes: Partial<CaseSheet>): CaseSheet {
  return {
    record: record(id, 'case', { captured_at: `2026-11-${id.padStart(2, '0')}T09:00:00+08:00` }),
    item: undefined,
    itemName: '高龄津贴',
    form: undefined,
    answers: {},
    materials: [],
    state: { zh: '收件', en: 'received' },
    isOpen: true,
    isUnsettled: true,
    waitsFor: 'window',
    promise: null,
    light: { state: 'on_time', text: { zh: '在期限内' } },
    moves: [],
    receipt: '330481106222-261123-04821376-X',
    applicant: { name: '沈建国', phone: '13800000000', identityNumberMasked: '' },
    steps: [],
    waits: false,
    conflicts: [],
    ...changes,
  }
}

describe('endings', () => {
  test('the doorstep finishes only what it can finish', () => {
    expect(endingsOf({ mode: 'direct', finish: 'doorstep' })[0]).toBe('finish')
    expect(endingsOf({ mode: 'direct', finish: 'online' })).not.toContain('finish')
    expect(endingsOf({ mode: 'direct', finish: 'online' })[0]).toBe('online')
  })
  test('a proxy item is entrusted and nothing else; a visit item makes no case', () => {
    expect(endingsOf({ mode: 'proxy', finish: 'handed_up' })).toEqual(['entrust'])
    expect(endingsOf({ mode: 'visit', finish: 'doorstep' })).toEqual([])
  })
})

describe('the case list', () => {
  test('puts each case into one part, late ones first, and lists none twice', () => {
    const late = sheet('3', { waitsFor: 'me', light: { state: 'late', text: { zh: '已超期' } } })
    const mine = sheet('1', { waitsFor: 'me' })
    const done = sheet('2', { isOpen: false, waitsFor: 'nobody' })
    const older = sheet('1', { isOpen: false, waitsFor: 'nobody' })
    const toDeliver = sheet('5', { isOpen: false, waitsFor: 'me' })
    const standing = standingOf([mine, late, sheet('4', {}), toDeliver, late, done])
    expect(standing.waiting.map((one) => one.record.id)).toEqual(['3', '1', '5'])
    expect(standing.underWay.map((one) => one.record.id)).toEqual(['4'])
    expect(standing.finished.map((one) => one.record.id)).toEqual(['2'])
    expect(standingOf([older, done]).finished.map((one) => one.record.id)).toEqual(['2', '1'])
  })
  test('is filtered by every word: item, person, number with or without dashes', () => {
    const one = sheet('1', {})
    expect(matches(one, '津贴 沈')).toBe(true)
    expect(matches(one, '26112304821376x')).toBe(true)
    expect(matches(one, '津贴 张')).toBe(false)
    expect(matches(one, '')).toBe(true)
  })
})

describe('known facts', () => {
  const form: Form = {
    key: 'f',
    fields: [
      { key: 'name', type: 'text', label: { zh: '姓名' }, prefill: 'resident.name' },
      { key: 'phone', type: 'phone', label: { zh: '电话' }, prefill: 'resident.phone' },
      { key: 'address', type: 'address', label: { zh: '住址' }, prefill: 'household.address' },
    ],
  }
  const household = record('h', 'household', { address: '金敭村3组' })
  const father = record('a', 'resident', { name: '沈建国', phone: '13800000000' })
  const mother = record('b', 'resident', { name: '王秀英' })

  test('are marked as long as they are not changed', () => {
    const answers = { name: '沈建国', phone: '13900000000', address: '金敭村3组' }
    expect(knownFacts(form, answers, { household, resident: father })).toEqual(new Set(['name', 'address']))
  })
  test('of one applicant do not stay when another is chosen; what was typed does', () => {
    const answers = { name: '沈建国', phone: '13900000000', address: '金敭村3组', note: '急' }
    const next = answersFor(form, answers, { household, resident: father }, { household, resident: mother })
    expect(next).toEqual({ name: '王秀英', phone: '13900000000', address: '金敭村3组', note: '急' })
    const nobody = { household: undefined, resident: undefined }
    expect(answersFor(form, answers, { household, resident: father }, nobody)).toEqual({
      phone: '13900000000',
      note: '急',
    })
  })
})

test('a draft in which nobody wrote anything is none', () => {
  const form: Form = {
    key: 'f',
    fields: [{ key: 'name', type: 'text', label: { zh: '姓名' }, prefill: 'resident.name' }],
  }
  const facts = { household: undefined, resident: record('a', 'resident', { name: '沈建国' }) }
  const draft: CaseDraft = {
    id: 'c',
    item: 'i',
    item_version: 1,
    household: null,
    resident: 'a',
    applicant_name: '',
    applicant_phone: '',
    applicant_identity_number: '',
    answers: { name: '沈建国' },
    materials: {},
    told: false,
    note: '',
    visit: null,
    signature: null,
    step: 1,
    touched_ms: 0,
  }
  expect(saysNothing(draft, form, facts)).toBe(true)
  expect(saysNothing({ ...draft, answers: { name: '沈建华' } }, form, facts)).toBe(false)
  expect(saysNothing({ ...draft, materials: { a: 'copy' } }, form, facts)).toBe(false)
  expect(saysNothing({ ...draft, note: '急' }, form, facts)).toBe(false)
})

test('a problem is put right at its step, remarks nowhere', () => {
  const at = (pointer: string, remark = false) => ({
    pointer,
    code: 'c',
    message: '',
    message_en: '',
    remark,
  })
  expect(stepOf(at('/answers/family/r1/name'))).toBe('form')
  expect(stepOf(at('/fields/answers~1name'))).toBe('form')
  expect(stepOf(at('/materials/identity-card'))).toBe('materials')
  expect(stepOf(at('/applicant_name'))).toBe('person')
  expect(mistakesAt([at('/answers/a', true), at('/answers/b')], 'form')).toHaveLength(1)
  expect([stepAt(-1), stepAt(2), stepAt(9)]).toEqual(['person', 'materials', 'ending'])
})

test('only materials that were looked at again are sent', () => {
  expect(
    changedMaterials({ a: 'missing', b: 'copy' }, { a: 'original_seen', b: 'copy', c: 'missing' }),
  ).toEqual({
    a: 'original_seen',
    c: 'missing',
  })
})
