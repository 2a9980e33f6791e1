import { beforeAll, describe, expect, test } from 'vitest'
import { loadPinyin, prepareSearch, search } from '@/engine/forms/search'
import { demonstrationCatalogue } from './demonstration'

const TODAY = '2026-11-23'
const CATALOGUE = demonstrationCatalogue()

function numbers(text: string): number[] {
  return search(CATALOGUE, text, TODAY).map((one) => one.item.number)
}

test('before pinyin is there, items are found by characters and number', () => {
  expect(numbers('老人补贴')[0]).toBe(60)
  expect(numbers('13')[0]).toBe(13)
  expect(numbers('glbt')).toEqual([])
})

describe('with pinyin', () => {
  beforeAll(async () => {
    await loadPinyin()
    prepareSearch(CATALOGUE)
  })

  test.each([
    ['老人补贴', 60],
    ['glbt', 60],
    ['gaolingbutie', 60],
    ['低保', 56],
    ['dibao', 56],
    ['最低生活保障', 56],
    ['临时救助', 59],
    ['住院', 13],
    ['zybx', 13],
    ['zhuyuan', 13],
    ['残疾证', 71],
    ['cjz', 71],
    ['准生证', 66],
    ['办酒席', 104],
    ['路灯不亮', 110],
    ['ludeng', 110],
    ['造房子', 82],
    ['死猪', 116],
    ['独居老人', 118],
    ['13', 13],
    ['124', 124],
    ['old-age allowance', 60],
    ['ＤＩＢＡＯ', 56],
    ['  低 保 ', 56],
  ])('%s finds %i first', (text, first) => {
    expect(numbers(text)[0]).toBe(first)
  })

  test('the name counts before what it is called, and that before its department', () => {
    const found = numbers('医保')
    expect(found[0]).toBe(2)
    expect(found.indexOf(8)).toBeLessThan(found.indexOf(11))
    expect(numbers('宅基地').slice(0, 2)).toEqual([117, 82])
  })

  test('characters in their order are enough, and all words must match', () => {
    expect(numbers('老年服务补贴')).toContain(65)
    expect(numbers('民政 补贴')).toContain(65)
    expect(numbers('民政 路灯')).toEqual([])
  })

  test('a department narrows it, and no text gives all by number', () => {
    const narrowed = search(CATALOGUE, '', TODAY, 'civil-affairs').map((one) => one.item)
    expect(narrowed.length).toBeGreaterThan(5)
    expect(narrowed.every((item) => item.department === 'civil-affairs')).toBe(true)
    expect(numbers('')).toEqual([...numbers('')].sort((one, other) => one - other))
    expect(numbers('')).toHaveLength(124)
  })

  test.each([
    ['glbt', 'initials'],
    ['高龄', 'name'],
    ['124', 'number'],
    ['老人补贴', 'alias'],
  ])('%s is found by its %s', (text, by) => {
    expect(search(CATALOGUE, text, TODAY)[0]?.by).toBe(by)
  })
})
