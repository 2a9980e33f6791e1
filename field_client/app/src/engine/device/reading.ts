/**
 * Whether what was downloaded may be read now: the server's `lock`, and the lease without contact. Only reading ends, never
 * capturing (domain notes, Privacy). The twin of `field_client/lease.py`.
 *
 * The lease counts working days after the day of the last contact, by the calendar on this phone: over when they are more
 * than `lease_working_days`; the last of them and the one before warn. The day is that of the latest time ever known here
 * (the clock, the last contact, the latest operation, what was noted before), so that a clock set back gives nothing.
 */
import type { Reading } from '../api'
import { countDay } from '../days'
import type { WorkingCalendar } from '../forms/handling/calendar'
import type { Label } from '../problem'
import { parseClock } from '../sync/clock'
import type { ValuesReader } from './values'

/** Why reading ended, for the line that tells how syncing stands. */
export const READING_ENDED: Readonly<Record<'locked' | 'lease', Label>> = {
  locked: {
    zh: '这台手机已被锁定，暂不能查看资料；可以继续登记，已登记的会照常上报',
    en: 'this phone is locked by the server: reading is off; capturing and handing over go on',
  },
  lease: {
    zh: '太久没有联网，暂不能查看资料；可以继续登记，连上网络即可恢复',
    en: 'out of touch for too long: reading is off until there is a network; capturing goes on',
  },
}

/** Working days left at which a phone begins to warn. */
const WARN_LEFT = 1

/** How it stands at a corrected time. */
export function readingOf(values: ValuesReader, calendar: WorkingCalendar, nowMs: number): Reading {
  const lease = leaseOf(values, calendar, nowMs)
  const over = lease.left !== null && lease.left < 0
  const why = values.get('orders') === 'lock' ? 'locked' : over ? 'lease' : null
  const warns = why === null && lease.left !== null && lease.left <= WARN_LEFT
  return { allowed: why === null, why, lease, warns }
}

/** The latest time that is known here, Unix milliseconds. */
export function latestKnownMs(values: ValuesReader, nowMs: number): number {
  const clock = values.get('clock')
  return Math.max(
    nowMs,
    values.get('latest_ms') ?? 0,
    values.get('last_contact_ms') ?? 0,
    clock === undefined ? 0 : parseClock(clock).ms,
  )
}

function leaseOf(values: ValuesReader, calendar: WorkingCalendar, nowMs: number): Reading['lease'] {
  const max = values.get('identity')?.limits.lease_working_days ?? 0
  const contactMs = values.get('last_contact_ms')
  if (contactMs === undefined) return { days: null, max, left: null, tentative: false }
  const today = countDay(latestKnownMs(values, nowMs))
  const { days, tentative } = calendar.workingDaysBetween(countDay(contactMs), today)
  return { days: Math.max(0, days), max, left: max - Math.max(0, days), tentative }
}
