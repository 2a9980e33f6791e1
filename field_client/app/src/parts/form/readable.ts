/** Answers as people read them, in the order of the form; what is hidden or not answered is left out. */
import type { Answer, FlatAnswers, Form, FormField } from '@/engine/forms/definition'
import type { Label } from '@/engine/problem'
import { yuanOf } from './amount'
import { says } from './answering'
import { rowAnswers, rowsOf } from './rows'

export interface ReadableAnswer {
  path: string
  label: string
  text: string
  /** The rows of a repeat group, each as its own answers. */
  rows?: ReadableAnswer[][]
}

export interface Words {
  say: (label: Label) => string
  yes: string
  no: string
  yuan: string
  pictures: (count: number) => string
  separator: string
  /** An identity number as pages show it; in full only on a deliberate look elsewhere. */
  masked: (number: string) => string
}

export function readableAnswers(
  form: Form,
  answers: FlatAnswers,
  visible: ReadonlySet<string>,
  words: Words,
): ReadableAnswer[] {
  return form.fields.flatMap((field) => {
    if (!visible.has(field.key)) return []
    if (field.type === 'repeat') return readableRows(field, answers, words)
    const value = answers[field.key]
    return says(value)
      ? [{ path: field.key, label: words.say(field.label), text: readable(field, value, words) }]
      : []
  })
}

function readableRows(field: FormField, answers: FlatAnswers, words: Words): ReadableAnswer[] {
  const rows = rowsOf(answers, field.key).map((row) => {
    const of_row = rowAnswers(answers, field.key, row)
    return (field.columns ?? []).flatMap((column) => {
      const value = of_row[column.key]
      if (!says(value)) return []
      const path = `${field.key}/${row}/${column.key}`
      return [{ path, label: words.say(column.label), text: readable(column, value, words) }]
    })
  })
  return rows.length
    ? [{ path: field.key, label: words.say(field.label), text: String(rows.length), rows }]
    : []
}

/** One answer in words; a value that is not of its field's type is shown as it stands. */
export function readable(field: FormField, value: Answer, words: Words): string {
  const option = (key: string) => {
    const found = field.options?.find((one) => one.key === key)
    return found ? words.say(found.label) : key
  }
  if (typeof value === 'boolean') return value ? words.yes : words.no
  if (field.type === 'money' && typeof value === 'number') return yuanOf(value) + words.yuan
  if (field.type === 'file' && Array.isArray(value)) return words.pictures(value.length)
  if (Array.isArray(value)) return value.map(option).join(words.separator)
  if (field.type === 'choice') return option(String(value))
  if (field.type === 'identity_number') return words.masked(String(value))
  return field.unit ? `${value} ${field.unit}` : String(value)
}
