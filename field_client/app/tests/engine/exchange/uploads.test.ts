/** Files on their way to a server over a real line: resumed, refused, held back, found to be lost. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FileStore } from '@/engine/device/files'
import { readStanding } from '@/engine/device/standing'
import type { StoredIdentity } from '@/engine/device/identity'
import type { Store } from '@/engine/device/store'
import { browserTimes } from '@/engine/device/times'
import { Transport } from '@/engine/exchange/transport'
import { Uploads } from '@/engine/exchange/uploads'
import { ASK_FROM_BYTES, heldBack, measuredSpeed, type Link } from '@/engine/exchange/upload_gate'
import { CHUNK_BYTES } from '@/engine/exchange/upload_one'
import { capture, DEVICE, freshDisk, openStore, reopened } from '../device/phone'
import { TusServer } from './tus_server'

const DAY_MS = 86_400_000
const server = () => made.server
let made: { server: TusServer; url: string }
let store: Store
let files: FileStore
let uploads: Uploads
let nowMs: number
let link: Link
let syncs: number

beforeEach(async () => {
  freshDisk()
  const started = new TusServer()
  made = { server: started, url: await started.start() }
  nowMs = Date.parse('2026-11-23T08:12:00Z')
  link = 'unmetered'
  syncs = 0
  store = await openStore()
  await store.complete
  // of the identity only what an upload needs
  const identity: Partial<StoredIdentity> = {
    token: 'secret',
    epoch: 'epoch-1',
    device: DEVICE,
    sealing: { id: 'seal-1', key: '' },
    signing: { id: 'sign-1', key: '' },
    limits: { rescue_bytes: 1024 * 1024 } as StoredIdentity['limits'],
  }
  await store.write((edit) => edit.values.set('identity', identity as StoredIdentity))
  await begin()
})
afterEach(async () => {
  uploads.stop()
  await made.server.stop()
})

async function begin(): Promise<void> {
  files = await FileStore.open(store, () => nowMs)
  uploads = new Uploads({
    store,
    files,
    transport: new Transport(made.url, browserTimes()),
    turn: () => Promise.resolve(),
    otherEpoch: () => (syncs += 1),
    tidy: () => files.tidy(null, () => false),
    changed: () => undefined,
    link: () => link,
  })
}

/** A photo of some size that an operation names. */
async function photo(bytes: number, named = true): Promise<string> {
  const content = crypto.getRandomValues(new Uint8Array(Math.min(bytes, 60_000)))
  const whole = new Uint8Array(bytes)
  for (let at = 0; at < bytes; at += content.length) whole.set(content.subarray(0, bytes - at), at)
  const digest = await files.keep(whole, 'image/jpeg')
  nowMs += 1000
  if (named) await capture(store, { kind: 'visit', fields: { photos: { add: [digest] } } })
  return digest
}

const standing = (digest: string) => files.list().find((one) => one.digest === digest)?.standing
const settled = (digest: string, as: string) =>
  vi.waitFor(() => expect(standing(digest)).toBe(as), { timeout: 5000, interval: 20 })

