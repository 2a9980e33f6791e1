/** The rows of a repeat group (a family-member table) within flat answers: `group/row/column`, `group/row` true or false. */
import type { Answer, FlatAnswers } from '@/engine/forms/definition'

/** Row ids of a group in the order in which they were added; a row marked `false` was taken away. */
export function rowsOf(answers: FlatAnswers, group: string): string[] {
  const found = new Set<string>()
  for (const path of Object.keys(answers)) {
    const [first, row] = path.split('/')
    if (first === group && row) found.add(row)
  }
  return [...found].filter((row) => answers[`${group}/${row}`] !== false)
}

/** The answers of one row, by column. */
export function rowAnswers(answers: FlatAnswers, group: string, row: string): FlatAnswers {
  const begin = `${group}/${row}/`
  return Object.fromEntries(
    Object.entries(answers)
      .filter(([path]) => path.startsWith(begin))
      .map(([path, value]) => [path.slice(begin.length), value]),
  )
}

/** A row id that nobody else makes. Ids sort by when they were made, as other copies show rows in that order. */
export function newRow(
  nowMs: number,
  random: Uint8Array = crypto.getRandomValues(new Uint8Array(5)),
): string {
  return `r${nowMs.toString(36)}-${[...random].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** What changes when a row is taken away: the mark for others who may have it, and its answers, which go. */
export function withoutRow(answers: FlatAnswers, group: string, row: string): Record<string, Answer | null> {
  const gone = Object.keys(answers).filter((path) => path.startsWith(`${group}/${row}/`))
  return { ...Object.fromEntries(gone.map((path) => [path, null])), [`${group}/${row}`]: false }
}
