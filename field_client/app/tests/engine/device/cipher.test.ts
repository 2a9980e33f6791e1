import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { sm3, sm4 } from 'sm-crypto-v2'
import { cipherName, cipherOf, type Bytes, type CipherName } from '@/engine/device/cipher'
import { hmacSm3, sm4Ctr } from '@/engine/device/sm4'
import { newDataKey, Vault } from '@/engine/device/vault'
import { Locked, StoreDamaged } from '@/engine/errors'
import { vectors } from '../vectors'

interface Case {
  about: string
  cipher: CipherName
  key: string
  nonce: string
  aad: string
  plain: string
  sealed: string
}

const published = vectors<{
  sm4_block: { key: string; plain: string; sealed: string; times: number }[]
  sm4_ctr: { source: string; key: string; iv: string; plain: string; sealed: string }[]
  sm3: { message: string; digest: string }[]
  hmac_sm3: { source: string; key: string; message: string; mac: string }[]
  aes_256_gcm: {
    source: string
    key: string
    nonce: string
    aad: string
    plain: string
    sealed: string
    tag: string
  }[]
  cases: Case[]
  refused: Omit<Case, 'nonce' | 'plain'>[]
}>('ciphers')

function bytes(hex: string): Bytes {
  return new Uint8Array(hexToBytes(hex))
}

describe('the published vectors', () => {
  it('SM4, a block', () => {
    for (const one of published.sm4_block.filter(({ times }) => times === 1)) {
      const sealed = sm4.encrypt(bytes(one.plain), one.key, { mode: 'ecb', padding: 'none', output: 'array' })
      expect(bytesToHex(sealed)).toBe(one.sealed)
    }
  })

  it.each(published.sm4_ctr)('SM4 in counter mode: $source', ({ key, iv, plain, sealed }) => {
    expect(bytesToHex(sm4Ctr(bytes(key), bytes(iv), bytes(plain)))).toBe(sealed)
  })

  it.each(published.sm3)('SM3: $digest', ({ message, digest }) => {
    expect(sm3(bytes(message))).toBe(digest)
  })

  it.each(published.hmac_sm3)('HMAC-SM3: $source', ({ key, message, mac }) => {
    expect(bytesToHex(hmacSm3(bytes(key), bytes(message)))).toBe(mac)
  })

  it.each(published.aes_256_gcm)('AES-256-GCM: $source', async ({ key, nonce, aad, plain, sealed, tag }) => {
    const cipher = await cipherOf('aes-256-gcm', bytes(key))
    expect(bytesToHex(await cipher.seal(bytes(plain), bytes(aad), bytes(nonce)))).toBe(nonce + sealed + tag)
  })
})

describe('the ciphers', () => {
  it.each(published.cases)('$cipher: $about', async ({ cipher, key, nonce, aad, plain, sealed }) => {
    const one = await cipherOf(cipher, bytes(key))
    expect(bytesToHex(await one.seal(bytes(plain), bytes(aad), bytes(nonce)))).toBe(sealed)
    expect(bytesToHex(await one.open(bytes(sealed), bytes(aad)))).toBe(plain)
  })

  it.each(published.refused)('$cipher refuses: $about', async ({ cipher, key, aad, sealed }) => {
    const one = await cipherOf(cipher, bytes(key))
    await expect(one.open(bytes(sealed), bytes(aad))).rejects.toThrow(StoreDamaged)
  })

  it('is AES-256-GCM where the server names none, or one that this phone does not know', () => {
    expect([undefined, 'aes-256-gcm', 'rot13'].map(cipherName)).toEqual(Array(3).fill('aes-256-gcm'))
    expect(cipherName('sm4-ctr-hmac-sm3')).toBe('sm4-ctr-hmac-sm3')
  })
})

it('a vault under SM4 seals for a place, opens there only, and forgets its key', async () => {
  const vault = await Vault.under(newDataKey(), 'sm4-ctr-hmac-sm3')
  const text = '一份很长的内容'.repeat(500)
  const sealed = await vault.seal('blocks:1', text)
  expect(await vault.open('blocks:1', sealed)).toBe(text)
  await expect(vault.open('blocks:2', sealed)).rejects.toThrow(StoreDamaged)
  vault.lock()
  await expect(vault.open('blocks:1', sealed)).rejects.toThrow(Locked)
})
