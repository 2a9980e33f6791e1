/**
 * Days and instants: everything is counted by the day in Asia/Shanghai, which has been UTC+8 all year since 1991; with
 * the twin of `grid_map/days.py`. Instants are integers, Unix milliseconds; days are ISO texts, which sort as days do.
 */
export type Day = string

export const DAY_MS = 86_400_000
export const HOUR_MS = 3_600_000
const SHANGHAI_MS = 8 * HOUR_MS
const AT_MS_MIN = -2_208_988_800_000
const AT_MS_MAX = 32_503_680_000_000
/** A moment as records carry it: an ISO text that names its zone. */
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$/

/** The day in Asia/Shanghai that an instant belongs to. RangeError outside the years 1900 to 2999. */
export function countDay(atMs: number): Day {
  if (!(AT_MS_MIN <= atMs && atMs <= AT_MS_MAX))
    throw new RangeError(`an instant outside 1900 to 2999: ${atMs}`)
  return dayAt(atMs)
}

/** The same for whatever a broken phone says: some day of those years. */
export function nearestCountDay(atMs: number): Day {
  return countDay(Math.min(Math.max(atMs, AT_MS_MIN), AT_MS_MAX))
}

/** The day in Asia/Shanghai of a moment as records carry it. RangeError without a zone. */
export function dayInShanghai(moment: string): Day {
  const atMs = MOMENT.test(moment) ? Date.parse(moment) : NaN
  if (Number.isNaN(atMs)) throw new RangeError(`not a moment with its zone: ${moment}`)
  return dayAt(atMs)
}

function dayAt(atMs: number): Day {
  return dayOfNumber(Math.floor((atMs + SHANGHAI_MS) / DAY_MS))
}

/** The wall clock in Haining at an instant, as `14:05`. */
export function clockTime(atMs: number): string {
  return wallClock(atMs).slice(11, 16)
}

/** Day and wall clock in Haining at an instant, as `2026-11-23T14:05`. */
export function wallClock(atMs: number): string {
  return new Date(atMs + SHANGHAI_MS).toISOString().slice(0, 16)
}

/** Whether a value is a day that the calendar has, written 2026-11-23; `2026-02-29` is none. */
export function isDay(value: unknown): value is Day {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value) || value.startsWith('0000')) return false
  const atMs = Date.parse(`${value}T00:00:00Z`)
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(value)
}

// a phone counts over a few years of days; making and reading the texts is what costs
const KNOWN_MAX = 4096
const dayByNumber = new Map<number, Day>()
const numberByDay = new Map<Day, number>()

/** Days since 1970-01-01, to count with. RangeError for what is no day. */
export function dayNumber(day: Day): number {
  const known = numberByDay.get(day)
  if (known !== undefined) return known
  if (!isDay(day)) throw new RangeError(`not a day: ${day}`)
  const number = Date.parse(`${day}T00:00:00Z`) / DAY_MS
  if (numberByDay.size < KNOWN_MAX) numberByDay.set(day, number)
  return number
}

/** The day of a number of `dayNumber`. */
export function dayOfNumber(number: number): Day {
  const known = dayByNumber.get(number)
  if (known !== undefined) return known
  const day = new Date(number * DAY_MS).toISOString().slice(0, 10)
  if (dayByNumber.size < KNOWN_MAX) dayByNumber.set(number, day)
  return day
}

/** The day so many days later, or earlier where negative. */
export function addDays(day: Day, days: number): Day {
  return dayOfNumber(dayNumber(day) + days)
}

/** 0 Monday … 6 Sunday, of a number of `dayNumber`. */
export function weekdayOf(number: number): number {
  return (((number + 3) % 7) + 7) % 7
}

/** The last day of the day's calendar month. */
export function monthLastDay(day: Day): Day {
  return dayOfNumber(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)), 0) / DAY_MS)
}
