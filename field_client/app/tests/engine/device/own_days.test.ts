/** The worker's own figures, day log and map. */
import { beforeEach, describe, expect, it } from 'vitest'
import { DeviceDayLog } from '@/engine/device/day_log'
import { DueList } from '@/engine/device/due'
import { DeviceFigures } from '@/engine/device/figures'
import { DeviceGridMap } from '@/engine/device/map'
import { DAY_MS, GRID_1, GRID_2, id, LI, NOW_MS, said, SmallCore, street, VILLAGE, WANG } from './small_core'

let core: SmallCore

beforeEach(() => {
  core = new SmallCore()
  street(core, 4)
  core.put('assignment', id(800), { worker: WANG, grid: GRID_1, from_day: '2026-01-01' })
})

const round = (number: number, daysAgo: number, worker = WANG) =>
  core.put('round', id(number), { worker, grid: GRID_1, started_at: said(NOW_MS - daysAgo * DAY_MS) })
const visit = (number: number, of: number, household: string, daysAgo: number, more = {}) =>
  core.put('visit', id(number), {
    round: id(of),
    household,
    worker: WANG,
    grid: GRID_1,
    outcome: 'met',
    visit_class: 'floating',
    started_at: said(NOW_MS - daysAgo * DAY_MS),
    ...more,
  })

describe('figures', () => {
  const figures = () => new DeviceFigures(core, new DueList(core))
  const figure = (key: string) =>
    figures()
      .mine()
      .find((one) => one.key === key)

  it('counts rounds of the year with their pace, and says why something does not count', () => {
    core.put('rota', id(700), { day: '2026-01-01', window: [] })
    round(600, 1)
    visit(500, 600, id(1), 1)
    round(601, 0)
    visit(501, 601, id(2), 0, { outcome: 'phone' })
    round(602, 400)
    visit(502, 602, id(3), 400)
    visit(504, 9999, id(3), 10)
    core.put('visit', id(505), {
      ...core.require('visit', id(502)).values,
      round: null,
      started_at: said(NOW_MS),
    })
    round(603, 2, LI)
    visit(503, 603, id(3), 2, { worker: LI, companions: [WANG] })
    const rounds = figure('rounds_of_year')
    expect(rounds).toMatchObject({ number: 2, of: 180, rule: { key: 'round.attempted' } })
    expect(rounds?.explained.map((one) => [one.record, one.counted, one.reason.en, one.title])).toEqual([
      [id(504), false, 'its round has not arrived yet', '沈建3户　3号'],
      [id(603), true, 'accompanied, one round', '1网格'],
      [id(600), true, 'counted', '1网格'],
      [id(601), false, 'no household was attempted in this round', '1网格'],
    ])
    // 2026 has 248 working days, 220 of them by 23 November; beyond the rota's days they are assumed
    expect(rounds?.note?.en).toContain('about 160 by today (220 of 248 available days')
    expect(rounds?.note?.en).toContain('days without a rota are assumed')
  })

  it('takes days at the window and on leave off, and owes the part of the year since the assignment', () => {
    core.put('assignment', id(800), { worker: WANG, grid: GRID_1, from_day: '2026-11-16' })
    for (const [index, day] of ['2026-11-16', '2026-11-17', '2026-11-18', '2026-12-31'].entries()) {
      const [window, leave] = index < 2 ? [[WANG], []] : [[LI], index === 2 ? [WANG] : []]
      core.put('rota', id(700 + index), { day, window, leave })
    }
    core.put('assignment', id(801), { worker: WANG, grid: GRID_2, from_day: '2026-01-01', cover: true })
    // 34 working days are left of the year, 6 of them by today; 3 days away
    expect(figure('rounds_of_year')?.note?.en).toContain('(3 of 31 available days')
    expect(figure('rounds_of_year')?.of).toBe(Math.round((180 * 34) / 248))
  })

  it('expects nothing of days before records begin, and says so', () => {
    round(600, 7)
    expect(figure('rounds_of_year')).toMatchObject({ number: 0, of: Math.round((180 * 34) / 248) })
    expect(figure('rounds_of_year')?.note?.zh).toContain('自 2026-11-16 有记录起')
  })

  it('counts household visits of the month by the worker, each household once a day', () => {
    round(600, 0)
    visit(500, 600, id(1), 0)
    visit(501, 600, id(1), 0, { started_at: said(NOW_MS + 60_000) })
    visit(502, 600, id(2), 0, { outcome: 'not_home' })
    visit(503, 600, id(3), 30)
    visit(504, 600, id(4), 1, { worker: LI })
    const found = figure('household_visits_of_month')
    expect(found).toMatchObject({ number: 1, rule: { key: 'household.day.worker' } })
    expect(found?.explained.map((one) => [one.record, one.reason.zh])).toEqual([
      [id(500), '已计数'],
      [id(502), '未遇：留有记录，不计覆盖'],
      [id(501), '同一户当天已计一次'],
    ])
    expect(found?.explained[0]?.title).toBe('沈建1户　1号')
    expect(figures().today()).toEqual({ rounds: 1, households: 1, cases: 0 })
  })

  it('tells due and overdue households apart, each with its last day', () => {
    visit(500, 600, id(1), 25)
    visit(501, 600, id(2), 1)
    expect(figure('due_households')).toMatchObject({
      number: 1,
      explained: [{ record: id(1), day: '2026-11-30', title: '沈建1户　1号' }],
    })
    expect(figure('overdue_households')?.explained.map((one) => one.record)).toEqual([id(3), id(4)])
    expect(JSON.stringify(figures().mine())).not.toContain('流动人口')
  })
})

