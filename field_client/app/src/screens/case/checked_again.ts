/** The form of a captured case, checked as if it were captured now. */
import type { CaseSheet, Device } from '@/engine/api'
import type { FlatAnswers } from '@/engine/forms/definition'
import type { Problem } from '@/engine/problem'
import { text } from '@/parts/plain'
import { mistakesAt } from './steps'

export function checkedAgain(device: Device, sheet: CaseSheet, answers: FlatAnswers): Problem[] {
  if (!sheet.item) return []
  const { values } = sheet.record
  const problems = device.cases.check({
    id: sheet.record.id,
    item: sheet.item.key,
    item_version: sheet.item.version,
    household: text(values['household']) || null,
    resident: text(values['resident']) || null,
    applicant_name: text(values['applicant_name']),
    applicant_phone: text(values['applicant_phone']),
    applicant_identity_number: text(values['applicant_identity_number']),
    answers,
    materials: {},
    told: false,
    note: '',
    visit: null,
    signature: text(values['entrusted_with']) || null,
    step: 0,
    touched_ms: device.nowMs(),
  })
  return mistakesAt(problems, 'form')
}
