/** Whether a visit says enough to be finished. What was seen on the doorstep is said once: nothing, or what. */
import type { VisitDraft } from '@/engine/api'
import { speaksToSomebody } from './choices'

export type Missing = 'place' | 'what' | 'finding_type' | 'finding_text'

/** What is still to be said; empty where the visit can be finished. `nothing`: 无异常 was tapped. */
export function missing(draft: VisitDraft, nothing: boolean): Missing[] {
  const found: Missing[] = []
  if (draft.household === null && !draft.place?.trim()) found.push('place')
  if (asksWhat(draft) && !nothing && !saysSomething(draft)) found.push('what')
  if (draft.findings.some((one) => one.type === null)) found.push('finding_type')
  if (draft.findings.some((one) => !one.text.trim())) found.push('finding_text')
  return found
}

/** 未遇 says all there is to say; so does a call or a talk at the service point. */
function asksWhat(draft: VisitDraft): boolean {
  return draft.outcome === 'met' || draft.outcome === 'seen'
}

function saysSomething(draft: VisitDraft): boolean {
  return Boolean(draft.findings.length || draft.cases.length || draft.item || draft.note.trim())
}

/** The draft under another outcome: nobody is met where nobody was spoken to. `likely`: who was preselected. */
export function withOutcome(draft: VisitDraft, outcome: VisitDraft['outcome'], likely: string[]): VisitDraft {
  if (!speaksToSomebody(outcome)) return { ...draft, outcome, met: [] }
  return { ...draft, outcome, met: draft.met.length ? draft.met : likely }
}
