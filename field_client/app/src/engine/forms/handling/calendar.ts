/**
 * Working days, from the State Council's yearly notice; the twin of `forms/handling/calendar.py`.
 *
 * The day of receipt is not counted. A year without a notice is not known: a date that was counted across such a year
 * is `tentative` (暂定): Monday to Friday was assumed there, and whoever shows the date says so. Days are ISO texts.
 */
import { dayNumber, dayOfNumber, weekdayOf } from '../../days'

/** The table as it travels: exceptions to Monday–Friday in `first_year` … `last_year`, both lists sorted. */
export interface CalendarTable {
  version: string
  first_year: number
  last_year: number
  /** Mondays to Fridays that are off. */
  holidays: readonly string[]
  /** Saturdays and Sundays that are made up for. */
  workdays: readonly string[]
}

/** A date, and whether it is 暂定: counted across a year whose holidays are not published. */
export interface DueDate {
  day: string
  tentative: boolean
}

/** A number of days, and whether it is 暂定. */
export interface DayCount {
  days: number
  tentative: boolean
}

/** The table holds no notice for this year. Recover by a newer calendar, or count tentatively. */
export class UnpublishedYear extends Error {
  constructor(readonly year: number) {
    super(`no holiday notice for ${year}`)
    this.name = 'UnpublishedYear'
  }
}

const SATURDAY = 5
/** A month closes on its 5th following working day (domain notes, How visits are counted). */
const MONTH_CLOSES_AFTER_DAYS = 5

export class WorkingCalendar {
  readonly version: string
  readonly firstYear: number
  readonly lastYear: number
  private readonly holidays: ReadonlySet<number>
  private readonly workdays: ReadonlySet<number>
  private readonly firstDay: number
  private readonly lastDay: number

  /** RangeError for a table that breaks its own rules, so that a bad download never moves a date. */
  constructor(table: CalendarTable) {
    if (table.first_year > table.last_year) throw new RangeError('the calendar has its years reversed')
    this.version = table.version
    this.firstYear = table.first_year
    this.lastYear = table.last_year
    this.firstDay = dayNumber(`${table.first_year}-01-01`)
    this.lastDay = dayNumber(`${table.last_year}-12-31`)
    this.holidays = this.checked(table.holidays, false)
    this.workdays = this.checked(table.workdays, true)
  }

  /** Whether the holidays of this day's year are published. */
  covers(day: string): boolean {
    return this.coversNumber(dayNumber(day))
  }

  /** Whether a day is a working day. UnpublishedYear where nobody knows yet. */
  isWorkingDay(day: string): boolean {
    if (!this.covers(day)) throw new UnpublishedYear(Number(day.slice(0, 4)))
    return this.assumeWorkingDay(day)
  }

  /** As `isWorkingDay`, but Monday to Friday in an unpublished year: the caller must say 暂定. */
  assumeWorkingDay(day: string): boolean {
    return this.works(dayNumber(day))
  }

  /** The last day of a limit of so many working days received on `start`, which is not counted; 0 is `start`. */
  addWorkingDays(start: string, days: number): DueDate {
    if (days < 0) throw new RangeError(`working days cannot be negative: ${days}`)
    let day = dayNumber(start)
    let tentative = false
    for (let left = days; left > 0;) {
      day += 1
      tentative ||= !this.coversNumber(day)
      if (this.works(day)) left -= 1
    }
    return { day: dayOfNumber(day), tentative }
  }

  /** The day itself if it is a working day, else the next one. */
  workingDayFrom(start: string): DueDate {
    let day = dayNumber(start)
    let tentative = !this.coversNumber(day)
    while (!this.works(day)) {
      day += 1
      tentative ||= !this.coversNumber(day)
    }
    return { day: dayOfNumber(day), tentative }
  }

  /** Working days after `start` up to and with `end`; negative where `end` is before `start`. */
  workingDaysBetween(start: string, end: string): DayCount {
    if (end < start) {
      const back = this.workingDaysBetween(end, start)
      return { days: -back.days, tentative: back.tentative }
    }
    return this.availableDays(dayOfNumber(dayNumber(start) + 1), end)
  }

  /** The `number`th (from 1) working day of a month; months from 1. */
  workingDayOfMonth(year: number, month: number, number: number): DueDate {
    if (number < 1) throw new RangeError(`counted from 1: ${number}`)
    const first = dayNumber(monthStart(year, month))
    return this.addWorkingDays(dayOfNumber(first - 1), number)
  }

  /** The day on which a month's figures close: the nth working day of the month after it. */
  monthClosesOn(year: number, month: number, afterDays = MONTH_CLOSES_AFTER_DAYS): DueDate {
    const [nextYear, nextMonth] = month === 12 ? [year + 1, 1] : [year, month + 1]
    return this.workingDayOfMonth(nextYear, nextMonth, afterDays)
  }

  /** Working days from `first` to `last`, both counted, without the days `away` (leave, window duty). */
  availableDays(first: string, last: string, away: ReadonlySet<string> = new Set()): DayCount {
    const [from, to] = [dayNumber(first), dayNumber(last)]
    const tentative = from <= to && !(this.coversNumber(from) && this.coversNumber(to))
    let days = 0
    for (let day = from; day <= to; day += 1) {
      if (this.works(day) && !(away.size && away.has(dayOfNumber(day)))) days += 1
    }
    return { days, tentative }
  }

  private works(day: number): boolean {
    return weekdayOf(day) >= SATURDAY ? this.workdays.has(day) : !this.holidays.has(day)
  }

  private coversNumber(day: number): boolean {
    return this.firstDay <= day && day <= this.lastDay
  }

  private checked(days: readonly string[], weekend: boolean): ReadonlySet<number> {
    const numbers = days.map(dayNumber)
    if (numbers.some((day) => !this.coversNumber(day) || weekdayOf(day) >= SATURDAY !== weekend)) {
      throw new RangeError('the calendar has a day out of range, or a wrong weekday')
    }
    if (numbers.some((day, at) => at > 0 && day <= (numbers[at - 1] ?? day))) {
      throw new RangeError('the calendar has its days not in order, or twice')
    }
    return new Set(numbers)
  }
}

function monthStart(year: number, month: number): string {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-01`
}
