/**
 * Receipts: the server's signature that it has made a device's operations durable up to a counter. Twin of
 * `sync/receipt.py`.
 *
 * A receipt proves every operation up to its counter, as its digest ends the chain of all before it.
 */
import { digestOf } from './chain'
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

/**
 * Whether a receipt that holds proves the first of these operations: they run up to its counter without a gap, each its
 * exact text, naming the digest of the one before it; the last has the receipt's digest. What was erased, or was no
 * operation, ties nothing to what is before it: that needs an earlier receipt.
 */
export function proofHolds(
  receipt: Pick<Receipt, 'counter' | 'digest'>,
  operations: readonly string[],
): boolean {
  const last = operations.at(-1)
  if (last === undefined || digestOf(last) !== receipt.digest) return false
  const links = operations.map(linkOf)
  const first = receipt.counter - operations.length + 1
  return links.every((link, at) => {
    if (link !== null && link.counter !== first + at) return false
    const before = operations[at - 1]
    return before === undefined || link?.previous === digestOf(before)
  })
}

/** An operation's place in the chain; null where its text tells none. */
function linkOf(exact: string): { counter: number; previous: string } | null {
  try {
    const { counter, previous } = JSON.parse(exact) as { counter?: unknown; previous?: unknown }
    return typeof counter === 'number' && typeof previous === 'string' ? { counter, previous } : null
  } catch {
    return null
  }
}
