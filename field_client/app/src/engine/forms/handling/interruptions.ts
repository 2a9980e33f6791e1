/** What interrupts a case: pauses of its clock; the checks of `forms/handling/interruptions.py`. */
import type { Problem } from '../../problem'
import type { Fields, Value } from '../../field_values'
import { PAUSE_LABELS, pauseValues, type PauseKind, type PauseValue } from './clocks'

/** The pauses of a case with a supplement (补正) begun at a moment. */
export function begunSupplement(values: Fields, at: string): Value[] {
  return [...pauseValues(values), { reason: 'supplement', start: at }]
}

/** The pauses of a case with its open supplement (补正) ended at a moment; null where none is open. */
export function endedSupplement(values: Fields, at: string): Value[] | null {
  const pauses = pauseValues(values)
  const open = pauses.findLastIndex((pause) => pause.reason === 'supplement' && !pause.end)
  return open < 0 ? null : pauses.map((pause, place) => (place === open ? { ...pause, end: at } : pause))
}

/** The pauses of a case with all of them ended at a moment, as when it is withdrawn; null where none is open. */
export function endedPauses(values: Fields, at: string): Value[] | null {
  const pauses = pauseValues(values)
  if (pauses.every((pause) => pause.end)) return null
  return pauses.map((pause) => (pause.end ? pause : { ...pause, end: at }))
}

/** What goes with a hand-up that the village takes back until the town has taken it up: receipt stays as it was. */
export const TAKEN_BACK: Fields = { handed_up_at: null, hand_up: null }

/** What is wrong with the pauses of a change: `pause-order` (ends before it starts), `pause-open-twice`. */
export function checkPauses(fields: Fields): Problem[] {
  const open = new Set<string>()
  return pauseValues(fields).flatMap((pause, place) => {
    const found: Problem[] = []
    const label = PAUSE_LABELS[pause.reason as PauseKind] ?? { zh: pause.reason, en: pause.reason }
    const pointer = `/pauses/${place}`
    if (endsBeforeItStarts(pause)) {
      found.push({
        pointer,
        code: 'pause-order',
        message: `${label.zh}的结束早于开始`,
        message_en: `the ${label.en} ends before it starts`,
      })
    }
    if (!pause.end && open.has(pause.reason)) {
      found.push({
        pointer,
        code: 'pause-open-twice',
        message: `已有未结束的${label.zh}`,
        message_en: `a ${label.en} is open already`,
      })
    }
    if (!pause.end) open.add(pause.reason)
    return found
  })
}

function endsBeforeItStarts(pause: PauseValue): boolean {
  return typeof pause.end === 'string' && Date.parse(pause.end) < Date.parse(pause.start)
}
