/**
 * Drafts: whatever a screen keeps while it is typed into, sealed, and all in memory while the phone is open.
 *
 * `keep` is fulfilled when the draft, or a later one of its name, is on the disk. It writes at once; what is kept while a
 * write is under way goes along with the next one, so that fast typing does not pile up writes.
 */
import type { Drafts } from '../api'
import { digestOf } from '../sync/chain'
import type { Database, Write } from './database'
import type { Vault } from './vault'

interface Body {
  name: string
  body: unknown
}

export class DraftStore implements Drafts {
  /** As JSON text, so that what a screen goes on changing does not change what was kept. */
  private readonly texts = new Map<string, string>()
  private readonly dirty = new Set<string>()
  private writing: Promise<void> | null = null
  private next: Promise<void> | null = null

  private constructor(
    private readonly database: Database,
    private readonly vault: Vault,
    private readonly changed: () => void,
  ) {}

  /** Read all drafts; `changed` is called whenever one is kept or forgotten. */
  static async open(database: Database, vault: Vault, changed: () => void): Promise<DraftStore> {
    const drafts = new DraftStore(database, vault, changed)
    for (const [, text] of await vault.openAll('drafts', await database.all('drafts'))) {
      const { name, body } = JSON.parse(text) as Body
      drafts.texts.set(name, JSON.stringify(body))
    }
    return drafts
  }

  /** A draft of its own to whoever asks; undefined if there is none. */
  get<T>(name: string): T | undefined {
    const text = this.texts.get(name)
    return text === undefined ? undefined : (JSON.parse(text) as T)
  }

  keep(name: string, body: unknown): Promise<void> {
    this.texts.set(name, JSON.stringify(body))
    return this.touched(name)
  }

  forget(name: string): Promise<void> {
    this.texts.delete(name)
    return this.touched(name)
  }

  /** Fulfilled when everything kept so far is on the disk. */
  async flush(): Promise<void> {
    await (this.next ?? this.writing)
  }

  /** They were wiped on the disk. */
  wiped(): void {
    this.texts.clear()
    this.dirty.clear()
    this.changed()
  }

  private touched(name: string): Promise<void> {
    this.dirty.add(name)
    this.changed()
    if (this.writing === null) return this.begin()
    this.next ??= this.writing.catch(() => undefined).then(() => this.begin())
    return this.next
  }

  private begin(): Promise<void> {
    this.next = null
    const work = this.write([...this.dirty]).finally(() => {
      if (this.writing === work) this.writing = null
    })
    this.writing = work
    return work
  }

  private async write(names: string[]): Promise<void> {
    this.dirty.clear()
    try {
      const writes = await Promise.all(names.map((name) => this.sealed(name)))
      await this.database.transact(writes)
    } catch (error) {
      // not on the disk: tried again with whatever is kept next
      for (const name of names) this.dirty.add(name)
      throw error
    }
  }

  private async sealed(name: string): Promise<Write> {
    const key = digestOf(name)
    const text = this.texts.get(name)
    if (text === undefined) return { store: 'drafts', remove: key }
    return this.vault.sealedWrite('drafts', key, `{"name":${JSON.stringify(name)},"body":${text}}`)
  }
}
