/** Texts as both sides compare and hash them. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** By code points, as the server sorts; JavaScript's own order is by UTF-16 units. */
export function byCodePoint(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let at = 0; at < length; at++) {
    const left = one.charCodeAt(at)
    const right = other.charCodeAt(at)
    if (left !== right) return pointOrder(left) - pointOrder(right)
  }
  return one.length - other.length
}

/** Surrogates stand for code points above all others. */
function pointOrder(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/** How many characters (code points) a text has. */
export function lengthOf(text: string): number {
  let length = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit >= 0xd800 && unit <= 0xdbff) length -= 1
  }
  return length
}

/** Text from a keyboard with lone surrogates replaced by U+FFFD, so that it is UTF-8 everywhere. */
export function replaceSurrogates(text: string): string {
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (found) =>
    found.length === 2 ? found : '\ufffd',
  )
}

/** SHA-256 of a text's UTF-8, or of bytes, in lower-case hexadecimal. */
export function sha256Hex(of: string | Uint8Array): string {
  return bytesToHex(sha256(typeof of === 'string' ? utf8ToBytes(of) : of))
}
