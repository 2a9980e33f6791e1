/** How long to wait before trying again. */

/**
 * Milliseconds before the next attempt; `failed` is how many have gone wrong in a row, at least 1. Doubling, with full
 * jitter, so that a village's phones do not come back in step after an outage.
 */
export function waitMs(failed: number, firstMs: number, mostMs: number, random = Math.random): number {
  const most = Math.min(mostMs, firstMs * 2 ** (failed - 1))
  return Math.round(most * (0.2 + 0.8 * random()))
}

/** A promise that is fulfilled after a while, or as soon as `signal` is given. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = setTimeout(end, ms)
    function end(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    signal?.addEventListener('abort', end)
  })
}
