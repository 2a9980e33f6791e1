/** What is wrong with an answer, said so that a person can mend it; the twin of `forms/problem.py`. */
import messages from '../data/problem_messages.json'
import type { Problem } from '../problem'

export type MessageCode = keyof typeof messages

/** What a message's braces are filled with, and whether it only is a remark. */
export interface Told {
  label?: string
  /** `label` where there is no English. */
  labelEn?: string | null
  bound?: string | number
  remark?: boolean
}

/** The problem of a code, in the words of `forms/problem.py`. */
export function problem(pointer: string, code: MessageCode, told: Told = {}): Problem {
  const { zh, en } = messages[code]
  const { label = '', bound = '' } = told
  const found: Problem = {
    pointer,
    code,
    message: filled(zh, label, bound),
    message_en: filled(en, told.labelEn || label, bound),
  }
  return told.remark ? { ...found, remark: true } : found
}

/** The JSON pointer of a place, escaped as RFC 6901 says. */
export function pointerTo(...parts: readonly (string | number)[]): string {
  return parts.map((part) => '/' + String(part).replaceAll('~', '~0').replaceAll('/', '~1')).join('')
}

/** Only what must be mended, without the remarks. */
export function mistakes(problems: readonly Problem[]): Problem[] {
  return problems.filter((one) => !one.remark)
}

function filled(text: string, label: string, bound: string | number): string {
  return text.replace(/\{(label|bound)\}/g, (_, name) => (name === 'label' ? label : String(bound)))
}
