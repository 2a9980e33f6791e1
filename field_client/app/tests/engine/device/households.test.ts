/** What is due, finding people, hints of duplicates, and looks at a masked number. */
import { beforeEach, describe, expect, it } from 'vitest'
import { DueList } from '@/engine/device/due'
import { DeviceHouseholds } from '@/engine/device/households'
import { PersonSearch } from '@/engine/device/person_search'
import { loadInitials } from '@/engine/device/pinyin_initials'
import { NotFound } from '@/engine/errors'
import { DAY_MS, GRID_1, GRID_2, HOUR_MS, id, NOW_MS, said, SmallCore, street, WANG } from './small_core'

let core: SmallCore
let people: PersonSearch
let households: DeviceHouseholds

beforeEach(() => {
  core = new SmallCore()
  people = new PersonSearch(core, () => loadInitials())
  households = new DeviceHouseholds(core, new DueList(core), people)
})

const visit = (number: number, household: string, daysAgo: number, outcome = 'met') =>
  core.put('visit', id(number), {
    household,
    worker: WANG,
    grid: GRID_1,
    outcome,
    visit_class: 'floating',
    started_at: said(NOW_MS - daysAgo * DAY_MS),
  })
const names = (found: { record: { values: { [field: string]: unknown } } }[]) =>
  found.map((one) => one.record.values.name)

describe('due', () => {
  it('lists the overdue and the soon due of my grids with a neutral reason, and follows what is captured', () => {
    street(core, 4)
    visit(501, id(1), 3)
    visit(502, id(2), 3, 'not_home')
    visit(503, id(3), 25)
    const due = households.due()
    expect(due.map((one) => [one.household.id, one.overdue, one.lastCounted])).toEqual([
      // never seen since January: overdue; seen last month: due until the end of this one
      [id(2), true, null],
      [id(3), false, '2026-10-29'],
      [id(4), true, null],
    ])
    expect(new Set(due.map((one) => one.reason))).toEqual(new Set(['按期走访']))
    visit(504, id(4), 0)
    expect(households.due().map((one) => one.household.id)).toEqual([id(2), id(3)])
    expect(households.dueOf(id(4))).toMatchObject({ firstDay: '2026-12-01', lastDay: '2026-12-31' })
  })

  it('leaves out other grids and those who moved out, unless asked for', () => {
    street(core, 5)
    core.put('household', id(1), { ...core.require('household', id(1)).values, status: 'moved_out' })
    expect(households.due().map((one) => one.household.id)).toEqual([id(2), id(3), id(4)])
    expect(households.due({ grid: GRID_2 }).map((one) => one.household.id)).toEqual([id(5)])
    expect(households.dueOf(id(1))).toBeNull()
  })

  it('brings a household forward after a special event until somebody was there', () => {
    street(core, 1, 'ordinary')
    visit(501, id(1), 40)
    expect(households.due()).toEqual([])
    const at = NOW_MS - 25 * HOUR_MS
    const event = { special_event: { type: 'death', at: said(at) } }
    core.put('household', id(1), { ...core.require('household', id(1)).values, ...event })
    expect(households.due()).toMatchObject([{ overdue: true, deadlineMs: at + 24 * HOUR_MS }])
    visit(502, id(1), 0)
    expect(households.due()).toEqual([])
  })

  it('walks from where one stands, the most urgent first, and tells the way', () => {
    street(core, 4)
    const due = households.due({ start: [120.603, 30.3], limit: 3 })
    expect(due.map((one) => one.household.id)).toEqual([id(3), id(2), id(1)])
    expect(due[0]?.distanceM).toBeGreaterThan(100)
    expect(due[0]?.distanceM).toBeLessThan(200)
    expect(households.due()[0]?.distanceM).toBeNull()
  })
})

