import { describe, expect, it } from 'vitest'
import type { DueHousehold, GridShape, MapHousehold } from '../../src/engine/api'
import type { Fields } from '../../src/engine/field_values'
import type { FieldRecord } from '../../src/engine/sync/record'
import { wanting } from '../../src/screens/household/form'
import { grouped } from '../../src/screens/household/found'
import { byState, cornersOf, gridState } from '../../src/screens/map/states'
import { completedByNumber, emptyResident } from '../../src/screens/resident/form'
import { attemptedLast } from '../../src/screens/today/attempted'
import { dutyInWords } from '../../src/screens/today/duty'

function record(id: string, kind: string, values: Fields): FieldRecord {
  return { id, kind, village: 'v', by: 'w', created: ['', 'd'], origin: ['d', 1], values }
}

describe('search results', () => {
  it('show a household once, with those of its people who were found', () => {
    const home = record('h', 'household', { name: '沈建国' })
    const found = [
      { record: record('r1', 'resident', { name: '沈小明' }), household: home },
      { record: home, household: home },
      { record: record('r2', 'resident', { name: '沈小红' }), household: home },
      { record: record('r3', 'resident', { name: '无家' }), household: undefined },
    ]
    expect(grouped(found)).toEqual([{ household: home, people: ['沈小明', '沈小红'] }])
  })
})

describe('forms of people', () => {
  it('want a head, an address and a grid of a household, in this order', () => {
    const form = { name: '', house_number: '1', address: ' ', phone: '', note: '', grid: 'g' }
    expect(wanting(form)).toEqual(['name', 'address'])
  })

  it('take birth date and sex from a whole number, never over what was typed', () => {
    const typed = { ...emptyResident(), identity_number: '330499195003070027' }
    expect(completedByNumber(typed)).toMatchObject({ birth_date: '1950-03-07', sex: 'female' })
    expect(completedByNumber({ ...typed, sex: 'male' }).sex).toBe('male')
    expect(completedByNumber({ ...typed, identity_number: '33049919500307' }).birth_date).toBe('')
  })
})

describe('the duty of a day', () => {
  const view = {
    duty: () => 'grid' as const,
    scope: [{ village: 'v', grids: ['1', '2'] }],
    gridName: (grid: string) => `${grid}网格`,
  }

  it('names my grids', () => {
    expect(dutyInWords(view, '2026-11-23').named).toEqual({ grids: '1网格、2网格' })
  })

  it('says whom to ask where I have none, and otherwise what I do', () => {
    expect(dutyInWords({ ...view, scope: [] }, '2026-11-23').key).toBe('today.duty_no_grid')
    expect(dutyInWords({ ...view, duty: () => 'window' }, '2026-11-23').key).toBe('today.duty_window')
  })
})

describe('the map', () => {
  const square: GridShape = {
    grid: '1',
    village: 'v',
    name: '一网格',
    mine: true,
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [120.4, 30.3],
          [120.5, 30.3],
          [120.5, 30.4],
          [120.4, 30.3],
        ],
      ],
    },
    due: 0,
    done: 2,
  }

  it('fits what it shows, of plain and of many-part shapes', () => {
    const parts: GridShape = {
      ...square,
      geometry: {
        type: 'MultiPolygon',
        coordinates: [
          [
            [
              [120.6, 30.2],
              [120.7, 30.2],
              [120.6, 30.2],
            ],
          ],
        ],
      },
    }
    expect(cornersOf([square, parts])).toEqual([
      [30.2, 120.4],
      [30.4, 120.7],
    ])
    expect(cornersOf([])).toBeNull()
  })

  it('calls a grid done only when nothing is due in it', () => {
    expect(gridState(square)).toBe('done')
    expect(gridState({ due: 1, done: 9 })).toBe('due')
    expect(gridState({ due: 0, done: 0 })).toBe('not_due')
  })

  it('lists the same households by state, of one grid if asked', () => {
    const one = { household: 'h', name: '', houseNumber: '', lon: 0, lat: 0 }
    const households: MapHousehold[] = [
      { ...one, grid: '1', state: 'due' },
      { ...one, grid: '2', state: 'due' },
      { ...one, grid: '1', state: 'overdue' },
    ]
    expect([...byState(households, '1')].map(([state, all]) => [state, all.length])).toEqual([
      ['overdue', 1],
      ['due', 1],
      ['done', 0],
      ['not_due', 0],
    ])
  })
})

describe('the due list', () => {
  const due = ['a', 'b', 'c'].map((id): DueHousehold => ({
    household: record(id, 'household', {}),
    reason: '按期走访',
    firstDay: '2026-11-01',
    lastDay: '2026-11-30',
    deadlineMs: null,
    overdue: false,
    lastCounted: null,
    distanceM: null,
  }))
  const notHome = record('v', 'visit', { outcome: 'not_home', started_at: '2026-11-23T09:00:00+08:00' })

  it('puts where nobody was home today after the others, and keeps the order else', () => {
    const visitsOf = (household: string) => (household === 'a' ? [notHome] : [])
    expect(attemptedLast(due, visitsOf, '2026-11-23').map((one) => one.household.id)).toEqual(['b', 'c', 'a'])
    expect(attemptedLast(due, visitsOf, '2026-11-24').map((one) => one.household.id)).toEqual(['a', 'b', 'c'])
  })
})
