/** A rescue file of 50 MB of photos: made, looked at and handed in without any of it being whole in memory. */
import { describe, expect, it, vi } from 'vitest'
import type { Key } from '@/engine/device/database'
import { makeRescueFile, type RowsReader } from '@/engine/device/rescue'
import { browserTimes } from '@/engine/device/times'
import { handInRescue } from '@/engine/exchange/rescue'
import { Transport } from '@/engine/exchange/transport'
import { checkedRescue } from '@/engine/sync/rescue'

vi.setConfig({ testTimeout: 60_000 })

const MB = 1024 * 1024
const PHOTO_BYTES = 400_000
const PHOTOS = 132
const OPERATIONS = [1, 2, 3]
const SOURCE = {
  device: '0190b0a0-0000-7000-8000-000000000001',
  worker: '',
  epoch: 'e1',
  cipher: 'aes-256-gcm',
  sealingKey: 'k1',
  unsentFrom: 1,
  madeAtMs: Date.UTC(2026, 10, 23),
}

/** Rows that are made when they are read, as a disk's are. */
async function disk(): Promise<RowsReader> {
  const signing = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ])
  const meta = new Map<Key, unknown>([
    ['sealed_data_key', new Uint8Array(120)],
    ['keys', { signing, agreement: signing }],
  ])
  const digests = Array.from({ length: PHOTOS }, (_, number) => number.toString(16).padStart(64, '0'))
  const get = (store: string, key: Key): unknown => {
    if (store === 'meta') return meta.get(key)
    if (store === 'outbox') return { open: true, sealed: new Uint8Array(900) }
    return { type: 'image/jpeg', sealed: new Uint8Array(PHOTO_BYTES).fill(1), arrivedMs: null }
  }
  return {
    get: (store, key) => Promise.resolve(get(store, key)),
    keys: (store) => Promise.resolve(store === 'outbox' ? OPERATIONS : digests),
  }
}

/** A Blob that notes how many bytes it was made of that were in memory at once, and whether it was ever read as one. */
class WatchedBlob extends Blob {
  static mostBytes = 0
  static mostRead = 0

  constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
    super(parts, options)
    const inMemory = parts.map((part) => (ArrayBuffer.isView(part) ? part.byteLength : 0))
    WatchedBlob.mostBytes = Math.max(
      WatchedBlob.mostBytes,
      inMemory.reduce((sum, bytes) => sum + bytes, 0),
    )
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    WatchedBlob.mostRead = Math.max(WatchedBlob.mostRead, this.size)
    return super.arrayBuffer()
  }
}

describe('a phone with 50 MB of photos that wait', () => {
  it('makes one file of them, a piece at a time, that is whole and goes as it lies there', async () => {
    vi.stubGlobal('Blob', WatchedBlob)
    const began = performance.now()
    const made = await makeRescueFile(await disk(), SOURCE)
    const tookMs = performance.now() - began
    expect(made).toMatchObject({ unsent: 3, operations: 3, files: PHOTOS, filesLeftOut: 0 })
    expect(made.blob.size).toBeGreaterThan(50 * MB)
    expect(WatchedBlob.mostBytes).toBeLessThan(2 * MB)

    expect(await checkedRescue(made.blob)).toMatchObject({ rows: PHOTOS + 3, unsent: 3 })
    const bodies: unknown[] = []
    const reply = { time: '2026-11-23T00:00:00.000Z', epoch: 'e1', operations_new: 3 }
    const transport = new Transport('https://post.example', browserTimes(), {
      fetch: (_, init) => {
        bodies.push(init?.body)
        return Promise.resolve(new Response(JSON.stringify(reply)))
      },
    })
    await handInRescue(transport, made.blob, null)
    expect(bodies).toEqual([made.blob])
    expect(WatchedBlob.mostRead).toBeLessThan(MB)
    vi.unstubAllGlobals()
    // both cores of a busy computer; a phone takes some seconds
    expect(tookMs).toBeLessThan(20_000)
  })
})
