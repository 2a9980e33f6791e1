/** My grids and households as shapes and points, by what is due; nothing of it needs a base map. */
import type { GridMap, GridShape, MapHousehold } from '../api'
import { wgs84ToGcj02 } from '../grid_map/coordinates'
import { GridIndex, readGrid, type Grid } from '../grid_map/grids'
import { positionOf } from '../grid_map/location'
import { text } from '../field_values'
import type { FieldRecord } from '../sync/record'
import type { Core } from './core'
import type { DueList } from './due'
import { householdName } from '../household_name'

export class DeviceGridMap implements GridMap {
  private made: { version: number; grids: Grid[]; index: GridIndex } | null = null
  private readonly gridByRecord = new WeakMap<FieldRecord, Grid | null>()

  constructor(
    private readonly core: Core,
    private readonly dueList: DueList,
  ) {}

  shapes(): GridShape[] {
    const own = this.dueList.ownGrids()
    const counts = this.counts()
    return this.grids().map((grid) => ({
      grid: grid.code,
      village: grid.village,
      name: grid.name,
      mine: own?.has(grid.code) ?? false,
      geometry: geometryOf(grid),
      due: counts.get(grid.code)?.due ?? 0,
      done: counts.get(grid.code)?.done ?? 0,
    }))
  }

  households(): MapHousehold[] {
    return [...this.dueList.all()].flatMap((one) => {
      const { household } = one
      const position = positionOf(household.values)
      if (position === null) return []
      return {
        household: household.id,
        name: householdName(household),
        houseNumber: text(household.values, 'house_number'),
        grid: household.grid ?? '',
        lon: position[0],
        lat: position[1],
        state: this.dueList.state(one),
      }
    })
  }

  gridAt(lon: number, lat: number): string | null {
    return this.upToDate().index.gridAt([lon, lat])?.code ?? null
  }

  toGcj02(lon: number, lat: number): [number, number] {
    const [shiftedLon, shiftedLat] = wgs84ToGcj02([lon, lat])
    return [shiftedLon, shiftedLat]
  }

  /** Households of each grid: those due or overdue, and those seen in the present period. */
  private counts(): Map<string, { due: number; done: number }> {
    const counts = new Map<string, { due: number; done: number }>()
    for (const one of this.dueList.all()) {
      const grid = one.household.grid ?? ''
      const before = counts.get(grid) ?? { due: 0, done: 0 }
      const state = this.dueList.state(one)
      counts.set(grid, {
        due: before.due + Number(state === 'due' || state === 'overdue'),
        done: before.done + Number(state === 'done'),
      })
    }
    return counts
  }

  private grids(): Grid[] {
    return this.upToDate().grids
  }

  private upToDate(): { grids: Grid[]; index: GridIndex } {
    if (this.made?.version !== this.core.version) {
      const grids = this.core.view
        .ofKind('grid')
        .map((one) => this.gridOf(one))
        .filter((one) => one !== null)
      this.made = { version: this.core.version, grids, index: new GridIndex(grids) }
    }
    return this.made
  }

  private gridOf(record: FieldRecord): Grid | null {
    const known = this.gridByRecord.get(record)
    if (known !== undefined) return known
    const made = readGrid(record.values.definition)
    this.gridByRecord.set(record, made)
    return made
  }
}

function geometryOf(grid: Grid): GridShape['geometry'] {
  const parts = grid.parts.map((rings) => rings.map((ring) => ring.map(([lon, lat]) => [lon, lat])))
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return { type: 'Polygon', coordinates: only }
  return { type: 'MultiPolygon', coordinates: parts }
}
