import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Draft } from '@/engine/device/core'
import { operationOf } from '@/engine/device/outbox'
import { Refused, StorageFull } from '@/engine/errors'
import { digestOf, firstPrevious } from '@/engine/sync/chain'
import type { Operation } from '@/engine/sync/operation'
import { COLLEAGUE, HOME, NOW_MS, openCore, over, type OpenCore } from './open_core'
import { DEVICE, freshDisk, GRID, household, reopened, SCOPE, VILLAGE, WORKER } from './phone'

beforeEach(freshDisk)

const AT = '2026-11-23T16:00:00+08:00'

function visit(more: Draft['fields'] = {}): Draft {
  const fields = { worker: WORKER, grid: GRID, household: HOME, outcome: 'met', started_at: AT, ...more }
  return { kind: 'visit', village: VILLAGE, action: 'create', fields }
}

function operations({ store }: OpenCore): Operation[] {
  return store.outbox.entries().flatMap((entry) => operationOf(entry) ?? [])
}

async function problemsOf(work: Promise<unknown>): Promise<[pointer: string, code: string][]> {
  const error = await work.then(() => undefined).catch((thrown: unknown) => thrown)
  if (!(error instanceof Refused)) throw new Error('was not refused', { cause: error })
  return error.problems.map((one) => [one.pointer, one.code])
}

describe('a captured operation', () => {
  it('is on the disk and shown when its promise is fulfilled, in its place of the chain', async () => {
    const open = await openCore()
    const [first] = await open.core.capture([visit()])
    const [second] = await open.core.capture([visit({ outcome: 'not_home' })])
    expect(open.view.get(first?.record ?? '')?.values.outcome).toBe('met')
    expect([first?.counter, second?.counter]).toEqual([1, 2])
    const [one, two] = operations(open)
    expect(one?.previous).toBe(firstPrevious(DEVICE))
    expect(two?.previous).toBe(digestOf(open.store.outbox.at(1)?.exact ?? ''))
    const again = await over(await reopened(open.store))
    expect(again.view.get(second?.record ?? '')?.values.outcome).toBe('not_home')
    expect(again.view.waits(second?.record ?? '')).toBe(true)
    expect(again.store.outbox.entries().map((entry) => entry.exact)).toEqual(
      open.store.outbox.entries().map((entry) => entry.exact),
    )
  })

  it('has a clock that never runs back, and the offset that was measured', async () => {
    const open = await openCore()
    await open.core.capture([visit()])
    open.times.wall -= 24 * 3600 * 1000
    await open.core.capture([visit()])
    const again = await over(await reopened(open.store))
    again.times.wall = NOW_MS - 1000
    await again.core.capture([visit()])
    const clocks = operations(again).map((one) => one.clock)
    expect([...clocks].sort()).toEqual(clocks)
    expect(new Set(clocks).size).toBe(3)
    expect(operations(again)[1]?.offset_ms).toBe(-24 * 3600 * 1000)
  })

  it('never shares a counter, however many are captured at once', async () => {
    const open = await openCore()
    const captured = await Promise.all(Array.from({ length: 5 }, () => open.core.capture([visit()])))
    expect(captured.flat().map((one) => one.counter)).toEqual([1, 2, 3, 4, 5])
    expect(new Set(operations(open).map((one) => one.id)).size).toBe(5)
  })

  it('is not shown and not kept where the disk is full, and the next one takes its place', async () => {
    const open = await openCore()
    const version = open.view.version
    vi.spyOn(open.store.database, 'transact').mockRejectedValueOnce(new StorageFull())
    await expect(open.core.capture([visit()])).rejects.toThrow(StorageFull)
    expect([open.view.ofKind('visit'), open.view.version]).toEqual([[], version])
    const [next] = await open.core.capture([visit()])
    expect(next?.counter).toBe(1)
  })
})

describe('what the worker saw', () => {
  it('is told of each field that is changed, and what is not changed is left out', async () => {
    const open = await openCore()
    await open.core.change('household', HOME, { phone: '13900000000', name: '沈建国', note: 'x'.repeat(300) })
    await open.core.change('household', HOME, { phone: '13900000001', note: null })
    const [first, second] = operations(open)
    expect(first?.fields).toEqual({ phone: '13900000000', note: 'x'.repeat(300) })
    expect(first?.seen).toEqual({ phone: null, note: null })
    expect(second?.seen?.phone).toBe('13900000000')
    expect(second?.seen?.note).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(open.view.get(HOME)?.values.note).toBeUndefined()
  })

  it('of a set is what was added and removed', async () => {
    const open = await openCore()
    await open.core.change('household', HOME, { tags: ['独居', '党员'] })
    const [only] = operations(open)
    expect(only?.fields).toEqual({ tags: { add: ['党员', '独居'].sort(), remove: ['老人'] } })
    expect(only?.seen).toEqual({})
  })

  it('of a record that is taken back is its revision', async () => {
    const open = await openCore()
    await open.core.change('household', HOME, { phone: '13900000000' })
    await open.core.void('household', HOME, '重复登记')
    expect(operations(open)[1]).toMatchObject({ action: 'void', reason: '重复登记', seen: { revision: 2 } })
    expect(open.view.ofKind('household')).toEqual([])
    expect(open.view.ofKind('household', true)).toHaveLength(1)
  })
})

