/**
 * The phone's one database: IndexedDB `allpost`, owned by one tab.
 *
 * Invariants
 * - `transact` is one transaction with strict durability: when its promise is fulfilled all of it is on the disk; when
 *   it is rejected, none of it.
 * - Each transaction that writes checks in itself that this tab still owns the database, so that a tab that was put out
 *   writes nothing more, however late it hears of it.
 * - After a wipe (wipe.ts) nothing personal is put any more: only `meta` and `carried` take anything, whoever still writes.
 * - What it is given for `sealed`, `blocks`, `outbox`, `drafts`, `files` and `segments` is sealed already (vault.ts).
 */
import { deleteDB, openDB, type IDBPDatabase } from 'idb'
import { ElsewhereOpen, FieldError, Locked, StorageFull, StoreDamaged } from '../errors'

export const STORES = [
  'meta',
  'sealed',
  'blocks',
  'outbox',
  'drafts',
  'files',
  'segments',
  /** Rescue files of colleagues, which only the server can open. */
  'carried',
  /** The server's receipts, sealed, by the counter up to which each proves. */
  'receipts',
] as const
export type StoreName = (typeof STORES)[number]
export type Key = string | number

/** One thing that a transaction does. */
export type Write =
  | { store: StoreName; key: Key; value: unknown }
  | { store: StoreName; remove: Key }
  | { store: StoreName; clear: true }
  /** Remove all whose keys begin so. */
  | { store: StoreName; prefix: string }
  /** Remove all whose numeric keys are lower. */
  | { store: StoreName; below: number }
  /** Put what is made of the present value (undefined where there is none), read in the same transaction. */
  | { store: StoreName; key: Key; update: (present: unknown) => unknown }
  /** Remove every row that is so. */
  | { store: StoreName; where: (key: Key, value: unknown) => boolean }

export const NAME = 'allpost'
/** 2: `carried`, `receipts`. A store that is new is made beside those that are there. */
const VERSION = 2
/** In `meta`: the tab that owns the database. */
const OWNER = 'owner'

/** The writes that remove everything of this phone's own: what a colleague gave it to hand in stays. */
export const emptied: readonly Write[] = [
  { store: 'meta', where: (key) => key !== OWNER },
  ...STORES.filter((store) => !['meta', 'carried'].includes(store)).map((store): Write => ({
    store,
    clear: true,
  })),
]
/** In `meta`: that the phone was wiped. */
export const WIPED = 'wiped'
const NOT_PERSONAL: ReadonlySet<StoreName> = new Set(['meta', 'carried'])

/** An open database. */
export class Database {
  private closedBy: 'us' | 'another' | null = null
  /** Whether this tab stands as the owner on the disk; where there was no room for that, the next write sees to it. */
  private claimed = false
  /** Who stood there when this tab could not be noted. */
  private before: unknown
  private wiped = false

  private constructor(
    private readonly idb: IDBPDatabase,
    private readonly owner: string,
  ) {}

  /**
   * Open for a tab that holds the lock (ownership.ts). `onLost` is told when the browser or another version of this
   * program closes it. StoreDamaged, StorageFull.
   */
  static async open(owner: string, onLost: () => void): Promise<Database> {
    const opened: { database?: Database } = {}
    const lost = (): void => {
      opened.database?.lose()
      onLost()
    }
    const idb = await explained(() =>
      openDB(NAME, VERSION, {
        upgrade(database) {
          for (const store of STORES)
            if (!database.objectStoreNames.contains(store)) database.createObjectStore(store)
        },
        blocking: lost,
        terminated: lost,
      }),
    )
    const database = new Database(idb, owner)
    opened.database = database
    // a full disk must not keep anybody from reading
    await unlessFull(database.claim())
    database.before = await database.get('meta', OWNER)
    database.wiped = (await database.get('meta', WIPED)) !== undefined
    return database
  }

  /** Remove the whole database, which cannot be opened; nobody may have it open. StoreDamaged. */
  static async remove(): Promise<void> {
    await explained(() => deleteDB(NAME))
  }

  /** A value under a key; undefined if there is none. */
  async get(store: StoreName, key: Key): Promise<unknown> {
    const value: unknown = await this.explained(() => this.idb.get(store, key))
    return value
  }

  /** Everything in a store, in the order of its keys. */
  async all(store: StoreName): Promise<[Key, unknown][]> {
    return this.explained(async () => {
      const transaction = this.idb.transaction(store)
      const [keys, values] = await Promise.all([transaction.store.getAllKeys(), transaction.store.getAll()])
      return keys.map((key, at) => [key as Key, values[at] as unknown])
    })
  }

  /** The keys of a store. */
  async keys(store: StoreName): Promise<Key[]> {
    return this.explained(async () => (await this.idb.getAllKeys(store)) as Key[])
  }