describe('uploads', () => {
  it('go in pieces with their checksums, the oldest first, and count when the server says that it has them', async () => {
    const first = await photo(CHUNK_BYTES + 100)
    const second = await photo(1000)
    const draft = await photo(1000, false)
    uploads.begin()
    await settled(second, 'arrived')
    expect([standing(first), standing(draft)]).toEqual(['arrived', 'draft'])
    expect(server().calls.filter((call) => call.startsWith('PATCH'))).toEqual([
      'PATCH /sync/v1/files/uploads/1',
      'PATCH /sync/v1/files/uploads/1',
      'PATCH /sync/v1/files/uploads/2',
    ])
    expect((await readStanding(store.database))?.unsent.files).toBe(1)
    expect(store.values.get('upload_speed')).toBeGreaterThan(0)
  })

  it('go on inside a file after a broken line and a phone that was closed', async () => {
    const digest = await photo(3 * CHUNK_BYTES)
    let pieces = 0
    server().fault = (method) => (method === 'PATCH' && (pieces += 1) === 2 ? 'cut' : null)
    uploads.begin()
    await vi.waitFor(() => expect(uploads.standing().failure?.zh).toBe('连不上服务器'))
    uploads.stop()
    const here = server().uploads.get('/sync/v1/files/uploads/1')
    expect(here?.bytes.length).toBe(CHUNK_BYTES + 1000)
    store = await reopened(store)
    await begin()
    uploads.begin()
    await settled(digest, 'arrived')
    expect(server().calls.filter((call) => call === 'POST /sync/v1/files')).toHaveLength(1)
    expect(server().calls).toContain('HEAD /sync/v1/files/uploads/1')
  })

  it('begin anew where the server has forgotten an upload, and again from its offset', async () => {
    const digest = await photo(2 * CHUNK_BYTES)
    const faults = [
      { status: 410, code: 'upload-gone' },
      { status: 409, code: 'upload-offset' },
    ]
    server().fault = (method) => (method === 'PATCH' ? (faults.shift() ?? null) : null)
    uploads.begin()
    await settled(digest, 'arrived')
    expect(server().calls.filter((call) => call === 'POST /sync/v1/files')).toHaveLength(2)
  })

  it('that are refused for what they are wait for a person, and hold nothing up', async () => {
    const bad = await photo(1000)
    const good = await photo(1000)
    server().fault = (method, path) =>
      method === 'PATCH' && path.endsWith('/1') ? { status: 422, code: 'image-unreadable' } : null
    uploads.begin()
    await settled(good, 'arrived')
    expect(files.state(bad)).toMatchObject({ refusal: { zh: '不行' }, upload: null })
    expect(uploads.standing()).toMatchObject({ count: 0, refused: 1 })
    await files.takeRefusal(bad, null)
    server().fault = () => null
    uploads.begin()
    await settled(bad, 'arrived')
  })

  it('stay for later where the server’s disk is full', async () => {
    const digest = await photo(1000)
    server().fault = (method) => (method === 'POST' ? { status: 507, code: 'store-full' } : null)
    uploads.begin()
    await vi.waitFor(() => expect(uploads.standing().failure).not.toBeNull())
    expect(standing(digest)).toBe('waiting')
    expect(await files.read(digest)).not.toBeNull()
  })

  it('wait for Wi-Fi where that is wished, until a person says otherwise', async () => {
    link = 'metered'
    await store.write((edit) => edit.values.set('wifi_only', true))
    const digest = await photo(1000)
    uploads.begin()
    await vi.waitFor(() => expect(server().calls).toContain('POST /sync/v1/files/known'))
    expect(uploads.standing()).toMatchObject({ count: 1, hold: 'wifi' })
    uploads.goNow()
    await settled(digest, 'arrived')
    expect(uploads.standing().hold).toBeNull()
  })

  it('begin again for what a restored server lost', async () => {
    const digest = await photo(1000)
    uploads.begin()
    await settled(digest, 'arrived')
    server().durable.clear()
    server().epoch = 'epoch-2'
    nowMs += DAY_MS
    uploads.begin()
    await vi.waitFor(() => expect(server().durable).toContain(digest))
    await settled(digest, 'arrived')
    expect(syncs).toBeGreaterThan(0)
  })
})

describe('kept files', () => {
  it('go 30 days after they arrived, sooner where room is short, and never before', async () => {
    const [arrived, waiting] = [await photo(1000), await photo(1000)]
    await files.noteNamed()
    await files.takeKnown([arrived, waiting], new Set([arrived]))
    nowMs += 29 * DAY_MS
    await files.tidy(null, () => false)
    expect(files.list()).toHaveLength(2)
    await files.tidy(100 * 1024 * 1024, () => false)
    expect(files.list().map((one) => one.digest)).toEqual([waiting])
    nowMs += 365 * DAY_MS
    await files.tidy(0, () => false)
    expect(standing(waiting)).toBe('waiting')
    expect(await store.database.get('files', arrived)).toBeUndefined()
  })

  it('of a dropped draft go after a day, not while a draft names them', async () => {
    const digest = await photo(1000, false)
    nowMs += 2 * DAY_MS
    await files.tidy(null, (one) => one === digest)
    expect(standing(digest)).toBe('draft')
    await files.tidy(null, () => false)
    expect(files.has(digest)).toBe(false)
  })
})

describe('the gate', () => {
  const much = { wifiOnly: false, undecidedBytes: ASK_FROM_BYTES + 1 }
  it('asks before much goes over a line that may cost money', () => {
    expect(heldBack({ ...much, link: 'unmetered' }, null)).toBeNull()
    expect(heldBack({ ...much, link: 'unknown' }, null)).toBe('ask')
    expect(heldBack({ ...much, link: 'metered' }, 'now')).toBeNull()
    expect(heldBack({ ...much, link: 'metered' }, 'wifi')).toBe('wifi')
    expect(heldBack({ wifiOnly: false, undecidedBytes: 1000, link: 'metered' }, null)).toBeNull()
    expect(heldBack({ wifiOnly: true, undecidedBytes: 1000, link: 'unknown' }, null)).toBe('wifi-unknown')
  })

  it('measures the speed of what went up', () => {
    expect(measuredSpeed(undefined, 1000, 500)).toBe(2000)
    expect(measuredSpeed(2000, 5000, 1000)).toBe(3000)
  })
})
