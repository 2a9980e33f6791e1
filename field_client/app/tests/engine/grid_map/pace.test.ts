/** Expected figures are those that `grid_map/pace.py` gives for the same days. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { WorkingCalendar, type CalendarTable } from '@/engine/forms/handling/calendar'
import { DEFAULT_TARGET, yearlyPace, type Availability } from '@/engine/grid_map/pace'

const table = new URL('../../../src/engine/data/calendar.json', import.meta.url)
const calendar = new WorkingCalendar(JSON.parse(readFileSync(table, 'utf8')) as CalendarTable)
const works = (day: string) => (calendar.covers(day) ? calendar.isWorkingDay(day) : null)
const available = (more: Partial<Availability> = {}): Availability => ({
  windowDays: new Set(),
  leaveDays: new Set(),
  rotaUntil: null,
  windowShareAssumed: 0,
  ...more,
})

it('splits the year over villages by available days', () => {
  const found = yearlyPace(
    DEFAULT_TARGET,
    [
      { village: 'A', firstDay: '2026-01-01', lastDay: '2026-06-30' },
      { village: 'B', firstDay: '2026-07-01', lastDay: null },
    ],
    available({
      windowDays: new Set(['2026-03-02', '2026-03-03', '2026-08-03']),
      leaveDays: new Set(['2026-08-04']),
      rotaUntil: '2026-12-31',
      windowShareAssumed: 0.5,
    }),
    works,
    '2026-11-23',
    new Map([
      ['A', 70],
      ['B', 60],
    ]),
  )
  expect(found).toMatchObject({ rule: 'round.attempted', done: 130, yearTarget: 180, estimated: false })
  expect(found.expected).toBeCloseTo(159.34426229508196, 9)
  expect(found.villages.map((one) => [one.village, one.daysSoFar, one.daysOfYear])).toEqual([
    ['A', 118, 118],
    ['B', 98, 126],
  ])
})

it('owes the part of the year that was worked, and says that days beyond the rota are assumed', () => {
  const found = yearlyPace(
    DEFAULT_TARGET,
    [{ village: 'A', firstDay: '2026-03-01', lastDay: null }],
    available({ windowDays: new Set(['2026-03-02']), rotaUntil: '2026-11-30', windowShareAssumed: 0.5 }),
    works,
    '2026-11-23',
    new Map([['A', 70]]),
  )
  expect(found.estimated).toBe(true)
  expect(found.yearTarget).toBeCloseTo(153.1451612903226, 9)
  expect(found.expected).toBeCloseTo(140.41521085561064, 9)
  expect(found.villages[0]).toMatchObject({ daysSoFar: 182, daysOfYear: 198.5 })
})

it('expects nothing of a year whose working days are not published', () => {
  const found = yearlyPace(
    DEFAULT_TARGET,
    [{ village: 'A', firstDay: '2026-03-01', lastDay: null }],
    available(),
    works,
    '2027-01-05',
    new Map([['A', 3]]),
  )
  expect(found).toMatchObject({ done: 3, expected: null, yearTarget: null, estimated: true })
})
