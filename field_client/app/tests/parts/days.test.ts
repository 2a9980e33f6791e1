import { describe, expect, it } from 'vitest'
import { addDays, clockTime, countDay } from '../../src/engine/days'
import { ageOn, dayInWords, momentOf, weekday } from '../../src/parts/days'

describe('days and moments as people say them', () => {
  it('belong to Shanghai, whatever the phone is set to', () => {
    const late = Date.parse('2026-11-23T16:30:00Z')
    expect(countDay(late)).toBe('2026-11-24')
    expect(clockTime(late)).toBe('00:30')
  })

  it.each([
    ['2026-11-23', { key: 'people.today' }],
    ['2026-11-22', { key: 'people.yesterday' }],
    ['2026-11-24', { key: 'people.tomorrow' }],
    ['2026-11-16', { key: 'people.days_ago', named: { days: 7 } }],
    ['2026-11-15', { key: 'people.date', named: { year: 2026, month: 11, date: 15 } }],
    ['2025-12-31', { key: 'people.date_of_year', named: { year: 2025, month: 12, date: 31 } }],
  ])('%s is said near enough', (day, said) => {
    expect(dayInWords(day, '2026-11-23')).toEqual(said)
  })

  it('says days ago across a year end too', () => {
    expect(dayInWords('2025-12-30', '2026-01-02')).toEqual({ key: 'people.days_ago', named: { days: 3 } })
  })

  it('makes a moment of what two fields hold, and none of half of it', () => {
    expect(momentOf('2026-11-23', '09:05')).toBe('2026-11-23T09:05:00+08:00')
    expect(momentOf('2026-11-23', '')).toBeNull()
    expect(momentOf('', '09:05')).toBeNull()
  })

  it('counts on across months', () => {
    expect(addDays('2026-11-30', 1)).toBe('2026-12-01')
    expect(weekday('2026-11-23')).toBe(1)
  })

  it('has somebody a year older on the birthday, not before', () => {
    expect(ageOn('1950-11-24', '2026-11-23')).toBe(75)
    expect(ageOn('1950-11-23', '2026-11-23')).toBe(76)
    expect(ageOn(undefined, '2026-11-23')).toBeNull()
  })
})
