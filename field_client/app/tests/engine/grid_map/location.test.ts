import { expect, it } from 'vitest'
import { nearestOnBorder, readGrid } from '@/engine/grid_map/grids'
import {
  distanceMeters,
  fixIn,
  fixRemarks,
  locationFields,
  positionOf,
  type Fix,
} from '@/engine/grid_map/location'

const AT = 1_795_420_800_000
const fix = (lon: number, lat: number, more: Partial<Fix> = {}): Fix => ({
  position: [lon, lat],
  system: 'WGS-84',
  accuracyMeters: 10,
  atMs: AT,
  ...more,
})
const codes = (found: { code: string }[]) => found.map((one) => one.code)
const square = readGrid({
  type: 'Feature',
  properties: { code: '330481106222001', name: '东', village: '330481106222' },
  geometry: {
    type: 'Polygon',
    coordinates: [
      [
        ['120.600000', '30.300000'],
        ['120.610000', '30.300000'],
        ['120.610000', '30.310000'],
        ['120.600000', '30.310000'],
        ['120.600000', '30.300000'],
      ],
    ],
  },
})

it('measures within 0.1 % of the geodesic', () => {
  // geopy.distance.geodesic: 1467.7158 m and 65861.6165 m
  expect(distanceMeters([120.6, 30.3], [120.61, 30.31])).toBeCloseTo(1467.7158, 0)
  expect(Math.abs(distanceMeters([120.3, 30.25], [120.87, 30.58]) / 65861.6165 - 1)).toBeLessThan(0.001)
})

it('remarks on what is far or vague, and gives the accuracy the benefit of the doubt', () => {
  expect(fixRemarks(fix(120.605, 30.305), { household: [120.605, 30.305], grid: square })).toEqual([])
  expect(codes(fixRemarks(fix(120.62, 30.305), { household: [120.605, 30.305], grid: square }))).toEqual([
    'far-from-household',
    'outside-grid',
  ])
  expect(codes(fixRemarks(fix(120.62, 30.305, { accuracyMeters: 2000 }), { grid: square }))).toEqual([
    'accuracy-low',
  ])
  expect(codes(fixRemarks(fix(120.605, 30.305, { accuracyMeters: null })))).toEqual(['accuracy-unknown'])
  expect(codes(fixRemarks(fix(NaN, 30)))).toEqual(['not-a-position'])
})

it('remarks on speed and on a clock that ran back', () => {
  const before = fix(120.605, 30.305)
  expect(codes(fixRemarks(fix(120.7, 30.305, { atMs: AT + 60_000 }), { previous: before }))).toEqual(['fast'])
  expect(codes(fixRemarks(fix(120.605, 30.305, { atMs: AT - 1 }), { previous: before }))).toEqual([
    'earlier-than-last',
  ])
})

it('reads positions in their system and writes a fix without fractions', () => {
  expect(positionOf({ location: { longitude: '120.6000000', latitude: '30.3', system: 'WGS-84' } })).toEqual([
    120.6, 30.3,
  ])
  const converted = positionOf({ location: { longitude: '120.6', latitude: '30.3', system: 'GCJ-02' } })
  expect(converted?.[0]).not.toBe(120.6)
  expect(positionOf({})).toBeNull()
  expect(positionOf({ location: { longitude: 'here', latitude: '30.3' } })).toBeNull()
  expect(locationFields({ lon: 120.6, lat: 30.3, accuracyM: 12.4, atMs: Date.UTC(2026, 10, 23, 8) })).toEqual(
    {
      longitude: '120.600000',
      latitude: '30.300000',
      system: 'WGS-84',
      source: 'phone',
      at: '2026-11-23T08:00:00.000Z',
      accuracy_m: 12,
    },
  )
})

it('reads the fix of a record as it was written, and remarks on one far from the door', () => {
  const measured = { lon: 120.6, lat: 30.3, accuracyM: 12, atMs: Date.UTC(2026, 10, 23, 8) }
  const fix = fixIn({ location: locationFields(measured) })
  expect(fix).toMatchObject({ position: [120.6, 30.3], accuracyMeters: 12, atMs: measured.atMs })
  if (fix === null) throw new Error('no fix')
  expect(fixRemarks(fix, { household: [120.6, 30.3] })).toEqual([])
  expect(fixRemarks(fix, { household: [120.6, 30.31] })).toHaveLength(1)
  expect(fixIn({})).toBeNull()
})

it('finds the nearest point of a border, and draws nothing of a broken grid', () => {
  expect(square && nearestOnBorder(square, [120.62, 30.305])).toEqual([120.61, 30.305])
  expect(readGrid({ properties: { code: '1', village: '2' }, geometry: null })).toBeNull()
  expect(
    readGrid({
      properties: { code: '1', village: '2' },
      geometry: { type: 'Polygon', coordinates: [[['x', '30']]] },
    }),
  ).toBeNull()
})
