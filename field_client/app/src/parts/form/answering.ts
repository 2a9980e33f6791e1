/** Flat answers while they are filled in. */
import type { Answer, FlatAnswers } from '@/engine/forms/definition'

/** Whether an answer says anything; `false` and 0 do. */
export function says(value: Answer | null | undefined): value is Answer {
  if (typeof value === 'string') return value.trim() !== ''
  return value != null && !(Array.isArray(value) && value.length === 0)
}

/** Answers with some of them changed; what says nothing is left out. */
export function withAnswers(answers: FlatAnswers, changes: Record<string, Answer | null>): FlatAnswers {
  const next = new Map<string, Answer>(Object.entries(answers))
  for (const [path, value] of Object.entries(changes)) {
    if (says(value)) next.set(path, value)
    else next.delete(path)
  }
  return Object.fromEntries(next)
}

/** Without the marks of rows that were taken away: nobody else has seen the rows of a case that is not captured. */
export function withoutMarks(answers: FlatAnswers): FlatAnswers {
  return Object.fromEntries(
    Object.entries(answers).filter(([path, value]) => value !== false || path.split('/').length !== 2),
  )
}

/** What differs between two sets of answers, as a change of a captured case: null clears. */
export function changedAnswers(before: FlatAnswers, after: FlatAnswers): Record<string, Answer | null> {
  const paths = new Set([...Object.keys(before), ...Object.keys(after)])
  const changes: Record<string, Answer | null> = {}
  for (const path of paths) {
    const was = before[path]
    const is = after[path]
    if (JSON.stringify(was) !== JSON.stringify(is)) changes[path] = is ?? null
  }
  return changes
}