  /** From now on, on the disk or not yet: what was under way writes nothing personal any more. */
  beginWipe(): void {
    this.wiped = true
  }

  /** The last of a wipe is done: the next enrolment writes again. */
  endWipe(): void {
    this.wiped = false
  }

  /** Write all of it or nothing. ElsewhereOpen, StorageFull, StoreDamaged; Locked for what may not be kept after a wipe. */
  async transact(writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return
    if (this.wiped && writes.some(keeps)) throw new Locked()
    // on a full disk nothing can be noted, and what only removes (a PIN that ended, a wipe) is done all the same
    const claims = !this.claimed && writes.some(puts)
    await this.explained(async () => {
      const stores = [...new Set<StoreName>(['meta', ...writes.map((write) => write.store)])]
      const transaction = this.idb.transaction(stores, 'readwrite', { durability: 'strict' })
      // heard here and not only by its waiter, or the abort of a refused one would count as unhandled
      const done = transaction.done.then(
        () => null,
        (error: unknown) => ({ error }),
      )
      try {
        await this.checkOwner(transaction.objectStore('meta'), claims)
        await Promise.all(writes.map((write) => perform(transaction.objectStore(write.store), write)))
      } catch (error) {
        abort(transaction)
        // what ended the transaction tells more than the request that it took along
        const ended = await done
        throw error instanceof FieldError ? error : mostTelling(error, ended?.error)
      }
      const ended = await done
      if (ended !== null) throw ended.error
      if (claims) this.claimed = true
    })
  }

  /** Give it back; a second time does nothing. */
  close(): void {
    if (this.closedBy === null) {
      this.closedBy = 'us'
      this.idb.close()
    }
  }

  /** Closed because another tab or version of this program wants it: nothing more is read or written. */
  lose(): void {
    if (this.closedBy === null) this.idb.close()
    this.closedBy = 'another'
  }

  private async checkOwner(meta: Writable, claims: boolean): Promise<void> {
    if (claims) await meta.put(this.owner, OWNER)
    else if ((await meta.get(OWNER)) !== (this.claimed ? this.owner : this.before)) throw new ElsewhereOpen()
  }

  private async claim(): Promise<void> {
    await explained(() => this.idb.put('meta', this.owner, OWNER))
    this.claimed = true
  }

  private async explained<T>(work: () => Promise<T>): Promise<T> {
    if (this.closedBy !== null) throw new ElsewhereOpen()
    return explained(work).catch((error: unknown) => {
      throw this.wasLost() ? new ElsewhereOpen() : error
    })
  }

  private wasLost(): boolean {
    return this.closedBy !== null
  }
}

/** A note that a full disk may keep from being kept, and nothing else with it. */
export async function unlessFull(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof StorageFull)) throw error
  })
}

/** The part of idb's writable stores that writing needs. */
interface Writable {
  get(key: Key): Promise<unknown>
  openCursor(): Promise<Row | null>
  put(value: unknown, key: Key): Promise<unknown>
  delete(key: Key | IDBKeyRange): Promise<void>
  clear(): Promise<void>
}

/** Where a walk over a store stands. */
interface Row {
  readonly key: IDBValidKey
  readonly value: unknown
  delete(): Promise<void>
  continue(): Promise<Row | null>
}

async function perform(store: Writable, write: Write): Promise<void> {
  if ('clear' in write) await store.clear()
  else if ('below' in write) await store.delete(IDBKeyRange.upperBound(write.below, true))
  else if ('update' in write) await store.put(write.update(await store.get(write.key)), write.key)
  else if ('where' in write) await removeWhere(store, write.where)
  else if ('prefix' in write) {
    await store.delete(IDBKeyRange.bound(write.prefix, `${write.prefix}\uffff`))
  } else if ('remove' in write) await store.delete(write.remove)
  else await store.put(write.value, write.key)
}

/** Whether it puts something, which needs room. */
function puts(write: Write): boolean {
  return 'value' in write || 'update' in write
}

/** Whether it puts something into a store of what is personal. */
function keeps(write: Write): boolean {
  return puts(write) && !NOT_PERSONAL.has(write.store)
}

async function removeWhere(store: Writable, wanted: (key: Key, value: unknown) => boolean): Promise<void> {
  for (let row = await store.openCursor(); row !== null; row = await row.continue())
    if (wanted(row.key as Key, row.value)) await row.delete()
}

function abort(transaction: { abort(): void }): void {
  try {
    transaction.abort()
  } catch {
    // it ended by itself
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : ''
}

function mostTelling(error: unknown, ended: unknown): unknown {
  return nameOf(ended) === 'QuotaExceededError' || nameOf(error) === 'AbortError' ? (ended ?? error) : error
}

/** The browser's errors in words that say what to do. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof FieldError) throw error
    if (nameOf(error) === 'QuotaExceededError') throw new StorageFull(error)
    throw new StoreDamaged(error)
  }
}
