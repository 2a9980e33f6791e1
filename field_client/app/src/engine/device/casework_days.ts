/** What the worker captured on a day: visits, cases, requests; and on which days there is anything. */
import { countDay, type Day } from '../days'
import { occurredMs, visitors } from '../sync/counting_facts'
import type { FieldRecord } from '../sync/record'
import type { Core } from './core'

/** A worker's records of one day, each kind in the order of time. */
export interface CaseworkDay {
  visits: FieldRecord[]
  cases: FieldRecord[]
  requests: FieldRecord[]
}

export function isOwnCase(one: FieldRecord, worker: string): boolean {
  return one.by === worker || one.values.first_contact === worker
}

/** By day, of the worker of this phone. */
export function caseworkDays(core: Core): Map<Day, CaseworkDay> {
  const worker = core.identity.worker.id
  const days = new Map<Day, CaseworkDay>()
  const put = (records: FieldRecord[], kind: keyof CaseworkDay) => {
    for (const one of records.sort((left, right) => occurredMs(left) - occurredMs(right))) {
      const day = countDay(occurredMs(one))
      const made = days.get(day) ?? { visits: [], cases: [], requests: [] }
      made[kind].push(one)
      days.set(day, made)
    }
  }
  const { view } = core
  put(
    view.ofKind('visit').filter((one) => visitors(one).includes(worker)),
    'visits',
  )
  put(
    view.ofKind('case').filter((one) => isOwnCase(one, worker)),
    'cases',
  )
  put(
    view.ofKind('request').filter((one) => one.values.worker === worker),
    'requests',
  )
  return days
}
