/** A phone that is lost, locked, locked out or wiped: what opens it, what stays, what goes. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Database } from '@/engine/device/database'
import { openDevice, type PhoneDevice } from '@/engine/device/device'
import { readStanding } from '@/engine/device/standing'
import { newDataKey, Vault } from '@/engine/device/vault'
import { Store } from '@/engine/device/store'
import { wipe } from '@/engine/device/wipe'
import { Locked, LockedOut, Refused, StorageFull, WrongCode, WrongPin } from '@/engine/errors'
import { codeShown, newCode } from '@/engine/recovery_code'
import { metaNames, rowCounts, wipeOnDisk } from './disk'
import { FakeServer } from './fake_server'
import { FakeLocks } from './locks'
import { asDumped, capture, freshDisk, rawDump } from './phone'
vi.setConfig({ testTimeout: 60_000 })
const PIN = '135790'
const NEXT_PIN = '246801'
let server: FakeServer
let device: PhoneDevice

beforeEach(async () => {
  freshDisk()
  vi.stubGlobal('navigator', { locks: new FakeLocks(), onLine: false })
  server = await FakeServer.made()
})

afterEach(async () => {
  device.setOnline(false)
  device.lock()
  await new Promise((resolve) => setTimeout(resolve, 20))
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

async function started(): Promise<PhoneDevice> {
  device = await openDevice({ fetch: server.fetch, server: 'https://post.test' })
  return device
}

async function enrolled(): Promise<PhoneDevice> {
  await started()
  await device.enrol('zhangsan', 'right', '手机')
  await device.choosePin(PIN)
  return device
}

/** The app is ended, however it was, and begun anew. */
async function restarted(): Promise<PhoneDevice> {
  device.lock()
  await new Promise((resolve) => setTimeout(resolve, 20))
  vi.stubGlobal('navigator', { locks: new FakeLocks(), onLine: false })
  return started()
}

/** The code that the window would read out: told by a sync. */
async function toldCode(): Promise<string> {
  server.answersStatus = true
  device.setOnline(true)
  await vi.waitFor(() => expect(server.codes.length).toBeGreaterThan(0), 5000)
  await vi.waitFor(() => expect(device.sync.standing.running).toBe(false), 5000)
  device.setOnline(false)
  return server.codes.at(-1) ?? ''
}

async function lockedOut(): Promise<void> {
  device.lock()
  for (let at = 0; at < 4; at += 1) await expect(device.unlock('999990')).rejects.toThrow(WrongPin)
  await expect(device.unlock('999990')).rejects.toThrow(LockedOut)
}

describe('five wrong PINs', () => {
  it('end the PIN, also after the app was begun anew; everything is still here', async () => {
    await enrolled()
    await device.households.request('锁上之前')
    await lockedOut()
    expect(device.phase).toBe('locked-out')
    await expect(device.unlock(PIN)).rejects.toThrow(Locked)
    await restarted()
    expect(device.phase).toBe('locked-out')
    expect(device.closed).toMatchObject({ unsent: 1, wipedMs: null })
    await device.unlockByAccount('zhangsan', 'right', NEXT_PIN)
    expect(device.history.waiting()).toHaveLength(1)
    device.lock()
    await expect(device.unlock(PIN)).rejects.toThrow(WrongPin)
    await device.unlock(NEXT_PIN)
  })

  it('count also where the app was ended in the middle of the fifth', async () => {
    await enrolled()
    device.lock()
    for (let at = 0; at < 4; at += 1) await device.unlock('999990').catch(() => undefined)
    // what the disk has between the counting of the fifth and its answer
    await new Promise((resolve) => setTimeout(resolve, 20))
    const disk = await Database.open('beside', () => undefined)
    await disk.transact([{ store: 'meta', key: 'pin_tries', value: 5 }])
    disk.close()
    await restarted()
    expect(device.phase).toBe('locked-out')
    expect(await metaNames()).not.toContain('vault')
  })

  it('lock an open phone too, where they were tried to change the PIN', async () => {
    await enrolled()
    for (let at = 0; at < 4; at += 1)
      await expect(device.changePin('999990', NEXT_PIN)).rejects.toThrow(WrongPin)
    await expect(device.changePin('999990', NEXT_PIN)).rejects.toThrow(LockedOut)
    expect(device.phase).toBe('locked-out')
    expect(() => device.view).toThrow(Locked)
  })
})

