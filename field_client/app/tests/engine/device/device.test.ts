import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Change, Phase } from '@/engine/api'
import { openDevice, type DeviceOptions, type PhoneDevice } from '@/engine/device/device'
import { ElsewhereOpen, Locked, LockedOut, StorageFull, Unreachable, WrongPin } from '@/engine/errors'
import { FakeServer } from './fake_server'
import { FakeLocks } from './locks'
import { asDumped, DEVICE, freshDisk, rawDump, SCOPE } from './phone'
import { Database } from '@/engine/device/database'

// a PIN takes a quarter of a second on a machine that has nothing else to do
vi.setConfig({ testTimeout: 60_000 })

const PIN = '135790'
const NEXT_PIN = '246801'
let server: FakeServer
let open: PhoneDevice[]

beforeEach(async () => {
  freshDisk()
  vi.stubGlobal('navigator', { locks: new FakeLocks(), onLine: false })
  server = await FakeServer.made()
  open = []
})

afterEach(async () => {
  for (const device of open) device.lock()
  await new Promise((resolve) => setTimeout(resolve, 20))
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** A tab of the browser; one more where the first is still open. */
async function tab(options: DeviceOptions = {}): Promise<PhoneDevice> {
  const device = await openDevice({ fetch: server.fetch, server: 'https://post.test', ...options })
  open.push(device)
  return device
}

async function enrolled(): Promise<PhoneDevice> {
  const device = await tab()
  await device.enrol('zhangsan', 'right', '张三的手机')
  await device.choosePin(PIN)
  return device
}

/** The tab is closed as a browser does it: its lock is free, whatever it was about. */
async function reloaded(): Promise<PhoneDevice> {
  for (const device of open) device.lock()
  vi.stubGlobal('navigator', { locks: new FakeLocks(), onLine: false })
  return tab()
}

describe('from the first opening to the day’s work', () => {
  it('goes through its phases, and tells them', async () => {
    const device = await tab()
    const told: (Change | Phase)[] = []
    device.subscribe((change) => told.push(change === 'phase' ? device.phase : change))
    expect(device.phase).toBe('new')
    expect(device.identity).toBeNull()
    expect(() => device.view).toThrow(Locked)
    await device.enrol('zhangsan', 'right', '张三的手机')
    expect(device.identity?.worker.name).toBe('张三')
    await device.choosePin(PIN)
    expect(told.filter((one) => one !== 'sync')).toEqual(['choosing-pin', 'open'])
    expect(device.identity).toMatchObject({ device: DEVICE, device_name: '张三的手机' })
    expect(device.view.scope).toEqual(SCOPE.villages)
    expect(device.sync.standing).toMatchObject({ waiting: 0, ready: false, online: false })
  })

  it('tells a wrong password and an unreachable server, and stays new', async () => {
    const device = await tab()
    await expect(device.enrol('zhangsan', 'wrong', 'x')).rejects.toMatchObject({ code: 'wrong-password' })
    server.reachable = false
    await expect(device.enrol('zhangsan', 'right', 'x')).rejects.toThrow(Unreachable)
    expect(device.phase).toBe('new')
  })

  it('enrols with the same keys again where the page was closed before a PIN was chosen', async () => {
    const first = await tab()
    await first.enrol('zhangsan', 'right', 'x')
    open = []
    const second = await reloaded()
    expect(second.phase).toBe('new')
    await second.enrol('zhangsan', 'right', 'x')
    expect(server.signingKeys[0]).toBe(server.signingKeys[1])
  })

  it('refuses a PIN that would be guessed, and keeps nothing under it', async () => {
    const device = await tab()
    await device.enrol('zhangsan', 'right', 'x')
    await expect(device.choosePin('123456')).rejects.toMatchObject({ problems: [{ code: 'pin-run' }] })
    expect(device.phase).toBe('choosing-pin')
  })

  it('captures, and finds it after closing and opening again offline', async () => {
    const device = await enrolled()
    const versionBefore = device.version
    const captured = await device.households.request('居民问到、目录没有')
    expect(device.version).toBeGreaterThan(versionBefore)
    expect(device.sync.standing.waiting).toBe(1)
    await device.drafts.keep('half', { typed: '一半' })
    server.reachable = false
    const again = await reloaded()
    expect(again.phase).toBe('locked')
    expect(again.identity).toBeNull()
    await again.unlock(PIN)
    expect(again.view.get(captured.record)?.values.text).toBe('居民问到、目录没有')
    expect(again.history.waiting().map((entry) => entry.id)).toEqual([captured.operation])
    expect(again.drafts.get('half')).toEqual({ typed: '一半' })
  })

  it('leaves no name, phone or text on the disk that can be read', async () => {
    const device = await enrolled()
    await device.households.request('沈建国 13912345678 要办医保')
    await device.drafts.keep('x', '沈建国')
    device.lock()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const disk = await Database.open('a thief', () => undefined)
    const dump = await rawDump(disk)
    for (const secret of ['沈建国', '13912345678', '要办医保', '张三', server.token]) {
      expect(dump).not.toContain(asDumped(secret))
      expect(dump).not.toContain(secret)
    }
    expect(dump).toContain('iterations')
    disk.close()
  })
})

describe('locking', () => {
  it('lets what was under way end, and shows nothing more', async () => {
    const device = await enrolled()
    const capturing = device.households.request('锁屏前的一条')
    const keeping = device.drafts.keep('last', 1)
    device.lock()
    expect(device.phase).toBe('locked')
    expect(() => device.view).toThrow(Locked)
    await Promise.all([capturing, keeping])
    await device.unlock(PIN)
    expect(device.history.waiting()).toHaveLength(1)
    expect(device.drafts.get('last')).toBe(1)
  })

  it('opens by the PIN only, and tells how many tries are left', async () => {
    const device = await enrolled()
    device.lock()
    const tries: unknown[] = []
    for (let at = 0; at < 4; at += 1)
      tries.push(await device.unlock('999990').catch((error: unknown) => error))
    expect(tries.every((error) => error instanceof WrongPin)).toBe(true)
    expect(tries.map((error) => (error as WrongPin).triesLeft)).toEqual([4, 3, 2, 1])
    await device.unlock(PIN)
    expect(device.phase).toBe('open')
  })

  it('by a new PIN, after the present one was given', async () => {
    const device = await enrolled()
    await expect(device.changePin('999990', NEXT_PIN)).rejects.toThrow(WrongPin)
    await device.changePin(PIN, NEXT_PIN)
    await device.households.request('改口令之后')
    device.lock()
    await expect(device.unlock(PIN)).rejects.toThrow(WrongPin)
    await device.unlock(NEXT_PIN)
    expect(device.history.waiting()).toHaveLength(1)
  })

  it('opens by the account where the PIN is forgotten, losing nothing', async () => {
    const device = await enrolled()
    await device.households.request('忘记口令之前')
    device.lock()
    await expect(device.unlockByAccount('zhangsan', 'wrong', NEXT_PIN)).rejects.toMatchObject({
      code: 'wrong-password',
    })
    expect(device.phase).toBe('locked')
    await device.unlockByAccount('zhangsan', 'right', NEXT_PIN)
    expect(device.history.waiting()).toHaveLength(1)
    const again = await reloaded()
    await again.unlock(NEXT_PIN)
    expect(again.history.waiting()).toHaveLength(1)
  })

  it('opens on a full disk, so that what is here can be read', async () => {
    const device = await enrolled()
    device.lock()
    await device.unlock(PIN)
    const again = await reloaded()
    const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError')
    })
    await again.unlock(PIN)
    await expect(again.households.request('没有空间')).rejects.toThrow(StorageFull)
    full.mockRestore()
    await again.households.request('有空间了')
    expect(again.history.waiting()).toHaveLength(1)
  })
})