describe('several drafts', () => {
  it('see one another', async () => {
    const open = await openCore()
    const home = open.core.newId()
    const captured = await open.core.capture([
      {
        kind: 'household',
        village: VILLAGE,
        action: 'create',
        record: home,
        fields: { name: '金敭', address: '2号', grid: GRID },
      },
      { kind: 'resident', village: VILLAGE, action: 'create', fields: { household: home, name: '金敭' } },
      { kind: 'household', village: VILLAGE, action: 'change', record: home, fields: { name: '金敭敭' } },
    ])
    expect(captured.map((one) => one.counter)).toEqual([1, 2, 3])
    expect(operations(open)[2]?.seen).toEqual({ name: '金敭' })
    expect(open.view.get(home)?.values.name).toBe('金敭敭')
    expect(open.view.children(home, 'resident').map((one) => [one.grid, one.values.name])).toEqual([
      [GRID, '金敭'],
    ])
  })

  it('are kept all, or none with every problem of all', async () => {
    const open = await openCore()
    const found = await problemsOf(
      open.core.capture([
        visit(),
        visit({ outcome: 'asleep', colour: 'red' }),
        { kind: 'task', village: VILLAGE, action: 'create', fields: { holder: WORKER } },
      ]),
    )
    expect(found).toEqual([
      ['/fields/outcome', 'wrong-type'],
      ['/fields/colour', 'unknown-field'],
      ['/fields/title', 'required'],
    ])
    expect([open.store.outbox.entries(), open.view.ofKind('visit')]).toEqual([[], []])
  })
})

describe('what is refused on the doorstep', () => {
  it.each<[string, Draft, [string, string][]]>([
    [
      'nothing at all',
      { ...visit(), action: 'change', kind: 'household', record: HOME, fields: {} },
      [['/fields', 'nothing-changed']],
    ],
    ['a fraction', visit({ note: 1.5 }), [['/fields', 'number-form']]],
    [
      'too much',
      visit({ purposes: Array.from({ length: 2000 }, (_, at) => `${at}`.repeat(10).padEnd(40, 'x')) }),
      [
        ['/fields/purposes', 'too-many'],
        ['', 'operation-too-large'],
      ],
    ],
    ['a grid that nobody knows', visit({ grid: '999' }), [['/fields/grid', 'unknown-grid']]],
    ['a colleague’s visit', visit({ worker: COLLEAGUE }), [['/fields/worker', 'not-its-worker']]],
    ['a visit to nowhere', visit({ household: null }), [['/fields/household', 'required']]],
    [
      'a phone that is none',
      { ...visit(), kind: 'household', fields: { name: 'a', address: 'b', grid: GRID, phone: '1' } },
      [['/fields/phone', 'phone-form']],
    ],
    [
      'a class without its reason',
      { ...visit(), kind: 'household', action: 'change', record: HOME, fields: { visit_class: 'key' } },
      [['/fields/visit_class_reason', 'required']],
    ],
    [
      'an item that is not known',
      {
        ...visit(),
        kind: 'case',
        fields: { item: 'x', item_version: 1, state: 'entrusted', captured_at: AT },
      },
      [['/fields/item', 'unknown-item']],
    ],
    [
      'a case that starts in the middle, for nobody',
      {
        ...visit(),
        kind: 'case',
        fields: {
          item: 'allowance',
          item_version: 1,
          state: 'accepted',
          captured_at: AT,
          holder: WORKER,
          first_contact: WORKER,
        },
      },
      [
        ['/fields/state', 'not-initial-state'],
        ['/fields/applicant_name', 'required'],
      ],
    ],
    ['another village', { ...visit(), village: '330481106999' }, [['/village', 'other-village']]],
    [
      'the rota, which is the lead’s',
      { ...visit(), kind: 'rota', fields: { day: '2026-11-25', window: [WORKER] } },
      [['', 'no-right']],
    ],
    [
      'an item, which the city publishes',
      { ...visit(), kind: 'item', fields: { key: 'a', definition: {} } },
      [['/kind', 'no-right']],
    ],
    ['a conflict made by hand', { ...visit(), kind: 'conflict', fields: {} }, [['/kind', 'no-right']]],
    [
      'taking back without a word',
      { ...visit(), kind: 'household', action: 'void', record: HOME, reason: ' ', fields: {} },
      [['/reason', 'required']],
    ],
  ])('%s', async (_, draft, problems) => {
    const { core } = await openCore()
    expect(await problemsOf(core.capture([draft]))).toEqual(problems)
  })

  it('is told beside what was found before, the same answer once', async () => {
    const { core } = await openCore()
    const given = {
      item: 'allowance',
      item_version: 1,
      state: 'entrusted',
      captured_at: AT,
      holder: WORKER,
      'answers/amount': 'much',
    }
    const said = { pointer: '/answers/amount', code: 'type', message: '…', message_en: '…' }
    const found = await problemsOf(core.create('case', VILLAGE, given, undefined, [said]))
    expect(found).toEqual([
      ['/answers/amount', 'type'],
      ['/fields/applicant_name', 'required'],
    ])
  })

  it('lone surrogates are replaced, not refused', async () => {
    const open = await openCore()
    await open.core.change('household', HOME, { note: 'a\ud83db' })
    expect(open.view.get(HOME)?.values.note).toBe('a�b')
  })

  it('a household that moved meanwhile is a remark', async () => {
    const open = await openCore()
    const moved = household(20, { id: HOME, revision: 2, grid: `${VILLAGE}009` })
    await open.store.write((edit) => edit.copy.applyEntries(VILLAGE, [moved], SCOPE))
    const [captured] = await open.core.capture([visit()])
    expect(captured?.remarks.map((one) => one.code)).toEqual(['record-moved'])
  })
})
