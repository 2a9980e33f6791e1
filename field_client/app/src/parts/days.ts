/** Days and moments as people say them, in Asia/Shanghai (which has kept UTC+8 since 1991). */
import { dayNumber, isDay } from '@/engine/days'
import type { Saying } from './saying'

/** From how many days on a date is said instead of "… days ago". */
const DATE_FROM_DAYS = 8

/** What `<input type="date">` and `type="time"` hold, as a moment; null where it is none. */
export function momentOf(day: string, time: string): string | null {
  return isDay(day) && /^([01]\d|2[0-3]):[0-5]\d$/.test(time) ? `${day}T${time}:00+08:00` : null
}

/** 今天, 昨天, 3 天前, 明天, 11 月 3 日, with the year where it is another one. */
export function dayInWords(day: string, today: string): Saying {
  const away = isDay(day) ? dayNumber(day) - dayNumber(today) : NaN
  if (away === 0) return { key: 'people.today' }
  if (away === -1) return { key: 'people.yesterday' }
  if (away === 1) return { key: 'people.tomorrow' }
  if (away < 0 && away > -DATE_FROM_DAYS) return { key: 'people.days_ago', named: { days: -away } }
  return dateInWords(day, day.slice(0, 4) !== today.slice(0, 4))
}

/** 11 月 3 日, or 2025 年 11 月 3 日. */
export function dateInWords(day: string, withYear = false): Saying {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
  return { key: withYear ? 'people.date_of_year' : 'people.date', named: { year, month, date } }
}

/** The weekday of an ISO day, 0 for Sunday. */
export function weekday(day: string): number {
  return new Date(day).getUTCDay()
}

/** How old somebody is on a day; null where the birth date is not known. */
export function ageOn(birth: string | undefined, today: string): number | null {
  if (!isDay(birth)) return null
  const years = Number(today.slice(0, 4)) - Number(birth.slice(0, 4))
  return today.slice(5) < birth.slice(5) ? years - 1 : years
}
