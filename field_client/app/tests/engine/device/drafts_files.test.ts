import { beforeEach, describe, expect, it, vi } from 'vitest'
import { DraftStore } from '@/engine/device/drafts'
import { FileStore } from '@/engine/device/files'
import type { Store } from '@/engine/device/store'
import { StorageFull, StoreDamaged } from '@/engine/errors'
import { asDumped, freshDisk, openStore, rawDump } from './phone'

let store: Store
let changes: number
const NOW_MS = Date.parse('2026-11-23T08:12:00Z')

beforeEach(async () => {
  freshDisk()
  store = await openStore()
  changes = 0
})

const opened = (): Promise<DraftStore> => DraftStore.open(store.database, store.vault, () => (changes += 1))

describe('drafts', () => {
  it('are on the disk when keep is fulfilled, and gone when forget is', async () => {
    const drafts = await opened()
    await drafts.keep('visit:1', { note: '家里没人' })
    await drafts.keep('visit:2', { note: 'x' })
    await drafts.forget('visit:2')
    const again = await opened()
    expect(again.get('visit:1')).toEqual({ note: '家里没人' })
    expect(again.get('visit:2')).toBeUndefined()
    expect(changes).toBe(3)
  })

  it('are the caller’s own: changing what was kept or read changes nothing', async () => {
    const drafts = await opened()
    const body = { rows: [1] }
    await drafts.keep('a', body)
    body.rows.push(2)
    drafts.get<typeof body>('a')?.rows.push(3)
    expect(drafts.get('a')).toEqual({ rows: [1] })
  })

  it('are read at once, and typing fast writes few times, the last one for sure', async () => {
    const drafts = await opened()
    const transact = vi.spyOn(store.database, 'transact')
    const kept = Array.from({ length: 50 }, (_, at) => drafts.keep('a', { at }))
    expect(drafts.get('a')).toEqual({ at: 49 })
    await Promise.all(kept)
    expect(transact.mock.calls.length).toBeLessThanOrEqual(2)
    expect((await opened()).get('a')).toEqual({ at: 49 })
  })

  it('are all on the disk after flush', async () => {
    const drafts = await opened()
    void drafts.keep('a', 1)
    void drafts.keep('b', 2)
    void drafts.keep('a', 3)
    await drafts.flush()
    const again = await opened()
    expect([again.get('a'), again.get('b')]).toEqual([3, 2])
  })

  it('that found no room stay in hand and go along with the next', async () => {
    const drafts = await opened()
    const full = vi.spyOn(store.database, 'transact').mockRejectedValueOnce(new StorageFull())
    await expect(drafts.keep('a', 1)).rejects.toThrow(StorageFull)
    expect(drafts.get('a')).toBe(1)
    full.mockRestore()
    await drafts.keep('b', 2)
    expect((await opened()).get('a')).toBe(1)
  })

  it('about records that are gone from this phone go; the others of their list stay', async () => {
    const drafts = await opened()
    const kept = { id: 'draft-2', place: '文化礼堂' }
    await drafts.keep('visits', [{ id: 'draft-1', household: 'home-1' }, kept])
    await drafts.keep('cases', [{ id: 'draft-3', resident: 'person-1' }])
    await drafts.keep('visit-class/home-1', { reason: '住院' })
    drafts.forgetAbout(new Set(['home-1', 'person-1']))
    await drafts.flush()
    const again = await opened()
    expect(again.get('visits')).toEqual([kept])
    expect(again.get('cases')).toBeUndefined()
    expect(again.get('visit-class/home-1')).toBeUndefined()
  })

  it('are gone after a wipe, also one that was just being written', async () => {
    const drafts = await opened()
    await drafts.keep('a', 1)
    const writing = drafts.keep('b', 2)
    // the order clears the store before what is under way comes to it
    await store.database.transact([{ store: 'drafts', clear: true }])
    drafts.wiped()
    await writing
    await drafts.flush()
    expect([drafts.get('a'), drafts.get('b')]).toEqual([undefined, undefined])
    expect(await store.database.keys('drafts')).toEqual([])
  })

  it('show neither name nor content on the disk', async () => {
    const drafts = await opened()
    await drafts.keep('case:沈建国', { phone: '13912345678' })
    const dump = await rawDump(store.database)
    expect(dump).not.toContain('13912345678')
    expect(dump).not.toContain(asDumped('沈建国'))
    expect(dump).not.toContain('沈建国')
  })
})

describe('files', () => {
  const bytes = new TextEncoder().encode('a signature of 金敭')

  it('are kept sealed under their SHA-256 and read as they were', async () => {
    const files = await FileStore.open(store, () => NOW_MS)
    const digest = await files.keep(bytes, 'image/png')
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
    expect(await files.keep(bytes, 'image/png')).toBe(digest)
    const again = await FileStore.open(store, () => NOW_MS)
    expect(again.list()).toMatchObject([{ digest, standing: 'draft', bytes: bytes.length }])
    const blob = await again.read(digest)
    expect(blob?.type).toBe('image/png')
    expect(new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(bytes)
    expect(await rawDump(store.database)).not.toContain(asDumped('a signature'))
  })

  it('that are not here are null, and altered ones are refused', async () => {
    const files = await FileStore.open(store, () => NOW_MS)
    expect(await files.read('00')).toBeNull()
    const one = await files.keep(bytes, 'image/png')
    const other = await files.keep(bytes.slice(1), 'image/png')
    const row = await store.database.get('files', one)
    await store.database.transact([{ store: 'files', key: other, value: row }])
    await expect(files.read(other)).rejects.toThrow(StoreDamaged)
  })
})
