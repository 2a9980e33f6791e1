/** The ways out without this phone's own sync, against a real server: locked, carried by a colleague, handed in twice. */
import 'fake-indexeddb/auto'
import { bytesToHex } from '@noble/hashes/utils.js'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { carriedFiles, carry, dropCarried, RescueFileRefused } from '@/engine/device/carried'
import { makeRescueFile, RescueTooLarge, type RescueSource } from '@/engine/device/rescue'
import { proofOf } from '@/engine/device/receipts'
import { RescueWays } from '@/engine/device/rescue_ways'
import { filesUnsent, readStanding, standingUpdate, type Unsent } from '@/engine/device/standing'
import { CallRefused } from '@/engine/errors'
import { handInCarried } from '@/engine/exchange/carried'
import { handInRescue } from '@/engine/exchange/rescue'
import { ScannedChain } from '@/engine/sync/qr_chain'
import { DemoServer } from './demo_server'
import { Phone } from './phone'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

let server: DemoServer
let phone: Phone
let colleague: Phone
const now = Date.now()

beforeAll(async () => {
  server = await DemoServer.start()
})
afterAll(() => server.stop())
afterEach(() => {
  phone.fault = (_, go) => go()
})

async function twoPhones(): Promise<void> {
  phone = await Phone.enrolled(server.url, server.account('w1'))
  await phone.sync()
  colleague = await Phone.enrolled(server.url, server.account('w2'))
  await colleague.sync()
}

/** What a phone says of itself in a file, by what lies beside its vault. */
async function source(of: Phone): Promise<RescueSource> {
  const standing = await readStanding(of.store.database)
  if (standing === null) throw new Error('no standing')
  return {
    device: standing.device,
    worker: '',
    epoch: standing.epoch,
    cipher: standing.cipher,
    sealingKey: standing.sealing_key,
    unsentFrom: standing.unsent.counter,
    madeAtMs: now,
  }
}

const fileOf = async (of: Phone) => makeRescueFile(of.store.database, await source(of))

function ways(of: Phone, handedOver: (unsent: Unsent) => void = () => undefined): RescueWays {
  return new RescueWays({
    database: of.store.database,
    transport: () => of.transport,
    identity: () => null,
    nowMs: () => now,
    handedOver: (unsent) => {
      handedOver(unsent)
      return Promise.resolve()
    },
  })
}

describe('a phone whose vault is closed', () => {
  it('hands over what waits, without a token; later its own sync finds it there', async () => {
    await twoPhones()
    await phone.capture('一')
    await phone.sync()
    await phone.capture('二')
    await phone.capture('三')
    phone.store.vault.lock()
    const handed = await ways(phone).handOver()
    expect(handed).toMatchObject({ fresh: 2, known: 1, held: 0, unreadable: 0 })
    expect(await ways(phone).handOver()).toMatchObject({ fresh: 0, known: 3 })
  })

  it('hands over in as many files as the server’s limit makes of it', async () => {
    await twoPhones()
    await phone.capture('一')
    const { database, vault } = phone.store
    const photos: string[] = []
    for (let at = 0; at < 3; at += 1) {
      const bytes = crypto.getRandomValues(new Uint8Array(40_000))
      const digest = bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
      const value = { type: 'image/jpeg', sealed: await vault.sealBytes(`files:${digest}`, bytes) }
      await database.transact([{ store: 'files', key: digest, value }, filesUnsent(at + 1)])
      photos.push(digest)
    }
    await database.transact([standingUpdate({ rescue_bytes: 64 * 1024 + 60_000 })])
    const made = await ways(phone).file()
    expect(made).toMatchObject({ files: 1, filesLeftOut: 2 })
    const sent: number[] = []
    phone.fault = async (_, go) => {
      sent.push(1)
      return go()
    }
    const handed: number[] = []
    await ways(phone, (unsent) => handed.push(unsent.files)).handOver()
    expect(sent).toHaveLength(3)
    expect(handed).toEqual([3])
    await database.transact([standingUpdate({ rescue_bytes: 64 * 1024 + 10_000 })])
    // what the server takes in no file is not handed over: nothing may count as if it were
    await expect(ways(phone, () => handed.push(0)).handOver()).rejects.toThrow(RescueTooLarge)
    expect(handed).toEqual([3])
  })

  it('says how much that is, and makes a file whose name names nobody', async () => {
    await twoPhones()
    await phone.capture('未上传')
    expect(await ways(phone).about()).toEqual({
      device: phone.identity.device.slice(-8),
      unsent: 1,
      files: 0,
      possible: true,
    })
    const made = await ways(phone).file()
    expect(made).toMatchObject({ unsent: 1, operations: 1, files: 0, filesLeftOut: 0 })
    expect(made.name).toMatch(/^allpost-[0-9a-f]{8}-\d{4}-\d\d-\d\d\.allpost$/)
    const text = new TextDecoder('latin1').decode(await made.blob.arrayBuffer())
    expect(text).not.toContain(phone.identity.worker.name)
    expect(text).not.toContain(phone.identity.token)
  })

  it('shows a few operations as codes, which another phone puts together and hands in', async () => {
    await twoPhones()
    expect(await ways(phone).codes()).toBeNull()
    await phone.capture('扫码上交')
    const codes = (await ways(phone).codes()) ?? []
    expect(codes.length).toBeGreaterThan(1)
    const chain = new ScannedChain()
    for (const code of codes.reverse()) chain.take(code)
    const file = chain.file()
    if (file === null) throw new Error('no file')
    await carry(colleague.store.database, new Blob([file]), now)
    await colleague.sync()
    const [carried] = await carriedFiles(colleague.store.database)
    expect(carried).toMatchObject({ state: 'handed-in', result: { fresh: 1, known: 0 } })
    await phone.sync()
    expect(phone.states()).toEqual(['applied'])
  })

  it('says that it is too much for codes', async () => {
    await twoPhones()
    for (let at = 0; at < 25; at += 1) await phone.capture(`任务${at}`)
    expect(await ways(phone).codes()).toBeNull()
  })
})

