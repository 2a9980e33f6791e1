/** What a case waits for from the one who holds the phone. */
import type { CaseSheet } from '@/engine/api'
import type { Label } from '@/engine/problem'

/** The step onward that I may make, also in a colleague's place at the window; null where the town or nobody is next. */
export function nextStep(sheet: Pick<CaseSheet, 'waitsFor' | 'moves'>): Label | null {
  if (sheet.waitsFor === 'town' || sheet.waitsFor === 'nobody') return null
  return sheet.moves.find((one) => one.onward && one.allowed)?.label ?? null
}
