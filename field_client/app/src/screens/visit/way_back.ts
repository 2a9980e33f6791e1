/**
 * Where a finished visit leads back to: the list from which its household was opened, so that the next household is one
 * tap away. Known as long as the page lives; afterwards it is Today.
 */
import type { Router } from 'vue-router'

interface Begun {
  draft: string
  list: string
  position: number
}

let begun: Begun | null = null

function positionNow(): number {
  const position: unknown = window.history.state?.position
  return typeof position === 'number' ? position : 0
}

/** Called on the page before the visit's: the list is the page before that one. */
export function rememberList(draft: string): void {
  const list: unknown = window.history.state?.back
  begun = typeof list === 'string' ? { draft, list, position: positionNow() - 1 } : null
}

/** Back to the list of a visit that is finished or put aside. */
export function backToList(router: Router, draft: string): void {
  const back = begun?.draft === draft ? begun : null
  begun = null
  const steps = back ? back.position - positionNow() : 0
  if (!back || steps >= 0) {
    void router.replace(back?.list ?? { name: 'today' })
    return
  }
  // an address that was typed by hand shifts the history: then the list is opened anew
  const stop = router.afterEach((to) => {
    stop()
    if (to.fullPath !== back.list) void router.replace(back.list)
  })
  router.go(steps)
}
