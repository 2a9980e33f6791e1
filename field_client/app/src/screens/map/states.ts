/** How the states of households and grids look: each by a shape and a word as well as a colour. */
import type { GridShape, MapHousehold } from '@/engine/api'

export type State = MapHousehold['state']

export const STATES: readonly State[] = ['overdue', 'due', 'done', 'not_due']

/** The mark inside a household's point: told apart without colour. */
export const MARKS: Readonly<Record<State, string>> = { overdue: '!', due: '○', done: '✓', not_due: '·' }

export const COLOURS: Readonly<Record<State, string>> = {
  overdue: '#9a4a00',
  due: '#0b57c5',
  done: '#1b6b3a',
  not_due: '#565d69',
}

/** A grid's state on the map: nothing due any more, or something. */
export function gridState(shape: Pick<GridShape, 'due' | 'done'>): 'due' | 'done' | 'not_due' {
  if (shape.due > 0) return 'due'
  return shape.done > 0 ? 'done' : 'not_due'
}

/** Households by state, what is most urgent first; a grid's own, or all. */
export function byState(
  households: readonly MapHousehold[],
  grid: string | null,
): Map<State, MapHousehold[]> {
  const groups = new Map<State, MapHousehold[]>(STATES.map((state) => [state, []]))
  for (const one of households) {
    if (grid === null || one.grid === grid) groups.get(one.state)?.push(one)
  }
  return groups
}

/** The corners that hold a shape: [[south, west], [north, east]]; null where there is nothing. */
export function cornersOf(shapes: readonly GridShape[]): [[number, number], [number, number]] | null {
  const points = shapes.flatMap((one) => positions(one.geometry.coordinates))
  if (points.length === 0) return null
  const lons = points.map(([lon]) => lon)
  const lats = points.map(([, lat]) => lat)
  return [
    [Math.min(...lats), Math.min(...lons)],
    [Math.max(...lats), Math.max(...lons)],
  ]
}

type Nested = number[] | Nested[]

function positions(coordinates: Nested): [number, number][] {
  const [lon, lat] = coordinates
  if (typeof lon === 'number' && typeof lat === 'number') return [[lon, lat]]
  return (coordinates as Nested[]).flatMap(positions)
}
