/** What one altered row may take with it, and what it may not. */
import { beforeEach, expect, it } from 'vitest'
import type { Key, StoreName } from '@/engine/device/database'
import { DraftStore } from '@/engine/device/drafts'
import { feedOf, keepFeed } from '@/engine/device/feed'
import { DeviceHistory } from '@/engine/device/history'
import type { Store } from '@/engine/device/store'
import { StoreDamaged } from '@/engine/errors'
import { HOME, openCore, over } from './open_core'
import { capture, freshDisk, GRID, household, id, openStore, reopened, SCOPE, VILLAGE } from './phone'

beforeEach(freshDisk)

/** Turn one bit of a row over, as a worn disk does. */
async function altered(store: Store, name: StoreName, key?: Key): Promise<void> {
  const rows = await store.database.all(name)
  const [at, value] = rows.find(([one]) => key === undefined || one === key) ?? ['', undefined]
  const sealed = value instanceof Uint8Array ? value : (value as { sealed: Uint8Array }).sealed
  sealed[sealed.length - 1] = (sealed[sealed.length - 1] ?? 0) ^ 1
  await store.database.transact([{ store: name, key: at, value }])
}

/** Four operations, the first three of them settled history. */
async function withHistory(): Promise<Store> {
  const store = await openStore()
  for (let at = 0; at < 4; at += 1) await capture(store, {}, 1000)
  await store.write((edit) => {
    edit.outbox.acknowledge(3, 5000)
    edit.outbox.takeOutcomes(
      [1, 2, 3].map((counter) => ({ counter, outcome: 'applied', revision: 1 })),
      1,
    )
    edit.outbox.liftPulled(VILLAGE)
  })
  return store
}

it('leaves one row of the settled history out, tells how many, and goes on handing over', async () => {
  const store = await withHistory()
  const digest = store.outbox.digestAt(3)
  await altered(store, 'outbox', 3)
  const again = await reopened(store)
  expect(again.outbox.entries().map((entry) => entry.counter)).toEqual([1, 2, 4])
  expect([...again.outbox.unreadable]).toEqual([3])
  expect(again.outbox.digestAt(3)).toBe(digest)
  expect(again.outbox.waiting().map((entry) => entry.counter)).toEqual([4])
  await capture(again)
  expect(again.outbox.chain().counter).toBe(5)
})

it('takes such a row away with what is forgotten, and with what goes on under a new identity', async () => {
  const store = await withHistory()
  await altered(store, 'outbox', 2)
  const wiped = await reopened(store)
  await wiped.write((edit) => edit.outbox.wipeAcknowledged())
  expect(await wiped.database.keys('outbox')).toEqual([4])
  expect(wiped.outbox.unreadable.size).toBe(0)

  freshDisk()
  const other = await withHistory()
  await altered(other, 'outbox', 4 - 1)
  const renewed = await reopened(other)
  expect(await renewed.write((edit) => edit.outbox.rewrite('another-device'))).toBe(3)
  expect(await renewed.database.keys('outbox')).toEqual([1, 2, 3])
  expect((await reopened(renewed)).outbox.unreadable.size).toBe(0)
})

it('fetches the copy again where a block of it was altered, and keeps what was captured', async () => {
  const store = await openStore()
  await store.write((edit) => {
    edit.copy.applyEntries(VILLAGE, [household(1)], SCOPE)
    keepFeed(edit.values, VILLAGE, { epoch: 'e', cursor: 'e.1', parts: [GRID], hashes: {} })
    edit.values.set('ready', true)
  })
  await store.write((edit) => edit.copy.applyEntries(VILLAGE, [household(2)], SCOPE))
  await capture(store)
  await altered(store, 'blocks')
  let again = await reopened(store)
  expect(again.copy.size).toBe(0)
  expect(feedOf(again.values, VILLAGE, 'e').cursor).toBe('')
  expect(again.values.get('ready')).toBeUndefined()
  expect(again.outbox.waitingCount()).toBe(1)
  await again.write((edit) => edit.copy.applyEntries(VILLAGE, [household(7)], SCOPE))
  again = await reopened(again)
  expect([...again.copy.all()].map(([one]) => one)).toEqual([id(7)])
})

