/**
 * Checking a form's answers: every problem at once, and which questions are asked at all. The twin of `forms/check.py`,
 * which says the rules; `tests/vectors/forms.json` holds both to them.
 *
 * `loadCel()` (expression.ts) is awaited before a form with conditions is judged; without it CelNotLoaded is raised.
 * `today` is the day of the capture, ISO: what was right on the doorstep does not become wrong on its way.
 */
import type { Problem } from '../problem'
import { checkCount, fieldProblem, isAnswered } from './answer_check'
import type { Form, FormField } from './definition'
import { pointerTo, problem } from './messages'
import {
  compileFields,
  isGiven,
  isRowId,
  look,
  type Bound,
  type CompiledField,
  type Given,
  type Seen,
} from './visibility'

const compiledForms = new WeakMap<Form, CompiledForm>()

/** A form, compiled once. */
export function compiledForm(form: Form): CompiledForm {
  const known = compiledForms.get(form) ?? new CompiledForm(form)
  compiledForms.set(form, known)
  return known
}

/** All problems of nested answers. `partial`: only of what is given. CelNotLoaded before `loadCel`. */
export function check(form: Form, answers: Given, today: string, partial = false): Problem[] {
  return compiledForm(form).check(answers, today, partial)
}

/** The paths of all questions that are asked with these nested answers, answered or not. CelNotLoaded. */
export function visible(form: Form, answers: Given): Set<string> {
  return compiledForm(form).visible(answers)
}

/** A form ready to judge answers; safe to share, as it never changes. */
export class CompiledForm {
  private readonly fields: readonly CompiledField[]
  private readonly byKey: ReadonlyMap<string, CompiledField>

  constructor(readonly form: Form) {
    this.fields = compileFields(form.fields)
    this.byKey = new Map(this.fields.map((one) => [one.field.key, one]))
  }

  /** Whether a path is an answer of this form, or the mark of a row. */
  knows(path: string): boolean {
    const found = this.at(path)
    return found !== null
  }

  /** The field of a path (a single answer or a column of a row); null for a row's mark and an unknown path. */
  fieldAt(path: string): FormField | null {
    const found = this.at(path)
    return found === null || found === 'row' ? null : found.field
  }

  /** Problems of one answer by itself: its type and bounds, without any expression. null clears it. */
  checkAnswer(path: string, value: unknown, today: string): Problem[] {
    const found = this.at(path)
    if (found === null) return [problem(pointerTo(...path.split('/')), 'unknown-field')]
    if (found !== 'row') return found.check(value, today, `/${path}`)
    const marks = value === null || typeof value === 'boolean'
    return marks ? [] : [problem(`/${path}`, 'type', { label: '行' })]
  }

  visible(answers: Given): Set<string> {
    return look(this.fields, answers).visible
  }

  check(answers: Given, today: string, partial = false): Problem[] {
    const seen = look(this.fields, answers)
    const judging = new Judging(seen, today, partial)
    judging.judge(this.fields, answers, [], { answers: seen.answers, today })
    return judging.found
  }

  private at(path: string): CompiledField | 'row' | null {
    const [key = '', row, column, ...more] = path.split('/')
    const found = this.byKey.get(key)
    if (found === undefined || more.length) return null
    if (row === undefined) return found.field.type === 'repeat' ? null : found
    if (found.field.type !== 'repeat' || !isRowId(row)) return null
    if (column === undefined) return 'row'
    return found.columns.find((one) => one.field.key === column) ?? null
  }
}

/** One run over one set of answers. */
class Judging {
  readonly found: Problem[] = []

  constructor(
    private readonly seen: Seen,
    private readonly today: string,
    private readonly partial: boolean,
  ) {}

  judge(fields: readonly CompiledField[], values: Given, place: readonly string[], scope: Bound): void {
    for (const compiled of fields) {
      const path = [...place, compiled.field.key]
      const value = values[compiled.field.key]
      if (!isAnswered(value)) this.judgeMissing(compiled, path)
      else if (this.seen.visible.has(path.join('/'))) this.judgeAnswer(compiled, value, path, scope)
      else this.found.push(fieldProblem(compiled.field, pointerTo(...path), 'hidden-answer', '', true))
    }
    const known = new Set(fields.map((one) => one.field.key))
    for (const key of Object.keys(values)) {
      if (!known.has(key)) this.found.push(problem(pointerTo(...place, key), 'unknown-field'))
    }
  }

  private judgeMissing(compiled: CompiledField, path: readonly string[]): void {
    if (!compiled.field.required || this.partial || !this.seen.visible.has(path.join('/'))) return
    this.found.push(fieldProblem(compiled.field, pointerTo(...path), 'required'))
  }

  private judgeAnswer(compiled: CompiledField, value: unknown, path: readonly string[], scope: Bound): void {
    const pointer = pointerTo(...path)
    if (compiled.field.type === 'repeat' && isGiven(value)) this.judgeRows(compiled, value, scope)
    else this.found.push(...compiled.check(value, this.today, pointer))
    for (const { expression, message } of compiled.constraints) {
      if (expression.judge(scope) !== false) continue
      const { zh, en } = message
      this.found.push({ pointer, code: 'constraint', message: zh, message_en: en || zh })
    }
  }

  private judgeRows(group: CompiledField, rows: Given, scope: Bound): void {
    const { field } = group
    for (const [id, row] of Object.entries(rows)) {
      const pointer = pointerTo(field.key, id)
      if (!isRowId(id)) this.found.push(fieldProblem(field, pointer, 'row-id'))
      else if (!isGiven(row)) this.found.push(fieldProblem(field, pointer, 'type'))
      else {
        const bound = this.seen.rows.get(`${field.key}/${id}`) ?? {}
        this.judge(group.columns, row, [field.key, id], { ...scope, row: bound })
      }
    }
    const count = checkCount(field, Object.keys(rows).length, pointerTo(field.key))
    this.found.push(...count.filter((one) => !(this.partial && one.code === 'too-few')))
  }
}
