/** Rescue files as Python writes them: byte for byte, whole or refused; and the codes of a small one. */
import { describe, expect, it } from 'vitest'
import { bytesOf, base64Of } from '@/engine/device/base64'
import { base45Bytes, base45Of } from '@/engine/sync/base45'
import { qrChain, ScannedChain } from '@/engine/sync/qr_chain'
import {
  checkedRescue,
  rescueHead,
  RescueUnreadable,
  rowHead,
  signedRescue,
  streamedDigest,
  type RescueHeader,
} from '@/engine/sync/rescue'
import { pointKey, SIGNATURE_BYTES } from '@/engine/sync/signature'
import { vectors } from '../vectors'

interface File {
  name: string
  file: string
}
interface Good extends File {
  header: RescueHeader
  sha256: string
  rows: { place: string; sealed: string }[]
}
interface Vectors {
  device_key: { key: string; private_scalar: string }
  good: Good[]
  unreadable: File[]
  signature: File[]
  foreign: File[]
  codes: string[]
  base45: { text: string; bytes: string }[]
  not_base45: string[]
}

const told = vectors<Vectors>('rescue')
const named = <T extends { name: string }>(all: T[]): (readonly [string, T])[] =>
  all.map((one) => [one.name, one])
const blobOf = (base64: string): Blob => new Blob([bytesOf(base64)])

async function deviceKey(): Promise<CryptoKey> {
  const point = bytesOf(told.device_key.key)
  const url = (bytes: Uint8Array): string =>
    base64Of(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: url(point.slice(1, 33)),
    y: url(point.slice(33)),
    d: url(bytesOf(told.device_key.private_scalar)),
  }
  return crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
}

describe.each(named(told.good))('a file under %s', (_, good) => {
  const parts = (): Uint8Array<ArrayBuffer>[] => [
    rescueHead(good.header),
    ...good.rows.flatMap(({ place, sealed }) => [rowHead(place, bytesOf(sealed).length), bytesOf(sealed)]),
  ]

  it('is written byte for byte as Python writes it, up to its signature', async () => {
    const written = new Uint8Array(await new Blob(parts()).arrayBuffer())
    expect(base64Of(written)).toBe(base64Of(bytesOf(good.file).slice(0, -SIGNATURE_BYTES)))
  })

  it('is whole, says of itself what it is, and has the name by its bytes', async () => {
    expect(await checkedRescue(blobOf(good.file))).toEqual(good.header)
    expect(await streamedDigest(blobOf(good.file))).toBe(good.sha256)
  })

  it('is signed here so that its signature holds', async () => {
    const file = await signedRescue(new Blob(parts()), await deviceKey())
    expect(file.size).toBe(bytesOf(good.file).length)
    expect(await checkedRescue(file)).toEqual(good.header)
    const bytes = new Uint8Array(await file.arrayBuffer())
    bytes[bytes.length - SIGNATURE_BYTES - 1] = (bytes[bytes.length - SIGNATURE_BYTES - 1] ?? 0) ^ 1
    await expect(checkedRescue(new Blob([bytes]))).rejects.toThrow(RescueUnreadable)
  })
})

/** Whole and signed, by a device that counted wrong: the server, which walks the rows, refuses it. */
const MISCOUNTED = ['one row less than said', 'one row more than said']
const cut = told.unreadable.filter((one) => !MISCOUNTED.includes(one.name))

it.each(named(cut))('refuses what is cut or no such file: %s', async (_, { file }) => {
  await expect(checkedRescue(blobOf(file))).rejects.toThrow(RescueUnreadable)
})

it.each(named(told.signature))(
  'refuses what its device did not sign, or leaves it to the server: %s',
  async (_, { file }) => {
    const blob = blobOf(file)
    // a file that another key signed under its own name is whole: whose key it is only the server knows
    const header = await checkedRescue(blob).catch((error: unknown) => {
      expect(error).toBeInstanceOf(RescueUnreadable)
      return null
    })
    if (header === null) return
    expect(header.signing_key).not.toBe(told.device_key.key)
    expect(await pointKey(header.signing_key)).not.toBeNull()
  },
)

it.each(named(told.foreign))('carries what only the server can refuse: %s', async (_, { file }) => {
  expect((await checkedRescue(blobOf(file))).format).toBe(1)
})

describe('codes', () => {
  it('are those of Python, and read back', () => {
    const file = bytesOf(told.good[0]?.file ?? '')
    expect(qrChain(file)).toEqual(told.codes)
    const scanned = new ScannedChain()
    for (const code of [...told.codes].reverse()) expect(scanned.take(code)).toBe('new')
    expect(scanned.file()).toEqual(file)
  })

  it.each(told.base45.map((one) => [one.text, one.bytes] as const))('write Base45: %s', (text, bytes) => {
    expect(base45Of(bytesOf(bytes))).toBe(text)
    expect(base64Of(base45Bytes(text))).toBe(bytes)
  })

  it.each(told.not_base45)('refuse what is none: %s', (text) => {
    expect(() => base45Bytes(text)).toThrow(RangeError)
  })
})
