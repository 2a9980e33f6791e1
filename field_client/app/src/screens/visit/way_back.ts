/**
 * Where a finished visit leads back to: the list from which its household was opened, so that the next household is one
 * tap away. Known as long as the page lives; afterwards it is Today.
 */
import type { Router } from 'vue-router'

interface Begun {
  draft: string
  listPosition: number
}

let begun: Begun | null = null

function positionNow(): number {
  const position: unknown = window.history.state?.position
  return typeof position === 'number' ? position : 0
}

/** Called on the page before the visit's: the list is the page before that one. */
export function rememberList(draft: string): void {
  const list = positionNow() - 1
  begun = list >= 0 ? { draft, listPosition: list } : null
}

/** Back to the list of a visit that is finished or put aside. */
export function backToList(router: Router, draft: string): void {
  const steps = begun?.draft === draft ? begun.listPosition - positionNow() : 0
  begun = null
  if (steps < 0) router.go(steps)
  else void router.replace({ name: 'today' })
}
