import { beforeEach, describe, expect, it } from 'vitest'
import { View } from '@/engine/device/view'
import { COLLEAGUE, HEAD, HOME, NOW_MS, openCore, sent } from './open_core'
import { freshDisk, GRID, household, id, OTHER_GRID, reopened, SCOPE, VILLAGE, WORKER } from './phone'

beforeEach(freshDisk)

const AT = '2026-11-23T16:00:00+08:00'
const VISIT = { worker: WORKER, grid: GRID, household: HOME, outcome: 'met', started_at: AT }

describe('what is shown', () => {
  it('is the copy with what was captured laid over it, in every list', async () => {
    const { core, view } = await openCore()
    expect(view.ofKind('visit')).toEqual([])
    expect(view.children(HOME, 'visit')).toEqual([])
    const { record } = await core.create('visit', VILLAGE, VISIT)
    await core.change('household', HOME, { phone: '13900000000' })
    expect(view.ofKind('visit').map((one) => one.id)).toEqual([record])
    expect(view.children(HOME, 'visit').map((one) => one.id)).toEqual([record])
    expect(view.ofKind('household').map((one) => one.values.phone)).toEqual(['13900000000'])
    expect(view.get(HOME)?.revision).toBe(2)
    expect([view.waits(HOME), view.waits(HEAD)]).toEqual([true, false])
    await core.void('visit', record, '记错了')
    expect([view.ofKind('visit'), view.children(HOME, 'visit')]).toEqual([[], []])
    expect(view.ofKind('visit', true)).toHaveLength(1)
  })

  it('follows what a pull brings, under what waits', async () => {
    const { core, view, store } = await openCore()
    await core.change('household', HOME, { phone: '13900000000' })
    const theirs = household(20, {
      id: HOME,
      revision: 2,
      values: { name: '沈建国', address: '1号', grid: GRID, note: '门铃坏了' },
    })
    await store.write((edit) => edit.copy.applyEntries(VILLAGE, [theirs], SCOPE))
    expect(view.get(HOME)?.values).toMatchObject({ phone: '13900000000', note: '门铃坏了' })
    await store.write((edit) =>
      edit.copy.applyEntries(
        VILLAGE,
        [sent('resident', 30, { household: HOME, name: '沈小明' }, { grid: GRID })],
        SCOPE,
      ),
    )
    expect(view.children(HOME, 'resident').map((one) => one.values.name)).toEqual(['沈建国', '沈小明'])
  })

  it('is the copy alone once an operation is lifted', async () => {
    const { core, view, store } = await openCore()
    await core.change('household', HOME, { phone: '13900000000' })
    await core.change('household', HOME, { note: '在本机' })
    await store.write((edit) => {
      edit.outbox.acknowledge(1, NOW_MS)
      edit.outbox.takeOutcomes([{ counter: 1, outcome: 'applied', revision: 2 }], 1)
      edit.outbox.liftPulled(VILLAGE)
    })
    expect(view.get(HOME)?.values).not.toHaveProperty('phone')
    expect(view.get(HOME)?.values.note).toBe('在本机')
  })

  it('grows its version with each change, and only with one', async () => {
    const { core, view, store } = await openCore()
    const before = view.version
    await store.write((edit) => edit.values.set('last_contact_ms', 1))
    expect(view.version).toBe(before)
    await core.create('visit', VILLAGE, VISIT)
    expect(view.version).toBe(before + 1)
  })

  it('gives lists of its own', async () => {
    const { view } = await openCore()
    view.ofKind('rota').reverse().pop()
    expect(view.ofKind('rota')).toHaveLength(2)
  })

  it('is the same however it was come to: step by step, or all at once after opening', async () => {
    const { core, view, store } = await openCore()
    const home = core.newId()
    await core.create('household', VILLAGE, { name: '金敭', address: '2号', grid: GRID }, home)
    await core.create('resident', VILLAGE, { household: home, name: '金敭' })
    await core.create('task', VILLAGE, { title: '送材料', holder: WORKER, household: home })
    await core.change('resident', HEAD, { household: home })
    await core.change('household', home, { grid: OTHER_GRID })
    const anew = new View(await reopened(store), () => NOW_MS)
    for (const kind of ['household', 'resident', 'task']) expect(anew.ofKind(kind)).toEqual(view.ofKind(kind))
    expect(view.children(home, 'resident').map((one) => one.grid)).toEqual([OTHER_GRID, OTHER_GRID])
    expect(view.children(home, 'task').map((one) => one.grid)).toEqual([OTHER_GRID])
    expect(view.children(HOME, 'resident')).toEqual([])
  })

  it('holds a whole village and what is captured in it', async () => {
    const { core, view, store } = await openCore()
    await store.write((edit) => {
      const homes = Array.from({ length: 2000 }, (_, at) => household(1000 + at))
      const people = Array.from({ length: 5500 }, (_, at) =>
        sent('resident', 5000 + at, { household: id(1000 + (at % 2000)), name: '人' }, { grid: GRID }),
      )
      edit.copy.applyEntries(VILLAGE, [...homes, ...people], SCOPE)
    })
    await core.create('visit', VILLAGE, VISIT)
    expect(view.children(id(1001), 'resident')).toHaveLength(3)
    expect(view.ofKind('resident')).toHaveLength(5501)
  })
})

describe('what is known of the village', () => {
  it('reads catalogue, names and duty', async () => {
    const { view } = await openCore()
    expect(view.catalogue.items.map((one) => one.name)).toEqual(['高龄津贴'])
    expect(view.villageName(VILLAGE)).toBe('红星村')
    expect([view.gridName(GRID), view.gridName(OTHER_GRID), view.gridName('x')]).toEqual([
      '第一网格',
      '第二网格',
      'x',
    ])
    expect(view.colleagues()).toEqual([{ id: COLLEAGUE, name: '李四', role: 'worker' }])
    expect([view.workerName(WORKER), view.workerName(COLLEAGUE), view.workerName('0123456789')]).toEqual([
      '张三',
      '李四',
      '01234567',
    ])
    expect(view.scope).toEqual([{ village: VILLAGE, grids: [GRID] }])
    expect(view.duty('2026-11-23')).toBe('grid')
    expect(view.duty('2026-11-24')).toBe('window')
    expect(view.duty('2026-11-22')).toBe('day_off')
    expect([view.duty('2026-11-23', COLLEAGUE), view.duty('2026-11-24', COLLEAGUE)]).toEqual([
      'window',
      'leave',
    ])
  })

  it('is made anew when a pull changes it, and keeps its forms where it does not', async () => {
    const { view, store } = await openCore()
    const form = view.catalogue.form('plain')
    await store.write((edit) => edit.copy.applyEntries(VILLAGE, [household(40)], SCOPE))
    expect(view.catalogue.form('plain')).toBe(form)
    const rota = sent('rota', 41, { day: '2026-11-23', window: [WORKER] }, { id: id(7), revision: 2 })
    await store.write((edit) => edit.copy.applyEntries(VILLAGE, [rota], SCOPE))
    expect(view.duty('2026-11-23')).toBe('window')
  })

  it('tells demonstration data', async () => {
    const { view, store } = await openCore()
    expect(view.demonstration).toBe(false)
    const location = { latitude: '30.5', longitude: '120.6', system: 'WGS-84', source: 'demonstration' }
    await store.write((edit) =>
      edit.copy.applyEntries(
        VILLAGE,
        [household(42, { values: { name: '演', grid: GRID, location } })],
        SCOPE,
      ),
    )
    expect(view.demonstration).toBe(true)
  })
})
