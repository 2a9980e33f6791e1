/** Households in the order of their doors, sorted anew only where a household changed: most changes are visits. */
import { compareHouseNumbers, houseNumberKey, type HouseNumberKey } from '../grid_map/house_numbers'
import { text } from '../field_values'
import type { FieldRecord } from '../sync/record'

const keyByRecord = new WeakMap<FieldRecord, HouseNumberKey>()

/** By house number, then id, so that the order is the same on every phone. */
export function byDoor(one: FieldRecord, other: FieldRecord): number {
  return compareHouseNumbers(keyOf(one), keyOf(other)) || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0)
}

/** Grid by grid, each by its doors. */
export function byGridAndDoor(one: FieldRecord, other: FieldRecord): number {
  const [grid, otherGrid] = [one.grid ?? '', other.grid ?? '']
  if (grid !== otherGrid) return grid < otherGrid ? -1 : 1
  return byDoor(one, other)
}

export class DoorOrder {
  private sorted: readonly FieldRecord[] = []

  constructor(private readonly compare: (one: FieldRecord, other: FieldRecord) => number) {}

  of(households: readonly FieldRecord[]): readonly FieldRecord[] {
    const known = new Set(this.sorted)
    const same = households.length === known.size && households.every((one) => known.has(one))
    if (!same) this.sorted = [...households].sort(this.compare)
    return this.sorted
  }
}

function keyOf(household: FieldRecord): HouseNumberKey {
  const known = keyByRecord.get(household)
  if (known) return known
  const key = houseNumberKey(text(household.values, 'house_number'))
  keyByRecord.set(household, key)
  return key
}
