import { describe, expect, it } from 'vitest'
import type { DueHousehold } from '../../src/engine/api'
import type { Fields } from '../../src/engine/field_values'
import type { FieldRecord } from '../../src/engine/sync/record'
import { changedFields, filledFields } from '../../src/parts/changed_fields'
import { householdName } from '../../src/engine/household_name'
import { distanceInWords, door, geoLink, lastVisit, phoneOf, whyDue } from '../../src/parts/households'

function household(values: Fields): FieldRecord {
  return { id: 'h', kind: 'household', village: 'v', by: 'w', created: ['', 'd'], origin: ['d', 1], values }
}

function due(changed: Partial<DueHousehold>): DueHousehold {
  return {
    household: household({ name: '沈建国', visit_class: 'correction' }),
    reason: '按期走访',
    firstDay: '2026-11-01',
    lastDay: '2026-11-30',
    deadlineMs: null,
    overdue: false,
    lastCounted: null,
    distanceM: null,
    ...changed,
  }
}

describe('why a household is due', () => {
  it('says that it was not visited this month, whatever the class', () => {
    expect(whyDue(due({ lastCounted: '2026-10-31' }), '2026-11-23', 'Regular visit').key).toBe(
      'people.due_this_month',
    )
  })

  it('gives no period away where it was visited this month (a weekly one)', () => {
    expect(
      whyDue(due({ lastCounted: '2026-11-12', lastDay: '2026-11-29' }), '2026-11-23', 'Regular visit'),
    ).toEqual({
      key: 'people.due_again',
      named: { reason: 'Regular visit' },
    })
  })

  it('asks for haste after a special event', () => {
    expect(whyDue(due({ deadlineMs: 1 }), '2026-11-23', 'Regular visit').key).toBe('people.due_soon')
  })
})

describe('the last visit', () => {
  const say = (one: { key: string }) => one.key
  const visit = (outcome: string, at: string): FieldRecord => ({
    ...household({ outcome, started_at: at }),
    kind: 'visit',
  })

  it('is the latest one, whether it counts or not', () => {
    const visits = [visit('not_home', '2026-11-23T09:00:00+08:00'), visit('met', '2026-11-22T09:00:00+08:00')]
    expect(lastVisit(visits, '2026-11-23', say)).toEqual({
      key: 'people.last_not_home',
      named: { when: 'people.today' },
    })
  })

  it('is none of those that were taken back', () => {
    const voided = { ...visit('met', '2026-11-23T09:00:00+08:00'), void: { reason: '', by: '', clock: '' } }
    expect(lastVisit([voided], '2026-11-23', say).key).toBe('people.never_visited')
  })
})

describe('a household on a card', () => {
  it('is named by its head, with 户 once', () => {
    expect(householdName(household({ name: '沈建国' }))).toBe('沈建国户')
    expect(householdName(household({ name: '沈建国户' }))).toBe('沈建国户')
  })

  it('shows its address where it has no house number', () => {
    expect(door(household({ address: '沈家浜 3号' }))).toBe('沈家浜 3号')
    expect(door(household({ address: '沈家浜 3号', house_number: '3号' }))).toBe('3号')
  })

  it('is called by the first number that can be dialled', () => {
    const spaced = household({ phone: '138 0000-3344' })
    expect(phoneOf([undefined, household({ phone: '无' }), spaced])).toBe('13800003344')
    expect(phoneOf([household({})])).toBeNull()
  })

  it('gives other apps a place and no name', () => {
    expect(geoLink(120.5, 30.4)).toBe('geo:30.400000,120.500000?q=30.400000,120.500000')
  })

  it('says how far roughly', () => {
    expect(distanceInWords(3)).toEqual({ key: 'people.metres', named: { metres: 10 } })
    expect(distanceInWords(84)).toEqual({ key: 'people.metres', named: { metres: 80 } })
    expect(distanceInWords(1250)).toEqual({ key: 'people.kilometres', named: { kilometres: '1.3' } })
  })
})

describe('a form of texts', () => {
  it('changes only what differs, and clears what was emptied', () => {
    const before = { name: '沈建国', phone: '13800003344', note: '有狗' }
    const form = { name: '沈建国 ', phone: '', note: '有狗', house_number: '12号' }
    expect(changedFields(before, form)).toEqual({ phone: null, house_number: '12号' })
  })

  it('leaves out what nobody filled in', () => {
    expect(filledFields({ name: ' 沈建国', phone: ' ' })).toEqual({ name: '沈建国' })
  })
})
