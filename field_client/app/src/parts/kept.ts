/**
 * Keeping what is typed, at each change: never two writes at once, never an older state over a newer one, and nothing
 * left out at the end.
 */

export interface Keeper<T> {
  /** There is a newer state. */
  changed(state: T): void
  /** Fulfilled when the newest state is kept. Rejected with what went wrong in keeping it. */
  settled(): Promise<void>
  /** What comes after this is not kept any more (it became an operation, or was put aside). */
  stop(): Promise<void>
}

const underWay = new Set<Promise<void>>()

/** Fulfilled when everything typed so far is kept or was told to be lost: before the page is locked or loaded anew. */
export async function flush(): Promise<void> {
  await Promise.allSettled(underWay)
}

/** `keep` writes a state durably; states that come while it writes are kept afterwards, only the newest of them. */
export function keeper<T>(keep: (state: T) => Promise<void>, failed: (error: unknown) => void): Keeper<T> {
  let newest: { state: T } | null = null
  let writing: Promise<void> | null = null
  let stopped = false

  async function write(): Promise<void> {
    while (newest !== null) {
      const { state } = newest
      newest = null
      await keep(state)
    }
  }

  function start(): Promise<void> {
    if (writing === null) {
      const now = write().finally(() => {
        writing = null
        underWay.delete(now)
      })
      writing = now
      underWay.add(now)
    }
    return writing
  }

  return {
    changed(state) {
      if (stopped) return
      newest = { state }
      if (writing === null) start().catch(failed)
    },
    settled: () => (newest === null && writing === null ? Promise.resolve() : start()),
    async stop() {
      stopped = true
      newest = null
      await writing
    },
  }
}
