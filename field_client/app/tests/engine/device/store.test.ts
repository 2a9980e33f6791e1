import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Database } from '@/engine/device/database'
import { keepFeed, feedOf } from '@/engine/device/feed'
import { ElsewhereOpen, Locked, StorageFull, StoreDamaged } from '@/engine/errors'
import {
  asDumped,
  capture,
  freshDisk,
  GRID,
  household,
  id,
  IDENTITY,
  openStore,
  rawDump,
  reopened,
  SCOPE,
  VILLAGE,
} from './phone'

beforeEach(freshDisk)

describe('a write', () => {
  it('is on the disk when its promise is fulfilled, all of it', async () => {
    const store = await openStore()
    await store.write((edit) => {
      edit.copy.applyEntries(VILLAGE, [household(1), household(2)], SCOPE)
      keepFeed(edit.values, VILLAGE, { epoch: 'e', cursor: 'e.2', parts: [GRID], hashes: {} })
    })
    await capture(store)
    const again = await reopened(store)
    expect(again.copy.get(id(2))?.values.name).toBe('户2')
    expect(feedOf(again.values, VILLAGE, 'e').cursor).toBe('e.2')
    expect(again.outbox.waiting().map((entry) => entry.counter)).toEqual([1])
    expect(again.outbox.chain()).toEqual(store.outbox.chain())
  })

  it('changes nothing where its transaction is aborted', async () => {
    const store = await openStore()
    await capture(store)
    const cannotBeStored = (): void => undefined
    const failed = store.write((edit) => {
      edit.copy.applyEntries(VILLAGE, [household(1)], SCOPE)
      edit.values.set('clock', '2026-11-23T08:12:03.123Z/0002')
      edit.outbox.acknowledge(1, 5)
      edit.beside.push({ store: 'meta', key: 'x', value: cannotBeStored })
    })
    await expect(failed).rejects.toThrow(StoreDamaged)
    for (const one of [store, await reopened(store)]) {
      expect(one.copy.size).toBe(0)
      expect(one.values.get('clock')).toBeUndefined()
      expect(one.outbox.waitingCount()).toBe(1)
    }
  })

  it('changes nothing where what stages it throws, and the next one goes on', async () => {
    const store = await openStore()
    const failed = store.write((edit) => {
      edit.copy.applyEntries(VILLAGE, [household(1)], SCOPE)
      throw new RangeError('no')
    })
    await expect(failed).rejects.toThrow(RangeError)
    await capture(store)
    expect(store.copy.size).toBe(0)
    expect(store.outbox.chain().counter).toBe(1)
  })

  it('comes after the one before it, so that two captures at once take two places in the chain', async () => {
    const store = await openStore()
    await Promise.all([capture(store), capture(store), capture(store)])
    const [one, two, three] = store.outbox.entries()
    expect([one?.counter, two?.counter, three?.counter]).toEqual([1, 2, 3])
    expect(three && JSON.parse(three.exact)).toMatchObject({ previous: two?.digest })
  })

  it('tells a full disk in words, and keeps what was there', async () => {
    const store = await openStore()
    await capture(store)
    const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError')
    })
    await expect(capture(store)).rejects.toThrow(StorageFull)
    full.mockRestore()
    await capture(store)
    expect((await reopened(store)).outbox.chain().counter).toBe(2)
  })

  it('is refused after the store was closed', async () => {
    const store = await openStore()
    store.close()
    await expect(capture(store)).rejects.toThrow(Locked)
  })
})

describe('another tab', () => {
  it('that takes the database over ends the writing of this one in the same transaction', async () => {
    const store = await openStore()
    await capture(store)
    const other = await openStore(store.vault.dataKey(), 'other-tab')
    await expect(capture(store)).rejects.toThrow(ElsewhereOpen)
    await capture(other)
    expect(other.outbox.chain().counter).toBe(2)
    expect(store.outbox.chain().counter).toBe(1)
  })

  it('that deletes or upgrades the database makes this one let go of it', async () => {
    let lost = 0
    const database = await Database.open('this-tab', () => (lost += 1))
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase('allpost')
      request.onsuccess = resolve
      request.onerror = reject
    })
    expect(lost).toBe(1)
    await expect(database.get('meta', 'x')).rejects.toThrow(ElsewhereOpen)
  })
})

