/**
 * Answers in their two shapes: nested as people see them, and a field a path as operations carry them. The twin of
 * `forms/answers.py`: a row that is there without any answer is `family/<row id>: true`, a row that was taken away is
 * `family/<row id>: false`, so that a merge field by field still means what two devices did.
 */
import type { Value } from '../field_values'

/** Flat answers as records hold them; null is a cleared answer. */
export type FlatValues = { readonly [path: string]: Value }
export type RowValues<V extends Value = Value> = { [column: string]: V }
/** Nested answers: by field, a repeat group by row id and column. */
export type NestedValues<V extends Value = Value> = { [field: string]: V | { [row: string]: RowValues<V> } }

const ANSWERS = 'answers/'

/** One value a path. A repeat group without rows has no path, as it says nothing. */
export function flatten(answers: { readonly [field: string]: Value }): { [path: string]: Value } {
  const flat: { [path: string]: Value } = {}
  for (const [key, value] of Object.entries(answers)) {
    if (!isGroup(value)) flat[key] = value
    else for (const [row, columns] of Object.entries(value)) flattenRow(flat, `${key}/${row}`, columns)
  }
  return flat
}

/** The nested answers of a flat record; a row marked `false` is left out. RangeError for a path no answer can have. */
export function nest<V extends Value>(flat: { readonly [path: string]: V }): NestedValues<V> {
  const answers = new Map<string, V>()
  const groups = new Map<string, Map<string, RowValues<V>>>()
  for (const [path, value] of Object.entries(flat)) {
    const parts = path.split('/')
    const [key = '', row, column] = parts
    if (parts.length > 3 || parts.includes('')) throw new RangeError(`not the path of an answer: ${path}`)
    if (row === undefined ? groups.has(key) : answers.has(key)) {
      throw new RangeError(`both an answer and a group: ${key}`)
    }
    if (row === undefined) answers.set(key, value)
    else if (flat[`${key}/${row}`] !== false) {
      const columns = rowOf(groups, key, row)
      if (column !== undefined) columns[column] = value
    }
  }
  return Object.fromEntries([
    ...answers,
    ...[...groups].map(([key, rows]): [string, { [row: string]: RowValues<V> }] => [
      key,
      Object.fromEntries(rows),
    ]),
  ])
}

/** The flat answers that a case's or visit's values hold. */
export function answersOf(values: { readonly [field: string]: Value }): { [path: string]: Value } {
  return familyOf(values, ANSWERS)
}

/** Flat answers as fields of an operation, a field a path. */
export function answerFields(answers: FlatValues): { [field: string]: Value } {
  return Object.fromEntries(Object.entries(answers).map(([path, value]) => [ANSWERS + path, value]))
}

/** The fields of a family (`answers/`, `materials/`) without its name. */
export function familyOf(
  values: { readonly [field: string]: Value },
  family: string,
): { [path: string]: Value } {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name.startsWith(family))
      .map(([name, value]) => [name.slice(family.length), value]),
  )
}

/** Whether a value is a group of rows, or a row: an object that is no list. */
function isGroup(value: Value | undefined): value is { [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function flattenRow(flat: { [path: string]: Value }, path: string, row: Value): void {
  if (!isGroup(row)) flat[path] = row
  else if (!Object.keys(row).length) flat[path] = true
  else for (const [column, value] of Object.entries(row)) flat[`${path}/${column}`] = value
}

function rowOf<V extends Value>(
  groups: Map<string, Map<string, RowValues<V>>>,
  key: string,
  row: string,
): RowValues<V> {
  const rows = groups.get(key) ?? new Map<string, RowValues<V>>()
  groups.set(key, rows)
  const columns = rows.get(row) ?? {}
  rows.set(row, columns)
  return columns
}
