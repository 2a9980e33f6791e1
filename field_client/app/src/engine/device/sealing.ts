/**
 * Sealing to a P-256 public key (docs/protocol.md, Unlock): version 1, ephemeral point, nonce, AES-256-GCM; the key is
 * HKDF-SHA-256 of the shared x coordinate, salt empty, info "allpost-seal-1".
 */
import type { Bytes } from './vault'

const VERSION = 1
const POINT_BYTES = 65
const NONCE_BYTES = 12
const INFO = new TextEncoder().encode('allpost-seal-1')
const ECDH = { name: 'ECDH', namedCurve: 'P-256' }

/** Encrypt for the holder of a public point (65 bytes, uncompressed) only. DOMException for a point off the curve. */
export async function sealTo(publicPoint: Bytes, plain: Bytes): Promise<Bytes> {
  const [ephemeral, recipient] = await Promise.all([
    crypto.subtle.generateKey(ECDH, false, ['deriveBits']),
    crypto.subtle.importKey('raw', publicPoint, ECDH, false, []),
  ])
  const key = await sealKey(ephemeral.privateKey, recipient, 'encrypt')
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  const cipher = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, key, plain))
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', ephemeral.publicKey))
  return joined(Uint8Array.of(VERSION), point, nonce, cipher)
}

/** What was sealed to the holder of `privateKey` (ECDH, may derive bits). RangeError, DOMException if it is not that. */
export async function unseal(privateKey: CryptoKey, sealed: Bytes): Promise<Bytes> {
  if (sealed[0] !== VERSION) throw new RangeError('sealed by another version')
  const point = sealed.slice(1, 1 + POINT_BYTES)
  const nonce = sealed.slice(1 + POINT_BYTES, 1 + POINT_BYTES + NONCE_BYTES)
  const ephemeral = await crypto.subtle.importKey('raw', point, ECDH, false, [])
  const key = await sealKey(privateKey, ephemeral, 'decrypt')
  const cipher = sealed.slice(1 + POINT_BYTES + NONCE_BYTES)
  return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce }, key, cipher))
}

async function sealKey(
  privateKey: CryptoKey,
  publicKey: CryptoKey,
  use: 'encrypt' | 'decrypt',
): Promise<CryptoKey> {
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: publicKey }, privateKey, 256)
  const base = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey'])
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: INFO }
  return crypto.subtle.deriveKey(how, base, { name: 'AES-GCM', length: 256 }, false, [use])
}

function joined(...parts: Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
