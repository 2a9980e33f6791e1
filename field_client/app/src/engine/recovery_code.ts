/** The recovery code as it is made, typed and read out: 16 characters of Crockford's base32, XXXX-XXXX-XXXX-XXXX. */
import { Refused } from './errors'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
export const CODE_LENGTH = 16
const GROUPS = /.{1,4}/g

/** A new code, without its dashes. */
export function newCode(): string {
  const random = crypto.getRandomValues(new Uint8Array(CODE_LENGTH))
  return [...random].map((byte) => ALPHABET[byte & 31] ?? '').join('')
}

/**
 * What was typed, as the code is written: capitals, no spaces or dashes, O is 0, I and L are 1. At most 16 characters; what
 * cannot stand in a code is left out.
 */
export function codeTyped(text: string): string {
  const capitals = text.normalize('NFKC').toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1')
  return [...capitals]
    .filter((letter) => ALPHABET.includes(letter))
    .join('')
    .slice(0, CODE_LENGTH)
}

/** As it is read out: in fours. */
export function codeShown(code: string): string {
  return (code.match(GROUPS) ?? []).join('-')
}

/** The code that was typed. Refused where it is not whole. */
export function checkedCode(text: string): string {
  const code = codeTyped(text)
  if (code.length === CODE_LENGTH) return code
  throw new Refused([
    {
      pointer: '/code',
      code: 'code-form',
      message: `开锁码是 ${CODE_LENGTH} 位字母和数字，还差 ${CODE_LENGTH - code.length} 位`,
      message_en: `the code has ${CODE_LENGTH} letters and digits; ${CODE_LENGTH - code.length} are missing`,
    },
  ])
}
