/** tests/vectors/grid_map.json: the cases that `grid_map/` and this twin must both pass. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  bd09ToGcj02,
  gcj02ToBd09,
  gcj02ToWgs84,
  wgs84ToGcj02,
  type Position,
} from '@/engine/grid_map/coordinates'
import {
  coverage,
  paceRounds,
  roundClosesAt,
  type Outcome,
  type RoundFact,
  type VisitFact,
} from '@/engine/grid_map/counting'
import { stateOf } from '@/engine/grid_map/coverage'
import { countDay, DAY_MS, dayNumber } from '@/engine/days'
import { GridIndex, readGrid } from '@/engine/grid_map/grids'
import { compareHouseNumbers, houseNumberKey } from '@/engine/grid_map/house_numbers'
import {
  eventDeadlineMs,
  nextDueDay,
  periodOf,
  VISIT_CLASSES,
  VisitClasses,
  type VisitClass,
} from '@/engine/grid_map/visit_classes'
import { walkingOrder } from '@/engine/grid_map/walking_order'
import type { Value } from '@/engine/field_values'

interface VisitRow {
  id: string
  round: string | null
  workers: string[]
  household: string | null
  grid: string
  village: string
  visit_class: string
  outcome: Outcome
  occurred_at_ms: number
  voided: boolean
}
interface RoundRow {
  id: string
  worker: string
  grid: string
  village: string
  started_at_ms: number
  finished_at_ms: number | null
  voided: boolean
}
interface Vectors {
  days: { at_ms: number; day: string; name: string }[]
  periods: { visit_class: string; day: string; key: string; first_day: string; last_day: string }[]
  next_due: { name: string; visit_class: string; last_counted: string | null; since: string; due: string }[]
  states: {
    visit_class: string
    last_counted: string | null
    since: string
    today: string
    state: string
  }[]
  special_events: {
    name: string
    visit_class: string
    event_at_ms: number
    last_counted_ms: number | null
    deadline_ms: number | null
  }[]
  counting: {
    extra_classes: VisitClass[]
    cases: {
      name: string
      rounds: RoundRow[]
      visits: VisitRow[]
      coverage: number
      coverage_reasons: Record<string, string>
      pace: { worker: string; number: number; reasons: Record<string, string> }[]
    }[]
  }
  round_closes: {
    started_at_ms: number
    finished_at_ms: number | null
    last_visit_at_ms: number | null
    closes_at_ms: number
  }[]
  coordinates: { wgs84: Position; gcj02: Position; bd09: Position }[]
  coordinate_tolerance_degrees: number
  point_in_grid: {
    name: string
    grids: { features: Value[] }
    points: { name: string; lon: number; lat: number; code: string | null }[]
  }[]
  house_number_order: string[][]
  walking_order: {
    name: string
    start: [number, number] | null
    stops: { id: string; house_number: string; lon: number; lat: number }[]
    ids: string[] | null
  }[]
  month_closing: unknown[]
}

const file = new URL('../../../../../tests/vectors/grid_map.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors
const classes = new VisitClasses([...VISIT_CLASSES, ...vectors.counting.extra_classes])

const visitOf = (row: VisitRow): VisitFact => ({
  ...row,
  visitClass: row.visit_class,
  occurredAtMs: row.occurred_at_ms,
})
const roundOf = (row: RoundRow): RoundFact => ({
  ...row,
  startedAtMs: row.started_at_ms,
  finishedAtMs: row.finished_at_ms,
})
const near = (found: Position, wanted: Position, tolerance: number) => {
  expect(Math.abs(found[0] - wanted[0])).toBeLessThanOrEqual(tolerance)
  expect(Math.abs(found[1] - wanted[1])).toBeLessThanOrEqual(tolerance)
}

describe('days', () => {
  it.each(vectors.days)('$name', ({ at_ms, day }) => {
    expect(countDay(at_ms)).toBe(day)
    const startMs = dayNumber(day) * DAY_MS - 8 * 3_600_000
    expect(countDay(startMs)).toBe(day)
    expect(countDay(startMs - 1)).not.toBe(day)
  })
})

describe('visit classes', () => {
  it.each(vectors.periods)('$visit_class of $day', (row) => {
    const found = periodOf(classes.orDefault(row.visit_class), row.day)
    expect(found).toEqual({ key: row.key, firstDay: row.first_day, lastDay: row.last_day })
  })

  it.each(vectors.next_due)('next due: $name', (row) => {
    expect(nextDueDay(classes.orDefault(row.visit_class), row.last_counted, row.since)).toBe(row.due)
  })

  it.each(vectors.states)('$visit_class on $today is $state', (row) => {
    const visitClass = classes.orDefault(row.visit_class)
    const due = nextDueDay(visitClass, row.last_counted, row.since)
    expect(stateOf(due, periodOf(visitClass, row.today), row.today)).toBe(row.state)
  })

  it.each(vectors.special_events)('special event: $name', (row) => {
    const visitClass = classes.orDefault(row.visit_class)
    expect(eventDeadlineMs(visitClass, row.event_at_ms, row.last_counted_ms)).toBe(row.deadline_ms)
  })
})

describe('counting', () => {
  const reasons = (explained: readonly { id: string; reason: { code: string } }[]) =>
    Object.fromEntries(explained.map((one) => [one.id, one.reason.code]))

  it.each(vectors.counting.cases)('$name', (row) => {
    const visits = row.visits.map(visitOf)
    const covered = coverage(visits, classes)
    expect(covered.number).toBe(row.coverage)
    expect(reasons(covered.explained)).toEqual(row.coverage_reasons)
    for (const wanted of row.pace) {
      const pace = paceRounds(row.rounds.map(roundOf), visits, wanted.worker)
      expect(pace.number).toBe(wanted.number)
      expect(reasons(pace.explained)).toEqual(wanted.reasons)
    }
  })

  it.each(vectors.round_closes)('a round closes at $closes_at_ms', (row) => {
    const round = { startedAtMs: row.started_at_ms, finishedAtMs: row.finished_at_ms }
    expect(roundClosesAt(round, row.last_visit_at_ms)).toBe(row.closes_at_ms)
  })
})

describe('places', () => {
  it.each(vectors.coordinates)('coordinates $wgs84', (row) => {
    const tolerance = vectors.coordinate_tolerance_degrees
    near(wgs84ToGcj02(row.wgs84), row.gcj02, tolerance)
    near(gcj02ToWgs84(row.gcj02), row.wgs84, tolerance)
    near(gcj02ToBd09(row.gcj02), row.bd09, tolerance)
    near(bd09ToGcj02(row.bd09), row.gcj02, 1e-5)
  })

  it.each(vectors.point_in_grid)('a position in a grid: $name', ({ grids, points }) => {
    const read = grids.features.map((one) => readGrid(one))
    const known = read.filter((one) => one !== null)
    expect(known).toHaveLength(grids.features.length)
    const index = new GridIndex(known)
    for (const point of points) {
      expect(index.gridAt([point.lon, point.lat])?.code ?? null, point.name).toBe(point.code)
    }
  })

  it.each(vectors.house_number_order.map((addresses) => ({ addresses })))(
    'house numbers $addresses',
    ({ addresses }) => {
      const mixed = [...addresses].reverse()
      mixed.sort((one, other) => compareHouseNumbers(houseNumberKey(one), houseNumberKey(other)))
      expect(mixed).toEqual(addresses)
    },
  )

  it.each(vectors.walking_order)('walking order: $name', (row) => {
    const stops = row.stops.map((one) => ({ ...one, houseNumber: one.house_number }))
    const order = walkingOrder(stops, row.start)
    expect([...order.ids].sort()).toEqual(stops.map((one) => one.id).sort())
    expect(order.lengthMeters).toBeLessThanOrEqual(order.houseNumberLengthMeters)
    if (row.ids !== null) expect(order.ids).toEqual(row.ids)
  })
})

it('knows every group of the vectors', () => {
  // month_closing is the server's: it makes the closed figures. A phone only asks whether a month is still open, which
  // its working calendar answers (forms/handling/calendar, with vectors of its own).
  expect(Object.keys(vectors).sort()).toEqual(
    [
      'days',
      'periods',
      'next_due',
      'states',
      'special_events',
      'counting',
      'round_closes',
      'coordinates',
      'coordinate_tolerance_degrees',
      'point_in_grid',
      'house_number_order',
      'walking_order',
      'month_closing',
    ].sort(),
  )
})
