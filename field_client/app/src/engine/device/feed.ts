/** How far this phone follows each village, and what it found to differ. */
import { COMMON, OWN, type Scope } from '../sync/scope'
import type { ValuesEdit, ValuesReader } from './values'

/**
 * A village as it is followed: the cursor after the last page stored ('' before the first), and the parts that it
 * covers. `hashes` are the server's by part at that cursor, as far as they were told or found equal.
 */
export interface Feed {
  epoch: string
  cursor: string
  parts: string[]
  hashes: Record<string, string>
}

/** How a village is followed in this epoch; from nothing where it is not yet. */
export function feedOf(values: ValuesReader, village: string, epoch: string): Feed {
  const feed = values.get(`feed:${village}`)
  return feed?.epoch === epoch ? feed : { epoch, cursor: '', parts: [], hashes: {} }
}

/** Called in the write that stores what the cursor stands for. */
export function keepFeed(values: ValuesEdit, village: string, feed: Feed): void {
  values.set(`feed:${village}`, feed)
}

/** Villages that are not followed any more start from nothing if they ever come back. */
export function forgetFeeds(values: ValuesEdit, kept: readonly string[]): void {
  for (const village of followedVillages(values))
    if (!kept.includes(village)) values.set(`feed:${village}`, undefined)
}

/** Grids that left the scope count as not followed, so that they are fetched whole if they come back. */
export function trimFeeds(values: ValuesEdit, scope: Scope): void {
  for (const of of scope.villages) {
    const feed = values.get(`feed:${of.village}`)
    if (feed === undefined) continue
    const kept = new Set<string>([COMMON, OWN, ...of.grids])
    keepFeed(values, of.village, { ...feed, parts: feed.parts.filter((part) => kept.has(part)) })
  }
}

function followedVillages(values: ValuesReader): string[] {
  return values
    .names()
    .filter((name) => name.startsWith('feed:'))
    .map((name) => name.slice('feed:'.length))
}
