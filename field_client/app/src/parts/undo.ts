/** After something was taken away: for some seconds, one tap brings it back. */
import { shallowRef } from 'vue'
import { attempt } from './attempt'

const SHOWN_MS = 8000

interface Offered {
  text: string
  undo: () => unknown
}

export const offered = shallowRef<Offered | null>(null)
let timer: ReturnType<typeof setTimeout> | undefined

/** Tell what was done, and offer to take it back. */
export function undoToast(text: string, undo: () => unknown): void {
  clearTimeout(timer)
  offered.value = { text, undo }
  timer = setTimeout(() => (offered.value = null), SHOWN_MS)
}

export async function takeBack(): Promise<void> {
  const last = offered.value
  offered.value = null
  if (last) await attempt(async () => last.undo())
}

/** The vault is closed: what was told names somebody, and cannot be taken back any more. */
export function forgetOffer(): void {
  clearTimeout(timer)
  offered.value = null
}
