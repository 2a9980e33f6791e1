/** A small file as a chain of QR codes: scanned in any order, more than once, among other codes. */
import { describe, expect, it } from 'vitest'
import { decodeQR } from 'qr/decode.js'
import { encodeQR } from 'qr'
import { base45Bytes, base45Of } from '@/engine/sync/base45'
import { CHAIN_BYTES_MAX, CODES_MAX, qrChain, ScannedChain } from '@/engine/sync/qr_chain'

/** Bytes that look like sealed ones. */
function bytes(count: number, seed = 7): Uint8Array<ArrayBuffer> {
  let state = seed
  return Uint8Array.from({ length: count }, () => (state = (state * 1103515245 + 12345) % 2147483648) & 255)
}

function chainOf(file: Uint8Array, chunk?: number): string[] {
  const codes = qrChain(file, chunk)
  if (codes === null) throw new Error('no chain')
  return codes
}

describe('Base45', () => {
  it('is that of RFC 9285', () => {
    const text = (written: string): Uint8Array => new TextEncoder().encode(written)
    expect(base45Of(text('AB'))).toBe('BB8')
    expect(base45Of(text('Hello!!'))).toBe('%69 VD92EX0')
    expect(base45Of(text('base-45'))).toBe('UJCLQE7W581')
    expect(new TextDecoder().decode(base45Bytes('QED8WEX0'))).toBe('ietf!')
  })

  it.each(['GGW', ':::', 'A', 'ab8', 'BB8A'])('refuses what is none: %s', (written) => {
    expect(() => base45Bytes(written)).toThrow(RangeError)
  })
})

describe('a chain', () => {
  it('is put together from codes in any order, repeats and foreign codes among them', () => {
    const file = bytes(1501)
    const codes = chainOf(file)
    expect(codes.length).toBe(3)
    const scanned = new ScannedChain()
    expect(scanned.take('https://example.org/')).toBe('foreign')
    expect(scanned.take(codes[2] ?? '')).toBe('new')
    expect(scanned.take(codes[2] ?? '')).toBe('known')
    expect(scanned.missing()).toEqual([1, 2])
    expect(scanned.file()).toBeNull()
    expect(scanned.take(chainOf(bytes(1501, 8))[0] ?? '')).toBe('other-file')
    expect(scanned.take(codes[0] ?? '')).toBe('new')
    expect(scanned.take(codes[1] ?? '')).toBe('new')
    expect(scanned.file()).toEqual(file)
  })

  it('is refused where its codes do not make the file that they name', () => {
    const [first = '', second = ''] = chainOf(bytes(700))
    const [, foreign = ''] = chainOf(bytes(700, 9))
    const scanned = new ScannedChain()
    scanned.take(first)
    scanned.take([...second.split('/').slice(0, 4), foreign.split('/').slice(4).join('/')].join('/'))
    expect(scanned.missing()).toEqual([])
    expect(scanned.file()).toBeNull()
  })

  it('carries what fits into its codes and no more', () => {
    expect(chainOf(bytes(CHAIN_BYTES_MAX)).length).toBe(CODES_MAX)
    expect(qrChain(bytes(CHAIN_BYTES_MAX + 1))).toBeNull()
    expect(qrChain(new Uint8Array())).toBeNull()
  })

  it('is read back from the pictures of its codes', () => {
    const file = bytes(900)
    const scanned = new ScannedChain()
    for (const code of chainOf(file)) scanned.take(decodeQR(picture(code)))
    expect(scanned.file()).toEqual(file)
  })
})

/** A code as a camera would see it: three pixels a dot. */
function picture(text: string): { width: number; height: number; data: Uint8Array } {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: 4, scale: 3 })
  const data = Uint8Array.from(
    rows.flatMap((row) => row.flatMap((dark) => [...Array<number>(3).fill(dark ? 0 : 255), 255])),
  )
  return { width: rows.length, height: rows.length, data }
}
