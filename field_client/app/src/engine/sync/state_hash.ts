/** State hashes: whether a device's copy of a part equals the server's, in sixteen bytes. Twin of `sync/statehash.py`. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** The XOR over a part's records; it is kept up to date record by record, in any order. */
export class PartHash {
  private readonly bytes = new Uint8Array(16)

  /** Put a record in, or, a second time, take it out again. */
  toggle(record: string, version: number): void {
    const share = sha256(utf8ToBytes(`${record}:${version}`))
    for (let at = 0; at < 16; at++) this.bytes[at] = (this.bytes[at] ?? 0) ^ (share[at] ?? 0)
  }

  /** Another part's hash on top of this one (the XOR of all parts). */
  combine(other: PartHash): void {
    for (let at = 0; at < 16; at++) this.bytes[at] = (this.bytes[at] ?? 0) ^ (other.bytes[at] ?? 0)
  }

  /** 32 lower-case hexadecimal digits, as on the wire. */
  get text(): string {
    return bytesToHex(this.bytes)
  }
}

/** The hash of a part from scratch: pairs of record id and version. */
export function partHash(records: Iterable<readonly [record: string, version: number]>): string {
  const hash = new PartHash()
  for (const [record, version] of records) hash.toggle(record, version)
  return hash.text
}
