/**
 * How the data key is kept: wrapped by the PIN (PBKDF2-SHA-256, AES-256-GCM), and that again by a key of this browser
 * that nobody can take out of it, so that a copied database alone cannot be tried PIN by PIN elsewhere. A second box of
 * the same make opens by the recovery code (recovery.ts).
 */
import { StoreDamaged, WrongPin } from '../errors'
import { cipherName, type CipherName } from './cipher'
import { KEY_BYTES, type Bytes } from './vault'

export const ITERATIONS_MIN = 210_000
const ITERATIONS_MAX = 10_000_000
const PROBE_ITERATIONS = 50_000
/** How long a try may take on this phone: as slow for a guesser as a worker will bear. */
const TRY_MS = 150
const SALT_BYTES = 16
const NONCE_BYTES = 12
const encoder = new TextEncoder()

/** As it is kept in `meta`. */
export interface KeyBox {
  salt: Bytes
  iterations: number
  browserKey: CryptoKey
  wrapped: Bytes
  /** By which cipher the data key seals; absent is AES-256-GCM. */
  cipher?: CipherName
}

/** What a box opens by; each layer is bound to it, so that one box is not taken for another. */
export type Secret = 'pin' | 'code'

/** What a box holds: the data key, and the cipher that it is for. */
export interface DataKey {
  bytes: Bytes
  cipher: CipherName
}

/** Iterations that take this phone about 150 ms, at least 210,000; `nowMs` is a monotonic clock. */
export async function measuredIterations(nowMs: () => number): Promise<number> {
  const began = nowMs()
  await pinKey('000000', new Uint8Array(SALT_BYTES), PROBE_ITERATIONS)
  const perMs = PROBE_ITERATIONS / Math.max(1, nowMs() - began)
  return Math.min(ITERATIONS_MAX, Math.max(ITERATIONS_MIN, Math.round(perMs * TRY_MS)))
}

/** Wrap a data key by a PIN or a code; with the browser's key of `before` where there is one. The bytes stay the caller's. */
export async function boxed(
  secret: string,
  { bytes, cipher }: DataKey,
  iterations: number,
  before?: KeyBox,
  by: Secret = 'pin',
): Promise<KeyBox> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
  const browserKey = before?.browserKey ?? (await newBrowserKey())
  const inner = await wrap(await pinKey(secret, salt, iterations), bytes, by)
  return { salt, iterations, browserKey, wrapped: await wrap(browserKey, inner, 'browser'), cipher }
}

/** The data key out of its box. `wrong` is thrown where the secret is another; StoreDamaged where the box was altered or is of another browser. */
export async function unboxed(
  box: KeyBox,
  secret: string,
  wrong: Error = new WrongPin(),
  by: Secret = 'pin',
): Promise<DataKey> {
  const inner = await unwrap(box.browserKey, box.wrapped, 'browser').catch((error: unknown) => {
    throw new StoreDamaged(error)
  })
  const key = await pinKey(secret, box.salt, box.iterations)
  const bytes = await unwrap(key, inner, by).catch(() => {
    throw wrong
  })
  if (bytes.length !== KEY_BYTES) throw new StoreDamaged(new RangeError('no data key'))
  return { bytes, cipher: cipherName(box.cipher) }
}

function newBrowserKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

async function pinKey(pin: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', encoder.encode(pin), 'PBKDF2', false, ['deriveKey'])
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations }
  return crypto.subtle.deriveKey(how, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

/** What a wrapping is bound to, so that one layer is not taken for the other. */
function gcm(nonce: Bytes, layer: string): AesGcmParams {
  return { name: 'AES-GCM', iv: nonce, additionalData: encoder.encode(`allpost-data-key:${layer}`) }
}

async function wrap(key: CryptoKey, plain: Bytes, layer: string): Promise<Bytes> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  const cipher = new Uint8Array(await crypto.subtle.encrypt(gcm(nonce, layer), key, plain))
  const whole = new Uint8Array(NONCE_BYTES + cipher.length)
  whole.set(nonce)
  whole.set(cipher, NONCE_BYTES)
  return whole
}

async function unwrap(key: CryptoKey, whole: Bytes, layer: string): Promise<Bytes> {
  const how = gcm(whole.slice(0, NONCE_BYTES), layer)
  return new Uint8Array(await crypto.subtle.decrypt(how, key, whole.slice(NONCE_BYTES)))
}
