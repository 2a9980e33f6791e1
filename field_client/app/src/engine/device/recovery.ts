/**
 * The recovery code: 80 random bits as 16 characters of Crockford's base32 (XXXX-XXXX-XXXX-XXXX). It opens the data key
 * without a network where the PIN has ended. The phone keeps a box that opens by it, and seals the code to the server for
 * the window to read out; the code itself is kept nowhere here.
 */
import { Refused } from '../errors'
import { bytesOf } from './base64'
import type { Database, Write } from './database'
import { boxed, ITERATIONS_MIN, type DataKey, type KeyBox } from './key_box'
import type { ServerKey } from './identity'
import { sealTo } from './sealing'
import type { Bytes } from './vault'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
export const CODE_LENGTH = 16
const GROUP = 4
const BOX = 'recovery'
const UNTOLD = 'recovery_untold'

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
  return (code.match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? []).join('-')
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

/** The box that opens by the code; undefined where there is none. */
export async function recoveryBox(database: Pick<Database, 'get'>): Promise<KeyBox | undefined> {
  return (await database.get('meta', BOX)) as KeyBox | undefined
}

/** The writes that make a new code: its box, and what is told to the server at the next status. The old one ends. */
export async function newRecovery(
  dataKey: DataKey,
  identity: { device: string; sealing: ServerKey },
  before?: KeyBox,
): Promise<Write[]> {
  const code = newCode()
  // 80 random bits cannot be guessed: the work factor is for form
  const box = await boxed(code, dataKey, ITERATIONS_MIN, before, 'code')
  const untold = await sealTo(bytesOf(identity.sealing.key), new TextEncoder().encode(identity.device + code))
  return [
    { store: 'meta', key: BOX, value: box },
    { store: 'meta', key: UNTOLD, value: untold },
  ]
}

/** The code sealed to the server, as long as it was not told; null after that. */
export async function untoldRecovery(database: Pick<Database, 'get'>): Promise<Bytes | null> {
  const value = await database.get('meta', UNTOLD)
  return value instanceof Uint8Array ? value.slice() : null
}

/** The write that notes that what was `told` was told; a newer one, made meanwhile, stays to be told. */
export function recoveryTold(told: Bytes): Write {
  return {
    store: 'meta',
    where: (key, value) => key === UNTOLD && value instanceof Uint8Array && same(value, told),
  }
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}
