/**
 * Coordinate systems used in China, and the way between them; the twin of `grid_map/coordinates.py`, which says what is
 * known of their errors. WGS-84 is what a phone measures; CGCS2000 (天地图) is taken as the same; GCJ-02 (高德, 腾讯)
 * and BD-09 (百度) shift positions within China. All functions take and give [lon, lat] in degrees.
 */
export type Position = readonly [lon: number, lat: number]
/** As locations of records name them. */
export type CoordinateSystem = 'WGS-84' | 'CGCS2000' | 'GCJ-02' | 'BD-09'

const ROUND_TRIP_ERROR_DEGREES_MAX = 1e-9
// The Krasovsky 1940 ellipsoid, as the circulated formula has it.
const SEMI_MAJOR_METERS = 6378245
const ECCENTRICITY_SQUARED = 0.00669342162296594323
const BD09_TURN = (Math.PI * 3000) / 180
const INVERSE_ROUNDS_MAX = 30
const { abs, atan2, cos, max, PI, sin, sqrt } = Math

/** A GPS position as 高德 and 腾讯 draw it; unchanged outside a rectangle around China. */
export function wgs84ToGcj02([lon, lat]: Position): Position {
  if (!inGcj02Area(lon, lat)) return [lon, lat]
  const [east, north] = shift(lon, lat)
  return [lon + east, lat + north]
}

/** The inverse, by fixed-point iteration. */
export function gcj02ToWgs84([lon, lat]: Position): Position {
  if (!inGcj02Area(lon, lat)) return [lon, lat]
  let [guessLon, guessLat] = [lon, lat]
  for (let round = 0; round < INVERSE_ROUNDS_MAX; round++) {
    const [east, north] = shift(guessLon, guessLat)
    const [wrongLon, wrongLat] = [guessLon + east - lon, guessLat + north - lat]
    guessLon -= wrongLon
    guessLat -= wrongLat
    if (max(abs(wrongLon), abs(wrongLat)) < ROUND_TRIP_ERROR_DEGREES_MAX / 10) break
  }
  return [guessLon, guessLat]
}

/** A GCJ-02 position as 百度 draws it. */
export function gcj02ToBd09([lon, lat]: Position): Position {
  const radius = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * BD09_TURN)
  const angle = atan2(lat, lon) + 0.000003 * cos(lon * BD09_TURN)
  return [radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006]
}

/** The circulated approximate inverse, good to 1e-5 degrees. */
export function bd09ToGcj02([lon, lat]: Position): Position {
  const [x, y] = [lon - 0.0065, lat - 0.006]
  const radius = sqrt(x * x + y * y) - 0.00002 * sin(y * BD09_TURN)
  const angle = atan2(y, x) - 0.000003 * cos(x * BD09_TURN)
  return [radius * cos(angle), radius * sin(angle)]
}

/** A position of any system in WGS-84. */
export function toWgs84(position: Position, system: CoordinateSystem): Position {
  if (system === 'BD-09') return gcj02ToWgs84(bd09ToGcj02(position))
  return system === 'GCJ-02' ? gcj02ToWgs84(position) : position
}

function inGcj02Area(lon: number, lat: number): boolean {
  return 72.004 <= lon && lon <= 137.8347 && 0.8293 <= lat && lat <= 55.8271
}

/** What GCJ-02 adds to a WGS-84 position, in degrees. */
function shift(lon: number, lat: number): Position {
  const [x, y] = [lon - 105, lat - 35]
  const ripple = 20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
  north += ((ripple + 20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3
  north += ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
  east += ((ripple + 20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3
  east += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3
  const radians = (lat / 180) * PI
  const flattening = 1 - ECCENTRICITY_SQUARED * sin(radians) ** 2
  const meridian = (SEMI_MAJOR_METERS * (1 - ECCENTRICITY_SQUARED)) / flattening ** 1.5
  const parallel = (SEMI_MAJOR_METERS / sqrt(flattening)) * cos(radians)
  return [((east / parallel) * 180) / PI, ((north / meridian) * 180) / PI]
}
