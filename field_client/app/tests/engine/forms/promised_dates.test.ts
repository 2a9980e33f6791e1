import { describe, expect, test } from 'vitest'
import { UnpublishedYear, WorkingCalendar, type CalendarTable } from '@/engine/forms/handling/calendar'
import { LIMIT_RULES, type LimitRules, type Pause } from '@/engine/forms/handling/clocks'
import { explain } from '@/engine/forms/handling/explanation'
import { licenceClock } from '@/engine/forms/handling/licence'
import { handoverLight, lightOf } from '@/engine/forms/handling/light'
import { promisedDate, type PromiseKind, type Timed } from '@/engine/forms/handling/limits'
import { vectors } from '../vectors'

interface Given {
  received_on: string
  handed_up_on?: string
  accepted_on?: string
}

const VECTORS = vectors<{
  calendar: CalendarTable
  working_days: { start: string; days: number; due: string; tentative: boolean; note: string }[]
  months: { year: number; month: number; closes_on: string; tentative: boolean }[]
  promises: {
    note: string
    item: Timed
    milestones: Given
    pauses?: (Omit<Pause, 'ends'> & { ends?: string | null })[]
    rules?: Partial<LimitRules>
    expected: {
      kind: PromiseKind
      due_on: string | null
      tentative: boolean
      stopped: boolean
      demonstration?: boolean
      stages: { key: string; due_on: string | null }[]
    }
  }[]
}>('promised_dates')
const CALENDAR = new WorkingCalendar(VECTORS.calendar)

function milestones(given: Given) {
  return {
    receivedOn: given.received_on,
    handedUpOn: given.handed_up_on ?? null,
    acceptedOn: given.accepted_on ?? null,
  }
}

test.each(VECTORS.working_days)('$start and $days days: $note', (one) => {
  expect(CALENDAR.addWorkingDays(one.start, one.days)).toEqual({ day: one.due, tentative: one.tentative })
})

test.each(VECTORS.months)('$year-$month closes', (one) => {
  expect(CALENDAR.monthClosesOn(one.year, one.month)).toEqual({
    day: one.closes_on,
    tentative: one.tentative,
  })
})

test.each(VECTORS.promises)('$note', (one) => {
  const pauses = (one.pauses ?? []).map((pause) => ({ ...pause, ends: pause.ends ?? null }))
  const rules = { ...LIMIT_RULES, ...one.rules }
  const found = promisedDate(one.item, milestones(one.milestones), CALENDAR, pauses, rules)
  const { kind, dueOn, tentative, stopped, demonstration } = found
  const stages = found.stages.map((stage) => ({ key: stage.key, due_on: stage.dueOn }))
  const asListed = { kind, due_on: dueOn, tentative, stopped, stages }
  expect('demonstration' in one.expected ? { ...asListed, demonstration } : asListed).toEqual(one.expected)
})

describe('the calendar', () => {
  test('counts back, leaves out days away, and knows what it does not know', () => {
    expect(CALENDAR.workingDaysBetween('2026-11-23', '2026-11-20')).toEqual({ days: -1, tentative: false })
    const away = new Set(['2026-11-24'])
    expect(CALENDAR.availableDays('2026-11-23', '2026-11-27', away).days).toBe(4)
    expect(CALENDAR.availableDays('2026-12-31', '2027-01-01').tentative).toBe(true)
    expect(() => CALENDAR.isWorkingDay('2027-01-04')).toThrow(UnpublishedYear)
    expect(CALENDAR.isWorkingDay('2026-02-28')).toBe(true)
  })

  test.each([
    { holidays: ['2026-01-03'] },
    { holidays: ['2026-01-02', '2026-01-01'] },
    { workdays: ['2026-01-05'] },
    { first_year: 2027 },
    { holidays: ['2024-01-01'] },
  ])('a broken table is refused: %o', (broken) => {
    expect(() => new WorkingCalendar({ ...VECTORS.calendar, ...broken })).toThrow(RangeError)
  })
})

