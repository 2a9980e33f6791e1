/** Base45 (RFC 9285): bytes as the signs of a QR code's alphanumeric mode. */

const SIGNS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'
const BASE = SIGNS.length

export function base45Of(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 2) {
    const high = bytes[at] ?? 0
    const low = bytes[at + 1]
    text += low === undefined ? written(high, 2) : written(high * 256 + low, 3)
  }
  return text
}

/** RangeError for what is none. */
export function base45Bytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = []
  for (let at = 0; at < text.length; at += 3) {
    const signs = [...text.slice(at, at + 3)].map((sign) => SIGNS.indexOf(sign))
    if (signs.length < 2 || signs.includes(-1)) throw new RangeError('no Base45')
    const value = signs.reduceRight((sum, digit) => sum * BASE + digit, 0)
    if (value >= (signs.length === 3 ? 65536 : 256)) throw new RangeError('no Base45')
    if (signs.length === 3) bytes.push(value >> 8)
    bytes.push(value & 255)
  }
  return Uint8Array.from(bytes)
}

/** The lowest digit first. */
function written(value: number, signs: number): string {
  let text = ''
  for (let left = value; text.length < signs; left = Math.floor(left / BASE))
    text += SIGNS.charAt(left % BASE)
  return text
}
