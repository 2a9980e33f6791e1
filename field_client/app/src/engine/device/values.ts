/**
 * The small sealed values of a device (store `sealed`), all in memory while it is unlocked: who it is, where its chain
 * and its clock stand, how far it follows each village.
 */
import type { Label } from '../problem'
import type { Receipt } from '../sync/receipt'
import type { Scope } from '../sync/scope'
import type { Feed } from './feed'
import type { StoredIdentity } from './identity'
import type { FileState } from './files'
import type { Chain } from './outbox'
import type { Orders } from './standing'
import type { Anchor } from './times'

/** Every value by its name. Whoever needs another one adds it here. */
export interface Kept {
  identity: StoredIdentity
  scope: Scope
  chain: Chain
  /** The hybrid clock as it last stood, in its text form. */
  clock: string
  anchor: Anchor
  /** The cursor of changed outcomes. */
  outcomes_after: number
  orders: Orders
  /** Server time of the last contact. */
  last_contact_ms: number
  /** The latest time that was ever known here: a clock that is set back does not make the lease longer (reading.ts). */
  latest_ms: number
  /** The last receipt that the server gave, also under the identity that this one continues. */
  newest_receipt: Receipt
  /** Why the last receipt was not kept; nothing where it was. */
  receipt_trouble: string
  synced_ms: number
  /** The first sync was finished. */
  ready: boolean
  reading_ended: Label
  needs_account: boolean
  /** Photos go up on Wi-Fi only. */
  wifi_only: boolean
  /** Bytes a second, as uploads were lately. */
  upload_speed: number
  [feed: `feed:${string}`]: Feed
  /** How a kept file stands, by its digest. */
  [file: `file:${string}`]: FileState
  /** The day on which a part that differed was last fetched again: `repaired:<village>:<part>`. */
  [repaired: `repaired:${string}`]: string
}

export interface ValuesReader {
  get<K extends keyof Kept>(name: K): Kept[K] | undefined
  names(): string[]
}

/** The values as they are on the disk. */
export class Values implements ValuesReader {
  private readonly values = new Map<string, unknown>()

  get<K extends keyof Kept>(name: K): Kept[K] | undefined {
    return this.values.get(name) as Kept[K] | undefined
  }

  names(): string[] {
    return [...this.values.keys()]
  }

  /** What is on the disk now; called by the store. */
  take(changed: ReadonlyMap<string, unknown>): void {
    for (const [name, value] of changed)
      if (value === undefined) this.values.delete(name)
      else this.values.set(name, value)
  }
}

/** Values in a write that is being made: what was set in it is read back from it. */
export class ValuesEdit implements ValuesReader {
  readonly changed = new Map<string, unknown>()

  constructor(private readonly base: Values) {}

  get<K extends keyof Kept>(name: K): Kept[K] | undefined {
    return this.changed.has(name) ? (this.changed.get(name) as Kept[K] | undefined) : this.base.get(name)
  }

  /** Keep a value under its name; undefined forgets it. Values are not to be changed after they were set. */
  set<K extends keyof Kept>(name: K, value: Kept[K] | undefined): void {
    this.changed.set(name, value)
  }

  names(): string[] {
    const names = new Set(this.base.names())
    for (const [name, value] of this.changed)
      if (value === undefined) names.delete(name)
      else names.add(name)
    return [...names]
  }
}
