/**
 * The hybrid logical clock over corrected time; the twin of `sync/clock.py`.
 *
 * A device's clock never runs backwards; it adopts none that is more than `AHEAD_MS_MAX` ahead of its own corrected
 * time. Its text form `2026-11-23T08:12:03.123Z/0002` sorts as text in the order of time.
 */
import { isDay } from '../days'

const AHEAD_MS_MAX = 10 * 60 * 1000
const LOGICAL_MAX = 0xffff
const CLOCK = /^(19|2\d)\d\d-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z\/[0-9a-f]{4}$/
const MOMENT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)$/

/** One reading: Unix milliseconds of corrected time, and the logical part that orders readings of the same one. */
export interface Clock {
  ms: number
  logical: number
}

/** Unix milliseconds as `2026-11-23T08:12:03.123Z`. */
export function moment(unixMs: number): string {
  return new Date(unixMs).toISOString()
}

/** Unix milliseconds of an ISO 8601 moment with a zone; what is finer is cut off. RangeError if it is none. */
export function momentMs(text: string): number {
  const found = MOMENT.exec(text.toUpperCase())
  if (found === null) throw new RangeError(`not a moment with a time zone: ${text}`)
  const [, year, month, day, hour, minute, second = '00', fraction = '', zone = 'Z'] = found
  const millis = fraction.padEnd(3, '0').slice(0, 3)
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`)
  if (Number.isNaN(at) || !isDay(text.slice(0, 10)) || hour === '24')
    throw new RangeError(`not a moment: ${text}`)
  return at - zoneMs(zone)
}

function zoneMs(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}

/** What a phone's clock said, put right by its measured offset (phone minus server, in milliseconds). */
export function correctedMs(saidMs: number, offsetMs: number): number {
  return saidMs - offsetMs
}

/** Whether a text is a clock in the protocol's form and names a real time of the years 1900 to 2999. */
export function isClock(text: string): boolean {
  return CLOCK.test(text) && isDay(text.slice(0, 10))
}

/** A clock from its text form. RangeError if it is none. */
export function parseClock(text: string): Clock {
  if (!isClock(text)) throw new RangeError(`not a clock: ${text}`)
  return { ms: Date.parse(text.slice(0, 24)), logical: parseInt(text.slice(25), 16) }
}

/** A clock's text form, as it travels. */
export function clockText(clock: Clock): string {
  return `${moment(clock.ms)}/${clock.logical.toString(16).padStart(4, '0')}`
}

/** The clock that counts in merging: one too far ahead of its receipt counts as the receipt time. */
export function capped(clock: string, receiptMs: number): string {
  return clock <= `${moment(receiptMs + AHEAD_MS_MAX)}/ffff` ? clock : `${moment(receiptMs)}/0000`
}

/** The reading for a new operation, given the last one and the corrected time. */
export function nextReading(last: Clock, nowMs: number): Clock {
  if (nowMs > last.ms) return { ms: nowMs, logical: 0 }
  if (last.logical < LOGICAL_MAX) return { ms: last.ms, logical: last.logical + 1 }
  return { ms: last.ms + 1, logical: 0 }
}

/** The device's clock after it saw another one: it follows, but never one too far ahead of its corrected time. */
export function adopted(last: Clock, other: Clock, nowMs: number): Clock {
  if (other.ms > nowMs + AHEAD_MS_MAX) return last
  return other.ms > last.ms || (other.ms === last.ms && other.logical > last.logical) ? other : last
}

/** The device's clock after an exchange: brought back to the server's time where it ran too far ahead of it. */
export function setBack(last: Clock, serverMs: number): Clock {
  return last.ms > serverMs + AHEAD_MS_MAX ? { ms: serverMs, logical: 0 } : last
}
