/** Identifiers made on a device without asking anybody: UUIDv7 (RFC 9562, section 5.7). Twin of `sync/ids.py`. */
import { sha256Hex } from '../text'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A lower-case UUIDv7 of a time in milliseconds and ten random bytes (74 bits of them are used). */
export function uuid7(unixMs: number, randomness: Uint8Array): string {
  const bytes = new Uint8Array(16)
  let left = unixMs
  for (let at = 5; at >= 0; at--) {
    bytes[at] = left % 256
    left = Math.floor(left / 256)
  }
  bytes.set(randomness.subarray(0, 10), 6)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return dashed([...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''))
}

/** A UUIDv8 that follows from its parts, so that whoever derives it finds the same (conflicts, duplicates). */
export function derived(...parts: string[]): string {
  const digest = sha256Hex(parts.join('\n'))
  const variant = '89ab'.charAt(parseInt(digest.charAt(16), 16) % 4)
  return dashed(`${digest.slice(0, 12)}8${digest.slice(13, 16)}${variant}${digest.slice(17, 32)}`)
}

/** Whether a value is a UUID in lower case, as the protocol writes them. */
export function isUuid(text: unknown): boolean {
  return typeof text === 'string' && UUID.test(text)
}

function dashed(digits: string): string {
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ].join('-')
}
