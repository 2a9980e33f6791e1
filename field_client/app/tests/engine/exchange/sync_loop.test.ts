/** Syncing by itself, against a real server: after a capture, when there is a network again, on a hint, with an account. */
import 'fake-indexeddb/auto'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import type { SyncLoop } from '../../../src/engine/exchange/sync_loop'
import { ExchangeFailed } from '../../../src/engine/errors'
import { DemoServer } from './demo_server'
import { Phone } from './phone'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

let server: DemoServer
let phone: Phone
let loop: SyncLoop

beforeAll(async () => {
  server = await DemoServer.start()
  phone = await Phone.enrolled(server.url, server.account('w1'))
  await phone.sync()
})

afterEach(() => {
  loop.stop()
  phone.fault = (_, go) => go()
})

afterAll(async () => {
  await server.stop()
})

/** Wait until it is so, looking often. */
async function until(holds: () => boolean): Promise<void> {
  await vi.waitUntil(holds, { timeout: 15_000, interval: 20 })
}

it('hands over within a second or two of a capture, once for several', async () => {
  loop = phone.loop({ online: true })
  let pushes = 0
  phone.fault = (path, go) => {
    if (path === '/push') pushes += 1
    return go()
  }
  await phone.capture('甲')
  loop.captured()
  await phone.capture('乙')
  loop.captured()
  expect(loop.standing.waiting).toBe(2)
  expect(loop.standing.nextTryMs).not.toBeNull()
  await until(() => loop.standing.waiting === 0 && !loop.standing.running)
  expect(pushes).toBe(1)
  expect(loop.standing.failure).toBeNull()
  expect(loop.standing.syncedMs).not.toBeNull()
})

it('asks nothing while there is no network, and begins by itself when there is one', async () => {
  loop = phone.loop({ online: false })
  const asked: string[] = []
  phone.fault = (path, go) => {
    asked.push(path)
    return go()
  }
  loop.start()
  await phone.capture('丙')
  loop.captured()
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(asked).toEqual([])
  expect(loop.standing).toMatchObject({ online: false, waiting: 1, nextTryMs: null, running: false })
  loop.setOnline(true)
  await until(() => loop.standing.waiting === 0)
})

it('tells a failure in words and tries again by itself; a tap gets its answer', async () => {
  loop = phone.loop({ online: true })
  phone.fault = () => Promise.reject(new TypeError('no line'))
  await phone.capture('丁')
  await expect(loop.now()).rejects.toMatchObject({ zh: '连不上服务器' })
  expect(loop.standing.failure).toMatchObject({ zh: '连不上服务器', code: null })
  expect(loop.standing.waiting).toBe(1)
  const next = loop.standing.nextTryMs
  expect(next).toBeGreaterThan(Date.now())
  // captures do not put off what is planned
  loop.captured()
  loop.captured()
  expect(loop.standing.nextTryMs).toBeLessThanOrEqual(next ?? 0)
  phone.fault = (_, go) => go()
  await loop.now()
  expect(loop.standing).toMatchObject({ failure: null, waiting: 0 })
})

it('never runs twice at once', async () => {
  loop = phone.loop({ online: true })
  let open = 0
  let most = 0
  phone.fault = async (path, go) => {
    if (path === '/live') return go()
    most = Math.max(most, (open += 1))
    await new Promise((resolve) => setTimeout(resolve, 30))
    const reply = await go()
    open -= 1
    return reply
  }
  loop.start()
  await Promise.all([loop.now(), loop.now(), loop.now()])
  expect(most).toBe(1)
})

it('pulls on a hint of the server while it is seen', async () => {
  const colleague = await Phone.enrolled(server.url, server.account('w1'))
  await colleague.sync()
  loop = phone.loop({ online: true })
  await loop.now()
  await colleague.capture('同事登记的')
  await colleague.sync()
  await until(() => phone.titles().includes('同事登记的'))
})

it('asks for the account where the server knows the phone no more, and goes on with it', async () => {
  await phone.capture('换凭证')
  await phone.store.write((edit) => edit.values.set('identity', { ...phone.identity, token: 'forgotten' }))
  loop = phone.loop({ online: true })
  await expect(loop.now()).rejects.toThrow(ExchangeFailed)
  expect(loop.standing).toMatchObject({ needsAccount: true, nextTryMs: null })
  expect(loop.standing.failure?.next).toContain('账号')
  const wrong = server.account('w1').username
  await expect(loop.again(wrong, '不对')).rejects.toMatchObject({ code: 'wrong-password' })
  expect(loop.standing.needsAccount).toBe(true)
  const { username, password } = server.account('w1')
  await loop.again(username, password)
  expect(loop.standing).toMatchObject({ needsAccount: false, waiting: 0, failure: null })
})

it('enrols once after the other however often the account is given', async () => {
  const renewed = await Phone.enrolled(server.url, server.account('w2'))
  loop = renewed.loop({ online: true })
  await renewed.capture('两次点按')
  let open = 0
  let most = 0
  renewed.fault = async (path, go) => {
    if (path !== '/enrol') return go()
    most = Math.max(most, (open += 1))
    await new Promise((resolve) => setTimeout(resolve, 50))
    return go().finally(() => (open -= 1))
  }
  const { username, password } = server.account('w2')
  await Promise.all([loop.again(username, password), loop.again(username, password)])
  expect(most).toBe(1)
  expect(renewed.states()).toEqual(['applied'])
})

it('ends what is under way when the phone is locked', async () => {
  loop = phone.loop({ online: true })
  phone.fault = () => new Promise(() => undefined)
  const tapped = loop.now()
  await until(() => loop.standing.running)
  loop.stop()
  await expect(tapped).rejects.toMatchObject({ zh: '请先输入口令' })
  expect(loop.standing.nextTryMs).toBeNull()
})
