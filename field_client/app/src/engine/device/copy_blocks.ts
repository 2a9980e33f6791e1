/**
 * How the copy stands on the disk: a log of blocks, each one JSON text, sealed whole (store `blocks`, keys ascending).
 *
 * A block holds what a write changed: records put, each with its version and part, and ids removed. Read in the order of
 * their keys the last word about a record counts. Whole blocks, because to open five thousand small seals takes a phone
 * seconds, and a few large ones milliseconds. Many small blocks are joined, and dead weight is dropped (`compaction`).
 *
 * There are two such logs: records whose kind names no resident (catalogue, calendar, grids, rota), and all others. A phone
 * that may not be read opens the first one only (reading.ts); the other one stays closed on the disk.
 */
import { KINDS } from '../sync/kinds'
import type { FieldRecord } from '../sync/record'
import type { Key } from './database'
import type { Held, RecordCopy } from './record_copy'

const LINES_MAX = 2000
/** A block of fewer lines is joined with others like it. */
const SMALL = 400
const SMALL_BLOCKS_MAX = 40
/** Lines that mean nothing any more, beyond the live ones, before everything is written anew. */
const DEAD_LINES_MIN = 2000

interface Body {
  held: [version: number, part: string, record: FieldRecord][]
  gone: string[]
}

interface Known {
  held: string[]
  gone: string[]
}

/** What a write does to the blocks. */
export interface BlockPlan {
  puts: (Known & { key: Key; text: string })[]
  removes: Key[]
}

type Line = readonly [id: string, held: Held | undefined]

/** Keys of the log that names nobody begin so, and then have a number of so many digits. */
const PLAIN = 'plain-'
const DIGITS = 9

/** Whether a block may be read by a phone whose reading has ended. */
export function isPlainBlock(key: Key): boolean {
  return typeof key === 'string'
}

/** Whether a record may be. A kind that this program does not know may name anybody. */
export function isPlainKind(kind: string): boolean {
  return KINDS.get(kind)?.names_resident === false
}

export class CopyBlocks {
  private readonly known = new Map<Key, Known>()
  /** The block that has the last word about a record that is held. */
  private readonly blockOf = new Map<string, Key>()
  private next = 1
  /** Blocks of an earlier version of this program hold both; they are written anew when they can be. */
  private mixed = false

  /** These keys are used, also those of blocks that are not read. */
  reserve(keys: readonly Key[]): void {
    for (const key of keys) this.next = Math.max(this.next, numberOf(key) + 1)
  }

  /** Read a block; its entries. Blocks of one log are read in the order of their keys. */
  read(key: Key, text: string): Line[] {
    const body = JSON.parse(text) as Body
    const held = body.held
      .map(([version, part, record]): Line => [record.id, { record, version, part }])
      // the log that names nobody has the last word about what stands there
      .filter(([id]) => isPlainBlock(key) || !this.standsPlain(id))
    if (!isPlainBlock(key)) this.mixed ||= body.held.some(([, , record]) => isPlainKind(record.kind))
    const gone = body.gone.filter((id) => isPlainBlock(key) || !this.standsPlain(id))
    this.note(key, { held: held.map(([id]) => id), gone })
    return [...gone.map((id): Line => [id, undefined]), ...held]
  }

  /** The blocks that are not plain are closed again. */
  close(): void {
    for (const key of [...this.known.keys()]) if (!isPlainBlock(key)) this.known.delete(key)
    for (const [id, key] of [...this.blockOf]) if (!isPlainBlock(key)) this.blockOf.delete(id)
  }

  /** The blocks that a write adds. */
  planned(changed: ReadonlyMap<string, Held | undefined>): BlockPlan {
    // what was never written need not be removed
    const lines = [...changed].filter(([id, held]) => held !== undefined || this.blockOf.has(id))
    return { puts: this.blocksOf(lines), removes: [] }
  }

  /** What joins small blocks and drops dead weight; null where nothing is worth it. */
  compaction(copy: RecordCopy): BlockPlan | null {
    const lines = [...this.known.values()].reduce((sum, one) => sum + one.held.length + one.gone.length, 0)
    if (this.mixed || lines > 2 * copy.size + DEAD_LINES_MIN)
      return { puts: this.blocksOf([...copy.all()]), removes: [...this.known.keys()] }
    const small = [...this.known].filter(([, one]) => one.held.length + one.gone.length < SMALL)
    if (small.length <= SMALL_BLOCKS_MAX) return null
    const log = (plain: boolean): BlockPlan['puts'] => {
      const blocks = small.filter(([key]) => isPlainBlock(key) === plain)
      return this.logOf(this.joined(blocks, copy), plain)
    }
    return { puts: [...log(false), ...log(true)], removes: small.map(([key]) => key) }
  }

  /** It is on the disk. */
  take(plan: BlockPlan): void {
    for (const key of plan.removes) this.known.delete(key)
    for (const put of plan.puts) this.note(put.key, { held: put.held, gone: put.gone })
    if (plan.removes.length > 0) this.mixed = false
  }

  /** What these blocks still have the last word about, and what they say is gone. */
  private joined(blocks: [Key, Known][], copy: RecordCopy): Line[] {
    const lines = new Map<string, Held | undefined>()
    for (const [key, one] of blocks) {
      for (const id of one.gone) if (copy.held(id) === undefined) lines.set(id, undefined)
      for (const id of one.held) if (this.blockOf.get(id) === key) lines.set(id, copy.held(id))
    }
    return [...lines]
  }

  private blocksOf(lines: Line[]): BlockPlan['puts'] {
    const plain = (line: Line): boolean => this.isPlain(line)
    const others = this.logOf(
      lines.filter((line) => !plain(line)),
      false,
    )
    return [...others, ...this.logOf(lines.filter(plain), true)]
  }

  private logOf(lines: Line[], plain: boolean): BlockPlan['puts'] {
    const puts: BlockPlan['puts'] = []
    for (let at = 0; at < lines.length; at += LINES_MAX) {
      const piece = lines.slice(at, at + LINES_MAX)
      const held = piece.flatMap(([id, one]) => (one === undefined ? [] : [{ id, one }]))
      const gone = piece.filter(([, one]) => one === undefined).map(([id]) => id)
      const body: Body = { held: held.map(({ one }) => [one.version, one.part, one.record]), gone }
      puts.push({
        key: keyOf(this.next + puts.length, plain),
        text: JSON.stringify(body),
        held: held.map(({ id }) => id),
        gone,
      })
    }
    return puts
  }

  /** In which log a line stands: by its kind; one that is removed, where it stood. */
  private isPlain([id, held]: Line): boolean {
    return held === undefined ? this.standsPlain(id) : isPlainKind(held.record.kind)
  }

  private standsPlain(id: string): boolean {
    const block = this.blockOf.get(id)
    return block !== undefined && isPlainBlock(block)
  }

  private note(key: Key, known: Known): void {
    this.known.set(key, known)
    for (const id of known.gone) this.blockOf.delete(id)
    for (const id of known.held) this.blockOf.set(id, key)
    this.reserve([key])
  }
}

function keyOf(number: number, plain: boolean): Key {
  return plain ? PLAIN + String(number).padStart(DIGITS, '0') : number
}

function numberOf(key: Key): number {
  return Number(String(key).replace(PLAIN, ''))
}