it('opens without a value that cannot be read, and goes on with what was captured', async () => {
  const store = await withHistory()
  await store.write((edit) => edit.values.set('synced_ms', 7))
  await altered(store, 'sealed', 'synced_ms')
  const again = await reopened(store)
  expect(again.values.get('synced_ms')).toBeUndefined()
  expect(again.outbox.waiting().map((entry) => entry.counter)).toEqual([4])
  await again.write((edit) => edit.values.set('synced_ms', 9))
  expect((await reopened(again)).values.get('synced_ms')).toBe(9)
})

it('tells where its chain stands by the operations themselves, where that value cannot be read', async () => {
  const store = await withHistory()
  const chain = store.outbox.chain()
  await altered(store, 'sealed', 'chain')
  const again = await reopened(store)
  expect(again.outbox.chain()).toEqual(chain)
  expect((await capture(again)).counter).toBe(5)
})

it('is not opened where the end of the chain is lost with it: another operation would take its place', async () => {
  const store = await withHistory()
  await store.write((edit) => edit.outbox.acknowledge(4, 5000))
  await store.write((edit) => {
    edit.outbox.takeOutcomes([{ counter: 4, outcome: 'applied', revision: 1 }], 2)
    edit.outbox.liftPulled(VILLAGE)
  })
  await altered(store, 'sealed', 'chain')
  await altered(store, 'outbox', 4)
  await expect(reopened(store)).rejects.toThrow(StoreDamaged)
})

it('keeps a draft that cannot be read from none of the others', async () => {
  const store = await openStore()
  const drafts = await DraftStore.open(store.database, store.vault, () => undefined)
  await drafts.keep('a', 1)
  await drafts.keep('b', 2)
  await altered(store, 'drafts')
  const again = await DraftStore.open(store.database, store.vault, () => undefined)
  expect([again.get('a'), again.get('b')].filter((one) => one !== undefined)).toHaveLength(1)
  expect(again.unreadable).toBe(1)
  expect(await store.database.keys('drafts')).toHaveLength(2)
})

it('shows everything but an entry that is no operation, and tells that it is there', async () => {
  const { core, store } = await openCore()
  await core.change('household', HOME, { note: '门铃坏了' })
  await store.write((edit) => {
    const chain = edit.outbox.chain()
    const exact = '{"not":"an operation"}'
    const operation = { ...place(), counter: chain.counter + 1, previous: chain.digest }
    edit.outbox.append(exact, operation, 1000)
  })
  const again = await over(await reopened(store))
  expect(again.view.get(HOME)?.values.note).toBe('门铃坏了')
  await again.core.change('household', HOME, { phone: '13900000000' })
  expect(again.view.get(HOME)?.values).toMatchObject({ note: '门铃坏了', phone: '13900000000' })
  const told = new DeviceHistory(again.core, again.store).waiting()
  expect(told.map((entry) => entry.title.zh)).toContain('内容读不出的一条记录')
  expect(again.store.outbox.waiting()[1]?.exact).toBe('{"not":"an operation"}')
})

it('keeps what was captured kept where somebody who hears of it fails', async () => {
  const store = await openStore()
  const heard: number[] = []
  const odd = new RangeError('a screen that fails')
  store.onChange(() => {
    throw odd
  })
  store.onChange(() => heard.push(1))
  const before = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  const told = new Promise((resolve) => process.once('unhandledRejection', resolve))
  try {
    await expect(capture(store)).resolves.toMatchObject({ counter: 1 })
    expect(await told).toBe(odd)
  } finally {
    for (const listener of before) process.on('unhandledRejection', listener)
  }
  expect(heard).toEqual([1])
})

function place() {
  return {
    id: id(0xdead),
    format: 1,
    clock: '2026-11-23T08:12:03.123Z/0002',
    offset_ms: 0,
    kind: 'household',
    record: HOME,
    village: VILLAGE,
    action: 'change',
  }
}
