/** The exchange's pure decisions: when to sync, how long to wait, what events say, what differs, how far a download is. */
import { describe, expect, it } from 'vitest'
import type { Held } from '../../../src/engine/device/record_copy'
import { ArrivingSegment } from '../../../src/engine/exchange/arriving_segment'
import { waitMs } from '../../../src/engine/backoff'
import { Download } from '../../../src/engine/exchange/download'
import { Events } from '../../../src/engine/exchange/live'
import { combined, differingParts } from '../../../src/engine/exchange/pull'
import { EVERY_MS, type Situation, untilNextMs } from '../../../src/engine/exchange/schedule'
import { differences } from '../../../src/engine/exchange/segments'
import { sha256Hex } from '../../../src/engine/text'

const CALM: Situation = {
  online: true,
  visible: true,
  needsAccount: false,
  failed: 0,
  leastMs: 0,
  wanted: null,
}
const most = (): number => 1

describe('the next sync', () => {
  it('comes every five minutes while the app is seen, and within a second of a capture also when it is not', () => {
    expect(untilNextMs(CALM)).toBe(EVERY_MS)
    expect(untilNextMs({ ...CALM, visible: false })).toBeNull()
    expect(untilNextMs({ ...CALM, visible: false, wanted: 'capture' })).toBeLessThanOrEqual(1000)
    expect(untilNextMs({ ...CALM, wanted: 'now' })).toBe(0)
  })

  it('does not come without a network or an account', () => {
    expect(untilNextMs({ ...CALM, online: false, wanted: 'now' })).toBeNull()
    expect(untilNextMs({ ...CALM, needsAccount: true, wanted: 'now' })).toBeNull()
  })

  it('waits longer after each failure, whatever is captured meanwhile', () => {
    const waits = [1, 2, 3, 20].map(
      (failed) => untilNextMs({ ...CALM, failed, wanted: 'capture' }, most) ?? 0,
    )
    expect(waits).toEqual([5_000, 10_000, 20_000, 300_000])
    expect(untilNextMs({ ...CALM, failed: 1, leastMs: 60_000 })).toBe(60_000)
  })

  it('does not bring a village back in step', () => {
    expect(waitMs(3, 1000, 60_000, () => 0)).toBe(800)
    expect(waitMs(3, 1000, 60_000, most)).toBe(4000)
  })
})

describe('events', () => {
  it('are read whatever the pieces in which they come', () => {
    const heard: number[] = []
    const events = new Events((version) => heard.push(version))
    const text =
      ': ping\n\nevent: version\ndata: {"village":"v","version":812}\n\ndata: none\r\n\r\ndata: {"version":9}\n'
    for (const sign of text) events.take(sign)
    expect(heard).toEqual([812, 9])
  })
})

describe('hashes', () => {
  const one = '0f'.repeat(16)
  const other = 'f0'.repeat(16)

  it('of all parts are combined as on an empty page', () => {
    expect(combined({ a: one, b: other })).toBe('ff'.repeat(16))
    expect(combined({})).toBe('00'.repeat(16))
  })

  it('tell the parts that differ; a part without records is the same as none', () => {
    expect(differingParts({ a: one, b: other }, { a: one, b: one, c: '00'.repeat(16) })).toEqual(['b'])
    expect(differingParts({}, { c: one })).toEqual(['c'])
  })
})

describe('what differed in a part', () => {
  const held = (version: number, part = 'g'): Held => ({
    record: { id: '', kind: 'task', village: 'v', by: '', created: ['', ''], origin: ['', 1], values: {} },
    version,
    part,
  })

  it('is told among the records that the segment could tell of', () => {
    const before = new Map([
      ['same', held(1)],
      ['old', held(2)],
      ['gone', held(3)],
      ['newer', held(9)],
    ])
    const after = new Map([
      ['same', held(1)],
      ['old', held(4)],
      ['missing', held(5)],
    ])
    const segment = { part: 'g', digest: '', bytes: 0, records: 3, version: 6 }
    expect(differences('v', ['g', 'h'], before, after, [segment])).toEqual([
      { village: 'v', part: 'g', records: ['gone', 'missing', 'old'], repaired: true },
    ])
  })
})

describe('a segment on its way', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4)
  const entry = { part: 'g', digest: sha256Hex(bytes), bytes: 4, records: 1, version: 1 }

  it('goes on from what is kept, begins again where the server does, and is whole by its digest alone', () => {
    const arriving = new ArrivingSegment(entry, bytes.subarray(0, 2))
    expect(() => arriving.take(bytes.subarray(3), 3)).toThrow(RangeError)
    arriving.take(Uint8Array.of(1), 0)
    expect(arriving.length).toBe(1)
    arriving.take(bytes.subarray(1), 1)
    expect(arriving.isWhole).toBe(true)
    arriving.take(Uint8Array.of(9), 3)
    expect(arriving.isWhole).toBe(false)
  })

  it('is counted over all villages', () => {
    const download = new Download()
    download.expect('v', [entry])
    download.expect('w', [{ ...entry, digest: 'other', bytes: 10 }])
    download.have(entry.digest, 3)
    expect([download.bytesDone, download.bytesTotal]).toEqual([3, 14])
    download.expect('w', [])
    expect(download.bytesTotal).toBe(4)
  })
})
