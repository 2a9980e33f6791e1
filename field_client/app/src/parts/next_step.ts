/** What a case waits for from the one who holds the phone. */
import type { CaseSheet } from '@/engine/api'
import type { Label } from '@/engine/problem'

/** The step onward that is mine to make; null where the case waits for somebody else, or for nobody. */
export function nextStep(sheet: Pick<CaseSheet, 'waitsFor' | 'moves'>): Label | null {
  if (sheet.waitsFor !== 'me') return null
  return sheet.moves.find((one) => one.onward && one.allowed)?.label ?? null
}
