/** Other open cases on this phone that look like the same matter. The server finds all of them; these are only told. */
import { answersOf } from '../forms/answers'
import type { Item } from '../forms/catalogue'
import { normaliseIdentityNumber } from '../forms/codes'
import { dayInShanghai } from '../days'
import { duplicateFingerprint } from '../forms/handling/duplicates'
import { isOpen } from '../forms/handling/workflow'
import type { Problem } from '../problem'
import { text, type Fields } from '../field_values'
import type { FieldRecord } from '../sync/record'
import { applicantOf } from './case_facts'
import type { Core } from './core'

/** A remark for each open case of the same person and item with an equal duplicate key; `values` as a case has them. */
export function suspectedDuplicates(core: Core, item: Item, id: string, values: Fields): Problem[] {
  const number = numberOf(core, values)
  const mark = duplicateFingerprint(item, '', answersOf(values))
  return core.view
    .ofKind('case')
    .filter(
      (one) =>
        one.id !== id &&
        one.values.item === item.key &&
        isSamePerson(core, values, number, one.values) &&
        isOpen(item.mode, text(one.values, 'state')) &&
        duplicateFingerprint(item, '', answersOf(one.values)) === mark,
    )
    .map((one) => suspicion(core, one))
}

function isSamePerson(core: Core, values: Fields, number: string, others: Fields): boolean {
  const resident = text(values, 'resident')
  if (resident && resident === others.resident) return true
  return number !== '' && number === numberOf(core, others)
}

function numberOf(core: Core, values: Fields): string {
  return normaliseIdentityNumber(applicantOf(core, values).identityNumber)
}

function suspicion(core: Core, other: FieldRecord): Problem {
  const day = dayInShanghai(text(other.values, 'captured_at'))
  const worker = core.view.workerName(text(other.values, 'first_contact') || other.by)
  return {
    pointer: '',
    code: 'suspected-duplicate',
    message: `疑似重复：同一人的同一事项已有未办结的办件（${day}，${worker}登记）`,
    message_en: `a suspected duplicate of the open case of ${day}, captured by ${worker}`,
    remark: true,
  }
}
