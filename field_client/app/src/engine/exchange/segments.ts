/**
 * First sync: segments fetched one by one, kept as they came until all are there, then stored in one write.
 *
 * A segment's digest never names other bytes, so what was fetched before a break, even a part of one, is not fetched
 * again.
 */
import type { Held } from '../device/record_copy'
import { type Feed, feedOf, keepFeed } from '../device/feed'
import type { Edit } from '../device/store'
import { CallRefused, Unreachable } from '../errors'
import { gridsOf } from '../sync/scope'
import type { FeedRecord, SegmentEntry, SegmentList } from '../wire/messages'
import { ArrivingSegment } from './arriving_segment'
import { recordsOf } from './compression'
import type { Download } from './download'
import { type Exchange, ScopeChanged } from './exchange'

const FETCHES_MAX = 3

/** A part of the copy that was not the server's: the records that differed, and whether it was put right. */
export interface Divergence {
  village: string
  part: string
  records: string[]
  repaired: boolean
}

interface Fetched {
  listed: SegmentList
  segments: { entry: SegmentEntry; records: FeedRecord[] }[]
}

/** The segments of one village. */
export class Segments {
  received = 0

  constructor(
    private readonly exchange: Exchange,
    private readonly village: string,
    private readonly download: Download,
  ) {}

  /** The list as it is now. ScopeChanged, NewEpoch. */
  async list(): Promise<SegmentList> {
    const { exchange, village } = this
    const { token } = exchange.identity
    const listed = await exchange.call(() =>
      exchange.transport.get<SegmentList>('/segments', { village }, token),
    )
    await exchange.takeEpoch(listed.epoch)
    if (listed.scope !== exchange.scope.number) throw new ScopeChanged('another scope')
    return listed
  }

  /**
   * Fetch and store the segments of parts that are wanted, and the cursor from which the village's changes follow.
   * `listed` spares the first asking for the list.
   */
  async load(wants: (part: string) => boolean, listed?: SegmentList): Promise<SegmentList> {
    const fresh = this.feed().parts.length === 0
    const fetched = await this.fetched(wants, listed)
    this.exchange.step({ step: 'store', done: 0, total: 1 })
    await this.exchange.store.write((edit) => this.stored(edit, fetched, fresh))
    this.exchange.step({ step: 'store', done: 1, total: 1 })
    this.received += fetched.segments.reduce((sum, { entry }) => sum + entry.records, 0)
    return fetched.listed
  }

  /** Fetch parts that differ again and put them in the place of the copy's; what differed. */
  async repair(parts: readonly string[]): Promise<Divergence[]> {
    const { store, scope } = this.exchange
    const fetched = await this.fetched((part) => parts.includes(part))
    return store.write((edit) => {
      const before = this.heldIn(edit, parts)
      // a part without a segment has no records
      for (const part of parts) edit.copy.dropPart(this.village, part)
      for (const { records } of fetched.segments) edit.copy.storeRecords(records, scope)
      keepFeed(edit.values, this.village, this.feedAfter(fetched.listed))
      edit.outbox.layAgain([...before.keys()])
      edit.forgetSegments(this.village)
      const entries = fetched.segments.map(({ entry }) => entry)
      return differences(this.village, parts, before, this.heldIn(edit, parts), entries)
    })
  }

  private stored(edit: Edit, fetched: Fetched, fresh: boolean): void {
    const { exchange, village } = this
    // first sync of this epoch: whatever another epoch left is of no use; a restored server may have lost some of ours
    const steppedBack = fresh ? edit.copy.dropHome(village) : []
    let highest = ''
    for (const { entry, records } of fetched.segments) {
      const stored = edit.copy.storeRecords(records, exchange.scope)
      if (stored.highest > highest) highest = stored.highest
      if (!fresh) {
        steppedBack.push(...edit.copy.dropDeparted(village, entry.part, entry.version, stored.named))
      }
    }
    keepFeed(edit.values, village, this.feedAfter(fetched.listed))
    edit.forgetSegments(this.village)
    edit.outbox.layAgain(steppedBack)
    exchange.adoptClock(edit, highest)
  }