describe('a colleague’s file', () => {
  it('is handed in with the next sync, once, and again when the server was restored', async () => {
    await twoPhones()
    await phone.capture('代交')
    const { blob } = await fileOf(phone)
    const { database } = colleague.store
    const first = await carry(database, blob, now)
    expect(first).toMatchObject({ state: 'waiting', unsent: 1, device: phone.identity.device.slice(-8) })
    expect((await carry(database, blob, now + 5)).takenMs).toBe(now)
    await colleague.sync()
    expect((await carriedFiles(database))[0]).toMatchObject({ state: 'handed-in', result: { fresh: 1 } })

    const asked: string[] = []
    colleague.fault = (path, go) => {
      asked.push(path)
      return go()
    }
    await colleague.sync()
    expect(asked).not.toContain('/rescue')
    const { token } = colleague.identity
    await handInCarried(database, colleague.transport, { token, epoch: 'another', nowMs: now })
    expect(asked).toContain('/rescue')
    expect((await carriedFiles(database))[0]?.result).toMatchObject({ fresh: 0, known: 1 })
  })

  it('is given up, and put back', async () => {
    await twoPhones()
    await phone.capture('放弃')
    const { database } = colleague.store
    const { id } = await carry(database, (await fileOf(phone)).blob, now)
    const putBack = await dropCarried(database, id)
    expect(await carriedFiles(database)).toEqual([])
    await putBack()
    expect((await carriedFiles(database)).map((one) => one.id)).toEqual([id])
  })

  it('is refused at once where it was cut or altered, and tells what the server refuses', async () => {
    await twoPhones()
    await phone.capture('坏')
    const { blob } = await fileOf(phone)
    const { database } = colleague.store
    await expect(carry(database, blob.slice(0, blob.size - 1), now)).rejects.toThrow(RescueFileRefused)
    await expect(carry(database, new Blob(['not a file']), now)).rejects.toThrow(RescueFileRefused)
    const bytes = new Uint8Array(await blob.arrayBuffer())
    bytes[300] = (bytes[300] ?? 0) ^ 1
    await expect(carry(database, new Blob([bytes]), now)).rejects.toThrow(RescueFileRefused)
    await expect(handInRescue(colleague.transport, new Blob([bytes]), null)).rejects.toThrow(CallRefused)
  })
})

describe('a receipt', () => {
  it('comes with a push, is kept, and proves what lies before it', async () => {
    await twoPhones()
    for (const title of ['甲', '乙', '丙']) await phone.capture(title)
    await phone.sync()
    expect(await phone.store.database.keys('receipts')).toEqual([3])
    const proof = await proofOf(phone.store, 1)
    expect(proof).toMatchObject({ holds: true, steps: 2, receipt: { counter: 3 } })
    await phone.capture('丁')
    expect(await proofOf(phone.store, 4)).toBeNull()
    await phone.sync()
    expect(await proofOf(phone.store, 4)).toMatchObject({ holds: true, steps: 0 })
    expect(phone.store.values.get('receipt_trouble')).toBeUndefined()
  })

  it('is sent with the next push, so that a server which was set back sees it', async () => {
    const sent: unknown[] = []
    await twoPhones()
    await phone.capture('一')
    await phone.sync()
    const post = phone.transport.post.bind(phone.transport)
    vi.spyOn(phone.transport, 'post').mockImplementation((path, message, token) => {
      if (path === '/push') sent.push(JSON.parse(String(message)))
      return post(path, message, token)
    })
    await phone.capture('二')
    await phone.sync()
    expect(sent[0]).toMatchObject({ receipt: { counter: 1, device: phone.identity.device } })
  })

  it('that was not signed by the server, or is another’s, is not kept, and told', async () => {
    await twoPhones()
    await phone.capture('一')
    phone.fault = async (path, go) => {
      const reply = await go()
      if (path !== '/push') return reply
      const told = (await reply.json()) as { receipt: { time: string } | null }
      if (told.receipt) told.receipt.time = '2026-01-01T00:00:00.000Z'
      return Response.json(told)
    }
    await phone.sync()
    expect(phone.states()).toEqual(['applied'])
    expect(await phone.store.database.keys('receipts')).toEqual([])
    expect(phone.store.values.get('receipt_trouble')).toBe('signature')
    phone.fault = (_, go) => go()
    await phone.capture('二')
    await phone.sync()
    expect(phone.store.values.get('receipt_trouble')).toBeUndefined()
  })
})

describe('a record that was erased', () => {
  it('takes the bytes of what was handed over along, and keeps its place in the chain', async () => {
    await twoPhones()
    const entry = await phone.capture('要清除')
    await phone.capture('留下')
    await phone.sync()
    const digest = phone.store.outbox.digestAt(1)
    await phone.store.write((edit) => edit.erase(entry.record))
    expect(phone.store.outbox.at(1)).toMatchObject({
      id: entry.id,
      counter: 1,
      digest,
      exact: '',
      outcome: 'erased',
    })
    expect(phone.store.outbox.digestAt(1)).toBe(digest)
    expect(phone.store.outbox.waitingCount()).toBe(0)
    await phone.capture('以后')
    await phone.sync()
    expect(phone.states()).toEqual(['erased', 'applied', 'applied'])
    expect(await proofOf(phone.store, 2)).toMatchObject({ holds: true })
    await phone.store.write((edit) => edit.outbox.goBackTo(0))
    expect(phone.store.outbox.waiting().map((one) => one.counter)).toEqual([2, 3])
  })
})
