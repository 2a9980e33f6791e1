/**
 * Receipts: the server's signature that it has made a device's operations durable up to a counter. Twin of
 * `sync/receipt.py`.
 *
 * A receipt proves every operation up to its counter, as its digest ends the chain of all before it.
 */
import { pointKey, signatureHolds } from './signature'

/** `digest`: SHA-256 of the operation at `counter`; `key`: the signing key's id; `signature`: Base64. */
export interface Receipt {
  device: string
  counter: number
  digest: string
  epoch: string
  time: string
  key: string
  signature: string
}

/** What is signed: the six values joined by line feeds. */
export function receiptMessage(receipt: Receipt): string {
  const { device, counter, digest, epoch, time, key } = receipt
  return [device, String(counter), digest, epoch, time, key].join('\n')
}

/** Whether the holder of the signing key `point` (Base64 of 65 bytes, uncompressed) signed it. */
export async function receiptHolds(receipt: Receipt, point: string): Promise<boolean> {
  const key = await pointKey(point)
  if (key === null) return false
  return signatureHolds(key, receipt.signature, new TextEncoder().encode(receiptMessage(receipt)))
}