  /** The list, and the records of its wanted segments. One that is gone was replaced: the list is fetched again. */
  private async fetched(wants: (part: string) => boolean, first?: SegmentList): Promise<Fetched> {
    let listed = first ?? (await this.list())
    for (let attempt = 1; ; attempt += 1) {
      const wanted = listed.segments.filter((entry) => wants(entry.part))
      this.download.expect(this.village, wanted)
      try {
        const segments: Fetched['segments'] = []
        for (const [done, entry] of wanted.entries()) {
          const bytes = await this.bytesOf(entry, () => this.step(done, wanted.length))
          segments.push({ entry, records: recordsOf(bytes) })
        }
        this.step(wanted.length, wanted.length)
        return { listed, segments }
      } catch (error) {
        if (!(error instanceof CallRefused) || error.status !== 404) throw error
        if (attempt === FETCHES_MAX) throw new Unreachable(new Error('the segments change too fast'))
        listed = await this.list()
      }
    }
  }

  /** A segment's bytes as its digest names them; a break keeps what came, and the next attempt goes on from there. */
  private async bytesOf(entry: SegmentEntry, told: () => void): Promise<Uint8Array> {
    const { segments } = this.exchange.store
    const kept = await segments.read(this.village, entry.digest)
    for (let attempt = 1; attempt <= FETCHES_MAX; attempt += 1) {
      const arriving = new ArrivingSegment(entry, attempt === 1 ? kept : null)
      const before = arriving.length
      try {
        await this.fetch(arriving, told)
      } finally {
        if (arriving.length > before) await segments.keep(this.village, entry.digest, arriving.arrived)
      }
      if (arriving.isWhole) return arriving.arrived
    }
    throw new Unreachable(new Error('a segment does not have the bytes that its digest names'))
  }

  private async fetch(arriving: ArrivingSegment, told: () => void): Promise<void> {
    const { exchange, download } = this
    const { digest, bytes } = arriving.entry
    const { token } = exchange.identity
    const took = (): void => {
      download.have(digest, arriving.length)
      told()
    }
    took()
    if (arriving.length === bytes) return
    await exchange.call(() =>
      exchange.transport.getBytes(`/segments/${digest}`, token, arriving.length, (piece, at) => {
        arriving.take(piece, at)
        took()
      }),
    )
  }

  private step(done: number, total: number): void {
    const { bytesDone, bytesTotal } = this.download
    this.exchange.step({ step: 'segments', done, total, bytesDone, bytesTotal })
  }

  private feed(): Feed {
    const { store, identity } = this.exchange
    return feedOf(store.values, this.village, identity.epoch)
  }

  private feedAfter(listed: SegmentList): Feed {
    const parts = new Set(listed.segments.map((entry) => entry.part))
    for (const grid of gridsOf(this.exchange.scope, this.village)) parts.add(grid)
    return { epoch: listed.epoch, cursor: listed.cursor, parts: [...parts].sort(), hashes: {} }
  }

  private heldIn(edit: Edit, parts: readonly string[]): Map<string, Held> {
    return new Map([...edit.copy.of(this.village)].filter(([, held]) => parts.includes(held.part)))
  }
}

/** What differed in each part, among the records that its segment could tell of. */
export function differences(
  village: string,
  parts: readonly string[],
  before: ReadonlyMap<string, Held>,
  after: ReadonlyMap<string, Held>,
  fetched: readonly SegmentEntry[],
): Divergence[] {
  const versionOf = new Map(fetched.map((entry) => [entry.part, entry.version]))
  return parts
    .map((part) => {
      const upTo = versionOf.get(part) ?? 0
      const then = (id: string): number | undefined => versionIn(before, id, part, upTo)
      const now = (id: string): number | undefined => versionIn(after, id, part, Infinity)
      const ids = [...new Set([...before.keys(), ...after.keys()])]
      return { village, part, records: ids.filter((id) => then(id) !== now(id)).sort(), repaired: true }
    })
    .filter((found) => found.records.length > 0)
}

function versionIn(
  held: ReadonlyMap<string, Held>,
  id: string,
  part: string,
  upTo: number,
): number | undefined {
  const found = held.get(id)
  return found !== undefined && found.part === part && found.version <= upTo ? found.version : undefined
}
