/** The history, narrowed by words and by what became of an operation. */
import type { Entry } from '@/engine/api'

const ORDER: readonly Entry['state'][] = [
  'waiting',
  'rejected',
  'held',
  'conflict',
  'applied',
  'merged',
  'mended',
  'given_up',
  'erased',
]

/** The states that occur, those that need somebody first. */
export function statesIn(entries: readonly Entry[]): Entry['state'][] {
  const present = new Set(entries.map((one) => one.state))
  return ORDER.filter((state) => present.has(state))
}

/** Every word must stand in the title; `state` empty for all. */
export function filtered(entries: readonly Entry[], query: string, state: string): Entry[] {
  const words = query.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean)
  return entries.filter((one) => {
    const title = `${one.title.zh} ${one.title.en ?? ''}`.toLowerCase()
    return (!state || one.state === state) && words.every((word) => title.includes(word))
  })
}