describe('a locked-out phone', () => {
  it('hands what waits over by itself, once, and again to a server that was restored since', async () => {
    await enrolled()
    await device.households.request('锁上之前')
    await lockedOut()
    expect(device.closed).toMatchObject({ unsent: 1, handedMs: null })
    device.setOnline(true)
    await vi.waitFor(() => expect(device.closed?.handedMs).not.toBeNull(), 5000)
    expect(server.rescued).toHaveLength(1)
    await restarted()
    device.setOnline(true)
    await vi.waitFor(() => expect(server.asked.length).toBeGreaterThan(1), 5000)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(server.rescued).toHaveLength(1)
    server.epoch = '0192f6c5-0000-7000-8000-00000000e002'
    device.setOnline(false)
    await restarted()
    device.setOnline(true)
    await vi.waitFor(() => expect(server.rescued).toHaveLength(2), 5000)
    device.setOnline(false)
    // nothing of it went: the account opens it as it was
    await device.unlockByAccount('zhangsan', 'right', NEXT_PIN)
    expect(device.history.waiting()).toHaveLength(1)
  })

  it('waits where the PIN is only not typed', async () => {
    await enrolled()
    await device.households.request('锁上之前')
    device.lock()
    device.setOnline(true)
    await vi.waitFor(() => expect(server.asked.length).toBeGreaterThan(0), 5000)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(server.rescued).toHaveLength(0)
  })
})

describe('a full disk', () => {
  beforeEach(async () => {
    await enrolled()
    await device.households.request('沈建国要办医保')
    await device.drafts.keep('half', '沈建国')
    device.lock()
    await new Promise((resolve) => setTimeout(resolve, 20))
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError')
    })
    await restarted()
  })

  it('does not keep the fifth wrong PIN from ending it', async () => {
    for (let at = 0; at < 4; at += 1) await expect(device.unlock('999990')).rejects.toThrow(WrongPin)
    await expect(device.unlock('999990')).rejects.toThrow(LockedOut)
    expect(await metaNames()).not.toContain('vault')
    await restarted()
    expect(device.phase).toBe('locked-out')
  })

  it('does not keep a wipe from being done', async () => {
    server.orders = 'wipe'
    server.reachable = true
    device.setOnline(true)
    await vi.waitFor(() => expect(device.phase).toBe('wiped'), 5000)
    const left = await rowCounts()
    expect([left.sealed, left.blocks, left.drafts]).toEqual([undefined, undefined, undefined])
    expect(await metaNames()).not.toContain('vault')
  })

  it('leaves no key in memory where a new PIN could not be kept, and nothing lost', async () => {
    await expect(device.unlockByAccount('zhangsan', 'right', NEXT_PIN)).rejects.toThrow(StorageFull)
    expect(device.phase).toBe('locked')
    vi.restoreAllMocks()
    await device.unlock(PIN)
    expect(device.history.waiting()).toHaveLength(1)
  })
})

