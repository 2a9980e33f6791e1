/** Whether files may go up now: a pure decision of the line, the worker's setting and what it would cost. */
import type { UploadHold } from '../api'

/** What the browser says of the network: `unknown` where it says nothing. */
export type Link = 'unmetered' | 'metered' | 'unknown'

/** More than this on a line that may cost money is told with its price first. */
export const ASK_FROM_BYTES = 5 * 1000 * 1000

export interface UploadSituation {
  link: Link
  wifiOnly: boolean
  /** Bytes that wait, without those to which an answer was given. */
  undecidedBytes: number
}

/** What was answered for one file: 现在上传, 等 Wi-Fi, or nothing. */
export type Answered = 'now' | 'wifi' | null

/** Why a file waits although there is a network; null where it may go. */
export function heldBack(situation: UploadSituation, answered: Answered): UploadHold | null {
  const { link, wifiOnly, undecidedBytes } = situation
  if (answered === 'now' || link === 'unmetered') return null
  if (wifiOnly || answered === 'wifi') return link === 'unknown' ? 'wifi-unknown' : 'wifi'
  return undecidedBytes > ASK_FROM_BYTES ? 'ask' : null
}

interface Connection {
  type?: string
  saveData?: boolean
}

/** The line, as far as this browser tells (navigator.connection: Chrome on Android; others say nothing). */
export function linkNow(): Link {
  const { connection } = navigator as { connection?: Connection }
  if (connection?.saveData === true) return 'metered'
  switch (connection?.type) {
    case 'wifi':
    case 'ethernet':
      return 'unmetered'
    case 'cellular':
    case 'bluetooth':
    case 'wimax':
      return 'metered'
    default:
      return 'unknown'
  }
}

/** The speed after another transfer: the newest counts a third. Bytes a second. */
export function measuredSpeed(before: number | undefined, bytes: number, ms: number): number {
  const now = (bytes * 1000) / Math.max(1, ms)
  return Math.round(before === undefined ? now : before + (now - before) / 3)
}
