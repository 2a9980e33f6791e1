/** Likely the same person or household: a hint while typing, never a reason to refuse. */
import { normaliseIdentityNumber, normalisePhone } from '../forms/codes'
import { text, type Fields } from '../field_values'
import type { FieldRecord } from '../sync/record'

/** The same identity number; or the same name with the same birth date or phone. A family shares its phone. */
export function alikeResidents(residents: Iterable<FieldRecord>, fields: Fields): FieldRecord[] {
  const number = text(fields, 'identity_number')
  const name = text(fields, 'name')
  return [...residents].filter(({ values }) => {
    if (values.merged_into) return false
    if (number && sameNumber(text(values, 'identity_number'), number)) return true
    if (!name || text(values, 'name') !== name) return false
    return same(values, fields, 'birth_date') || samePhone(values, fields)
  })
}

/** The same door of a grid, the same address, or the same head with the same phone. */
export function alikeHouseholds(households: Iterable<FieldRecord>, fields: Fields): FieldRecord[] {
  return [...households].filter(({ values }) => {
    if (values.status === 'moved_out') return false
    const sameDoor = same(values, fields, 'house_number') && same(values, fields, 'grid')
    const sameHead = same(values, fields, 'name') && samePhone(values, fields)
    return sameDoor || sameHead || same(values, fields, 'address')
  })
}

function same(values: Fields, fields: Fields, field: string): boolean {
  const wanted = text(fields, field)
  return wanted !== '' && compact(text(values, field)) === compact(wanted)
}

function samePhone(values: Fields, fields: Fields): boolean {
  const [present, wanted] = [text(values, 'phone'), text(fields, 'phone')]
  return wanted !== '' && present !== '' && normalisePhone(present) === normalisePhone(wanted)
}

function sameNumber(present: string, wanted: string): boolean {
  return present !== '' && normaliseIdentityNumber(present) === normaliseIdentityNumber(wanted)
}

/** Without the spaces, and the 户 of 沈建国户, that one person types and another does not. */
function compact(words: string): string {
  return words.replace(/\s+/g, '').replace(/户$/, '')
}