describe('the window’s code', () => {
  it('is told once, opens without a network however it is typed, and then ends', async () => {
    await enrolled()
    const code = await toldCode()
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{16}$/)
    expect(await metaNames()).not.toContain('recovery_untold')
    await device.households.request('锁上之前')
    await lockedOut()
    server.reachable = false
    await expect(device.unlockByCode('0123', NEXT_PIN)).rejects.toThrow(Refused)
    await expect(device.tryCode(codeShown(newCode()))).rejects.toThrow(WrongCode)
    const typed = ` ${codeShown(code).toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('-', ' ')}`
    await device.tryCode(typed)
    expect(device.phase).toBe('locked-out')
    await device.unlockByCode(typed, NEXT_PIN)
    expect(device.phase).toBe('open')
    expect(device.history.waiting()).toHaveLength(1)
    await lockedOut()
    await expect(device.tryCode(code)).rejects.toThrow(WrongCode)
  })

  it('is made at the first opening after an update from a version that had none', async () => {
    await enrolled()
    device.lock()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const database = await Database.open('elder', () => undefined)
    await database.transact(
      ['recovery', 'recovery_untold', 'standing'].map((remove) => ({ store: 'meta' as const, remove })),
    )
    await restarted()
    expect(device.closed).toBeNull()
    await device.unlock(PIN)
    device.lock()
    await vi.waitFor(() => expect(device.closed).toMatchObject({ unsent: 0 }))
    await restarted()
    await device.unlock(PIN)
    const code = await toldCode()
    await restarted()
    await device.unlockByCode(code, NEXT_PIN)
    expect(device.phase).toBe('open')
  })

  it('is a new one, sealed to the new key, where the server changed its key', async () => {
    await enrolled()
    const first = await toldCode()
    await server.rotate()
    device.setOnline(true)
    await vi.waitFor(() => expect(server.codes).toHaveLength(2), 5000)
    const second = server.codes[1] ?? ''
    expect(second).not.toBe(first)
    await lockedOut()
    await expect(device.tryCode(first)).rejects.toThrow(WrongCode)
    await device.tryCode(second)
    // and the account's way is sealed to the new key too
    await device.unlockByAccount('zhangsan', 'right', NEXT_PIN)
    expect(device.phase).toBe('open')
  })
})

describe('a wipe', () => {
  it('ordered while locked leaves only the sealed rows that wait, and hands them over by itself', async () => {
    await enrolled()
    await device.households.request('沈建国要办医保')
    await device.drafts.keep('half', '沈建国')
    device.lock()
    server.orders = 'wipe'
    device.setOnline(true)
    await vi.waitFor(() => expect(device.phase).toBe('wiped'), 5000)
    await vi.waitFor(() => expect(device.closed?.done).toBe(true), 5000)
    expect(server.asked).toContain('wiped')
    expect(server.rescued).toHaveLength(1)
    expect(await rowCounts()).toEqual({ meta: 1 })
    device.wipeSeen()
    expect(device.phase).toBe('new')
    await enrolledAgain()
    expect(device.phase).toBe('open')
  })

  it('comes to a phone whose clock was set back by years', async () => {
    await enrolled()
    device.lock()
    server.orders = 'wipe'
    server.aheadMs = 5 * 365 * 86_400_000
    device.setOnline(true)
    await vi.waitFor(() => expect(device.phase).toBe('wiped'), 5000)
  })

  it('without a network to hand over keeps exactly what waits, through any number of starts', async () => {
    await enrolled()
    await device.households.request('沈建国要办医保')
    await device.drafts.keep('half', '沈建国')
    await wipedOnDisk()
    await restarted()
    expect(device.phase).toBe('wiped')
    expect(device.closed).toMatchObject({ unsent: 1, done: false })
    expect(await rowCounts()).toEqual({ meta: 5, outbox: 1 })
    expect(await metaNames()).toEqual(['keys', 'owner', 'sealed_data_key', 'standing', 'wiped'])
    for (const way of [
      () => device.unlock(PIN),
      () => device.tryCode(newCode()),
      () => device.unlockByAccount('zhangsan', 'right', NEXT_PIN),
    ])
      await expect(way()).rejects.toThrow(Locked)
    expect(() => device.wipeSeen()).not.toThrow()
    expect(device.phase).toBe('wiped')
  })

  it('that was ordered and killed before it was done is done at the next start, offline', async () => {
    await enrolled()
    await device.drafts.keep('half', '沈建国')
    device.lock()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const disk = await Database.open('killed', () => undefined)
    vi.spyOn(disk, 'beginWipe').mockImplementation(() => {
      throw new Error('killed')
    })
    await expect(wipe(disk, 1)).rejects.toThrow('killed')
    disk.close()
    expect((await rowCounts()).drafts).toBe(1)
    await restarted()
    expect(device.phase).toBe('wiped')
    expect(await rowCounts()).toEqual({ meta: 5 })
  })

  it('of an open phone ends what is shown and what is being written', async () => {
    await enrolled()
    server.answersStatus = true
    server.orders = 'wipe'
    const drafts = device.drafts
    device.setOnline(true)
    await vi.waitFor(() => expect(device.phase).toBe('wiped'), 5000)
    expect(() => device.view).toThrow(Locked)
    await vi.waitFor(() => expect(device.closed).toMatchObject({ done: true, unsent: 0 }), 5000)
    await expect(drafts.keep('late', '沈建国')).rejects.toThrow(Locked)
    expect((await rowCounts()).drafts).toBeUndefined()
  })

  it('keeps of the outbox what is not acknowledged, of the files what the server has not', async () => {
    const database = await Database.open('this-tab', () => undefined)
    const store = await Store.open(database, await Vault.under(newDataKey()))
    for (let at = 0; at < 4; at += 1) await capture(store)
    await store.write((edit) => edit.outbox.acknowledge(2, 1000))
    const row = { type: 'image/jpeg', sealed: new Uint8Array(3) }
    await database.transact([
      { store: 'files', key: 'a', value: { ...row, arrivedMs: 1 } },
      { store: 'files', key: 'b', value: { ...row, arrivedMs: null } },
      { store: 'files', key: 'c', value: row },
    ])
    expect((await readStanding(database))?.unsent).toMatchObject({ counter: 3, operations: 2 })
    await wipe(database, 5)
    expect(await database.keys('outbox')).toEqual([3, 4])
    expect(await database.keys('files')).toEqual(['b', 'c'])
    await expect(capture(store)).rejects.toThrow(Locked)
    expect(await database.keys('outbox')).toEqual([3, 4])
    device = await openDevice({ fetch: server.fetch, server: 'https://post.test' })
  })
})

