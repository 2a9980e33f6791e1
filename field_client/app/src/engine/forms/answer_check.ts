/**
 * Is one answer of its field's type and within its bounds? The twin of `forms/answer_check.py`: a check is built once a
 * field and knows nothing of other answers. An absent answer is no mistake here.
 */
import type { Problem } from '../problem'
import { checkBankAccount, checkIdentityNumber, checkPhone } from './codes'
import type { FieldType, FormField } from './definition'
import { isDay } from '../days'
import { problem, type MessageCode } from './messages'
import { numberValue, yuan, type Bound } from './numbers'

/** `today` is the day of the capture, ISO. */
export type Check = (value: unknown, today: string, pointer: string) => Problem[]

const TEXT_LENGTH_MAX = 2000
const ADDRESS_LENGTH_MAX = 200
const TODAY = 'today'
const DIGEST = /^[0-9a-f]{64}$/

/** Whether a value says anything: not null, not blank text, not an empty list or group. False does. */
export function isAnswered(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== ''
  if (value === null || value === undefined) return false
  if (Array.isArray(value)) return value.length > 0
  return typeof value !== 'object' || Object.keys(value).length > 0
}

/** The check of a field's answer. A repeat group has none of its own: its rows and columns are checked. */
export function answerCheck(field: FormField): Check {
  const check = MAKERS[field.type](field)
  return (value, today, pointer) => (isAnswered(value) ? check(value, today, pointer) : [])
}

/** A problem that names its field. */
export function fieldProblem(
  field: FormField,
  pointer: string,
  code: MessageCode,
  bound: string | number = '',
  remark = false,
): Problem {
  return problem(pointer, code, { label: field.label.zh, labelEn: field.label.en, bound, remark })
}

/** Whether a number of options, files or rows is within the field's bounds. */
export function checkCount(field: FormField, count: number, pointer: string): Problem[] {
  if (typeof field.minimum === 'number' && count < field.minimum) {
    return [fieldProblem(field, pointer, 'too-few', field.minimum)]
  }
  if (typeof field.maximum === 'number' && count > field.maximum) {
    return [fieldProblem(field, pointer, 'too-many', field.maximum)]
  }
  return []
}

function textCheck(field: FormField): Check {
  const longest = field.max_length || (field.type === 'address' ? ADDRESS_LENGTH_MAX : TEXT_LENGTH_MAX)
  const pattern = field.pattern ? new RegExp(`^(?:${field.pattern})$`) : null
  return (value, _today, pointer) => {
    if (typeof value !== 'string') return [fieldProblem(field, pointer, 'type')]
    const found: Problem[] = []
    if ([...value].length > longest) found.push(fieldProblem(field, pointer, 'too-long', longest))
    if (pattern && !pattern.test(value)) found.push(fieldProblem(field, pointer, 'pattern'))
    return found
  }
}

function numberCheck(field: FormField): Check {
  const [least, most] = [numberValue(field.minimum), numberValue(field.maximum)]
  return (value, _today, pointer) => {
    const number = numberValue(value)
    if (number !== null) return outside(field, number, least, most, pointer, (bound) => bound.text)
    return [fieldProblem(field, pointer, typeof value === 'object' ? 'type' : 'number-form')]
  }
}

function moneyCheck(field: FormField): Check {
  const [least, most] = [numberValue(field.minimum), numberValue(field.maximum)]
  return (value, _today, pointer) => {
    const number = typeof value === 'number' ? numberValue(value) : null
    if (number === null) return [fieldProblem(field, pointer, 'type')]
    return outside(field, number, least, most, pointer, (bound) => yuan(Number(bound.text)))
  }
}

function outside(
  field: FormField,
  number: Bound,
  least: Bound | null,
  most: Bound | null,
  pointer: string,
  shown: (bound: Bound) => string,
): Problem[] {
  if (least && number.millionths < least.millionths) {
    return [fieldProblem(field, pointer, 'too-small', shown(least))]
  }
  if (most && number.millionths > most.millionths) {
    return [fieldProblem(field, pointer, 'too-large', shown(most))]
  }
  return []
}

function dateCheck(field: FormField): Check {
  return (value, today, pointer) => {
    if (!isDay(value)) return [fieldProblem(field, pointer, 'date-form')]
    const first = field.minimum === TODAY ? today : field.minimum
    const last = field.maximum === TODAY ? today : field.maximum
    if (typeof first === 'string' && value < first) return [fieldProblem(field, pointer, 'too-early', first)]
    if (typeof last === 'string' && value > last) return [fieldProblem(field, pointer, 'too-late', last)]
    return []
  }
}

function choiceCheck(field: FormField): Check {
  const keys = optionKeys(field)
  return (value, _today, pointer) => {
    if (typeof value !== 'string') return [fieldProblem(field, pointer, 'type')]
    return keys.has(value) ? [] : [fieldProblem(field, pointer, 'option')]
  }
}

function multipleChoiceCheck(field: FormField): Check {
  const keys = optionKeys(field)
  return listCheck(field, (entry) => !keys.has(entry), 'option')
}

function fileCheck(field: FormField): Check {
  return listCheck(field, (entry) => !DIGEST.test(entry), 'digest')
}

function listCheck(field: FormField, wrong: (entry: string) => boolean, code: MessageCode): Check {
  return (value, _today, pointer) => {
    if (!isTexts(value)) return [fieldProblem(field, pointer, 'type')]
    const found: Problem[] = []
    if (value.some(wrong)) found.push(fieldProblem(field, pointer, code))
    if (new Set(value).size < value.length) found.push(fieldProblem(field, pointer, 'repeated'))
    return [...found, ...checkCount(field, value.length, pointer)]
  }
}

function yesNoCheck(field: FormField): Check {
  return (value, _today, pointer) =>
    typeof value === 'boolean' ? [] : [fieldProblem(field, pointer, 'type')]
}

function codeCheck(field: FormField): Check {
  return (value, today, pointer) => {
    if (typeof value !== 'string') return [fieldProblem(field, pointer, 'type')]
    if (field.type === 'identity_number') return checkIdentityNumber(value, today, pointer)
    if (field.type === 'bank_account') return checkBankAccount(value, pointer)
    return checkPhone(value, pointer)
  }
}

function repeatCheck(field: FormField): Check {
  return (_value, _today, pointer) => [fieldProblem(field, pointer, 'type')]
}

/** Whether a value is a list of text. */
export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}

function optionKeys(field: FormField): ReadonlySet<string> {
  return new Set((field.options ?? []).map((option) => option.key))
}

const MAKERS: Readonly<Record<FieldType, (field: FormField) => Check>> = {
  text: textCheck,
  address: textCheck,
  number: numberCheck,
  money: moneyCheck,
  date: dateCheck,
  choice: choiceCheck,
  multiple_choice: multipleChoiceCheck,
  file: fileCheck,
  yes_no: yesNoCheck,
  identity_number: codeCheck,
  phone: codeCheck,
  bank_account: codeCheck,
  repeat: repeatCheck,
}
