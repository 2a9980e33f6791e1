import type { FieldRecord } from '@/engine/sync/record'

/** A record with what may be left out put in, so that two that are the same look the same. */
export function whole(record: FieldRecord): FieldRecord {
  return {
    grid: null,
    holder: null,
    revision: 1,
    received_ms: 0,
    offset_ms: 0,
    clocks: {},
    conflicts: [],
    void: null,
    ...record,
  }
}
