/** What the records here say about a case: its item, its applicant, who may act on it, whether it still goes on. */
import type { MaterialState } from '../api'
import { familyOf } from '../forms/answers'
import type { Item } from '../forms/catalogue'
import { capacities } from '../forms/handling/duty'
import { isMaterialState } from '../forms/handling/materials'
import type { Actor } from '../forms/handling/states'
import { awaited, isOpen, movesFrom } from '../forms/handling/workflow'
import { text, type Fields } from '../field_values'
import type { FieldRecord } from '../sync/record'
import type { Core } from './core'

/** The item in the version under which the case was captured; undefined where it is not in the catalogue here. */
export function itemOfCase(core: Core, record: FieldRecord): Item | undefined {
  const { item, item_version: version } = record.values
  return core.view.catalogue.item(String(item), Number(version))
}

/** How each material of a case was met. */
export function materialsOf(values: Fields): Record<string, MaterialState> {
  const states: Record<string, MaterialState> = {}
  for (const [key, state] of Object.entries(familyOf(values, 'materials/'))) {
    if (isMaterialState(state)) states[key] = state
  }
  return states
}

/** Whether a case is not settled yet (before 办结). Unknown items count as unsettled. */
export function unsettled(item: Item | undefined, record: FieldRecord): boolean {
  return !record.void && (item === undefined || isOpen(item.mode, text(record.values, 'state')))
}

/** Whether anything is still to be done: not settled, or on its way to the applicant. */
export function goesOn(item: Item | undefined, record: FieldRecord): boolean {
  if (record.void || item === undefined) return unsettled(item, record)
  const state = text(record.values, 'state')
  return isOpen(item.mode, state) || movesFrom(item.mode, state).some((move) => move.onward)
}

/** Whether the window on duty can take a case onward from where it is. */
export function windowIsAwaited(item: Item | undefined, record: FieldRecord): boolean {
  if (record.void || item === undefined) return false
  return awaited(item.mode, item.finish, text(record.values, 'state')).has('window')
}

/** In what capacities this phone's worker acts on a case with these values today. */
export function ownCapacities(core: Core, values: Fields): ReadonlySet<Actor> {
  const { id, role } = core.identity.worker
  return capacities(values, id, {
    onDuty: core.view.duty(core.today()) === 'window',
    townClerk: role === 'town_clerk',
  })
}

export interface Applicant {
  name: string
  phone: string
  identityNumber: string
}

/** Who applies: the resident, where the case names one that is here; else what was written down of the applicant. */
export function applicantOf(core: Core, values: Fields): Applicant {
  const resident = core.view.get(text(values, 'resident'))?.values ?? {}
  return {
    name: text(resident, 'name') || text(values, 'applicant_name'),
    phone: text(values, 'applicant_phone') || text(values, 'phone') || text(resident, 'phone'),
    identityNumber: text(resident, 'identity_number') || text(values, 'applicant_identity_number'),
  }
}
