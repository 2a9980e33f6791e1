/** Moments in an input of the phone: wall-clock time in Haining (UTC+8 all year). */
import { wallClock } from '@/engine/days'

/** `2026-11-23T09:30:00+08:00` → `2026-11-23T09:30`; empty for what is no moment. */
export function typedMoment(moment: string): string {
  const ms = Date.parse(moment)
  return Number.isNaN(ms) ? '' : wallClock(ms)
}

/** `2026-11-23T09:30` → `2026-11-23T09:30:00+08:00`; null for what is no moment. */
export function momentTyped(typed: string): string | null {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(typed) ? `${typed}:00+08:00` : null
}
