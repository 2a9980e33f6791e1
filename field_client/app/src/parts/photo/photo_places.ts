/** Where each photo of a record is: on this phone, on the server, or still on the phone that took it. */
import type { Files } from '@/engine/api'

export type PhotoPlace = 'here' | 'server' | 'elsewhere'

/** `arrived`: those of a record's files that the server has. */
export function placeOf(digest: string, files: Pick<Files, 'has'>, arrived: ReadonlySet<string>): PhotoPlace {
  if (files.has(digest)) return 'here'
  return arrived.has(digest) ? 'server' : 'elsewhere'
}

/** How many of a record's photos the server has. */
export function arrivedOf(digests: readonly string[], arrived: readonly string[] = []): number {
  return digests.filter((digest) => arrived.includes(digest)).length
}
