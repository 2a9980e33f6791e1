/** What the rota and the assignments on this phone say of the worker's days, for the yearly pace. */
import { addDays, type Day } from '../days'
import type { Availability, PaceAssignment } from '../grid_map/pace'
import { occurredDay } from '../sync/counting_facts'
import { text, textOrNull, texts } from '../field_values'
import type { Core } from './core'

/**
 * From when to when the worker had grids in which village; covering a colleague's is no work of one's own. `since` is the
 * first day of which anything is known: nothing is expected of days before it, as nothing of them could be counted.
 */
export function assignmentsOf(core: Core, since: Day): PaceAssignment[] {
  return core.view
    .ofKind('assignment')
    .filter((one) => one.values.worker === core.identity.worker.id && one.values.cover !== true)
    .map((one) => {
      const from = text(one.values, 'from_day')
      const lastDay = textOrNull(one.values, 'to_day')
      return { village: one.village, firstDay: from < since ? since : from, lastDay }
    })
    .filter((one) => one.lastDay === null || one.firstDay <= one.lastDay)
}

/** The first day of a year on which the rota or a round of the worker's own is known here; 1 January without any. */
export function knownSince(core: Core, year: string): Day {
  const worker = core.identity.worker.id
  const days = [
    ...core.view.ofKind('rota').map((one) => text(one.values, 'day')),
    ...core.view
      .ofKind('round')
      .filter((one) => one.values.worker === worker)
      .map(occurredDay),
  ].filter((day) => day.startsWith(year))
  return days.reduce((first, day) => (day < first ? day : first), days[0] ?? `${year}-01-01`)
}

/** The days of a year at the window and on leave; beyond the rota one's share of window days so far is assumed. */
export function availabilityOf(core: Core, year: string): Availability {
  const worker = core.identity.worker.id
  const windowDays = new Set<Day>()
  const leaveDays = new Set<Day>()
  const rotaDays = new Set<Day>()
  for (const { values } of core.view.ofKind('rota')) {
    const day = text(values, 'day')
    if (!day.startsWith(year)) continue
    rotaDays.add(day)
    if (texts(values, 'window').includes(worker)) windowDays.add(day)
    if (texts(values, 'leave').includes(worker)) leaveDays.add(day)
  }
  const last = [...rotaDays].reduce((latest, day) => (day > latest ? day : latest), '')
  return {
    windowDays,
    leaveDays,
    rotaUntil: last || addDays(`${year}-01-01`, -1),
    windowShareAssumed: rotaDays.size > 0 ? windowDays.size / rotaDays.size : 0,
  }
}
