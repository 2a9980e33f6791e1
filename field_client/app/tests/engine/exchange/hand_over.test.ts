/** What a closed phone hands over in the background, against a real server: all that waits, once, and nothing changes here. */
import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Unreachable } from '@/engine/errors'
import { handOverClosed } from '@/engine/exchange/hand_over'
import { DemoServer } from './demo_server'
import { Phone } from './phone'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

let server: DemoServer
beforeAll(async () => {
  server = await DemoServer.start()
})
afterAll(() => server.stop())

async function closedPhone(...titles: string[]): Promise<Phone> {
  const phone = await Phone.enrolled(server.url, server.account('w1'))
  await phone.sync()
  for (const title of titles) await phone.capture(title)
  phone.store.vault.lock()
  return phone
}

/** The network of the service worker, and how often it was used. */
function line(): { fetch: typeof fetch; calls: string[] } {
  const calls: string[] = []
  return {
    calls,
    fetch: (input, init) => {
      calls.push(new URL(String(input)).pathname)
      return fetch(input, init)
    },
  }
}

const noLine = { fetch: () => Promise.reject(new TypeError('no network')) }

describe('a phone whose app is closed', () => {
  it('hands over what waits, and the same not again', async () => {
    const phone = await closedPhone('一', '二')
    const rows = await phone.store.database.all('outbox')
    const standing = await phone.standing()
    const network = line()
    expect(await handOverClosed(network)).toBe('done')
    expect(await handOverClosed(network)).toBe('nothing')
    expect(network.calls).toEqual(['/sync/v1/rescue'])
    expect(await phone.store.database.all('outbox')).toEqual(rows)
    expect(await phone.standing()).toEqual(standing)
  })

  it('finds it there when it is opened, and hands over what is new after that', async () => {
    const phone = await Phone.enrolled(server.url, server.account('w1'))
    await phone.sync()
    await phone.capture('三')
    expect(await handOverClosed()).toBe('done')
    await phone.capture('四')
    expect(await handOverClosed()).toBe('done')
    await phone.sync()
    expect(phone.states()).toEqual(['applied', 'applied'])
    expect(phone.titles()).toEqual(expect.arrayContaining(['三', '四']))
    expect(phone.titles().filter((title) => title === '三')).toHaveLength(1)
    expect(await handOverClosed()).toBe('nothing')
  })

  it('is tried again later where there is no network, and notes nothing', async () => {
    await closedPhone('五')
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const refused = expect(handOverClosed(noLine)).rejects.toBeInstanceOf(Unreachable)
    const pauses = setInterval(() => void vi.advanceTimersByTimeAsync(10_000), 20)
    await refused
    clearInterval(pauses)
    vi.useRealTimers()
    expect(await handOverClosed()).toBe('done')
  })

  it('has nothing to hand over where nothing waits, or where there is no phone, and makes no database', async () => {
    await closedPhone()
    const network = line()
    expect(await handOverClosed(network)).toBe('nothing')
    globalThis.indexedDB = new IDBFactory()
    expect(await handOverClosed(network)).toBe('nothing')
    expect(await indexedDB.databases()).toEqual([])
    expect(network.calls).toEqual([])
  })

  it('says nothing personal of it in the clear', async () => {
    const phone = await closedPhone('沈阿婆的事')
    await handOverClosed()
    const noted = await phone.store.database.get('meta', 'handed_in_background')
    expect(Object.keys(noted as object).sort()).toEqual(['counter', 'device', 'epoch'])
  })
})
