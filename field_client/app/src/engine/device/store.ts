/**
 * What an unlocked phone holds: values, copy and outbox in memory, and the one way in which they change.
 *
 * Invariants
 * - Memory is what is on the disk: a write is staged, sealed, written in one transaction, and only then taken into memory.
 *   Where any of it fails nothing has changed anywhere.
 * - Writes come one after the other: what `stage` reads is not changed by anybody until its write has ended.
 */
import { Locked, StoreDamaged, type FieldError } from '../errors'
import { CopyBlocks, isPlainBlock, isPlainKind } from './copy_blocks'
import { CopyEdit } from './copy_edit'
import type { Database, Key, Write } from './database'
import { FetchedSegments, segmentPrefix } from './fetched_segments'
import { chainAgain, isOpen, Outbox, type OutboxEntry } from './outbox'
import { OutboxEdit } from './outbox_edit'
import { RecordCopy } from './record_copy'
import { OF_STANDING, readStanding, standingOf } from './standing'
import { Values, ValuesEdit } from './values'
import { placeOf, type Vault } from './vault'

/** What a write changed, for those who keep something made of it. */
export interface Changed {
  /** Ids of the copy's records that were put or removed. */
  records: ReadonlySet<string>
  /** The outbox was changed (an operation captured, an outcome, a lift). */
  outbox: boolean
  /** Names of the values that were set. */
  values: ReadonlySet<string>
  /** Ids of records that are nowhere any more. */
  erased: ReadonlySet<string>
  /** Ids of records that left this phone with its scope. */
  left: ReadonlySet<string>
}

/** One write that is being made. Everything is read and changed through it; it is staged without waiting. */
export class Edit {
  readonly values: ValuesEdit
  readonly copy: CopyEdit
  readonly outbox: OutboxEdit
  /** What goes along in the same transaction: plain values (keys; nothing personal), whole stores emptied. */
  readonly beside: Write[] = []
  /** Ids of records that are nowhere any more, as this write learned. */
  readonly erased = new Set<string>()

  constructor(store: Store) {
    this.values = new ValuesEdit(store.values)
    this.copy = new CopyEdit(store.copy)
    this.outbox = new OutboxEdit(store.outbox, this.values, this.copy)
  }

  /** A record was erased everywhere: what was handed over about it, and the files that only it named, leave this phone. */
  erase(record: string): void {
    this.erased.add(record)
    for (const digest of this.outbox.erase(record)) this.beside.push({ store: 'files', remove: digest })
  }

  /** Drop the fetched segments of a village; of all where none is named. */
  forgetSegments(village?: string): void {
    if (village === undefined) this.beside.push({ store: 'segments', clear: true })
    else this.beside.push({ store: 'segments', prefix: segmentPrefix(village) })
  }
}

export class Store {
  readonly values = new Values()
  readonly copy = new RecordCopy()
  readonly outbox = new Outbox(this.values)
  readonly segments: FetchedSegments
  /** Fulfilled when the settled history, as far as it can be read, is in memory too. Whoever hands over, or shows the history, waits for it. */
  complete: Promise<void> = Promise.resolve()
  /** Whether what was downloaded is in memory, and may be: else only what names no resident is (reading.ts). */
  reading = true
  private readonly blocks = new CopyBlocks()
  private readonly listeners = new Set<(changed: Changed) => void>()
  private turn: Promise<unknown> = Promise.resolve()
  private closed: FieldError | null = null

  private constructor(
    readonly database: Database,
    readonly vault: Vault,
    private readonly mayRead: (store: Store) => boolean,
  ) {
    this.segments = new FetchedSegments(database, vault)
  }

  /**
   * Read everything that is open. StoreDamaged where any of it was altered; where only the copy was, it is forgotten, to be
   * fetched again. `mayRead` is asked before anything is read that names a resident.
   */
  static async open(
    database: Database,
    vault: Vault,
    rows = sealedRows(database),
    mayRead: (store: Store) => boolean = () => true,
  ): Promise<Store> {
    const store = new Store(database, vault, mayRead)
    await store.load(await rows)
    return store
  }

