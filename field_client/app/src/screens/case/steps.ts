/** The steps of a new case, and at which of them a problem is put right. */
import type { Problem } from '@/engine/problem'
import { placeOf } from '@/parts/form/problems_at'

export const STEPS = ['person', 'form', 'materials', 'ending'] as const
export type Step = (typeof STEPS)[number]

const AT: Record<string, Step> = {
  answers: 'form',
  materials: 'materials',
  result: 'ending',
  note: 'ending',
  signature: 'ending',
  entrusted_with: 'ending',
}

export function stepOf(problem: Problem): Step {
  return AT[placeOf(problem.pointer).split('/')[0] ?? ''] ?? 'person'
}

/** Mistakes of one step. */
export function mistakesAt(problems: readonly Problem[], step: Step): Problem[] {
  return problems.filter((one) => !one.remark && stepOf(one) === step)
}

export function stepAt(index: number): Step {
  return STEPS[Math.min(Math.max(index, 0), STEPS.length - 1)] ?? 'person'
}
