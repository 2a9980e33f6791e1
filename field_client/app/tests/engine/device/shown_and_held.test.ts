/** What a phone shows before it hands over is what the server holds afterwards, with a real server. */
import 'fake-indexeddb/auto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { DeviceHistory } from '@/engine/device/history'
import type { Times } from '@/engine/device/times'
import type { FieldRecord } from '@/engine/sync/record'
import { DemoServer } from '../exchange/demo_server'
import { Phone } from '../exchange/phone'
import { whole } from '../sync/whole'
import { over, type OpenCore } from './open_core'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 })

let server: DemoServer
let phone: Phone
let open: OpenCore<Times>

beforeAll(async () => {
  server = await DemoServer.start()
  phone = await Phone.enrolled(server.url, server.account('w1'))
  await phone.sync()
  open = await over(phone.store, phone.times)
})

afterAll(async () => {
  await server.stop()
})

/** A record without what only the server can say of it. */
function shown(record: FieldRecord | undefined): FieldRecord | undefined {
  return record && { ...whole(record), received_ms: 0 }
}

describe('a day of captures', () => {
  it('looks the same before and after it was handed over', async () => {
    const { core, view } = open
    const me = core.identity.worker.id
    const village = core.village()
    const grid = view.scope[0]?.grids[0] ?? ''
    const said = core.said()
    const home = view.ofKind('household').find((one) => one.grid === grid)
    if (home === undefined) throw new Error('the demonstration village has no household in this grid')
    const item = view.catalogue.itemsInForce(core.today()).find((one) => one.mode === 'proxy')
    const captured: string[] = []
    const kept = async (work: Promise<{ record: string }>): Promise<string> => {
      const { record } = await work
      captured.push(record)
      return record
    }
    const made = core.newId()
    await kept(core.create('household', village, { name: '敭', address: '99号', grid }, made))
    const child = await kept(core.create('resident', village, { household: made, name: '敭小明' }))
    await kept(core.change('resident', child, { phone: '13800000000', note: '长'.repeat(200) }))
    await kept(core.change('household', home.id, { tags: { add: ['独居'] }, note: '门铃坏了' }))
    const round = await kept(core.create('round', village, { worker: me, grid, started_at: said }))
    const seen = { worker: me, grid, household: home.id, round, outcome: 'not_home', started_at: said }
    const visit = await kept(core.create('visit', village, seen))
    await kept(core.change('visit', visit, { note: '下午再来', purposes: ['regular'] }))
    await kept(core.change('round', round, { finished_at: core.said() }))
    const task = await kept(core.create('task', village, { title: '再访', holder: me, household: home.id }))
    await kept(core.change('task', task, { state: 'done' }))
    const asked = {
      item: item?.key ?? '',
      item_version: item?.version ?? 0,
      state: 'entrusted',
      captured_at: said,
      applicant_name: '敭',
      household: made,
      holder: me,
      first_contact: me,
    }
    const matter = await kept(core.create('case', village, asked))
    await kept(core.change('case', matter, { state: 'received', received_at: said }))
    await kept(core.void('visit', visit, '记错了'))
    const before = new Map(captured.map((record) => [record, shown(view.get(record))]))

    const report = await phone.sync()

    const history = new DeviceHistory(core, phone.store)
    const ends = (await history.all()).map((one) => [one.title.zh, one.state, one.problems])
    expect(ends.filter(([, state]) => state !== 'applied')).toEqual([])
    expect(report).toBeDefined()
    for (const record of before.keys()) {
      expect(phone.store.outbox.entries().some((entry) => entry.laid && entry.record === record)).toBe(false)
      expect(shown(view.get(record))).toEqual(before.get(record))
    }
    expect(before.size).toBe(7)
  })

  it('knows its colleagues by the accounts to whom a case can be given', () => {
    const { core, view } = open
    const colleagues = view.colleagues()
    expect(colleagues.length).toBeGreaterThan(1)
    expect(colleagues.map((one) => one.id)).not.toContain(core.identity.worker.id)
    expect(view.workerName(colleagues[0]?.id ?? '')).toBe(colleagues[0]?.name)
    expect(view.demonstration).toBe(true)
  })
})