  /** Hear of every write when it is on the disk and in memory; the way to stop. */
  onChange(listener: (changed: Changed) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /**
   * Stage a write in its turn and make it durable; what `stage` returned. Whatever `stage` throws, nothing is written.
   * StorageFull, ElsewhereOpen, StoreDamaged, Locked.
   */
  write<T>(stage: (edit: Edit) => T): Promise<T> {
    const work = this.turn.then(() => this.perform(stage))
    this.turn = work.catch(() => undefined)
    return work
  }

  /** Join what became many small blocks; at the end of a sync, or when nobody waits. */
  compact(): Promise<void> {
    const work = this.turn.then(() => this.performCompaction())
    this.turn = work.catch(() => undefined)
    return work
  }

  /** Read or forget what was downloaded, as it may be now; whether it is there. */
  followReading(): Promise<boolean> {
    const work = this.turn.then(async () => {
      const may = this.mayRead(this)
      if (this.closed || may === this.reading) return this.reading
      if (may) await this.beginReading()
      else this.endReading()
      return this.reading
    })
    this.turn = work.catch(() => undefined)
    return work
  }

  /** Fulfilled when every write asked for so far has ended, well or not. */
  async settled(): Promise<void> {
    await this.turn
  }

  /** Forget everything; writes that wait are refused, with `why`. */
  close(why: FieldError = new Locked()): void {
    this.closed = why
    this.listeners.clear()
  }

  /** Nothing that names a resident stays in memory; on the disk it stays, sealed. */
  private endReading(): void {
    this.reading = false
    const gone = [...this.copy.all()].filter(([, held]) => !isPlainKind(held.record.kind))
    this.blocks.close()
    this.copy.take(gone.map(([id]) => [id, undefined] as const))
    this.tell({ ...UNCHANGED, records: new Set(gone.map(([id]) => id)) })
  }

  /** It is read again; what left the scope meanwhile leaves the phone. */
  private async beginReading(): Promise<void> {
    const before = new Set([...this.copy.all()].map(([id]) => id))
    const rows = await this.database.all('blocks')
    if (!(await this.readBlocks(rows.filter(([key]) => !isPlainBlock(key))))) await this.forgetCopy()
    this.reading = true
    const come = [...this.copy.all()].map(([id]) => id).filter((id) => !before.has(id))
    this.tell({ ...UNCHANGED, records: new Set(come) })
    const scope = this.values.get('scope')
    if (scope !== undefined) await this.perform((edit) => edit.copy.followScope(scope))
  }

  private async perform<T>(stage: (edit: Edit) => T): Promise<T> {
    if (this.closed) throw this.closed
    try {
      const edit = new Edit(this)
      const result = stage(edit)
      await this.commit(edit)
      return result
    } catch (error) {
      // without its key whatever is tried goes wrong: what counts is why
      throw this.closed ?? error
    }
  }

  private async commit(edit: Edit): Promise<void> {
    const { values, copy, outbox } = edit
    const block = this.blocks.planned(copy.changed)
    const sealed = await Promise.all([
      ...[...values.changed].map(([name, value]) => this.sealedValue(name, value)),
      ...[...outbox.changed].map(([counter, entry]) => this.sealedEntry(counter, entry)),
      ...block.puts.map(({ key, text }) => this.vault.sealedWrite('blocks', key, text)),
    ])
    const tells = outbox.changed.size > 0 || OF_STANDING.some((name) => values.changed.has(name))
    const writes = [
      ...edit.beside,
      ...(tells ? [standingOf(values, outbox, this.vault.cipherName)] : []),
      ...block.removes.map((key): Write => ({ store: 'blocks', remove: key })),
      ...sealed,
    ]
    if (this.closed) throw this.closed
    await this.database.transact(writes)
    this.values.take(values.changed)
    this.copy.take(copy.changed)
    this.outbox.take(outbox.changed)
    this.blocks.take(block)
    this.tell({
      records: new Set(copy.changed.keys()),
      outbox: outbox.changed.size > 0,
      values: new Set(values.changed.keys()),
      erased: edit.erased,
      left: copy.left,
    })
  }

  private async performCompaction(): Promise<void> {
    const plan = this.closed ? null : this.blocks.compaction(this.copy)
    if (plan === null) return
    const puts = await Promise.all(
      plan.puts.map(({ key, text }) => this.vault.sealedWrite('blocks', key, text)),
    )
    await this.database.transact([
      ...plan.removes.map((key): Write => ({ store: 'blocks', remove: key })),
      ...puts,
    ])
    this.blocks.take(plan)
  }

  private async sealedValue(name: string, value: unknown): Promise<Write> {
    if (value === undefined) return { store: 'sealed', remove: name }
    return this.vault.sealedWrite('sealed', name, JSON.stringify(value))
  }

  private async sealedEntry(counter: number, entry: OutboxEntry | null): Promise<Write> {
    if (entry === null) return { store: 'outbox', remove: counter }
    const open = isOpen(entry)
    const sealed = await this.vault.seal(outboxPlace(counter, open), JSON.stringify(entry))
    return { store: 'outbox', key: counter, value: { open, sealed } satisfies OutboxRow }
  }

  private async load({ values, blocks, rows }: SealedRows): Promise<void> {
    const outbox = rows.map(([key, row]) => ({ counter: Number(key), row: row as OutboxRow }))
    this.blocks.reserve(blocks.map(([key]) => key))
    const [read, plainIsWhole] = await Promise.all([
      this.readValues(values),
      this.readBlocks(blocks.filter(([key]) => isPlainBlock(key))),
      this.readOpen(outbox.filter(({ row }) => row.open)),
    ])
    this.values.take(read.known)
    await this.takeStanding()
    this.reading = this.mayRead(this)
    const others = this.reading ? blocks.filter(([key]) => !isPlainBlock(key)) : []
    if (!plainIsWhole || !(await this.readBlocks(others))) await this.forgetCopy()
    this.complete = this.readHistory(outbox.filter(({ row }) => !row.open))
    if (read.lost.includes('chain')) {
      await this.complete
      this.values.take(new Map([['chain', chainAgain(this.outbox, outbox.at(-1)?.counter ?? 0)]]))
    }
    // whoever needs it hears of a failure from the promise itself
    this.complete.catch(() => undefined)
  }

  /**
   * One value that was altered does not hide the others, nor what was captured: it is told anew by the server, or follows
   * from the outbox. Only without its identity this phone is nobody: StoreDamaged.
   */
  private async readValues(rows: Rows): Promise<{ known: Map<string, unknown>; lost: string[] }> {
    const known = new Map<string, unknown>()
    const lost: string[] = []
    const open = ([key, sealed]: Rows[number]): Promise<string> =>
      this.vault.open(placeOf('sealed', key), sealed)
    await Promise.all(
      rows.map(async (row) => {
        const name = String(row[0])
        const text = name === 'identity' ? await open(row) : await unlessDamaged(open(row))
        if (text === null) lost.push(name)
        else known.set(name, JSON.parse(text) as unknown)
      }),
    )
    return { known, lost }
  }

  /** Orders that came while the vault was closed hold, and that the server was heard then. */
  private async takeStanding(): Promise<void> {
    const standing = await readStanding(this.database)
    if (standing === null) return
    const contactMs = Math.max(standing.last_contact_ms ?? 0, this.values.get('last_contact_ms') ?? 0)
    this.values.take(
      new Map<string, unknown>([
        ['orders', standing.orders],
        ['last_contact_ms', contactMs || undefined],
      ]),
    )
  }

  /** Whether all of them could be read; else none is taken. */
  private async readBlocks(blocks: Rows): Promise<boolean> {
    const read = await unlessDamaged(this.vault.openAll('blocks', blocks))
    for (const [key, text] of read ?? []) this.copy.take(this.blocks.read(key, text))
    return read !== null
  }

  /** The copy is the server's and is fetched again, so that what was captured here can go on its way. */
  private async forgetCopy(): Promise<void> {
    const names = [...this.values.names().filter((name) => name.startsWith('feed:')), 'ready']
    await this.database.transact([
      { store: 'blocks', clear: true },
      ...names.map((name): Write => ({ store: 'sealed', remove: name })),
    ])
    this.values.take(new Map(names.map((name) => [name, undefined])))
  }

  private async readOpen(rows: PlacedRow[]): Promise<void> {
    this.takeRead(await Promise.all(rows.map((one) => this.entryOf(one))))
  }

  /** In pieces, the latest first, so that the screen is not held up. A row that cannot be read is told and left. */
  private async readHistory(rows: PlacedRow[]): Promise<void> {
    const latestFirst = rows.reverse()
    for (let at = 0; at < latestFirst.length; at += HISTORY_PIECE) {
      await new Promise((resolve) => setTimeout(resolve))
      if (this.closed) return
      const piece = latestFirst.slice(at, at + HISTORY_PIECE)
      const read = await Promise.all(piece.map((one) => unlessDamaged(this.entryOf(one))))
      for (const [index, { counter }] of piece.entries())
        if (read[index] === null && !this.outbox.at(counter)) this.outbox.unreadable.add(counter)
      this.takeRead(read.filter((entry) => entry !== null))
    }
    this.outbox.whole = true
    if (this.outbox.unreadable.size) this.tell(UNCHANGED)
  }

  private async entryOf({ counter, row }: PlacedRow): Promise<OutboxEntry> {
    return JSON.parse(await this.vault.open(outboxPlace(counter, row.open), row.sealed)) as OutboxEntry
  }

  /** What was captured or changed meanwhile is newer than what was read. */
  private takeRead(entries: readonly OutboxEntry[]): void {
    const older = entries.filter((entry) => !this.outbox.at(entry.counter))
    this.outbox.take(new Map(older.map((entry) => [entry.counter, entry])))
  }

  /** It is on the disk already: what goes wrong in a listener is told apart, or it would be captured a second time. */
  private tell(changed: Changed): void {
    for (const listener of this.listeners) {
      try {
        listener(changed)
      } catch (error) {
        void Promise.reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
  }
}

/** What a promise brings; null where what it reads was altered. */
async function unlessDamaged<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof StoreDamaged) return null
    throw error
  }
}

const HISTORY_PIECE = 100
const NOTHING: ReadonlySet<string> = new Set<string>()
const NO_RECORDS = { records: NOTHING, erased: NOTHING, left: NOTHING }
const UNCHANGED: Changed = { ...NO_RECORDS, outbox: false, values: NOTHING }

type Rows = [Key, unknown][]

/** What is on the disk, sealed. */
export interface SealedRows {
  values: Rows
  blocks: Rows
  rows: Rows
}

/** Fetch what is on the disk: it can be here already when the PIN has opened the vault. */
export async function sealedRows(database: Database): Promise<SealedRows> {
  const [values, blocks, rows] = await Promise.all([
    database.all('sealed'),
    database.all('blocks'),
    database.all('outbox'),
  ])
  return { values, blocks, rows }
}

/** As the store `outbox` has it: `open` tells what to read first; it is bound to the sealed text. */
interface OutboxRow {
  open: boolean
  sealed: Uint8Array<ArrayBuffer>
}

interface PlacedRow {
  counter: number
  row: OutboxRow
}

function outboxPlace(counter: number, open: boolean): string {
  return `outbox:${counter}:${open ? 'open' : 'settled'}`
}
