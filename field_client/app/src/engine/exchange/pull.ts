/** Following one village: changes page by page, each stored with its cursor, and the hashes compared at the end. */
import { countDay } from '../days'
import { type Feed, feedOf, keepFeed } from '../device/feed'
import { CallRefused, Unreachable } from '../errors'
import { momentMs } from '../sync/clock'
import { gridsOf, OWN } from '../sync/scope'
import { EMPTY, hashText } from '../sync/state_hash'
import type { ChangesPage, SegmentList } from '../wire/messages'
import type { Download } from './download'
import { type Exchange, ScopeChanged } from './exchange'
import { type Divergence, Segments } from './segments'

/** What the end of a feed says: its page, or a segment list to which nothing has been added since. */
type End = Pick<ChangesPage, 'time' | 'hashes' | 'hash'>

/** One run of following a village. NewEpoch and ScopeChanged are for the sync to answer. */
export class Pull {
  received = 0

  constructor(
    private readonly exchange: Exchange,
    private readonly village: string,
    private readonly download: Download,
  ) {}

  /** The list of segments, where this village is not followed yet: what a first sync will fetch is told before it is. */
  async listed(): Promise<SegmentList | null> {
    if (this.feed().cursor !== '') return null
    const listed = await this.segments().list()
    this.download.expect(this.village, listed.segments)
    return listed
  }

  /** Pull to the end; what differed and was put right, or differs still. */
  async run(listed: SegmentList | null = null): Promise<Divergence[]> {
    const end = (await this.begin(listed)) ?? (await this.toTheEnd())
    const differing = await this.differing(end)
    if (differing.length === 0) return []
    const today = countDay(momentMs(end.time))
    const { values } = this.exchange.store
    const again = differing.filter((part) => values.get(`repaired:${this.village}:${part}`) !== today)
    let found: Divergence[] = []
    let still = differing
    if (again.length > 0) {
      found = await this.segments().repair(again)
      await this.noteRepair(again, today)
      still = await this.differing(await this.toTheEnd())
    }
    return [
      ...found.filter((one) => !still.includes(one.part)),
      ...still.map((part) => ({ village: this.village, part, records: [], repaired: false })),
    ]
  }

  /**
   * Where nothing, or not every grid in scope, is followed yet: segments first. Segments to which nothing has been added
   * since are the end of the feed already.
   */
  private async begin(listed: SegmentList | null): Promise<End | null> {
    const feed = this.feed()
    if (feed.cursor === '') {
      const loaded = await this.load(() => true, listed)
      return loaded.hashes ? this.atTheEnd(loaded) : null
    }
    const parts = new Set(feed.parts)
    const grids = [...gridsOf(this.exchange.scope, this.village)]
    if (grids.every((grid) => parts.has(grid))) return null
    // the list's cursor may be ahead of ours: what is followed already is brought up to it before we go on from there
    const grown = await this.segments().list()
    await this.toTheEnd()
    await this.load((part) => part === OWN || !parts.has(part), grown)
    return null
  }

  private async load(wants: (part: string) => boolean, listed: SegmentList | null): Promise<SegmentList> {
    const segments = this.segments()
    const loaded = await segments.load(wants, listed ?? undefined)
    this.received += segments.received
    return loaded
  }

  private async atTheEnd(listed: SegmentList): Promise<End> {
    const { epoch, time, scope, cursor, hashes } = listed
    await this.storePage({ epoch, time, scope, cursor, hashes, records: [], more: false })
    return listed
  }

  private async toTheEnd(): Promise<ChangesPage> {
    for (;;) {
      try {
        const page = await this.page()
        await this.storePage(page)
        if (!page.more) return page
      } catch (error) {
        if (!(error instanceof CallRefused) || error.code !== 'cursor-expired') throw error
        await this.load(() => true, null)
      }
    }
  }

  private async page(): Promise<ChangesPage> {
    const { exchange, village } = this
    const { token, limits } = exchange.identity
    const query = { village, after: this.feed().cursor, limit: limits.page_records }
    const page = await exchange.call(() => exchange.transport.get<ChangesPage>('/changes', query, token))
    await exchange.takeEpoch(page.epoch)
    if (page.scope !== exchange.scope.number) throw new ScopeChanged('another scope')
    return page
  }

  private async storePage(page: ChangesPage): Promise<void> {
    const { exchange, village } = this
    const feed = this.feed()
    if (page.more && page.cursor === feed.cursor)
      throw new Unreachable(new Error('a page that does not advance'))
    const hashes = page.cursor === feed.cursor ? feed.hashes : {}
    await exchange.store.write((edit) => {
      const highest = edit.copy.applyEntries(village, page.records, exchange.scope)
      for (const one of page.records) if ('gone' in one && one.erased) edit.erase(one.id)
      keepFeed(edit.values, village, { ...feed, cursor: page.cursor, hashes })
      edit.outbox.liftHeldByCopy()
      if (!page.more) edit.outbox.liftPulled(village)
      exchange.adoptClock(edit, highest)
    })
    this.received += page.records.length
    exchange.step({ step: 'changes', done: this.received, total: this.received })
  }

  /** The parts of which the copy, without anything laid over it, is not the server's. */
  private async differing(end: End): Promise<string[]> {
    const ours = this.exchange.store.copy.hashes(this.village)
    const feed = this.feed()
    let theirs = end.hashes
    if (!theirs) {
      if (!end.hash || end.hash === combined(ours)) {
        await this.keepHashes(feed, ours)
        return []
      }
      // nothing changed since the parts were last told; if those are not known, any may differ
      if (Object.keys(feed.hashes).length === 0 || end.hash !== combined(feed.hashes)) {
        return [...new Set([...Object.keys(ours), ...feed.parts])].sort()
      }
      theirs = feed.hashes
    }
    await this.keepHashes(feed, theirs)
    return differingParts(ours, theirs)
  }

  private async keepHashes(feed: Feed, hashes: Record<string, string>): Promise<void> {
    if (differingParts(feed.hashes, hashes).length === 0) return
    await this.exchange.store.write((edit) => keepFeed(edit.values, this.village, { ...feed, hashes }))
  }

  private async noteRepair(parts: readonly string[], today: string): Promise<void> {
    await this.exchange.store.write((edit) => {
      for (const part of parts) edit.values.set(`repaired:${this.village}:${part}`, today)
    })
  }

  private segments(): Segments {
    return new Segments(this.exchange, this.village, this.download)
  }

  private feed(): Feed {
    const { store, identity } = this.exchange
    return feedOf(store.values, this.village, identity.epoch)
  }
}

/** One hash over all parts. */
export function combined(hashes: Readonly<Record<string, string>>): string {
  return hashText(Object.values(hashes).reduce((sum, text) => sum ^ BigInt(`0x${text}`), EMPTY))
}

/** Parts whose hash is not the same on both sides; one without records has the hash of nothing. */
export function differingParts(
  ours: Readonly<Record<string, string>>,
  theirs: Readonly<Record<string, string>>,
): string[] {
  const nothing = hashText(EMPTY)
  const parts = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort()
  return parts.filter((part) => (ours[part] ?? nothing) !== (theirs[part] ?? nothing))
}
