/**
 * Drafts: whatever a screen keeps while it is typed into, sealed, and all in memory while the phone is open.
 *
 * `keep` is fulfilled when the draft, or a later one of its name, is on the disk. It writes at once; what is kept while a
 * write is under way goes along with the next one, so that fast typing does not pile up writes.
 */
import type { Drafts } from '../api'
import { StoreDamaged } from '../errors'
import { digestOf } from '../sync/chain'
import type { Database, Write } from './database'
import { placeOf, type Vault } from './vault'

interface Body {
  name: string
  body: unknown
}

export class DraftStore implements Drafts {
  /** As JSON text, so that what a screen goes on changing does not change what was kept. */
  private readonly texts = new Map<string, string>()
  private readonly dirty = new Set<string>()
  /** How many cannot be read. */
  unreadable = 0
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
    const rows = await database.all('drafts')
    await Promise.all(rows.map(([key, sealed]) => drafts.read(placeOf('drafts', key), sealed)))
    return drafts
  }

  /** A draft of its own to whoever asks; undefined if there is none. */
  get<T>(name: string): T | undefined {
    const text = this.texts.get(name)
    return text === undefined ? undefined : (JSON.parse(text) as T)
  }

  keep(name: string, body: unknown): Promise<void> {
    const text = JSON.stringify(body)
    // kept as it is already: nothing is written again
    if (this.texts.get(name) === text && !this.dirty.has(name)) return this.flush()
    this.texts.set(name, text)
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

  /** Whether any draft holds a word: a file's digest. */
  mentions(word: string): boolean {
    return [...this.texts.values()].some((text) => text.includes(word))
  }

  /** These records are nowhere any more, or not of this phone's scope: no draft goes on about them. */
  forgetAbout(records: ReadonlySet<string>): void {
    const about = (text: string): boolean => [...records].some((record) => text.includes(record))
    for (const [name, text] of [...this.texts]) {
      if (!about(name) && !about(text)) continue
      const body = JSON.parse(text) as unknown
      // visits in progress, and cases, are one draft together: the others stay
      const rest =
        Array.isArray(body) && !about(name) ? body.filter((one) => !about(JSON.stringify(one))) : []
      const done = rest.length > 0 ? this.keep(name, rest) : this.forget(name)
      // what cannot be removed now is removed with whatever is kept next
      done.catch(() => undefined)
    }
  }

  /** They were wiped on the disk; a write that was under way then is taken back. */
  wiped(): void {
    const names = [...this.texts.keys()]
    this.texts.clear()
    this.unreadable = 0
    // what cannot be removed now is removed with whatever is kept next
    for (const name of names) this.touched(name).catch(() => undefined)
  }

  /** One that was altered stays where it is, and keeps nobody from the others. */
  private async read(place: string, sealed: unknown): Promise<void> {
    try {
      const { name, body } = JSON.parse(await this.vault.open(place, sealed)) as Body
      this.texts.set(name, JSON.stringify(body))
    } catch (error) {
      if (!(error instanceof StoreDamaged)) throw error
      this.unreadable += 1
    }
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
