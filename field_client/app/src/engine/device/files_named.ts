/** Which files this phone's operations name. An entry's bytes never change, so each is read once. */
import type { OutboxEntry, OutboxReader } from './outbox'

const DIGEST = /"([0-9a-f]{64})"/g
const read = new WeakMap<OutboxEntry, readonly string[]>()

/** The digests in operations of the outbox; that of the operation before (`previous`) names no file and does no harm. */
export function filesNamed(outbox: OutboxReader): Set<string> {
  const named = new Set<string>()
  for (const entry of outbox.entries()) for (const digest of digestsOf(entry)) named.add(digest)
  return named
}

function digestsOf(entry: OutboxEntry): readonly string[] {
  const known = read.get(entry)
  if (known !== undefined) return known
  const found = [...entry.exact.matchAll(DIGEST)].map(([, digest]) => digest ?? '')
  read.set(entry, found)
  return found
}
