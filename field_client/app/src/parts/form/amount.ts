/** Money as people write it (元) and as it travels (an integer of 分), without ever passing a fraction. */

const YUAN = /^(-?)(\d{1,13})(?:\.(\d{0,2}))?$/

/** 1234.5 → 123450; null for what is no amount. Spaces, commas, full-width digits and a 元 or ¥ are forgiven. */
export function fenOf(typed: string): number | null {
  const plain = typed.normalize('NFKC').replace(/[\s,，元¥]/g, '')
  const parts = YUAN.exec(plain)
  if (!parts) return null
  const [, sign = '', yuan = '', fraction = ''] = parts
  const fen = Number(yuan) * 100 + Number(fraction.padEnd(2, '0'))
  return sign ? -fen : fen
}

/** 123450 → 1234.50, whole amounts without a fraction: as an input shows it. */
export function yuanOf(fen: number): string {
  const whole = Math.trunc(Math.abs(fen) / 100)
  const rest = Math.abs(fen) % 100
  return `${fen < 0 ? '-' : ''}${whole}${rest ? `.${String(rest).padStart(2, '0')}` : ''}`
}
