import { describe, expect, it } from 'vitest'
import {
  adopted,
  capped,
  clockText,
  correctedMs,
  isClock,
  moment,
  momentMs,
  nextReading,
  parseClock,
  setBack,
} from '@/engine/sync/clock'
import { vectors } from '../vectors'

const CLOCK = vectors<{
  moments: { text: string; unix_ms: number }[]
  corrected: { said_ms: number; offset_ms: number; corrected_ms: number }[]
  valid: string[]
  invalid: string[]
  in_order: string[]
  readings: { last: string; now_ms: number; next: string }[]
  adoption: { last: string; other: string; now_ms: number; adopted: string }[]
  setting_back: { last: string; server_ms: number; after: string }[]
  capping: { clock: string; receipt_ms: number; counts_as: string }[]
}>('clock')

describe('the hybrid clock', () => {
  it.each(CLOCK.moments)('reads the moment $text', ({ text, unix_ms }) => {
    expect(momentMs(text)).toBe(unix_ms)
    expect(momentMs(moment(unix_ms))).toBe(unix_ms)
  })
  it.each(['2026-11-23', '2026-11-23T08:00:00', '2026-02-29T08:00:00Z', '2026-11-23T24:00:00Z', 'x'])(
    'takes %s for no moment with a zone',
    (text) => expect(() => momentMs(text)).toThrow(RangeError),
  )
  it.each(CLOCK.corrected)('corrects by $offset_ms', (one) =>
    expect(correctedMs(one.said_ms, one.offset_ms)).toBe(one.corrected_ms),
  )
  it.each(CLOCK.valid)('takes %s', (text) => {
    expect(isClock(text)).toBe(true)
    expect(clockText(parseClock(text))).toBe(text)
  })
  it.each(CLOCK.invalid)('refuses "%s"', (text) => {
    expect(isClock(text)).toBe(false)
    expect(() => parseClock(text)).toThrow(RangeError)
  })
  it('sorts as text in the order of time', () => {
    expect([...CLOCK.in_order].sort()).toEqual(CLOCK.in_order)
  })
  it.each(CLOCK.readings)('reads on from $last to $next', (one) =>
    expect(clockText(nextReading(parseClock(one.last), one.now_ms))).toBe(one.next),
  )
  it.each(CLOCK.adoption)('having seen $other is at $adopted', (one) =>
    expect(clockText(adopted(parseClock(one.last), parseClock(one.other), one.now_ms))).toBe(one.adopted),
  )
  it.each(CLOCK.setting_back)('is brought back from $last to $after', (one) =>
    expect(clockText(setBack(parseClock(one.last), one.server_ms))).toBe(one.after),
  )
  it.each(CLOCK.capping)('counts $clock as $counts_as', (one) =>
    expect(capped(one.clock, one.receipt_ms)).toBe(one.counts_as),
  )
})
