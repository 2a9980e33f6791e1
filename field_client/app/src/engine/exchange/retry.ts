/** Asking a few times while a line is bad; the sync loop tries the whole again, with longer waits. */
import { ServerBusy, Unreachable } from '../errors'
import { pause, waitMs } from '../backoff'

const ATTEMPTS_MAX = 4
const FIRST_WAIT_MS = 700
const MOST_WAIT_MS = 8_000

export interface Trying {
  /** In place of waiting. */
  pause?: (ms: number) => Promise<void>
  /** Called before each attempt, and after one that failed: throws where it is to end. */
  goOn?: () => void
}

/** Ask until there is a reply, or the last attempt failed. Its error is thrown as it came. */
export async function tryAgain<T>(ask: () => Promise<T>, trying: Trying = {}): Promise<T> {
  for (let failed = 1; ; failed += 1) {
    trying.goOn?.()
    try {
      return await ask()
    } catch (error) {
      trying.goOn?.()
      const wait = waitAfter(error, failed)
      if (wait === null) throw error
      await (trying.pause ?? pause)(wait)
    }
  }
}

/** How long to wait before asking again; null where that is of no use now. */
function waitAfter(error: unknown, failed: number): number | null {
  if (failed >= ATTEMPTS_MAX) return null
  if (error instanceof ServerBusy && error.retryAfterSeconds !== null) {
    const told = error.retryAfterSeconds * 1000
    return told > MOST_WAIT_MS ? null : told
  }
  const passing = error instanceof Unreachable || error instanceof ServerBusy
  return passing ? waitMs(failed, FIRST_WAIT_MS, MOST_WAIT_MS) : null
}
