/**
 * SM4 in counter mode with HMAC-SM3 (GB/T 32907, GB/T 32905), encrypt, then MAC: iv 16 ‖ ciphertext ‖ mac 32. Keys and MAC
 * as in `sync/cipher.py`. No browser has these, so they run as script, and are loaded only where the setting asks for them.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { sm3, sm4 } from 'sm-crypto-v2'
import { StoreDamaged } from '../errors'
import { SM4_CTR_HMAC_SM3, type Bytes, type Cipher } from './cipher'

const BLOCK = 16
const MAC_BYTES = 32
const LENGTH_BYTES = 8
const encoder = new TextEncoder()

export class Sm4CtrHmacSm3 implements Cipher {
  readonly name = SM4_CTR_HMAC_SM3
  readonly nonceBytes = BLOCK
  private readonly encryptKey: Bytes
  private readonly macKey: Bytes

  constructor(key: Bytes) {
    this.encryptKey = hmacSm3(key, encoder.encode('allpost-sm4-encrypt')).slice(0, BLOCK)
    this.macKey = hmacSm3(key, encoder.encode('allpost-sm4-authenticate'))
  }

  seal(plain: Bytes, aad: Bytes, nonce: Bytes): Promise<Bytes> {
    const sealed = new Uint8Array(BLOCK + plain.length + MAC_BYTES)
    sealed.set(nonce)
    sealed.set(sm4Ctr(this.encryptKey, nonce, plain), BLOCK)
    const body = sealed.subarray(0, BLOCK + plain.length)
    sealed.set(this.mac(aad, body), body.length)
    return Promise.resolve(sealed)
  }

  async open(sealed: Bytes, aad: Bytes): Promise<Bytes> {
    const end = sealed.length - MAC_BYTES
    if (end < BLOCK) throw new StoreDamaged(new RangeError('cut short'))
    const body = sealed.subarray(0, end)
    if (!alike(this.mac(aad, body), sealed.subarray(end))) throw new StoreDamaged(new Error('altered'))
    return Promise.resolve(sm4Ctr(this.encryptKey, body.slice(0, BLOCK), body.subarray(BLOCK)))
  }

  forget(): void {
    this.encryptKey.fill(0)
    this.macKey.fill(0)
  }

  private mac(aad: Bytes, body: Bytes): Bytes {
    const message = new Uint8Array(LENGTH_BYTES + aad.length + body.length)
    new DataView(message.buffer).setBigUint64(0, BigInt(aad.length))
    message.set(aad, LENGTH_BYTES)
    message.set(body, LENGTH_BYTES + aad.length)
    return hmacSm3(this.macKey, message)
  }
}

/** Both ways: the key's stream over the text. The whole block counts, big-endian, and wraps around. */
export function sm4Ctr(key: Bytes, iv: Bytes, text: Bytes): Bytes {
  const stream = sm4.encrypt(counted(iv, Math.ceil(text.length / BLOCK)), key, {
    mode: 'ecb',
    padding: 'none',
    output: 'array',
  })
  const made = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at += 1) made[at] = (text[at] ?? 0) ^ (stream[at] ?? 0)
  return made
}

/** HMAC (RFC 2104) with SM3: 32 bytes. */
export function hmacSm3(key: Bytes, message: Bytes): Bytes {
  return new Uint8Array(hexToBytes(sm3(message, { key: bytesToHex(key), mode: 'hmac' })))
}

/** The counter's blocks, all in one piece: a call for each block would cost more than the cipher. */
function counted(iv: Bytes, blocks: number): Bytes {
  const made = new Uint8Array(blocks * BLOCK)
  const counter = iv.slice()
  for (let block = 0; block < blocks; block += 1) {
    made.set(counter, block * BLOCK)
    for (let at = BLOCK - 1; at >= 0; at -= 1) {
      const next = ((counter[at] ?? 0) + 1) & 0xff
      counter[at] = next
      if (next !== 0) break
    }
  }
  return made
}

/** In a time that does not tell where they differ. */
function alike(one: Bytes, other: Bytes): boolean {
  let differs = one.length ^ other.length
  for (let at = 0; at < one.length; at += 1) differs |= (one[at] ?? 0) ^ (other[at] ?? 0)
  return differs === 0
}
