/** Visits in progress and what they become. */
import { beforeEach, expect, it } from 'vitest'
import { Refused, StorageFull } from '@/engine/errors'
import { DeviceVisits } from '@/engine/device/visits'
import { text } from '@/engine/field_values'
import { occurredMs } from '@/engine/sync/counting_facts'
import {
  DAY_MS,
  GRID_1,
  HOUR_MS,
  id,
  LI,
  MINUTE_MS,
  NOW_MS,
  said,
  SmallCore,
  street,
  WANG,
} from './small_core'

const HOME = id(1)
const HEAD = id(10_011)
const WIFE = id(10_010)
let core: SmallCore
let visits: DeviceVisits

beforeEach(() => {
  core = new SmallCore()
  street(core, 5)
  visits = new DeviceVisits(core)
})

const later = (minutes: number) => {
  core.ms += minutes * MINUTE_MS
}

it('captures an ordinary visit with its round at once, the head of the household preselected', async () => {
  const draft = await visits.start({ household: HOME })
  expect(draft.met).toEqual([HEAD])
  later(8)
  const captured = await visits.finish(draft)
  expect(core.captured).toHaveLength(1)
  expect(core.captured[0]?.map((one) => one.kind)).toEqual(['round', 'visit'])
  expect(captured.record).toBe(draft.id)
  const { values } = core.require('visit', draft.id)
  expect(values).toEqual({
    worker: WANG,
    round: core.captured[0]?.[0]?.record,
    grid: GRID_1,
    household: HOME,
    visit_class: 'floating',
    outcome: 'met',
    met: [HEAD],
    started_at: said(NOW_MS),
    ended_at: said(NOW_MS + 8 * MINUTE_MS),
    recorded_at: said(NOW_MS + 8 * MINUTE_MS),
    purposes: ['regular_visit'],
  })
  expect(visits.open()).toEqual([])
})

it('preselects whoever was met last, unless they moved away', async () => {
  const first = await visits.start({ household: HOME })
  await visits.finish({ ...first, met: [WIFE] })
  expect((await visits.start({ household: HOME })).met).toEqual([WIFE])
  await visits.discard((await visits.start({ household: HOME })) ?? first)
  await core.change('resident', WIFE, { status: 'moved_out' })
  expect((await visits.start({ household: HOME })).met).toEqual([HEAD])
})

it('takes up the same visit again, also after everything was forgotten but the disk', async () => {
  const draft = await visits.start({ household: HOME })
  await visits.keep({ ...draft, note: '老人在睡觉' })
  const reopened = new DeviceVisits(core)
  expect(reopened.open()).toHaveLength(1)
  const again = await reopened.start({ household: HOME })
  expect([again.id, again.note, again.started_at]).toEqual([draft.id, '老人在睡觉', draft.started_at])
  await reopened.start({ household: id(2) })
  expect(reopened.open().map((one) => one.household)).toEqual([id(2), HOME])
})

it('keeps what is kept at the same time, and restores what was put aside', async () => {
  const [one, other] = [await visits.start({ household: HOME }), await visits.start({ household: id(2) })]
  await Promise.all([visits.keep({ ...one, note: '甲' }), visits.keep({ ...other, note: '乙' })])
  expect(visits.open().map((draft) => draft.note)).toEqual(['乙', '甲'])
  await visits.discard(one)
  expect(visits.open()).toHaveLength(1)
  await visits.keep(one)
  expect(visits.open()).toHaveLength(2)
})

it('reuses the open round, and opens another after three hours', async () => {
  const first = await visits.finish(await visits.start({ household: HOME }))
  later(100)
  const second = await visits.finish(await visits.start({ household: id(2) }))
  later(170)
  const third = await visits.finish(await visits.start({ household: id(3) }))
  const roundOf = (record: string) => text(core.require('visit', record).values, 'round')
  expect(roundOf(second.record)).toBe(roundOf(first.record))
  expect(roundOf(third.record)).toBe(roundOf(first.record))
  expect(visits.openRound()).toMatchObject({ visits: 3, grid: GRID_1 })
  later(181)
  expect(visits.openRound()).toBeNull()
  const fourth = await visits.finish(await visits.start({ household: id(4) }))
  expect(roundOf(fourth.record)).not.toBe(roundOf(first.record))
})

