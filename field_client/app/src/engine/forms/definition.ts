/** Form definitions as data; the twin of `forms/definition.py`, which says what each member means. */
import type { Label } from '../problem'

export type FieldType =
  | 'text'
  | 'number'
  | 'money'
  | 'date'
  | 'choice'
  | 'multiple_choice'
  | 'identity_number'
  | 'phone'
  | 'bank_account'
  | 'yes_no'
  | 'address'
  | 'file'
  | 'repeat'

export interface Option {
  key: string
  label: Label
}

/** A CEL expression that must not be false while its field is answered, and what to say if it is. */
export interface Constraint {
  expression: string
  message: Label
}

/** One question. `columns` only in a repeat group; `options` only in a choice. */
export interface FormField {
  key: string
  type: FieldType
  label: Label
  hint?: Label | null
  required?: boolean
  minimum?: number | string | null
  maximum?: number | string | null
  max_length?: number | null
  pattern?: string | null
  unit?: string | null
  options?: Option[]
  options_demonstration?: boolean
  columns?: FormField[]
  visible_when?: string | null
  constraints?: Constraint[]
  prefill?: string | null
}

/** The fields of an item. A form never changes under its key: a changed form has a new key. */
export interface Form {
  key: string
  fields: FormField[]
}

/** Answers as a form is filled in: by field, a repeat group by row id and column. */
export type Answer = string | number | boolean | string[]
export type Answers = { [field: string]: Answer | { [row: string]: { [column: string]: Answer } } }
/** Answers as operations carry them: `path` is `field` or `field/row/column`. */
export type FlatAnswers = Record<string, Answer>
