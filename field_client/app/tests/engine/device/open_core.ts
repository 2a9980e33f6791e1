/** A whole casework core upon a phone's disk: a worker with a grid, colleagues, a rota, a small catalogue, a household. */
import { Capture } from '@/engine/device/capture'
import type { SentRecord } from '@/engine/device/copy_edit'
import { correctedNow, DeviceCore } from '@/engine/device/device_core'
import { DraftStore } from '@/engine/device/drafts'
import type { Store } from '@/engine/device/store'
import type { Times } from '@/engine/device/times'
import { View } from '@/engine/device/view'
import { derived } from '@/engine/sync/ids'
import type { Fields } from '@/engine/field_values'
import { DEVICE, GRID, household, id, openStore, OTHER_GRID, SCOPE, VILLAGE, WORKER } from './phone'

/** 2026-11-23 16:00 in Haining, a Monday. */
export const NOW_MS = 1_795_420_800_000
export const COLLEAGUE = '0192f6c5-0000-7000-8000-00000000a002'
export const HOME = id(1)
export const HEAD = id(2)

/** Clocks that a test moves. */
export class TestTimes implements Times {
  readonly boot = 'test'
  wall = NOW_MS
  monotonic = 0
  private drawn = 0

  wallMs(): number {
    return this.wall
  }
  monotonicMs(): number {
    return this.monotonic
  }
  /** Let time pass. */
  pass(ms: number): void {
    this.wall += ms
    this.monotonic += ms
  }
  random(count: number): Uint8Array<ArrayBuffer> {
    this.drawn += 1
    return new Uint8Array(count).fill(this.drawn)
  }
}

export interface OpenCore<T extends Times = TestTimes> {
  store: Store
  view: View
  core: DeviceCore
  times: T
}

/** A core over a new store. */
export async function openCore(): Promise<OpenCore> {
  const store = await openStore()
  await store.write((edit) => {
    edit.values.set('identity', {
      server: 'https://village.example',
      device: DEVICE,
      device_name: '张三的手机',
      worker: { id: WORKER, name: '张三', role: 'worker', division: VILLAGE },
      token: 't',
      epoch: 'e',
      limits: {
        batch_operations: 500,
        batch_bytes: 1048576,
        operation_bytes: 65536,
        page_records: 1000,
        lease_working_days: 3,
      },
      signing: { id: 's', key: 'k' },
      sealing: { id: 's', key: 'k' },
    })
    edit.values.set('scope', SCOPE)
    edit.copy.applyEntries('reference', REFERENCE, SCOPE)
    edit.copy.applyEntries(VILLAGE, VILLAGE_RECORDS, SCOPE)
  })
  return over(store)
}

/** A core over a store that is there. */
export async function over(store: Store): Promise<OpenCore>
export async function over<T extends Times>(store: Store, times: T): Promise<OpenCore<T>>
export async function over(store: Store, times: Times = new TestTimes()): Promise<OpenCore<Times>> {
  const view = new View(store, () => correctedNow(store, times))
  const drafts = await DraftStore.open(store.database, store.vault, () => undefined)
  const core = new DeviceCore(store, view, drafts, new Capture(store, view, times), times)
  return { store, view, core, times }
}

/** A record as a feed sends it. */
export function sent(
  kind: string,
  number: number,
  values: Fields,
  more: Partial<SentRecord> = {},
): SentRecord {
  return { ...household(number), kind, grid: null, values, ...more }
}

function definition(kind: string, number: number, definition: Fields): SentRecord {
  const key = typeof definition.key === 'string' ? definition.key : ''
  const values = { key, version: 1, definition }
  return sent(kind, number, values, { village: 'reference' })
}

const REFERENCE: SentRecord[] = [
  definition('department', 101, { key: 'civil', name: '民政' }),
  definition('form', 102, {
    key: 'plain',
    fields: [
      { key: 'hospital', type: 'text', label: { zh: '医院', en: 'hospital' } },
      { key: 'amount', type: 'money', label: { zh: '金额', en: 'amount' } },
      {
        key: 'way',
        type: 'choice',
        label: { zh: '方式', en: 'way' },
        options: [{ key: 'bank', label: { zh: '转账' } }],
      },
    ],
  }),
  definition('item', 103, {
    key: 'allowance',
    number: 1,
    version: 1,
    department: 'civil',
    name: '高龄津贴',
    mode: 'proxy',
    finish: 'handed_up',
    limit: {},
    form: 'plain',
    effective_from: '2020-01-01',
  }),
  definition('item', 104, { key: 'made by a newer server' }),
  definition('division', 105, { key: VILLAGE, name: '红星村' }),
]

const VILLAGE_RECORDS: SentRecord[] = [
  household(1, {
    values: { name: '沈建国', address: '1号', house_number: '12', grid: GRID, tags: ['老人'] },
  }),
  sent('resident', 2, { household: HOME, name: '沈建国', phone: '13800000001' }, { grid: GRID }),
  sent('grid', 3, { key: GRID, definition: { properties: { name: '第一网格' } } }),
  sent('grid', 4, { key: OTHER_GRID, definition: { name: '第二网格' } }),
  sent('worker', 5, { name: '李四', role: 'worker' }, { id: derived('worker', COLLEAGUE) }),
  sent('assignment', 6, { worker: COLLEAGUE, grid: OTHER_GRID, from_day: '2026-01-01' }),
  sent('rota', 7, { day: '2026-11-23', window: [COLLEAGUE] }),
  sent('rota', 8, { day: '2026-11-24', window: [WORKER], leave: [COLLEAGUE] }),
]