describe('search', () => {
  beforeEach(() => {
    street(core, 12)
  })

  it('finds by characters, house number, address and phone tail before pinyin is loaded', () => {
    expect(names(people.search('沈建3'))).toEqual(['沈建3', '沈建3'])
    expect(people.search('3号')[0]?.record.id).toBe(id(3))
    expect(people.search('敭村11')).toHaveLength(1)
    expect(people.search('沈建3户')[0]?.record).toMatchObject({ kind: 'household', id: id(3) })
    expect(people.search('0012').map((one) => one.record.id)).toEqual([id(12)])
    expect(people.search('  ')).toEqual([])
    expect(people.search('没有这个人')).toEqual([])
  })

  it('finds by initials once they are loaded, a surname by both of its readings', async () => {
    expect(people.search('sxx')).toEqual([])
    core.put('resident', id(9001), { household: id(2), name: '单小小' })
    await people.ready()
    expect(names(people.search('sxx'))).toEqual(['单小小'])
    expect(names(people.search('dxx'))).toEqual(['单小小'])
    expect(people.search('sj').length).toBeGreaterThanOrEqual(24)
  })

  it('wants every word, tells residents apart by their house, and puts the whole match first', () => {
    const found = people.search('单 4号')
    expect(names(found)).toEqual(['单小4'])
    expect(found[0]?.household?.id).toBe(id(4))
    expect(people.search('沈建1')[0]?.record.values.name).toBe('沈建1')
    expect(people.search('沈', 3)).toHaveLength(3)
  })

  it('shows changes at once, leaves out who was merged, and puts who is gone last', () => {
    core.put('resident', id(9001), { household: id(2), name: '吴良', status: 'deceased' })
    core.put('resident', id(9002), { household: id(7), name: '吴良' })
    core.put('resident', id(9003), { household: id(8), name: '吴良', merged_into: id(9002) })
    expect(people.search('吴良').map((one) => one.record.id)).toEqual([id(9002), id(9001)])
    core.put('household', id(3), { ...core.require('household', id(3)).values, house_number: '88号' })
    expect(people.search('88').map((one) => one.record.id)).toEqual([id(3)])
  })
})

describe('people', () => {
  beforeEach(() => {
    street(core, 2)
  })

  it('puts the head first and leaves out who was merged into another one', () => {
    core.put('resident', id(9003), { household: id(1), name: '沈建1', merged_into: id(10_011) })
    expect(households.residents(id(1)).map((one) => one.values.relation)).toEqual(['户主', '配偶'])
  })

  it('hints at the same person or door while typing', () => {
    const alike = (fields: Record<string, string>) =>
      households.alike('resident', fields).map((one) => one.id)
    expect(alike({ name: '沈建1', birth_date: '1960-02-02' })).toEqual([id(10_011)])
    expect(alike({ name: '沈建1' })).toEqual([])
    expect(alike({ name: '别人', birth_date: '1960-02-02' })).toEqual([])
    core.put('resident', id(9001), { household: id(2), name: '甲', identity_number: '33049919600202001X' })
    expect(alike({ identity_number: ' 33049919600202001x' })).toEqual([id(9001)])
    expect(households.alike('household', { grid: GRID_1, house_number: '2 号' })).toHaveLength(1)
    expect(households.alike('household', { grid: GRID_1, house_number: '2号' }, id(2))).toEqual([])
    expect(households.alike('household', { name: '沈建1户', phone: '+86 138 0573 0001' })).toHaveLength(1)
  })

  it('keeps what was typed in the form of its rules, and reads a birth date off the number', async () => {
    const { record } = await households.addResident(id(1), {
      name: ' 沈小宝 ',
      identity_number: '330499 19600202 001x',
      phone: '138-0573-0001',
      note: '',
    })
    expect(core.require('resident', record).values).toEqual({
      household: id(1),
      name: '沈小宝',
      identity_number: '33049919600202001X',
      phone: '13805730001',
      birth_date: '1960-02-02',
      sex: 'male',
    })
    await households.changeResident(record, { phone: ' ' })
    expect(core.require('resident', record).values.phone).toBeNull()
  })

  it('audits a look at a number before it is shown, and shows none that is not there', async () => {
    await households.changeResident(id(10_011), { identity_number: '33049919600202001X' })
    expect(households.masked('33049919600202001X')).toBe('330499********001X')
    expect(await households.reveal(id(10_011), '核对证件')).toBe('33049919600202001X')
    const [reading] = core.view.ofKind('reading')
    expect(reading?.values).toEqual({
      subject: id(10_011),
      field: 'identity_number',
      reason: '核对证件',
      worker: WANG,
      read_at: said(NOW_MS),
    })
    await expect(households.reveal(id(10_010), '看看')).rejects.toThrow(NotFound)
    core.full = true
    await expect(households.reveal(id(10_011), '核对')).rejects.toThrow()
  })

  it('writes down what the catalogue does not have, with the household or without', async () => {
    await households.request('想装路灯', id(1))
    await households.request('想要公交站')
    expect(core.view.ofKind('request').map((one) => [one.values.text, one.values.household ?? null])).toEqual(
      [
        ['想装路灯', id(1)],
        ['想要公交站', null],
      ],
    )
  })
})
