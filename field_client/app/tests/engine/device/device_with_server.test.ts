import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { openDevice, type PhoneDevice } from '@/engine/device/device'
import { DemoServer } from '../exchange/demo_server'
import { FakeLocks } from './locks'
import { freshDisk } from './phone'

const PIN = '135790'
let server: DemoServer

beforeAll(async () => {
  server = await DemoServer.start()
}, 40_000)
afterAll(() => server.stop())
beforeEach(() => {
  freshDisk()
  vi.stubGlobal('navigator', { locks: new FakeLocks(), onLine: true })
})

/** Wait until the standing says so; a phone syncs by itself. */
async function until(device: PhoneDevice, holds: () => boolean): Promise<void> {
  if (holds()) return
  await new Promise<void>((resolve) => {
    const stop = device.subscribe(() => {
      if (!holds()) return
      stop()
      resolve()
    })
  })
}

it('a phone enrols, syncs by itself, hands over what it captures, and is opened by its account', async () => {
  const { username, password } = server.account('w1')
  const device = await openDevice({ server: server.url })
  await device.enrol(username, password, '测试手机')
  await device.choosePin(PIN)
  await until(device, () => device.sync.standing.ready)
  const records = device.storage.counts()
  expect(records.household).toBeGreaterThan(10)
  expect(device.view.demonstration).toBe(true)
  expect(device.view.catalogue.items?.length).toBe(124)

  const captured = await device.households.request('居民问到、目录没有')
  expect(device.sync.standing.waiting).toBe(1)
  await until(device, () => device.sync.standing.waiting === 0)
  await device.sync.now()
  expect(device.view.waits(captured.record)).toBe(false)
  expect(device.view.get(captured.record)?.revision ?? 1).toBe(1)
  const all = await device.history.all()
  expect(all.map((entry) => entry.state)).toEqual(['applied'])

  device.lock()
  await device.unlockByAccount(username, password, '246801')
  expect(device.storage.counts()).toEqual({ ...records, request: (records.request ?? 0) + 1 })
  device.lock()
  await device.unlock('246801')
  expect((await device.history.all()).map((entry) => entry.id)).toEqual([captured.operation])
  device.lock()
}, 60_000)

it('a phone that was closed in the middle of its first sync goes on where it was', async () => {
  const { username, password } = server.account('w2')
  let segments = 0
  const cutOff: typeof fetch = (input, init) => {
    const address = input instanceof Request ? input.url : input.toString()
    if (/segments\/[0-9a-f]{64}/.test(address) && ++segments > 1)
      return Promise.reject(new TypeError('cut off'))
    return fetch(input, init)
  }
  const first = await openDevice({ server: server.url, fetch: cutOff })
  await first.enrol(username, password, '测试手机')
  await first.choosePin(PIN)
  await until(first, () => segments > 1)
  first.lock()

  vi.stubGlobal('navigator', { locks: new FakeLocks(), onLine: true })
  const again = await openDevice({ server: server.url })
  await again.unlock(PIN)
  await until(again, () => again.sync.standing.ready)
  expect(again.storage.counts().household).toBeGreaterThan(10)
  again.lock()
}, 60_000)
