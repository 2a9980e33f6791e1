/**
 * The cipher under which everything lies on this phone; the twin of `sync/cipher.py`. Which one is the server's wish when
 * the vault is made (`limits.cipher`); what has no name beside it is AES-256-GCM.
 */
import { StoreDamaged } from '../errors'

export type Bytes = Uint8Array<ArrayBuffer>
export type CipherName = 'aes-256-gcm' | 'sm4-ctr-hmac-sm3'

export const AES_256_GCM: CipherName = 'aes-256-gcm'
export const SM4_CTR_HMAC_SM3: CipherName = 'sm4-ctr-hmac-sm3'
export const KEY_BYTES = 32

/** One key at work. `aad` says what the bytes are and where they stand, and must be said again to open them. */
export interface Cipher {
  readonly name: CipherName
  readonly nonceBytes: number
  /** The sealed bytes, nonce first. A nonce is fresh and random, and never used twice. */
  seal(plain: Bytes, aad: Bytes, nonce: Bytes): Promise<Bytes>
  /** StoreDamaged where key, `aad` or bytes are not those of `seal`. */
  open(sealed: Bytes, aad: Bytes): Promise<Bytes>
  /** The key is used no more. */
  forget(): void
}

/** The cipher that the server names, if this phone knows it; else the default one. */
export function cipherName(told: string | undefined): CipherName {
  return told === SM4_CTR_HMAC_SM3 ? SM4_CTR_HMAC_SM3 : AES_256_GCM
}

/** A cipher under a key of 32 bytes. SM4 is loaded when it is first asked for: the first screen does without it. */
export async function cipherOf(name: CipherName, key: Bytes): Promise<Cipher> {
  if (key.length !== KEY_BYTES) throw new RangeError(`a cipher's key has ${KEY_BYTES} bytes`)
  if (name === AES_256_GCM) return AesGcm.under(key)
  const { Sm4CtrHmacSm3 } = await import('./sm4')
  return new Sm4CtrHmacSm3(key)
}

/** AES-256-GCM by the browser: nonce 12 ‖ ciphertext ‖ tag 16. */
class AesGcm implements Cipher {
  readonly name = AES_256_GCM
  readonly nonceBytes = 12

  private constructor(private key: CryptoKey | null) {}

  static async under(key: Bytes): Promise<AesGcm> {
    return new AesGcm(await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']))
  }

  async seal(plain: Bytes, aad: Bytes, nonce: Bytes): Promise<Bytes> {
    if (this.key === null) throw new StoreDamaged(new Error('forgotten key'))
    const how = { name: 'AES-GCM', iv: nonce, additionalData: aad }
    const cipher = new Uint8Array(await crypto.subtle.encrypt(how, this.key, plain))
    const sealed = new Uint8Array(nonce.length + cipher.length)
    sealed.set(nonce)
    sealed.set(cipher, nonce.length)
    return sealed
  }

  async open(sealed: Bytes, aad: Bytes): Promise<Bytes> {
    if (this.key === null) throw new StoreDamaged(new Error('forgotten key'))
    const how = { name: 'AES-GCM', iv: sealed.subarray(0, this.nonceBytes), additionalData: aad }
    try {
      return new Uint8Array(await crypto.subtle.decrypt(how, this.key, sealed.subarray(this.nonceBytes)))
    } catch (error) {
      throw new StoreDamaged(error)
    }
  }

  forget(): void {
    this.key = null
  }
}
