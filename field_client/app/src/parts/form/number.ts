/** A number as it travels: an integer, or decimal text where it has a fraction. */

const DECIMAL = /^-?(0|[1-9]\d{0,14})(\.\d{1,6})?$/

/** What was typed, as an answer. What is no number stays as it was typed, so that the check can say so beside it. */
export function numberOf(typed: string): number | string {
  const plain = typed.normalize('NFKC').replace(/[\s,，]/g, '')
  if (!DECIMAL.test(plain)) return typed
  if (!plain.includes('.')) return Number(plain)
  const trimmed = plain.replace(/\.?0+$/, '')
  return trimmed.includes('.') ? trimmed : Number(trimmed)
}
