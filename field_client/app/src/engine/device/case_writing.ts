/** A case while it is written down: what is known is filled in, all that is wrong is told at once, and its fields. */
import type { CaseDraft } from '../api'
import { answerFields, nest } from '../forms/answers'
import type { Item } from '../forms/catalogue'
import { check, compiledForm } from '../forms/check'
import { checkIdentityNumber, checkPhone, normaliseIdentityNumber, normalisePhone } from '../forms/codes'
import type { FlatAnswers, Form } from '../forms/definition'
import { firstContact } from '../forms/handling/duty'
import { checkMaterials, oneOffNotice } from '../forms/handling/materials'
import { WORKFLOWS } from '../forms/handling/moves'
import { provisionalNumber } from '../forms/handling/receipt'
import type { Problem } from '../problem'
import type { Fields, Value } from '../field_values'
import type { FieldRecord } from '../sync/record'
import { suspectedDuplicates } from './case_duplicates'
import type { Core } from './core'

/** The answers that this phone knows already: name, identity number, phone, address. */
export function prefilled(
  form: Form | undefined,
  household: FieldRecord | undefined,
  resident: FieldRecord | undefined,
): FlatAnswers {
  const answers: FlatAnswers = {}
  for (const field of form?.fields ?? []) {
    const [of, name = ''] = (field.prefill ?? '').split('.')
    const known = of === 'resident' ? resident : of === 'household' ? household : undefined
    const value = known?.values[name]
    if (typeof value === 'string' && value) answers[field.key] = value
  }
  return answers
}

/** Every problem of applicant, form and materials, and remarks. Pointers lead into the draft. CelNotLoaded. */
export function caseProblems(core: Core, item: Item, draft: CaseDraft): Problem[] {
  return [
    ...applicantProblems(core, draft),
    ...answerProblems(core, item, answersFor(core, item, draft)),
    ...checkMaterials(item, draft.materials),
    ...suspectedDuplicates(core, item, draft.id, matterOf(core, item, draft)),
  ]
}

/** Problems of flat answers to an item's form, at `/answers/…`. CelNotLoaded. */
export function answerProblems(core: Core, item: Item, answers: { [path: string]: Value }): Problem[] {
  const form = core.view.catalogue.form(item.form)
  if (form === undefined) return []
  return check(form, nest(answers), core.today()).map((one) => ({
    ...one,
    pointer: `/answers${one.pointer}`,
  }))
}

/** The fields of the new case. */
export function caseFields(core: Core, item: Item, draft: CaseDraft): Fields {
  const said = core.said()
  const number = normaliseIdentityNumber(draft.applicant_identity_number)
  const fields: Record<string, Value> = {
    item: item.key,
    item_version: item.version,
    state: WORKFLOWS[item.mode].initial,
    captured_at: said,
    household: draft.household,
    resident: draft.resident,
    applicant_name: draft.applicant_name.trim(),
    applicant_phone: normalisePhone(draft.applicant_phone),
    applicant_identity_number: number,
    visit: draft.visit,
    note: draft.note.trim(),
    ...firstContact(core.identity.worker.id),
    ...answerFields(answersFor(core, item, draft)),
    ...materialFields(draft.materials),
    ...(draft.files?.length ? { files: draft.files } : {}),
  }
  if (draft.told && oneOffNotice(item, draft.materials, core.today()).ready) fields.missing_told_at = said
  if (item.mode === 'proxy') {
    fields.receipt_number = provisionalNumber(villageOf(core, draft), core.today(), draft.id)
    fields.entrusted_with = draft.signature
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== ''))
}

/** What tells the matter apart: the person and the answers. */
function matterOf(core: Core, item: Item, draft: CaseDraft): Fields {
  return {
    resident: draft.resident,
    applicant_identity_number: draft.applicant_identity_number,
    ...answerFields(answersFor(core, item, draft)),
  }
}

/** Where the case belongs: its household's village, its applicant's, or the worker's own. */
export function villageOf(core: Core, draft: CaseDraft): string {
  const place = core.view.get(draft.household ?? '') ?? core.view.get(draft.resident ?? '')
  return place?.village ?? core.village()
}

/** How materials were met, as fields of a case. */
export function materialFields(states: Readonly<Record<string, string>>): Fields {
  return Object.fromEntries(Object.entries(states).map(([key, state]) => [`materials/${key}`, state]))
}

/** The draft's answers; those that a newer version of the item does not ask any more stay in the draft. */
function answersFor(core: Core, item: Item, draft: CaseDraft): FlatAnswers {
  const form = core.view.catalogue.form(item.form)
  if (form === undefined || item.version === draft.item_version) return draft.answers
  const compiled = compiledForm(form)
  return Object.fromEntries(Object.entries(draft.answers).filter(([path]) => compiled.knows(path)))
}

function applicantProblems(core: Core, draft: CaseDraft): Problem[] {
  const problems: Problem[] = []
  if (!draft.resident && !draft.applicant_name.trim()) {
    problems.push({
      pointer: '/applicant_name',
      code: 'required',
      message: '要写明申请人',
      message_en: 'an applicant is needed',
    })
  }
  if (draft.applicant_phone.trim()) {
    problems.push(...checkPhone(draft.applicant_phone, '/applicant_phone'))
  }
  if (draft.applicant_identity_number.trim()) {
    const pointer = '/applicant_identity_number'
    problems.push(...checkIdentityNumber(draft.applicant_identity_number, core.today(), pointer))
  }
  return problems
}
