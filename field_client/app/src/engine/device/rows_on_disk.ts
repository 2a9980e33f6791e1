/**
 * The phone's rows as they lie on the disk, for the service worker: read while no page of the app may be there, sealed as
 * they are.
 *
 * Invariants
 * - It owns nothing: a page that opens, or another version of the app, is never kept waiting for it.
 * - It writes one row of `meta` that nobody else writes and that says nothing personal (`NOTED`), and only while the
 *   phone is still the one that the row is about.
 */
import { openDB, type IDBPDatabase } from 'idb'
import { NAME, type Key, type StoreName } from './database'
import type { RowsReader } from './rescue'
import type { Standing } from './standing'

/** In `meta`: what was handed over in the background last. */
const NOTED = 'handed_in_background'

/** The last operation that was handed over, of which phone, in which epoch of its server. */
export interface Noted {
  device: string
  epoch: string
  counter: number
}

export class RowsOnDisk implements RowsReader {
  private constructor(private readonly idb: IDBPDatabase) {}

  /** Null where this browser has no phone, or its database cannot be opened. */
  static async open(): Promise<RowsOnDisk | null> {
    try {
      const idb = await openDB(NAME, undefined, {
        // there was none: it is not for us to make one
        upgrade: (_database, _from, _to, transaction) => {
          transaction.done.catch(() => undefined)
          transaction.abort()
        },
        blocking: (_from, _to, event) => (event.target as IDBDatabase).close(),
      })
      return new RowsOnDisk(idb)
    } catch {
      return null
    }
  }

  async get(store: StoreName, key: Key): Promise<unknown> {
    const value: unknown = await this.idb.get(store, key)
    return value
  }

  async keys(store: StoreName): Promise<Key[]> {
    return (await this.idb.getAllKeys(store)) as Key[]
  }

  async noted(): Promise<Noted | null> {
    return ((await this.get('meta', NOTED)) as Noted | undefined) ?? null
  }

  /** Note it, unless the phone was wiped or enrolled anew meanwhile. */
  async note(noted: Noted): Promise<void> {
    const transaction = this.idb.transaction('meta', 'readwrite')
    const standing = (await transaction.store.get('standing')) as Standing | undefined
    if (standing?.device === noted.device) await transaction.store.put(noted, NOTED)
    await transaction.done
  }

  close(): void {
    this.idb.close()
  }
}
