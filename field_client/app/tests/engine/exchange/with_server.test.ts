/** The exchange against a real server: enrolling, first sync, lost replies, forks, restores, revoking. */
import 'fake-indexeddb/auto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { feedOf } from '../../../src/engine/device/feed'
import { sealedKey } from '../../../src/engine/device/sealed_key'
import { CallRefused, ServerBusy, Unreachable } from '../../../src/engine/errors'
import { firstPrevious } from '../../../src/engine/sync/chain'
import { enrolAnew, OtherWorker } from '../../../src/engine/exchange/enrol'
import { combined } from '../../../src/engine/exchange/pull'
import { AccountNeeded } from '../../../src/engine/exchange/sync_run'
import { dataKeyByAccount } from '../../../src/engine/exchange/unlock'
import { DemoServer } from './demo_server'
import { type Fault, Phone } from './phone'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

let server: DemoServer
let phone: Phone

beforeAll(async () => {
  server = await DemoServer.start()
  phone = await Phone.enrolled(server.url, server.account('w1'))
  await phone.sync()
})

afterAll(async () => {
  await server.stop()
})

/** The calls with this path are answered, and their replies are lost on the way; the first `times` of them. */
function losing(path: string, times: number): Fault {
  let left = times
  return async (asked, go) => {
    const reply = await go()
    if (asked === path && left-- > 0) throw new TypeError('the reply was lost')
    return reply
  }
}

/** Replies with this path are answered with another member or two. */
function telling(wanted: (path: string) => boolean, members: Record<string, unknown>): Fault {
  return async (path, go) => {
    const reply = await go()
    if (!wanted(path) || !reply.ok) return reply
    const told = (await reply.json()) as object
    return Response.json({ ...told, ...members })
  }
}

describe('a first sync', () => {
  it('brings every record of the scope, and tells its bytes before it fetches any', () => {
    const { copy, values } = phone.store
    expect(values.get('ready')).toBe(true)
    expect(copy.ofKind('household').length).toBeGreaterThan(100)
    expect(copy.ofKind('item').length).toBe(124)
    const fetching = phone.steps.filter((step) => step.step === 'segments')
    const total = fetching.at(-1)?.bytesTotal
    expect(total).toBeGreaterThan(10_000)
    expect(fetching.map((step) => step.bytesTotal)).toEqual(fetching.map(() => total))
    expect(fetching[0]?.bytesDone).toBe(0)
    expect(fetching.at(-1)?.bytesDone).toBe(total)
    expect(fetching.length).toBeGreaterThan(5)
  })

  it('ends with the hashes of the server', async () => {
    let hashes: Record<string, string> | null = null
    let hash: string | null = null
    phone.fault = async (path, go) => {
      const reply = await go()
      if (path === '/changes') {
        const page = (await reply.clone().json()) as { hash?: string; hashes?: Record<string, string> }
        hashes = page.hashes ?? hashes
        hash = page.hash ?? hash
      }
      return reply
    }
    const report = await phone.sync()
    phone.fault = (_, go) => go()
    expect(report.diverged).toEqual([])
    const ours = phone.store.copy.hashes(phone.village)
    if (hash !== null) expect(hash).toBe(combined(ours))
    else expect(hashes).toEqual(ours)
  })

  it('goes on where it broke, without fetching again what is here', async () => {
    const other = await Phone.enrolled(server.url, server.account('w1'))
    let asked: (string | null)[] = []
    let broken = 0
    other.fault = async (path, go) => {
      const reply = await go()
      if (!path.startsWith('/segments/') || broken > 0) return reply
      broken += 1
      const whole = new Uint8Array(await reply.arrayBuffer())
      return new Response(
        new ReadableStream({
          start: (control) => {
            control.enqueue(whole.slice(0, Math.floor(whole.length / 2)))
          },
          pull: (control) => control.error(new TypeError('the line broke')),
        }),
      )
    }
    const network = globalThis.fetch
    globalThis.fetch = (input, init) => {
      if (String(input).includes('/segments/')) asked.push(new Headers(init?.headers).get('range'))
      return network(input, init)
    }
    try {
      await other.sync()
    } finally {
      globalThis.fetch = network
    }
    expect(asked[1]).toMatch(/^bytes=[1-9]\d*-$/)
    asked = asked.filter((range) => range !== null)
    expect(asked.length).toBe(1)
    expect(other.store.copy.size).toBe(phone.store.copy.size)
  })
})

