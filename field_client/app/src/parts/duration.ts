import { i18n } from '@/i18n'
import { clockTime, countDay } from '@/engine/days'

const MINUTE_MS = 60_000

/** A span in the largest unit that says enough: 5 分钟, 2 小时, 3 天. */
export function duration(ms: number): string {
  const { t } = i18n.global
  const minutes = Math.max(1, Math.floor(ms / MINUTE_MS))
  if (minutes < 60) return t('shell.sync.minutes', { n: minutes })
  if (minutes < 48 * 60) return t('shell.sync.hours', { n: Math.floor(minutes / 60) })
  return t('shell.sync.days', { n: Math.floor(minutes / (24 * 60)) })
}

/** A moment as people say it: the time if it was today, else month, day and time; in Asia/Shanghai. */
export function moment(ms: number, nowMs: number): string {
  const day = countDay(ms)
  return day === countDay(nowMs)
    ? clockTime(ms)
    : `${Number(day.slice(5, 7))}/${Number(day.slice(8))} ${clockTime(ms)}`
}
