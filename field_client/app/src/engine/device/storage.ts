/** Whether the browser keeps the data, how much room is left, and how much is here. */
import type { StorageInfo } from '../api'

const LOW_BYTES = 50 * 1024 * 1024
const LOW_SHARE = 0.8

/** `counts` tells how many records of each kind are here. */
export function storageInfo(counts: () => Record<string, number>): StorageInfo {
  return {
    persisted: async () => (await manager()?.persisted?.()) ?? false,
    askPersisted: async () => (await manager()?.persist?.()) ?? false,
    estimate: estimated,
    counts,
  }
}

/** Low: less than 50 MB are left, or more than four fifths of what this browser gives are used. */
export function isLow(used: number, quota: number): boolean {
  return quota - used < LOW_BYTES || used > quota * LOW_SHARE
}

async function estimated(): Promise<{ used: number; left: number; low: boolean }> {
  const { usage = 0, quota } = (await manager()?.estimate?.()) ?? {}
  // a browser that does not say has not said that room is short
  if (quota === undefined) return { used: usage, left: Number.MAX_SAFE_INTEGER, low: false }
  return { used: usage, left: Math.max(0, quota - usage), low: isLow(usage, quota) }
}

/** Bytes left, as the browser estimates; null where it does not. */
export async function storageLeftBytes(): Promise<number | null> {
  const { usage = 0, quota } = (await manager()?.estimate?.()) ?? {}
  return quota === undefined ? null : Math.max(0, quota - usage)
}

/** As a page has it; older browsers have not all of it, and a worker may not ask. */
interface Manager {
  persisted?: () => Promise<boolean>
  persist?: () => Promise<boolean>
  estimate?: () => Promise<StorageEstimate>
}

function manager(): Manager | undefined {
  return (navigator as { storage?: Manager }).storage
}
