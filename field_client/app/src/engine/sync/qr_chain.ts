/**
 * A small rescue file as a chain of QR codes: `APR1/<first 8 hex of the file's SHA-256>/<i>/<n>/<Base45 of the chunk>`,
 * upper case, so that a code holds it in its alphanumeric mode (docs/protocol.md, Rescue). Twin of `sync/rescue.py`.
 */
import { sha256Hex } from '../text'
import { base45Bytes, base45Of } from './base45'

const CHUNK_BYTES_MAX = 600
export const CODES_MAX = 24
const NAME_DIGITS = 8
const CODE = /^APR1\/([0-9A-F]{8})\/([1-9]\d?)\/([1-9]\d?)\/([0-9A-Z $%*+\-./:]+)$/

/** How many bytes a chain can carry. */
export const CHAIN_BYTES_MAX = CHUNK_BYTES_MAX * CODES_MAX

/** The texts of the chain, in order; null where the file is too large for one. */
export function qrChain(file: Uint8Array, chunkBytes = CHUNK_BYTES_MAX): string[] | null {
  const total = Math.ceil(file.length / chunkBytes)
  if (total === 0 || total > CODES_MAX || chunkBytes > CHUNK_BYTES_MAX) return null
  const name = sha256Hex(file).slice(0, NAME_DIGITS).toUpperCase()
  return Array.from({ length: total }, (_, at) => {
    const chunk = file.subarray(at * chunkBytes, (at + 1) * chunkBytes)
    return `APR1/${name}/${at + 1}/${total}/${base45Of(chunk)}`
  })
}

/** What a scanned text did to the chain. */
export type Scanned = 'new' | 'known' | 'foreign' | 'other-file'

/** Codes scanned so far: in any order, repeats harmless. */
export class ScannedChain {
  /** How many there are; 0 before the first. */
  total = 0
  private name = ''
  private readonly chunks = new Map<number, Uint8Array<ArrayBuffer>>()

  /** Take a scanned text in. `foreign`: no code of such a chain; `other-file`: a code of another file. */
  take(text: string): Scanned {
    const read = readCode(text)
    if (read === null) return 'foreign'
    if (this.total > 0 && (read.name !== this.name || read.total !== this.total)) return 'other-file'
    if (this.chunks.has(read.at)) return 'known'
    this.name = read.name
    this.total = read.total
    this.chunks.set(read.at, read.chunk)
    return 'new'
  }

  /** The numbers that are still missing. */
  missing(): number[] {
    return Array.from({ length: this.total }, (_, at) => at + 1).filter((at) => !this.chunks.has(at))
  }

  /** The file; null while a code is missing, or where they do not make the file that they name. */
  file(): Uint8Array<ArrayBuffer> | null {
    if (this.total === 0 || this.missing().length > 0) return null
    const chunks = [...this.chunks].sort(([one], [other]) => one - other).map(([, chunk]) => chunk)
    const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
    let at = 0
    for (const chunk of chunks) {
      whole.set(chunk, at)
      at += chunk.length
    }
    return sha256Hex(whole).slice(0, NAME_DIGITS).toUpperCase() === this.name ? whole : null
  }

  /** Forget what was scanned. */
  clear(): void {
    this.total = 0
    this.name = ''
    this.chunks.clear()
  }
}

function readCode(
  text: string,
): { name: string; at: number; total: number; chunk: Uint8Array<ArrayBuffer> } | null {
  const [, name, at, total, body] = CODE.exec(text) ?? []
  if (name === undefined || body === undefined) return null
  const place = { name, at: Number(at), total: Number(total) }
  if (place.total > CODES_MAX || place.at > place.total) return null
  try {
    return { ...place, chunk: base45Bytes(body) }
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}