describe('day log', () => {
  it('puts a day together out of what was captured, and keeps a wording beside it', async () => {
    round(600, 0)
    visit(500, 600, id(1), 0, {
      companions: [LI],
      note: '身体很好',
      findings: [{ id: 'f', type: 'fire', text: '楼道堆物', disposition: 'on_the_spot' }],
    })
    visit(501, 600, id(2), 0, { outcome: 'not_home', written_up_later: true })
    core.put('case', id(900), {
      item: 'allowance',
      item_version: 1,
      state: 'finished',
      captured_at: said(NOW_MS),
      applicant_name: '沈建1',
    })
    core.put('request', id(901), { text: '想装路灯', worker: WANG, asked_at: said(NOW_MS) })
    core.put('request', id(902), { text: '别人的', worker: LI, asked_at: said(NOW_MS) })
    core.waiting.add(id(500))
    const log = new DeviceDayLog(core)
    const day = log.of('2026-11-23')
    expect(day.text.split('\n').slice(0, -2)).toEqual([
      '民情日志　2026年11月23日　王芳',
      '走访1轮，入户1户（按本机登记；其中1条待上传）',
      '16:00　沈建1户　金敭村1号　见到　同行：李明',
      '　　消防：楼道堆物（当场处理）',
      '　　身体很好',
      '16:00　沈建2户　金敭村2号　未遇（补记）',
      '办件　allowance　沈建1　办结',
      '目录外诉求　想装路灯',
    ])
    expect(day).toMatchObject({ visits: 2, cases: 1, wording: null })
    expect(log.days()).toEqual(['2026-11-23'])
    await log.correct('2026-11-23', '今天走访两户。')
    expect(log.of('2026-11-23')).toMatchObject({ wording: '今天走访两户。', text: day.text })
    await log.correct('2026-11-23', null)
    expect(log.of('2026-11-23').wording).toBeNull()
  })

  it('belongs to the day in Haining, put right by the clock offset, and says when a day is empty', () => {
    core.put('visit', id(500), {
      household: id(1),
      worker: WANG,
      grid: GRID_1,
      outcome: 'met',
      started_at: '2026-11-23T00:05:00+08:00',
    })
    core.put('visit', id(501), core.require('visit', id(500)).values, { offset_ms: 10 * 60_000 })
    const log = new DeviceDayLog(core)
    expect(log.days()).toEqual(['2026-11-23', '2026-11-22'])
    expect(log.of('2026-11-22').text).toContain('23:55')
    expect(log.of('2026-01-01').text).toContain('当天没有登记')
  })
})

it('is not taken down by one record that cannot be read', () => {
  visit(500, 600, id(1), 0, { started_at: '某天' })
  visit(501, 600, id(2), 0)
  expect(new DueList(core).of(id(2))?.lastCounted).toBe('2026-11-23')
  expect(new DeviceDayLog(core).of('2026-11-23').visits).toBe(1)
})

describe('map', () => {
  const square = (code: string, west: number) => ({
    type: 'Feature',
    properties: { code, name: `${code.slice(-1)}网格`, village: VILLAGE },
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [west, 30.29],
          [west + 0.01, 30.29],
          [west + 0.01, 30.31],
          [west, 30.31],
          [west, 30.29],
        ].map((position) => position.map((one) => one.toFixed(6))),
      ],
    },
  })

  it('draws the grids from text and the households by what is due', () => {
    for (const [index, code] of [GRID_1, GRID_2].entries()) {
      const definition = square(code, 120.6 + index * 0.01)
      core.put('grid', id(950 + index), { key: code, definition }, { grid: null })
    }
    visit(500, 600, id(1), 0)
    visit(501, 600, id(2), 25)
    const map = new DeviceGridMap(core, new DueList(core))
    expect(map.shapes()).toMatchObject([
      { grid: GRID_1, name: '1网格', mine: true, due: 3, done: 1, geometry: { type: 'Polygon' } },
      { grid: GRID_2, mine: false, due: 0, done: 0 },
    ])
    expect(map.shapes()[0]?.geometry.coordinates[0]?.[0]).toEqual([120.6, 30.29])
    expect(map.households().map((one) => [one.household, one.state])).toEqual([
      [id(1), 'done'],
      [id(2), 'due'],
      [id(3), 'overdue'],
      [id(4), 'overdue'],
    ])
    expect(map.gridAt(120.605, 30.3)).toBe(GRID_1)
    expect(map.gridAt(120.61, 30.3)).toBe(GRID_1)
    expect(map.gridAt(121, 30.3)).toBeNull()
    expect(map.toGcj02(120.6, 30.3)[0]).toBeCloseTo(120.6046, 2)
  })
})
