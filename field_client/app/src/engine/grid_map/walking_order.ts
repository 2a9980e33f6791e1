/**
 * An order in which to walk to today's due households; the twin of `grid_map/walking_order.py`. Nearest neighbour, then
 * 2-opt and or-opt until nothing gets shorter; never longer than the order of house numbers, and the same for the same
 * input. Lengths are metres on a local plane, straight from door to door; nobody's path is measured or kept.
 */
import { compareHouseNumbers, houseNumberKey } from './house_numbers'

const METERS_PER_DEGREE = 111_195
const SHORTER_METERS = 1e-6 // what counts as shorter; stops rounding noise from going round in circles
const SEGMENT_MAX = 3 // or-opt moves runs of up to three households

/** A household to see: `houseNumber` as in its address (3组12号), its position in degrees. */
export interface Stop {
  id: string
  houseNumber: string
  lon: number
  lat: number
}

/** The ids in order, the length of that walk and of the one by house number, in metres. */
export interface WalkingOrder {
  ids: string[]
  lengthMeters: number
  houseNumberLengthMeters: number
}

type Distances = (from: number, to: number) => number

/** The order to walk; `start` is where the worker stands, (lon, lat), null for the first house number. */
export function walkingOrder(
  stops: readonly Stop[],
  start: readonly [number, number] | null = null,
): WalkingOrder {
  const ordered = byHouseNumber(stops)
  if (ordered.length === 0) return { ids: [], lengthMeters: 0, houseNumberLengthMeters: 0 }
  const doors = ordered.map((one): readonly [number, number] => [one.lon, one.lat])
  const points = start === null ? doors : [start, ...doors]
  const distances = distancesOf(points)
  const plain = points.map((_, index) => index)
  const byNumber = improved(plain, distances)
  const byNearness = improved(nearest(points.length, distances), distances)
  const best = length(byNearness, distances) < length(byNumber, distances) ? byNearness : byNumber
  const walked = start === null ? best : best.slice(1).map((index) => index - 1)
  return {
    ids: walked.flatMap((index) => ordered[index]?.id ?? []),
    lengthMeters: length(best, distances),
    houseNumberLengthMeters: length(plain, distances),
  }
}

function byHouseNumber(stops: readonly Stop[]): Stop[] {
  return stops
    .map((stop) => ({ stop, key: houseNumberKey(stop.houseNumber) }))
    .sort((one, other) => compareHouseNumbers(one.key, other.key) || (one.stop.id < other.stop.id ? -1 : 1))
    .map((one) => one.stop)
}

/** Metres between all points, on the plane that touches the first one's parallel. */
function distancesOf(points: readonly (readonly [number, number])[]): Distances {
  const east = METERS_PER_DEGREE * Math.cos(((points[0]?.[1] ?? 0) * Math.PI) / 180)
  const size = points.length
  const table = new Float64Array(size * size)
  points.forEach(([lon, lat], from) => {
    points.forEach(([otherLon, otherLat], to) => {
      table[from * size + to] = Math.hypot(
        lon * east - otherLon * east,
        lat * METERS_PER_DEGREE - otherLat * METERS_PER_DEGREE,
      )
    })
  })
  return (from, to) => table[from * size + to] ?? 0
}

function length(path: readonly number[], distances: Distances): number {
  let sum = 0
  for (let at = 1; at < path.length; at++) sum += distances(place(path, at - 1), place(path, at))
  return sum
}

function nearest(size: number, distances: Distances): number[] {
  const path = [0]
  const left = new Set(Array.from({ length: size - 1 }, (_, index) => index + 1))
  for (let here = 0; left.size > 0;) {
    let following = -1
    // the set keeps the order of house numbers, so the lower number wins a tie
    for (const one of left) {
      if (following < 0 || distances(here, one) < distances(here, following)) following = one
    }
    left.delete(following)
    path.push(following)
    here = following
  }
  return path
}

/** An open path with a fixed start, improved until no reversal and no moved run makes it shorter. */
function improved(path: readonly number[], distances: Distances): number[] {
  let present = [...path]
  for (;;) {
    if (reverseOnce(present, distances)) continue
    const moved = moveOnce(present, distances)
    if (!moved) return present
    present = moved
  }
}

/** One sweep of 2-opt: reverses runs wherever that is shorter; whether anything changed. */
function reverseOnce(path: number[], distances: Distances): boolean {
  let changed = false
  const last = path.length - 1
  for (let i = 1; i < last; i++) {
    for (let j = i + 1; j <= last; j++) {
      const before = place(path, i - 1)
      let gain = distances(before, place(path, i)) - distances(before, place(path, j))
      if (j < last) {
        const after = place(path, j + 1)
        gain += distances(place(path, j), after) - distances(place(path, i), after)
      }
      if (gain > SHORTER_METERS) {
        path.splice(i, j - i + 1, ...path.slice(i, j + 1).reverse())
        changed = true
      }
    }
  }
  return changed
}

/** Or-opt: the path with the first run moved that is better elsewhere; null where none is. */
function moveOnce(path: readonly number[], distances: Distances): number[] | null {
  for (let size = 1; size <= SEGMENT_MAX; size++) {
    for (let i = 1; i <= path.length - size; i++) {
      const run = path.slice(i, i + size)
      const rest = [...path.slice(0, i), ...path.slice(i + size)]
      const [head, tail, before] = [place(run, 0), place(run, size - 1), place(path, i - 1)]
      const freed =
        distances(before, head) +
        joined(distances, tail, path, i + size) -
        joined(distances, before, path, i + size)
      for (let k = 1; k <= rest.length; k++) {
        const ahead = place(rest, k - 1)
        const cost =
          distances(ahead, head) + joined(distances, tail, rest, k) - joined(distances, ahead, rest, k)
        if (freed - cost > SHORTER_METERS) return [...rest.slice(0, k), ...run, ...rest.slice(k)]
      }
    }
  }
  return null
}

/** The way from a point to what stands at a place of the path; nothing at its end. */
function joined(distances: Distances, from: number, path: readonly number[], at: number): number {
  return at < path.length ? distances(from, place(path, at)) : 0
}

function place(path: readonly number[], at: number): number {
  const found = path[at]
  if (found === undefined) throw new RangeError(`no place ${at} in a path of ${path.length}`)
  return found
}