it('starts, finishes and reopens a round by its button', async () => {
  const { record } = await visits.startRound()
  expect(visits.openRound()?.record.id).toBe(record)
  await expect(visits.startRound()).rejects.toThrow(Refused)
  later(30)
  await visits.finishRound('走了一圈')
  expect(visits.openRound()).toBeNull()
  await expect(visits.finishRound()).rejects.toThrow('no round is open')
  await visits.reopenRound(record)
  expect(visits.openRound()?.record.id).toBe(record)
})

it('judges by corrected time when the phone is a day off', async () => {
  core.offsetMs = -DAY_MS
  await visits.finish(await visits.start({ household: HOME }))
  later(20)
  expect(visits.openRound()).toMatchObject({ visits: 1 })
  const second = await visits.finish(await visits.start({ household: id(2) }))
  expect(core.captured.at(-1)?.map((one) => one.kind)).toEqual(['visit'])
  expect(core.require('visit', second.record).offset_ms).toBe(-DAY_MS)
})

it('makes the follow-up a task with the visit, and takes it back with it', async () => {
  const draft = await visits.start({ household: HOME })
  const follow_up = { title: ' 送老年证 ', due: '2026-11-30' }
  await visits.finish({ ...draft, follow_up })
  const [task] = core.view.ofKind('task')
  expect(task?.values).toEqual({
    type: 'follow_up',
    title: '送老年证',
    holder: WANG,
    household: HOME,
    visit: draft.id,
    due: '2026-11-30',
    state: 'open',
  })
  await visits.void(draft.id, '登错了户')
  expect(core.view.ofKind('visit')).toEqual([])
  expect(core.require('task', task?.id ?? '').values.state).toBe('cancelled')
})

it('keeps the draft when the disk is full or something is not in order, and tells all of it', async () => {
  const draft = await visits.start({ household: HOME })
  core.full = true
  await expect(visits.finish({ ...draft, note: '写了很多' })).rejects.toThrow(StorageFull)
  expect(visits.open()[0]?.note).toBe('写了很多')
  core.full = false
  const wrong = { ...draft, occurred_at: said(NOW_MS + HOUR_MS), follow_up: { title: ' ', due: null } }
  const refused = await visits.finish(wrong).catch((error: unknown) => error)
  expect(refused instanceof Refused && refused.problems.map((one) => one.pointer)).toEqual([
    '/occurred_at',
    '/follow_up/title',
  ])
  expect(core.captured).toEqual([])
})

it('captures a visit once, however often it is tapped', async () => {
  const draft = await visits.start({ household: HOME })
  const [one, other] = await Promise.all([visits.finish(draft), visits.finish(draft)])
  expect(one).toEqual(other)
  await expect(visits.finish(draft)).rejects.toThrow(Refused)
  expect(core.view.ofKind('visit')).toHaveLength(1)
  expect(core.captured).toHaveLength(1)
})

it('tells that a visit is captured, also where its draft could not be taken away', async () => {
  const draft = await visits.start({ household: HOME })
  core.drafts.forget = () => Promise.reject(new StorageFull())
  expect((await visits.finish(draft)).record).toBe(draft.id)
  expect(visits.open()).toEqual([])
})

it('opens one round, whatever is tapped at the same moment', async () => {
  const one = await visits.start({ household: HOME })
  const other = await visits.start({ household: id(2) })
  await Promise.all([visits.finish(one), visits.finish(other)])
  expect(core.view.ofKind('round')).toHaveLength(1)
  await visits.finishRound()
  later(60)
  const taps = await Promise.allSettled([visits.startRound(), visits.startRound()])
  expect(taps.map((tap) => tap.status)).toEqual(['fulfilled', 'rejected'])
})

it('does not offer a visit again that became an operation just before the phone died', async () => {
  const draft = await visits.start({ household: HOME })
  await visits.finish(draft)
  await core.drafts.keep('visits', [draft])
  expect(visits.open()).toEqual([])
})

