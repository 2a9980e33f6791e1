/**
 * Forms keep themselves a moment after the last key. What is still in a hand is written before the page may end: when
 * it goes to the background, locks or is updated.
 */
import { onBeforeUnmount } from 'vue'
import { attempt } from './attempt'

const PAUSE_MS = 400
const pending = new Map<object, () => unknown>()

/** A form's own `soon()`: `keep` runs after a pause, at the latest when the form goes away. */
export function useKeeping(keep: () => unknown): { soon: () => void; now: () => Promise<void> } {
  const key = {}
  let timer: ReturnType<typeof setTimeout> | undefined
  async function now(): Promise<void> {
    clearTimeout(timer)
    if (pending.delete(key)) await attempt(async () => keep())
  }
  function soon(): void {
    pending.set(key, now)
    clearTimeout(timer)
    timer = setTimeout(() => void now(), PAUSE_MS)
  }
  onBeforeUnmount(now)
  return { soon, now }
}

/** Write everything that forms still hold. */
export async function flush(): Promise<void> {
  await Promise.all([...pending.values()].map((keep) => keep()))
}
