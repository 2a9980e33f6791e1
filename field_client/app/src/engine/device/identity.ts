/** Who this phone is to the server: the identity of one enrolment, and its keys. */
import type { Identity } from '../api'
import type { Database, Write } from './database'

export interface ServerKey {
  id: string
  /** Base64 of the uncompressed point. */
  key: string
}

/** What the server asks a client to keep to (docs/protocol.md, Enrol). */
export interface Limits {
  batch_operations: number
  batch_bytes: number
  operation_bytes: number
  page_records: number
  lease_working_days: number
  file_bytes?: number
  rescue_bytes?: number
  /** The cipher of a vault that is made now. */
  cipher?: string
}

/** One enrolment, as it is kept sealed. Its private keys stand beside it as keys that nobody can take out. */
export interface StoredIdentity extends Identity {
  token: string
  epoch: string
  limits: Limits
  signing: ServerKey
  sealing: ServerKey
}

/** The two key pairs of an identity: ECDSA to sign, ECDH to be sealed to; both P-256, private keys not extractable. */
export interface DeviceKeys {
  signing: CryptoKeyPair
  sealing: CryptoKeyPair
}

const KEYS = 'keys'
const PENDING = 'pending_keys'
const P256 = 'P-256'

/** The keys with which an enrolment goes on: those that were kept before, or new ones, on the disk before they are sent. */
export async function pendingKeys(database: Database): Promise<DeviceKeys> {
  const kept = await database.get('meta', PENDING)
  if (kept !== undefined) return kept as DeviceKeys
  const [signing, sealing] = await Promise.all([
    crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: P256 }, false, ['sign', 'verify']),
    crypto.subtle.generateKey({ name: 'ECDH', namedCurve: P256 }, false, ['deriveBits']),
  ])
  const keys: DeviceKeys = { signing, sealing }
  await database.transact([{ store: 'meta', key: PENDING, value: keys }])
  return keys
}

/** The keys that were kept for an enrolment are of no use: the next one makes new ones. */
export async function dropPendingKeys(database: Database): Promise<void> {
  await database.transact([{ store: 'meta', remove: PENDING }])
}

/** What the write of a new identity does with its keys: those that were pending are the identity's from now on. */
export function keysTaken(keys: DeviceKeys): Write[] {
  return [
    { store: 'meta', key: KEYS, value: keys },
    { store: 'meta', remove: PENDING },
  ]
}

/** The public point of a key pair: 65 bytes, uncompressed. */
export async function publicPoint(pair: CryptoKeyPair): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
}
