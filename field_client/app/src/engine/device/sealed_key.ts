/**
 * The data key sealed to the server, as it is kept for a forgotten PIN (docs/protocol.md, Unlock): it lies beside the
 * vault, as it is needed when the vault cannot be opened; only the server can read it.
 */
import type { Database, Write } from './database'
import type { ServerKey } from './identity'
import { bytesOf } from './base64'
import type { KeyBox } from './key_box'
import { newRecovery, recoveryBox } from './recovery'
import type { Bytes, Vault } from './vault'

const SEALED_KEY = 'sealed_data_key'

/** The write that keeps the vault's data key sealed to the server of an enrolment, under that enrolment's device id. */
export async function sealedKeyWrite(
  vault: Vault,
  identity: { device: string; sealing: ServerKey },
): Promise<Write> {
  const value = await vault.sealToServer(bytesOf(identity.sealing.key), identity.device)
  return { store: 'meta', key: SEALED_KEY, value }
}

/**
 * The writes that seal the data key anew to a server (it changed its key, or knows this phone by another id), and make a
 * new recovery code with it: the one before was sealed to the old key.
 */
export async function sealedAnew(
  database: Database,
  vault: Vault,
  identity: { device: string; sealing: ServerKey },
): Promise<Write[]> {
  const before =
    ((await database.get('meta', 'vault')) as KeyBox | undefined) ?? (await recoveryBox(database))
  const bytes = vault.dataKey()
  const recovery = await newRecovery({ bytes, cipher: vault.cipherName }, identity, before)
  bytes.fill(0)
  return [await sealedKeyWrite(vault, identity), ...recovery]
}

/** What to send to the server to get the data key back; null before a PIN was chosen. */
export async function sealedKey(database: Database): Promise<Bytes | null> {
  const value = await database.get('meta', SEALED_KEY)
  return value instanceof Uint8Array ? value.slice() : null
}
