/** What the forms of a resident hold, and what an identity number says by itself. */
import { identityNumberBirthDate, identityNumberSex } from '@/engine/forms/codes'

export const RESIDENT_FIELDS = [
  'name',
  'sex',
  'birth_date',
  'relation',
  'phone',
  'identity_number',
  'note',
] as const

export type ResidentForm = Record<(typeof RESIDENT_FIELDS)[number], string>

export const RELATIONS = ['户主', '配偶', '子', '女', '父', '母', '孙子', '孙女', '其他'] as const

export function emptyResident(): ResidentForm {
  return { name: '', sex: '', birth_date: '', relation: '', phone: '', identity_number: '', note: '' }
}

/** Birth date and sex out of a whole identity number, where they were not typed yet. */
export function completedByNumber(form: ResidentForm): ResidentForm {
  const number = form.identity_number.trim()
  if (number.length !== 18) return form
  return {
    ...form,
    birth_date: form.birth_date || (identityNumberBirthDate(number) ?? ''),
    sex: form.sex || (identityNumberSex(number) ?? ''),
  }
}
