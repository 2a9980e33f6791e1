/** Which answers are what this phone knew already, so that the worker checks instead of typing. */
import type { CaseDraft } from '@/engine/api'
import type { FlatAnswers, Form, FormField } from '@/engine/forms/definition'
import type { FieldRecord } from '@/engine/sync/record'

export interface Facts {
  household: FieldRecord | undefined
  resident: FieldRecord | undefined
}

/** The known fact that a question names by `prefill`; undefined where there is none. */
function factOf(field: FormField, facts: Facts): string | undefined {
  const [kind, name] = (field.prefill ?? '').split('.')
  if (!name || (kind !== 'household' && kind !== 'resident')) return undefined
  const fact = facts[kind]?.values[name]
  return typeof fact === 'string' && fact !== '' ? fact : undefined
}

/** Keys of questions whose answer equals the known fact that they name. */
export function knownFacts(form: Form, answers: FlatAnswers, facts: Facts): Set<string> {
  const known = form.fields.filter((field) => {
    const fact = factOf(field, facts)
    return fact !== undefined && answers[field.key] === fact
  })
  return new Set(known.map((field) => field.key))
}

/** Answers for another applicant: what was known of the one goes, what is known of the other comes; the rest stays. */
export function answersFor(form: Form, answers: FlatAnswers, before: Facts, after: Facts): FlatAnswers {
  const next = new Map(Object.entries(answers))
  for (const field of form.fields) {
    if (next.get(field.key) === factOf(field, before)) next.delete(field.key)
    const fact = factOf(field, after)
    if (fact !== undefined && !next.has(field.key)) next.set(field.key, fact)
  }
  return Object.fromEntries(next)
}

/** Whether a draft holds nothing that anybody wrote: known facts alone, no material, no applicant, no signature. */
export function saysNothing(draft: CaseDraft, form: Form | undefined, facts: Facts): boolean {
  const known = form ? knownFacts(form, draft.answers, facts) : new Set<string>()
  return (
    Object.keys(draft.answers).every((path) => known.has(path)) &&
    Object.keys(draft.materials).length === 0 &&
    !draft.applicant_name &&
    !draft.applicant_phone &&
    !draft.applicant_identity_number &&
    !draft.note &&
    !draft.signature &&
    !draft.files?.length
  )
}
