/** The lease in working days, and what a phone whose reading has ended has in memory. */
import { beforeEach, describe, expect, it } from 'vitest'
import calendarData from '@/engine/data/calendar.json'
import { isPlainBlock } from '@/engine/device/copy_blocks'
import { Database } from '@/engine/device/database'
import { latestKnownMs, readingOf } from '@/engine/device/reading'
import { Store } from '@/engine/device/store'
import type { Kept, ValuesReader } from '@/engine/device/values'
import { newDataKey, Vault } from '@/engine/device/vault'
import { View } from '@/engine/device/view'
import { WorkingCalendar } from '@/engine/forms/handling/calendar'
import { capture, freshDisk, household, id, rawDump, SCOPE, VILLAGE } from './phone'

beforeEach(freshDisk)
const calendar = new WorkingCalendar(calendarData)

function at(text: string): number {
  return Date.parse(`${text}+08:00`)
}

/** Values of a phone with a lease of three working days. */
function values(more: Partial<Kept> = {}): ValuesReader {
  const kept: Record<string, unknown> = { identity: { limits: { lease_working_days: 3 } }, ...more }
  return { get: (name) => kept[name] as never, names: () => Object.keys(kept) }
}

describe('the lease', () => {
  const contact = { last_contact_ms: at('2026-09-30T17:00') }

  it.each([
    ['2026-09-30T23:59', 0, 3, false, true],
    ['2026-10-07T12:00', 0, 3, false, true],
    ['2026-10-08T09:00', 1, 2, false, true],
    ['2026-10-09T09:00', 2, 1, true, true],
    // a Saturday that is worked, to make up for the holiday
    ['2026-10-10T09:00', 3, 0, true, true],
    ['2026-10-11T09:00', 3, 0, true, true],
    ['2026-10-12T00:01', 4, -1, false, false],
  ])('over the long holiday of October: %s', (now, days, left, warns, allowed) => {
    const reading = readingOf(values(contact), calendar, at(now))
    expect(reading.lease).toMatchObject({ days, left, max: 3, tentative: false })
    expect([reading.warns, reading.allowed]).toEqual([warns, allowed])
    expect(reading.why).toBe(allowed ? null : 'lease')
  })

  it('is not made longer by a clock that is set back', () => {
    const over = at('2026-10-13T09:00')
    const back = at('2026-10-01T09:00')
    for (const known of [
      { latest_ms: over },
      { clock: `${new Date(over).toISOString()}/0000` },
      { latest_ms: back, clock: `${new Date(over).toISOString()}/0001` },
    ]) {
      expect(readingOf(values({ ...contact, ...known }), calendar, back).allowed).toBe(false)
      expect(latestKnownMs(values(known), back)).toBe(over)
    }
    expect(readingOf(values({ last_contact_ms: over }), calendar, back)).toMatchObject({
      allowed: true,
      lease: { days: 0 },
    })
  })

  it('says where it was counted across a year whose holidays are not published', () => {
    const last = `${calendarData.last_year}-12-31T09:00`
    const next = `${calendarData.last_year + 1}-01-20T09:00`
    expect(readingOf(values({ last_contact_ms: at(last) }), calendar, at(next)).lease.tentative).toBe(true)
  })

  it('has not begun before the first contact; a lock holds in any case', () => {
    expect(readingOf(values(), calendar, at('2026-10-01T09:00'))).toMatchObject({
      allowed: true,
      warns: false,
    })
    expect(readingOf(values({ orders: 'lock' }), calendar, 0)).toMatchObject({
      allowed: false,
      why: 'locked',
    })
  })
})

