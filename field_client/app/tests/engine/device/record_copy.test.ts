import { beforeEach, describe, expect, it } from 'vitest'
import type { FeedEntry } from '@/engine/device/copy_edit'
import { feedOf, forgetFeeds, keepFeed, trimFeeds } from '@/engine/device/feed'
import type { Store } from '@/engine/device/store'
import type { Scope } from '@/engine/sync/scope'
import { hashText, partHash } from '@/engine/sync/state_hash'
import { freshDisk, GRID, household, id, openStore, OTHER_GRID, SCOPE, VILLAGE, WORKER } from './phone'

const ELSEWHERE = '330481107201'
const BOTH: Scope = {
  number: 2,
  worker: WORKER,
  villages: [
    { village: VILLAGE, grids: [GRID] },
    { village: ELSEWHERE, grids: [`${ELSEWHERE}001`] },
  ],
}
let store: Store

beforeEach(async () => {
  freshDisk()
  store = await openStore()
})

function apply(feed: string, entries: FeedEntry[], scope = SCOPE): Promise<string> {
  return store.write((edit) => edit.copy.applyEntries(feed, entries, scope))
}

const version = (number: number): number | undefined => store.copy.held(id(number))?.version

describe('within one village the version decides', () => {
  it('for records', async () => {
    await apply(VILLAGE, [household(1, { version: 5, revision: 2 })])
    await apply(VILLAGE, [household(1, { version: 4, revision: 9 }), household(1, { version: 5 })])
    expect(version(1)).toBe(5)
    await apply(VILLAGE, [household(1, { version: 6, revision: 1 })])
    expect(version(1)).toBe(6)
  })

  it('for departures, whatever revision they tell', async () => {
    await apply(VILLAGE, [household(1, { version: 5 })])
    await apply(VILLAGE, [{ id: id(1), version: 5, revision: 99, gone: true }])
    expect(version(1)).toBe(5)
    await apply(VILLAGE, [{ id: id(1), version: 6, revision: 1, gone: true }])
    expect(version(1)).toBeUndefined()
  })

  it('within one page as well', async () => {
    await apply(VILLAGE, [
      household(1, { version: 5 }),
      { id: id(1), version: 6, gone: true },
      household(1, { version: 7 }),
      household(1, { version: 3 }),
    ])
    expect(version(1)).toBe(7)
  })
})

describe('across villages the revision decides', () => {
  const moved = household(1, {
    village: ELSEWHERE,
    grid: `${ELSEWHERE}001`,
    version: 2,
    revision: 3,
  })

  it('for a record that moved and is sent in its old feed with a lower version', async () => {
    await apply(VILLAGE, [household(1, { version: 50, revision: 2 })], BOTH)
    await apply(VILLAGE, [moved], BOTH)
    expect(store.copy.held(id(1))).toMatchObject({ version: 2, part: `${ELSEWHERE}001` })
    await apply(VILLAGE, [household(1, { version: 60, revision: 3 })], BOTH)
    expect(store.copy.get(id(1))?.village).toBe(ELSEWHERE)
  })

  it('for the departure from the village that it left', async () => {
    await apply(ELSEWHERE, [moved], BOTH)
    await apply(VILLAGE, [{ id: id(1), version: 70, revision: 3, gone: true }], BOTH)
    expect(version(1)).toBe(2)
    await apply(VILLAGE, [{ id: id(1), version: 71, revision: 4, gone: true }], BOTH)
    expect(version(1)).toBeUndefined()
  })

  it('where a revision is left out it is the first', async () => {
    await apply(ELSEWHERE, [household(1, { village: ELSEWHERE, version: 2 })], BOTH)
    await apply(VILLAGE, [{ id: id(1), version: 9, gone: true }], BOTH)
    expect(version(1)).toBe(2)
  })
})

describe('reading', () => {
  it('finds by kind and by parent, and follows what moves', async () => {
    const resident = (number: number, home: number, at: number): FeedEntry =>
      household(number, { kind: 'resident', version: at, values: { name: '金', household: id(home) } })
    await apply(VILLAGE, [household(1), household(2), resident(11, 1, 11), resident(12, 1, 12)])
    expect(store.copy.counts()).toEqual({ household: 2, resident: 2 })
    expect(store.copy.children(id(1)).map((one) => one.id)).toEqual([id(11), id(12)])
    await apply(VILLAGE, [resident(11, 2, 20), { id: id(12), version: 21, gone: true }])
    expect(store.copy.children(id(1))).toEqual([])
    expect(store.copy.children(id(2)).map((one) => one.id)).toEqual([id(11)])
    expect(store.copy.ofKind('resident')).toHaveLength(1)
  })

  it('keeps what this program does not know as it came', async () => {
    const entry = { ...household(1), kind: 'drone', later: { deep: [1, '走'] } }
    await apply(VILLAGE, [entry])
    expect({ ...store.copy.get(id(1)), version: 1 }).toEqual(entry)
    expect(store.copy.get(id(1))).not.toHaveProperty('version')
  })

  it('tells the highest clock that came', async () => {
    const [high, low] = ['2026-11-24T00:00:00.000Z/0000', '2026-11-21T00:00:00.000Z/0000']
    expect(await apply(VILLAGE, [])).toBe('')
    expect(await apply(VILLAGE, [household(1, { clocks: { name: [low, 'd'], phone: [high, 'd'] } })])).toBe(
      high,
    )
    expect(await apply(VILLAGE, [household(1, { version: 0, created: [high, 'd'] })])).toBe(high)
  })
})