describe('handing over', () => {
  it('tells what became of each operation, and lifts it when the copy holds it', async () => {
    await phone.capture('复核门牌')
    await phone.capture('没有名目', { fields: { colour: 'red' } })
    const report = await phone.sync()
    expect(report.pushed).toBe(2)
    expect(phone.states().slice(-2)).toEqual(['applied', 'rejected'])
    expect(phone.store.outbox.at(2)?.detail?.problems?.map((one) => one.code)).toContain('unknown-field')
    expect(phone.titles()).toContain('复核门牌')
    expect(phone.store.outbox.laid().map((operation) => operation.counter)).toEqual([2])
  })

  it('sends again after a lost reply, and everything arrives once', async () => {
    await phone.capture('送材料')
    phone.fault = losing('/push', 2)
    await phone.sync()
    phone.fault = (_, go) => go()
    expect(phone.states().at(-1)).toBe('applied')
    expect(phone.titles().filter((title) => title === '送材料')).toEqual(['送材料'])
  })

  it('counts nothing as handed over that no push of ours told of', async () => {
    const entry = await phone.capture('量血压')
    phone.fault = losing('/push', 99)
    await expect(phone.sync()).rejects.toThrow(Unreachable)
    expect(phone.store.outbox.at(entry.counter)?.acknowledgedMs).toBeNull()
    phone.fault = (_, go) => go()
    await phone.sync()
    expect(phone.states().at(-1)).toBe('applied')
  })

  it('ends where a reply takes nothing in, instead of asking for ever', async () => {
    const unheard = await Phone.enrolled(server.url, server.account('w1'))
    await unheard.capture('没有收下')
    const start = { acknowledged: 0, digest: firstPrevious(unheard.identity.device), outcomes: [] }
    unheard.fault = telling((path) => path === '/push', start)
    await expect(unheard.sync()).rejects.toThrow(Unreachable)
    expect(unheard.states()).toEqual(['waiting'])
    unheard.fault = (_, go) => go()
    await unheard.sync()
    expect(unheard.states()).toEqual(['applied'])
  })

  it('halves what is refused for its content, and sends a single one raw', async () => {
    await phone.capture('一')
    await phone.capture('二', { spoilt: (exact) => exact.replace('"format":1', '"format":01') })
    await phone.capture('三')
    const report = await phone.sync()
    expect(report).toMatchObject({ pushed: 3, enrolledAnew: [] })
    expect(phone.states().slice(-3)).toEqual(['applied', 'rejected', 'applied'])
  })

  it('waits where the server is busy, and tells a refusal in its words', async () => {
    await phone.capture('忙')
    phone.fault = (path, go) => (path === '/push' ? Promise.resolve(new Response('', { status: 503 })) : go())
    await expect(phone.sync()).rejects.toThrow(ServerBusy)
    phone.fault = (path, go) =>
      path === '/push' ? Promise.resolve(new Response('<html>请先登录</html>', { status: 403 })) : go()
    await expect(phone.sync()).rejects.toThrow(Unreachable)
    phone.fault = (_, go) => go()
    await phone.sync()
    expect(phone.states().at(-1)).toBe('applied')
  })
})