describe('orders that come while the phone is locked', () => {
  it('lock what may be read when it is opened, and let it be read again', async () => {
    await enrolled()
    device.lock()
    server.orders = 'lock'
    device.setOnline(true)
    await vi.waitFor(() => expect(device.closed?.locked).toBe(true), 5000)
    device.setOnline(false)
    await device.unlock(PIN)
    expect(device.reading).toMatchObject({ allowed: false, why: 'locked' })
    await device.households.request('锁定之后照常登记')
    expect(device.history.waiting()).toHaveLength(1)
    device.lock()
    server.orders = 'none'
    device.setOnline(true)
    await vi.waitFor(() => expect(device.closed?.locked).toBe(false), 5000)
    device.setOnline(false)
    await device.unlock(PIN)
    expect(device.reading.allowed).toBe(true)
  })
})

describe('a phone under SM4', () => {
  it('goes through a day: capture, lock, lock out, account; nothing can be read on its disk', async () => {
    server.cipher = 'sm4-ctr-hmac-sm3'
    await enrolled()
    await device.households.request('沈建国 13912345678 要办医保')
    await lockedOut()
    await restarted()
    await device.unlockByAccount('zhangsan', 'right', NEXT_PIN)
    expect(device.history.waiting()).toHaveLength(1)
    await restarted()
    await device.unlock(NEXT_PIN)
    expect(device.history.waiting()).toHaveLength(1)
    device.lock()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const disk = await Database.open('a thief', () => undefined)
    const dump = await rawDump(disk)
    for (const secret of ['沈建国', '13912345678', '张三']) expect(dump).not.toContain(asDumped(secret))
    expect((await readStanding(disk))?.cipher).toBe('sm4-ctr-hmac-sm3')
    disk.close()
  })
})

async function enrolledAgain(): Promise<void> {
  server.orders = 'none'
  await device.enrol('zhangsan', 'right', '手机')
  await device.choosePin(PIN)
}

/** The server orders it and is gone before anything can be handed over. */
async function wipedOnDisk(): Promise<void> {
  device.lock()
  await wipeOnDisk()
}
