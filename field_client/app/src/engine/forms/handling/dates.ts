/**
 * Days as ISO texts (2026-11-23) and the arithmetic on them. A day has no time and no zone; only `dayInShanghai` makes
 * one of a moment. China keeps one zone without summer time since 1992; visits and cases are all later.
 */
const DAY_MS = 86_400_000
const SHANGHAI_MS = 8 * 3_600_000
const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/
/** A moment as records carry it: an ISO text that names its zone. */
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$/

/** The number of a day: days since 1970-01-01. RangeError for what is no real day. */
export function dayNumber(day: string): number {
  const ms = ISO_DAY.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN
  if (Number.isNaN(ms) || isoDay(ms / DAY_MS) !== day) throw new RangeError(`not a day: ${day}`)
  return ms / DAY_MS
}

/** The day with a number, as ISO text. */
export function isoDay(number: number): string {
  return new Date(number * DAY_MS).toISOString().slice(0, 10)
}

/** Whether a text is a real day written 2026-11-23; the other forms of ISO 8601 are not used. */
export function isIsoDay(value: unknown): value is string {
  if (typeof value !== 'string' || !ISO_DAY.test(value) || value.startsWith('0000')) return false
  const ms = Date.parse(`${value}T00:00:00Z`)
  return !Number.isNaN(ms) && isoDay(ms / DAY_MS) === value
}

/** The day so many days later (or earlier, where negative). */
export function plusDays(day: string, days: number): string {
  return isoDay(dayNumber(day) + days)
}

/** 0 Monday … 6 Sunday, of a day's number. */
export function weekdayOf(number: number): number {
  return (((number + 3) % 7) + 7) % 7
}

/** The day in Haining of a moment: an ISO text with its zone, or Unix milliseconds. RangeError without a zone. */
export function dayInShanghai(moment: string | number): string {
  const ms = typeof moment === 'number' ? moment : MOMENT.test(moment) ? Date.parse(moment) : NaN
  if (Number.isNaN(ms)) throw new RangeError(`not a moment with its zone: ${moment}`)
  return new Date(ms + SHANGHAI_MS).toISOString().slice(0, 10)
}
