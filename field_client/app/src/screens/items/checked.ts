/**
 * Materials ticked on an item's page before the case is begun, carried into it. Kept for the page's life only: the next
 * resident brings other papers.
 */
import type { MaterialState } from '@/engine/api'

const checked = new Map<string, Record<string, MaterialState>>()

export function keepChecked(item: string, materials: Record<string, MaterialState>): void {
  checked.set(item, materials)
}

/** What was ticked for an item, once. */
export function takeChecked(item: string): Record<string, MaterialState> {
  const found = checked.get(item) ?? {}
  checked.delete(item)
  return found
}
