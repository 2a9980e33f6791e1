/** One segment as far as its bytes came. */
import { sha256Hex } from '../text'
import type { SegmentEntry } from '../wire/messages'

export class ArrivingSegment {
  length = 0
  private readonly bytes: Uint8Array

  /** `kept` is its beginning, as far as it came before; null where nothing did. */
  constructor(
    readonly entry: SegmentEntry,
    kept: Uint8Array | null,
  ) {
    this.bytes = new Uint8Array(entry.bytes)
    if (kept !== null && kept.length <= entry.bytes) this.take(kept, 0)
  }

  /** A piece and where it stands; one from the start again takes the place of all that came. RangeError if it fits not. */
  take(piece: Uint8Array, at: number): void {
    if (at > this.length || at + piece.length > this.bytes.length)
      throw new RangeError('not the bytes asked for')
    this.bytes.set(piece, at)
    this.length = at + piece.length
  }

  get arrived(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  /** Whether all of it is here, and is what the digest names. */
  get isWhole(): boolean {
    return this.length === this.bytes.length && sha256Hex(this.bytes) === this.entry.digest
  }
}
