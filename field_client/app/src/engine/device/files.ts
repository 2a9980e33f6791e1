/**
 * Photos and signatures, sealed, under the SHA-256 of their bytes.
 *
 * Invariants
 * - A file is on the disk before anything names it: `keep` is fulfilled when it is, so a draft or an operation never
 *   names one that a flat battery took.
 * - A file that an operation names is removed only after the server said that it has it whole and durable (`arrived`), and
 *   then only after 30 days, where room is short, or where its worker clears it.
 * - How a file stands (`file:<digest>`, sealed) changes in the same transaction as its row.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { FileStanding, KeptFile } from '../api'
import { DAY_MS } from '../days'
import type { Label } from '../problem'
import type { Write } from './database'
import { filesNamed } from './files_named'
import { filesUnsent } from './standing'
import type { Changed, Edit, Store } from './store'
import { placeOf, type Bytes } from './vault'

/** At rest, by digest. `arrivedMs` is in the clear, so that a wipe knows what the server has. */
interface FileRow {
  type: string
  sealed: Bytes
  arrivedMs?: number | null
}

/** How a file stands; sealed with the values. */
export interface FileState {
  type: string
  bytes: number
  keptMs: number
  arrivedMs: number | null
  refusal: Label | null
  /** An operation named it once: it goes to the server, also when that operation is forgotten here. */
  named: boolean
  /** Where its upload goes on: the path that the server gave. */
  upload: string | null
}

/** Nobody names it any more, and no undo is offered: it can go. */
const ORPHAN_MS = DAY_MS
/** How long the phone's copy outlives its arrival: a server that is restored gets it again. */
const KEPT_AFTER_ARRIVAL_MS = 30 * DAY_MS
/** With less room than this an arrived file goes sooner. */
const ROOM_BYTES = 200 * 1024 * 1024

export class FileStore {
  private constructor(
    private readonly store: Store,
    private readonly nowMs: () => number,
    /** Row keys, so that what was erased under us is seen. */
    private rows: Set<string>,
  ) {}

  static async open(store: Store, nowMs: () => number): Promise<FileStore> {
    const names = (await store.database.keys('files')).map(String)
    const files = new FileStore(store, nowMs, new Set(names))
    await files.adoptOlder()
    return files
  }

  has(digest: string): boolean {
    return this.rows.has(digest) && this.state(digest) !== undefined
  }

  state(digest: string): FileState | undefined {
    return this.store.values.get(`file:${digest}`)
  }

  /** Keep a file; its digest. It is on the disk when the promise is fulfilled. StorageFull. */
  async keep(bytes: Uint8Array, type: string): Promise<string> {
    const plain = new Uint8Array(bytes)
    const digest = bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', plain)))
    if (this.has(digest)) return digest
    const sealed = await this.store.vault.sealBytes(placeOf('files', digest), plain)
    const state: FileState = {
      type,
      bytes: plain.length,
      keptMs: this.nowMs(),
      arrivedMs: null,
      refusal: null,
      named: false,
      upload: null,
    }
    const row: FileRow = { type, sealed, arrivedMs: null }
    await this.put(digest, state, [{ store: 'files', key: digest, value: row }])
    return digest
  }

  /** A file by its digest; null if it is not here. StoreDamaged where it was altered. */
  async read(digest: string): Promise<Blob | null> {
    const row = (await this.store.database.get('files', digest)) as FileRow | undefined
    if (row === undefined) return null
    return new Blob([await this.store.vault.openBytes(placeOf('files', digest), row.sealed)], {
      type: row.type,
    })
  }

  /** All that is kept here, the oldest first. */
  list(): KeptFile[] {
    if (this.rows.size === 0) return []
    const named = filesNamed(this.store.outbox)
    const kept: KeptFile[] = []
    for (const digest of this.rows) {
      const state = this.state(digest)
      if (state === undefined) continue
      const { type, bytes, keptMs, arrivedMs, refusal } = state
      const standing = standingOf(state, state.named || named.has(digest))
      kept.push({ digest, type, bytes, keptMs, standing, arrivedMs, refusal, sentBytes: 0 })
    }
    return kept.sort((one, other) => one.keptMs - other.keptMs)
  }

