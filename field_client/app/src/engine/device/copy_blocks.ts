/**
 * How the copy stands on the disk: a log of blocks, each one JSON text, sealed whole (store `blocks`, keys ascending).
 *
 * A block holds what a write changed: records put, each with its version and part, and ids removed. Read in the order of
 * their keys the last word about a record counts. Whole blocks, because to open five thousand small seals takes a phone
 * seconds, and a few large ones milliseconds. Many small blocks are joined, and dead weight is dropped (`compaction`).
 */
import type { FieldRecord } from '../sync/record'
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
  puts: (Known & { key: number; text: string })[]
  removes: number[]
}

type Line = readonly [id: string, held: Held | undefined]

export class CopyBlocks {
  private readonly known = new Map<number, Known>()
  /** The block that has the last word about a record that is held. */
  private readonly blockOf = new Map<string, number>()
  private next = 1

  /** Read a block; its entries. Blocks are read in the order of their keys. */
  read(key: number, text: string): Line[] {
    const body = JSON.parse(text) as Body
    const held = body.held.map(([version, part, record]): Line => [record.id, { record, version, part }])
    const gone = body.gone.map((id): Line => [id, undefined])
    this.note(key, { held: held.map(([id]) => id), gone: body.gone })
    return [...gone, ...held]
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
    if (lines > 2 * copy.size + DEAD_LINES_MIN)
      return { puts: this.blocksOf([...copy.all()]), removes: [...this.known.keys()] }
    const small = [...this.known].filter(([, one]) => one.held.length + one.gone.length < SMALL)
    if (small.length <= SMALL_BLOCKS_MAX) return null
    return { puts: this.blocksOf(this.joined(small, copy)), removes: small.map(([key]) => key) }
  }

  /** It is on the disk. */
  take(plan: BlockPlan): void {
    for (const key of plan.removes) this.known.delete(key)
    for (const put of plan.puts) this.note(put.key, { held: put.held, gone: put.gone })
  }

  /** What these blocks still have the last word about, and what they say is gone. */
  private joined(blocks: [number, Known][], copy: RecordCopy): Line[] {
    const lines = new Map<string, Held | undefined>()
    for (const [key, one] of blocks) {
      for (const id of one.gone) if (copy.held(id) === undefined) lines.set(id, undefined)
      for (const id of one.held) if (this.blockOf.get(id) === key) lines.set(id, copy.held(id))
    }
    return [...lines]
  }

  private blocksOf(lines: Line[]): BlockPlan['puts'] {
    const puts: BlockPlan['puts'] = []
    for (let at = 0; at < lines.length; at += LINES_MAX) {
      const piece = lines.slice(at, at + LINES_MAX)
      const held = piece.flatMap(([id, one]) => (one === undefined ? [] : [{ id, one }]))
      const gone = piece.filter(([, one]) => one === undefined).map(([id]) => id)
      const body: Body = { held: held.map(({ one }) => [one.version, one.part, one.record]), gone }
      puts.push({
        key: this.next + puts.length,
        text: JSON.stringify(body),
        held: held.map(({ id }) => id),
        gone,
      })
    }
    return puts
  }

  private note(key: number, known: Known): void {
    this.known.set(key, known)
    for (const id of known.gone) this.blockOf.delete(id)
    for (const id of known.held) this.blockOf.set(id, key)
    this.next = Math.max(this.next, key + 1)
  }
}
