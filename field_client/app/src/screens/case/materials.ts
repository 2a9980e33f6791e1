/** Materials of a captured case, before and after they were looked at again. */
import type { CaseSheet, MaterialState } from '@/engine/api'

type States = Record<string, MaterialState>

/** How each was met; what nobody looked at is left out. */
export function statesOf(sheet: Pick<CaseSheet, 'materials'>): States {
  const states: States = {}
  for (const one of sheet.materials) if (one.state) states[one.material.key] = one.state
  return states
}

/** Only what differs: an operation says what was changed, so that two who check different papers do not collide. */
export function changedMaterials(before: States, after: States): States {
  return Object.fromEntries(Object.entries(after).filter(([key, state]) => before[key] !== state))
}