describe('what is on the disk', () => {
  it('shows no name, phone or number of a resident', async () => {
    const store = await openStore()
    const secret = { name: '金敭', phone: '13912345678', identity_number: '330481199001011234' }
    await store.write((edit) => {
      edit.copy.applyEntries(
        VILLAGE,
        [household(1, { kind: 'resident', values: { ...secret, household: id(2) } })],
        SCOPE,
      )
    })
    await capture(store, { fields: secret })
    const dump = await rawDump(store.database)
    for (const text of Object.values(secret)) expect(dump).not.toContain(asDumped(text))
    expect(dump).toContain('this-tab')
  })

  it.each(['sealed', 'outbox'] as const)(
    'is refused where what it cannot be without was altered: %s',
    async (name) => {
      const store = await openStore()
      await store.write((edit) => {
        edit.copy.applyEntries(VILLAGE, [household(1)], SCOPE)
        edit.values.set('identity', IDENTITY)
      })
      await capture(store)
      const rows = await store.database.all(name)
      const [key, value] = rows.find(([one]) => one === 'identity') ?? rows[0] ?? []
      const sealed = value instanceof Uint8Array ? value : (value as { sealed: Uint8Array }).sealed
      sealed[sealed.length - 1] = (sealed[sealed.length - 1] ?? 0) ^ 1
      await store.database.transact([{ store: name, key: key ?? '', value }])
      await expect(reopened(store)).rejects.toThrow(StoreDamaged)
    },
  )

  it('is not read where two sealed values were exchanged', async () => {
    const store = await openStore()
    await store.write((edit) => {
      edit.values.set('clock', '2026-11-23T08:12:03.123Z/0002')
      edit.values.set('orders', 'none')
      edit.values.set('synced_ms', 5)
    })
    const [clock, orders] = await Promise.all([
      store.database.get('sealed', 'clock'),
      store.database.get('sealed', 'orders'),
    ])
    await store.database.transact([
      { store: 'sealed', key: 'clock', value: orders },
      { store: 'sealed', key: 'orders', value: clock },
    ])
    const again = await reopened(store)
    expect([again.values.get('clock'), again.values.get('synced_ms')]).toEqual([undefined, 5])
  })

  it('cannot be read with another data key', async () => {
    const store = await openStore()
    await capture(store)
    store.database.close()
    await expect(openStore()).rejects.toThrow(StoreDamaged)
  })
})

describe('blocks of the copy', () => {
  it('are joined when they are many, and read as they were', async () => {
    const store = await openStore()
    for (let at = 1; at <= 60; at += 1) {
      await store.write((edit) => {
        edit.copy.applyEntries(VILLAGE, [household(at)], SCOPE)
        if (at % 3 === 0) {
          edit.copy.applyEntries(
            VILLAGE,
            [
              { id: id(at - 1), version: 1000 + at, gone: true },
              household(1, { version: 1000 + at, values: { name: `新${at}` } }),
            ],
            SCOPE,
          )
        }
      })
    }
    const before = new Map(store.copy.all())
    await store.compact()
    expect((await store.database.keys('blocks')).length).toBe(1)
    const again = await reopened(store)
    expect(new Map(again.copy.all())).toEqual(before)
    expect(again.copy.get(id(1))?.values.name).toBe('新60')
    expect(again.copy.get(id(2))).toBeUndefined()
  })

  it('that are removed and come back are there after joining', async () => {
    const store = await openStore()
    await store.write((edit) => edit.copy.storeRecords(manyHouseholds(1, 500), SCOPE))
    await store.write((edit) => edit.copy.dropHome(VILLAGE))
    for (let at = 1; at <= 50; at += 1)
      await store.write((edit) => edit.copy.storeRecords([household(at, { version: 900 + at })], SCOPE))
    await store.compact()
    const again = await reopened(store)
    expect(again.copy.size).toBe(50)
    expect(again.copy.held(id(7))?.version).toBe(907)
  })

  it('drop dead weight when it outweighs what lives', async () => {
    const store = await openStore()
    for (let round = 0; round < 8; round += 1)
      await store.write((edit) =>
        edit.copy.storeRecords(
          manyHouseholds(1, 500).map((one) => ({ ...one, version: one.version + round * 1000 })),
          SCOPE,
        ),
      )
    await store.compact()
    expect((await store.database.keys('blocks')).length).toBe(1)
    expect((await reopened(store)).copy.held(id(3))?.version).toBe(7003)
  })
})

it('reads a village of twelve thousand records as they were kept', async () => {
  const store = await openStore()
  const records = manyHouseholds(1, 12_000).map((one) => ({
    ...one,
    values: { ...one.values, address: '许村镇科同村1组' },
    clocks: { name: one.created, address: one.created },
  }))
  await store.write((edit) => edit.copy.storeRecords(records, SCOPE))
  const dataKey = store.vault.dataKey()
  store.database.close()
  const again = await openStore(dataKey)
  expect(again.copy.size).toBe(12_000)
  expect(again.copy.held(id(11_999))).toEqual(store.copy.held(id(11_999)))
})

function manyHouseholds(from: number, count: number): ReturnType<typeof household>[] {
  return Array.from({ length: count }, (_, at) => household(from + at))
}
