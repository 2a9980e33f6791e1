/** The cases that the Python packages and the phone must both pass. */
import { readFileSync } from 'node:fs'

/** A file of `tests/vectors`, decoded; its shape is that of the file. */
export function vectors<T>(name: string): T {
  const file = new URL(`../../../../../tests/vectors/${name}`, import.meta.url)
  const decoded: T = JSON.parse(readFileSync(file, 'utf8'))
  return decoded
}
