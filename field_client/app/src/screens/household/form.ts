/** What the forms of a household hold. */
export const HOUSEHOLD_FIELDS = ['name', 'house_number', 'address', 'phone', 'note', 'grid'] as const

export type HouseholdForm = Record<(typeof HOUSEHOLD_FIELDS)[number], string>

export type Wanting = 'name' | 'address' | 'grid'

/** What a household cannot be without; the first thing to ask for comes first. */
export function wanting(form: HouseholdForm): Wanting[] {
  return (['name', 'address', 'grid'] as const).filter((field) => !form[field].trim())
}
