/** Households and visits through the phone's real view, judge and disk: what they make is in order as it stands. */
import { beforeEach, expect, it } from 'vitest'
import { fieldwork, type Fieldwork } from '@/engine/device/fieldwork'
import { Refused } from '@/engine/errors'
import { text } from '@/engine/field_values'
import { COLLEAGUE, HEAD, HOME, NOW_MS, openCore, over, type OpenCore } from './open_core'
import { freshDisk, GRID, OTHER_GRID, reopened } from './phone'

const MINUTE_MS = 60_000
let phone: OpenCore
let work: Fieldwork

beforeEach(async () => {
  freshDisk()
  phone = await openCore()
  work = fieldwork(phone.core)
})

const kinds = () => phone.store.outbox.entries().map((entry) => entry.kind)
const pointers = (error: unknown) =>
  error instanceof Refused ? error.problems.map((one) => one.pointer) : error

it('keeps round, visit and follow-up in one write, and shows what they change', async () => {
  expect(work.households.due().map((one) => one.household.id)).toEqual([])
  const draft = await work.visits.start({ household: HOME })
  expect(draft.met).toEqual([HEAD])
  phone.times.pass(10 * MINUTE_MS)
  await work.visits.finish({
    ...draft,
    companions: [COLLEAGUE],
    findings: [{ id: 'f1', type: 'fire', text: '楼道堆物', disposition: 'on_the_spot' }],
    location: {
      latitude: '30.3000000',
      longitude: '120.6000000',
      system: 'WGS-84',
      source: 'gps',
      accuracy_m: 9,
    },
    follow_up: { title: '复查楼道', due: '2026-11-30' },
  })
  expect(kinds()).toEqual(['round', 'visit', 'task'])
  expect(work.households.dueOf(HOME)?.lastCounted).toBe('2026-11-23')
  expect(work.figures.today()).toEqual({ rounds: 1, households: 1, cases: 0 })
  expect(work.visits.openRound()).toMatchObject({ visits: 1, grid: GRID })
  expect(work.dayLog.of('2026-11-23').text).toContain('其中1条待上传')
  expect(work.households.visitsOf(HOME)).toHaveLength(1)
})

it('keeps a visit in progress over a lost battery', async () => {
  const draft = await work.visits.start({ household: HOME })
  await work.visits.keep({ ...draft, note: '说到一半' })
  const after = fieldwork((await over(await reopened(phone.store))).core)
  expect(after.visits.open()).toEqual([{ ...draft, note: '说到一半' }])
  await after.visits.finish(after.visits.open()[0] ?? draft)
  expect(after.visits.open()).toEqual([])
})

it('writes up, amends, takes back and reminds, each in order for the judge', async () => {
  const draft = await work.visits.writeUp(
    { household: HOME },
    new Date(NOW_MS - 30 * MINUTE_MS).toISOString(),
  )
  const { record } = await work.visits.finish({ ...draft, outcome: 'not_home' })
  await work.visits.amend(record, { note: '门口有狗' })
  expect(text(phone.core.require('visit', record).values, 'note')).toBe('门口有狗')
  await work.visits.remind(HOME, '2026-11-25')
  await work.visits.void(record, '登错了户')
  expect(work.households.visitsOf(HOME)[0]?.void?.reason).toBe('登错了户')
  const open = work.visits.openRound()
  expect(open?.visits).toBe(0)
  await work.visits.finishRound()
  await work.visits.reopenRound(open?.record.id ?? '')
  expect(work.visits.openRound()?.record.id).toBe(open?.record.id)
})

it('adds and changes people, and tells everything that is wrong at once', async () => {
  const { record } = await work.households.add({
    name: '陆阿大',
    address: '红星村9号',
    house_number: '9号',
    grid: GRID,
    phone: '138 0000 0002',
    note: '',
  })
  expect(work.households.search('9号').map((one) => one.record.id)).toEqual([record])
  const wrong = await work.households
    .addResident(record, { name: '陆阿大', identity_number: '123', phone: '12' })
    .catch(pointers)
  expect(wrong).toEqual(['/fields/identity_number', '/fields/phone'])
  const resident = await work.households.addResident(record, {
    name: '陆阿大',
    relation: '户主',
    identity_number: '330499196002020038',
  })
  expect(work.households.residents(record)).toHaveLength(1)
  expect(await work.households.reveal(resident.record, '核对证件')).toBe('330499196002020038')
  expect(await work.households.change(record, { visit_class: 'floating' }).catch(pointers)).toEqual([
    '/fields/visit_class_reason',
  ])
  await work.households.change(record, { visit_class: 'floating', visit_class_reason: '外来租住' })
  expect(work.households.dueOf(record)?.lastDay).toBe('2026-11-30')
  await work.households.request('想装路灯', record)
  await work.households.void('resident', resident.record, '登记重复')
  expect(work.households.residents(record)).toEqual([])
})

it('puts a visit to a place into the grid that was named, and knows when there is none', async () => {
  await expect(work.visits.start({ place: '广场', grid: '330481106999001' })).rejects.toThrow('no such grid')
  const own = await work.visits.start({ place: '广场' })
  const draft = await work.visits.start({ place: '广场', grid: OTHER_GRID })
  expect(draft.id).not.toBe(own.id)
  const { record } = await work.visits.finish(draft)
  expect(phone.core.require('visit', record)).toMatchObject({ grid: OTHER_GRID })
})
