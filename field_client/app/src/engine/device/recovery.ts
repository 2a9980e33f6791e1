/**
 * The recovery code: 80 random bits as 16 characters of Crockford's base32 (XXXX-XXXX-XXXX-XXXX). It opens the data key
 * without a network where the PIN has ended. The phone keeps a box that opens by it, and seals the code to the server for
 * the window to read out; the code itself is kept nowhere here.
 */
import { newCode } from '../recovery_code'
import { bytesOf } from './base64'
import type { Database, Write } from './database'
import { boxed, ITERATIONS_MIN, type DataKey, type KeyBox } from './key_box'
import type { ServerKey } from './identity'
import { sealTo } from './sealing'
import type { Bytes } from './vault'

const BOX = 'recovery'
const UNTOLD = 'recovery_untold'

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
