import { beforeEach, describe, expect, it } from 'vitest'
import { base64Of, bytesOf } from '@/engine/device/base64'
import { Database } from '@/engine/device/database'
import { boxed, ITERATIONS_MIN, measuredIterations, unboxed, type DataKey } from '@/engine/device/key_box'
import { checkPin, PinTries } from '@/engine/pin'
import { sealTo, unseal } from '@/engine/device/sealing'
import { newDataKey, Vault } from '@/engine/device/vault'
import { Locked, Refused, StoreDamaged, WrongPin } from '@/engine/errors'
import { vectors } from '../vectors'
import { DEVICE, freshDisk } from './phone'

beforeEach(freshDisk)
const sealing = vectors<{
  sealed: { private_scalar: string; public_point: string; plain: string; sealed: string }[]
}>('sealing')
const ECDH = { name: 'ECDH', namedCurve: 'P-256' }
const ITERATIONS = 1000

describe('sealing to the server', () => {
  it.each(sealing.sealed)('opens what Python sealed', async (vector) => {
    const privateKey = await privateKeyOf(vector.private_scalar, vector.public_point)
    expect(base64Of(await unseal(privateKey, bytesOf(vector.sealed)))).toBe(vector.plain)
  })

  it('is the device id and the data key, for the holder of the key only', async () => {
    const server = await crypto.subtle.generateKey(ECDH, false, ['deriveBits'])
    const point = new Uint8Array(await crypto.subtle.exportKey('raw', server.publicKey))
    const dataKey = newDataKey()
    const vault = await Vault.under(dataKey.slice())
    const sealed = await vault.sealToServer(point, DEVICE)
    expect(sealed.length).toBe(1 + 65 + 12 + DEVICE.length + 32 + 16)
    const plain = await unseal(server.privateKey, sealed)
    expect(new TextDecoder().decode(plain.slice(0, DEVICE.length))).toBe(DEVICE)
    expect(plain.slice(DEVICE.length)).toEqual(dataKey)
    const other = await crypto.subtle.generateKey(ECDH, false, ['deriveBits'])
    await expect(unseal(other.privateKey, sealed)).rejects.toThrow()
    sealed[80] = (sealed[80] ?? 0) ^ 1
    await expect(unseal(server.privateKey, sealed)).rejects.toThrow()
  })

  it('never seals the same twice alike', async () => {
    const point = bytesOf(sealing.sealed[0]?.public_point ?? '')
    const [one, other] = await Promise.all([sealTo(point, newDataKey()), sealTo(point, newDataKey())])
    expect(base64Of(one).slice(0, 60)).not.toBe(base64Of(other).slice(0, 60))
  })
})

describe('the vault', () => {
  it('opens what it sealed for a place, and at no other', async () => {
    const vault = await Vault.under(newDataKey())
    const sealed = await vault.seal('sealed:identity', '金敭')
    expect(await vault.open('sealed:identity', sealed)).toBe('金敭')
    await expect(vault.open('sealed:scope', sealed)).rejects.toThrow(StoreDamaged)
    await expect(vault.open('sealed:identity', undefined)).rejects.toThrow(StoreDamaged)
  })

  it('seals and opens nothing when it is locked, and has wiped its key', async () => {
    const dataKey = newDataKey()
    const vault = await Vault.under(dataKey)
    const sealed = await vault.seal('x', 'y')
    vault.lock()
    await expect(vault.open('x', sealed)).rejects.toThrow(Locked)
    expect(() => vault.dataKey()).toThrow(Locked)
    expect(dataKey.every((byte) => byte === 0)).toBe(true)
  })
})

