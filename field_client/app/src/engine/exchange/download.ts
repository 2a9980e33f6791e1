/** How far a first sync is, in bytes over all of its villages, so that it can be told before it is fetched. */
import type { SegmentEntry } from '../wire/messages'

export class Download {
  private readonly expected = new Map<string, readonly SegmentEntry[]>()
  private readonly came = new Map<string, number>()

  /** These segments of a village are to be fetched; told again, they take the place of those told before. */
  expect(village: string, segments: readonly SegmentEntry[]): void {
    this.expected.set(village, segments)
  }

  /** So many bytes of a segment are here. */
  have(digest: string, bytes: number): void {
    this.came.set(digest, bytes)
  }

  get bytesTotal(): number {
    return this.sum((entry) => entry.bytes)
  }

  get bytesDone(): number {
    return this.sum((entry) => Math.min(entry.bytes, this.came.get(entry.digest) ?? 0))
  }

  private sum(of: (entry: SegmentEntry) => number): number {
    return [...this.expected.values()].flat().reduce((sum, entry) => sum + of(entry), 0)
  }
}