describe('a history that cannot go on', () => {
  it('is carried over under a new identity when a clone pushed first', async () => {
    const first = await Phone.enrolled(server.url, server.account('w2'))
    await first.sync()
    const clone = await first.cloned()
    await first.capture('原机的任务')
    await first.sync()
    await clone.capture('克隆机的任务')
    const report = await clone.sync()
    expect(report.enrolledAnew).toEqual([1])
    expect(clone.identity.device).not.toBe(first.identity.device)
    expect(clone.titles()).toEqual(expect.arrayContaining(['克隆机的任务', '原机的任务']))
    // the first one's identity was continued: it hands over, and enrols anew to read
    await first.capture('原机又一个')
    const again = await first.sync()
    expect(again.enrolledAnew).toEqual([2])
    expect(first.titles().filter((title) => title.startsWith('原机'))).toEqual(['原机又一个', '原机的任务'])
  })

  it('needs an account where the token is not known, and only that of its worker', async () => {
    const lost = await Phone.enrolled(server.url, server.account('w3'))
    await lost.sync()
    await lost.capture('未上报')
    await lost.store.write((edit) => edit.values.set('identity', { ...lost.identity, token: 'forgotten' }))
    await expect(lost.sync()).rejects.toThrow(AccountNeeded)
    expect(lost.store.values.get('needs_account')).toBe(true)
    await expect(enrolAnew(lost.exchange, server.account('w4'))).rejects.toThrow(OtherWorker)
    expect(lost.states()).toEqual(['waiting'])
    expect(await enrolAnew(lost.exchange, server.account('w3'))).toBe(1)
    await lost.sync()
    expect(lost.states()).toEqual(['applied'])
    expect(lost.store.values.get('needs_account')).toBeUndefined()
  })

  it('is offered again, and segments are fetched anew, when the server was restored', async () => {
    const worker = await Phone.enrolled(server.url, server.account('w5'))
    await worker.sync()
    await worker.capture('恢复之前')
    await worker.sync()
    const before = worker.store.copy.size
    // as after a restore: another epoch, and a position before the operation, told once
    const epoch = '01970000-0000-7000-8000-0000000000e2'
    const start = { acknowledged: 0, digest: firstPrevious(worker.identity.device) }
    let lost = true
    worker.fault = async (path, go) => {
      const back = path === '/push' && lost ? start : {}
      if (path === '/push' && worker.identity.epoch === epoch) lost = false
      return telling((asked) => !asked.startsWith('/segments/'), { epoch, ...back })(path, go)
    }
    const report = await worker.sync()
    expect(report).toMatchObject({ restored: true, pushed: 1 })
    expect(worker.identity.epoch).toBe(epoch)
    expect(worker.states()).toEqual(['applied'])
    expect(worker.store.copy.size).toBe(before)
  })

  it('is offered again, and shown meanwhile, where the app was ended before it heard how far the server is', async () => {
    const worker = await Phone.enrolled(server.url, server.account('w5'))
    await worker.sync()
    await worker.capture('断在恢复时')
    await worker.sync()
    const { store } = worker
    expect(store.outbox.laid()).toEqual([])
    const epoch = '01970000-0000-7000-8000-0000000000e3'
    // what is on the disk when the app is ended as soon as another epoch was told
    await store.write((edit) => edit.values.set('identity', { ...worker.identity, epoch }))
    const start = { acknowledged: 0, digest: firstPrevious(worker.identity.device) }
    let pushes = 0
    let pages = 0
    worker.fault = (path, go) => {
      if (path === '/push') pushes += 1
      // the reference feed is followed, and the village's segments are stored
      if (path === '/changes' && (pages += 1) >= 2) return Promise.reject(new TypeError('no line'))
      const more = path === '/status' ? start : path === '/segments' ? { segments: [], hashes: null } : {}
      return telling(() => true, { epoch, ...more })(path, go)
    }
    await expect(worker.sync()).rejects.toThrow(Unreachable)
    expect(pushes).toBe(1)
    expect(worker.titles()).not.toContain('断在恢复时')
    expect(store.outbox.laid().map((operation) => operation.fields?.['title'])).toEqual(['断在恢复时'])
    worker.fault = (_, go) => go()
    await worker.sync()
    expect(worker.titles()).toContain('断在恢复时')
    expect(store.outbox.laid()).toEqual([])
    expect(worker.states()).toEqual(['applied'])
  })
})

