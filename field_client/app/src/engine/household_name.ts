import { text, type Fields } from './field_values'

/** 沈建国户: a household is named after its head, and 户 is said once. */
export function householdName(household: { readonly values: Fields }): string {
  return `${text(household.values, 'name').replace(/户$/, '')}户`
}
