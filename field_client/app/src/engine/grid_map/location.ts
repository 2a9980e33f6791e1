/**
 * Positions of records, distances, and what is odd about a fix; the twin of `grid_map/location.py`. A fix is optional
 * evidence: a remark is for a person to look at, never blocks and never lowers a count. What a phone says about its own
 * accuracy is given the benefit of the doubt.
 */
import type { Label } from '../problem'
import { objectOf, type Fields, type Value } from '../field_values'
import { toWgs84, type CoordinateSystem, type Position } from './coordinates'
import { holds, nearestOnBorder, type Grid } from './grids'

const SYSTEMS: readonly CoordinateSystem[] = ['WGS-84', 'CGCS2000', 'GCJ-02', 'BD-09']
const WGS84_SEMI_MAJOR_METERS = 6_378_137
const WGS84_ECCENTRICITY_SQUARED = 0.00669437999014

/** A measured position, kept as it was measured. `accuracyMeters` is the phone's own 68 % radius. */
export interface Fix {
  position: Position
  system: CoordinateSystem
  accuracyMeters: number | null
  atMs: number
}

/** From where on a fix is worth a remark. */
export interface FixLimits {
  distanceMetersMax: number
  accuracyMetersMax: number
  speedKmhMax: number
}
const LIMITS: FixLimits = { distanceMetersMax: 300, accuracyMetersMax: 200, speedKmhMax: 120 }

/** Something a person may want to look at, with its figures; never a judgement. */
export interface FixRemark {
  code: string
  text: Label
}

/** Where a record says that it is, [lon, lat] in WGS-84; null where nobody measured it. */
export function positionOf(values: Fields): Position | null {
  const location = objectOf(values.location)
  if (location === undefined) return null
  const position: Position = [Number(location.longitude), Number(location.latitude)]
  return isPosition(position) ? toWgs84(position, systemOf(location.system)) : null
}

/** The fix that a record carries, in WGS-84; null where it has none. */
export function fixIn(values: Fields): Fix | null {
  const location = objectOf(values.location)
  if (location === undefined) return null
  const position: Position = [Number(location.longitude), Number(location.latitude)]
  return {
    position: toWgs84(position, systemOf(location.system)),
    system: 'WGS-84',
    accuracyMeters: typeof location.accuracy_m === 'number' ? location.accuracy_m : null,
    atMs: Date.parse(String(location.at)),
  }
}

/** What a phone's receiver measured, in WGS-84. */
export interface Measured {
  lon: number
  lat: number
  accuracyM: number
  atMs: number
}

/** A measured position in the form that records carry: degrees as text, as no operation holds a fraction. */
export function locationFields(measured: Measured): Record<string, string | number> {
  return {
    latitude: measured.lat.toFixed(6),
    longitude: measured.lon.toFixed(6),
    system: 'WGS-84',
    source: 'phone',
    accuracy_m: Math.max(0, Math.round(measured.accuracyM)),
    at: new Date(measured.atMs).toISOString(),
  }
}

/**
 * Metres between two WGS-84 positions, by the ellipsoid's radii at the latitude between them: within 0.1 % of the
 * geodesic up to some hundred kilometres, which is further than anybody walks.
 */
export function distanceMeters(one: Position, other: Position): number {
  const middle = ((one[1] + other[1]) / 2 / 180) * Math.PI
  const flattening = 1 - WGS84_ECCENTRICITY_SQUARED * Math.sin(middle) ** 2
  const parallel = WGS84_SEMI_MAJOR_METERS / Math.sqrt(flattening)
  const meridian = (WGS84_SEMI_MAJOR_METERS * (1 - WGS84_ECCENTRICITY_SQUARED)) / flattening ** 1.5
  const radians = Math.PI / 180
  return Math.hypot(
    (other[0] - one[0]) * radians * parallel * Math.cos(middle),
    (other[1] - one[1]) * radians * meridian,
  )
}

/** What is odd about a fix, compared with the household's position, the grid, and the worker's last fix. */
export function fixRemarks(
  fix: Fix,
  compared: { household?: Position | null; grid?: Grid | null; previous?: Fix | null } = {},
  limits: FixLimits = LIMITS,
): FixRemark[] {
  if (!isPosition(fix.position)) {
    return [remark('not-a-position', '定位数值无效，已按原样保存', 'not a position; kept as it came')]
  }
  const { household, grid, previous } = compared
  return [
    accuracyRemark(fix, limits),
    household ? householdRemark(fix, household, limits) : null,
    grid ? gridRemark(fix, grid, limits) : null,
    previous ? speedRemark(fix, previous, limits) : null,
  ].filter((one) => one !== null)
}

function accuracyRemark(fix: Fix, limits: FixLimits): FixRemark | null {
  const given = fix.accuracyMeters
  if (given === null || !Number.isFinite(given) || given < 0) {
    return remark('accuracy-unknown', '定位没有给出精度', 'the fix does not say how accurate it is')
  }
  if (given <= limits.accuracyMetersMax) return null
  const meters = Math.round(given)
  return remark('accuracy-low', `定位精度较低，约 ${meters} 米`, `low accuracy, about ${meters} m`)
}

function householdRemark(fix: Fix, household: Position, limits: FixLimits): FixRemark | null {
  const meters = distanceMeters(wgs84(fix), household)
  if (meters <= limits.distanceMetersMax + slack(fix)) return null
  return remark(
    'far-from-household',
    `定位距住户约 ${Math.round(meters)} 米，可能是补记或定位漂移`,
    `about ${Math.round(meters)} m from the household; written up later, or drift`,
  )
}

function gridRemark(fix: Fix, grid: Grid, limits: FixLimits): FixRemark | null {
  const here = wgs84(fix)
  if (holds(grid, here)) return null
  const meters = distanceMeters(here, nearestOnBorder(grid, here))
  if (meters <= limits.distanceMetersMax + slack(fix)) return null
  return remark(
    'outside-grid',
    `定位在网格外约 ${Math.round(meters)} 米`,
    `about ${Math.round(meters)} m outside the grid`,
  )
}

function speedRemark(fix: Fix, previous: Fix, limits: FixLimits): FixRemark | null {
  const seconds = (fix.atMs - previous.atMs) / 1000
  if (seconds < 0) return remark('earlier-than-last', '定位时间早于上一次定位', 'earlier than the last fix')
  const meters = distanceMeters(wgs84(fix), wgs84(previous)) - slack(fix) - slack(previous)
  const kmh = (meters / Math.max(seconds, 1)) * 3.6
  if (meters <= 0 || kmh <= limits.speedKmhMax) return null
  return remark(
    'fast',
    `与上一次定位相比，移动约 ${Math.round(kmh)} 公里/小时，可能是定位漂移`,
    `about ${Math.round(kmh)} km/h since the last fix; perhaps drift`,
  )
}

function wgs84(fix: Fix): Position {
  return toWgs84(fix.position, fix.system)
}

/** The phone's own radius; 0 where it gives none that makes sense. */
function slack(fix: Fix): number {
  const given = fix.accuracyMeters
  return given !== null && Number.isFinite(given) && given >= 0 ? given : 0
}

function isPosition([lon, lat]: Position): boolean {
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90
}

function systemOf(system: Value | undefined): CoordinateSystem {
  return SYSTEMS.find((one) => one === system) ?? 'WGS-84'
}

function remark(code: string, zh: string, en: string): FixRemark {
  return { code, text: { zh, en } }
}