  /** The server told which of these it has: those stay until their time, the others wait (again). */
  async takeKnown(asked: readonly string[], durable: ReadonlySet<string>): Promise<void> {
    const nowMs = this.nowMs()
    for (const digest of asked) {
      const state = this.state(digest)
      if (state === undefined || (state.arrivedMs !== null) === durable.has(digest)) continue
      const arrivedMs = durable.has(digest) ? nowMs : null
      await this.put(digest, { ...state, arrivedMs, refusal: null, upload: null }, [
        { store: 'files', key: digest, update: (row) => ({ ...(row as FileRow), arrivedMs }) },
      ])
    }
  }

  /** Operations are forgotten 30 days after they arrived; what they named is not. */
  async noteNamed(): Promise<void> {
    const named = filesNamed(this.store.outbox)
    for (const digest of this.rows) {
      const state = this.state(digest)
      if (state !== undefined && !state.named && named.has(digest))
        await this.put(digest, { ...state, named: true })
    }
  }

  /** Where an upload goes on, or that it begins anew. */
  async takeUpload(digest: string, upload: string | null): Promise<void> {
    const state = this.state(digest)
    if (state !== undefined && state.upload !== upload) await this.put(digest, { ...state, upload })
  }

  /** The server did not take it: it stays here, and a person decides. Null offers it again. */
  async takeRefusal(digest: string, refusal: Label | null): Promise<void> {
    const state = this.state(digest)
    if (state !== undefined) await this.put(digest, { ...state, refusal, upload: null })
  }

  /** Remove files, whatever they are. */
  async remove(digests: readonly string[]): Promise<void> {
    for (const digest of digests) await this.put(digest, undefined, [{ store: 'files', remove: digest }])
  }

  /**
   * Remove what has had its time: arrived files after 30 days (sooner, the oldest first, where room is short), and files of
   * drafts that were dropped. `mentioned` tells whether a draft or a record still names one.
   */
  async tidy(leftBytes: number | null, mentioned: (digest: string) => boolean): Promise<void> {
    await this.store.complete
    const nowMs = this.nowMs()
    let left = leftBytes ?? Infinity
    for (const one of this.list()) {
      const orphan = one.standing === 'draft' && nowMs - one.keptMs > ORPHAN_MS && !mentioned(one.digest)
      const late = one.arrivedMs !== null && nowMs - one.arrivedMs > KEPT_AFTER_ARRIVAL_MS
      const short = one.arrivedMs !== null && left < ROOM_BYTES
      if (!orphan && !late && !short) continue
      await this.remove([one.digest])
      left += one.bytes
    }
  }

  /** What was erased with its record is here no more. */
  async follow(changed: Changed): Promise<void> {
    if (changed.erased.size === 0) return
    this.rows = new Set((await this.store.database.keys('files')).map(String))
    const gone = this.store.values
      .names()
      .filter((name): name is `file:${string}` => name.startsWith('file:') && !this.rows.has(name.slice(5)))
    if (gone.length === 0) return
    await this.store.write((edit) => {
      for (const name of gone) edit.values.set(name, undefined)
      edit.beside.push(filesUnsent(this.unsent(edit)))
    })
  }

  private async put(digest: string, state: FileState | undefined, writes: Write[] = []): Promise<void> {
    await this.store.write((edit) => {
      edit.values.set(`file:${digest}`, state)
      edit.beside.push(...writes, filesUnsent(this.unsent(edit)))
    })
    if (state === undefined) this.rows.delete(digest)
    else this.rows.add(digest)
  }

  /** How many the server has not, as they will be after a write. */
  private unsent(edit: Edit): number {
    const names = edit.values.names().filter((name): name is `file:${string}` => name.startsWith('file:'))
    return names.filter((name) => edit.values.get(name)?.arrivedMs === null).length
  }

  /** Signatures that an earlier version of the app kept without a standing. */
  private async adoptOlder(): Promise<void> {
    for (const digest of this.rows) {
      if (this.state(digest) !== undefined) continue
      const row = (await this.store.database.get('files', digest)) as FileRow | undefined
      if (row === undefined) continue
      const { type, sealed, arrivedMs = null } = row
      const keptMs = this.nowMs()
      await this.put(digest, {
        type,
        bytes: sealed.length,
        keptMs,
        arrivedMs,
        refusal: null,
        named: true,
        upload: null,
      })
    }
  }
}

function standingOf(state: FileState, named: boolean): FileStanding {
  if (state.arrivedMs !== null) return 'arrived'
  if (state.refusal !== null) return 'refused'
  return named ? 'waiting' : 'draft'
}
