/** Numbers in answers: an integer, or a decimal as text; compared exactly, never as binary fractions. */
const DECIMAL = /^(-?)(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,6}))?$/
const PLACES = 6

/** A number as it was written and its value in millionths. */
export interface Bound {
  text: string
  millionths: bigint
}

/** The number that an integer (within ±(2^53−1)) or a decimal text stands for; null for anything else. */
export function numberValue(value: unknown): Bound | null {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) return null
    return { text: String(value), millionths: BigInt(value) * 10n ** BigInt(PLACES) }
  }
  const parts = typeof value === 'string' ? DECIMAL.exec(value) : null
  if (parts === null) return null
  const [text, sign, whole = '0', fraction = ''] = parts
  const millionths = BigInt(whole + fraction.padEnd(PLACES, '0'))
  return { text, millionths: sign ? -millionths : millionths }
}

/** An amount of 分 as people read it: 1234.50元. */
export function yuan(fen: number): string {
  const amount = Math.abs(fen)
  const rest = String(amount % 100).padStart(2, '0')
  return `${fen < 0 ? '-' : ''}${Math.floor(amount / 100)}.${rest}元`
}
