/**
 * The server's receipts on this phone: checked when they come, kept sealed (store `receipts`, by counter) for as long as
 * the operations that they prove, and read only when somebody asks for a proof, so that opening the phone costs nothing.
 */
import { momentMs } from '../sync/clock'
import { proofHolds, receiptHolds, type Receipt } from '../sync/receipt'
import type { Write } from './database'
import type { ServerKey } from './identity'
import type { OutboxReader } from './outbox'
import type { Store } from './store'
import { readStanding } from './standing'
import { placeOf } from './vault'

/** `unknown-key`: no key of this id was told yet. `not-ours`: it proves nothing of this phone. */
export type ReceiptFault = 'unknown-key' | 'signature' | 'not-ours'

/** What is wrong with a receipt; null where it holds and proves what this phone has. */
export async function receiptFault(
  receipt: Receipt,
  device: string,
  outbox: Pick<OutboxReader, 'digestAt'>,
  keys: readonly ServerKey[],
): Promise<ReceiptFault | null> {
  const key = keys.find((one) => one.id === receipt.key)
  if (key === undefined) return 'unknown-key'
  if (!(await receiptHolds(receipt, key.key))) return 'signature'
  return receipt.device === device && outbox.digestAt(receipt.counter) === receipt.digest ? null : 'not-ours'
}

/** The keys by which receipts are checked: those told since the enrolment, and the enrolment's own. */
export async function serverKeys(store: Store): Promise<ServerKey[]> {
  const told = (await readStanding(store.database))?.signing ?? []
  const own = store.values.get('identity')?.signing
  return own === undefined ? told : [own, ...told]
}

/** The write that keeps a receipt which was checked; goes along with the acknowledgement. */
export function receiptWrite(store: Store, receipt: Receipt): Promise<Write> {
  return store.vault.sealedWrite('receipts', receipt.counter, JSON.stringify(receipt))
}

/** The write that drops the receipts of what was forgotten: they prove nothing that is still here. */
export function receiptsDropped(forgotten: number): Write {
  return { store: 'receipts', below: forgotten + 1 }
}

/** How an operation is proved: it, and the digests from it to what the receipt names. */
export interface Proof {
  receipt: Receipt
  deliveredMs: number
  /** Operations after it, up to the receipt's, whose chain was gone through. */
  steps: number
  /** Whether this phone found chain and signature in order just now. */
  holds: boolean
}

/**
 * The proof of an operation: the first receipt at or after it, checked anew. Null where none is kept. StoreDamaged where
 * it was altered on the disk.
 */
export async function proofOf(store: Store, counter: number): Promise<Proof | null> {
  const receipt = await firstFrom(store, counter)
  if (receipt === null) return null
  const device = store.values.get('identity')?.device ?? ''
  await store.complete
  const holds =
    (await receiptFault(receipt, device, store.outbox, await serverKeys(store))) === null &&
    proofHolds(receipt, texts(store.outbox, counter, receipt.counter))
  return { receipt, deliveredMs: momentMs(receipt.time), steps: receipt.counter - counter, holds }
}

async function firstFrom(store: Store, counter: number): Promise<Receipt | null> {
  const counters = (await store.database.keys('receipts')).map(Number).filter((one) => one >= counter)
  if (counters.length === 0) return null
  const at = counters.reduce((least, one) => Math.min(least, one))
  const sealed = await store.database.get('receipts', at)
  return JSON.parse(await store.vault.open(placeOf('receipts', at), sealed)) as Receipt
}

/** The exact texts from a counter to another, as far as they are here; none where one is missing. */
function texts(outbox: OutboxReader, first: number, last: number): string[] {
  const found: string[] = []
  for (let counter = first; counter <= last; counter += 1) {
    const entry = outbox.at(counter)
    if (entry === undefined) return []
    found.push(entry.exact)
  }
  return found
}
