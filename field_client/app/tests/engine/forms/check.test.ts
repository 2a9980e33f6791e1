import { beforeAll, describe, expect, test, vi } from 'vitest'
import { check, compiledForm, visible } from '@/engine/forms/check'
import type { Form } from '@/engine/forms/definition'
import { loadCel } from '@/engine/forms/expression'
import { vectors } from '../vectors'

interface FormCase {
  name: string
  form: Form
  answers: Record<string, unknown>
  today: string
  partial: boolean
  problems: { pointer: string; code: string; remark?: boolean }[]
  visible: string[]
}

const CASES = vectors<FormCase[]>('forms')

function told(problems: FormCase['problems']): string[] {
  return problems.map(({ pointer, code, remark }) => `${pointer} ${code} ${remark ?? false}`).sort()
}

describe('the cases of forms.json', () => {
  beforeAll(loadCel)

  test.each(CASES)('$name', (one) => {
    const found = check(one.form, one.answers, one.today, one.partial)
    expect(told(found)).toEqual(told(one.problems))
    expect([...visible(one.form, one.answers)].sort()).toEqual([...one.visible].sort())
    for (const problem of found) {
      expect(problem.message).not.toMatch(/^$|\{/)
      expect(problem.message_en).not.toMatch(/^$|\{/)
    }
  })

  test('are all there', () => expect(CASES.length).toBeGreaterThanOrEqual(131))
})

describe('one answer by itself', () => {
  const form: Form = {
    key: 'k',
    fields: [
      { key: 'name', type: 'text', label: { zh: '姓名' }, max_length: 3 },
      {
        key: 'family',
        type: 'repeat',
        label: { zh: '家庭成员' },
        columns: [{ key: 'age', type: 'number', label: { zh: '年龄' } }],
      },
    ],
  }
  const compiled = compiledForm(form)

  test('is judged by its path', () => {
    expect(compiled.checkAnswer('name', '四个字符', '2026-11-23')[0]?.message).toBe('“姓名”不得超过3字')
    expect(compiled.checkAnswer('family/r1/age', 'x', '2026-11-23')[0]?.code).toBe('number-form')
    expect(compiled.checkAnswer('family/r1', 3, '2026-11-23')[0]?.code).toBe('type')
    expect(compiled.checkAnswer('family/r1', false, '2026-11-23')).toEqual([])
    expect(compiled.checkAnswer('nobody', 1, '2026-11-23')[0]?.code).toBe('unknown-field')
  })

  test('is known by its path', () => {
    expect(['name', 'family/r1', 'family/r1/age'].map((path) => compiled.knows(path))).not.toContain(false)
    expect(
      ['family', 'family/r1/age/x', 'family/r 1', 'x'].map((path) => compiled.knows(path)),
    ).not.toContain(true)
    expect(compiled.fieldAt('family/r1/age')?.key).toBe('age')
  })
})

test('a condition is never decided before its evaluator is there', async () => {
  vi.resetModules()
  const fresh = await import('@/engine/forms/check')
  const { CelNotLoaded } = await import('@/engine/forms/expression')
  const asked: Form = {
    key: 'k',
    fields: [
      { key: 'a', type: 'yes_no', label: { zh: 'a' } },
      { key: 'b', type: 'text', label: { zh: 'b' }, visible_when: 'answers.a' },
    ],
  }
  expect(() => fresh.visible(asked, { a: true })).toThrow(CelNotLoaded)
  const plain: Form = { key: 'p', fields: [{ key: 'a', type: 'yes_no', label: { zh: 'a' } }] }
  expect([...fresh.visible(plain, {})]).toEqual(['a'])
})
