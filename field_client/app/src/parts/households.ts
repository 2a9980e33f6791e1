/** A household and its people as cards and pages show them. */
import type { DueHousehold, View } from '@/engine/api'
import { NEUTRAL_REASON } from '@/engine/grid_map/visit_classes'
import { occurredMs } from '@/engine/sync/counting_facts'
import type { FieldRecord } from '@/engine/sync/record'
import { countDay } from '@/engine/days'
import { dayInWords } from './days'
import { text } from './plain'
import type { Saying } from './saying'

/** The door, or the address where there is no house number. */
export function door(household: FieldRecord): string {
  return text(household.values.house_number) || text(household.values.address)
}

/**
 * Why it is due, in words that may be seen in a yard: never the class, nor a period by which it could be guessed.
 * `regular` says the ordinary reason in the chosen language; another one, of a village's own table, is said as it is.
 */
export function whyDue(due: DueHousehold, today: string, regular: string): Saying {
  const named = { reason: due.reason === NEUTRAL_REASON ? regular : due.reason }
  if (due.deadlineMs !== null) return { key: 'people.due_soon', named }
  const seenThisMonth = due.lastCounted !== null && due.lastCounted.slice(0, 7) === today.slice(0, 7)
  return { key: seenThisMonth ? 'people.due_again' : 'people.due_this_month', named }
}

/** 上次：3 天前 未遇 — the latest of a household's visits, whether it counts or not. `say` words the day. */
export function lastVisit(
  visits: readonly FieldRecord[],
  today: string,
  say: (one: Saying) => string,
): Saying {
  const latest = visits.find((one) => !one.void && occurredMs(one) > 0)
  if (!latest) return { key: 'people.never_visited' }
  const day = countDay(occurredMs(latest))
  const key = `people.last_${text(latest.values.outcome)}`
  return { key, named: { when: say(dayInWords(day, today)) } }
}

/** 80 米, 1.2 公里 */
export function distanceInWords(metres: number): Saying {
  if (metres < 1000)
    return { key: 'people.metres', named: { metres: Math.max(10, Math.round(metres / 10) * 10) } }
  return { key: 'people.kilometres', named: { kilometres: (metres / 1000).toFixed(1) } }
}

/** A phone number as links need it; null where there is none that could be dialled. */
export function phoneOf(records: readonly (FieldRecord | undefined)[]): string | null {
  for (const record of records) {
    const digits = text(record?.values.phone).replace(/[\s-]/g, '')
    if (/^\+?\d{3,20}$/.test(digits)) return digits
  }
  return null
}

/** A map link of the phone (RFC 5870, WGS-84). The name stays here: another app has no need of it. */
export function geoLink(lon: number, lat: number): string {
  const at = `${lat.toFixed(6)},${lon.toFixed(6)}`
  return `geo:${at}?q=${at}`
}

/** The household of a record (a task, a visit, a resident), where it is on this phone. */
export function householdOf(view: View, record: FieldRecord): FieldRecord | undefined {
  const household = text(record.values.household)
  if (household) return view.get(household)
  const resident = view.get(text(record.values.resident))
  return resident && view.get(text(resident.values.household))
}