describe('hashes', () => {
  it('by part are those of the records from scratch, before and after changes', async () => {
    const own = household(3, { grid: null, kind: 'task', holder: WORKER })
    const common = household(4, { grid: null, kind: 'rota' })
    await apply(VILLAGE, [household(1), household(2), own, common])
    const expected = (...numbers: number[]): string =>
      hashText(partHash(numbers.map((one) => [id(one), version(one) ?? 0])))
    expect(store.copy.hashes(VILLAGE)).toEqual({
      [GRID]: expected(1, 2),
      own: expected(3),
      common: expected(4),
    })
    await apply(VILLAGE, [household(1, { version: 30 }), { id: id(4), version: 31, gone: true }])
    expect(store.copy.hashes(VILLAGE)).toEqual({ [GRID]: expected(1, 2), own: expected(3) })
    expect(store.copy.hashes('elsewhere')).toEqual({})
  })
})

describe('segments', () => {
  it('never take the place of anything newer, and tell what they name', async () => {
    await apply(VILLAGE, [household(1, { version: 9 })])
    const stored = await store.write((edit) => edit.copy.storeRecords([household(1), household(2)], SCOPE))
    expect(version(1)).toBe(9)
    expect([...stored.named]).toEqual([id(1), id(2)])
  })

  it('drop what had left their part before them, and nothing newer', async () => {
    await apply(VILLAGE, [household(1), household(2), household(3)])
    const left = await store.write((edit) => edit.copy.dropDeparted(VILLAGE, GRID, 2, new Set([id(1)])))
    expect(left).toEqual([id(2)])
    expect(store.copy.size).toBe(2)
  })
})

describe('another scope', () => {
  const inGrid = (number: number, grid: string | null, more = {}): FeedEntry =>
    household(number, { grid, ...more })
  const both: Scope = {
    ...SCOPE,
    villages: [{ village: VILLAGE, grids: [GRID, OTHER_GRID] }],
  }

  beforeEach(async () => {
    await apply(
      VILLAGE,
      [
        inGrid(1, GRID),
        inGrid(2, OTHER_GRID),
        inGrid(3, OTHER_GRID, { kind: 'case', holder: WORKER }),
        inGrid(4, null, { kind: 'rota' }),
        inGrid(5, `${VILLAGE}003`),
      ],
      both,
    )
    await apply('reference', [household(6, { village: 'reference', kind: 'item', grid: null })], both)
  })

  const parts = (): (string | undefined)[] =>
    [1, 2, 3, 4, 5, 6].map((number) => store.copy.held(id(number))?.part)

  it('counts what came along under the part own', () => {
    expect(parts()).toEqual([GRID, OTHER_GRID, OTHER_GRID, 'common', 'own', 'common'])
  })

  it('without a grid drops it, but for what the worker holds', async () => {
    const left = new Promise((told) => store.onChange((changed) => told([...changed.left])))
    await store.write((edit) => edit.copy.followScope(SCOPE))
    expect(await left).toEqual([id(2)])
    expect(parts()).toEqual([GRID, undefined, 'own', 'common', 'own', 'common'])
  })

  it('with a grid more counts there what was own', async () => {
    const wider = { ...SCOPE, villages: [{ village: VILLAGE, grids: [GRID, OTHER_GRID, `${VILLAGE}003`] }] }
    await store.write((edit) => edit.copy.followScope(wider))
    expect(parts()[4]).toBe(`${VILLAGE}003`)
  })

  it('without a village drops all of it, never the reference', async () => {
    await store.write((edit) => edit.copy.followScope({ ...SCOPE, villages: [] }))
    expect(parts()).toEqual([undefined, undefined, undefined, undefined, undefined, 'common'])
  })
})

describe('feeds', () => {
  it('of another epoch start from nothing', async () => {
    await store.write((edit) =>
      keepFeed(edit.values, VILLAGE, { epoch: 'e', cursor: 'c', parts: [GRID], hashes: {} }),
    )
    expect(feedOf(store.values, VILLAGE, 'e').cursor).toBe('c')
    expect(feedOf(store.values, VILLAGE, 'f')).toEqual({ epoch: 'f', cursor: '', parts: [], hashes: {} })
  })

  it('are forgotten where a village is not followed, and trimmed where a grid is not', async () => {
    const feed = { epoch: 'e', cursor: 'c', parts: ['common', 'own', GRID, OTHER_GRID], hashes: {} }
    await store.write((edit) => {
      keepFeed(edit.values, VILLAGE, feed)
      keepFeed(edit.values, ELSEWHERE, feed)
      forgetFeeds(edit.values, [VILLAGE])
      trimFeeds(edit.values, SCOPE)
    })
    expect(feedOf(store.values, VILLAGE, 'e').parts).toEqual(['common', 'own', GRID])
    expect(feedOf(store.values, ELSEWHERE, 'e').cursor).toBe('')
  })
})