describe('the data key in its box', () => {
  const dataKey = (): DataKey => ({ bytes: newDataKey(), cipher: 'aes-256-gcm' })

  it('comes out by the PIN and by no other, with the cipher that it is for', async () => {
    const kept: DataKey = { bytes: newDataKey(), cipher: 'sm4-ctr-hmac-sm3' }
    const box = await boxed('135790', kept, ITERATIONS)
    expect(await unboxed(box, '135790')).toEqual(kept)
    const wrong = await unboxed(box, '135791', new WrongPin(4)).catch((error: unknown) => error)
    expect(wrong).toBeInstanceOf(WrongPin)
    expect(wrong).toMatchObject({ triesLeft: 4 })
  })

  it('is for AES-256-GCM where a box of an earlier version names no cipher', async () => {
    const box = await boxed('135790', dataKey(), ITERATIONS)
    delete box.cipher
    expect((await unboxed(box, '135790')).cipher).toBe('aes-256-gcm')
  })

  it('does not come out of a box of the code by a PIN, nor the other way', async () => {
    const box = await boxed('135790', dataKey(), ITERATIONS, undefined, 'code')
    await expect(unboxed(box, '135790')).rejects.toThrow(WrongPin)
    await expect(unboxed(box, '135790', new WrongPin(), 'code')).resolves.toBeDefined()
  })

  it('cannot be tried without the key of this browser, which nobody can take out', async () => {
    const box = await boxed('135790', dataKey(), ITERATIONS)
    await expect(crypto.subtle.exportKey('raw', box.browserKey)).rejects.toThrow()
    const elsewhere = (await boxed('135790', dataKey(), ITERATIONS)).browserKey
    await expect(unboxed({ ...box, browserKey: elsewhere }, '135790')).rejects.toThrow(StoreDamaged)
  })

  it('is refused where it was altered', async () => {
    const box = await boxed('135790', dataKey(), ITERATIONS)
    box.wrapped[20] = (box.wrapped[20] ?? 0) ^ 1
    await expect(unboxed(box, '135790')).rejects.toThrow(StoreDamaged)
  })

  it('survives the disk, the key of the browser with it', async () => {
    const kept = dataKey()
    const database = await Database.open('tab', () => undefined)
    const box = await boxed('135790', kept, ITERATIONS)
    await database.transact([{ store: 'meta', key: 'vault', value: box }])
    expect(await unboxed((await database.get('meta', 'vault')) as typeof box, '135790')).toEqual(kept)
  })

  it('takes at least 210,000 iterations, and more on a fast phone', async () => {
    const clock = (stepMs: number): (() => number) => {
      let now = 0
      return () => (now += stepMs)
    }
    expect(await measuredIterations(clock(500))).toBe(ITERATIONS_MIN)
    expect(await measuredIterations(clock(10))).toBe(750_000)
  })
})

describe('a PIN', () => {
  it.each([
    ['12345', 'pin-form'],
    ['1234567890123', 'pin-form'],
    ['12a456', 'pin-form'],
    ['１２３４５７', 'pin-form'],
    ['777777', 'pin-same'],
    ['123456', 'pin-run'],
    ['987654', 'pin-run'],
    ['678901', 'pin-run'],
    ['21098765', 'pin-run'],
  ])('%s is refused: %s', (pin, code) => {
    expect(() => checkPin(pin)).toThrow(Refused)
    try {
      checkPin(pin)
    } catch (error) {
      expect((error as Refused).problems.map((one) => one.code)).toEqual([code])
    }
  })

  it.each(['135790', '112233', '123457', '100000', '908172635410'])('%s may be chosen', (pin) => {
    expect(() => checkPin(pin)).not.toThrow()
  })

  it('is looked at five times, however often the app is opened anew', async () => {
    const database = await Database.open('tab', () => undefined)
    const tries = (): PinTries => new PinTries(database)
    const left: number[] = []
    for (let at = 0; at < 5; at += 1) {
      expect(await tries().spent()).toBe(false)
      left.push(await tries().begin())
    }
    expect(left).toEqual([4, 3, 2, 1, 0])
    expect(await tries().spent()).toBe(true)
    await tries().right()
    expect(await tries().begin()).toBe(4)
  })
})

function privateKeyOf(scalar: string, point: string): Promise<CryptoKey> {
  const url = (bytes: Uint8Array): string =>
    base64Of(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  const whole = bytesOf(point)
  const [x, y, d] = [whole.slice(1, 33), whole.slice(33), bytesOf(scalar)].map(url)
  return crypto.subtle.importKey('jwk', { kty: 'EC', crv: 'P-256', x, y, d }, ECDH, false, ['deriveBits'])
}
