/**
 * Grids: their shapes, and which one a position is in; the twin of `grid_map/grids.py` and of the reading part of
 * `grid_map/geojson.py`. A grid's definition is its GeoJSON feature (RFC 7946) with the coordinates as text, as no
 * operation holds a fraction. A position on a border belongs to the grid with the lowest code.
 */
import { objectOf, type Value } from '../field_values'
import type { Position } from './coordinates'

/** One grid. `parts` are polygons, each an outer ring and its holes; positions are [lon, lat], WGS-84. */
export interface Grid {
  code: string
  name: string
  village: string
  version: number
  parts: readonly (readonly (readonly Position[])[])[]
}

/** A grid from a GeoJSON feature; null where it is none that can be drawn. */
export function readGrid(feature: Value | undefined): Grid | null {
  const properties = member(feature, 'properties')
  const geometry = member(feature, 'geometry')
  const [code, village] = [member(properties, 'code'), member(properties, 'village')]
  const parts = readParts(geometry)
  if (typeof code !== 'string' || typeof village !== 'string' || parts === null) return null
  const [name, version] = [member(properties, 'name'), Number(member(properties, 'version') ?? 1)]
  return { code, village, parts, version, name: typeof name === 'string' && name ? name : code }
}

/** Which grid a position is in, of the given ones: by bounds first. Immutable; make a new one when grids change. */
export class GridIndex {
  private readonly bounded: readonly { grid: Grid; bounds: Bounds }[]

  constructor(grids: Iterable<Grid>) {
    this.bounded = [...grids]
      .sort(
        (one, other) =>
          (one.code < other.code ? -1 : one.code > other.code ? 1 : 0) || other.version - one.version,
      )
      .map((grid) => ({ grid, bounds: boundsOf(grid) }))
  }

  /** On a border, or where grids overlap: the lowest code, then the highest version. */
  gridAt(position: Position): Grid | null {
    const found = this.bounded.find((one) => within(one.bounds, position) && holds(one.grid, position))
    return found?.grid ?? null
  }
}

/** Whether a position is in a grid or on its border. */
export function holds(grid: Grid, position: Position): boolean {
  return grid.parts.some((rings) => {
    const [outer, ...holes] = rings
    if (outer === undefined) return false
    const places = holes.map((hole) => placeIn(hole, position))
    return placeIn(outer, position) !== 'outside' && !places.includes('inside')
  })
}

/** The nearest point of a grid's borders to a position, on the plane of degrees stretched at its parallel. */
export function nearestOnBorder(grid: Grid, position: Position): Position {
  const stretch = Math.cos((position[1] * Math.PI) / 180)
  let [best, shortest]: [Position, number] = [position, Infinity]
  for (const ring of grid.parts.flat()) {
    for (let at = 1; at < ring.length; at++) {
      const [from, to] = [ring[at - 1], ring[at]]
      if (!from || !to) continue
      const point = nearestOn(from, to, position, stretch)
      const far = Math.hypot((point[0] - position[0]) * stretch, point[1] - position[1])
      if (far < shortest) [best, shortest] = [point, far]
    }
  }
  return best
}

function nearestOn(from: Position, to: Position, position: Position, stretch: number): Position {
  const [dx, dy] = [(to[0] - from[0]) * stretch, to[1] - from[1]]
  const square = dx * dx + dy * dy
  const along = (position[0] - from[0]) * stretch * dx + (position[1] - from[1]) * dy
  const share = square === 0 ? 0 : Math.min(1, Math.max(0, along / square))
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]
}

/** Where a position is to a closed ring; the border is told exactly, then edges crossed to the east are counted. */
function placeIn(ring: readonly Position[], [lon, lat]: Position): 'inside' | 'border' | 'outside' {
  let inside = false
  for (let at = 1; at < ring.length; at++) {
    const [from, to] = [ring[at - 1], ring[at]]
    if (!from || !to) continue
    const side = (to[0] - from[0]) * (lat - from[1]) - (to[1] - from[1]) * (lon - from[0])
    if (side === 0 && between(from[0], lon, to[0]) && between(from[1], lat, to[1])) return 'border'
    if (from[1] > lat !== to[1] > lat && side > 0 === to[1] > from[1]) inside = !inside
  }
  return inside ? 'inside' : 'outside'
}

function between(one: number, middle: number, other: number): boolean {
  return (one <= middle && middle <= other) || (other <= middle && middle <= one)
}

type Bounds = readonly [west: number, south: number, east: number, north: number]

function boundsOf(grid: Grid): Bounds {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [lon, lat] of grid.parts.flat(2)) {
    west = Math.min(west, lon)
    south = Math.min(south, lat)
    east = Math.max(east, lon)
    north = Math.max(north, lat)
  }
  return [west, south, east, north]
}

function within([west, south, east, north]: Bounds, [lon, lat]: Position): boolean {
  return west <= lon && lon <= east && south <= lat && lat <= north
}

function readParts(geometry: Value | undefined): Grid['parts'] | null {
  const coordinates = member(geometry, 'coordinates')
  const kind = member(geometry, 'type')
  const polygons = kind === 'Polygon' ? [coordinates] : kind === 'MultiPolygon' ? coordinates : null
  if (!Array.isArray(polygons) || polygons.length === 0) return null
  const parts = polygons.map((rings) => (Array.isArray(rings) ? rings.map(readRing) : []))
  const good = parts.every((rings) => rings.length > 0 && rings.every((ring) => ring.length >= 4))
  return good ? parts : null
}

/** Positions of a ring, text or numbers; empty where one of them is no position. */
function readRing(ring: Value): Position[] {
  if (!Array.isArray(ring)) return []
  const positions = ring.map((one): Position =>
    Array.isArray(one) ? [Number(one[0]), Number(one[1])] : [NaN, NaN],
  )
  return positions.every(([lon, lat]) => Math.abs(lon) <= 180 && Math.abs(lat) <= 90) ? positions : []
}

function member(value: Value | undefined, name: string): Value | undefined {
  return objectOf(value)?.[name]
}
