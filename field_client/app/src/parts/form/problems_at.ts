/** Problems beside the fields they are about. A pointer is a JSON pointer (RFC 6901) such as `/answers/family/r1/name`. */
import type { FormField } from '@/engine/forms/definition'
import type { Problem } from '@/engine/problem'

/**
 * The place that a pointer means: `/answers/family/r1/name`, and as operations have it `/fields/answers~1family~1r1~1name`,
 * are both `answers/family/r1/name`.
 */
export function placeOf(pointer: string): string {
  return pointer
    .replace(/^\//, '')
    .replace(/^fields\//, '')
    .replaceAll('~1', '/')
    .replaceAll('~0', '~')
}

/** Problems by place, remarks left out. */
export function problemsAt(problems: readonly Problem[]): Map<string, Problem[]> {
  const found = new Map<string, Problem[]>()
  for (const problem of problems) {
    if (problem.remark) continue
    const place = placeOf(problem.pointer)
    found.set(place, [...(found.get(place) ?? []), problem])
  }
  return found
}

/** The id of the control at a place, to jump to it. */
export function controlId(place: string): string {
  return `at-${place.replace(/[^A-Za-z0-9_-]/g, '-')}`
}

/** The form's question at a path of flat answers (`key`, `group/row`, `group/row/column`). */
export function fieldAt(fields: readonly FormField[], path: string): FormField | undefined {
  const [key, , column] = path.split('/')
  const field = fields.find((one) => one.key === key)
  return column ? field?.columns?.find((one) => one.key === column) : field
}
