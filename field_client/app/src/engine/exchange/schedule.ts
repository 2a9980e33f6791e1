/** When the next sync is to be: a pure decision, so that it can be looked at without waiting. */
import { waitMs } from '../backoff'

const AFTER_CAPTURE_MS = 700
export const EVERY_MS = 5 * 60_000
const FIRST_RETRY_MS = 5_000
const MOST_RETRY_MS = 5 * 60_000
/** A village's phones hear a hint at the same moment. */
const AFTER_HINT_MS = 2_500

export interface Situation {
  online: boolean
  visible: boolean
  needsAccount: boolean
  /** Attempts that failed in a row. */
  failed: number
  /** How long the server asked to be left alone, after the last attempt. */
  leastMs: number
  /** Why a sync is wanted sooner than the next regular one. */
  wanted: 'capture' | 'hint' | 'now' | null
}

/** Milliseconds until the next sync begins by itself; null where none does. */
export function untilNextMs(situation: Situation, random = Math.random): number | null {
  const { online, visible, needsAccount, failed, leastMs, wanted } = situation
  if (!online || needsAccount) return null
  if (wanted === 'now') return 0
  // a server in trouble is not asked at each capture
  if (failed > 0) return Math.max(leastMs, waitMs(failed, FIRST_RETRY_MS, MOST_RETRY_MS, random))
  if (wanted === 'capture') return AFTER_CAPTURE_MS
  if (!visible) return null
  return wanted === 'hint' ? Math.round(AFTER_HINT_MS * random()) : EVERY_MS
}
