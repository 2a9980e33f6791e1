/** State hashes: whether a device's copy of a part equals the server's, in sixteen bytes. Twin of `sync/statehash.py`. */
import { sha256Hex } from '../text'

/** The hash of a part without records. */
export const EMPTY = 0n

/** One record's share of its part's hash (the XOR over its records), as an integer of 128 bits. */
export function recordHash(record: string, version: number): bigint {
  return BigInt('0x' + sha256Hex(`${record}:${version}`).slice(0, 32))
}

/** The hash of a part from scratch: pairs of record id and version. */
export function partHash(records: Iterable<readonly [record: string, version: number]>): bigint {
  let combined = EMPTY
  for (const [record, version] of records) combined ^= recordHash(record, version)
  return combined
}

/** The form on the wire: 32 lower-case hexadecimal digits. */
export function hashText(value: bigint): string {
  return value.toString(16).padStart(32, '0')
}
