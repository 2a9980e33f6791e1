/** What the rota and the assignments on this phone say of the worker's days, for the yearly pace. */
import { addDays, type Day } from '../grid_map/days'
import type { Availability, PaceAssignment } from '../grid_map/pace'
import { text, textOrNull, texts } from '../sync/field_values'
import type { Core } from './core'

/** From when to when the worker had grids in which village; covering a colleague's is no work of one's own. */
export function assignmentsOf(core: Core): PaceAssignment[] {
  return core.view
    .ofKind('assignment')
    .filter((one) => one.values.worker === core.identity.worker.id && one.values.cover !== true)
    .map((one) => ({
      village: one.village,
      firstDay: text(one.values, 'from_day'),
      lastDay: textOrNull(one.values, 'to_day'),
    }))
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