describe('the sentence on the doorstep', () => {
  const proxy: Timed = {
    mode: 'proxy',
    finish: 'handed_up',
    limit: { stages: [{ key: 'h', name: '办理', days: 20 }], demonstration: true },
  }
  test('carries every caveat', () => {
    const received = milestones({ received_on: '2026-12-10' })
    const promised = promisedDate(proxy, received, CALENDAR)
    expect(explain(proxy, received, promised)).toEqual({
      zh: '2026年12月10日收件，当日不计；村社报送3个工作日，至2026年12月15日；办理20个工作日，至2027年1月12日；预计2027年1月12日前办结，以部门受理为准；暂定：所涉年份的放假安排尚未公布；演示时限。',
      en: "received on 2026-12-10, a day that is not counted; handover to the town: 3 working days, until 2026-12-15; 办理: 20 working days, until 2027-01-12; expected by 2027-01-12, subject to the department's acceptance; tentative: holidays of that year are not published; demonstration limit.",
    })
  })

  test('says when the clock stands, when it is done at once, and when there is no limit', () => {
    const accepted = milestones({
      received_on: '2026-11-02',
      handed_up_on: '2026-11-04',
      accepted_on: '2026-11-05',
    })
    const open: Pause = { kind: 'supplement', begins: '2026-11-06', ends: null }
    const standing = promisedDate(proxy, accepted, CALENDAR, [open])
    expect(explain(proxy, accepted, standing).zh).toBe(
      '2026年11月5日部门受理；办理20个工作日；暂停计时中，恢复后重新推算；演示时限。',
    )
    const direct: Timed = { mode: 'direct', finish: 'online', limit: { immediate: true } }
    const saturday = milestones({ received_on: '2026-11-21' })
    expect(explain(direct, saturday, promisedDate(direct, saturday, CALENDAR)).zh).toBe(
      '即办，2026年11月23日。',
    )
    const unknown: Timed = { mode: 'proxy', finish: 'handed_up', limit: {} }
    expect(explain(unknown, saturday, promisedDate(unknown, saturday, CALENDAR)).zh).toBe('时限未载明。')
  })
})

describe('lights', () => {
  const promised = promisedDate(
    { mode: 'assist', finish: 'online', limit: { stages: [{ key: 'h', name: '办理', days: 5 }] } },
    milestones({ received_on: '2026-11-16' }),
    CALENDAR,
  )
  test.each([
    ['2026-11-18', null, 'on_time'],
    ['2026-11-19', null, 'near'],
    ['2026-11-23', null, 'near'],
    ['2026-11-24', null, 'late'],
    ['2026-11-30', '2026-11-23', 'on_time'],
    ['2026-11-30', '2026-11-24', 'late'],
  ] as const)('on %s, decided %s: %s', (today, decided, light) => {
    expect(promised.dueOn).toBe('2026-11-23')
    expect(lightOf(promised, today, CALENDAR, decided)).toBe(light)
  })

  test.each([
    ['2026-11-18', 'on_time'],
    ['2026-11-19', 'near'],
    ['2026-11-23', 'near'],
    ['2026-11-24', 'late'],
  ] as const)('the village handing over, on %s: %s', (today, light) => {
    expect(handoverLight('2026-11-16', today, CALENDAR)).toBe(light)
  })
})

describe('a licence', () => {
  test('counts as accepted when nothing was told in five working days', () => {
    const told = licenceClock({ licence: true }, '2026-11-16', null, '2026-11-24', CALENDAR)
    expect(told).toMatchObject({ tellBy: '2026-11-23', acceptedOn: '2026-11-16', tentative: false })
    expect(told?.explanation.zh).toContain('视为受理')
  })

  test('stands open until then, concludes nothing from a tentative date, and is a licence', () => {
    const open = licenceClock({ licence: true }, '2026-11-16', null, '2026-11-23', CALENDAR)
    expect(open?.acceptedOn).toBeNull()
    expect(licenceClock({ licence: true }, '2026-12-30', null, '2027-02-01', CALENDAR)).toMatchObject({
      tentative: true,
      acceptedOn: null,
    })
    expect(licenceClock({}, '2026-11-16', null, '2026-11-24', CALENDAR)).toBeNull()
  })
})
