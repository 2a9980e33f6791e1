/** The digest chain: each operation names the SHA-256 of the exact bytes of the one before it. Twin of `sync/chain.py`. */
import { sha256Hex } from '../text'

/** SHA-256 of an operation's exact bytes (or of the text that they are in UTF-8), in lower-case hexadecimal. */
export function digestOf(exact: string | Uint8Array): string {
  return sha256Hex(exact)
}

/** What the first operation of a device names as the digest before it: the SHA-256 of the device's id. */
export function firstPrevious(device: string): string {
  return sha256Hex(device)
}

/** Digests before each operation and after the last one: one more than there are operations. */
export function chain(device: string, operations: readonly string[]): string[] {
  return [firstPrevious(device), ...operations.map(digestOf)]
}
