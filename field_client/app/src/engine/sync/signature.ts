/** ECDSA P-256 with SHA-256 by WebCrypto; signatures are r ‖ s (64 bytes), public keys uncompressed points. */

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' }
const HOW = { name: 'ECDSA', hash: 'SHA-256' }
export const SIGNATURE_BYTES = 64

/** A public key by the Base64 of its point; null where that is none. */
export async function pointKey(point: string): Promise<CryptoKey | null> {
  const bytes = decoded(point)
  if (bytes === null) return null
  return crypto.subtle.importKey('raw', bytes, ECDSA, false, ['verify']).catch(() => null)
}

/** Whether the key's holder signed the bytes; `signature` as Base64 or as its 64 bytes. */
export async function signatureHolds(
  key: CryptoKey,
  signature: string | Uint8Array<ArrayBuffer>,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const bytes = typeof signature === 'string' ? decoded(signature) : signature
  return bytes !== null && crypto.subtle.verify(HOW, key, bytes, signed)
}

/** The 64 bytes of a signature. */
export async function signed(
  key: CryptoKey,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign(HOW, key, bytes))
}

function decoded(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))
  } catch {
    return null
  }
}
