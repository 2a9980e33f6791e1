/** Records in a few words, for lists and explanations. */
import { text } from '../field_values'
import { householdName } from '../household_name'
import type { FieldRecord } from '../sync/record'
import type { Core } from './core'

/** 沈建国户　3组12号 */
export function householdTitle(household: FieldRecord): string {
  return [householdName(household), text(household.values, 'house_number')].filter(Boolean).join('　')
}

/** Where a visit was: its household or its place. */
export function visitTitle(core: Core, visit: FieldRecord): string {
  const household = core.view.get(text(visit.values, 'household'))
  return household ? householdTitle(household) : text(visit.values, 'place')
}
