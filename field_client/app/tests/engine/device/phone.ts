/** A phone's disk for tests: a fresh fake IndexedDB, and an unlocked store upon it. */
import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { Database, STORES } from '@/engine/device/database'
import type { SentRecord } from '@/engine/device/copy_edit'
import type { StoredIdentity } from '@/engine/device/identity'
import { Store } from '@/engine/device/store'
import { newDataKey, Vault } from '@/engine/device/vault'
import { exactText, type Operation } from '@/engine/sync/operation'
import type { Scope } from '@/engine/sync/scope'

export const VILLAGE = '330481106222'
export const GRID = `${VILLAGE}001`
export const OTHER_GRID = `${VILLAGE}002`
export const WORKER = '0192f6c5-0000-7000-8000-00000000a001'
export const DEVICE = '0192f6c5-0000-7000-8000-00000000d001'
export const SCOPE: Scope = { number: 1, worker: WORKER, villages: [{ village: VILLAGE, grids: [GRID] }] }

/** Who the phone of these tests is to its server. */
export const IDENTITY: StoredIdentity = {
  server: 'https://village.example',
  device: DEVICE,
  device_name: '张三的手机',
  worker: { id: WORKER, name: '张三', role: 'worker', division: VILLAGE },
  token: 't',
  epoch: 'e',
  limits: {
    batch_operations: 500,
    batch_bytes: 1 << 20,
    operation_bytes: 65536,
    page_records: 1000,
    lease_working_days: 3,
  },
  signing: { id: 's', key: 'k' },
  sealing: { id: 's', key: 'k' },
}

export function freshDisk(): void {
  globalThis.indexedDB = new IDBFactory()
}

export async function openStore(dataKey = newDataKey(), owner = 'this-tab'): Promise<Store> {
  const database = await Database.open(owner, () => undefined)
  return Store.open(database, await Vault.under(dataKey.slice()))
}

/** A closed and reopened phone. */
export async function reopened(store: Store): Promise<Store> {
  const dataKey = store.vault.dataKey()
  store.close()
  store.database.close()
  const again = await openStore(dataKey)
  await again.complete
  return again
}

/** An id that ends in a number. */
export function id(number: number): string {
  return `0192f6c4-0000-7000-8000-${number.toString(16).padStart(12, '0')}`
}

export function household(number: number, more: Partial<SentRecord> = {}): SentRecord {
  return {
    id: id(number),
    kind: 'household',
    village: VILLAGE,
    grid: GRID,
    version: number,
    by: WORKER,
    created: ['2026-11-22T08:00:00.000Z/0000', DEVICE],
    origin: [DEVICE, number],
    values: { name: `户${number}`, grid: GRID },
    ...more,
  }
}

/** Capture the next operation of the chain: a change of a household's phone. */
export function capture(store: Store, more: Partial<Operation> = {}, capturedMs = 1000): Promise<Operation> {
  return store.write((edit) => {
    const chain = edit.outbox.chain()
    const operation: Operation = {
      id: id(0xf000 + chain.counter + 1),
      format: 1,
      counter: chain.counter + 1,
      previous: chain.digest,
      clock: '2026-11-23T08:12:03.123Z/0002',
      offset_ms: 0,
      kind: 'household',
      record: id(1),
      village: VILLAGE,
      action: 'change',
      seen: { phone: null },
      fields: { phone: '13800000000' },
      ...more,
    }
    edit.outbox.append(exactText(operation), operation, capturedMs)
    return operation
  })
}

/** Everything on the disk as one text of Latin letters, a letter a byte. */
export async function rawDump(database: Database): Promise<string> {
  const texts: string[] = []
  for (const store of STORES) {
    for (const [key, value] of await database.all(store)) texts.push(String(key), dumped(value))
  }
  return texts.join('\n')
}

function dumped(value: unknown): string {
  if (value instanceof Uint8Array) return [...value].map((byte) => String.fromCharCode(byte)).join('')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([name, inner]) => `${name}=${dumped(inner)}`)
    .join('\n')
}

/** A text's UTF-8 as `rawDump` would show it. */
export function asDumped(text: string): string {
  return dumped(new TextEncoder().encode(text))
}