it('writes a visit up later: two times, in the round of that time or one of its own', async () => {
  const occurred = said(NOW_MS - 26 * HOUR_MS)
  const draft = await visits.writeUp({ household: HOME }, occurred)
  const { record } = await visits.finish({ ...draft, outcome: 'not_home' })
  const { values } = core.require('visit', record)
  expect(values).toMatchObject({
    started_at: new Date(occurred).toISOString(),
    recorded_at: said(NOW_MS),
    written_up_later: true,
    outcome: 'not_home',
  })
  expect(values).not.toHaveProperty('ended_at')
  expect(values).not.toHaveProperty('met')
  // the one before it is written up after it and is the same outing
  const before = await visits.writeUp({ household: id(2) }, said(NOW_MS - 27 * HOUR_MS))
  await visits.finish(before)
  expect(core.require('visit', before.id).values.round).toBe(values.round)
  expect(core.view.ofKind('round')).toHaveLength(1)
})

it('carries a time that was written down as the phone’s clock would have said it, so that its correction is right', async () => {
  core.offsetMs = 24 * HOUR_MS
  const draft = await visits.writeUp({ household: HOME }, said(NOW_MS - 3 * HOUR_MS))
  const { record } = await visits.finish(draft)
  expect(core.require('visit', record).values.started_at).toBe(new Date(NOW_MS + 21 * HOUR_MS).toISOString())
  expect(occurredMs(core.require('visit', record))).toBe(NOW_MS - 3 * HOUR_MS)
})

it('says that nobody knows when a visit ended that was taken up again the next day', async () => {
  const draft = await visits.start({ household: HOME })
  core.ms += 20 * HOUR_MS
  const { record } = await visits.finish(draft)
  const { values } = core.require('visit', record)
  expect(values).toMatchObject({ started_at: said(NOW_MS), written_up_later: true })
  expect(values).not.toHaveProperty('ended_at')
})

it('records joint visits, places, findings and the cases of the visit', async () => {
  const draft = await visits.start({ place: '党群服务中心' })
  expect(draft.outcome).toBe('service_point')
  core.put('case', id(777), { visit: draft.id, item: 'x', state: 'finished' })
  await visits.finish({
    ...draft,
    companions: [LI, WANG],
    findings: [{ id: 'f1', type: 'fire', text: ' 楼道堆物 ', disposition: null }],
  })
  expect(core.require('visit', draft.id).values).toMatchObject({
    place: '党群服务中心',
    grid: GRID_1,
    companions: [LI],
    findings: [{ id: 'f1', type: 'fire', text: '楼道堆物' }],
    cases: [id(777)],
  })
})

it('checks the form of a visit item inside the visit', async () => {
  core.items = [
    {
      key: 'care-visit',
      number: 118,
      version: 2,
      department: 'care',
      name: '特殊困难老年人探访',
      mode: 'visit',
      finish: 'doorstep',
      limit: {},
      form: 'care',
      effective_from: '2020-01-01',
    },
    {
      key: 'permit',
      number: 1,
      version: 1,
      department: 'care',
      name: '许可',
      mode: 'direct',
      finish: 'online',
      limit: {},
      form: 'care',
      effective_from: '2020-01-01',
    },
  ]
  core.forms = [
    {
      key: 'care',
      fields: [
        { key: 'name', type: 'text', label: { zh: '姓名' }, prefill: 'resident.name' },
        { key: 'health', type: 'text', label: { zh: '身体' }, required: true },
      ],
    },
  ]
  await expect(visits.start({ household: HOME, item: 'permit' })).rejects.toThrow('no such visit item')
  const plain = await visits.start({ household: HOME })
  const draft = await visits.start({ household: HOME, item: 'care-visit' })
  expect([draft.id, draft.item, draft.answers]).toEqual([plain.id, 'care-visit', { name: '沈建1' }])
  const refused = await visits.finish(draft).catch((error: unknown) => error)
  expect(refused instanceof Refused && refused.problems.map((one) => one.pointer)).toEqual([
    '/answers/health',
  ])
  await visits.finish({ ...draft, answers: { ...draft.answers, health: '良好' } })
  expect(core.require('visit', draft.id).values).toMatchObject({
    item: 'care-visit',
    item_version: 2,
    'answers/name': '沈建1',
    'answers/health': '良好',
  })
})

it('reminds of a household that was not met', async () => {
  const { record } = await visits.remind(HOME, '2026-11-25')
  expect(core.require('task', record).values).toMatchObject({
    type: 'visit',
    title: '再次走访沈建1户',
    holder: WANG,
    household: HOME,
    due: '2026-11-25',
  })
})
