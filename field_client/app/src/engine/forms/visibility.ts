/**
 * Which questions are asked, given the answers so far; and what expressions see of the answers. The twin of
 * `forms/visibility.py`: fields are looked at in their order, each with the answers of those found hidden before it taken
 * out, so that a chain of conditions falls together. Conditions do not see `today`.
 */
import type { CelInput } from '@bufbuild/cel'
import type { Label } from '../problem'
import { answerCheck, isAnswered, isTexts, type Check } from './answer_check'
import type { FormField } from './definition'
import { Expression } from './expression'
import { isDay } from '../days'
import { numberValue } from './numbers'

const ROW_ID = /^[0-9A-Za-z_-]{1,64}$/

/** A field with everything that is computed once. */
export interface CompiledField {
  field: FormField
  check: Check
  condition: Expression | null
  constraints: readonly { expression: Expression; message: Label }[]
  columns: readonly CompiledField[]
}

/** Answers of a form or of a row, nested, as they came: nothing about their shape is taken for granted. */
export type Given = Readonly<Record<string, unknown>>
/** Answers as CEL sees them: numbers as doubles, an absent one left out. */
export type Bound = Record<string, CelInput>

/** What is visible: paths, the bound answers, and those of each row by `group/row id`. */
export interface Seen {
  visible: Set<string>
  answers: Bound
  rows: Map<string, Bound>
}

/** Each field compiled. SyntaxError where a pattern is none; expressions are compiled when they are first judged. */
export function compileFields(fields: readonly FormField[]): CompiledField[] {
  return fields.map((field) => ({
    field,
    check: answerCheck(field),
    condition: field.visible_when ? new Expression(field.visible_when) : null,
    constraints: (field.constraints ?? []).map(({ expression, message }) => ({
      expression: new Expression(expression),
      message,
    })),
    columns: compileFields(field.columns ?? []),
  }))
}

/** Whether a row's id is one: 1 to 64 of ASCII letters, digits, `_` and `-`. */
export function isRowId(row: string): boolean {
  return ROW_ID.test(row)
}

/** Whether a value is a group or a row: an object that is no list. */
export function isGiven(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The well-formed rows of a repeat group's answer, in the order of their ids. */
export function rowsOf(value: unknown): [row: string, columns: Given][] {
  if (!isGiven(value)) return []
  return Object.entries(value)
    .filter((entry): entry is [string, Given] => isRowId(entry[0]) && isGiven(entry[1]))
    .sort(([one], [other]) => (one < other ? -1 : 1))
}

/** What is visible of a form with these nested answers. CelNotLoaded where a condition needs `loadCel` first. */
export function look(fields: readonly CompiledField[], answers: Given): Seen {
  const seen: Seen = { visible: new Set(), answers: bindings(fields, answers), rows: new Map() }
  for (const compiled of fields) {
    const { key, type } = compiled.field
    if (!isVisible(compiled, { answers: seen.answers })) {
      Reflect.deleteProperty(seen.answers, key)
      continue
    }
    seen.visible.add(key)
    if (type === 'repeat') lookAtRows(compiled, answers[key], seen)
  }
  return seen
}

function lookAtRows(group: CompiledField, value: unknown, seen: Seen): void {
  const bound = rowsOf(value).map(([row, columns]) => lookAtRow(group, row, columns, seen))
  if (bound.length) seen.answers[group.field.key] = bound
}

function lookAtRow(group: CompiledField, row: string, columns: Given, seen: Seen): Bound {
  const bound = bindings(group.columns, columns)
  for (const column of group.columns) {
    const { key } = column.field
    if (isVisible(column, { answers: seen.answers, row: bound })) {
      seen.visible.add(`${group.field.key}/${row}/${key}`)
    } else Reflect.deleteProperty(bound, key)
  }
  seen.rows.set(`${group.field.key}/${row}`, bound)
  return bound
}

function isVisible(compiled: CompiledField, scope: Bound): boolean {
  return compiled.condition === null || compiled.condition.judge(scope) === true
}

function bindings(fields: readonly CompiledField[], answers: Given): Bound {
  const bound: Bound = {}
  for (const compiled of fields) {
    const value = binding(compiled, answers[compiled.field.key])
    if (value !== null) bound[compiled.field.key] = value
  }
  return bound
}

/** The value as CEL sees it; null where it is absent or not of its field's type. */
function binding(compiled: CompiledField, value: unknown): CelInput | null {
  if (!isAnswered(value)) return null
  switch (compiled.field.type) {
    case 'repeat': {
      const rows = rowsOf(value).map(([, columns]) => bindings(compiled.columns, columns))
      return rows.length ? rows : null
    }
    case 'money':
      return typeof value === 'number' && numberValue(value) ? value : null
    case 'number':
      return numberValue(value) ? Number(value) : null
    case 'yes_no':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return isDay(value) ? value : null
    case 'multiple_choice':
    case 'file':
      return isTexts(value) ? value : null
    default:
      return typeof value === 'string' ? value : null
  }
}
