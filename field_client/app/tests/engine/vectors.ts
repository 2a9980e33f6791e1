/** The vectors that every implementation passes (docs/protocol.md, Conformance). */
import { readFileSync } from 'node:fs'

/** One file of tests/vectors. */
export function vectors<T>(name: string): T {
  const path = new URL(`../../../../tests/vectors/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8')) as T
}
