/** Receipts as Python signs them: which hold, which are forged, and what one proves. */
import { expect, it } from 'vitest'
import { proofHolds, receiptHolds, receiptMessage, type Receipt } from '@/engine/sync/receipt'
import { vectors } from '../vectors'

interface Vectors {
  signing_key: { id: string; key: string }
  message: string
  good: Receipt[]
  forged: { name: string; receipt: Receipt }[]
  proofs: { name: string; receipt: Receipt; operations: string[]; holds: boolean }[]
}

const { signing_key: key, message, good, forged, proofs } = vectors<Vectors>('receipt')

it('is signed over its six values', () => {
  expect(good[0] && receiptMessage(good[0])).toBe(message)
})

it.each(good.map((receipt) => [receipt.counter, receipt] as const))(
  'holds by the key of the server, up to %i',
  async (_, receipt) => {
    expect(await receiptHolds(receipt, key.key)).toBe(true)
  },
)

it.each(forged.map((one) => [one.name, one.receipt] as const))('does not hold: %s', async (_, receipt) => {
  expect(await receiptHolds(receipt, key.key)).toBe(false)
})

it('does not hold by what is no key', async () => {
  const [receipt] = good
  if (receipt === undefined) throw new Error('no vector')
  expect(await receiptHolds(receipt, 'AAAA')).toBe(false)
  expect(await receiptHolds(receipt, 'no base64')).toBe(false)
})

it.each(proofs.map((one) => [one.name, one] as const))('proves, or does not: %s', (_, one) => {
  expect(proofHolds(one.receipt, one.operations)).toBe(one.holds)
})