describe('where reading has ended', () => {
  const grid = { ...household(7), kind: 'grid', values: { key: `${VILLAGE}001` } }

  /** A phone with two households, a grid, an operation that is handed over and one that waits. */
  async function phone(dataKey = newDataKey()): Promise<{ store: Store; may: { read: boolean } }> {
    const may = { read: true }
    const store = await opened(dataKey, may)
    await store.write((edit) => {
      edit.values.set('scope', SCOPE)
      edit.values.set('identity', identity())
      edit.copy.applyEntries(VILLAGE, [household(1), household(2), grid], SCOPE)
    })
    await capture(store, { record: id(1), fields: { phone: '13800000001' } })
    await store.write((edit) => edit.outbox.acknowledge(1, 1000))
    await capture(store, { record: id(51), action: 'create', seen: {}, fields: { name: '新来的户' } })
    return { store, may }
  }

  async function opened(dataKey: Uint8Array<ArrayBuffer>, may: { read: boolean }): Promise<Store> {
    const database = await Database.open('this-tab', () => undefined)
    const store = await Store.open(database, await Vault.under(dataKey.slice()), undefined, () => may.read)
    await store.complete
    return store
  }

  it('shows what names no resident, and what waits here; again everything afterwards', async () => {
    const { store, may } = await phone()
    const view = new View(store, () => 2000)
    expect(view.get(id(1))?.values.phone).toBe('13800000001')
    may.read = false
    expect(await store.followReading()).toBe(false)
    expect([id(1), id(2)].map((one) => view.get(one))).toEqual([undefined, undefined])
    expect(view.ofKind('household').map((one) => one.values.name)).toEqual(['新来的户'])
    expect(view.ofKind('grid')).toHaveLength(1)
    await capture(store, { record: id(52), action: 'create', seen: {}, fields: { name: '锁着时登记的' } })
    expect(view.ofKind('household')).toHaveLength(2)
    may.read = true
    expect(await store.followReading()).toBe(true)
    expect(view.get(id(1))?.values.phone).toBe('13800000001')
    expect(view.ofKind('household').map((one) => one.values.name)).toContain('户2')
    expect(view.ofKind('household')).toHaveLength(4)
  })

  it('does not decrypt the blocks that name residents when it is opened', async () => {
    const dataKey = newDataKey()
    const { store } = await phone(dataKey)
    store.close()
    store.database.close()
    const vault = await Vault.under(dataKey.slice())
    const read: string[] = []
    const openBytes = vault.openBytes.bind(vault)
    vault.openBytes = (place, sealed) => {
      read.push(place)
      return openBytes(place, sealed)
    }
    const database = await Database.open('this-tab', () => undefined)
    const again = await Store.open(database, vault, undefined, () => false)
    const blocks = await database.keys('blocks')
    expect(blocks.filter((key) => !isPlainBlock(key))).toHaveLength(1)
    expect(read.filter((place) => place.startsWith('blocks:'))).toEqual(
      blocks.filter(isPlainBlock).map((key) => `blocks:${key}`),
    )
    expect(again.copy.counts()).toEqual({ grid: 1 })
  })

  it('keeps a write of what names nobody from hiding what stays closed', async () => {
    const { store, may } = await phone()
    may.read = false
    await store.followReading()
    await store.write((edit) =>
      edit.copy.applyEntries(
        VILLAGE,
        [{ ...grid, version: 9, values: { key: `${VILLAGE}001`, name: '新名' } }],
        SCOPE,
      ),
    )
    await store.compact()
    may.read = true
    await store.followReading()
    expect(store.copy.counts()).toEqual({ grid: 1, household: 2 })
    expect(store.copy.get(id(7))?.values.name).toBe('新名')
  })

  it('drops what left the scope meanwhile as soon as it is read again', async () => {
    const { store, may } = await phone()
    may.read = false
    await store.followReading()
    await store.write((edit) => {
      const scope = { ...SCOPE, number: 2, villages: [] }
      edit.values.set('scope', scope)
      edit.copy.followScope(scope)
    })
    may.read = true
    await store.followReading()
    expect(store.copy.counts().household).toBeUndefined()
    await store.compact()
    expect(await rawDump(store.database)).not.toContain('户1')
  })

  function identity(): Kept['identity'] {
    const key = { id: 'k', key: '' }
    const limits = {
      batch_operations: 1,
      batch_bytes: 1,
      operation_bytes: 1,
      page_records: 1,
      lease_working_days: 3,
    }
    const worker = { id: SCOPE.worker, name: '张三', role: 'worker', division: VILLAGE }
    const of = {
      server: '',
      device: '0192f6c5-0000-7000-8000-00000000d001',
      device_name: '',
      token: '',
      epoch: '',
    }
    return { ...of, worker, limits, signing: key, sealing: key }
  }
})
