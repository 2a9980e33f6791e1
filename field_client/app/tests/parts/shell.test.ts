import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CallRefused, Refused, Unreachable } from '../../src/engine/errors'
import '@/screens/outbox/proof_words'
import '@/screens/rescue/words'
import { i18n } from '../../src/i18n'
import { explained } from '../../src/parts/attempt'
import { duration, moment } from '../../src/parts/duration'
import { size } from '../../src/parts/size'

describe('spans and moments', () => {
  it('are said in the largest unit that says enough', () => {
    expect([20_000, 59 * 60_000, 2 * 3_600_000, 47 * 3_600_000, 49 * 3_600_000].map(duration)).toEqual([
      '1 分钟',
      '59 分钟',
      '2 小时',
      '47 小时',
      '2 天',
    ])
  })

  it('are of Asia/Shanghai: a moment of today has no date', () => {
    const noon = Date.parse('2026-11-23T12:03:00+08:00')
    expect(moment(noon, Date.parse('2026-11-23T23:59:00+08:00'))).toBe('12:03')
    expect(moment(noon, Date.parse('2026-11-24T00:01:00+08:00'))).toContain('11/23')
  })

  it('are sizes that people know', () => {
    expect([1, 149_000, 3_400_000, 10_700_000_000].map(size)).toEqual(['1 KB', '149 KB', '3.4 MB', '10.7 GB'])
  })
})

describe('what a worker is told when something goes wrong', () => {
  it('is what is the matter and the way on', () => {
    expect(explained(new Unreachable())).toEqual({
      title: '连不上服务器',
      next: '有信号时会自动再试，未上报的记录都在本机',
    })
    const refused = new CallRefused(401, 'x', { title: '用户名或密码不正确', next: '核对后再试' })
    expect(explained(refused)).toEqual({ title: '用户名或密码不正确', next: '核对后再试' })
  })

  it('is every mistake once', () => {
    const problem = { pointer: '/a', code: 'c', message: '请填写姓名', message_en: 'a name' }
    const other = { pointer: '/b', code: 'c', message: '请选择材料', message_en: 'materials' }
    expect(explained(new Refused([problem, { ...problem, pointer: '/x' }, other])).title).toBe(
      '请填写姓名\n请选择材料',
    )
  })

  it('is never the text of an exception', () => {
    const { title, next } = explained(new TypeError('Cannot read properties of undefined (reading 沈建国)'))
    expect(title).toBe('出了点问题，已登记的内容都在')
    expect(next).toContain('代号 TypeError')
    expect(`${title}${next}`).not.toMatch(/Cannot|沈建国/)
  })
})

describe('the words of the screens', () => {
  it('are all there in both languages, with the same places for numbers and names', () => {
    const [zh, en] = [i18n.global.messages.value.zh, i18n.global.messages.value.en].map((words) =>
      placesOf(words),
    )
    expect(Object.keys(zh ?? {}).length).toBeGreaterThan(200)
    expect(en).toEqual(zh)
  })

  it('are there wherever a screen asks for them', () => {
    const asked = [...sources().matchAll(/\bt\(\s*'([\w.-]+)'/g)].map((one) => String(one[1]))
    expect(asked.length).toBeGreaterThan(300)
    expect([...new Set(asked)].filter((key) => !i18n.global.te(key))).toEqual([])
  })

  it('are all asked for somewhere, by their name or by a name with a gap', () => {
    const code = sources()
    const named = new Set([...code.matchAll(/'([a-z]+\.[\w.]+)'/g)].map((one) => String(one[1])))
    const gaps = [...code.matchAll(/`([a-z]+\.[^`\s]*\$\{[^`]*)`/g)].map((one) => String(one[1]))
    const shapes = gaps.map((gap) => new RegExp(`^${gap.replaceAll('.', '\\.').replace(GAP, '[\\w-]+')}$`))
    expect(shapes.length).toBeGreaterThan(10)
    const keys = Object.keys(placesOf(i18n.global.messages.value.zh)).map((path) =>
      path.slice(1).replaceAll('/', '.'),
    )
    const unasked = keys.filter((key) => !named.has(key) && !shapes.some((shape) => shape.test(key)))
    expect(unasked).toEqual([])
  })
})

const GAP = /\$\{[^}]*\}/g

/** All of the app's code but the words themselves. */
function sources(): string {
  const root = new URL('../../src/', import.meta.url)
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(vue|ts)$/.test(name) && (!name.startsWith('text/') || name === 'text/label.ts'))
    .map((name) => readFileSync(new URL(name, root), 'utf8'))
    .join('\n')
}

/** Each key with the `{places}` of its text. */
function placesOf(words: unknown, path = ''): Record<string, string[]> {
  if (typeof words === 'string')
    return { [path]: [...words.matchAll(/\{(\w+)\}/g)].map((one) => String(one[1])).sort() }
  return Object.assign(
    {},
    ...Object.entries(words as object).map(([key, one]) => placesOf(one, `${path}/${key}`)),
  )
}
