/**
 * From instants to days: everything is counted by the day in Asia/Shanghai, which has been UTC+8 all year since 1991;
 * the twin of `grid_map/days.py`. Instants are integers, Unix milliseconds; days are ISO texts, which sort as days do.
 */
export type Day = string

export const DAY_MS = 86_400_000
export const HOUR_MS = 3_600_000
const SHANGHAI_MS = 8 * HOUR_MS
const AT_MS_MIN = -2_208_988_800_000
const AT_MS_MAX = 32_503_680_000_000

/** The day in Asia/Shanghai that an instant belongs to. RangeError outside the years 1900 to 2999. */
export function countDay(atMs: number): Day {
  if (!(AT_MS_MIN <= atMs && atMs <= AT_MS_MAX))
    throw new RangeError(`an instant outside 1900 to 2999: ${atMs}`)
  return dayOfNumber(Math.floor((atMs + SHANGHAI_MS) / DAY_MS))
}

/** The first instant of a day in Asia/Shanghai. */
export function dayStartMs(day: Day): number {
  return dayNumber(day) * DAY_MS - SHANGHAI_MS
}

/** Days since 1970-01-01, to count with. */
export function dayNumber(day: Day): number {
  const ms = Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1, Number(day.slice(8, 10)))
  return ms / DAY_MS
}

const isoByNumber = new Map<number, Day>()

/** The day of a number of `dayNumber`. */
export function dayOfNumber(number: number): Day {
  const known = isoByNumber.get(number)
  if (known !== undefined) return known
  const day = new Date(number * DAY_MS).toISOString().slice(0, 10)
  // a phone counts over a few years of days; making the text is what costs
  if (isoByNumber.size < 4096) isoByNumber.set(number, day)
  return day
}

export function addDays(day: Day, days: number): Day {
  return dayOfNumber(dayNumber(day) + days)
}

/** The last day of the day's calendar month. */
export function monthLastDay(day: Day): Day {
  return dayOfNumber(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)), 0) / DAY_MS)
}

/** The wall clock in Haining at an instant, as `14:05`. */
export function clockTime(atMs: number): string {
  return new Date(atMs + SHANGHAI_MS).toISOString().slice(11, 16)
}
