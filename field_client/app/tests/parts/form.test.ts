import { describe, expect, test } from 'vitest'
import type { Form } from '@/engine/forms/definition'
import { fenOf, yuanOf } from '@/parts/form/amount'
import { changedAnswers, withAnswers, withoutMarks } from '@/parts/form/answering'
import { numberOf } from '@/parts/form/number'
import { controlId, fieldAt, placeOf, problemsAt } from '@/parts/form/problems_at'
import { readableAnswers, type Words } from '@/parts/form/readable'
import { newRow, rowAnswers, rowsOf, withoutRow } from '@/parts/form/rows'

describe('money', () => {
  test.each([
    ['12', 1200],
    ['12.5', 1250],
    ['12.05', 1205],
    ['1,234.50元', 123450],
    ['１２．５', 1250],
    ['-3.1', -310],
    ['0.29', 29],
    ['1.005', null],
    ['十二', null],
    ['', null],
  ])('%s is %s fen', (typed, fen) => expect(fenOf(typed)).toBe(fen))

  test('is shown as it was typed', () => {
    for (const typed of ['12', '12.50', '0.29', '-3.10']) expect(yuanOf(fenOf(typed) ?? NaN)).toBe(typed)
  })
})

test('a number is an integer, or text where it has a fraction; what is none stays for the check to name', () => {
  expect(numberOf('30')).toBe(30)
  expect(numberOf('2.50')).toBe('2.5')
  expect(numberOf('2.0')).toBe(2)
  expect(numberOf('100')).toBe(100)
  expect(numberOf('约三十')).toBe('约三十')
})

describe('rows of a table', () => {
  const answers = {
    'family/r1/name': '沈建国',
    'family/r2': true,
    'family/r3': false,
    'family/r3/name': '甲',
    a: 1,
  }

  test('are those that were not taken away, in their order', () =>
    expect(rowsOf(answers, 'family')).toEqual(['r1', 'r2']))
  test('have their answers by column', () =>
    expect(rowAnswers(answers, 'family', 'r1')).toEqual({ name: '沈建国' }))
  test('ids sort by when they were made and fit the rule of forms', () => {
    const ids = [newRow(1_700_000_000_000), newRow(1_700_000_000_001), newRow(1_800_000_000_000)]
    expect([...ids].sort()).toEqual(ids)
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
  })
  test('that are taken away leave a mark, and in a draft nothing at all', () => {
    const changed = withAnswers(answers, withoutRow(answers, 'family', 'r1'))
    expect(changed['family/r1']).toBe(false)
    expect(changed['family/r1/name']).toBeUndefined()
    expect(withoutMarks({ ...changed, agreed: false })).toEqual({
      'family/r2': true,
      'family/r3/name': '甲',
      a: 1,
      agreed: false,
    })
  })
})

test('changed answers say only what differs, and null for what was cleared', () => {
  expect(changedAnswers({ a: 1, b: ['x'], c: '甲' }, { a: 1, b: ['x', 'y'], d: false })).toEqual({
    b: ['x', 'y'],
    c: null,
    d: false,
  })
})

describe('problems', () => {
  test('of a form and of an operation are at one place', () => {
    expect(placeOf('/answers/family/r1/name')).toBe('answers/family/r1/name')
    expect(placeOf('/fields/answers~1family~1r1~1name')).toBe('answers/family/r1/name')
    expect(controlId('answers/family/r1/name')).toBe('at-answers-family-r1-name')
  })
  test('are told beside their field, remarks are not', () => {
    const wrong = { pointer: '/answers/a', code: 'required', message: '要填', message_en: 'required' }
    expect([...problemsAt([wrong, { ...wrong, pointer: '/answers/b', remark: true }])]).toEqual([
      ['answers/a', [wrong]],
    ])
  })
})

describe('answers to be read', () => {
  const form: Form = {
    key: 'f',
    fields: [
      { key: 'kind', type: 'choice', label: { zh: '类别' }, options: [{ key: 'x', label: { zh: '甲类' } }] },
      { key: 'rent', type: 'money', label: { zh: '租金' } },
      { key: 'own', type: 'yes_no', label: { zh: '自有' } },
      { key: 'area', type: 'number', label: { zh: '面积' }, unit: '亩' },
      { key: 'number', type: 'identity_number', label: { zh: '证件号' } },
      {
        key: 'family',
        type: 'repeat',
        label: { zh: '家庭成员' },
        columns: [{ key: 'name', type: 'text', label: { zh: '姓名' } }],
      },
    ],
  }
  const words: Words = {
    say: (label) => label.zh,
    yes: '是',
    no: '否',
    yuan: '元',
    separator: '、',
    pictures: (count) => `${count} 张`,
    masked: () => '330499********001X',
  }
  const answers = {
    kind: 'x',
    rent: 123450,
    own: false,
    area: '2.5',
    number: '330499194001010014',
    'family/r1/name': '沈建国',
  }

  test('are in words, hidden ones left out, identity numbers masked', () => {
    const visible = new Set(['kind', 'rent', 'own', 'number', 'family'])
    const read = readableAnswers(form, answers, visible, words)
    expect(read.map((one) => one.text)).toEqual(['甲类', '1234.50元', '否', '330499********001X', '1'])
    expect(read.at(-1)?.rows?.[0]?.[0]).toEqual({ path: 'family/r1/name', label: '姓名', text: '沈建国' })
  })
  test('a path finds its question, a column too', () => {
    expect(fieldAt(form.fields, 'rent')?.type).toBe('money')
    expect(fieldAt(form.fields, 'family/r1/name')?.label.zh).toBe('姓名')
    expect(fieldAt(form.fields, 'nothing')).toBeUndefined()
  })
})
