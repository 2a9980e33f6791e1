/** Records: the latest state of one thing, as the server merged it (docs/protocol.md, Changes). */

/** A value of a field as JSON has it; fractions travel as text. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value }
export type Fields = Record<string, Value>

/** Who set a value last: the clock as it counts in merging, then the device (which breaks ties). */
export type Stamp = [clock: string, device: string]

/** A record that was taken back: why, by whom and when. Nothing is erased by it. */
export interface Voiding {
  reason: string
  by: string
  clock: string
}

/**
 * One record. `village` and `grid` say where it is now; `holder` who has it in hand. `revision` counts the operations
 * applied to it; left out at 1. `clocks` holds a stamp for each field changed since the creation.
 */
export interface FieldRecord {
  id: string
  kind: string
  village: string
  grid?: string | null
  holder?: string | null
  revision?: number
  by: string
  created: Stamp
  origin: [device: string, counter: number]
  received_ms?: number
  offset_ms?: number
  values: Fields
  clocks?: Record<string, Stamp>
  conflicts?: string[]
  void?: Voiding | null
}