it('counts wrong PINs also where the disk is full', async () => {
  const device = await enrolled()
  device.lock()
  const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  for (let at = 0; at < 4; at += 1) await expect(device.unlock('999990')).rejects.toThrow(WrongPin)
  await expect(device.unlock('999990')).rejects.toThrow(LockedOut)
  expect(device.phase).toBe('locked-out')
  full.mockRestore()
})

describe('two tabs', () => {
  it('the second is elsewhere, until it takes the data over; the first writes nothing more', async () => {
    const first = await enrolled()
    const second = await tab()
    expect(second.phase).toBe('elsewhere')
    await expect(second.unlock(PIN)).rejects.toThrow(ElsewhereOpen)
    await second.takeOver()
    expect(second.phase).toBe('locked')
    expect(first.phase).toBe('elsewhere')
    expect(() => first.view).toThrow(Locked)
    await second.unlock(PIN)
    await second.households.request('在第二个页面')
    await first.takeOver()
    expect([first.phase, second.phase]).toEqual(['locked', 'elsewhere'])
    await first.unlock(PIN)
    expect(first.history.waiting()).toHaveLength(1)
  })

  it('what the first was capturing while it lost the data is on the disk, or was refused', async () => {
    const first = await enrolled()
    const second = await tab()
    const capturing = first.households.request('正在登记').then(
      () => 'kept',
      () => 'refused',
    )
    await second.takeOver()
    await second.unlock(PIN)
    const kept = second.history.waiting().length
    expect(await capturing).toBe(kept === 1 ? 'kept' : 'refused')
  })
})

it('names what a browser lacks, and goes no further', async () => {
  vi.stubGlobal('navigator', { onLine: true })
  const device = await tab()
  expect(device.phase).toBe('unsupported')
  expect(device.missing.map((one) => one.zh)).toEqual(['多页面保护'])
})

it('tells data that cannot be read as damaged', async () => {
  const device = await enrolled()
  device.lock()
  await new Promise((resolve) => setTimeout(resolve, 20))
  const disk = await Database.open('x', () => undefined)
  await disk.transact([{ store: 'sealed', key: 'identity', value: new Uint8Array(40) }])
  disk.close()
  const again = await reloaded()
  await expect(again.unlock(PIN)).rejects.toMatchObject({ name: 'StoreDamaged' })
  expect(again.phase).toBe('damaged')
})
