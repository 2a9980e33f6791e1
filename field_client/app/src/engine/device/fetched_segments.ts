/**
 * Segments that were fetched, whole or in part, and are not stored yet, compressed as they came: what was fetched before
 * a break is not fetched again. `Edit.forgetSegments` drops a village's in the write that stores its records.
 */
import { StoreDamaged } from '../errors'
import type { Database } from './database'
import { placeOf, type Bytes, type Vault } from './vault'

export class FetchedSegments {
  constructor(
    private readonly database: Database,
    private readonly vault: Vault,
  ) {}

  /** Keep a segment's compressed bytes, in the place of what was kept of it before. StorageFull. */
  async keep(village: string, digest: string, bytes: Uint8Array): Promise<void> {
    const key = segmentPrefix(village) + digest
    const value = await this.vault.sealBytes(placeOf('segments', key), new Uint8Array(bytes))
    await this.database.transact([{ store: 'segments', key, value }])
  }

  /** A segment's compressed bytes; null if nothing of it is here, or cannot be read: it is fetched again. */
  async read(village: string, digest: string): Promise<Bytes | null> {
    const key = segmentPrefix(village) + digest
    const sealed = await this.database.get('segments', key)
    if (sealed === undefined) return null
    try {
      return await this.vault.openBytes(placeOf('segments', key), sealed)
    } catch (error) {
      if (error instanceof StoreDamaged) return null
      throw error
    }
  }
}

/** What the keys of a village's segments begin with. */
export function segmentPrefix(village: string): string {
  return `${village}/`
}