describe('what the phone may read', () => {
  it('ends with the order, also where the line is cut right after it', async () => {
    const gone = await Phone.enrolled(server.url, server.account('w6'))
    await gone.sync()
    await server.revoke(gone.identity.device, 'lock')
    gone.fault = (path, go) => (path === '/changes' ? Promise.reject(new TypeError('no line')) : go())
    await gone.sync()
    expect(gone.store.values.get('orders')).toBe('lock')
    expect(gone.store.reading).toBe(false)
    expect(gone.store.copy.ofKind('household')).toEqual([])
    expect(gone.store.copy.ofKind('item').length).toBeGreaterThan(0)
  })

  it('ends when it is revoked; what is captured is handed over all the same', async () => {
    const gone = await Phone.enrolled(server.url, server.account('w6'))
    await gone.sync()
    await server.revoke(gone.identity.device, 'lock')
    await gone.capture('锁定之后')
    await gone.sync()
    expect(gone.states()).toEqual(['held'])
    await gone.capture('锁定之后又一条')
    await gone.sync()
    expect(gone.states()).toEqual(['held', 'held'])
  })

  it('is to be removed by order, also where nothing can be handed over before', async () => {
    const wiped = await Phone.enrolled(server.url, server.account('w6'))
    await wiped.sync()
    await wiped.capture('清除之前')
    await server.revoke(wiped.identity.device, 'wipe')
    wiped.fault = (path, go) => (path === '/push' ? Promise.reject(new TypeError('no line')) : go())
    expect((await wiped.sync()).orders).toBe('wipe')
    expect(wiped.store.outbox.waitingCount()).toBe(1)
    expect(await wiped.standing()).toMatchObject({ orders: 'wipe', unsent: { operations: 1, counter: 1 } })
    wiped.fault = (_, go) => go()
    expect((await wiped.sync()).orders).toBe('wipe')
    expect(wiped.store.outbox.waitingCount()).toBe(0)
    expect(await wiped.standing()).toMatchObject({ orders: 'wipe', unsent: { operations: 0, counter: 2 } })
  })

  it('follows the grids that its worker gains and loses, missing nothing of those it has', async () => {
    const worker = await Phone.enrolled(server.url, server.account('w3'))
    const second = await Phone.enrolled(server.url, server.account('w3'))
    const other = await Phone.enrolled(server.url, server.account('w4'))
    await Promise.all([worker.sync(), second.sync()])
    const inGrid = (grid: string): number =>
      worker.store.copy.ofKind('household').filter((one) => one.grid === grid).length
    const [kept, gained] = [worker.grids[0] ?? '', other.grids[0] ?? '']
    expect(inGrid(gained)).toBe(0)
    const before = inGrid(kept)
    // something new in a grid that is kept, which this phone has not heard of when its scope grows
    await second.capture('', { kind: 'household', fields: { name: '新来户', address: '9号', grid: kept } })
    await second.sync()
    const assignment = await server.assign(worker.village, worker.identity.worker.id, gained)
    // the segments may be made anew after that: the list's cursor is then ahead of this phone's
    const { cursor } = feedOf(second.store.values, second.village, second.identity.epoch)
    worker.fault = telling((path) => path === '/segments', { cursor, hashes: null })
    const grown = await worker.sync()
    worker.fault = (_, go) => go()
    expect(worker.grids).toContain(gained)
    expect(grown.diverged).toEqual([])
    expect(inGrid(kept)).toBe(before + 1)
    expect(inGrid(gained)).toBeGreaterThan(10)
    await server.endAssignment(worker.village, assignment)
    await worker.capture('仍要上报')
    expect((await worker.sync()).diverged).toEqual([])
    expect(inGrid(gained)).toBe(0)
    expect(inGrid(kept)).toBe(before + 1)
    expect(worker.states()).toEqual(['applied'])
  })

  it('is put right where a part differs, once a day', async () => {
    const worker = await Phone.enrolled(server.url, server.account('w4'))
    await worker.sync()
    const [lost] = worker.store.copy.ofKind('household')
    await worker.store.write((edit) => edit.copy.changed.set(lost?.id ?? '', undefined))
    const report = await worker.sync()
    expect(report.diverged.map((one) => [one.repaired, one.records])).toEqual([[true, [lost?.id]]])
    expect(worker.store.copy.get(lost?.id ?? '')).toEqual(lost)
  })
})

describe('a forgotten PIN', () => {
  it('is answered with the data key, to its worker alone and without a token', async () => {
    const sealed = await sealedKey(phone.store.database)
    if (sealed === null) throw new Error('nothing is sealed')
    const key = await dataKeyByAccount(phone.transport, server.account('w1'), sealed)
    expect(key).toEqual(phone.store.vault.dataKey())
    const refused = dataKeyByAccount(phone.transport, server.account('w2'), sealed)
    await expect(refused).rejects.toThrow(CallRefused)
    const wrong = { ...server.account('w1'), password: '不对' }
    await expect(dataKeyByAccount(phone.transport, wrong, sealed)).rejects.toMatchObject({
      code: 'wrong-password',
      zh: expect.stringContaining('密码') as string,
    })
  })
})
